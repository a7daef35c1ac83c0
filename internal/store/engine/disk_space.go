package engine

import (
	"errors"
	"os"
	"path/filepath"
	"sync"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// On SQLite, writing stops before the disk is full: below one twentieth of the
// disk or 1 GiB, whichever is less. The remainder suffices to read, to fold the
// write-ahead log and to shut down cleanly.
const (
	spaceShare = 20
	spaceFloor = 1 << 30 // bytes
	spaceEvery = time.Second
)

// space monitors the disk under a SQLite file.
type space struct {
	folder string
	mu     sync.Mutex
	at     time.Time // last check
	full   bool
	look   func(folder string) (free, total uint64, ok bool) // freeSpace, or a test's stub
}

// Full reports whether the disk is too full to write. It checks at most once a
// second. PostgreSQL monitors its own disk.
func (s *Store) Full() bool {
	if s.space.folder == "" {
		return false
	}
	s.space.mu.Lock()
	defer s.space.mu.Unlock()
	now := s.clock()
	if since := now.Sub(s.space.at); since < 0 || since >= spaceEvery {
		free, total, ok := s.space.look(s.space.folder)
		s.space.at, s.space.full = now, ok && free < min(total/spaceShare, spaceFloor)
	}
	return s.space.full
}

func (s *Store) watchSpace(file string) {
	if abs, err := filepath.Abs(file); err == nil {
		s.space.folder, s.space.look = filepath.Dir(abs), freeSpace
	}
}

// Broken is closed when the disk fails during a write. What reached it is
// unknown, and a retry could mistake lost pages for written ones. The process
// must exit; the next start reads what is really there.
func (s *Store) Broken() <-chan struct{} { return s.broken }

func (s *Store) isBroken() bool {
	select {
	case <-s.broken:
		return true
	default:
		return false
	}
}

// breakOn closes Broken if the error is SQLite's own I/O error.
func (s *Store) breakOn(err error) {
	var se *sqlite.Error
	if errors.As(err, &se) && se.Code()&0xff == sqlite3.SQLITE_IOERR {
		s.breaking.Do(func() { close(s.broken) })
	}
}

// ballastSize is the space reserved for emergencies, in bytes.
const ballastSize = 32 << 20

// Ballast creates a 32 MiB file beside the SQLite database, unless it exists or
// the disk is already short. An operator who runs out of space deletes it and
// can work again at once. It returns the file's name, or "" if there is none.
func (s *Store) Ballast() (string, error) {
	if s.space.folder == "" || s.Full() {
		return "", nil
	}
	name := s.file.Load().path + ".ballast"
	if info, err := os.Stat(name); err == nil && info.Size() >= ballastSize {
		return name, nil
	}
	if free, _, ok := s.space.look(s.space.folder); !ok || free < 16*ballastSize {
		return "", nil
	}
	out, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return "", err
	}
	block := make([]byte, 1<<20)
	for i := 0; i < ballastSize && err == nil; i += len(block) {
		_, err = out.Write(block)
	}
	if err = errors.Join(err, out.Close()); err != nil {
		return "", errors.Join(err, os.Remove(name))
	}
	return name, nil
}
