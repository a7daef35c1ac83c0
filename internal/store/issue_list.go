package store

import (
	"context"

	"github.com/uptrace/bun"

	"plumbline/internal/issue"
	"plumbline/internal/roster"
	"plumbline/internal/store/engine"
)

// IssueList returns one page of issues in scope. after is the last row of the
// previous page, or nil for the first.
func (v *View) IssueList(ctx context.Context, f issue.Filter, sc roster.Scope, after *issue.Place, limit int) ([]issue.Row, error) {
	q := v.db.NewSelect().TableExpr("issues").Column("id", "version", "ref", "source", "source_code", "category", "item_no",
		"severity", "person_id", "unit_id", "branch_id", "event_on", "received_on", "state", "disclosure", "paired",
		"concealment", "finding", "form", "case_id")
	q, err := v.issueWhere(ctx, q, f, sc)
	if err != nil {
		return nil, err
	}
	// These conditions hold for every row. With them SQLite walks the index in
	// order and stops after a page; without them it sorts the whole table.
	if f.Sort == issue.BySeverity {
		q = q.Where("severity >= 0")
	} else {
		q = q.Where("event_on >= ''")
	}
	switch f.Sort {
	case issue.ByOldest:
		if after != nil {
			q = q.Where("(event_on, id) > (?, ?)", after.EventOn, after.ID)
		}
		q = q.OrderExpr("event_on, id")
	case issue.BySeverity:
		if after != nil {
			q = q.Where("(severity, event_on, id) < (?, ?, ?)", after.Severity, after.EventOn, after.ID)
		}
		q = q.OrderExpr("severity DESC, event_on DESC, id DESC")
	default:
		if after != nil {
			q = q.Where("(event_on, id) < (?, ?)", after.EventOn, after.ID)
		}
		q = q.OrderExpr("event_on DESC, id DESC")
	}
	rows := make([]issue.Row, 0, limit)
	err = q.Limit(int64(limit)).Scan(ctx, &rows)
	return rows, err
}

// IssueDeltas sums what the issues within reach but hidden by bars contributed
// to the counters, so that a report can leave them out. Only issues of the unit
// and below count.
func (v *View) IssueDeltas(ctx context.Context, unit string, sc roster.Scope,
	emit func(section, unit, month, key string, n int64)) (err error) {
	defer engine.Doing(&err, "sum the barred issues of unit", unit)
	tree, err := v.s.Placement(ctx, v.db)
	if err != nil {
		return err
	}
	var rows []*issue.Issue
	if err := barred(v.db.NewSelect().Model(&rows), sc, columnsDefault).Scan(ctx); err != nil {
		return err
	}
	for _, i := range rows {
		if tree.Under(i.UnitID, unit) {
			i.Deltas(emit)
		}
	}
	return nil
}

// underUnit narrows to a unit and, unless only is set, everything below it in
// today's tree.
func (v *View) underUnit(ctx context.Context, q *bun.SelectQuery, unit string, only bool) (*bun.SelectQuery, error) {
	if unit == "" {
		return q, nil
	}
	if only {
		return q.Where("unit_id = ?", unit), nil
	}
	tree, err := v.s.Placement(ctx, v.db)
	if err != nil {
		return nil, err
	}
	tier, known := tree.Tier[unit]
	switch {
	case !known:
		return q.Where("1 = 0"), nil
	case tree.Branch(unit) == unit:
		return q.Where("branch_id = ?", unit), nil
	}
	var units, above []string
	for u := range tree.Tier {
		at := u
		for n := 0; at != unit && at != "" && n < 8; n++ {
			at = tree.Parent[at]
		}
		if at == unit {
			units = append(units, u)
		} else {
			above = append(above, u)
		}
	}
	switch {
	case tier <= 1 && len(above) == 0:
		return q, nil
	case tier <= 1: // nearly everything: list what is excluded instead
		return q.Where("unit_id NOT IN (?)", bun.List(above)), nil
	case len(units) == 1:
		return q.Where("unit_id = ?", unit), nil
	}
	return q.Where("unit_id IN (?)", bun.List(units)), nil
}

// issueWhere turns a filter into SQL. It must agree with Filter.Admits.
func (v *View) issueWhere(ctx context.Context, q *bun.SelectQuery, f issue.Filter, sc roster.Scope) (*bun.SelectQuery, error) {
	q, err := v.underUnit(ctx, q, f.Unit, f.Only)
	if err != nil {
		return nil, err
	}
	return filtered(scoped(q, sc, columnsDefault), f), nil
}

// filtered applies all of a filter except its unit.
func filtered(q *bun.SelectQuery, f issue.Filter) *bun.SelectQuery {
	return partially(filteredFew(q, f), f)
}

// filteredFew is filtered for rows that something else picks out, such as a few
// people: it keeps SQLite from the partial indexes, which hold more.
func filteredFew(q *bun.SelectQuery, f issue.Filter) *bun.SelectQuery {
	text := func(column, value string) {
		if value != "" {
			q = q.Where("? = ?", bun.Safe(column), value)
		}
	}
	text("category", f.Category)
	text("source", string(f.Source))
	text("source_code", f.SourceCode)
	text("state", string(f.State))
	text("disclosure", string(f.Disclosure))
	text("concealment", string(f.Concealment))
	text("finding", f.Finding)
	text("person_id", f.Person)
	text("campaign_id", f.Campaign)
	text("submission_id", f.Submission)
	text("record_id", f.Record)
	if f.Case == issue.NoCase {
		q = q.Where("case_id = ''")
	} else {
		text("case_id", f.Case)
	}
	switch {
	case f.MaxSeverity >= 0 && f.MinSeverity == f.MaxSeverity:
		q = q.Where("severity = ?", f.MinSeverity)
	default:
		if f.MinSeverity > 0 {
			q = q.Where("severity >= ?", f.MinSeverity)
		}
		if f.MaxSeverity >= 0 {
			q = q.Where("severity <= ?", f.MaxSeverity)
		}
	}
	if f.Tier >= 0 {
		q = q.Where("tier = ?", f.Tier)
	}
	if f.From != "" {
		q = q.Where("event_on >= ?", f.From+"-01")
	}
	if f.To != "" {
		q = q.Where("event_on <= ?", f.To+"-31")
	}
	if f.Form > 0 {
		q = q.Where("form = ?", f.Form)
	}
	return inCell(q, f)
}

// partially repeats the conditions of the partial indexes that a filter
// implies. SQLite uses such an index only if the query states its condition.
func partially(q *bun.SelectQuery, f issue.Filter) *bun.SelectQuery {
	for _, index := range []struct {
		implied bool
		words   string
	}{
		{f.MinSeverity >= 2, "severity >= 2"},
		{f.Source == issue.Audit || f.Source == issue.Inspection || f.Cell == issue.Both || f.Cell == issue.AuditOnly ||
			f.Cell == issue.Inspected, "source <> 'self'"},
		{f.State != "" && f.State != issue.Registered, "state <> 'registered'"},
		{f.Concealment != "", "concealment <> ''"},
		{f.Submission != "", "submission_id <> ''"},
		{f.Record != "", "record_id <> ''"},
		{f.Case != "" && f.Case != issue.NoCase, "case_id <> ''"},
	} {
		if index.implied {
			q = q.Where(index.words)
		}
	}
	return q
}

// inCell keeps the issues that the reconciliation cell counts and that are live
// or open, as the filter asks.
func inCell(q *bun.SelectQuery, f issue.Filter) *bun.SelectQuery {
	switch f.Cell {
	case issue.Both:
		q = q.Where("source = ? AND disclosure <> ?", issue.Audit, issue.NotDisclosed)
	case issue.AuditOnly:
		q = q.Where("source = ? AND disclosure = ?", issue.Audit, issue.NotDisclosed)
	case issue.SelfOnly:
		q = q.Where("source = ? AND paired = ?", issue.Self, false)
	case issue.Counterpart:
		q = q.Where("source = ? AND paired = ?", issue.Self, true)
	case issue.Inspected:
		q = q.Where("source = ?", issue.Inspection)
	}
	live := f.Live || f.Cell != "" || f.Open
	if live && f.State == "" {
		q = q.Where("state NOT IN (?, ?, ?)", issue.Merged, issue.Rejected, issue.Withdrawn)
	} else if live && !f.State.Live() {
		q = q.Where("1 = 0")
	}
	if f.Open {
		q = q.Where("state NOT IN (?, ?)", issue.Corrected, issue.Closed)
	}
	return q
}
