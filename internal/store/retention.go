package store

import (
	"context"

	"github.com/uptrace/bun"

	"plumbline/internal/custody"
	"plumbline/internal/intake"
	"plumbline/internal/issue"
	"plumbline/internal/roster"
	"plumbline/internal/store/engine"
)

// DueQuery selects records whose retention period is over.
type DueQuery struct {
	Cutoffs []custody.Cutoff // the last one covers all other classes
	Ready   bool             // excludes records on hold or with a proposed expungement
}

// Without a finding, an issue's class depends on whether it still counts.
var liveStates, deadStates = func() (live, dead []issue.State) {
	for _, s := range issue.States {
		if s.Live() {
			live = append(live, s)
		} else {
			dead = append(dead, s)
		}
	}
	return live, dead
}()

// DueIssues lists settled issues that are past retention, by id after the given
// one.
func (v *View) DueIssues(ctx context.Context, in DueQuery, sc roster.Scope, after string, limit int) ([]issue.Issue, error) {
	var rows []issue.Issue
	// a subquery; otherwise SQLite scans every issue in page order
	due := in.issues(v.db.NewSelect().Model((*issue.Issue)(nil)).Column("id"), sc)
	return rows, v.db.NewSelect().Model(&rows).Where("id IN (?)", due).Where("id > ?", after).Order("id").Limit(int64(limit)).Scan(ctx)
}

// DueIssueCount counts the rows that DueIssues lists.
func (v *View) DueIssueCount(ctx context.Context, in DueQuery, sc roster.Scope) (int64, error) {
	return in.issues(v.db.NewSelect().Model((*issue.Issue)(nil)), sc).Count(ctx)
}

// DueMatches lists the matches of audit records that became no issue and are
// past retention, by id after the given one.
func (v *View) DueMatches(ctx context.Context, in DueQuery, sc roster.Scope, after string, limit int) ([]intake.Match, error) {
	var rows []intake.Match
	return rows, in.matches(v.db.NewSelect().Model(&rows), sc).Where("id > ?", after).Order("id").Limit(int64(limit)).Scan(ctx)
}

// DueMatchCount counts the rows that DueMatches lists.
func (v *View) DueMatchCount(ctx context.Context, in DueQuery, sc roster.Scope) (int64, error) {
	return in.matches(v.db.NewSelect().Model((*intake.Match)(nil)), sc).Count(ctx)
}

func (in DueQuery) issues(q *bun.SelectQuery, sc roster.Scope) *bun.SelectQuery {
	// Each class gets its own condition, to use the index on finding, state,
	// settled_at.
	q = q.Where("settled_at IS NOT NULL").WhereGroup(" AND ", func(q *bun.SelectQuery) *bun.SelectQuery {
		named := []string{""} // no finding of its own
		for _, c := range in.Cutoffs {
			switch c.Outcome {
			case "withdrawn":
				q = q.WhereOr("(finding = '' AND state IN (?) AND settled_at < ?)", bun.List(deadStates), c.Before)
			case "declared":
				q = q.WhereOr("(finding = '' AND state IN (?) AND settled_at < ? AND source = ?)", bun.List(liveStates),
					c.Before, issue.Self)
			case "unmatched": // audit records
			case "":
				q = q.WhereOr("(finding > '' AND finding NOT IN (?) AND settled_at < ?)", bun.List(named), c.Before).
					WhereOr("(finding = '' AND state IN (?) AND settled_at < ? AND source <> ?)", bun.List(liveStates),
						c.Before, issue.Self)
			default:
				named = append(named, c.Outcome)
				q = q.WhereOr("(finding = ? AND settled_at < ?)", c.Outcome, c.Before)
			}
		}
		return q
	}).Where("NOT EXISTS (SELECT 1 FROM tombstones AS t WHERE t.record_id = issue.id)")
	if in.Ready {
		q = q.Where("NOT EXISTS (SELECT 1 FROM holds AS h WHERE h.state = ? AND (h.record_id = issue.id OR (issue.record_id <> '' "+
			"AND h.record_id = issue.record_id)))", custody.HoldLive).
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
			Where("NOT EXISTS (SELECT 1 FROM expungements AS e WHERE e.record_id = match.record_id AND e.state = ?)",
				custody.ExpungementProposed)
	}
	return matchScoped(q, sc)
}

// Detained reports which of the records are on a live hold, and which have a
// proposed expungement.
func (v *View) Detained(ctx context.Context, records []string) (held, pending map[string]bool, err error) {
	defer engine.Doing(&err, "read holds and proposed expungements", "")
	held, pending = make(map[string]bool), make(map[string]bool)
	if len(records) == 0 {
		return held, pending, nil
	}
	var ids []string
	if err := v.db.NewSelect().Model((*custody.Hold)(nil)).Column("record_id").
		Where("record_id IN (?) AND state = ?", bun.List(records), custody.HoldLive).Scan(ctx, &ids); err != nil {
		return nil, nil, err
	}
	for _, id := range ids {
		held[id] = true
	}
	ids = nil
	if err := v.db.NewSelect().Model((*custody.Expungement)(nil)).Column("record_id").
		Where("record_id IN (?) AND state = ?", bun.List(records), custody.ExpungementProposed).Scan(ctx, &ids); err != nil {
		return nil, nil, err
	}
	for _, id := range ids {
		pending[id] = true
	}
	return held, pending, nil
}
