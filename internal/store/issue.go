package store

import (
	"context"
	"slices"
	"strings"

	"github.com/uptrace/bun"

	"plumbline/internal/fault"
	"plumbline/internal/issue"
	"plumbline/internal/roster"
	"plumbline/internal/store/engine"
)

// Issue reads one issue in scope. An issue outside it, or barred, is not found.
func (v *View) Issue(ctx context.Context, id string, sc roster.Scope) (*issue.Issue, error) {
	var rows []*issue.Issue
	if err := scoped(v.db.NewSelect().Model(&rows).Where("id = ?", id), sc, columnsDefault).Scan(ctx); err != nil {
		return nil, err
	}
	if len(rows) != 1 {
		return nil, fault.NotFound()
	}
	return rows[0], nil
}

// IssueByName reads one issue in scope by its id or reference.
func (v *View) IssueByName(ctx context.Context, name string, sc roster.Scope) (*issue.Issue, error) {
	if len(name) > 20 {
		return v.Issue(ctx, name, sc)
	}
	var rows []*issue.Issue
	q := scoped(v.db.NewSelect().Model(&rows).Where("ref = ?", strings.ToUpper(name)), sc, columnsDefault)
	if err := q.Limit(2).Scan(ctx); err != nil {
		return nil, err
	}
	if len(rows) != 1 {
		return nil, fault.NotFound()
	}
	return rows[0], nil
}

// IssuesByID reads those of the issues that are in scope, in no particular
// order.
func (v *View) IssuesByID(ctx context.Context, ids []string, sc roster.Scope) ([]*issue.Issue, error) {
	var out []*issue.Issue
	for chunk := range slices.Chunk(ids, 500) {
		var rows []*issue.Issue
		if err := scoped(v.db.NewSelect().Model(&rows).Where("id IN (?)", bun.List(chunk)), sc, columnsDefault).Scan(ctx); err != nil {
			return nil, err
		}
		out = append(out, rows...)
	}
	return out, nil
}

// IssuesOfPerson returns all issues in scope about a person, earliest event
// first.
func (v *View) IssuesOfPerson(ctx context.Context, person string, sc roster.Scope) ([]*issue.Issue, error) {
	var rows []*issue.Issue
	err := scoped(v.db.NewSelect().Model(&rows).Where("person_id = ?", person), sc, columnsDefault).OrderExpr("event_on, id").Scan(ctx)
	return rows, err
}

// IssuesLinked returns the issues in scope that name this one as what they
// repeat or duplicate, and the two that it names itself.
func (v *View) IssuesLinked(ctx context.Context, i *issue.Issue, sc roster.Scope) (_ []issue.Row, err error) {
	defer engine.Doing(&err, "read the issues linked to", i.ID)
	rows := []issue.Row{}
	q := v.db.NewSelect().TableExpr("issues").Column("id", "version", "ref", "source", "source_code", "category", "item_no",
		"severity", "person_id", "unit_id", "branch_id", "event_on", "received_on", "state", "disclosure", "paired",
		"concealment", "finding", "form", "case_id")
	q = q.WhereGroup(" AND ", func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.WhereOr("id IN (?, ?)", i.DuplicateOf, i.RecurrenceOf).
			WhereOr("(duplicate_of = ? AND duplicate_of <> '')", i.ID).WhereOr("(recurrence_of = ? AND recurrence_of <> '')", i.ID)
	})
	err = scoped(q, sc, columnsDefault).OrderExpr("event_on, id").Limit(200).Scan(ctx, &rows)
	return rows, err
}

// Statements returns what was said about the issues, oldest first.
func (v *View) Statements(ctx context.Context, issueIDs ...string) ([]*issue.Statement, error) {
	var out []*issue.Statement
	for chunk := range slices.Chunk(issueIDs, 500) {
		var rows []*issue.Statement
		if err := v.db.NewSelect().Model(&rows).Where("issue_id IN (?)",
			bun.List(chunk)).OrderExpr("created_at, id").Scan(ctx); err != nil {
			return nil, err
		}
		out = append(out, rows...)
	}
	return out, nil
}

// Statement reads one statement in scope.
func (v *View) Statement(ctx context.Context, id string, sc roster.Scope) (*issue.Statement, error) {
	var rows []*issue.Statement
	if err := statementScoped(v.db.NewSelect().Model(&rows).Where("id = ?", id), sc).Scan(ctx); err != nil {
		return nil, err
	}
	if len(rows) != 1 {
		return nil, fault.NotFound()
	}
	return rows[0], nil
}

// AskedCorrections returns the correction requests that await an answer.
func (v *View) AskedCorrections(ctx context.Context, sc roster.Scope, limit int) ([]*issue.Statement, error) {
	var rows []*issue.Statement
	err := statementScoped(v.db.NewSelect().Model(&rows).Where("state = ?", issue.Asked), sc).
		OrderExpr("created_at, id").Limit(int64(limit)).Scan(ctx)
	return rows, err
}

// statementScoped judges a statement by its own columns and by its issue:
// anyone barred from the issue sees nothing that was said about it.
func statementScoped(q *bun.SelectQuery, sc roster.Scope) *bun.SelectQuery {
	return unbarred(scoped(q, sc, columnsDefault), sc, onIssue)
}

// SlightIssues returns a unit's declared issues from accepted or locked lists
// that the head may correct on the spot: none above maxSeverity, none settled.
// They are ordered by id, after the given one.
func (v *View) SlightIssues(ctx context.Context, unit string, maxSeverity int, sc roster.Scope, after string,
	limit int) ([]*issue.Issue, error) {
	var rows []*issue.Issue
	err := slight(v.db.NewSelect().Model(&rows), unit, maxSeverity, sc).Where("issue.id > ?", after).
		OrderExpr("issue.id").Limit(int64(limit)).Scan(ctx)
	return rows, err
}

// SlightCount counts them by severity.
func (v *View) SlightCount(ctx context.Context, unit string, maxSeverity int, sc roster.Scope) (map[int]int64, error) {
	var rows []struct {
		Severity int   `bun:"severity"`
		N        int64 `bun:"n"`
	}
	q := slight(v.db.NewSelect().TableExpr("issues AS issue"), unit, maxSeverity, sc).
		ColumnExpr("issue.severity, count(*) AS n").GroupExpr("issue.severity")
	if err := q.Scan(ctx, &rows); err != nil {
		return nil, err
	}
	out := make(map[int]int64, len(rows))
	for _, r := range rows {
		out[r.Severity] = r.N
	}
	return out, nil
}

func slight(q *bun.SelectQuery, unit string, maxSeverity int, sc roster.Scope) *bun.SelectQuery {
	q = q.Where("issue.unit_id = ?", unit).Where("issue.source = ?", issue.Self).Where("issue.severity <= ?", maxSeverity).
		Where("issue.state IN (?, ?, ?)", issue.Registered, issue.Triaged, issue.Reopened).
		Where("EXISTS (SELECT 1 FROM submissions AS s WHERE s.id = issue.submission_id AND s.state IN ('accepted', 'locked') "+
			"AND s.reviewed_at IS NOT NULL)").
		Where("NOT EXISTS (SELECT 1 FROM severity_peaks AS p WHERE p.issue_id = issue.id AND p.severity > ?)", maxSeverity)
	return scoped(q, sc, ScopeColumns{ID: "issue.id", Unit: "issue.unit_id", Branch: "issue.branch_id",
		Person: "issue.person_id", EventOn: "issue.event_on"})
}

// BulkIssues returns the issues that a bulk correction has corrected so far,
// ordered by id.
func (v *View) BulkIssues(ctx context.Context, bulk, unit string, sc roster.Scope) ([]*issue.Issue, error) {
	var rows []*issue.Issue
	q := v.db.NewSelect().Model(&rows).Where("unit_id = ? AND bulk_id = ?", unit, bulk)
	return rows, scoped(q, sc, columnsDefault).OrderExpr("id").Scan(ctx)
}
