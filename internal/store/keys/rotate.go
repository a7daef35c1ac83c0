package keys

import (
	"context"
	"errors"
	"fmt"
)

// rotateChunk is the number of pages re-encrypted per commit of a rotation.
// Writers wait that long.
const rotateChunk = 128

// Rotate makes a new master key, re-encrypts every page under it and then
// removes the old ones from the file. It can run beside a server, and resumes
// an interrupted rotation with the same new key. It returns how many pages it
// wrote. Earlier copies of the store still need the old key.
func (s *Store) Rotate(ctx context.Context, progress func(done, total int)) (pages int, err error) {
	if err := s.beginRotation(ctx); err != nil {
		return 0, fmt.Errorf("rotate the master key: %w", err)
	}
	var left int
	if err := s.db.QueryRowContext(ctx, "SELECT COUNT(*) FROM pages WHERE master < ?", s.masters.Load().newest).Scan(&left); err != nil {
		return 0, fmt.Errorf("rotate the master key: %w", err)
	}
	for total := left; ; {
		n, err := s.rotateSome(ctx)
		if pages += n; err != nil {
			return pages, fmt.Errorf("rotate the master key: %w; %d of %d pages are done, run it again to go on", err, pages, total)
		}
		if n == 0 {
			break
		}
		if progress != nil {
			progress(pages, max(pages, total))
		}
	}
	if err := s.endRotation(ctx); err != nil {
		return pages, fmt.Errorf("rotate the master key: %w; run it again to go on", err)
	}
	return pages, s.truncate(ctx)
}

// beginRotation adds a new key to the file, unless a rotation is already
// running, and records in the store that nothing may be written under an older
// one.
func (s *Store) beginRotation(ctx context.Context) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // a no-op after the commit
	m, err := readMasters(s.path)        // under the lock: another rotation may just have ended
	if err != nil {
		return err
	}
	if len(m.lines) == 1 {
		if err := writeMasters(s.path, append(m.lines, masterLine(m.newest+1))...); err != nil {
			return err
		}
		if m, err = readMasters(s.path); err != nil {
			return err
		}
	}
	if _, err := tx.ExecContext(ctx,
		"INSERT INTO counters (name, n) VALUES ('master', ?) ON CONFLICT (name) DO UPDATE SET n = excluded.n", m.newest); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	s.masters.Store(m)
	return s.stopped("begun")
}

// rotateSome re-encrypts some pages and returns how many.
func (s *Store) rotateSome(ctx context.Context) (n int, err error) {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return 0, err
	}
	defer func() { _ = tx.Rollback() }() // a no-op after the commit
	m := s.masters.Load()
	rows, err := tx.QueryContext(ctx, "SELECT id FROM pages WHERE master < ? ORDER BY master, id LIMIT ?", m.newest, rotateChunk)
	if err != nil {
		return 0, err
	}
	var ids []int64
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return 0, errors.Join(err, rows.Close())
		}
		ids = append(ids, id)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil || len(ids) == 0 {
		return 0, err
	}
	for _, id := range ids {
		p, err := s.load(ctx, tx, id)
		if err != nil {
			return 0, err
		}
		_, err = tx.ExecContext(ctx, "UPDATE pages SET master = ?, sealed = ? WHERE id = ?", m.newest, m.seal(id, p), id)
		clear(p[:])
		if err != nil {
			return 0, err
		}
	}
	if err := s.stopped("before a commit"); err != nil {
		return 0, err
	}
	if err := tx.Commit(); err != nil {
		return 0, err
	}
	return len(ids), s.stopped("after a commit")
}

// endRotation removes the old keys from the file under the write lock, so that
// no page can be written under one of them in the meantime.
func (s *Store) endRotation(ctx context.Context) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // nothing was written
	m := s.masters.Load()
	var old int
	if err := tx.QueryRowContext(ctx, "SELECT COUNT(*) FROM pages WHERE master < ?", m.newest).Scan(&old); err != nil {
		return err
	}
	if old > 0 {
		return fmt.Errorf("%d pages came under an old key meanwhile, from a program of an older version", old)
	}
	if err := s.stopped("ending"); err != nil {
		return err
	}
	if err := writeMasters(s.path, m.lines[len(m.lines)-1]); err != nil {
		return err
	}
	if m, err = readMasters(s.path); err == nil {
		s.masters.Store(m)
	}
	return err
}

// stopped aborts a rotation at a named point, for tests.
func (s *Store) stopped(at string) error {
	if s.stopAt == nil {
		return nil
	}
	return s.stopAt(at)
}

func writeMasters(path string, lines ...string) error {
	text := masterHeader + "\n"
	for _, l := range lines {
		text += l
	}
	return writeDurably(MasterPath(path), []byte(text))
}
