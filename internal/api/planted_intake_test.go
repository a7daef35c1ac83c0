package api

import (
	"context"
	"fmt"
	"time"

	"plumbline/internal/intake"
	"plumbline/internal/issue"
	"plumbline/internal/ledger"
	"plumbline/internal/store"
)

// batch plants an imported file.
func (w *world) batch(at place, s intake.BatchState) *intake.AuditBatch {
	w.Helper()
	b := &intake.AuditBatch{Stamp: ledger.Stamp{ID: store.NewID()}, Ref: issue.NewRef(), Source: "petition", FileName: "petitions.csv", FileHash: fmt.Sprintf("%064d", w.number()), Headers: `["姓名"]`,
		Mapping: `["name"]`, Classes: `{}`, ReceivedOn: "2026-02-01", UnitID: w.Units[at.unit], Account: w.Account["inspector"], State: s, Rows: 1, Position: 1, ReasonC: noText}
	w.insert(b)
	return b
}

// match plants a match of a record about the place's person.
func (w *world) match(at place, change func(m *intake.Match)) object {
	w.Helper()
	b := w.batch(at, intake.Imported)
	m := &intake.Match{Stamp: ledger.Stamp{ID: store.NewID()}, BatchID: b.ID, RowNo: 2, Source: b.Source, Level: intake.Probable,
		State: intake.StateProbable, Live: 1,
		UnitID: b.UnitID, EventOn: "2026-01-05", Category: "interview"}
	m.SetList([]intake.Candidate{{Person: w.People[at.person]}})
	w.write(func(ctx context.Context, tx *store.Tx) (err error) {
		if change != nil {
			change(m)
		}
		if m.State == intake.StateMatched {
			i, err := w.found(ctx, tx, at, nil)
			if err != nil {
				return err
			}
			m.PersonID, m.IssueID = i.PersonID, i.ID
		}
		r := &intake.AuditRecord{Stamp: ledger.Stamp{ID: tx.NewID()}, BatchID: b.ID, RowNo: 2, Source: b.Source,
			Sum: fmt.Sprint("sum ", w.number()), EventOn: m.EventOn,
			ReceivedOn: "2026-02-01", Category: m.Category, Severity: 1}
		m.RecordID = r.ID
		if r.RawC, err = tx.PutText(ctx, r.ID, "raw", intake.Raw{Cells: []string{"某人"}, Reading: &intake.Reading{}}.JSON()); err != nil {
			return err
		}
		return tx.Insert(ctx, r, m)
	})
	o := one(m.ID, "person", w.People[at.person])
	if m.IssueID != "" {
		o = o.of(m.IssueID, "")
	}
	return o
}

func batchIn(s intake.BatchState) func(w *world, at place) object {
	return func(w *world, at place) object { return one(w.batch(at, s).ID) }
}

var intakePlanters = map[string]func(w *world, at place) object{
	"batch":            batchIn(intake.Imported),
	"batch, stopped":   batchIn(intake.Stopped),
	"batch, importing": batchIn(intake.Importing),
	"match":            func(w *world, at place) object { return w.match(at, nil) },
	"match, confirmed": func(w *world, at place) object {
		return w.match(at, func(m *intake.Match) { m.State, m.SettledAt = intake.StateMatched, ago(w, time.Hour) })
	},
}
