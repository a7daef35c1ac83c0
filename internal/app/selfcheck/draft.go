package selfcheck

import (
	"context"

	"plumbline/internal/fault"
	"plumbline/internal/roster"
	"plumbline/internal/selfcheck"
	"plumbline/internal/store"
)

// DraftSave is the save of one answer.
type DraftSave struct {
	Seq int64 `json:"seq"`
	selfcheck.ItemAnswer
}

// SaveDraftInput saves one or more answers of a list.
type SaveDraftInput struct {
	ID    string
	Saves []DraftSave
}

// SaveDraft saves answers item by item. Each carries a sequence number: repeating a
// save changes nothing, and a save that has not seen a later one is a conflict that
// names it, in which case nothing is saved. It returns the current sequence numbers.
func (a *Selfcheck) SaveDraft(ctx context.Context, who *roster.Actor, in SaveDraftInput) (map[int64]int64, error) {
	if _, err := a.Authorize(who, "submission.draft"); err != nil {
		return nil, err
	}
	if len(in.Saves) > selfcheck.ItemCount*4 {
		return nil, fault.Shape("too_large", "items")
	}
	seqs := make(map[int64]int64, len(in.Saves))
	err := a.Store.Scratch(ctx, func(ctx context.Context, sx *store.ScratchTx) error {
		s, err := mine(ctx, &sx.View, who, in.ID)
		if err != nil {
			return err
		}
		if s.State != selfcheck.Assigned && s.State != selfcheck.Returned {
			return fault.Conflict("already_submitted", "State", string(s.State))
		}
		items, err := a.items(ctx, &sx.View, s.ChecklistID)
		if err != nil {
			return err
		}
		stored, err := sx.Drafts(ctx, s)
		if err != nil {
			return err
		}
		have := make(map[int64]*selfcheck.Draft, len(stored))
		for i := range stored {
			have[stored[i].ItemNo] = &stored[i]
		}
		var rows []selfcheck.Draft
		var conflict *fault.Error
		for _, save := range in.Saves {
			if selfcheck.Item(items, save.ItemNo) == nil {
				return fault.Invalid("answer_unknown_item", "item", "Item", save.ItemNo)
			}
			d, err := selfcheck.NewDraft(s, save.Seq, save.ItemAnswer, a.Store.Now())
			if err != nil {
				return err
			}
			before := have[d.ItemNo]
			write, err := d.Over(before)
			switch {
			case err != nil:
				f := fault.As(err)
				if conflict == nil {
					conflict = f
				} else {
					conflict.More = append(conflict.More, f)
				}
			case write:
				rows = append(rows, d)
				have[d.ItemNo] = &d
				seqs[d.ItemNo] = d.Seq
			default:
				seqs[d.ItemNo] = before.Seq
			}
		}
		if conflict != nil {
			return conflict
		}
		return sx.SaveDrafts(ctx, rows)
	})
	if err != nil {
		return nil, err
	}
	return seqs, nil
}
