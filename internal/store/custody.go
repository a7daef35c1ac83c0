package store

import (
	"context"

	"github.com/uptrace/bun"

	"plumbline/internal/custody"
	"plumbline/internal/fault"
	"plumbline/internal/intake"
	"plumbline/internal/issue"
	"plumbline/internal/roster"
	"plumbline/internal/selfcheck"
	"plumbline/internal/store/engine"
)

// TextsOfIssue lists every record whose texts concern the issue: the issue
// itself, the audit record it came from and its duplicates, the leader's reply
// to the item that declared it, its case, and everything that belongs to any of
// them.
func (v *View) TextsOfIssue(ctx context.Context, i *issue.Issue) (_ []string, err error) {
	defer engine.Doing(&err, "list the texts about issue", i.ID)
	roots := map[string][]string{"issue": {i.ID}}
	if i.RecordID != "" {
		if err := v.recordRoots(ctx, i.RecordID, roots); err != nil {
			return nil, err
		}
	}
	if i.SubmissionID != "" {
		var reviews []string
		err := v.db.NewSelect().Model((*selfcheck.NamedReview)(nil)).Column("id").
			Where("submission_id = ? AND item_no = ?", i.SubmissionID, i.ItemNo).Scan(ctx, &reviews)
		if err != nil {
			return nil, err
		}
		roots["named_review"] = reviews
	}
	return v.TextsUnder(ctx, roots)
}

// TextsOfRecord lists the audit record, its duplicates, and everything that
// belongs to them.
func (v *View) TextsOfRecord(ctx context.Context, record string) (_ []string, err error) {
	defer engine.Doing(&err, "list the texts about record", record)
	roots := make(map[string][]string)
	if err := v.recordRoots(ctx, record, roots); err != nil {
		return nil, err
	}
	return v.TextsUnder(ctx, roots)
}

// recordRoots adds a record and its duplicates, with their matches.
func (v *View) recordRoots(ctx context.Context, record string, roots map[string][]string) error {
	roots["audit_record"] = append(roots["audit_record"], record)
	var matches []string
	if err := v.db.NewSelect().Model((*intake.Match)(nil)).Column("id").Where("record_id = ?", record).Scan(ctx, &matches); err != nil {
		return err
	}
	roots["match"] = append(roots["match"], matches...)
	twins, err := v.DuplicatesOf(ctx, matches...)
	if err != nil {
		return err
	}
	for _, list := range twins {
		for _, m := range list {
			roots["audit_record"], roots["match"] = append(roots["audit_record"], m.RecordID), append(roots["match"], m.ID)
		}
	}
	return nil
}

// onRecord narrows a query to the scope and excludes records to which the
// reader is a party.
func onRecord(q *bun.SelectQuery, sc roster.Scope) *bun.SelectQuery {
	if len(sc.BarObjects) > 0 {
		q = q.Where("record_id NOT IN (?)", bun.List(sc.BarObjects))
	}
	return scoped(q, sc, columnsDefault)
}

// Expungement reads one expungement in scope.
func (v *View) Expungement(ctx context.Context, id string, sc roster.Scope) (*custody.Expungement, error) {
	e := new(custody.Expungement)
	return e, onRecord(v.db.NewSelect().Model(e).Where("id = ?", id), sc).Scan(ctx)
}

// Expungements lists expungements in scope, newest first. State "" means all.
func (v *View) Expungements(ctx context.Context, state custody.ExpungementState, sc roster.Scope, after string,
	limit int) ([]custody.Expungement, error) {
	var rows []custody.Expungement
	q := onRecord(v.db.NewSelect().Model(&rows), sc)
	if state != "" {
		q = q.Where("state = ?", state)
	}
	if after != "" {
		q = q.Where("id < ?", after)
	}
	return rows, q.Order("id DESC").Limit(int64(limit)).Scan(ctx)
}

// ExpungementCount counts the rows that Expungements lists.
func (v *View) ExpungementCount(ctx context.Context, state custody.ExpungementState, sc roster.Scope) (int64, error) {
	q := onRecord(v.db.NewSelect().Model((*custody.Expungement)(nil)), sc)
	if state != "" {
		q = q.Where("state = ?", state)
	}
	return q.Count(ctx)
}

// ExpungementPending reports whether an expungement of the record is proposed.
func (v *View) ExpungementPending(ctx context.Context, record string) (bool, error) {
	return v.db.NewSelect().Model((*custody.Expungement)(nil)).
		Where("record_id = ? AND state = ?", record, custody.ExpungementProposed).Exists(ctx)
}

// ExpungementApprovals lists who has agreed to the expungements, in
// chronological order.
func (v *View) ExpungementApprovals(ctx context.Context, expungements ...string) ([]custody.ExpungementApproval, error) {
	var rows []custody.ExpungementApproval
	if len(expungements) == 0 {
		return rows, nil
	}
	return rows, v.db.NewSelect().Model(&rows).Where("expungement_id IN (?)", bun.List(expungements)).Order("id").Scan(ctx)
}

// Hold reads one legal hold in scope.
func (v *View) Hold(ctx context.Context, id string, sc roster.Scope) (*custody.Hold, error) {
	h := new(custody.Hold)
	return h, onRecord(v.db.NewSelect().Model(h).Where("id = ?", id), sc).Scan(ctx)
}

// Holds lists legal holds in scope, live ones first, then newest first.
func (v *View) Holds(ctx context.Context, sc roster.Scope, limit int) ([]custody.Hold, error) {
	var rows []custody.Hold
	return rows, onRecord(v.db.NewSelect().Model(&rows), sc).OrderExpr("state DESC, id DESC").Limit(int64(limit)).Scan(ctx)
}

// Held reports whether a live hold preserves any of the records.
func (v *View) Held(ctx context.Context, records ...string) (bool, error) {
	if len(records) == 0 {
		return false, nil
	}
	return v.db.NewSelect().Model((*custody.Hold)(nil)).Where("record_id IN (?) AND state = ?", bun.List(records),
		custody.HoldLive).Exists(ctx)
}

// MatchOfRecord reads an audit record's match, under the scope of matches.
func (v *View) MatchOfRecord(ctx context.Context, id string, sc roster.Scope) (*intake.Match, error) {
	var rows []*intake.Match
	if err := matchScoped(v.db.NewSelect().Model(&rows).Where("(id = ? OR record_id = ?)", id, id), sc).Scan(ctx); err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, fault.NotFound()
	}
	return rows[0], nil
}
