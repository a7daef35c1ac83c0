package heads

import (
	"context"
	"errors"
	"slices"

	"plumbline/internal/app/desk"
	"plumbline/internal/fault"
	"plumbline/internal/ledger"
	"plumbline/internal/store"
)

// historyMost is how many sizes one history may name.
const historyMost = 50

// History ties the checkpoints of the given sizes and the last one together.
// Anybody may have it: it holds signed tree heads and hashes, and proves that
// none of them was made by rewriting what an earlier one signed.
func (h *Heads) History(ctx context.Context, sizes []int64) (text []byte, err error) {
	if len(sizes) > historyMost {
		return nil, fault.Invalid("too_many_chosen", "size", "Max", historyMost)
	}
	err = h.Read(ctx, nil, "ledger.history", func(ctx context.Context, v *store.View) error {
		last, err := v.LastCheckpoint(ctx)
		if errors.Is(err, store.ErrNone) {
			return fault.NotFound()
		} else if err != nil {
			return err
		}
		sizes := slices.Compact(slices.Sorted(slices.Values(append([]int64{last.Size}, sizes...))))
		h := &ledger.History{}
		for i, size := range sizes { // at most historyMost, by primary key
			c, err := v.CheckpointAt(ctx, size)
			if errors.Is(err, store.ErrNone) {
				return fault.NotFound()
			} else if err != nil {
				return err
			}
			note, err := v.SignedNote(ctx, c)
			if err != nil {
				return err
			}
			if i > 0 {
				p, err := v.Consistency(ctx, sizes[i-1], size)
				if err != nil {
					return err
				}
				h.Proofs = append(h.Proofs, p)
			}
			h.Notes = append(h.Notes, note)
		}
		text = h.Marshal()
		return nil
	})
	return text, err
}

// anchorEvery is how many checkpoints are saved between two entries that name
// them.
const anchorEvery = 64

// anchor counts a saved checkpoint and lets the ledger name the last ones, so
// that none of them can be deleted unnoticed.
func (h *Heads) anchor(ctx context.Context, saved *int) {
	if *saved++; *saved < anchorEvery || h.Store.Frozen() != nil {
		return
	}
	*saved = 0
	if _, err := h.Store.AnchorCheckpoints(ctx, store.Call{Account: desk.Program("ledger").Account, Role: "program", Op: "ledger.anchor",
		RequestID: store.NewID()}, anchorEvery); err != nil && ctx.Err() == nil {
		h.Log.Error("name the checkpoints in the ledger", "err", err)
	}
}
