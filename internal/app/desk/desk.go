// Package desk carries out one operation for an actor: it authorizes the operation
// by role and token, asks for a fresh password if the route requires one, reads and
// writes under the actor's scope, recognizes repeated requests by their key, and
// returns the receipt of what was committed. The rules of an operation stand in the
// package of its noun, which has a Desk and adds its own operations.
//
// The order inside one operation is fixed: authorize; then, in one transaction, load
// the row under the actor's scope of today, check the version, apply the rule, save,
// state the fact.
package desk

import (
	"cmp"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"sync/atomic"
	"time"

	"plumbline/internal/access"
	"plumbline/internal/fault"
	"plumbline/internal/ledger"
	"plumbline/internal/roster"
	"plumbline/internal/rules"
	"plumbline/internal/store"
	"plumbline/policies"
)

// Receipt is the handle by which a committed write can be proved.
type Receipt = store.Receipt

// Config of Open.
type Config struct {
	Store      *store.Store
	Pack       *rules.Pack    // nil for the newest embedded one
	Zone       *time.Location // of civil dates; nil for Asia/Shanghai
	Secret     []byte         // site secret, at least 32 bytes, kept outside the database
	Log        *slog.Logger   // nil for none
	ProofLasts time.Duration  // how long a password stands for a session's grave acts; 0 is ProofLasts
	Routes     []Route        // every operation
}

// Desk carries out operations: it authorizes them, reads and writes under the
// actor's scope, and knows who and when it is. It is safe for concurrent use.
type Desk struct {
	Store *store.Store
	Log   *slog.Logger

	table  *access.Table
	pack   *rules.Pack
	zone   *time.Location
	proof  time.Duration // how long a proof lasts
	routes map[string]Route
	secret []byte

	cursor     cipher.AEAD
	requestKey []byte // for the keyed hashes of requests
	idKey      []byte // for the keyed hashes of national ids

	org    atomic.Pointer[orgCache]
	actors actorCache
}

// Open makes the desk of a site over an open, migrated store.
func Open(cfg Config) (*Desk, error) {
	if len(cfg.Secret) < 32 {
		return nil, errors.New("the site secret must have at least 32 bytes")
	}
	table, err := access.New(policies.Model, policies.Policy, Pairs(cfg.Routes))
	if err != nil {
		return nil, err
	}
	d := &Desk{Store: cfg.Store, Log: cfg.Log, table: table, pack: cfg.Pack, zone: cfg.Zone, proof: cmp.Or(cfg.ProofLasts, ProofLasts),
		secret: cfg.Secret,
		routes: make(map[string]Route, len(cfg.Routes))}
	for _, r := range cfg.Routes {
		if _, twice := d.routes[r.Op]; twice {
			return nil, fmt.Errorf("operation %s stands twice in the route table", r.Op)
		}
		d.routes[r.Op] = r
	}
	if d.pack == nil {
		if d.pack, err = newestPack(); err != nil {
			return nil, err
		}
	}
	if d.zone == nil {
		if d.zone, err = time.LoadLocation("Asia/Shanghai"); err != nil {
			return nil, err
		}
	}
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	key, err := d.Key("cursor")
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	if d.cursor, err = cipher.NewGCM(block); err != nil {
		return nil, err
	}
	for use, key := range map[string]*[]byte{"request": &d.requestKey, "national id": &d.idKey} {
		if *key, err = d.Key(use); err != nil {
			return nil, err
		}
	}
	policy := sha256.Sum256(append(table.Hash(), []byte(d.pack.Hash())...))
	cfg.Store.SetPolicy(policy[:])
	d.actors.init()
	return d, nil
}

// Key derives a key of 32 bytes for one use from the site's secret.
func (d *Desk) Key(use string) ([]byte, error) {
	return hkdf.Key(sha256.New, d.secret, nil, "plumbline "+use+" v1", 32)
}

// NationalIDHash is the keyed hash under which a national id is stored.
func (d *Desk) NationalIDHash(id string) string {
	m := hmac.New(sha256.New, d.idKey)
	m.Write([]byte(id))
	return hex.EncodeToString(m.Sum(nil))
}

// Route finds an operation.
func (d *Desk) Route(op string) (Route, bool) {
	r, ok := d.routes[op]
	return r, ok
}

type orgCache struct {
	generation int64
	tree       *roster.Tree
	lineage    *roster.Lineage
}

// newestPack reads the embedded rule packs and takes the last by name.
func newestPack() (*rules.Pack, error) {
	names, err := fs.Glob(policies.Packs, "packs/*.json")
	if err != nil || len(names) == 0 {
		return nil, errors.New("no rule pack is built in")
	}
	raw, err := policies.Packs.ReadFile(names[len(names)-1])
	if err != nil {
		return nil, err
	}
	return rules.Parse(raw)
}

// Pack is the rule pack in force.
func (d *Desk) Pack() *rules.Pack { return d.pack }

// Zone is the site's zone, in which civil dates are read.
func (d *Desk) Zone() *time.Location { return d.zone }

// Now is the present instant, UTC, in microseconds.
func (d *Desk) Now() time.Time { return d.Store.Now() }

// Today is the civil date in the site's zone.
func (d *Desk) Today() roster.Date { return roster.DateOf(d.Store.Now(), d.zone) }

// Ping reports whether the database answers.
func (d *Desk) Ping(ctx context.Context) error { return d.Store.Ping(ctx) }

// May reports whether a role of the actor allows the operation.
func (d *Desk) May(who *roster.Actor, op string) bool {
	r, ok := d.routes[op]
	return ok && (r.Public || tokenMay(who, r) && d.table.May(who, r.Act, r.Kind))
}

// Table is the authority table, for showing it.
func (d *Desk) Table() *access.Table { return d.table }

// Authorize judges the operation by role alone, before anything is read. Somebody
// who may not even read the kind is told that the object does not exist.
func (d *Desk) Authorize(who *roster.Actor, op string) (Route, error) {
	r, ok := d.routes[op]
	if !ok {
		return r, fmt.Errorf("app: operation %q is not in the route table", op)
	}
	if r.Public {
		return r, nil
	}
	if who == nil {
		return r, fault.Unauthenticated()
	}
	if !tokenMay(who, r) {
		return r, fault.Forbidden("token_scope", "Op", op)
	}
	if d.table.May(who, r.Act, r.Kind) {
		return r, nil
	}
	if r.One() && !d.table.May(who, roster.ActRead, r.Kind) {
		return r, fault.NotFound()
	}
	return r, fault.Forbidden("not_allowed")
}

// Tree is today's tree of units, kept until a unit changes.
func (d *Desk) Tree(ctx context.Context, v *store.View) (*roster.Tree, error) {
	o, err := d.organisation(ctx, v)
	if err != nil {
		return nil, err
	}
	return o.tree, nil
}

func (d *Desk) organisation(ctx context.Context, v *store.View) (*orgCache, error) {
	g, err := v.Generation(ctx, store.GenerationTree)
	if err != nil {
		return nil, err
	}
	if o := d.org.Load(); o != nil && o.generation == g {
		return o, nil
	}
	units, err := v.Units(ctx)
	if err != nil {
		return nil, err
	}
	parents, err := v.UnitLinks(ctx)
	if err != nil {
		return nil, err
	}
	tree := roster.NewTree(units)
	o := &orgCache{g, tree, roster.NewLineage(tree, parents)}
	d.org.Store(o)
	return o, nil
}

// Scope returns the rows on which the actor may perform the act.
func (d *Desk) Scope(ctx context.Context, v *store.View, who *roster.Actor, act roster.Act, kind roster.Kind) (roster.Scope, error) {
	tree, err := d.Tree(ctx, v)
	if err != nil {
		return roster.Scope{}, err
	}
	return d.table.Scope(who, act, kind, tree), nil
}

// Read runs a reading operation.
func (d *Desk) Read(ctx context.Context, who *roster.Actor, op string, fn func(ctx context.Context, v *store.View) error) error {
	if _, err := d.Authorize(who, op); err != nil {
		return err
	}
	return d.Store.View(ctx, fn)
}

// Write describes a writing operation.
type Write struct {
	Op        string
	Key       string // idempotency key, "" for none
	Body      any    // the whole input with the ids of its path; hashed, never stored
	RequestID string // "" takes the one in the context
}

// Write runs a writing operation: its rows, facts, counters and request record
// commit together, and the receipt comes after the commit.
func (d *Desk) Write(ctx context.Context, who *roster.Actor, w Write, fn store.Writing) (Receipt, error) {
	r, err := d.Authorize(who, w.Op)
	if err != nil {
		return Receipt{}, err
	}
	if err := d.proved(who, r); err != nil {
		return Receipt{}, err
	}
	if v, ok := w.Body.(interface{ Validate() error }); ok {
		if err := v.Validate(); err != nil {
			return Receipt{}, err
		}
	}
	call := store.Call{Op: w.Op, RequestID: w.RequestID}
	if call.RequestID == "" {
		call.RequestID = RequestID(ctx)
	}
	if who != nil {
		call.Account, call.Role = who.Account, string(d.actingRole(who, r))
	}
	if w.Key != "" {
		if call.Key, call.Body, err = d.RequestOf(w); err != nil {
			return Receipt{}, err
		}
	}
	if !r.Slip {
		return d.Store.Update(ctx, call, fn)
	}
	return d.Store.Update(ctx, call, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		tx.KeepSlip()
		return fn(ctx, tx)
	})
}

// actingRole is the role named by a ledger entry: the first held one that allows the
// operation.
func (d *Desk) actingRole(who *roster.Actor, r Route) roster.Role {
	if who.Program {
		return "program"
	}
	for _, h := range who.Held {
		if d.table.Verdict(h.Role, r.Act, r.Kind) == access.Allow {
			return h.Role
		}
	}
	return ""
}

// Program is the actor of the program itself: set-up, jobs and the demo. No
// session can become it.
func Program(part string) *roster.Actor {
	return &roster.Actor{Account: "program:" + part, Program: true}
}
