package engine

import (
	"context"
	"database/sql"
	"time"
)

// walEvery is the minimum interval between background checkpoints.
const walEvery = 250 * time.Millisecond

// keepWAL checkpoints SQLite's write-ahead log in the background on its own
// connection while the writer continues. It leaves little work for the writer's
// own checkpoint, every 40,000 pages, which would otherwise stall all writers
// for some tenths of a second. A passive checkpoint blocks nobody, waits for
// nobody, and loses nothing in a crash.
func (s *Store) keepWAL(db *sql.DB) {
	defer s.done.Done()
	defer db.Close()
	pause := time.NewTimer(0)
	defer pause.Stop()
	for {
		select {
		case <-s.stopped:
			return
		case <-s.wrote:
		}
		select {
		case <-s.stopped:
			return
		case <-pause.C:
		}
		var busy, pages, done int64
		// After a failure here, the writer's own checkpoint does the work and
		// reports the error.
		_ = db.QueryRowContext(context.Background(), "PRAGMA wal_checkpoint(PASSIVE)").Scan(&busy, &pages, &done)
		pause.Reset(walEvery)
	}
}

// noteWritten wakes keepWAL.
func (s *Store) noteWritten() {
	select {
	case s.wrote <- struct{}{}:
	default:
	}
}
