package store

import (
	"errors"
	"os"
	"path/filepath"
	"sync"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// Writing on SQLite stops before the disk is full: below a twentieth of the
// disk or 1 GiB, whichever is less. What is left then is enough to read, to
// fold the write-ahead log and to leave in order.
const (
	spaceShare = 20
	spaceFloor = 1 << 30 // bytes
	spaceEvery = time.Second
)

// space watches the disk under a SQLite file.
type space struct {
	folder string
	mu     sync.Mutex
	at     time.Time // of the last look
	full   bool
	look   func(folder string) (free, total uint64, ok bool) // freeSpace, or a test's
}

// Full reports whether the disk has too little room to write. It looks at most
// once a second; PostgreSQL watches its own disk.
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

// Broken is closed when the disk failed under a write: what reached it nobody
// knows, and a second try could take lost pages for written ones. The process
// must end; the next start reads what is really there.
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

// ballastSize is how much room the ballast keeps for an emergency.
const ballastSize = 32 << 20

// Ballast puts a file of 32 MiB beside the SQLite database, unless it is there
// or the disk is short already: who has run out of space deletes it and can
// work on at once. It gives the file's name, "" if there is none.
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
