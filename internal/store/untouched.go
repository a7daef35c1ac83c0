package store

import (
	"context"

	"github.com/uptrace/bun"

	"plumbline/internal/issue"
	"plumbline/internal/roster"
	"plumbline/internal/selfcheck"
)

// CampaignLists lists the lists that units' rosters owe in a campaign, in the
// given states, by id after the given one. It tells states and nothing of the
// content.
func (v *View) CampaignLists(ctx context.Context, f selfcheck.OwedFilter, sc roster.Scope, after string, limit int) ([]selfcheck.Submission, error) {
	rows := []selfcheck.Submission{}
	q, err := v.owed(ctx, v.db.NewSelect().Model(&rows), f, sc)
	if err != nil {
		return nil, err
	}
	if after != "" {
		q = q.Where("id > ?", after)
	}
	err = q.Order("id").Limit(int64(limit)).Scan(ctx)
	return rows, err
}

// CampaignListCount is the exact number of rows that CampaignLists has.
func (v *View) CampaignListCount(ctx context.Context, f selfcheck.OwedFilter, sc roster.Scope) (int64, error) {
	q, err := v.owed(ctx, v.db.NewSelect().Model((*selfcheck.Submission)(nil)), f, sc)
	if err != nil {
		return 0, err
	}
	n, err := q.Count(ctx)
	return int64(n), err
}

func (v *View) owed(ctx context.Context, q *bun.SelectQuery, f selfcheck.OwedFilter, sc roster.Scope) (*bun.SelectQuery, error) {
	q, err := v.underUnit(ctx, q.Where("campaign_id = ?", f.CampaignID), f.UnitID, f.Only)
	if err != nil {
		return nil, err
	}
	if states := f.Of.States(); len(states) > 0 {
		q = q.Where("state IN (?)", bun.List(states))
	}
	return scoped(q, sc, ScopeColumns{ID: "id", Unit: "unit_id", Branch: "branch_id"}), nil
}

// UntouchedRow is a person in whose name the comparison has nothing in a
// category.
type UntouchedRow struct {
	PersonID string `bun:"id"`
	Name     string `bun:"name"`
	No       string `bun:"personnel_no"`
	UnitID   string `bun:"unit_id"`
	BranchID string `bun:"branch_id"`
}

// Untouched lists who serves in a unit and below it today and has nothing there
// in a category up to a month: the fourth cell of the comparison. leaders keeps
// to members of leadership teams. The scope judges the issues: what its bars
// hide does not exist, and so leaves a person in the list.
func (v *View) Untouched(ctx context.Context, f issue.Filter, leaders bool, sc roster.Scope, today roster.Date, after string, limit int) ([]UntouchedRow, error) {
	rows := []UntouchedRow{}
	q, err := v.untouched(ctx, v.db.NewSelect().TableExpr("people").Column("id", "name", "personnel_no", "unit_id", "branch_id"), f, leaders, sc, today)
	if err != nil {
		return nil, err
	}
	if after != "" {
		q = q.Where("id > ?", after)
	}
	err = q.Order("id").Limit(int64(limit)).Scan(ctx, &rows)
	return rows, err
}

// UntouchedCount is the exact number of rows that Untouched has.
func (v *View) UntouchedCount(ctx context.Context, f issue.Filter, leaders bool, sc roster.Scope, today roster.Date) (int64, error) {
	q, err := v.untouched(ctx, v.db.NewSelect().TableExpr("people"), f, leaders, sc, today)
	if err != nil {
		return 0, err
	}
	n, err := q.Count(ctx)
	return int64(n), err
}

func (v *View) untouched(ctx context.Context, q *bun.SelectQuery, f issue.Filter, leaders bool, sc roster.Scope, today roster.Date) (*bun.SelectQuery, error) {
	q, err := v.owing(ctx, q, f, leaders, today)
	if err != nil {
		return nil, err
	}
	touched, err := v.touching(ctx, v.db.NewSelect().TableExpr("issues").Column("person_id"), f, sc)
	if err != nil {
		return nil, err
	}
	return q.Where("id NOT IN (?)", touched), nil
}

// TouchedLeaders counts by category the members of leadership teams, in a unit
// and below it today, whom Untouched leaves out: the same people, less the same
// issues. It goes from the few leaders to their issues.
func (v *View) TouchedLeaders(ctx context.Context, f issue.Filter, categories []string, sc roster.Scope, today roster.Date) (map[string]int64, error) {
	out := make(map[string]int64, len(categories))
	owing, err := v.owing(ctx, v.db.NewSelect().TableExpr("people").Column("id"), f, true, today)
	if err != nil || len(categories) == 0 {
		return out, err
	}
	f.Category = ""
	q, err := v.touching(ctx, v.db.NewSelect().TableExpr("issues").Column("category").ColumnExpr("COUNT(DISTINCT person_id) AS n"), f, sc)
	if err != nil {
		return nil, err
	}
	var rows []struct {
		Category string `bun:"category"`
		N        int64  `bun:"n"`
	}
	err = q.Where("person_id IN (?)", owing).Where("category IN (?)", bun.List(categories)).GroupExpr("category").Scan(ctx, &rows)
	for _, r := range rows {
		out[r.Category] = r.N
	}
	return out, err
}

// owing keeps to the people whom the comparison expects something of.
func (v *View) owing(ctx context.Context, q *bun.SelectQuery, f issue.Filter, leaders bool, today roster.Date) (*bun.SelectQuery, error) {
	q, err := v.underUnit(ctx, q.Where("state = ?", roster.Serving), f.Unit, f.Only)
	if err != nil {
		return nil, err
	}
	if leaders {
		team := v.db.NewSelect().TableExpr("postings").Column("person_id").Where("team = ?", true).
			Where("from_on <= ?", today).Where("(to_on = '' OR to_on >= ?)", today)
		q = q.Where("id IN (?)", team)
	}
	return q, nil
}

// touching keeps to the issues that touch a pair of person and category. What
// happened before the period does so all the same.
func (v *View) touching(ctx context.Context, q *bun.SelectQuery, f issue.Filter, sc roster.Scope) (*bun.SelectQuery, error) {
	f.Live, f.Cell, f.From, f.Person = true, "", "", ""
	return v.issueWhere(ctx, q.Where("person_id <> ''"), f, sc)
}
