package engine

import (
	"context"
	"slices"
	"sync"

	"github.com/uptrace/bun"
)

// keyDestruction queues the keys of deleted texts: drafts that were filed and
// uploads that were imported. Keys are destroyed soon after, in batches, so
// that no request waits for the disk.
type keyDestruction struct {
	mu      sync.Mutex
	ids     []int64
	running bool
	work    sync.WaitGroup
}

// DoomedKey is the number of a key waiting to be destroyed. It is written in
// the transaction that deletes the texts, so that a crash leaves no key behind.
type DoomedKey struct {
	KeyID int64 `bun:"key_id,pk"`
}

// NoteDoomedKeys records the key numbers in the transaction that deletes the
// texts.
func (v *View) NoteDoomedKeys(ctx context.Context, ids []int64) error {
	if len(ids) == 0 {
		return nil
	}
	ids = slices.Clone(ids)
	slices.Sort(ids)
	var rows []DoomedKey
	for _, id := range slices.Compact(ids) {
		rows = append(rows, DoomedKey{id})
	}
	_, err := v.db.NewInsert().Model(&rows).On("CONFLICT (key_id) DO NOTHING").Exec(ctx)
	return err
}

// resumeKeyDestruction resumes what a process that exited early left undone.
func (s *Store) resumeKeyDestruction(ctx context.Context) error {
	var ids []int64
	if err := s.reader.NewSelect().Model((*DoomedKey)(nil)).Column("key_id").Order("key_id").Scan(ctx, &ids); err != nil {
		return err
	}
	s.destroyLater(ids)
	return nil
}

// destroyLater destroys the keys in the background. Close waits for it.
func (s *Store) destroyLater(ids []int64) {
	if len(ids) == 0 || s.keys.Load() == nil {
		return
	}
	s.keyDestruction.mu.Lock()
	defer s.keyDestruction.mu.Unlock()
	s.keyDestruction.ids = append(s.keyDestruction.ids, ids...)
	if s.keyDestruction.running {
		return
	}
	s.keyDestruction.running = true
	s.keyDestruction.work.Go(func() {
		for {
			s.keyDestruction.mu.Lock()
			next := s.keyDestruction.ids
			s.keyDestruction.ids = nil
			if len(next) == 0 {
				s.keyDestruction.running = false
				s.keyDestruction.mu.Unlock()
				return
			}
			s.keyDestruction.mu.Unlock()
			// A failed destruction stays on record and is retried when the site
			// is next opened.
			_ = s.Forget(context.Background(), next)
		}
	})
}

// Forget destroys the keys of deleted texts, and returns once they are gone.
func (s *Store) Forget(ctx context.Context, ids []int64) (err error) {
	defer Doing(&err, "destroy keys", "")
	k, err := s.keyStore()
	if err != nil || len(ids) == 0 {
		return err
	}
	if _, err := k.Destroy(ctx, ids...); err != nil {
		return err
	}
	return s.Scratch(ctx, func(ctx context.Context, sx *ScratchTx) error {
		for chunk := range slices.Chunk(ids, 500) {
			if _, err := sx.Delete(ctx, (*DoomedKey)(nil), "key_id IN (?)", bun.List(chunk)); err != nil {
				return err
			}
		}
		return sx.seenKeys(ctx)
	})
}
