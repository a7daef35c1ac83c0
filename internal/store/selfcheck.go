package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/uptrace/bun"

	"plumbline/internal/issue"
	"plumbline/internal/roster"
	"plumbline/internal/selfcheck"
	"plumbline/internal/store/engine"
)

// reviewColumns apply a scope to a submission through its reviewer rather than
// the respondent's posting.
var reviewColumns = ScopeColumns{ID: "id", Unit: "review_unit_id", Person: "person_id", EventOn: "event_on"}

// Campaign reads one campaign.
func (v *View) Campaign(ctx context.Context, id string) (*selfcheck.Campaign, error) {
	return engine.ReadOne[selfcheck.Campaign](ctx, v.View, "SELECT * FROM campaigns WHERE id = ?", id)
}

// Campaigns lists the campaigns of the units in scope, newest first.
func (v *View) Campaigns(ctx context.Context, sc roster.Scope) ([]selfcheck.Campaign, error) {
	rows := []selfcheck.Campaign{}
	q := v.db.NewSelect().Model(&rows)
	q = scoped(q, sc, ScopeColumns{ID: "id", Unit: "unit_id"})
	err := q.OrderExpr("opens_on DESC, id DESC").Limit(200).Scan(ctx)
	return rows, err
}

// RunningCampaigns lists every campaign that is open, newest first. It applies
// no scope.
func (v *View) RunningCampaigns(ctx context.Context) ([]selfcheck.Campaign, error) {
	rows := []selfcheck.Campaign{}
	err := v.db.NewSelect().Model(&rows).Where("state NOT IN ('draft', 'closed')").OrderExpr("opens_on DESC, id DESC").Limit(50).Scan(ctx)
	return rows, err
}

// Checklist reads one checklist version.
func (v *View) Checklist(ctx context.Context, id string) (*selfcheck.Checklist, error) {
	c := &selfcheck.Checklist{}
	if err := v.db.NewSelect().Model(c).Where("id = ?", id).Scan(ctx); err != nil {
		return nil, err
	}
	return c, nil
}

// Checklists lists every version, newest edition first.
func (v *View) Checklists(ctx context.Context) ([]selfcheck.Checklist, error) {
	rows := []selfcheck.Checklist{}
	err := v.db.NewSelect().Model(&rows).OrderExpr("audience DESC, edition DESC, id").Limit(200).Scan(ctx)
	return rows, err
}

// ChecklistItems reads the items of one version in order.
func (v *View) ChecklistItems(ctx context.Context, checklistID string) ([]selfcheck.ChecklistItem, error) {
	var rows []selfcheck.ChecklistItem
	err := v.db.NewSelect().Model(&rows).Where("checklist_id = ?", checklistID).Order("no").Scan(ctx)
	return rows, err
}

// Submission reads one list. The caller judges its scope: only its respondent
// and the head who reviews it may see a list.
func (v *View) Submission(ctx context.Context, id string) (*selfcheck.Submission, error) {
	return engine.ReadOne[selfcheck.Submission](ctx, v.View, "SELECT * FROM submissions WHERE id = ?", id)
}

// SubmissionsOf lists what a person owes and what the units owe whose lists
// that person signs, newest first.
func (v *View) SubmissionsOf(ctx context.Context, personID string, headOf []string) ([]selfcheck.Submission, error) {
	rows := []selfcheck.Submission{}
	if personID == "" {
		return rows, nil
	}
	q := v.db.NewSelect().Model(&rows).WhereGroup(" AND ", func(q *bun.SelectQuery) *bun.SelectQuery {
		q = q.WhereOr("person_id = ? AND person_id <> ''", personID) // matches the partial index
		if len(headOf) > 0 {
			q = q.WhereOr("person_id = '' AND unit_id IN (?)", bun.List(headOf))
		}
		return q
	})
	err := q.OrderExpr("id DESC").Limit(200).Scan(ctx)
	return rows, err
}

// Answers reads the answers of one round, in item order.
func (v *View) Answers(ctx context.Context, submissionID string, round int64) ([]selfcheck.Answer, error) {
	var sheets []selfcheck.AnswerSheet
	if err := v.db.NewSelect().Model(&sheets).Where("submission_id = ? AND round = ?", submissionID, round).Scan(ctx); err != nil ||
		len(sheets) == 0 {
		return nil, err
	}
	var named []selfcheck.LeaderItem
	if err := v.db.NewSelect().Model(&named).Where("submission_id = ? AND round = ?", submissionID, round).Scan(ctx); err != nil {
		return nil, err
	}
	answers, err := selfcheck.UnpackAnswers(sheets[0], named)
	if err != nil {
		return nil, fmt.Errorf("answers of list %s: %w", submissionID, err)
	}
	return answers, nil
}

// PutAnswers stores the answers of one round.
func (tx *Tx) PutAnswers(ctx context.Context, answers []selfcheck.Answer) error {
	sheet, named := selfcheck.PackAnswers(answers)
	if err := tx.Insert(ctx, []selfcheck.AnswerSheet{sheet}); err != nil || len(named) == 0 {
		return err
	}
	return tx.Insert(ctx, named)
}

// Drafts reads the saved answers of a list for the round in progress, in item
// order.
func (v *View) Drafts(ctx context.Context, s *selfcheck.Submission) ([]selfcheck.Draft, error) {
	var rows []selfcheck.Draft
	err := v.db.NewSelect().Model(&rows).Where("submission_id = ? AND round = ?", s.ID, s.Round).Order("item_no").Scan(ctx)
	if err != nil {
		return nil, err
	}
	return v.s.OpenDrafts(ctx, rows)
}

// DraftCounts counts the items of each list that have a saved answer.
func (v *View) DraftCounts(ctx context.Context, submissionIDs []string) (map[string]int, error) {
	out := map[string]int{}
	if len(submissionIDs) == 0 {
		return out, nil
	}
	var rows []struct {
		SubmissionID string `bun:"submission_id"`
		N            int    `bun:"n"`
	}
	err := v.db.NewSelect().TableExpr("drafts AS d").Join("JOIN submissions AS s ON s.id = d.submission_id AND s.round = d.round").
		ColumnExpr("d.submission_id AS submission_id").ColumnExpr("count(*) AS n").
		Where("d.submission_id IN (?)", bun.List(submissionIDs)).Group("d.submission_id").Scan(ctx, &rows)
	for _, r := range rows {
		out[r.SubmissionID] = r.N
	}
	return out, err
}

// LastReturns reads the latest return of each list.
func (v *View) LastReturns(ctx context.Context, submissionIDs []string) (map[string]selfcheck.SubmissionReturn, error) {
	out := map[string]selfcheck.SubmissionReturn{}
	if len(submissionIDs) == 0 {
		return out, nil
	}
	var rows []selfcheck.SubmissionReturn
	err := v.db.NewSelect().Model(&rows).Where("submission_id IN (?)", bun.List(submissionIDs)).Order("submission_id", "round").Scan(ctx)
	for _, r := range rows {
		out[r.SubmissionID] = r
	}
	return out, err
}

// Supplements lists the dated additions to a list.
func (v *View) Supplements(ctx context.Context, submissionID string) ([]selfcheck.Supplement, error) {
	rows := []selfcheck.Supplement{}
	err := v.db.NewSelect().Model(&rows).Where("submission_id = ?", submissionID).Order("id").Scan(ctx)
	return rows, err
}

// ReviewList lists the lists that the heads in scope review, by id after the
// given one.
func (v *View) ReviewList(ctx context.Context, f selfcheck.ReviewFilter, sc roster.Scope, after string,
	limit int) ([]selfcheck.Submission, error) {
	rows := []selfcheck.Submission{}
	q := v.reviewFilter(v.db.NewSelect().Model(&rows), f, sc)
	if after != "" {
		q = q.Where("id > ?", after)
	}
	err := q.Order("id").Limit(int64(limit)).Scan(ctx)
	return rows, err
}

// ReviewCount counts the rows that ReviewList lists.
func (v *View) ReviewCount(ctx context.Context, f selfcheck.ReviewFilter, sc roster.Scope) (int64, error) {
	n, err := v.reviewFilter(v.db.NewSelect().Model((*selfcheck.Submission)(nil)), f, sc).Count(ctx)
	return int64(n), err
}

func (v *View) reviewFilter(q *bun.SelectQuery, f selfcheck.ReviewFilter, sc roster.Scope) *bun.SelectQuery {
	q = scoped(q, sc, reviewColumns)
	if f.CampaignID != "" {
		q = q.Where("campaign_id = ?", f.CampaignID)
	}
	if f.UnitID != "" {
		q = q.Where("unit_id = ?", f.UnitID)
	}
	if f.State != "" {
		q = q.Where("state = ?", f.State)
	}
	return q
}

// Completions returns the completion of each unit's own roster in a campaign,
// for the units in scope, ordered by unit.
func (v *View) Completions(ctx context.Context, campaignID string, sc roster.Scope) (_ []selfcheck.Completion, err error) {
	defer engine.Doing(&err, "read the completion of campaign", campaignID)
	return sumCompletions(ctx, scoped(v.completions(campaignID), sc, ScopeColumns{ID: "id", Unit: "unit_id", Branch: "branch_id"}))
}

// Completion returns the completion of one unit's own roster, with zero counts
// if it owes nothing.
func (v *View) Completion(ctx context.Context, campaignID, unitID string) (selfcheck.Completion, error) {
	rows, err := sumCompletions(ctx, v.completions(campaignID).Where("unit_id = ?", unitID))
	if err != nil || len(rows) == 0 {
		return selfcheck.Completion{UnitID: unitID}, err
	}
	return rows[0], nil
}

// completions groups the lists of a campaign in the order of the index
// submissions_completion, which holds all that is summed.
func (v *View) completions(campaignID string) *bun.SelectQuery {
	return v.db.NewSelect().TableExpr("submissions").Column("unit_id", "state").ColumnExpr("count(*) AS n").
		ColumnExpr("CAST(sum(nil_items) AS BIGINT) AS nil_items, CAST(sum(declared_items) AS BIGINT) AS declared_items").
		ColumnExpr("CAST(sum(declared_issues) AS BIGINT) AS declared_issues").
		Where("campaign_id = ?", campaignID).GroupExpr("unit_id, branch_id, state")
}

func sumCompletions(ctx context.Context, q *bun.SelectQuery) ([]selfcheck.Completion, error) {
	var rows []struct {
		UnitID   string          `bun:"unit_id"`
		State    selfcheck.State `bun:"state"`
		N        int64           `bun:"n"`
		Nil      int64           `bun:"nil_items"`
		Declared int64           `bun:"declared_items"`
		Issues   int64           `bun:"declared_issues"`
	}
	if err := q.OrderExpr("unit_id, branch_id, state").Scan(ctx, &rows); err != nil {
		return nil, err
	}
	out := []selfcheck.Completion{}
	for _, r := range rows {
		if len(out) == 0 || out[len(out)-1].UnitID != r.UnitID {
			out = append(out, selfcheck.Completion{UnitID: r.UnitID})
		}
		out[len(out)-1].Count(r.State, r.N, r.Nil, r.Declared, r.Issues)
	}
	return out, nil
}

// FiledFigures returns the number of declared items and the fingerprint of each
// filed list of a unit, for the unit's median and similarity.
func (v *View) FiledFigures(ctx context.Context, campaignID, unitID string) (declared, fingerprints []int64, err error) {
	defer engine.Doing(&err, "read the filed figures of unit", unitID)
	var rows []struct {
		DeclaredItems int64 `bun:"declared_items"`
		Fingerprint   int64 `bun:"fingerprint"`
	}
	err = v.db.NewSelect().TableExpr("submissions").Column("declared_items", "fingerprint").
		Where("campaign_id = ? AND unit_id = ? AND state IN ('submitted', 'accepted', 'locked')", campaignID, unitID).Scan(ctx, &rows)
	for _, r := range rows {
		declared = append(declared, r.DeclaredItems)
		fingerprints = append(fingerprints, r.Fingerprint)
	}
	return declared, fingerprints, err
}

// RosterOf lists the lists owed by one unit's roster in the given states, for
// its head and the campaign manager to see who has filed. It returns states and
// no content.
func (v *View) RosterOf(ctx context.Context, campaignID, unitID string, states []selfcheck.State,
	sc roster.Scope) ([]selfcheck.Submission, error) {
	rows := []selfcheck.Submission{}
	q := v.db.NewSelect().Model(&rows).Where("campaign_id = ? AND unit_id = ?", campaignID, unitID)
	if len(states) > 0 {
		q = q.Where("state IN (?)", bun.List(states))
	}
	q = scoped(q, sc, ScopeColumns{ID: "id", Unit: "unit_id", Branch: "branch_id"})
	err := q.Order("state", "id").Limit(2000).Scan(ctx)
	return rows, err
}

// Certifications lists the certified units of a campaign.
func (v *View) Certifications(ctx context.Context, campaignID string) ([]selfcheck.Certification, error) {
	rows := []selfcheck.Certification{}
	err := v.db.NewSelect().Model(&rows).Where("campaign_id = ?", campaignID).
		Where("id NOT IN (SELECT certification_id FROM certification_undos)").Order("unit_id").Scan(ctx)
	return rows, err
}

// Certified reports whether the unit has certified.
func (v *View) Certified(ctx context.Context, campaignID, unitID string) (bool, error) {
	n, err := v.db.NewSelect().Model((*selfcheck.Certification)(nil)).Where("campaign_id = ? AND unit_id = ?", campaignID, unitID).
		Where("id NOT IN (SELECT certification_id FROM certification_undos)").Count(ctx)
	return n > 0, err
}

// SubmissionsToLock reads the next filed lists of a campaign that are not yet
// locked.
func (v *View) SubmissionsToLock(ctx context.Context, campaignID string, limit int) ([]selfcheck.Submission, error) {
	var rows []selfcheck.Submission
	err := v.db.NewSelect().Model(&rows).Where("campaign_id = ? AND state IN ('submitted', 'accepted')", campaignID).
		Order("state", "id").Limit(int64(limit)).Scan(ctx)
	return rows, err
}

// Amendments lists the dated changes to a campaign's roster, newest first.
func (v *View) Amendments(ctx context.Context, campaignID string, limit int) ([]selfcheck.RosterAmendment, error) {
	rows := []selfcheck.RosterAmendment{}
	err := v.db.NewSelect().Model(&rows).Where("campaign_id = ?", campaignID).OrderExpr("id DESC").Limit(int64(limit)).Scan(ctx)
	return rows, err
}

// SubmissionsByID reads lists by id without a scope, to name them beside
// something already authorized.
func (v *View) SubmissionsByID(ctx context.Context, ids []string) (map[string]selfcheck.Submission, error) {
	out := make(map[string]selfcheck.Submission, len(ids))
	for chunk := range slices.Chunk(ids, 500) {
		var rows []selfcheck.Submission
		if err := v.db.NewSelect().Model(&rows).Where("id IN (?)", bun.List(chunk)).Scan(ctx); err != nil {
			return nil, err
		}
		for _, r := range rows {
			out[r.ID] = r
		}
	}
	return out, nil
}

// SubmissionsIn reads what one person owes in a campaign, by audience.
func (v *View) SubmissionsIn(ctx context.Context, campaignID, personID string) (map[selfcheck.Audience]*selfcheck.Submission, error) {
	var rows []selfcheck.Submission
	if err := v.db.NewSelect().Model(&rows).Where("person_id = ? AND person_id <> '' AND campaign_id = ?", personID,
		campaignID).Scan(ctx); err != nil {
		return nil, err
	}
	out := make(map[selfcheck.Audience]*selfcheck.Submission, len(rows))
	for i := range rows {
		out[rows[i].Audience] = &rows[i]
	}
	return out, nil
}

// IssuesOfSubmission reads every issue that a list declared, in item order. The
// caller has authorized the list.
func (v *View) IssuesOfSubmission(ctx context.Context, submissionID string) ([]*issue.Issue, error) {
	var rows []*issue.Issue
	err := v.db.NewSelect().Model(&rows).Where("submission_id = ? AND submission_id <> ''", submissionID).
		Order("item_no", "event_on", "id").Scan(ctx)
	return rows, err
}
