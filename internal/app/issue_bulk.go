package app

import (
	"context"
	"slices"
	"strconv"

	"plumbline/internal/fault"
	"plumbline/internal/issue"
	"plumbline/internal/ledger"
	"plumbline/internal/roster"
	"plumbline/internal/store"
)

const (
	bulkChunk  = 60 // rows of one commit: under 20 ms
	bulkSample = 20 // rows that a preview shows
)

// BulkInput asks what a bulk correction would correct.
type BulkInput struct {
	Unit        string // "" takes the first unit that the actor heads
	MaxSeverity int    // up to the pack's limit
}

// BulkPreview is what a bulk correction would do, exactly.
type BulkPreview struct {
	Unit        string        `json:"unit"`
	UnitName    string        `json:"unit_name"`
	Units       []string      `json:"units"` // that the actor may correct in
	MaxSeverity int           `json:"max_severity"`
	BySeverity  map[int]int64 `json:"by_severity"`
	Count       int64         `json:"count"`
	Limit       int64         `json:"limit"`  // most that one bulk correction takes
	Sample      []issue.Row   `json:"sample"` // the first few
}

// PreviewBulkCorrection counts the accepted slight issues of a unit that its
// head may correct in one go.
func (a *App) PreviewBulkCorrection(ctx context.Context, who *roster.Actor, in BulkInput) (BulkPreview, error) {
	out := BulkPreview{Unit: in.Unit, MaxSeverity: min(in.MaxSeverity, a.pack.Review.BulkCorrectMaxSeverity), Limit: int64(a.pack.Review.BulkCorrectMaxRows)}
	if in.MaxSeverity < 0 {
		return out, fault.Invalid("issue_severity", "max_severity")
	}
	err := a.read(ctx, who, "issue.bulk_preview", func(ctx context.Context, v *store.View) error {
		sc, err := a.scope(ctx, v, who, roster.ActCorrect, roster.KindIssue)
		if err != nil {
			return err
		}
		out.Units = sc.Units
		if out.Unit == "" && len(sc.Units) > 0 {
			out.Unit = sc.Units[0]
		}
		if !sc.All && !slices.Contains(sc.Units, out.Unit) {
			return fault.NotFound()
		}
		units, err := v.UnitsByID(ctx, []string{out.Unit})
		if err != nil {
			return err
		}
		out.UnitName = unitName(who.Lang, units[out.Unit])
		if out.BySeverity, err = v.SlightCount(ctx, out.Unit, out.MaxSeverity, sc); err != nil {
			return err
		}
		for _, n := range out.BySeverity {
			out.Count += n
		}
		first, err := v.SlightIssues(ctx, out.Unit, out.MaxSeverity, sc, "", bulkSample)
		if err != nil {
			return err
		}
		for _, i := range first {
			out.Sample = append(out.Sample, rowOf(i))
		}
		return nameRows(ctx, v, who.Lang, out.Sample, sc)
	})
	return out, err
}

func rowOf(i *issue.Issue) issue.Row {
	return issue.Row{ID: i.ID, Version: i.Version, Ref: i.Ref, Source: i.Source, SourceCode: i.SourceCode, Category: i.Category,
		ItemNo: i.ItemNo, Severity: i.Severity, PersonID: i.PersonID, UnitID: i.UnitID, BranchID: i.BranchID, EventOn: i.EventOn,
		Received: i.Received, State: i.State, Disclosure: i.Disclosure, Paired: i.Paired, Concealment: i.Concealment,
		Finding: i.Finding, Form: i.Form, CaseID: i.CaseID}
}

// BulkCorrectInput confirms a preview: Count is the number that it showed.
type BulkCorrectInput struct {
	Unit        string `json:"unit"`
	MaxSeverity int    `json:"max_severity"`
	Count       int64  `json:"count"`
	Key         string `json:"-"`
}

// Validate judges the input by itself.
func (in BulkCorrectInput) Validate() error {
	switch {
	case in.Unit == "":
		return fault.Invalid("bulk_none", "unit")
	case in.MaxSeverity < 0 || in.MaxSeverity > issue.MaxSeverity:
		return fault.Invalid("issue_severity", "max_severity")
	case in.Count <= 0:
		return fault.Invalid("bulk_none", "count")
	}
	return nil
}

// BulkResult says exactly what a bulk correction did.
type BulkResult struct {
	ID        string `json:"id"`
	Corrected int64  `json:"corrected"`
}

// BulkCorrect corrects what the preview showed. It goes in chunks, each whole
// and each one entry; broken off, it is taken up by the same request again and
// does not correct anything twice.
func (a *App) BulkCorrect(ctx context.Context, who *roster.Actor, in BulkCorrectInput) (BulkResult, Receipt, error) {
	out := BulkResult{}
	if err := in.Validate(); err != nil {
		return out, Receipt{}, err
	}
	limit := int64(a.pack.Review.BulkCorrectMaxRows)
	if in.Count > limit {
		return out, Receipt{}, fault.Invalid("bulk_too_many", "count", "Max", limit)
	}
	bulk := store.NewID()
	last, done := "", int64(0)
	var receipt Receipt
	for chunk := 0; done < in.Count; chunk++ {
		key := ""
		if in.Key != "" {
			key = in.Key + "/" + strconv.Itoa(chunk)
		}
		n := 0
		got, err := a.write(ctx, who, Write{Op: "issue.bulk_correct", Key: key, Body: in}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
			sc, err := a.scope(ctx, &tx.View, who, roster.ActCorrect, roster.KindIssue)
			if err != nil {
				return nil, "", err
			}
			if !sc.All && !slices.Contains(sc.Units, in.Unit) {
				return nil, "", fault.NotFound()
			}
			if chunk == 0 {
				if err := a.checkBulk(ctx, tx, in, sc); err != nil {
					return nil, "", err
				}
			}
			rows, err := tx.SlightIssues(ctx, in.Unit, min(in.MaxSeverity, a.pack.Review.BulkCorrectMaxSeverity), sc, last, int(min(bulkChunk, in.Count-done)))
			if err != nil {
				return nil, "", err
			}
			if n = len(rows); n == 0 {
				return nil, "", store.ErrUnchanged
			}
			ids := make([]string, len(rows))
			for i, before := range rows {
				ids[i] = before.ID
			}
			ends, err := a.endings(ctx, &tx.View, who, "", ids...)
			if err != nil {
				return nil, "", err
			}
			var changes []issue.Change
			for _, before := range rows { // SlightIssues gives those of accepted lists
				if err := before.MayDecide(who); err != nil {
					return nil, "", err
				}
				after := *before
				if err := after.CorrectOnSpot(true, ends[before.ID], a.pack.Review, tx.Now()); err != nil {
					return nil, "", err
				}
				after.BulkID = bulk
				changes = append(changes, issue.Change{Before: before, After: &after})
			}
			if err := tx.SaveIssues(ctx, changes, issue.TimingOf(a.pack)); err != nil {
				return nil, "", err
			}
			last = rows[n-1].ID
			return []ledger.Fact{{Verb: "issue.correct_bulk", Kind: "bulk_correction", ID: bulk, Unit: in.Unit}}, bulk, nil
		})
		if err != nil {
			return out, receipt, err
		}
		receipt = got
		if got.Replayed { // done before: go on behind it, under its name
			bulk = got.ResultID
			n, last, err = a.bulkSoFar(ctx, bulk, in.Unit, chunk)
			if err != nil {
				return out, receipt, err
			}
		}
		if n == 0 {
			break
		}
		done += int64(n)
	}
	err := a.store.View(ctx, func(ctx context.Context, v *store.View) (err error) {
		out.Corrected, err = v.BulkCorrected(ctx, bulk, in.Unit)
		return err
	})
	out.ID = bulk
	return out, receipt, err
}

// checkBulk refuses a confirmation whose count is no longer true.
func (a *App) checkBulk(ctx context.Context, tx *store.Tx, in BulkCorrectInput, sc roster.Scope) error {
	counts, err := tx.SlightCount(ctx, in.Unit, min(in.MaxSeverity, a.pack.Review.BulkCorrectMaxSeverity), sc)
	if err != nil {
		return err
	}
	var now int64
	for _, n := range counts {
		now += n
	}
	if now < in.Count || (now > in.Count && in.Count < int64(a.pack.Review.BulkCorrectMaxRows)) {
		return fault.Conflict("bulk_changed", "Count", now)
	}
	return nil
}

// bulkSoFar says how many rows the given chunk of an earlier run held, and the
// last row of it.
func (a *App) bulkSoFar(ctx context.Context, bulk, unit string, chunk int) (n int, last string, err error) {
	err = a.store.View(ctx, func(ctx context.Context, v *store.View) error {
		ids, err := v.BulkIDs(ctx, bulk, unit)
		if err != nil {
			return err
		}
		ids = ids[min(len(ids), chunk*bulkChunk):]
		ids = ids[:min(len(ids), bulkChunk)]
		if n = len(ids); n > 0 {
			last = ids[n-1]
		}
		return nil
	})
	return n, last, err
}
