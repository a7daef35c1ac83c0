package casework

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"plumbline/internal/app/desk"
	"plumbline/internal/fault"
	"plumbline/internal/issue"
	"plumbline/internal/kinds"
	"plumbline/internal/ledger"
	"plumbline/internal/roster"
	"plumbline/internal/store"
	"plumbline/internal/verbs"
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

// BulkPreview is exactly what a bulk correction would do.
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

// PreviewBulkCorrection counts the accepted minor issues of a unit that its head may
// correct at once.
func (a *Casework) PreviewBulkCorrection(ctx context.Context, who *roster.Actor, in BulkInput) (BulkPreview, error) {
	out := BulkPreview{Unit: in.Unit, MaxSeverity: min(in.MaxSeverity, a.Pack().Review.BulkCorrectMaxSeverity),
		Limit: int64(a.Pack().Review.BulkCorrectMaxRows)}
	if in.MaxSeverity < 0 {
		return out, fault.Invalid("issue_severity", "max_severity")
	}
	err := a.Read(ctx, who, "issue.bulk_preview", func(ctx context.Context, v *store.View) error {
		sc, err := a.Scope(ctx, v, who, roster.ActCorrect, roster.KindIssue)
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
		out.UnitName = desk.UnitName(who.Lang, units[out.Unit])
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
		return NameRows(ctx, v, who.Lang, out.Sample, sc)
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

// BulkResult is exactly what a bulk correction did, row by row.
type BulkResult struct {
	ID        string    `json:"id"`
	Corrected int64     `json:"corrected"`
	Refused   int64     `json:"refused"`
	Rows      []BulkRow `json:"rows"` // refused ones first, then in the order of their ids
}

// BulkRow is the result for one issue.
type BulkRow struct {
	issue.Row
	Corrected bool         `json:"corrected"`
	Reason    string       `json:"reason"` // code of the refusal, "" where it was corrected
	Why       *fault.Error `json:"-"`
}

// BulkCorrect corrects what the preview showed, in chunks, each a whole write with
// one entry. After an interruption the same request continues and corrects nothing
// twice. Rows that may not be corrected stay as they are and do not stop the others.
func (a *Casework) BulkCorrect(ctx context.Context, who *roster.Actor, in BulkCorrectInput) (BulkResult, desk.Receipt, error) {
	if err := in.Validate(); err != nil {
		return BulkResult{}, desk.Receipt{}, err
	}
	limit := int64(a.Pack().Review.BulkCorrectMaxRows)
	if in.Count > limit {
		return BulkResult{}, desk.Receipt{}, fault.Invalid("bulk_too_many", "count", "Max", limit)
	}
	b := bulkRun{Casework: a, who: who, in: in, id: store.NewID(), most: min(in.MaxSeverity, a.Pack().Review.BulkCorrectMaxSeverity)}
	var receipt desk.Receipt
	for chunk := 0; b.done < in.Count; chunk++ {
		got, err := b.chunk(ctx, chunk)
		if err != nil {
			return BulkResult{ID: b.id}, receipt, err
		}
		if b.n == 0 {
			break
		}
		if got.Seq != 0 || got.Replayed {
			receipt = got
		}
		b.done += int64(b.n)
	}
	out, err := b.result(ctx)
	return out, receipt, err
}

// bulkRun is a bulk correction in progress.
type bulkRun struct {
	*Casework
	who  *roster.Actor
	in   BulkCorrectInput
	most int    // severity
	id   string // of the bulk correction
	last string // issue that was looked at last
	done int64  // issues looked at
	n    int    // of them in this chunk
}

// chunk examines the next issues and corrects those that it may.
func (b *bulkRun) chunk(ctx context.Context, chunk int) (desk.Receipt, error) {
	key := ""
	b.n = 0
	if b.in.Key != "" {
		key = b.in.Key + "/" + strconv.Itoa(chunk)
	}
	got, err := b.Write(ctx, b.who, desk.Write{Op: "issue.bulk_correct", Key: key, Body: b.in}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		sc, err := b.reach(ctx, &tx.View)
		if err != nil {
			return nil, "", err
		}
		if chunk == 0 {
			if err := b.checkBulk(ctx, tx, b.in, sc); err != nil {
				return nil, "", err
			}
		}
		rows, err := tx.SlightIssues(ctx, b.in.Unit, b.most, sc, b.last, int(min(bulkChunk, b.in.Count-b.done)))
		if err != nil {
			return nil, "", err
		}
		if b.n = len(rows); b.n == 0 {
			return nil, "", store.ErrUnchanged
		}
		b.last = rows[b.n-1].ID
		changes, _, err := b.judge(ctx, &tx.View, rows, tx.Now())
		if err != nil {
			return nil, "", err
		}
		if len(changes) == 0 {
			return nil, "", store.ErrUnchanged
		}
		for _, c := range changes {
			c.After.BulkID = b.id
		}
		if err := tx.SaveIssues(ctx, changes, issue.TimingOf(b.Pack())); err != nil {
			return nil, "", err
		}
		return []ledger.Fact{{Verb: verbs.IssueCorrectBulk, Kind: kinds.BulkCorrection, ID: b.id, Unit: b.in.Unit}}, b.id, nil
	})
	switch {
	case errors.Is(err, store.ErrUnchanged): // none of the chunk may be corrected, or none is left
		return desk.Receipt{}, nil
	case err == nil && got.Replayed: // done before: go on behind it, under its name
		return got, b.skip(ctx, got)
	}
	return got, err
}

// reach is where the actor may correct; the unit must lie within it.
func (b *bulkRun) reach(ctx context.Context, v *store.View) (roster.Scope, error) {
	sc, err := b.Scope(ctx, v, b.who, roster.ActCorrect, roster.KindIssue)
	if err == nil && !sc.All && !slices.Contains(sc.Units, b.in.Unit) {
		err = fault.NotFound()
	}
	return sc, err
}

// judge divides issues of accepted lists into those that the actor may correct and
// those that he may not, with the reason. If the reason itself would reveal
// something that he may not know, the row is treated as absent.
func (b *bulkRun) judge(ctx context.Context, v *store.View, rows []*issue.Issue,
	at time.Time) (may []issue.Change, refused []BulkRow, err error) {
	ids := make([]string, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
	}
	ends, err := b.Endings(ctx, v, b.who, "", ids...)
	if err != nil {
		return nil, nil, err
	}
	for _, before := range rows {
		after := *before
		err := before.MayDecide(b.who)
		if err == nil {
			err = after.CorrectOnSpot(true, ends[before.ID], b.Pack().Review, at)
		}
		switch {
		case err == nil:
			may = append(may, issue.Change{Before: before, After: &after})
		case fault.Is(err, fault.NotFoundKind):
		case fault.Is(err, fault.ConflictKind), fault.Is(err, fault.ForbiddenKind), fault.Is(err, fault.InvalidKind):
			why := fault.As(err)
			refused = append(refused, BulkRow{Row: rowOf(before), Reason: why.Code, Why: why})
		default:
			return nil, nil, err
		}
	}
	return may, refused, nil
}

// skip moves past a chunk that an earlier run of the request corrected, to after the
// last issue that its entry names. Refused rows before that were examined too.
func (b *bulkRun) skip(ctx context.Context, got desk.Receipt) error {
	b.id = got.ResultID
	return b.Store.View(ctx, func(ctx context.Context, v *store.View) error {
		sc, err := b.reach(ctx, v)
		if err != nil {
			return err
		}
		e, err := v.EntryAt(ctx, got.Seq)
		if err != nil {
			return err
		}
		parsed, err := ledger.ParseEntry(e.Body)
		if err != nil {
			return err
		}
		before := b.last
		for _, line := range parsed.After {
			if line.Kind == "issue" {
				b.n, b.last = b.n+1, max(b.last, line.ID)
			}
		}
		left, err := v.SlightIssues(ctx, b.in.Unit, b.most, sc, before, bulkChunk)
		for _, i := range left {
			if i.ID < b.last {
				b.n++
			}
		}
		return err
	})
}

// result lists what was corrected under the run's name and what, of the issues
// examined, may not be.
func (b *bulkRun) result(ctx context.Context) (BulkResult, error) {
	out := BulkResult{ID: b.id, Rows: []BulkRow{}}
	err := b.Store.View(ctx, func(ctx context.Context, v *store.View) error {
		sc, err := b.reach(ctx, v)
		if err != nil {
			return err
		}
		for after := ""; after < b.last; {
			rows, err := v.SlightIssues(ctx, b.in.Unit, b.most, sc, after, bulkChunk)
			if err != nil {
				return err
			}
			if len(rows) == 0 {
				break
			}
			after = rows[len(rows)-1].ID
			rows = slices.DeleteFunc(rows, func(i *issue.Issue) bool { return i.ID > b.last })
			_, refused, err := b.judge(ctx, v, rows, b.Store.Now())
			if err != nil {
				return err
			}
			out.Rows = append(out.Rows, refused...)
		}
		out.Refused = int64(len(out.Rows))
		done, err := v.BulkIssues(ctx, b.id, b.in.Unit, sc)
		if err != nil {
			return err
		}
		for _, i := range done {
			out.Rows = append(out.Rows, BulkRow{Row: rowOf(i), Corrected: true})
		}
		out.Corrected = int64(len(done))
		rows := make([]issue.Row, len(out.Rows))
		for i := range rows {
			rows[i] = out.Rows[i].Row
		}
		err = NameRows(ctx, v, b.who.Lang, rows, sc)
		for i := range rows {
			out.Rows[i].Row = rows[i]
		}
		return err
	})
	return out, err
}

// checkBulk refuses a confirmation whose count is out of date.
func (a *Casework) checkBulk(ctx context.Context, tx *store.Tx, in BulkCorrectInput, sc roster.Scope) error {
	counts, err := tx.SlightCount(ctx, in.Unit, min(in.MaxSeverity, a.Pack().Review.BulkCorrectMaxSeverity), sc)
	if err != nil {
		return err
	}
	var now int64
	for _, n := range counts {
		now += n
	}
	if now < in.Count || (now > in.Count && in.Count < int64(a.Pack().Review.BulkCorrectMaxRows)) {
		return fault.Conflict("bulk_changed", "Count", now)
	}
	return nil
}
