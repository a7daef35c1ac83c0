// Package keys is the key store: it holds the keys that encrypt erasable texts,
// in a SQLite file of its own. Erasing a text means destroying its key here.
// The file is therefore small, is backed up separately from the site and for a
// short time, and truly forgets: it uses secure_delete and a truncating
// checkpoint after every destruction.
//
// Keys are made ahead of need, many per commit, and are on disk before they are
// handed out. A text can thus be committed to the main database at once, and a
// crash leaves at worst some unused keys. Sixty-four keys share one page,
// encrypted under the master key, which lies in a file beside the store so that
// a copy of the store alone reveals nothing. A key is a slot of a page;
// destroying it rewrites the page with an empty slot. Numbers are never reused.
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

// pageKeys is the number of keys per page.
const pageKeys = 64

// Key is one key with its number, which the encrypted text refers to.
type Key struct {
	ID     int64
	Secret [Size]byte
}

var (
	// ErrDestroyed means that the key was destroyed or never existed.
	ErrDestroyed = errors.New("the key is destroyed")
	// ErrMissing means that the store or its master key is missing.
	ErrMissing = errors.New("the key store is missing")
)

// Store is an open key store. It is safe for concurrent use, and several
// processes may open the same file.
type Store struct {
	path    string
	db      *sql.DB
	masters atomic.Pointer[masters]
	change  atomic.Int64 // newest state of the store known to be durable

	mu      sync.Mutex
	ready   []Key         // durable, not handed out yet
	batch   int           // pages per refill
	filling chan struct{} // closed when the background refill ends; nil if none is running
	fillErr error
	work    sync.WaitGroup

	stopAt func(place string) error // test hook: simulates a kill at that point of a rotation

	cacheMu sync.Mutex
	cache   map[int64]*page
	order   []int64 // oldest first
}

type page [pageKeys * Size]byte

// cachePages is the number of decrypted pages held in memory: 2 MB hold 65,536
// keys.
const cachePages = 1024

// batchMost is the most pages of one refill. A background refill starts when
// fewer than half of its keys are left.
const batchMost = 64

// MasterPath is the path of the master key file for the store at path.
func MasterPath(path string) string { return path + ".master" }

// Exists reports whether there is a store at path. If that cannot be determined
// it returns true, and opening the store reports the error.
func Exists(path string) bool {
	_, err := os.Stat(path)
	return !notThere(err)
}

// Open opens the store at path. If there is none, it creates one with a new
// master key if make is set and returns ErrMissing otherwise.
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
	for _, p := range []string{"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(FULL)", "secure_delete(1)",
		"trusted_schema(0)", "temp_store(MEMORY)"} {
		q.Add("_pragma", p)
	}
	address.RawQuery = q.Encode()
	if s.db, err = sql.Open("sqlite", address.String()); err != nil {
		return nil, fmt.Errorf("open the key store: %w", err)
	}
	// Use one connection: pages read once stay cached, and a truncating
	// checkpoint never waits for a reader of our own.
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
// destroyed. A site that has seen a greater number holds an older copy of its
// store.
func (s *Store) Change() int64 { return s.change.Load() }

// changed counts a change in the transaction that makes it. After the commit,
// noted publishes it.
func changed(ctx context.Context, tx *sql.Tx) (n int64, err error) {
	return n, tx.QueryRowContext(ctx, "UPDATE counters SET n = n + 1 WHERE name = 'change' RETURNING n").Scan(&n)
}

func (s *Store) noted(n int64) {
	for old := s.change.Load(); old < n && !s.change.CompareAndSwap(old, n); old = s.change.Load() {
	}
}

// GoOn readopts a store restored from a copy: its state counts as later than
// change, and no key number up to key is handed out again.
func (s *Store) GoOn(ctx context.Context, change, key int64) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("go on with the key store: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // a no-op after the commit
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

// Path is the path of the store.
func (s *Store) Path() string { return s.path }

// Copy writes a complete copy of the store to a new file readable only by its
// owner. The master key is not included.
func (s *Store) Copy(ctx context.Context, file string) error {
	f, err := os.OpenFile(file, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("copy the key store: %w", err)
	}
	defer func() { _ = f.Close() }()
	if _, err := s.db.ExecContext(ctx, "VACUUM INTO ?", file); err != nil { // requires an empty file
		return fmt.Errorf("copy the key store: %w", err)
	}
	return f.Sync()
}

// Close waits for a running refill and closes the file. Keys that were made but
// not handed out stay unused.
func (s *Store) Close() error {
	s.work.Wait()
	s.mu.Lock()
	clear(s.ready)
	s.ready = nil
	s.mu.Unlock()
	_, err := s.db.Exec("PRAGMA wal_checkpoint(TRUNCATE)")
	return errors.Join(err, s.db.Close())
}

// Take returns n new keys, each already durable.
func (s *Store) Take(ctx context.Context, n int) ([]Key, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.ready) < n {
		if wait := s.filling; wait != nil { // its keys are coming
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

// make writes pages of new keys in one commit.
func (s *Store) make(ctx context.Context, pages int) ([]Key, error) {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return nil, fmt.Errorf("make keys: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // a no-op after the commit
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

// page reads a page through the cache. The caller holds cacheMu.
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
	if aead == nil { // another process has rotated in the meantime
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

// notThere reports whether the error means that a file does not exist.
func notThere(err error) bool { return errors.Is(err, fs.ErrNotExist) }
