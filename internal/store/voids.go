package store

import (
	"context"

	"github.com/uptrace/bun"

	"plumbline/internal/inquiry"
	"plumbline/internal/roster"
)

// standing excludes relations or parties voided as recorded by mistake. Voids
// are few.
func standing(q *bun.SelectQuery) *bun.SelectQuery {
	return q.Where("TRUE" + isStanding)
}

const isStanding = " AND id NOT IN (SELECT record_id FROM voids WHERE lifted_on = '')"

// Voids returns the standing voids of records, by the record's id.
func (v *View) Voids(ctx context.Context, recordIDs ...string) (map[string]*roster.Void, error) {
	out := make(map[string]*roster.Void)
	if len(recordIDs) == 0 {
		return out, nil
	}
	var rows []*roster.Void
	err := v.db.NewSelect().Model(&rows).Where("record_id IN (?) AND lifted_on = ''", bun.List(recordIDs)).Scan(ctx)
	for _, r := range rows {
		out[r.RecordID] = r
	}
	return out, err
}

// StandingParties lists the parties to an issue or case, excluding those
// recorded by mistake.
func (v *View) StandingParties(ctx context.Context, objectID string) ([]inquiry.Party, error) {
	var rows []inquiry.Party
	return rows, standing(v.db.NewSelect().Model(&rows).Where("object_id = ?", objectID)).Order("id").Scan(ctx)
}
