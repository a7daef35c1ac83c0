package store

import (
	"context"

	"github.com/uptrace/bun"

	"plumbline/internal/ledger"
	"plumbline/internal/store/engine"
	"plumbline/internal/store/verify"
)

// Store is an open database: the engine, with transactions that know the queries.
// It is safe for concurrent use.
type Store struct{ *engine.Store }

// Open connects and starts the writer. The schema must be migrated before use.
func Open(ctx context.Context, dsn string, opts Options) (*Store, error) {
	e, err := engine.Open(ctx, dsn, opts)
	if err != nil {
		return nil, err
	}
	return &Store{e}, nil
}

// View is a read-only transaction: one snapshot where the dialect supports it.
type View struct {
	*engine.View
	db bun.IDB
	s  *engine.Store
}

func viewOf(v *engine.View) View { return View{View: v, db: engine.DB(v), s: engine.Of(v)} }

// Tx is one member's part of a write transaction, which reads as a View does.
type Tx struct {
	View
	writing
}

// writing puts what the engine's transaction writes one level below what a View reads:
// both read through the same embedded engine.View, and the selector that is less deep
// wins.
type writing struct{ *engine.Tx }

// ScratchTx is a transaction on the tables that prove nothing.
type ScratchTx struct {
	View
	scratching
}

type scratching struct{ *engine.ScratchTx }

// Writing is the closure of a write operation. It may run more than once and
// returns the facts for the ledger and the id of the result.
type Writing func(ctx context.Context, tx *Tx) (facts []ledger.Fact, resultID string, err error)

// View runs fn in a read-only transaction.
func (s *Store) View(ctx context.Context, fn func(ctx context.Context, v *View) error) error {
	return s.Store.View(ctx, func(ctx context.Context, v *engine.View) error {
		q := viewOf(v)
		return fn(ctx, &q)
	})
}

// Update runs one write operation in the group that the writer commits next; see
// engine.Store.Update.
func (s *Store) Update(ctx context.Context, call Call, fn Writing) (Receipt, error) {
	return s.Store.Update(ctx, call, func(ctx context.Context, tx *engine.Tx) ([]ledger.Fact, string, error) {
		return fn(ctx, &Tx{viewOf(&tx.View), writing{tx}})
	})
}

// Scratch runs fn in a transaction of its own, outside the ledger.
func (s *Store) Scratch(ctx context.Context, fn func(ctx context.Context, sx *ScratchTx) error) error {
	return s.Store.Scratch(ctx, func(ctx context.Context, sx *engine.ScratchTx) error {
		return fn(ctx, &ScratchTx{viewOf(&sx.View), scratching{sx}})
	})
}

// LogReading writes a line of the read log if may allows it in the same transaction;
// see engine.Store.LogReading.
func (s *Store) LogReading(ctx context.Context, line ReadLog, may func(ctx context.Context, v *View) error) error {
	return s.Store.LogReading(ctx, line, func(ctx context.Context, v *engine.View) error {
		q := viewOf(v)
		return may(ctx, &q)
	})
}

// Verify recomputes the ledger and all that it vouches for; see verify.Run. progress
// may be nil.
func (s *Store) Verify(ctx context.Context, progress func(done, total int64)) (*verify.Verdict, error) {
	return verify.Run(ctx, s.Store, verify.Evidence{}, progress)
}

// VerifyAgainst is Verify with evidence from outside.
func (s *Store) VerifyAgainst(ctx context.Context, ev verify.Evidence, progress func(done, total int64)) (*verify.Verdict, error) {
	return verify.Run(ctx, s.Store, ev, progress)
}
