package app

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"plumbline/internal/app/desk"
	"plumbline/internal/ledger"
	"plumbline/internal/roster"
	"plumbline/internal/rules"
	"plumbline/internal/store"
	"plumbline/internal/witness"
)

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
	*desk.Desk
	idKey    []byte // for the keyed hash of national ids
	proofKey []byte // for the times of proofs
	jobKey   []byte // for what jobs are to do

	checklists sync.Map // items by checklist id: a published edition never changes
	strengths  atomic.Pointer[strengths]
	outside    outsideSessions
	jobs       jobRunner
	points     checkpointer
	keys       atomic.Pointer[[]string] // the signer's verifier keys
	witnesses  witnesses
	opened     atomic.Pointer[openedBatch] // the file read last, for its import
	load       load
}

// New wires the application over an open, migrated store.
func New(cfg Config) (*App, error) {
	d, err := desk.Open(desk.Config{Store: cfg.Store, Pack: cfg.Pack, Zone: cfg.Zone, Secret: cfg.Secret, Log: cfg.Log, ProofLasts: cfg.ProofLasts, Routes: Routes})
	if err != nil {
		return nil, err
	}
	a := &App{Desk: d}
	for use, key := range map[string]*[]byte{"national id": &a.idKey, "proof": &a.proofKey, "job": &a.jobKey} {
		if *key, err = d.Key(use); err != nil {
			return nil, err
		}
	}
	a.jobs.init()
	a.load.init(cfg.UploadBudget, cfg.Readers)
	a.points.init(cfg.Signer, cfg.HeadFile, cfg.SignEvery)
	if err := a.setWitnesses(cfg.Witnesses, cfg.WitnessPace); err != nil {
		return nil, err
	}
	return a, nil
}

// NationalIDHash is the keyed hash under which a national id is stored.
func (a *App) NationalIDHash(id string) string {
	m := hmac.New(sha256.New, a.idKey)
	m.Write([]byte(id))
	return hex.EncodeToString(m.Sum(nil))
}

// Head is the state of the ledger.
type Head struct {
	Origin string      `json:"origin"`
	Size   int64       `json:"size"`
	Root   ledger.Hash `json:"-"`
}

// LedgerHead reads the size and root of the tree.
func (a *App) LedgerHead(ctx context.Context, who *roster.Actor) (h Head, err error) {
	err = a.Read(ctx, who, "ledger.head", func(ctx context.Context, v *store.View) error {
		h.Origin = a.Store.Origin()
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
	err = a.Read(ctx, who, "ledger.entries", func(ctx context.Context, v *store.View) error {
		sc, err := a.Scope(ctx, v, who, roster.ActList, roster.KindLedger)
		if err != nil {
			return err
		}
		rows, err = read(ctx, v, sc)
		return err
	})
	return rows, err
}
