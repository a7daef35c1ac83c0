package engine

import (
	"context"
	"database/sql"
	"encoding/base32"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"plumbline/internal/fault"
	"plumbline/internal/ledger"
	"plumbline/internal/store/dialect"
	"plumbline/internal/store/keys"
	"plumbline/migrations"
)

// Store is an open database. It is safe for concurrent use.
type Store struct {
	writer  *bun.DB
	reader  *bun.DB
	dialect dialect.Kind
	clock   func() time.Time
	origin  string
	policy  []byte // hash of policy and rule pack, stored in every entry
	files   fs.FS  // the migrations
	watch   watch

	hot     hot // of the writer
	readHot hot // of the readers
	reads   reads
	queue   chan *member
	quiet   chan *member // served before the queue
	patient atomic.Bool  // see Patiently
	closing chan struct{}
	stopped chan struct{} // closed when the writer has ended
	wrote   chan struct{} // receives when pages wait in SQLite's write-ahead log
	done    sync.WaitGroup
	closed  atomic.Bool

	// Owned by the writer goroutine.
	edge     *ledger.Edge
	headTime time.Time
	newest   ledger.Hash // of the newest entry
	tree     atomic.Pointer[Placement]

	frozen    atomic.Pointer[Freeze]
	acked     atomic.Int64                 // size of the tree last acknowledged
	published atomic.Pointer[ledger.Edge]  // the tree as last acknowledged; immutable
	forget    atomic.Bool                  // tells the writer to discard its cached tree
	committed chan struct{}                // receives when the tree has grown
	file      atomic.Pointer[databaseFile] // dialect.SQLite: the file that was opened

	space    space
	broken   chan struct{}
	breaking sync.Once

	keyPath        string // path of the key store; "" for none
	keys           atomic.Pointer[keys.Store]
	olderKeys      bool         // from Options
	keysBack       bool         // this opening accepted an older key store
	keysSeen       atomic.Int64 // newest key store state recorded in the database
	keyDestruction keyDestruction
}

// Options configures Open.
type Options struct {
	Clock  func() time.Time // defaults to time.Now
	Origin string           // name of the log; fixed by the first migration
	Policy []byte           // hash of policy and rule pack
	Keys   string           // path of the key store; "" means the database's name with .keys, or none on PostgreSQL

	OlderKeys bool // accept a key store that is an older copy, which is refused otherwise

	Watch func(text string) // is told each statement, for tests of their plans; may be nil
}

// Open connects and starts the writer. The schema must be migrated before use.
func Open(ctx context.Context, dsn string, opts Options) (*Store, error) {
	writer, reader, d, err := dialect.Open(dsn)
	if err != nil {
		return nil, err
	}
	if opts.Watch != nil {
		writer, reader = writer.WithQueryHook(watch(opts.Watch)), reader.WithQueryHook(watch(opts.Watch))
	}
	s := &Store{
		files: migrations.FS, watch: opts.Watch,
		writer: writer, reader: reader, dialect: d, clock: opts.Clock, origin: opts.Origin, policy: opts.Policy,
		queue: make(chan *member, 4096), quiet: make(chan *member, 64), closing: make(chan struct{}),
		stopped: make(chan struct{}), wrote: make(chan struct{}, 1),
		reads:     reads{turn: make(chan struct{}, 1)},
		committed: make(chan struct{}, 1), broken: make(chan struct{}), keyPath: opts.Keys, olderKeys: opts.OlderKeys,
	}
	if s.keyPath == "" && d == dialect.SQLite {
		s.keyPath = dsn + ".keys"
	}
	if s.clock == nil {
		s.clock = time.Now
	}
	if err := writer.PingContext(ctx); err != nil {
		writer.Close()
		reader.Close()
		return nil, fmt.Errorf("open database: %w", err)
	}
	tables, err := dialect.TablesOf(ctx, writer, d)
	if err == nil && slices.Contains(tables, RestoringTable) {
		err = ErrRestoring
	}
	if err == nil && slices.Contains(tables, "sites") {
		err = errors.Join(s.loadOrigin(ctx), s.openKeys(ctx, false))
	}
	if err == nil && slices.Contains(tables, "tombstones") {
		err = s.DestroyErased(ctx, "")
	}
	if err != nil {
		if k := s.keys.Load(); k != nil {
			err = errors.Join(err, k.Close())
		}
		return nil, errors.Join(fmt.Errorf("open database: %w", err), writer.Close(), reader.Close())
	}
	if d == dialect.SQLite {
		s.watchSpace(dsn)
		if err := s.noteFile(dsn); err != nil {
			return nil, errors.Join(fmt.Errorf("open database: %w", err), writer.Close(), reader.Close())
		}
	}
	s.done.Add(1)
	go s.write()
	if d == dialect.SQLite {
		db, err := dialect.OpenKeeper(dsn)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("open database: %w", err), s.Close())
		}
		s.done.Add(1)
		go s.keepWAL(db)
	}
	if slices.Contains(tables, "doomed_keys") {
		if err := s.resumeKeyDestruction(ctx); err != nil {
			return nil, errors.Join(fmt.Errorf("open database: %w", err), s.Close())
		}
	}
	return s, nil
}

// Close finishes queued writes, folds the write-ahead log and disconnects.
func (s *Store) Close() error {
	if s.closed.Swap(true) {
		return nil
	}
	close(s.closing)
	s.done.Wait()
	var errs []error
	s.keyDestruction.work.Wait()
	if k := s.keys.Load(); k != nil {
		errs = append(errs, k.Close())
	}
	if s.dialect == dialect.SQLite {
		errs = append(errs, s.reader.Close())
		errs = append(errs, dialect.Checkpoint(context.Background(), s.writer, s.dialect))
		errs = append(errs, s.writer.Close())
		return errors.Join(errs...)
	}
	return errors.Join(append(errs, s.reader.Close(), s.writer.Close())...)
}

// What follows is for the packages below store, which alone may import this one.

// Writer is the handle that writes. Only the writer's goroutine, the scratch and the
// tests of tampering have business with it.
func Writer(s *Store) *bun.DB { return s.writer }

// Reader is the handle on which the database refuses writes.
func Reader(s *Store) *bun.DB { return s.reader }

// On is a view through a transaction that the caller has begun.
func On(s *Store, db bun.IDB) *View { return &View{db: db, s: s} }

// DB is the handle that a view reads through.
func DB(v *View) bun.IDB { return v.db }

// Of is the store of a view.
func Of(v *View) *Store { return v.s }

// InWrite reports whether a view is that of a write, whose own rows no counter has yet.
func InWrite(v *View) bool { return v.raw != nil }

// SetClock replaces the clock, in tests.
func SetClock(s *Store, clock func() time.Time) { s.clock = clock }

// SetMigrations replaces the program's migrations, in tests of a later schema.
func SetMigrations(s *Store, files fs.FS) { s.files = files }

// Dialect returns the database engine.
func (s *Store) Dialect() dialect.Kind { return s.dialect }

// SetPolicy sets the hash of policy and rule pack that entries carry. Call it
// once, before the first write.
func (s *Store) SetPolicy(hash []byte) { s.policy = hash }

// Now is the store's clock in UTC, truncated to microseconds.
func (s *Store) Now() time.Time { return s.clock().UTC().Truncate(time.Microsecond) }

// idText writes ids with digits and lower-case letters in an order that every
// collation keeps. An id names a row in a dozen places of a row and its indexes,
// which 26 characters instead of the usual 36 make a tenth smaller.
var idText = base32.NewEncoding("0123456789abcdefghijklmnopqrstuv").WithPadding(base32.NoPadding)

// NewID returns a new UUIDv7 (RFC 9562) in 26 characters, in the order of time.
func NewID() string {
	id := newUUID()
	return idText.EncodeToString(id[:])
}

// NewShortID returns 16 characters in the order of time: the milliseconds of a
// UUIDv7 and 32 of its random bits. It is for what a site has thousands of and
// names in hundreds of thousands of rows: units and campaigns.
func NewShortID() string {
	id := newUUID()
	return idText.EncodeToString(append(id[:6:6], id[12:]...))
}

func newUUID() uuid.UUID {
	id, err := uuid.NewV7()
	if err != nil { // only without system randomness, which is fatal anyway
		panic(err)
	}
	return id
}

// View is a read-only transaction: one snapshot where the dialect supports it.
type View struct {
	db bun.IDB
	s  *Store

	read *bun.Tx // of a reader; nil for what reads without a transaction

	// Set on the writer, nil for readers.
	raw    *bun.Tx
	placed *Placement // today's tree, until this member changes it
}

// View runs fn in a read-only transaction.
func (s *Store) View(ctx context.Context, fn func(ctx context.Context, v *View) error) error {
	err := s.reader.RunInTx(ctx, &sql.TxOptions{ReadOnly: s.dialect == dialect.Postgres, Isolation: s.ViewIsolation()},
		func(ctx context.Context, tx bun.Tx) error {
			return fn(ctx, &View{db: tx, s: s, read: &tx})
		})
	s.readHot.prepareWanted(ctx, s.reader.DB)
	return Translate(ctx, err)
}

// ViewIsolation is the isolation under which a view is one snapshot.
func (s *Store) ViewIsolation() sql.IsolationLevel {
	if s.dialect == dialect.Postgres {
		return sql.LevelRepeatableRead
	}
	return sql.LevelDefault
}

// Ping reports whether the database answers.
func (s *Store) Ping(ctx context.Context) error {
	return s.reader.PingContext(ctx)
}

// Translate turns driver errors that are meaningful to callers into faults.
// Others pass unchanged and become "internal".
func Translate(ctx context.Context, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, sql.ErrNoRows):
		return fault.NotFound().WithCause(err)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return fault.Unavailable("outcome_unknown").WithCause(err)
	}
	var f *fault.Error
	if errors.As(err, &f) {
		return err
	}
	switch dialect.Classify(err) {
	case dialect.FailBusy, dialect.FailEnded:
		return fault.Unavailable("outcome_unknown").WithCause(err)
	case dialect.FailUnique:
		return fault.Conflict("already_exists").WithCause(err)
	}
	return err
}
