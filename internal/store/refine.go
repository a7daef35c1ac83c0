package store

import (
	"context"

	"github.com/uptrace/bun"

	"plumbline/internal/issue"
	"plumbline/internal/rectify"
	"plumbline/internal/selfcheck"
)

// ChecklistDetails reads what units added to a checklist, in the order of the
// items. With units, of those only.
func (v *View) ChecklistDetails(ctx context.Context, checklistID string, units []string) ([]selfcheck.ChecklistDetail, error) {
	rows := []selfcheck.ChecklistDetail{}
	q := v.db.NewSelect().Model(&rows).Where("checklist_id = ?", checklistID)
	if units != nil {
		q = q.Where("unit_id IN (?)", bun.List(append(units, "-"))) // never an empty list
	}
	return rows, q.Order("item_no", "id").Limit(2000).Scan(ctx)
}

// RectificationsOn reads the tasks of issues, for a file whose lines were
// judged already.
func (v *View) RectificationsOn(ctx context.Context, issueIDs []string) ([]rectify.Rectification, error) {
	rows := []rectify.Rectification{}
	if len(issueIDs) == 0 {
		return rows, nil
	}
	return rows, v.db.NewSelect().Model(&rows).Where("issue_id IN (?)", bun.List(issueIDs)).Order("dispatched_on", "id").Scan(ctx)
}

// NoticesUnanswered counts the open issues of which a person was notified and
// to which he has said nothing.
func (v *View) NoticesUnanswered(ctx context.Context, personID string) (int64, error) {
	said := v.db.NewSelect().TableExpr("statements AS s").ColumnExpr("1").Where("s.issue_id = i.id AND s.kind IN (?, ?)", issue.Answer, issue.Correction)
	n, err := v.db.NewSelect().TableExpr("issues AS i").Where("i.person_id = ? AND i.source <> ? AND i.noticed_at IS NOT NULL", personID, issue.Self).
		Where("i.state NOT IN (?)", bun.List([]issue.State{issue.Merged, issue.Rejected, issue.Withdrawn, issue.Corrected, issue.Closed})).
		Where("NOT EXISTS (?)", said).Count(ctx)
	return int64(n), err
}
