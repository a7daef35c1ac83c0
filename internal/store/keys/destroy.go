package keys

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
)

// Destroy erases the keys for good and returns how many existed. When it
// returns, no copy is left in the file or its log: the pages have been
// overwritten and the log truncated. Repeating it is a no-op.
func (s *Store) Destroy(ctx context.Context, ids ...int64) (n int, err error) {
	if len(ids) == 0 {
		return 0, nil
	}
	ids = slices.Clone(ids)
	slices.Sort(ids)
	s.cacheMu.Lock()
	defer s.cacheMu.Unlock()
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return 0, fmt.Errorf("destroy keys: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // a no-op after the commit
	m, err := s.sealing(ctx, tx)
	if err != nil {
		return 0, fmt.Errorf("destroy keys: %w", err)
	}
	for at := 0; at < len(ids); {
		id := ids[at] / pageKeys
		p, err := s.load(ctx, tx, id)
		if errors.Is(err, sql.ErrNoRows) {
			at++
			continue
		} else if err != nil {
			return 0, fmt.Errorf("destroy keys: %w", err)
		}
		before := n
		for ; at < len(ids) && ids[at]/pageKeys == id; at++ {
			if slot := p.slot(ids[at]); *slot != [Size]byte{} {
				*slot = [Size]byte{}
				n++
			}
		}
		if n > before {
			if _, err := tx.ExecContext(ctx, "UPDATE pages SET master = ?, sealed = ? WHERE id = ?", m.newest, m.seal(id, p),
				id); err != nil {
				return 0, fmt.Errorf("destroy keys: %w", err)
			}
		}
		clear(p[:])
		if kept := s.cache[id]; kept != nil {
			clear(kept[:])
			delete(s.cache, id)
			s.order = slices.DeleteFunc(s.order, func(o int64) bool { return o == id })
		}
	}
	if n == 0 {
		return 0, nil
	}
	change, err := changed(ctx, tx)
	if err := errors.Join(err, tx.Commit()); err != nil {
		return 0, fmt.Errorf("destroy keys: %w", err)
	}
	s.noted(change)
	return n, s.truncate(ctx)
}

// truncate folds the log into the file and truncates it.
func (s *Store) truncate(ctx context.Context) error {
	var busy, pages, moved int
	if err := s.db.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &pages, &moved); err != nil {
		return fmt.Errorf("truncate the key store's log: %w", err)
	}
	if busy != 0 {
		return errors.New("truncate the key store's log: another process reads the store; the keys are destroyed, the log is cut when it ends")
	}
	return nil
}
