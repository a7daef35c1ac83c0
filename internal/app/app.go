package app

import (
	"cmp"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"plumbline/internal/access"
	"plumbline/internal/fault"
	"plumbline/internal/ledger"
	"plumbline/internal/roster"
	"plumbline/internal/rules"
	"plumbline/internal/store"
	"plumbline/internal/witness"
	"plumbline/policies"
)

// Receipt is the handle by which a committed write can be proved.
type Receipt = store.Receipt

// Config of New.
type Config struct {
	Store  *store.Store
	Pack   *rules.Pack    // nil for the newest embedded one
	Zone   *time.Location // of civil dates; nil for Asia/Shanghai
	Secret []byte         // site secret, 32 bytes, kept in a file outside the database
	Log    *slog.Logger

	Signer      Signer           // signs the heads of the tree; nil for none
	SignEvery   time.Duration    // least time between the starts of two signings; 0 is SignEvery
	HeadFile    string           // where the acknowledged head is written beside the site; "" for nowhere
	Witnesses   []witness.Target // who cosign the checkpoints
	WitnessPace witness.Pace

	ProofLasts time.Duration // how long a password stands for a session's grave acts; 0 is ProofLasts

	UploadBudget int64 // bytes of all uploads under way together; 0 is DefaultUploadBudget
	Readers      int   // spreadsheets read at a time; 0 is DefaultReaders
}

// App is the program behind every face. It is safe for concurrent use.
type App struct {
	store  *store.Store
	table  *access.Table
	pack   *rules.Pack
	zone   *time.Location
	proof  time.Duration // how long a proof lasts
	log    *slog.Logger
	cursor cipher.AEAD
	idKey  []byte // for the keyed hash of national ids

	requestKey []byte // for the keyed hashes of requests
	proofKey   []byte // for the times of proofs
	jobKey     []byte // for what jobs are to do

	places     atomic.Pointer[places]
	checklists sync.Map // items by checklist id: a published edition never changes
	strengths  atomic.Pointer[strengths]
	actors     actorCache
	outside    outsideSessions
	jobs       jobRunner
	points     checkpointer
	keys       atomic.Pointer[[]string] // the signer's verifier keys
	witnesses  witnesses
	opened     atomic.Pointer[openedBatch] // the file read last, for its import
	load       load
}

type places struct {
	generation int64
	tree       *roster.Tree
	parents    []roster.UnitLink // where units stood, dated
}

// New wires the application over an open, migrated store.
func New(cfg Config) (*App, error) {
	if len(cfg.Secret) < 32 {
		return nil, errors.New("the site secret must have at least 32 bytes")
	}
	table, err := access.New(policies.Model, policies.Policy, Pairs())
	if err != nil {
		return nil, err
	}
	a := &App{store: cfg.Store, table: table, pack: cfg.Pack, zone: cfg.Zone, proof: cmp.Or(cfg.ProofLasts, ProofLasts), log: cfg.Log}
	if a.pack == nil {
		if a.pack, err = newestPack(); err != nil {
			return nil, err
		}
	}
	if a.zone == nil {
		if a.zone, err = time.LoadLocation("Asia/Shanghai"); err != nil {
			return nil, err
		}
	}
	if a.log == nil {
		a.log = slog.New(slog.DiscardHandler)
	}
	key, err := hkdf.Key(sha256.New, cfg.Secret, nil, "plumbline cursor v1", 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	if a.cursor, err = cipher.NewGCM(block); err != nil {
		return nil, err
	}
	if a.idKey, err = hkdf.Key(sha256.New, cfg.Secret, nil, "plumbline national id v1", 32); err != nil {
		return nil, err
	}
	if a.requestKey, err = hkdf.Key(sha256.New, cfg.Secret, nil, "plumbline request v1", 32); err != nil {
		return nil, err
	}
	if a.proofKey, err = hkdf.Key(sha256.New, cfg.Secret, nil, "plumbline proof v1", 32); err != nil {
		return nil, err
	}
	if a.jobKey, err = hkdf.Key(sha256.New, cfg.Secret, nil, "plumbline job v1", 32); err != nil {
		return nil, err
	}
	policy := sha256.Sum256(append(table.Hash(), []byte(a.pack.Hash())...))
	cfg.Store.SetPolicy(policy[:])
	a.actors.init()
	a.jobs.init()
	a.load.init(cfg.UploadBudget, cfg.Readers)
	a.points.init(cfg.Signer, cfg.HeadFile, cfg.SignEvery)
	if err := a.setWitnesses(cfg.Witnesses, cfg.WitnessPace); err != nil {
		return nil, err
	}
	return a, nil
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
func (a *App) Pack() *rules.Pack { return a.pack }

// Zone is the site's zone, in which civil dates are read.
func (a *App) Zone() *time.Location { return a.zone }

// Now is the present instant, UTC, in microseconds.
func (a *App) Now() time.Time { return a.store.Now() }

// Today is the civil date in the site's zone.
func (a *App) Today() roster.Date { return roster.DateOf(a.store.Now(), a.zone) }

// Ping reports whether the database answers.
func (a *App) Ping(ctx context.Context) error { return a.store.Ping(ctx) }

// May reports whether a role of the actor allows the operation.
func (a *App) May(who *roster.Actor, op string) bool {
	r, ok := routeByOp[op]
	return ok && (r.Public || tokenMay(who, r) && a.table.May(who, r.Act, r.Kind))
}

// Table is the authority table, for showing it.
func (a *App) Table() *access.Table { return a.table }

// NationalIDHash is the keyed hash under which a national id is stored.
func (a *App) NationalIDHash(id string) string {
	m := hmac.New(sha256.New, a.idKey)
	m.Write([]byte(id))
	return hex.EncodeToString(m.Sum(nil))
}

// gate judges the operation by role alone, before anything is read. Who may
// not even read the kind learns nothing of the thing: it is not there.
func (a *App) gate(who *roster.Actor, op string) (Route, error) {
	r, ok := routeByOp[op]
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
	if a.table.May(who, r.Act, r.Kind) {
		return r, nil
	}
	if r.One() && !a.table.May(who, roster.ActRead, r.Kind) {
		return r, fault.NotFound()
	}
	return r, fault.Forbidden("not_allowed")
}

// tree is today's tree of units, kept until a unit changes.
func (a *App) tree(ctx context.Context, v *store.View) (*roster.Tree, error) {
	g, err := v.Generation(ctx, store.GenerationTree)
	if err != nil {
		return nil, err
	}
	if p := a.places.Load(); p != nil && p.generation == g {
		return p.tree, nil
	}
	units, err := v.Units(ctx)
	if err != nil {
		return nil, err
	}
	parents, err := v.UnitLinks(ctx)
	if err != nil {
		return nil, err
	}
	p := &places{g, roster.NewTree(units), parents}
	a.places.Store(p)
	return p.tree, nil
}

// scope says over which rows the actor may do the act to the kind.
func (a *App) scope(ctx context.Context, v *store.View, who *roster.Actor, act roster.Act, kind roster.Kind) (roster.Scope, error) {
	tree, err := a.tree(ctx, v)
	if err != nil {
		return roster.Scope{}, err
	}
	return a.table.Scope(who, act, kind, tree), nil
}

// read runs a reading operation.
func (a *App) read(ctx context.Context, who *roster.Actor, op string, fn func(ctx context.Context, v *store.View) error) error {
	if _, err := a.gate(who, op); err != nil {
		return err
	}
	return a.store.View(ctx, fn)
}

// Write describes a writing operation to write.
type Write struct {
	Op        string
	Key       string // idempotency key, "" for none
	Body      any    // the whole input with the ids of its path; hashed, never stored
	RequestID string // "" takes the one in the context
}

// write runs a writing operation: its rows, facts, counters and request record
// commit together, and the receipt comes after the commit.
func (a *App) write(ctx context.Context, who *roster.Actor, w Write, fn store.Writing) (Receipt, error) {
	r, err := a.gate(who, w.Op)
	if err != nil {
		return Receipt{}, err
	}
	if err := a.proved(who, r); err != nil {
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
		call.Account, call.Role = who.Account, string(a.actingRole(who, r))
	}
	if w.Key != "" {
		if call.Key, call.Body, err = a.requestOf(w); err != nil {
			return Receipt{}, err
		}
	}
	if !slipped[w.Op] {
		return a.store.Update(ctx, call, fn)
	}
	return a.store.Update(ctx, call, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		tx.KeepSlip()
		return fn(ctx, tx)
	})
}

// actingRole is the role that a ledger entry names: the first held one that
// allows the operation.
func (a *App) actingRole(who *roster.Actor, r Route) roster.Role {
	if who.Program {
		return "program"
	}
	for _, h := range who.Held {
		if a.table.Verdict(h.Role, r.Act, r.Kind) == access.Allow {
			return h.Role
		}
	}
	return ""
}

type contextKey int

const requestIDKey contextKey = iota

// WithRequestID puts the request id into the context.
func WithRequestID(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, requestIDKey, id)
}

// RequestID is the id of the request under way; a fresh one where there is none.
func RequestID(ctx context.Context) string {
	if id, ok := ctx.Value(requestIDKey).(string); ok {
		return id
	}
	return store.NewID()
}

// sealCursor makes an opaque cursor for the next page of a list. It is bound
// to the operation and the account, and shows nothing of the rows.
func (a *App) sealCursor(who *roster.Actor, op string, after []string) string {
	if len(after) == 0 {
		return ""
	}
	plain, err := json.Marshal(after)
	if err != nil {
		return ""
	}
	nonce := make([]byte, a.cursor.NonceSize())
	rand.Read(nonce)
	return base64.RawURLEncoding.EncodeToString(a.cursor.Seal(nonce, nonce, plain, []byte(op+"\x00"+who.Account)))
}

// openCursor reads a cursor; "" is the first page.
func (a *App) openCursor(who *roster.Actor, op, cursor string) ([]string, error) {
	if cursor == "" {
		return nil, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil || len(raw) < a.cursor.NonceSize() {
		return nil, fault.Shape("cursor_unreadable", "cursor")
	}
	n := a.cursor.NonceSize()
	plain, err := a.cursor.Open(nil, raw[:n], raw[n:], []byte(op+"\x00"+who.Account))
	if err != nil {
		return nil, fault.Shape("cursor_unreadable", "cursor")
	}
	var after []string
	if err := json.Unmarshal(plain, &after); err != nil {
		return nil, fault.Shape("cursor_unreadable", "cursor")
	}
	return after, nil
}

// Program is the actor of the program itself: set-up, jobs and the demo. No
// session can become it.
func Program(part string) *roster.Actor {
	return &roster.Actor{Account: "program:" + part, Program: true}
}

// Head is the state of the ledger.
type Head struct {
	Origin string      `json:"origin"`
	Size   int64       `json:"size"`
	Root   ledger.Hash `json:"-"`
}

// LedgerHead reads the size and root of the tree.
func (a *App) LedgerHead(ctx context.Context, who *roster.Actor) (h Head, err error) {
	err = a.read(ctx, who, "ledger.head", func(ctx context.Context, v *store.View) error {
		h.Origin = a.store.Origin()
		h.Size, h.Root, err = v.Head(ctx)
		return err
	})
	return h, err
}

// LedgerEntries reads entries from a sequence number on, oldest first. Those
// about a matter that the actor is barred from are left out: the numbers have
// gaps, and nothing says of a gap why it is there.
func (a *App) LedgerEntries(ctx context.Context, who *roster.Actor, from int64, limit int) (rows []store.LedgerEntry, err error) {
	return a.entries(ctx, who, func(ctx context.Context, v *store.View, sc roster.Scope) ([]store.LedgerEntry, error) {
		return v.EntriesFrom(ctx, from, min(max(limit, 1), store.PageMax), sc)
	})
}

// LedgerBefore reads entries below a sequence number, newest first, as
// LedgerEntries does.
func (a *App) LedgerBefore(ctx context.Context, who *roster.Actor, before int64, limit int) (rows []store.LedgerEntry, err error) {
	return a.entries(ctx, who, func(ctx context.Context, v *store.View, sc roster.Scope) ([]store.LedgerEntry, error) {
		return v.EntriesBefore(ctx, before, min(max(limit, 1), store.PageMax), sc)
	})
}

func (a *App) entries(ctx context.Context, who *roster.Actor, read func(context.Context, *store.View, roster.Scope) ([]store.LedgerEntry, error)) (rows []store.LedgerEntry, err error) {
	err = a.read(ctx, who, "ledger.entries", func(ctx context.Context, v *store.View) error {
		sc, err := a.scope(ctx, v, who, roster.ActList, roster.KindLedger)
		if err != nil {
			return err
		}
		rows, err = read(ctx, v, sc)
		return err
	})
	return rows, err
}
