// Package keys is the key store: the keys under which erasable texts lie
// encrypted, in a SQLite file of its own. Destroying a key here is what erasure
// means, so the file is small, is backed up apart from the site, for a short time, and
// forgets for certain: secure_delete, and a truncating checkpoint after every
// destruction.
//
// Keys are made ahead of need, many in one commit, and are on the disk before
// anybody is given one: a text can be committed in the main database at once,
// and a crash leaves at worst keys that nothing uses. Sixty-four keys lie
// together in one page, encrypted under the master key, which is in a file
// beside the store and not in it, so that a copy of the store alone opens
// nothing. A key is a slot of a page; destroying it writes the page again with
// an empty slot. Numbers are never used twice.
//
// The package must never log, print or return key material in an error.
package keys

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"

	_ "modernc.org/sqlite" // the driver
)

// Size is the length of a key in bytes: AES-256.
const Size = 32

// pageKeys is how many keys lie in one page.
const pageKeys = 64

// Key is one key with its number, which is what the encrypted text names.
type Key struct {
	ID     int64
	Secret [Size]byte
}

var (
	// ErrDestroyed says that the key was destroyed, or never was.
	ErrDestroyed = errors.New("the key is destroyed")
	// ErrMissing says that the store, or its master key, is not where it should be.
	ErrMissing = errors.New("the key store is missing")
)

// Store is an open key store. It is safe for concurrent use; several processes
// may have the same file open.
type Store struct {
	path    string
	db      *sql.DB
	masters atomic.Pointer[masters]
	change  atomic.Int64 // the newest state of the store that this process knows to be durable

	mu      sync.Mutex
	ready   []Key         // durable, given to nobody yet
	batch   int           // pages of the next refill
	filling chan struct{} // closed when the refill in the background has ended; nil if there is none
	fillErr error
	work    sync.WaitGroup

	stopAt func(place string) error // of tests: a kill at that place of a rotation

	cacheMu sync.Mutex
	cache   map[int64]*page
	order   []int64 // oldest first
}

type page [pageKeys * Size]byte

// cachePages is how many pages are kept open in memory: 2 MB hold 65,536 keys.
const cachePages = 1024

// batchMost is the most pages that one refill makes; a refill starts in the
// background when fewer than half of its keys are left.
const batchMost = 64

// MasterPath is the file of the master key of the store at path.
func MasterPath(path string) string { return path + ".master" }

// Exists reports whether there is a store at path. One that cannot be looked at
// is not missing: opening it says why.
func Exists(path string) bool {
	_, err := os.Stat(path)
	return !notThere(err)
}

// Open opens the store at path. make lets it be made, with a fresh master key,
// where there is none; otherwise that is ErrMissing.
func Open(ctx context.Context, path string, make bool) (*Store, error) {
	if !Exists(path) {
		if !make {
			return nil, fmt.Errorf("%w: %s", ErrMissing, path)
		}
		if err := newMaster(path); err != nil {
			return nil, err
		}
		f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
		if err != nil {
			return nil, fmt.Errorf("make the key store: %w", err)
		}
		if err := f.Close(); err != nil {
			return nil, err
		}
	}
	s := &Store{path: path, batch: 1, cache: map[int64]*page{}}
	m, err := readMasters(path)
	if err != nil {
		return nil, err
	}
	s.masters.Store(m)
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	address := url.URL{Scheme: "file", Opaque: (&url.URL{Path: filepath.ToSlash(abs)}).EscapedPath()}
	q := url.Values{"_txlock": {"immediate"}}
	for _, p := range []string{"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(FULL)", "secure_delete(1)", "trusted_schema(0)", "temp_store(MEMORY)"} {
		q.Add("_pragma", p)
	}
	address.RawQuery = q.Encode()
	if s.db, err = sql.Open("sqlite", address.String()); err != nil {
		return nil, fmt.Errorf("open the key store: %w", err)
	}
	// One connection: what is read is read once and kept, and a checkpoint
	// that must truncate never waits for a reader of our own.
	s.db.SetMaxOpenConns(1)
	for _, stmt := range []string{
		"CREATE TABLE IF NOT EXISTS pages (id INTEGER PRIMARY KEY, master INTEGER NOT NULL, sealed BLOB NOT NULL) STRICT",
		"CREATE INDEX IF NOT EXISTS pages_master ON pages (master, id)",
		"CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, n INTEGER NOT NULL) STRICT, WITHOUT ROWID",
		"INSERT INTO counters (name, n) VALUES ('page', 0), ('change', 0) ON CONFLICT (name) DO NOTHING",
	} {
		if _, err := s.db.ExecContext(ctx, stmt); err != nil {
			return nil, errors.Join(fmt.Errorf("open the key store: %w", err), s.db.Close())
		}
	}
	var n int64
	if err := s.db.QueryRowContext(ctx, "SELECT n FROM counters WHERE name = 'change'").Scan(&n); err != nil {
		return nil, errors.Join(fmt.Errorf("open the key store: %w", err), s.db.Close())
	}
	s.change.Store(n)
	return s, nil
}

// Change numbers the states of the store: it grows whenever keys are made or
// destroyed. A site that has seen a greater number than its store says holds an
// older copy of it.
func (s *Store) Change() int64 { return s.change.Load() }

// changed counts a change in the transaction that makes it; after the commit,
// noted makes it known.
func changed(ctx context.Context, tx *sql.Tx) (n int64, err error) {
	return n, tx.QueryRowContext(ctx, "UPDATE counters SET n = n + 1 WHERE name = 'change' RETURNING n").Scan(&n)
}

func (s *Store) noted(n int64) {
	for old := s.change.Load(); old < n && !s.change.CompareAndSwap(old, n); old = s.change.Load() {
	}
}

// GoOn makes a store that was brought back from a copy the site's own again: its
// state counts as later than the one named, and no number up to the key named is
// given again.
func (s *Store) GoOn(ctx context.Context, change, key int64) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("go on with the key store: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // says so itself when it was committed
	for name, least := range map[string]int64{"page": key/pageKeys + 1, "change": change} {
		if _, err := tx.ExecContext(ctx, "UPDATE counters SET n = max(n, ?) WHERE name = ?", least, name); err != nil {
			return fmt.Errorf("go on with the key store: %w", err)
		}
	}
	n, err := changed(ctx, tx)
	if err := errors.Join(err, tx.Commit()); err != nil {
		return fmt.Errorf("go on with the key store: %w", err)
	}
	s.noted(n)
	return nil
}

// Path is the file of the store.
func (s *Store) Path() string { return s.path }

// Copy writes a whole copy of the store to a fresh file that only its owner may
// read. The master key is not in it.
func (s *Store) Copy(ctx context.Context, file string) error {
	f, err := os.OpenFile(file, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("copy the key store: %w", err)
	}
	defer func() { _ = f.Close() }()
	if _, err := s.db.ExecContext(ctx, "VACUUM INTO ?", file); err != nil { // fills an empty file
		return fmt.Errorf("copy the key store: %w", err)
	}
	return f.Sync()
}

// Close waits for a refill under way and closes the file. Keys that were made
// and given to nobody stay behind unused.
func (s *Store) Close() error {
	s.work.Wait()
	s.mu.Lock()
	clear(s.ready)
	s.ready = nil
	s.mu.Unlock()
	_, err := s.db.Exec("PRAGMA wal_checkpoint(TRUNCATE)")
	return errors.Join(err, s.db.Close())
}

// Take gives n fresh keys, each of them durable already.
func (s *Store) Take(ctx context.Context, n int) ([]Key, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.ready) < n {
		if wait := s.filling; wait != nil { // its keys are on the way
			s.mu.Unlock()
			<-wait
			s.mu.Lock()
			if s.fillErr != nil {
				err := s.fillErr
				s.fillErr = nil
				return nil, err
			}
			continue
		}
		fresh, err := s.make(ctx, max(s.batch, (n-len(s.ready)+pageKeys-1)/pageKeys))
		if err != nil {
			return nil, err
		}
		s.ready = append(s.ready, fresh...)
		s.batch = min(2*s.batch, batchMost)
	}
	out := make([]Key, n)
	copy(out, s.ready)
	clear(s.ready[:n])
	s.ready = s.ready[n:]
	if s.batch >= 8 && len(s.ready) < s.batch*pageKeys/2 && s.filling == nil {
		done := make(chan struct{})
		s.filling = done
		pages := s.batch
		s.batch = min(2*s.batch, batchMost)
		s.work.Go(func() {
			fresh, err := s.make(context.WithoutCancel(ctx), pages)
			s.mu.Lock()
			defer s.mu.Unlock()
			s.ready, s.filling, s.fillErr = append(s.ready, fresh...), nil, err
			close(done)
		})
	}
	return out, nil
}

// make writes pages of fresh keys in one commit.
func (s *Store) make(ctx context.Context, pages int) ([]Key, error) {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return nil, fmt.Errorf("make keys: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // says so itself when it was committed
	var last int64
	if err := tx.QueryRowContext(ctx, "UPDATE counters SET n = n + ? WHERE name = 'page' RETURNING n", pages).Scan(&last); err != nil {
		return nil, fmt.Errorf("make keys: %w", err)
	}
	m, err := s.sealing(ctx, tx)
	if err != nil {
		return nil, fmt.Errorf("make keys: %w", err)
	}
	insert, err := tx.PrepareContext(ctx, "INSERT INTO pages (id, master, sealed) VALUES (?, ?, ?)")
	if err != nil {
		return nil, fmt.Errorf("make keys: %w", err)
	}
	out := make([]Key, 0, pages*pageKeys)
	var p page
	defer clear(p[:])
	for id := last - int64(pages) + 1; id <= last; id++ {
		rand.Read(p[:])
		for slot := range pageKeys {
			out = append(out, Key{ID: id*pageKeys + int64(slot), Secret: [Size]byte(p[slot*Size:])})
		}
		if _, err := insert.ExecContext(ctx, id, m.newest, m.seal(id, &p)); err != nil {
			return nil, fmt.Errorf("make keys: %w", err)
		}
	}
	n, err := changed(ctx, tx)
	if err := errors.Join(err, tx.Commit()); err != nil {
		return nil, fmt.Errorf("make keys: %w", err)
	}
	s.noted(n)
	return out, nil
}

// Get reads keys by number. Destroyed ones are absent.
func (s *Store) Get(ctx context.Context, ids ...int64) (map[int64]*[Size]byte, error) {
	out := make(map[int64]*[Size]byte, len(ids))
	s.cacheMu.Lock()
	defer s.cacheMu.Unlock()
	for _, id := range ids {
		if out[id] != nil {
			continue
		}
		p, err := s.page(ctx, s.db, id/pageKeys)
		if errors.Is(err, sql.ErrNoRows) {
			continue
		} else if err != nil {
			return nil, err
		}
		if secret := p.slot(id); *secret != [Size]byte{} {
			kept := *secret
			out[id] = &kept
		}
	}
	return out, nil
}

func (p *page) slot(id int64) *[Size]byte {
	at := id % pageKeys * Size
	return (*[Size]byte)(p[at : at+Size])
}

type queryer interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// page reads a page through the cache. cacheMu is held.
func (s *Store) page(ctx context.Context, db queryer, id int64) (*page, error) {
	if p := s.cache[id]; p != nil {
		return p, nil
	}
	p, err := s.load(ctx, db, id)
	if err != nil {
		return nil, err
	}
	if len(s.order) >= cachePages {
		clear(s.cache[s.order[0]][:])
		delete(s.cache, s.order[0])
		s.order = s.order[1:]
	}
	s.cache[id], s.order = p, append(s.order, id)
	return p, nil
}

func (s *Store) load(ctx context.Context, db queryer, id int64) (*page, error) {
	var master int64
	var sealed []byte
	if err := db.QueryRowContext(ctx, "SELECT master, sealed FROM pages WHERE id = ?", id).Scan(&master, &sealed); err != nil {
		return nil, err
	}
	return s.unseal(master, id, sealed)
}

func pageData(id int64) []byte {
	return binary.BigEndian.AppendUint64([]byte("plumbline keys page v1\x00"), uint64(id))
}

// seal encrypts a page under the newest master key.
func (m *masters) seal(id int64, p *page) []byte {
	return m.aead[m.newest].Seal(nil, nil, p[:], pageData(id))
}

func (s *Store) unseal(master, id int64, sealed []byte) (*page, error) {
	aead := s.masters.Load().aead[master]
	if aead == nil { // another process has rotated meanwhile
		m, err := readMasters(s.path)
		if err != nil {
			return nil, err
		}
		s.masters.Store(m)
		aead = m.aead[master]
	}
	if aead == nil {
		return nil, fmt.Errorf("%w: page %d needs master key %d", ErrMissing, id, master)
	}
	plain, err := aead.Open(nil, nil, sealed, pageData(id))
	if err != nil || len(plain) != len(page{}) {
		return nil, fmt.Errorf("page %d of the key store is damaged, or belongs to another master key", id)
	}
	p := page(plain)
	clear(plain)
	return &p, nil
}

// notThere reports whether the error is about a file that does not exist.
func notThere(err error) bool { return errors.Is(err, fs.ErrNotExist) }
