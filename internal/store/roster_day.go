package store

import (
	"context"

	"plumbline/internal/roster"
)

// Misplaced lists the serving people whose unit may differ from that of their
// posting in force on the day: those with no unit who have one, and those in a
// unit where they have no main posting in force.
func (v *View) Misplaced(ctx context.Context, on roster.Date) ([]string, error) {
	var ids []string
	running := v.db.NewSelect().TableExpr("postings AS x").ColumnExpr("1").Where("x.person_id = p.id").
		Where("x.from_on <= ? AND (x.to_on = '' OR x.to_on >= ?)", on, on)
	here := v.db.NewSelect().TableExpr("postings AS x").ColumnExpr("1").Where("x.person_id = p.id AND x.unit_id = p.unit_id AND x.main").
		Where("x.from_on <= ? AND (x.to_on = '' OR x.to_on >= ?)", on, on)
	err := v.db.NewSelect().TableExpr("people AS p").Column("p.id").Where("p.state = ?", roster.Serving).
		Where("((p.unit_id = '' AND EXISTS (?)) OR (p.unit_id <> '' AND NOT EXISTS (?)))", running, here).Order("p.id").Scan(ctx, &ids)
	return ids, err
}
