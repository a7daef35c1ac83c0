package readlog

import (
	"context"
	"crypto/sha256"
	"slices"
	"time"

	"plumbline/internal/app/desk"
	"plumbline/internal/fault"
	"plumbline/internal/ledger"
	"plumbline/internal/roster"
	"plumbline/internal/store"
)

// Purposes are the codes of the reasons for opening somebody's file.
var Purposes = []string{"case_review", "complaint", "appointment", "supervision", "inspection"}

func CheckPurpose(p string) error {
	if !slices.Contains(Purposes, p) {
		return fault.Invalid("purpose_required", "purpose")
	}
	return nil
}

// LogReading records that something about a person was opened. It commits before
// anything is shown.
func (a *Readings) LogReading(ctx context.Context, who *roster.Actor, kind, object, person, purpose string) error {
	line := store.ReadLog{Account: who.Account, Kind: kind, ObjectID: object, PersonID: person, Purpose: purpose}
	return a.Store.LogReading(ctx, line, func(ctx context.Context, v *store.View) error {
		return a.MayOpen(ctx, v, who, kind, object)
	})
}

// FoldReadings folds the read log of past minutes into ledger entries, one per
// reader, person and minute, and returns how many it made. If it breaks off between
// an entry and its mark, the next run finds the entry by its key and only sets the
// mark.
func (a *Readings) FoldReadings(ctx context.Context) (int, error) {
	made := 0
	for {
		var lines []store.ReadLog
		err := a.Store.View(ctx, func(ctx context.Context, v *store.View) (err error) {
			lines, err = v.UnfoldedReadings(ctx, a.Store.Now().Truncate(time.Minute), 500)
			return err
		})
		if err != nil {
			return made, err
		}
		if len(lines) == 0 {
			return made, a.missReadings(ctx)
		}
		type group struct {
			account, kind, object string
			minute                time.Time
		}
		ids := make(map[group][]string)
		var order []group
		for _, l := range lines {
			g := group{l.Account, string(roster.KindPerson), l.PersonID, l.At.UTC().Truncate(time.Minute)}
			if l.PersonID == "" { // a unit's issue
				g.kind, g.object = l.Kind, l.ObjectID
			}
			if ids[g] == nil {
				order = append(order, g)
			}
			ids[g] = append(ids[g], l.ID)
		}
		for _, g := range order { // one commit each: they belong to different readers
			key := sha256.Sum256([]byte(g.kind + "\x00" + g.object + "\x00" + g.minute.Format(time.RFC3339)))
			body := sha256.Sum256([]byte(store.VerbRead))
			call := store.Call{Account: g.account, Op: "file.fold", Key: key[:], Body: body[:], RequestID: store.NewID()}
			receipt, err := a.Store.FoldReading(ctx, call, ledger.Fact{Verb: store.VerbRead, Kind: g.kind, ID: g.object})
			if err != nil {
				return made, err
			}
			if !receipt.Replayed {
				made++
			}
			err = a.Store.Scratch(ctx, func(ctx context.Context, sx *store.ScratchTx) error {
				return sx.FoldReadings(ctx, ids[g], receipt.Seq)
			})
			if err != nil {
				return made, err
			}
		}
	}
}

// missReadings reports lines of the read log that this process wrote and that
// somebody has since removed or changed, and records that in an entry.
func (a *Readings) missReadings(ctx context.Context) error {
	call := store.Call{Account: desk.Program("ledger").Account, Role: "program", Op: "file.miss", RequestID: store.NewID()}
	n, err := a.Store.MissedReadings(ctx, call)
	if n > 0 {
		a.Log.Error("lines of the read log were taken away or changed; plumbline verify names them", "lines", n)
	}
	return err
}
