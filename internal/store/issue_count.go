package store

import (
	"context"
	"slices"

	"github.com/uptrace/bun"

	"plumbline/internal/issue"
	"plumbline/internal/roster"
	"plumbline/internal/store/engine"
)

// rootsMax is the most subtrees that one count combines.
const rootsMax = 200

// IssueCount counts the rows that IssueList lists. A filter by unit, month,
// state and severity alone, and a queue by unit and month, is answered from
// counters, at a cost independent of the number of issues; any other filter
// counts rows.
func (v *View) IssueCount(ctx context.Context, f issue.Filter, sc roster.Scope) (_ int64, err error) {
	defer engine.Doing(&err, "count issues under unit", f.Unit)
	if section, admits := counterOf(f); admits != nil && !engine.InWrite(v.View) { // counters do not include a writer's own rows yet
		roots, ok, err := v.countRoots(ctx, f.Unit, sc)
		if err != nil {
			return 0, err
		}
		if ok {
			return v.countByCounters(ctx, f, sc, roots, section, admits)
		}
	}
	return v.countRows(ctx, f, filtered, func(q *bun.SelectQuery) *bun.SelectQuery { return scoped(q, sc, columnsDefault) })
}

// counterOf returns the section whose counters answer a filter, and which of its
// keys the filter admits; admits is nil if none can.
func counterOf(f issue.Filter) (section string, admits func(key string) bool) {
	if f.Only {
		return "", nil
	}
	f.Unit, f.From, f.To, f.Sort = "", "", "", issue.ByEvent
	for _, q := range issue.Queues {
		if f == q.Filter() {
			return issue.SectionQueue, func(key string) bool { return key == string(q) }
		}
	}
	rest := f
	rest.State, rest.MinSeverity, rest.MaxSeverity, rest.Live, rest.Open = "", 0, -1, false, false
	if rest != issue.All() {
		return "", nil
	}
	return issue.SectionState, func(key string) bool {
		state, severity := issue.ParseStateKey(key)
		return f.Admits(&issue.Issue{State: state, Severity: severity})
	}
}

// countRoots returns units whose subtrees together make up the part of the
// reach under the unit, each row once. ok is false if the reach is not a union
// of whole subtrees.
func (v *View) countRoots(ctx context.Context, unit string, sc roster.Scope) (roots []string, ok bool, err error) {
	if len(sc.Objects) > 0 {
		return nil, false, nil
	}
	tree, err := v.s.Placement(ctx, v.db)
	if err != nil {
		return nil, false, err
	}
	if _, known := tree.Tier[unit]; unit != "" && !known {
		return nil, false, nil
	}
	reached := func(u string) bool {
		return sc.All && !slices.Contains(sc.Except, u) || slices.Contains(sc.Branches, tree.Branch(u)) || slices.Contains(sc.Units, u)
	}
	for u := range tree.Tier {
		up, rolls := tree.RollsUp(u)
		switch in := reached(u); {
		case in && (!rolls || !reached(up)):
			roots = append(roots, u)
		case !in && rolls && reached(up):
			return nil, false, nil // a hole in a subtree
		}
	}
	if unit != "" && tree.Tier[unit] > 0 &&
		slices.ContainsFunc(roots, func(r string) bool { return tree.Tier[r] > 0 && tree.Under(unit, r) }) {
		return []string{unit}, true, nil
	}
	roots = slices.DeleteFunc(roots, func(r string) bool { return !tree.Under(r, unit) })
	return roots, len(roots) <= rootsMax, nil
}

// countByCounters sums the counters of whole subtrees, subtracts what the bars
// hide there, and adds the reader's own issues that were subtracted or lie
// elsewhere. These are few and found by person.
func (v *View) countByCounters(ctx context.Context, f issue.Filter, sc roster.Scope, roots []string, section string,
	admits func(key string) bool) (total int64, err error) {
	if len(roots) > 0 {
		q := v.db.NewSelect().TableExpr("counters").ColumnExpr("'', '', '', key, SUM(n)").
			Where("section = ?", section).Where("unit_id IN (?)", bun.List(roots)).GroupExpr("key")
		counts, err := scanCounts(ctx, countMonths(q, f.From, f.To))
		if err != nil {
			return 0, err
		}
		for _, c := range counts {
			if admits(c.Key) {
				total += c.N
			}
		}
	}
	others := sc
	others.Own = ""
	count := func(sign int64, narrow func(q *bun.SelectQuery) *bun.SelectQuery) {
		if err == nil {
			var n int64
			n, err = v.countRows(ctx, f, filteredFew, narrow)
			total += sign * n
		}
	}
	if len(sc.BarPeople)+len(sc.BarObjects)+len(sc.BarDated) > 0 {
		count(-1, func(q *bun.SelectQuery) *bun.SelectQuery { return barred(q, others, columnsDefault) })
	}
	if sc.Own != "" {
		own := func(q *bun.SelectQuery) *bun.SelectQuery { return q.Where("person_id = ?", sc.Own) }
		count(1, own)
		count(-1, func(q *bun.SelectQuery) *bun.SelectQuery { return scoped(own(q), others, columnsDefault) })
	}
	return total, err
}

// countRows counts the rows that match a filter after narrow.
func (v *View) countRows(ctx context.Context, f issue.Filter, filtered func(*bun.SelectQuery, issue.Filter) *bun.SelectQuery,
	narrow func(q *bun.SelectQuery) *bun.SelectQuery) (int64, error) {
	q, err := v.underUnit(ctx, v.db.NewSelect().TableExpr("issues"), f.Unit, f.Only)
	if err != nil {
		return 0, err
	}
	n, err := filtered(narrow(q), f).Count(ctx)
	return int64(n), err
}

// NoticesUnanswered counts the open issues of which a person was notified but
// has not replied to.
func (v *View) NoticesUnanswered(ctx context.Context, personID string) (int64, error) {
	said := v.db.NewSelect().TableExpr("statements AS s").ColumnExpr("1").
		Where("s.issue_id = i.id AND s.kind IN (?, ?)", issue.Answer, issue.Correction)
	n, err := v.db.NewSelect().TableExpr("issues AS i").Where("i.person_id = ? AND i.source <> ? AND i.noticed_at IS NOT NULL",
		personID, issue.Self).
		Where("i.state NOT IN (?)", bun.List([]issue.State{issue.Merged, issue.Rejected, issue.Withdrawn, issue.Corrected, issue.Closed})).
		Where("NOT EXISTS (?)", said).Count(ctx)
	return int64(n), err
}
