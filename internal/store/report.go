package store

import (
	"context"
	"errors"

	"github.com/uptrace/bun"

	"plumbline/internal/inquiry"
	"plumbline/internal/ledger"
	"plumbline/internal/rectify"
	"plumbline/internal/report"
	"plumbline/internal/roster"
	"plumbline/internal/store/engine"
)

// ReportCounts reads the counters of sections for a unit and everything below
// it, month by month, for months from to to ("" is open). The cost is one key
// range per section, however many rows were counted.
func (v *View) ReportCounts(ctx context.Context, unit string, sections []string, from, to string) ([]report.Count, error) {
	q := v.db.NewSelect().TableExpr("counters").ColumnExpr("section, unit_id, month, key, n").
		Where("section IN (?)", bun.List(sections)).Where("unit_id = ?", unit)
	return scanCounts(ctx, countMonths(q, from, to))
}

// ReportUnitCounts reads one section for several units, summed over months.
func (v *View) ReportUnitCounts(ctx context.Context, units []string, section, from, to string) ([]report.Count, error) {
	if len(units) == 0 {
		return nil, nil
	}
	q := v.db.NewSelect().TableExpr("counters").ColumnExpr("section, unit_id, '' AS month, key, SUM(n) AS n").
		Where("section = ?", section).Where("unit_id IN (?)", bun.List(units)).GroupExpr("section, unit_id, key")
	return scanCounts(ctx, countMonths(q, from, to))
}

// GridCounts reads the counters of sections for several units, month by month.
func (v *View) GridCounts(ctx context.Context, units, sections []string) ([]report.Count, error) {
	return scanCounts(ctx, v.db.NewSelect().TableExpr("counters").ColumnExpr("section, unit_id, month, key, n").
		Where("section IN (?)", bun.List(sections)).Where("unit_id IN (?)", bun.List(units)))
}

func countMonths(q *bun.SelectQuery, from, to string) *bun.SelectQuery {
	if from != "" {
		q = q.Where("month >= ?", from)
	}
	if to != "" {
		q = q.Where("month <= ?", to)
	}
	return q
}

// scanCounts reads thousands of rows, which takes bun's models twice as long.
func scanCounts(ctx context.Context, q *bun.SelectQuery) (out []report.Count, err error) {
	rows, err := q.Rows(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var c report.Count
		if err := rows.Scan(&c.Section, &c.Unit, &c.Month, &c.Key, &c.N); err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, rows.Err()
}

// BarredDeltas sums what all rows within reach but hidden by bars contributed
// to the counters. unit is the row's unit on the event date.
func (v *View) BarredDeltas(ctx context.Context, unit string, sc roster.Scope,
	emit func(section, unit, month, key string, n int64)) (err error) {
	defer engine.Doing(&err, "sum the barred rows of unit", unit)
	if len(sc.BarPeople) == 0 && len(sc.BarObjects) == 0 && len(sc.BarDated) == 0 {
		return nil
	}
	if err := v.IssueDeltas(ctx, unit, sc, emit); err != nil {
		return err
	}
	for _, load := range []func() error{
		func() error { return barredRows[inquiry.Case](ctx, v, unit, sc, emit) },
		func() error { return barredRows[inquiry.Track](ctx, v, unit, sc, emit, onCase) },
		func() error { return barredRows[inquiry.Question](ctx, v, unit, sc, emit, onSubject, onIssue) },
		func() error { return barredRows[inquiry.Decision](ctx, v, unit, sc, emit, onCase) },
		func() error { return barredRows[rectify.Rectification](ctx, v, unit, sc, emit, onCase, onIssue) },
	} {
		if err := load(); err != nil {
			return err
		}
	}
	return nil
}

func barredRows[T any](ctx context.Context, v *View, unit string, sc roster.Scope,
	emit func(section, unit, month, key string, n int64), more ...ScopeColumns) error {
	tree, err := v.s.Placement(ctx, v.db)
	if err != nil {
		return err
	}
	var rows []*T
	if err := barred(v.db.NewSelect().Model(&rows), sc, columnsDefault, more...).Scan(ctx); err != nil {
		return err
	}
	for _, r := range rows {
		p, placed := any(r).(ledger.Placed)
		c, counted := any(r).(ledger.Counted)
		if placed && counted && tree.Under(p.PlaceUnit(), unit) {
			c.Deltas(emit)
		}
	}
	return nil
}
