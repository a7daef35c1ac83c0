package people

import (
	"context"
	"slices"

	"plumbline/internal/app/desk"
	"plumbline/internal/kinds"
	"plumbline/internal/ledger"
	"plumbline/internal/roster"
	"plumbline/internal/store"
	"plumbline/internal/verbs"
)

// placeChunk is the number of people per write, under 20 ms.
const placeChunk = 100

// PlacePeople moves everybody to the unit of his main posting as of today: a posting
// that begins or ends by date alone takes effect on that day. It is safe to repeat.
func (a *Personnel) PlacePeople(ctx context.Context) (moved int, err error) {
	today := a.Today()
	var wrong []string
	err = a.Store.View(ctx, func(ctx context.Context, v *store.View) error {
		wrong, err = v.Misplaced(ctx, today)
		return err
	})
	if err != nil {
		return 0, err
	}
	who := desk.Program("calendar")
	for part := range slices.Chunk(wrong, placeChunk) {
		_, err := a.Write(ctx, who, desk.Write{Op: verbs.RosterPlace}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
			n, err := a.placeChunk(ctx, tx, part, today)
			if err != nil {
				return nil, "", err
			}
			if n == 0 {
				return nil, "", store.ErrUnchanged
			}
			moved += n
			return []ledger.Fact{{Verb: verbs.RosterPlace, Kind: kinds.RosterDay, ID: string(today)}}, "", tx.Bump(ctx,
				store.GenerationAuthority)
		})
		if err != nil && err != store.ErrUnchanged {
			return moved, err
		}
	}
	return moved, nil
}

func (a *Personnel) placeChunk(ctx context.Context, tx *store.Tx, ids []string, today roster.Date) (int, error) {
	people, err := tx.PeopleByID(ctx, ids)
	if err != nil {
		return 0, err
	}
	postings, err := tx.PostingsOf(ctx, ids)
	if err != nil {
		return 0, err
	}
	n := 0
	for _, id := range ids {
		before := people[id]
		if before == nil || before.State != roster.Serving {
			continue
		}
		unit := unitToday(postings[id], today)
		if unit == before.UnitID {
			continue
		}
		after := *before
		after.UnitID = unit
		if err := tx.Save(ctx, before, &after); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}
