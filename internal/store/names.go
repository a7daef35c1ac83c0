package store

import (
	"context"
	"slices"

	"github.com/uptrace/bun"

	"plumbline/internal/roster"
)

// UnitsByID reads units whose names are shown beside rows already authorized.
// Unknown ids are absent.
func (v *View) UnitsByID(ctx context.Context, ids []string) (map[string]*roster.Unit, error) {
	out := make(map[string]*roster.Unit, len(ids))
	for chunk := range slices.Chunk(distinct(ids), 500) {
		var rows []*roster.Unit
		if err := v.db.NewSelect().Model(&rows).Where("id IN (?)", bun.List(chunk)).Scan(ctx); err != nil {
			return nil, err
		}
		for _, u := range rows {
			out[u.ID] = u
		}
	}
	return out, nil
}

// PersonNames reads the names of people already authorized.
func (v *View) PersonNames(ctx context.Context, ids []string) (map[string]string, error) {
	out := make(map[string]string, len(ids))
	for chunk := range slices.Chunk(distinct(ids), 500) {
		var rows []struct {
			ID   string `bun:"id"`
			Name string `bun:"name"`
		}
		if err := v.db.NewSelect().TableExpr("people").Column("id", "name").Where("id IN (?)", bun.List(chunk)).Scan(ctx,
			&rows); err != nil {
			return nil, err
		}
		for _, r := range rows {
			out[r.ID] = r.Name
		}
	}
	return out, nil
}

// distinct drops empty ids and duplicates.
func distinct(ids []string) []string {
	ids = slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return id == "" })
	slices.Sort(ids)
	return slices.Compact(ids)
}
