package store

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"plumbline/internal/inquiry"
	"plumbline/internal/issue"
	"plumbline/internal/kinds"
	"plumbline/internal/rectify"
	"plumbline/internal/recusal"
	"plumbline/internal/roster"
	"plumbline/internal/store/engine"
)

// Matter is an open matter, reduced to what decides who may handle it.
type Matter struct {
	Kind       string      `bun:"kind"`
	Duty       string      `bun:"duty"` // operation that moves it on
	ID         string      `bun:"id"`
	UnitID     string      `bun:"unit_id"`
	BranchID   string      `bun:"branch_id"`
	PersonID   string      `bun:"person_id"`
	EventOn    roster.Date `bun:"event_on"`
	IssueID    string      `bun:"issue_id"`
	CaseID     string      `bun:"case_id"`
	DecideTier int         `bun:"decide_tier"` // -1 where any tier may
	Other      string      `bun:"other"`       // a second person whose bars count: the official challenged, the respondent of an item
	Not        string      `bun:"not_by"`      // who may not handle it whatever their bars: the person who filed it
}

// openMatters selects every kind of open matter that somebody must handle,
// together with the operation that is its next step.
func (v *View) openMatters(narrow func(q *bun.SelectQuery, issueColumn, caseColumn string) *bun.SelectQuery) []*bun.SelectQuery {
	from := func(table, kind, duty, issueID, caseID, tier string) *bun.SelectQuery {
		q := v.db.NewSelect().TableExpr("?", bun.Ident(table)).ColumnExpr("? AS kind", kind).ColumnExpr(duty+" AS duty").
			Column("id", "unit_id", "branch_id", "person_id", "event_on").ColumnExpr(issueID + " AS issue_id").
			ColumnExpr(caseID + " AS case_id").ColumnExpr(tier + " AS decide_tier")
		return narrow(q, issueID, caseID)
	}
	plain := func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.ColumnExpr("'' AS other").ColumnExpr("'' AS not_by")
	}
	return []*bun.SelectQuery{
		plain(from("issues", "issue", "CASE WHEN state = 'clue' THEN 'case.open' ELSE 'issue.triage' END", "id", "case_id", "-1")).
			Where("(state IN (?) OR (state = ? AND case_id = ''))",
				bun.List([]issue.State{issue.Registered, issue.Triaged, issue.Reopened}), issue.Clue),
		plain(from("cases", "case", "'case.close'", "issue_id", "id", "-1")).Where("state <> ?", inquiry.CaseClosed),
		plain(from("tracks", "track", "'decision.decide'", "''", "case_id", "decide_tier")).
			Where("state IN (?)", bun.List([]inquiry.TrackState{inquiry.TrackOpen, inquiry.TrackAssigned, inquiry.TrackFound})),
		plain(from("questions", "question", "CASE WHEN state = 'raised' THEN 'question.track' ELSE 'question.approve' END",
			"issue_id", "case_id", "CASE WHEN state = 'raised' THEN -1 ELSE decide_tier END")).
			Where("state IN (?)", bun.List([]inquiry.QuestionState{inquiry.QuestionRaised, inquiry.QuestionRefusalProposed})),
		plain(from("rectifications", "rectification", "'rectification.verify'", "issue_id", "case_id", "-1")).
			Where("state NOT IN (?)", bun.List([]rectify.State{rectify.Verified, rectify.StruckOff})),
	}
}

// MattersAt lists the open matters that are about any of the people, or that
// are or belong to one of the objects, and every undecided challenge. It
// applies no scope.
func (v *View) MattersAt(ctx context.Context, people, objects []string) (_ []Matter, err error) {
	defer engine.Doing(&err, "list open matters", "")
	var out []Matter
	if len(people)+len(objects) > 0 {
		people, objects = append(people, "-"), append(objects, "-") // neither list is empty in SQL
		narrow := func(q *bun.SelectQuery, issueColumn, caseColumn string) *bun.SelectQuery {
			return q.Where("(person_id IN (?) OR id IN (?) OR ? IN (?) OR ? IN (?))", bun.List(people), bun.List(objects),
				bun.Safe(issueColumn), bun.List(objects), bun.Safe(caseColumn), bun.List(objects))
		}
		for _, q := range v.openMatters(narrow) { // five tables
			var rows []Matter
			if err := q.Scan(ctx, &rows); err != nil {
				return nil, err
			}
			out = append(out, rows...)
		}
	}
	var challenges []recusal.Challenge
	if err := v.db.NewSelect().Model(&challenges).Where("state = ?", recusal.Filed).Scan(ctx); err != nil {
		return nil, err
	}
	for _, c := range challenges {
		out = append(out, Matter{Kind: kinds.Challenge, Duty: "challenge.decide", ID: c.ID, UnitID: c.UnitID, BranchID: c.BranchID,
			PersonID: c.PersonID, EventOn: c.EventOn,
			CaseID: c.ObjectID, DecideTier: -1, Other: c.OfficialID, Not: c.FiledBy})
	}
	return out, nil
}

// DutyGrants lists the standing grants of the roles, including expired ones and
// those revoked since the given instant.
func (v *View) DutyGrants(ctx context.Context, roles []roster.Role, since time.Time) ([]roster.Grant, error) {
	var rows []roster.Grant
	return rows, v.db.NewSelect().Model(&rows).Where("role IN (?)", bun.List(roles)).
		Where("(state = ? OR (state = ? AND changed_at >= ?))", roster.GrantLive, roster.GrantRevoked, since).Order("id").Scan(ctx)
}

// StandingAlarms lists every alarm that has been raised and has not ended. It
// applies no scope.
func (v *View) StandingAlarms(ctx context.Context) ([]recusal.Alarm, error) {
	var rows []recusal.Alarm
	return rows, v.db.NewSelect().Model(&rows).Where("state = ?", recusal.AlarmRaised).Order("id").Scan(ctx)
}

// AlarmReach says which alarms a reader may see.
type AlarmReach struct {
	Scope  roster.Scope
	Blank  bool   // only those that nobody at any tier may answer, in whatever unit
	Person string // is shown no alarm about themselves, redacted or not
}

// alarmScoped narrows a query to the standing alarms within reach.
func (v *View) alarmScoped(q *bun.SelectQuery, r AlarmReach) *bun.SelectQuery {
	q = q.Where("state = ?", recusal.AlarmRaised)
	if r.Blank {
		return q.Where("blank = ?", true).Where("(object_kind = 'unit' OR person_id <> ?)", r.Person).
			Where("(other_id = '' OR other_id <> ?)", r.Person)
	}
	other := ScopeColumns{ID: "object_id", Person: "other_id", EventOn: "event_on"}
	return unbarred(scoped(q, r.Scope, columnsDefault), r.Scope, other)
}

// Alarms lists the standing alarms within reach, newest first.
func (v *View) Alarms(ctx context.Context, r AlarmReach, limit int) ([]recusal.Alarm, error) {
	var rows []recusal.Alarm
	return rows, v.alarmScoped(v.db.NewSelect().Model(&rows), r).Order("id DESC").Limit(int64(limit)).Scan(ctx)
}

// AlarmCount counts the rows that Alarms lists.
func (v *View) AlarmCount(ctx context.Context, r AlarmReach) (int64, error) {
	return v.alarmScoped(v.db.NewSelect().Model((*recusal.Alarm)(nil)), r).Count(ctx)
}
