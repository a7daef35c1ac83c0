package store

import (
	"context"
	"slices"

	"github.com/uptrace/bun"

	"plumbline/internal/inquiry"
)

// TrackMember reads one person on a track. The caller judges the track.
func (v *View) TrackMember(ctx context.Context, id string) (*inquiry.TrackMember, error) {
	m := new(inquiry.TrackMember)
	return m, v.db.NewSelect().Model(m).Where("id = ?", id).Scan(ctx)
}

// CaseNotes reads the notes on a case in order.
func (v *View) CaseNotes(ctx context.Context, caseID string) ([]inquiry.CaseNote, error) {
	var rows []inquiry.CaseNote
	return rows, v.db.NewSelect().Model(&rows).Where("case_id = ?", caseID).Order("id").Scan(ctx)
}

// OpenCasesOf reads the open cases on issues whose ground has not been
// withdrawn before. It applies no scope and is for rules only.
func (v *View) OpenCasesOf(ctx context.Context, issueIDs []string) ([]inquiry.Case, error) {
	var out []inquiry.Case
	for chunk := range slices.Chunk(issueIDs, 500) {
		var rows []inquiry.Case
		flagged := v.db.NewSelect().TableExpr("case_notes").Column("case_id").Where("kind = ?", inquiry.NoteGroundWithdrawn)
		err := v.db.NewSelect().Model(&rows).Where("issue_id IN (?)", bun.List(chunk)).Where("state <> ?", inquiry.CaseClosed).
			Where("id NOT IN (?)", flagged).Order("id").Scan(ctx)
		if err != nil {
			return nil, err
		}
		out = append(out, rows...)
	}
	return out, nil
}

// OpenCasesOfBatch counts the cases that OpenCasesOf would find for the records
// of a batch.
func (v *View) OpenCasesOfBatch(ctx context.Context, batchID string) (int, error) {
	flagged := v.db.NewSelect().TableExpr("case_notes").Column("case_id").Where("kind = ?", inquiry.NoteGroundWithdrawn)
	issues := v.db.NewSelect().TableExpr("matches").Column("issue_id").
		Where("batch_id = ? AND issue_id <> '' AND state <> 'withdrawn'", batchID)
	n, err := v.db.NewSelect().Model((*inquiry.Case)(nil)).Where("issue_id IN (?)", issues).Where("state <> ?", inquiry.CaseClosed).
		Where("id NOT IN (?)", flagged).Count(ctx)
	return int(n), err
}

// PersonOfAccount returns the person who signs in with an account, or "" if
// none.
func (v *View) PersonOfAccount(ctx context.Context, accountID string) (string, error) {
	var people []string
	err := v.db.NewSelect().TableExpr("accounts").Column("person_id").Where("id = ?", accountID).Scan(ctx, &people)
	if err != nil || len(people) == 0 {
		return "", err
	}
	return people[0], nil
}
