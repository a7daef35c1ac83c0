package store

import (
	"context"
	"slices"

	"github.com/uptrace/bun"

	"plumbline/internal/issue"
	"plumbline/internal/roster"
	"plumbline/internal/store/engine"
)

// PersonWithoutIssues is a person for whom the comparison has nothing in a
// category.
type PersonWithoutIssues struct {
	PersonID string `bun:"id"`
	Name     string `bun:"name"`
	No       string `bun:"personnel_no"`
	UnitID   string `bun:"unit_id"`
	BranchID string `bun:"branch_id"`
}

// PeopleWithoutIssues lists the people who serve in a unit or below it today
// and have nothing in a category up to a month, wherever it happened: the
// fourth cell of the comparison. leaders restricts it to members of leadership
// teams. The scope applies to the issues: one that its bars hide counts as
// absent, so its person stays in the list.
func (v *View) PeopleWithoutIssues(ctx context.Context, f issue.Filter, leaders bool, sc roster.Scope, today roster.Date,
	after string, limit int) (_ []PersonWithoutIssues, err error) {
	defer engine.Doing(&err, "list people without issues under unit", f.Unit)
	rows := []PersonWithoutIssues{}
	q, err := v.peopleWithoutIssues(ctx, v.db.NewSelect().TableExpr("people").
		Column("id", "name", "personnel_no", "unit_id", "branch_id"), f, leaders, sc, today)
	if err != nil {
		return nil, err
	}
	if after != "" {
		q = q.Where("id > ?", after)
	}
	err = q.Order("id").Limit(int64(limit)).Scan(ctx, &rows)
	return rows, err
}

// PeopleWithoutIssuesCount counts the rows that PeopleWithoutIssues lists.
func (v *View) PeopleWithoutIssuesCount(ctx context.Context, f issue.Filter, leaders bool, sc roster.Scope,
	today roster.Date) (int64, error) {
	q, err := v.peopleWithoutIssues(ctx, v.db.NewSelect().TableExpr("people"), f, leaders, sc, today)
	if err != nil {
		return 0, err
	}
	n, err := q.Count(ctx)
	return int64(n), err
}

func (v *View) peopleWithoutIssues(ctx context.Context, q *bun.SelectQuery, f issue.Filter, leaders bool, sc roster.Scope,
	today roster.Date) (*bun.SelectQuery, error) {
	q, err := v.expected(ctx, q, f, leaders, today)
	if err != nil {
		return nil, err
	}
	touched, err := v.issuesOfPairs(ctx, v.db.NewSelect().TableExpr("issues").Column("person_id"), f, sc)
	if err != nil {
		return nil, err
	}
	return q.Where("id NOT IN (?)", touched), nil
}

// Leader is a member of a leadership team and the unit where he serves today.
type Leader struct {
	PersonID string `bun:"id"`
	UnitID   string `bun:"unit_id"`
}

// Leaders lists the members of leadership teams on the day.
func (v *View) Leaders(ctx context.Context, today roster.Date) ([]Leader, error) {
	q, err := v.expected(ctx, v.db.NewSelect().TableExpr("people").Column("id", "unit_id"), issue.Filter{}, true, today)
	if err != nil {
		return nil, err
	}
	var rows []Leader
	return rows, q.Order("id").Scan(ctx, &rows)
}

// expected narrows to the people the comparison covers.
func (v *View) expected(ctx context.Context, q *bun.SelectQuery, f issue.Filter, leaders bool,
	today roster.Date) (*bun.SelectQuery, error) {
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

// issuesOfPairs narrows to the issues that count for a pair of person and
// category: in any unit, and before the period as well as within it.
func (v *View) issuesOfPairs(ctx context.Context, q *bun.SelectQuery, f issue.Filter, sc roster.Scope) (*bun.SelectQuery, error) {
	f.Live, f.Cell, f.From, f.Person, f.Unit, f.Only = true, "", "", "", "", false
	return v.issueWhere(ctx, q.Where("person_id <> ''"), f, sc)
}

// Moved lists the people for whom something may be counted at a unit where they
// do not serve: those who have left, and those with a posting in another unit.
func (v *View) Moved(ctx context.Context) ([]string, error) {
	elsewhere := v.db.NewSelect().TableExpr("postings AS o").Join("JOIN people AS p ON p.id = o.person_id").
		Column("o.person_id").Where("o.unit_id <> p.unit_id")
	var ids []string
	err := v.db.NewSelect().TableExpr("people").Column("id").WhereOr("state <> ?", roster.Serving).
		WhereOr("id IN (?)", elsewhere).Scan(ctx, &ids)
	return ids, err
}

// NamersOfLeaders lists the people who named a leader in an answer: what they
// declare there is counted at the unit above that leader.
func (v *View) NamersOfLeaders(ctx context.Context) ([]string, error) {
	routed := v.db.NewSelect().TableExpr("leader_items").Column("submission_id")
	var ids []string
	err := v.db.NewSelect().TableExpr("submissions").ColumnExpr("DISTINCT person_id").Where("id IN (?)", routed).Scan(ctx, &ids)
	return ids, err
}

// KeyIssue is one issue of a person and category. First marks the one by which
// the counters count the pair, at the issue's unit.
type KeyIssue struct {
	PersonID string `bun:"person_id"`
	Category string `bun:"category"`
	UnitID   string `bun:"unit_id"`
	First    bool   `bun:"first_event"`
}

// IssuesOfPairs reads the people's issues in scope, in the categories or in any, up to
// the filter's month, ordered by person.
func (v *View) IssuesOfPairs(ctx context.Context, people, categories []string, f issue.Filter, sc roster.Scope) ([]KeyIssue, error) {
	var out []KeyIssue
	for chunk := range slices.Chunk(people, 500) {
		q, err := v.issuesOfPairs(ctx, v.db.NewSelect().TableExpr("issues").Column("person_id", "category", "unit_id",
			"first_event"), f, sc)
		if err != nil {
			return nil, err
		}
		if len(categories) > 0 {
			q = q.Where("category IN (?)", bun.List(categories))
		}
		var rows []KeyIssue
		if err := q.Where("person_id IN (?)", bun.List(chunk)).Order("person_id").Scan(ctx, &rows); err != nil {
			return nil, err
		}
		out = append(out, rows...)
	}
	return out, nil
}

// SubjectsOf lists the people the issues are about.
func (v *View) SubjectsOf(ctx context.Context, issues []string) ([]string, error) {
	var ids []string
	err := v.db.NewSelect().TableExpr("issues").ColumnExpr("DISTINCT person_id").Where("id IN (?)", bun.List(issues)).
		Where("person_id <> ''").Scan(ctx, &ids)
	return ids, err
}

// ServingAt returns the unit of each of the people who is serving.
func (v *View) ServingAt(ctx context.Context, people []string) (map[string]string, error) {
	out := make(map[string]string, len(people))
	for chunk := range slices.Chunk(people, 500) {
		var rows []PersonWithoutIssues
		err := v.db.NewSelect().TableExpr("people").Column("id", "unit_id").Where("id IN (?)", bun.List(chunk)).
			Where("state = ?", roster.Serving).Scan(ctx, &rows)
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			out[r.PersonID] = r.UnitID
		}
	}
	return out, nil
}
