package store

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"plumbline/internal/fault"
	"plumbline/internal/issue"
	"plumbline/internal/ledger"
	"plumbline/internal/roster"
	"plumbline/internal/store/engine"
)

// PersonInScope reads a person by today's unit. A person outside the scope, or
// barred, is not found.
func (v *View) PersonInScope(ctx context.Context, id string, sc roster.Scope) (*roster.Person, error) {
	var rows []*roster.Person
	q := scoped(v.db.NewSelect().Model(&rows).Where("id = ?", id), sc, ScopeColumns{Unit: "unit_id", Branch: "branch_id", Person: "id"})
	if err := q.Scan(ctx); err != nil {
		return nil, err
	}
	if len(rows) != 1 {
		return nil, fault.NotFound()
	}
	return rows[0], nil
}

// FileRows reads the rows behind a person's file: the issues, statements on
// them, the resulting tasks, and the person's lists.
func (v *View) FileRows(ctx context.Context, person string, issueIDs []string) (_ []ledger.Row, err error) {
	defer engine.Doing(&err, "read the rows behind a personal file", "")
	var out []ledger.Row
	issues, err := v.IssuesByID(ctx, issueIDs, roster.Scope{All: true}) // authorized when the file was opened
	if err != nil {
		return nil, err
	}
	for _, i := range issues {
		out = append(out, i)
	}
	said, err := v.Statements(ctx, issueIDs...)
	if err != nil {
		return nil, err
	}
	for _, s := range said {
		out = append(out, s)
	}
	tasks, err := v.RectificationsOn(ctx, issueIDs)
	if err != nil {
		return nil, err
	}
	for i := range tasks {
		out = append(out, &tasks[i])
	}
	lists, err := v.SubmissionsOf(ctx, person, nil)
	for i := range lists {
		out = append(out, &lists[i])
	}
	return out, err
}

// Taking reads one export of a file.
func (v *View) Taking(ctx context.Context, id string) (*issue.Taking, error) {
	t := new(issue.Taking)
	return t, v.db.NewSelect().Model(t).Where("id = ?", id).Scan(ctx)
}

// Opened counts the distinct objects that an account has opened since an
// instant, and reports whether the given object is among them.
func (v *View) Opened(ctx context.Context, account string, since time.Time, kind, objectID string) (n int64, again bool, err error) {
	var rows []engine.ReadLog
	if err := v.db.NewSelect().Model(&rows).Column("kind", "object_id").Where("account = ?", account).Where("at >= ?", since).
		GroupExpr("kind, object_id").Scan(ctx); err != nil {
		return 0, false, err
	}
	for _, r := range rows {
		again = again || r.Kind == kind && r.ObjectID == objectID
	}
	return int64(len(rows)), again, nil
}

// EntriesBy counts the entries with the verbs that an account has made since an
// instant, except those about one object.
func (v *View) EntriesBy(ctx context.Context, account string, since time.Time, verbs []string, but string) (int64, error) {
	n, err := v.db.NewSelect().TableExpr("ledger_entries").Where("at >= ?", since).Where("account = ?", account).
		Where("verb IN (?)", bun.List(verbs)).
		Where("object_id <> ?", but).Count(ctx)
	return int64(n), err
}
