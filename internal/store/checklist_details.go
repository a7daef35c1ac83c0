package store

import (
	"context"

	"github.com/uptrace/bun"

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
