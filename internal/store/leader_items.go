package store

import (
	"context"

	"github.com/uptrace/bun"

	"plumbline/internal/roster"
	"plumbline/internal/selfcheck"
)

// routedColumns judge an item that names a leader by the unit above that
// leader, and bar the leader.
var routedColumns = ScopeColumns{ID: "submission_id", Unit: "review_unit_id", Person: "leader_id", EventOn: "event_on"}

// routedTo narrows to the items in scope. Its bars also apply to the
// respondent: relatives may not read what the respondent declared here either.
func routedTo(q *bun.SelectQuery, sc roster.Scope) *bun.SelectQuery {
	return scoped(scoped(q, sc, routedColumns), sc.BarsAlone(), ScopeColumns{Person: "person_id", EventOn: "event_on"})
}

// RoutedAnswers lists the items of current rounds that name a leader and are
// routed to the units of the scope, after the given one.
func (v *View) RoutedAnswers(ctx context.Context, f selfcheck.NamedFilter, sc roster.Scope, after *selfcheck.RoutedAnswer,
	limit int) ([]selfcheck.RoutedAnswer, error) {
	rows := []selfcheck.RoutedAnswer{}
	q := routedTo(v.routed(f), sc)
	if after != nil {
		q = q.Where("(submission_id, item_no) > (?, ?)", after.SubmissionID, after.ItemNo)
	}
	err := q.OrderExpr("submission_id, item_no").Limit(int64(limit)).Scan(ctx, &rows)
	return rows, err
}

// RoutedCount counts the rows that RoutedAnswers lists.
func (v *View) RoutedCount(ctx context.Context, f selfcheck.NamedFilter, sc roster.Scope) (int64, error) {
	n, err := routedTo(v.routed(f), sc).Count(ctx)
	return int64(n), err
}

func (v *View) routed(f selfcheck.NamedFilter) *bun.SelectQuery {
	inner := v.db.NewSelect().TableExpr("leader_items AS a").
		Join("JOIN submissions AS s ON s.id = a.submission_id AND s.round = a.round").
		Join("LEFT JOIN named_reviews AS n ON n.submission_id = a.submission_id AND n.round = a.round AND n.item_no = a.item_no").
		ColumnExpr("a.submission_id AS submission_id, a.round AS round, a.item_no AS item_no, a.is_nil AS is_nil, a.declared AS declared").
		ColumnExpr("a.leader_id AS leader_id, a.review_unit_id AS review_unit_id, s.person_id AS person_id, s.unit_id AS unit_id").
		ColumnExpr("s.checklist_id AS checklist_id, s.event_on AS event_on, s.filed_at AS filed_at").
		ColumnExpr("COALESCE(n.id, '') AS review_id, COALESCE(n.version, 0) AS review_version, COALESCE(n.state, 'waiting') AS named_state")
	if f.SubmissionID != "" {
		inner = inner.Where("a.submission_id = ?", f.SubmissionID)
	}
	if f.ItemNo != 0 {
		inner = inner.Where("a.item_no = ?", f.ItemNo)
	}
	q := v.db.NewSelect().TableExpr("(?) AS r", inner).ColumnExpr("r.*")
	switch f.State {
	case "":
	case selfcheck.NamedWaiting:
		q = q.Where("named_state IN ('waiting', 'replied')")
	default:
		q = q.Where("named_state = ?", f.State)
	}
	return q
}

// NamedReviews reads, for their respondent, the decisions on items of current
// rounds, limited to one state if given.
func (v *View) NamedReviews(ctx context.Context, submissions []string, state selfcheck.NamedState) ([]*selfcheck.NamedReview, error) {
	var rows []*selfcheck.NamedReview
	if len(submissions) == 0 {
		return rows, nil
	}
	q := v.db.NewSelect().Model(&rows).Where("submission_id IN (?)", bun.List(submissions)).
		Where("round = (SELECT s.round FROM submissions AS s WHERE s.id = named_review.submission_id)")
	if state != "" {
		q = q.Where("state = ?", state)
	}
	err := q.Order("submission_id", "item_no").Scan(ctx)
	return rows, err
}
