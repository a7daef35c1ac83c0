package store

import (
	"context"
	"slices"

	"github.com/uptrace/bun"

	"plumbline/internal/custody"
	"plumbline/internal/intake"
	"plumbline/internal/issue"
	"plumbline/internal/roster"
)

// DueQuery asks for records whose retention period is over.
type DueQuery struct {
	Cutoffs []custody.Cutoff // the last one is of all other classes
	Ready   bool             // without those that a hold keeps or whose expungement is proposed
}

// notLive are the states of issues that count no longer.
var notLive = []issue.State{issue.Merged, issue.Rejected, issue.Withdrawn}

// DueIssues lists settled issues that retention has made due, by id after one.
// An issue is never settled before its event, which is what the index is on.
func (v *View) DueIssues(ctx context.Context, in DueQuery, sc roster.Scope, after string, limit int) ([]issue.Issue, error) {
	var rows []issue.Issue
	return rows, in.issues(v.db.NewSelect().Model(&rows), sc).Where("id > ?", after).Order("id").Limit(int64(limit)).Scan(ctx)
}

// DueIssueCount counts what DueIssues lists.
func (v *View) DueIssueCount(ctx context.Context, in DueQuery, sc roster.Scope) (int64, error) {
	return in.issues(v.db.NewSelect().Model((*issue.Issue)(nil)), sc).Count(ctx)
}

// DueMatches lists the matches of audit records that became no issue and that
// retention has made due, by id after one.
func (v *View) DueMatches(ctx context.Context, in DueQuery, sc roster.Scope, after string, limit int) ([]intake.Match, error) {
	var rows []intake.Match
	return rows, in.matches(v.db.NewSelect().Model(&rows), sc).Where("id > ?", after).Order("id").Limit(int64(limit)).Scan(ctx)
}

// DueMatchCount counts what DueMatches lists.
func (v *View) DueMatchCount(ctx context.Context, in DueQuery, sc roster.Scope) (int64, error) {
	return in.matches(v.db.NewSelect().Model((*intake.Match)(nil)), sc).Count(ctx)
}

func (in DueQuery) issues(q *bun.SelectQuery, sc roster.Scope) *bun.SelectQuery {
	latest := slices.MaxFunc(in.Cutoffs, func(a, b custody.Cutoff) int { return a.Before.Compare(b.Before) })
	q = q.Where("event_on <= ?", latest.Before.AddDate(0, 0, 1).Format("2006-01-02")). // a day on, whatever the zone
												Where("settled_at < ?", latest.Before).
												Where("NOT EXISTS (SELECT 1 FROM tombstones AS t WHERE t.record_id = issue.id)")
	q = q.WhereGroup(" AND ", func(q *bun.SelectQuery) *bun.SelectQuery {
		var named []string
		for _, c := range in.Cutoffs {
			switch c.Outcome {
			case "withdrawn":
				q = q.WhereOr("(finding = '' AND state IN (?) AND settled_at < ?)", bun.List(notLive), c.Before)
			case "declared":
				q = q.WhereOr("(finding = '' AND state NOT IN (?) AND source = ? AND settled_at < ?)", bun.List(notLive), issue.Self, c.Before)
			case "unmatched": // audit records
			case "":
				named = append(named, "") // no finding of its own
				q = q.WhereOr("(finding NOT IN (?) AND settled_at < ?)", bun.List(named), c.Before).
					WhereOr("(finding = '' AND state NOT IN (?) AND source <> ? AND settled_at < ?)", bun.List(notLive), issue.Self, c.Before)
			default:
				named = append(named, c.Outcome)
				q = q.WhereOr("(finding = ? AND settled_at < ?)", c.Outcome, c.Before)
			}
		}
		return q
	})
	if in.Ready {
		q = q.Where("NOT EXISTS (SELECT 1 FROM holds AS h WHERE h.state = ? AND (h.record_id = issue.id OR (issue.record_id <> '' AND h.record_id = issue.record_id)))", custody.HoldLive).
			Where("NOT EXISTS (SELECT 1 FROM expungements AS e WHERE e.record_id = issue.id AND e.state = ?)", custody.ExpungementProposed)
	}
	return scoped(q, sc, columnsDefault)
}

func (in DueQuery) matches(q *bun.SelectQuery, sc roster.Scope) *bun.SelectQuery {
	q = q.Where("state IN (?)", bun.List([]intake.MatchState{intake.StateUnmatched, intake.StateRejected, intake.StateWithdrawn})).
		Where("created_at < ?", custody.CutoffOf(in.Cutoffs, "unmatched").Before).
		Where("NOT EXISTS (SELECT 1 FROM tombstones AS t WHERE t.record_id = match.record_id)")
	if in.Ready {
		q = q.Where("NOT EXISTS (SELECT 1 FROM holds AS h WHERE h.state = ? AND h.record_id = match.record_id)", custody.HoldLive).
			Where("NOT EXISTS (SELECT 1 FROM expungements AS e WHERE e.record_id = match.record_id AND e.state = ?)", custody.ExpungementProposed)
	}
	return matchScoped(q, sc)
}

// Detained tells which of the records a live hold keeps, and of which an
// expungement is proposed.
func (v *View) Detained(ctx context.Context, records []string) (held, pending map[string]bool, err error) {
	held, pending = make(map[string]bool), make(map[string]bool)
	if len(records) == 0 {
		return held, pending, nil
	}
	var ids []string
	if err := v.db.NewSelect().Model((*custody.Hold)(nil)).Column("record_id").Where("record_id IN (?) AND state = ?", bun.List(records), custody.HoldLive).Scan(ctx, &ids); err != nil {
		return nil, nil, err
	}
	for _, id := range ids {
		held[id] = true
	}
	ids = nil
	if err := v.db.NewSelect().Model((*custody.Expungement)(nil)).Column("record_id").Where("record_id IN (?) AND state = ?", bun.List(records), custody.ExpungementProposed).Scan(ctx, &ids); err != nil {
		return nil, nil, err
	}
	for _, id := range ids {
		pending[id] = true
	}
	return held, pending, nil
}
