package store

import (
	"context"

	"github.com/uptrace/bun"

	"plumbline/internal/inquiry"
	"plumbline/internal/issue"
	"plumbline/internal/roster"
)

// graveSeverity is the lowest severity at which an open issue counts as a
// matter from which one person's word alone bars nobody.
const graveSeverity = 2

// Weighty lists the open matters about the people for which it matters who
// handles them: issues of S2 or more, cases, tracks and leader questions. It
// applies no scope.
func (v *View) Weighty(ctx context.Context, people []string) ([]Matter, error) {
	var out []Matter
	if len(people) == 0 {
		return nil, nil
	}
	from := func(table, kind, issueID, caseID string) *bun.SelectQuery {
		return v.db.NewSelect().TableExpr("?", bun.Ident(table)).ColumnExpr("? AS kind", kind).
			Column("id", "unit_id", "branch_id", "person_id",
				"event_on").ColumnExpr(issueID+" AS issue_id").ColumnExpr(caseID+" AS case_id").
			Where("person_id IN (?)", bun.List(people))
	}
	over := []issue.State{issue.Merged, issue.Rejected, issue.Withdrawn, issue.Corrected, issue.Closed}
	for _, q := range []*bun.SelectQuery{ // four tables
		from("issues", "issue", "id", "case_id").Where("severity >= ?", graveSeverity).Where("state NOT IN (?)", bun.List(over)),
		from("cases", "case", "issue_id", "id").Where("state <> ?", inquiry.CaseClosed),
		from("tracks", "track", "''", "case_id").
			Where("state IN (?)", bun.List([]inquiry.TrackState{inquiry.TrackOpen, inquiry.TrackAssigned, inquiry.TrackFound})),
		from("questions", "question", "issue_id", "case_id").
			Where("state IN (?)", bun.List([]inquiry.QuestionState{inquiry.QuestionRaised, inquiry.QuestionRefusalProposed})),
	} {
		var rows []Matter
		if err := q.Scan(ctx, &rows); err != nil {
			return nil, err
		}
		out = append(out, rows...)
	}
	return out, nil
}

// UnitLeaders lists the head and in-charge links over any of the units that are
// in force on the day or start later.
func (v *View) UnitLeaders(ctx context.Context, units []string, on roster.Date) ([]roster.CommandLink, error) {
	var links []roster.CommandLink
	if len(units) == 0 {
		return nil, nil
	}
	return links, v.db.NewSelect().Model(&links).
		Where("kind IN (?)", bun.List([]roster.LinkKind{roster.LinkHead, roster.LinkInCharge})).
		Where("over_unit_id IN (?)", bun.List(units)).Where("(to_on = '' OR to_on >= ?)", on).Scan(ctx)
}
