package store

import (
	"context"

	"github.com/uptrace/bun"

	"plumbline/internal/rectify"
	"plumbline/internal/roster"
)

// Rectification reads one task in scope. lead lists the units whose tasks the
// reader is responsible for, wherever the issue arose; bars still apply to
// these.
func (v *View) Rectification(ctx context.Context, id string, sc roster.Scope, lead []string) (*rectify.Rectification, error) {
	r := new(rectify.Rectification)
	return r, rectificationScope(v.db.NewSelect().Model(r).Where("id = ?", id), sc, lead).Scan(ctx)
}

// RectificationsOfIssue reads every task of an issue. It applies no scope and
// is for rules only.
func (v *View) RectificationsOfIssue(ctx context.Context, issueID string) ([]rectify.Rectification, error) {
	var rows []rectify.Rectification
	return rows, v.db.NewSelect().Model(&rows).Where("issue_id = ?", issueID).Order("id").Scan(ctx)
}

// RectificationList lists tasks by due day, then id. after is the last row of
// the previous page.
func (v *View) RectificationList(ctx context.Context, f rectify.Filter, sc roster.Scope, lead []string, today,
	afterDue roster.Date, afterID string, limit int) ([]rectify.Rectification, error) {
	var rows []rectify.Rectification
	q, err := v.rectificationWhere(ctx, rectificationScope(v.db.NewSelect().Model(&rows), sc, lead), f, today)
	if err != nil {
		return nil, err
	}
	if afterID != "" {
		q = q.Where("(due_on > ? OR (due_on = ? AND id > ?))", afterDue, afterDue, afterID)
	}
	return rows, q.Order("due_on", "id").Limit(int64(limit)).Scan(ctx)
}

// RectificationCount counts the rows that RectificationList lists.
func (v *View) RectificationCount(ctx context.Context, f rectify.Filter, sc roster.Scope, lead []string, today roster.Date) (int64, error) {
	q, err := v.rectificationWhere(ctx, rectificationScope(v.db.NewSelect().Model((*rectify.Rectification)(nil)), sc, lead), f, today)
	if err != nil {
		return 0, err
	}
	return q.Count(ctx)
}

func rectificationScope(q *bun.SelectQuery, sc roster.Scope, lead []string) *bun.SelectQuery {
	q = unbarred(unbarred(q, sc, onCase), sc, onIssue)
	if len(lead) == 0 || sc.All {
		return scoped(q, sc, columnsDefault)
	}
	// The lead department reaches its own tasks; own rows and bars come from
	// the scope.
	byLead := sc
	byLead.Branches, byLead.Objects, byLead.Own = nil, nil, ""
	byLead.Units = lead
	columns := columnsDefault
	columns.Unit, columns.Branch = "lead_unit_id", ""
	return q.WhereGroup(" AND ", func(q *bun.SelectQuery) *bun.SelectQuery {
		q = q.WhereGroup("", func(q *bun.SelectQuery) *bun.SelectQuery { return scoped(q.Where("1 = 1"), sc, columnsDefault) })
		return q.WhereGroup(" OR ", func(q *bun.SelectQuery) *bun.SelectQuery { return scoped(q.Where("1 = 1"), byLead, columns) })
	})
}

func (v *View) rectificationWhere(ctx context.Context, q *bun.SelectQuery, f rectify.Filter, today roster.Date) (*bun.SelectQuery, error) {
	if f.State != "" {
		q = q.Where("state = ?", f.State)
	}
	if f.Category != "" {
		q = q.Where("category = ?", f.Category)
	}
	q = months(q, "dispatched_on", f.From, f.To)
	if f.Open {
		q = q.Where("state IN (?)", bun.List(rectify.OpenStates))
	}
	if f.Overdue {
		q = q.Where("state IN (?) AND due_on < ?", bun.List(rectify.OpenStates), today)
	}
	return v.underUnit(ctx, q, f.UnitID, false)
}

// RectificationsOn reads the tasks of issues, for a file whose lines are
// already authorized.
func (v *View) RectificationsOn(ctx context.Context, issueIDs []string) ([]rectify.Rectification, error) {
	rows := []rectify.Rectification{}
	if len(issueIDs) == 0 {
		return rows, nil
	}
	return rows, v.db.NewSelect().Model(&rows).Where("issue_id IN (?)", bun.List(issueIDs)).Order("dispatched_on", "id").Scan(ctx)
}
