package store

import (
	"context"

	"plumbline/internal/issue"
	"plumbline/internal/roster"
)

// InspectionItems lists what inspectors found, newest first.
func (v *View) InspectionItems(ctx context.Context, unit string, sc roster.Scope, after string, limit int) ([]issue.InspectionItem, error) {
	rows := []issue.InspectionItem{}
	q, err := v.underUnit(ctx, scoped(v.db.NewSelect().Model(&rows), sc, columnsDefault), unit, false)
	if err != nil {
		return nil, err
	}
	q = unbarred(q, sc, onIssue)
	if after != "" {
		q = q.Where("id < ?", after)
	}
	return rows, q.Order("id DESC").Limit(int64(limit)).Scan(ctx)
}
