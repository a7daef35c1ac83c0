package store

import (
	"context"
	"slices"

	"github.com/uptrace/bun"

	"plumbline/internal/issue"
)

// PeaksOf returns the highest severity from which each issue was ever lowered.
// Issues that were never lowered are absent.
func (v *View) PeaksOf(ctx context.Context, issueIDs ...string) (map[string]int, error) {
	out := map[string]int{}
	for chunk := range slices.Chunk(issueIDs, 500) {
		var rows []issue.SeverityPeak
		if err := v.db.NewSelect().Model(&rows).Where("issue_id IN (?)", bun.List(chunk)).Scan(ctx); err != nil {
			return nil, err
		}
		for _, r := range rows {
			out[r.IssueID] = max(out[r.IssueID], r.Severity)
		}
	}
	return out, nil
}

// keepPeaks records the severities from which the changes lower issues. Every
// change of an issue passes through here, so no peak is lost.
func (tx *Tx) keepPeaks(ctx context.Context, changes []issue.Change) error {
	var lowered []issue.Change
	var ids []string
	for _, c := range changes {
		if c.After.Severity < c.Before.Severity {
			lowered, ids = append(lowered, c), append(ids, c.After.ID)
		}
	}
	if len(lowered) == 0 {
		return nil
	}
	known, err := tx.PeaksOf(ctx, ids...)
	if err != nil {
		return err
	}
	for _, c := range lowered { // triage lowers one
		if high, ok := known[c.After.ID]; ok && high >= c.Before.Severity {
			continue
		}
		if err := tx.Insert(ctx, &issue.SeverityPeak{IssueID: c.After.ID, Severity: c.Before.Severity}); err != nil {
			return err
		}
	}
	return nil
}

// GuardedOfBatch counts the issues of a batch that one person alone may not set
// aside: those not yet withdrawn that have, or had, a severity of limit or
// above, a case, a leader question or a served notice.
func (v *View) GuardedOfBatch(ctx context.Context, batchID string, limit int) (int64, error) {
	peaks := v.db.NewSelect().TableExpr("severity_peaks").Column("issue_id").Where("severity >= ?", limit)
	return v.db.NewSelect().TableExpr("issues").
		Where("id IN (?)", v.db.NewSelect().TableExpr("matches").Column("issue_id").
			Where("batch_id = ? AND issue_id <> '' AND state <> 'withdrawn'", batchID)).
		Where("state <> ?", issue.Withdrawn).
		WhereGroup(" AND ", func(q *bun.SelectQuery) *bun.SelectQuery {
			return q.Where("severity >= ?", limit).WhereOr("id IN (?)", peaks).WhereOr("case_id <> ''").WhereOr("noticed_at IS NOT NULL").
				WhereOr("id IN (SELECT issue_id FROM questions WHERE state <> 'withdrawn')")
		}).Count(ctx)
}
