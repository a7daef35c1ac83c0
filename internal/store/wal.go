package store

import (
	"context"
	"database/sql"
	"time"
)

// walEvery is the least time between two checkpoints in the background.
const walEvery = 250 * time.Millisecond

// walKeeper opens the connection of keepWAL.
func walKeeper(dsn string) (*sql.DB, error) {
	address, err := sqliteAddress(dsn)
	if err != nil {
		return nil, err
	}
	db, err := sql.Open("sqlite", address(false))
	if err == nil {
		db.SetMaxOpenConns(1)
	}
	return db, err
}

// keepWAL brings pages of SQLite's write-ahead log home on a connection of its
// own while the writer goes on. The writer's own checkpoint, every 10,000
// pages, then finds little left to do; without this it stops all writers for a
// tenth of a second. A passive checkpoint waits for nobody and nobody waits
// for it, and a crash at any point of it loses nothing.
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
		// What fails here the writer's own checkpoint does, and it says why.
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
