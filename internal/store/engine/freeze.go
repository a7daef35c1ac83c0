package engine

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/uptrace/bun"

	"plumbline/internal/fault"
	"plumbline/internal/ledger"
	"plumbline/internal/store/dialect"
)

// Reasons for a freeze.
const (
	FreezeShrunk    = "shrunk"    // fewer entries than were acknowledged or signed
	FreezeRewritten = "rewritten" // as many entries, but different ones
	FreezeReplaced  = "replaced"  // the database file is not the one that was opened
	FreezeForeign   = "foreign"   // the remembered head belongs to another log
)

// Who remembered the head that no longer exists.
const (
	BySite   = "site"   // file beside the site that records the last acknowledged head
	BySigner = "signer" // the signer's state
	ByServer = "server" // this process

	ByCheckpoint = "checkpoint" // a signed checkpoint in the database itself
)

// Freeze says why writing has stopped: the tree is not the one remembered.
type Freeze struct {
	Code       string
	By         string
	Remembered ledger.Checkpoint // zero root if only the size was known
	Found      ledger.Checkpoint // likewise
}

// Frozen returns why writing has stopped, or nil if it has not.
func (s *Store) Frozen() *Freeze { return s.frozen.Load() }

// Freeze stops writing for the life of this process. The first reason wins.
func (s *Store) Freeze(f Freeze) {
	s.frozen.CompareAndSwap(nil, &f)
}

// Thaw resumes writing from the current tree. It only resets what this process
// remembers; the caller records who decided it and why.
func (s *Store) Thaw() {
	s.forget.Store(true)
	s.reads.forget()
	s.acked.Store(0)
	s.published.Store(nil)
	s.frozen.Store(nil)
}

// Committed receives a value when the tree has grown since the last receive.
func (s *Store) Committed() <-chan struct{} { return s.committed }

// Acknowledged returns the tree head that this process acknowledged last. ok is
// false before its first write.
func (s *Store) Acknowledged() (c ledger.Checkpoint, ok bool) {
	e := s.published.Load()
	if e == nil {
		return c, false
	}
	root, err := e.Root()
	return ledger.Checkpoint{Origin: s.origin, Size: e.Size(), Root: root}, err == nil
}

// acknowledge records the tree that answers now refer to. An edge never changes
// after its commit: the next group works on a copy.
func (s *Store) acknowledge(edge *ledger.Edge) {
	grown := edge.Size() > s.acked.Swap(edge.Size())
	s.published.Store(edge)
	if grown {
		select {
		case s.committed <- struct{}{}:
		default:
		}
	}
}

type headState struct {
	edge *ledger.Edge
	leaf ledger.Hash // of the newest entry
	at   time.Time
}

// head returns the newest entry and the right edge of the tree, from memory if
// still current. A head that is neither the last acknowledged one nor an
// extension of it freezes writing, because somebody has replaced the database.
func (s *Store) head(ctx context.Context, tx bun.Tx) (h headState, err error) {
	var newest []LedgerEntry
	if err := tx.NewSelect().Model(&newest).Column("seq", "at", "leaf").OrderExpr("seq DESC").Limit(1).Scan(ctx); err != nil {
		return h, err
	}
	var size int64
	if len(newest) > 0 {
		size, h.at = newest[0].Seq+1, newest[0].At.UTC()
		if len(newest[0].Leaf) == len(h.leaf) {
			h.leaf = ledger.Hash(newest[0].Leaf)
		}
	}
	if s.forget.Swap(false) {
		s.edge = nil
	}
	code := ""
	switch acked := s.acked.Load(); {
	case s.fileReplaced():
		code = FreezeReplaced
	case size < acked:
		code = FreezeShrunk
	case s.edge != nil && s.edge.Size() == size:
		if h.leaf == s.newest {
			h.edge = s.edge
			return h, nil
		}
		code = FreezeRewritten
	default: // another process wrote, or this is the first write
		if h.edge, err = ReadEdge(ctx, tx, size); err != nil {
			return h, err
		}
		if s.edge == nil {
			return h, nil
		}
		before, err := rootAt(ctx, tx, s.edge.Size())
		if err != nil {
			return h, err
		}
		if mine, err := s.edge.Root(); err != nil || before == mine {
			return h, err
		}
		code = FreezeRewritten
	}
	f := Freeze{Code: code, By: ByServer, Remembered: ledger.Checkpoint{Size: s.acked.Load()}, Found: ledger.Checkpoint{Size: size}}
	if c, ok := s.Acknowledged(); ok {
		f.Remembered = c
	}
	if f.Found.Root, err = rootAt(ctx, tx, size); err != nil {
		f.Found.Root = ledger.Hash{} // a damaged tree has no root; its size is evidence enough
	}
	s.Freeze(f)
	return h, fault.Unavailable("ledger_frozen")
}

// rootAt computes the root of the first size entries from the stored nodes.
func rootAt(ctx context.Context, db bun.IDB, size int64) (ledger.Hash, error) {
	edge, err := ReadEdge(ctx, db, size)
	if err != nil {
		return ledger.Hash{}, err
	}
	return edge.Root()
}

// RootAt returns the root of the tree at a size up to the present one, or
// ErrDamaged if nodes are missing.
func (v *View) RootAt(ctx context.Context, size int64) (ledger.Hash, error) {
	return rootAt(ctx, v.db, size)
}

// databaseFile identifies the file that this process opened, to detect a
// replacement.
type databaseFile struct {
	path string
	info fs.FileInfo
}

func (s *Store) noteFile(dsn string) error {
	path, err := filepath.Abs(dsn)
	if err != nil {
		return err
	}
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	s.file.Store(&databaseFile{path, info})
	return nil
}

// fileReplaced reports whether the path now leads to a different file than the
// one this process writes to. Anything written there would be lost with it.
func (s *Store) fileReplaced() bool {
	f := s.file.Load()
	if f == nil {
		return false
	}
	info, err := os.Stat(f.path)
	if err != nil {
		return errors.Is(err, fs.ErrNotExist)
	}
	return !os.SameFile(f.info, info)
}

// OnDisk reads the head through a new connection with an empty cache, so that
// it notices a file overwritten under the running program. On PostgreSQL any
// connection does.
func (s *Store) OnDisk(ctx context.Context) (c ledger.Checkpoint, err error) {
	defer Doing(&err, "read the ledger head on disk", "")
	if s.fileReplaced() {
		s.Freeze(Freeze{Code: FreezeReplaced, By: ByServer})
	}
	read := func(ctx context.Context, v *View) (err error) {
		c.Origin = s.origin
		c.Size, c.Root, err = v.Head(ctx)
		return err
	}
	f := s.file.Load()
	if f == nil {
		return c, s.View(ctx, read)
	}
	db, err := dialect.ReadOnce(f.path)
	if err != nil {
		return c, err
	}
	err = db.RunInTx(ctx, &sql.TxOptions{}, func(ctx context.Context, tx bun.Tx) error { return read(ctx, &View{db: tx, s: s}) })
	return c, errors.Join(err, db.Close())
}
