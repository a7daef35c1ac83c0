package store

import (
	"context"

	"github.com/uptrace/bun"

	"plumbline/internal/selfcheck"
)

// ChecklistDetails reads the details that units added to a checklist, in item
// order. If units is not nil, only theirs.
func (v *View) ChecklistDetails(ctx context.Context, checklistID string, units []string) ([]selfcheck.ChecklistDetail, error) {
	rows := []selfcheck.ChecklistDetail{}
	q := v.db.NewSelect().Model(&rows).Where("checklist_id = ?", checklistID)
	if units != nil {
		q = q.Where("unit_id IN (?)", bun.List(append(units, "-"))) // an empty list is invalid SQL
	}
	return rows, q.Order("item_no", "id").Limit(2000).Scan(ctx)
}
