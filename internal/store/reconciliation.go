package store

import (
	"context"
	"errors"

	"github.com/uptrace/bun"

	"plumbline/internal/issue"
	"plumbline/internal/roster"
	"plumbline/internal/store/engine"
)

// CellsOf reads the comparison counters of units, each including everything
// below it, as unit → category → cells, for events from month to month.
func (v *View) CellsOf(ctx context.Context, units []string, from, to string) (out map[string]map[string]*issue.Cells, err error) {
	out = make(map[string]map[string]*issue.Cells, len(units))
	if len(units) == 0 {
		return out, nil
	}
	q := v.db.NewSelect().TableExpr("counters").Column("unit_id", "key").ColumnExpr("SUM(n) AS n").
		ColumnExpr("SUM(CASE WHEN month >= ? THEN n ELSE 0 END) AS inside", from).
		Where("section = ?", issue.SectionCell).Where("unit_id IN (?)", bun.List(units))
	if to != "" {
		q = q.Where("month <= ?", to)
	}
	rows, err := q.GroupExpr("unit_id, key").Rows(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var unit, key string
		var n, inside int64
		if err := rows.Scan(&unit, &key, &n, &inside); err != nil {
			return nil, err
		}
		cell, category, first := issue.ParseCellKey(key)
		c := cellsAt(out, unit, category)
		c.Add(cell, first, inside, true)
		c.Add(cell, first, n-inside, false)
	}
	return out, rows.Err()
}

// HideCells subtracts what the scope's bars hide from cells read by CellsOf,
// for a root and the units below it. The numbers then match the lists they
// open.
func (v *View) HideCells(ctx context.Context, cells map[string]map[string]*issue.Cells, root string, below []string,
	sc roster.Scope, from, to string) (err error) {
	defer engine.Doing(&err, "subtract barred cells under unit", root)
	tree, err := v.s.Placement(ctx, v.db)
	if err != nil {
		return err
	}
	return v.IssueDeltas(ctx, root, sc, func(section, unit, month, key string, n int64) {
		if section != issue.SectionCell || (to != "" && month > to) {
			return
		}
		cell, category, first := issue.ParseCellKey(key)
		cellsAt(cells, root, category).Add(cell, first, -n, month >= from)
		for _, u := range below {
			if u != root && tree.Under(unit, u) {
				cellsAt(cells, u, category).Add(cell, first, -n, month >= from)
			}
		}
	})
}

func cellsAt(out map[string]map[string]*issue.Cells, unit, category string) *issue.Cells {
	if out[unit] == nil {
		out[unit] = make(map[string]*issue.Cells)
	}
	if out[unit][category] == nil {
		out[unit][category] = &issue.Cells{}
	}
	return out[unit][category]
}

// Strength is how many people serve in a unit, and how many of them belong to a
// leadership team.
type Strength struct {
	UnitID  string `bun:"unit_id"`
	People  int64  `bun:"people"`
	Leaders int64  `bun:"leaders"`
}

// Strengths counts who serves in each unit on the day.
func (v *View) Strengths(ctx context.Context, today roster.Date) ([]Strength, error) {
	var rows []Strength
	team := v.db.NewSelect().TableExpr("postings").Column("person_id").Where("team = ?", true).
		Where("from_on <= ?", today).Where("(to_on = '' OR to_on >= ?)", today)
	err := v.db.NewSelect().TableExpr("people").ColumnExpr("unit_id, COUNT(*) AS people").
		ColumnExpr("SUM(CASE WHEN id IN (?) THEN 1 ELSE 0 END) AS leaders", team).
		Where("state = ?", roster.Serving).GroupExpr("unit_id").Scan(ctx, &rows)
	return rows, err
}

// CellsByPerson returns the cells of the people with a counted issue in filter
// and scope, those with most undisclosed records first. leaders are the
// categories that apply only to leadership teams.
func (v *View) CellsByPerson(ctx context.Context, f issue.Filter, leaders []string, sc roster.Scope,
	after *issue.PersonCells, limit int) ([]issue.PersonCells, error) {
	from := f.From // an event before the period touches its key but is in no cell
	f.Live, f.Cell, f.From = true, "", ""
	q, err := v.issueWhere(ctx, v.db.NewSelect().TableExpr("issues"), f, sc)
	if err != nil {
		return nil, err
	}
	const auditOnly = "SUM(CASE WHEN source = 'audit' AND disclosure = 'not_disclosed' AND month >= ? THEN 1 ELSE 0 END)"
	q = q.Column("person_id").Where("person_id <> ''").
		ColumnExpr("SUM(CASE WHEN source = 'audit' AND disclosure <> 'not_disclosed' AND month >= ? THEN 1 ELSE 0 END) AS both_n", from).
		ColumnExpr("SUM(CASE WHEN source = 'self' AND paired = ? AND month >= ? THEN 1 ELSE 0 END) AS self_n", false, from).
		ColumnExpr(auditOnly+" AS audit_n", from).
		ColumnExpr("COUNT(DISTINCT category) AS touched_n").
		ColumnExpr("COUNT(DISTINCT CASE WHEN category IN (?) THEN category END) AS touched_leaders", bun.List(leaders)).
		GroupExpr("person_id")
	if after != nil {
		q = q.Having("("+auditOnly+" < ? OR ("+auditOnly+" = ? AND person_id > ?))", from, after.AuditOnly, from, after.AuditOnly,
			after.PersonID)
	}
	rows := []issue.PersonCells{}
	err = q.OrderExpr("audit_n DESC, person_id").Limit(int64(limit)).Scan(ctx, &rows)
	return rows, err
}

// TeamMembers reports which of the people belong to a leadership team on the
// day.
func (v *View) TeamMembers(ctx context.Context, people []string, today roster.Date) (map[string]bool, error) {
	out := make(map[string]bool)
	if len(people) == 0 {
		return out, nil
	}
	var ids []string
	err := v.db.NewSelect().TableExpr("postings").Column("person_id").Where("person_id IN (?)", bun.List(people)).Where("team = ?", true).
		Where("from_on <= ?", today).Where("(to_on = '' OR to_on >= ?)", today).Scan(ctx, &ids)
	for _, id := range ids {
		out[id] = true
	}
	return out, err
}
