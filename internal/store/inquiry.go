package store

import (
	"context"
	"database/sql"
	"errors"

	"github.com/uptrace/bun"

	"plumbline/internal/fault"
	"plumbline/internal/inquiry"
	"plumbline/internal/issue"
	"plumbline/internal/roster"
	"plumbline/internal/store/engine"
)

// Case reads one case in scope. Missing and forbidden look the same.
func (v *View) Case(ctx context.Context, id string, sc roster.Scope) (*inquiry.Case, error) {
	c := new(inquiry.Case)
	if err := scoped(v.db.NewSelect().Model(c).Where("id = ?", id), sc, columnsDefault).Scan(ctx); err != nil {
		return nil, err
	}
	return c, nil
}

// CaseOfIssue returns the case opened on an issue, or nil if there is none. It
// applies no scope and is for rules only.
func (v *View) CaseOfIssue(ctx context.Context, issueID string) (*inquiry.Case, error) {
	return engine.One[inquiry.Case](ctx, v.db.NewSelect().Where("issue_id = ?", issueID))
}

// CaseTaking reads one export of a case.
func (v *View) CaseTaking(ctx context.Context, id string) (*inquiry.CaseTaking, error) {
	t := new(inquiry.CaseTaking)
	return t, v.db.NewSelect().Model(t).Where("id = ?", id).Scan(ctx)
}

// CaseFile reads a case with everything that belongs to it, for rules. It
// applies no scope: callers judge what they show line by line.
func (v *View) CaseFile(ctx context.Context, caseID string) (_ *inquiry.CaseFile, err error) {
	defer engine.Doing(&err, "read the file of case", caseID)
	f := &inquiry.CaseFile{Case: new(inquiry.Case)}
	if err := v.db.NewSelect().Model(f.Case).Where("id = ?", caseID).Scan(ctx); err != nil {
		return nil, err
	}
	for _, rows := range []any{&f.Members, &f.Replies, &f.Decisions, &f.Tracks, &f.Allegations, &f.Findings} {
		if err := v.db.NewSelect().Model(rows).Where("case_id = ?", caseID).Order("id").Scan(ctx); err != nil {
			return nil, err
		}
	}
	if err := v.db.NewSelect().Model(&f.Questions).Where("issue_id = ?", f.Case.IssueID).Order("id").Scan(ctx); err != nil {
		return nil, err
	}
	if err := v.db.NewSelect().Model(&f.Parties).Where("object_id = ?", caseID).Order("id").Scan(ctx); err != nil {
		return nil, err
	}
	tasks, err := v.RectificationsOfIssue(ctx, f.Case.IssueID)
	if err != nil {
		return nil, err
	}
	for _, t := range tasks {
		f.Rectifications = append(f.Rectifications, inquiry.RectificationState{ID: t.ID, Verified: t.State.Done()})
	}
	return f, nil
}

// CaseList lists cases in scope, newest first.
func (v *View) CaseList(ctx context.Context, f inquiry.CaseFilter, sc roster.Scope, today roster.Date, after string,
	limit int) ([]inquiry.Case, error) {
	var rows []inquiry.Case
	q, err := v.caseWhere(ctx, scoped(v.db.NewSelect().Model(&rows), sc, columnsDefault), f, today)
	if err != nil {
		return nil, err
	}
	if after != "" {
		q = q.Where("id < ?", after)
	}
	return rows, q.Order("id DESC").Limit(int64(limit)).Scan(ctx)
}

// CaseCount counts the rows that CaseList lists.
func (v *View) CaseCount(ctx context.Context, f inquiry.CaseFilter, sc roster.Scope, today roster.Date) (int64, error) {
	q, err := v.caseWhere(ctx, scoped(v.db.NewSelect().Model((*inquiry.Case)(nil)), sc, columnsDefault), f, today)
	if err != nil {
		return 0, err
	}
	return q.Count(ctx)
}

func (v *View) caseWhere(ctx context.Context, q *bun.SelectQuery, f inquiry.CaseFilter, today roster.Date) (*bun.SelectQuery, error) {
	if f.State != "" {
		q = q.Where("state = ?", f.State)
	}
	if f.Category != "" {
		q = q.Where("category = ?", f.Category)
	}
	q = months(q, "opened_on", f.From, f.To)
	if f.Overdue {
		q = q.Where("state <> ? AND due_on < ?", inquiry.CaseClosed, today)
	}
	return v.underUnit(ctx, q, f.UnitID, false)
}

// months narrows a date column to a range of months, both inclusive.
func months(q *bun.SelectQuery, column, from, to string) *bun.SelectQuery {
	if from != "" {
		q = q.Where("? >= ?", bun.Ident(column), from)
	}
	if to != "" {
		q = q.Where("? < ?", bun.Ident(column), to+"-99")
	}
	return q
}

// Track reads one track in scope.
func (v *View) Track(ctx context.Context, id string, sc roster.Scope) (*inquiry.Track, error) {
	t := new(inquiry.Track)
	return t, scoped(v.db.NewSelect().Model(t).Where("id = ?", id), sc, columnsDefault).Scan(ctx)
}

// TrackList lists tracks in scope, newest first.
func (v *View) TrackList(ctx context.Context, f inquiry.TrackFilter, sc roster.Scope, after string, limit int) ([]inquiry.Track, error) {
	var rows []inquiry.Track
	q, err := v.trackWhere(ctx, v.db.NewSelect().Model(&rows), f, sc)
	if err != nil {
		return nil, err
	}
	if after != "" {
		q = q.Where("id < ?", after)
	}
	return rows, q.Order("id DESC").Limit(int64(limit)).Scan(ctx)
}

// TrackCount counts the rows that TrackList lists.
func (v *View) TrackCount(ctx context.Context, f inquiry.TrackFilter, sc roster.Scope) (int64, error) {
	q, err := v.trackWhere(ctx, v.db.NewSelect().Model((*inquiry.Track)(nil)), f, sc)
	if err != nil {
		return 0, err
	}
	return q.Count(ctx)
}

func (v *View) trackWhere(ctx context.Context, q *bun.SelectQuery, f inquiry.TrackFilter, sc roster.Scope) (*bun.SelectQuery, error) {
	q = unbarred(scoped(q, sc, columnsDefault), sc, onCase)
	if f.Side != "" {
		q = q.Where("side = ?", f.Side)
	}
	if f.State != "" {
		q = q.Where("state = ?", f.State)
	}
	if f.Check {
		q = v.doubtful(q)
	}
	if f.Form > 0 {
		decided := v.db.NewSelect().TableExpr("decisions").Column("track_id").Where("state = ? AND form = ?",
			inquiry.DecisionDecided, f.Form)
		q = q.Where("id IN (?)", months(decided, "decided_on", f.From, f.To))
	} else {
		q = months(q, "opened_on", f.From, f.To)
	}
	return v.underUnit(ctx, q, f.UnitID, false)
}

// doubtful keeps the tracks with a sustained final finding on which no handling
// was decided, unless a member of the body confirmed that. The form of an early
// version could lose the chosen handling and record none.
func (v *View) doubtful(q *bun.SelectQuery) *bun.SelectQuery {
	confirmed := v.db.NewSelect().TableExpr("proposals").Column("object_id").Where("op = 'decision.decide'")
	none := v.db.NewSelect().TableExpr("decisions").Column("track_id").Where("form = 0").Where("state = ?", inquiry.DecisionDecided).
		Where("id NOT IN (?)", confirmed)
	sustained := v.db.NewSelect().TableExpr("findings").Column("track_id").Where("state = ?", inquiry.FindingFinal).
		Where("final IN (?, ?)", inquiry.Sustained, inquiry.SustainedOther)
	return q.Where("id IN (?)", none).Where("id IN (?)", sustained)
}

// DecisionsOn reads the decisions on tracks that were already authorized.
func (v *View) DecisionsOn(ctx context.Context, trackIDs []string) (map[string]inquiry.Decision, error) {
	out := map[string]inquiry.Decision{}
	if len(trackIDs) == 0 {
		return out, nil
	}
	var rows []inquiry.Decision
	err := v.db.NewSelect().Model(&rows).Where("track_id IN (?)", bun.List(trackIDs)).Scan(ctx)
	for _, d := range rows {
		if d.State != inquiry.DecisionRevoked || out[d.TrackID].ID == "" {
			out[d.TrackID] = d
		}
	}
	return out, err
}

// Allegation reads one allegation. The caller judges its track.
func (v *View) Allegation(ctx context.Context, id string) (*inquiry.Allegation, error) {
	a := new(inquiry.Allegation)
	return a, v.db.NewSelect().Model(a).Where("id = ?", id).Scan(ctx)
}

// Finding reads one finding. The caller judges its track.
func (v *View) Finding(ctx context.Context, id string) (*inquiry.Finding, error) {
	f := new(inquiry.Finding)
	return f, v.db.NewSelect().Model(f).Where("id = ?", id).Scan(ctx)
}

// Decision reads one decision. The caller judges its track.
func (v *View) Decision(ctx context.Context, id string) (*inquiry.Decision, error) {
	d := new(inquiry.Decision)
	return d, v.db.NewSelect().Model(d).Where("id = ?", id).Scan(ctx)
}

// FindingsServedOn lists the findings served on a person, with their
// allegations and the replies so far.
func (v *View) FindingsServedOn(ctx context.Context, personID string) (_ []inquiry.Finding, _ []inquiry.Allegation,
	_ []inquiry.Reply, err error) {
	defer engine.Doing(&err, "list findings served", "")
	var fs []inquiry.Finding
	var as []inquiry.Allegation
	var rs []inquiry.Reply
	err = v.db.NewSelect().Model(&fs).Where("person_id = ? AND state <> ?", personID, inquiry.FindingDraft).Order("id DESC").
		Limit(100).Scan(ctx)
	if err != nil || len(fs) == 0 {
		return nil, nil, nil, err
	}
	var ids, fids []string
	for _, f := range fs {
		ids, fids = append(ids, f.AllegationID), append(fids, f.ID)
	}
	if err := v.db.NewSelect().Model(&as).Where("id IN (?)", bun.List(ids)).Scan(ctx); err != nil {
		return nil, nil, nil, err
	}
	return fs, as, rs, v.db.NewSelect().Model(&rs).Where("finding_id IN (?)", bun.List(fids)).Scan(ctx)
}

// Question reads one leader question in scope.
func (v *View) Question(ctx context.Context, id string, sc roster.Scope) (*inquiry.Question, error) {
	q := new(inquiry.Question)
	return q, questionScope(v.db.NewSelect().Model(q).Where("id = ?", id), sc).Scan(ctx)
}

// QuestionsOfIssue reads every question raised on the issues. It applies no
// scope and is for rules only.
func (v *View) QuestionsOfIssue(ctx context.Context, issueIDs ...string) ([]inquiry.Question, error) {
	var rows []inquiry.Question
	if len(issueIDs) == 0 {
		return nil, nil
	}
	return rows, v.db.NewSelect().Model(&rows).Where("issue_id IN (?)", bun.List(issueIDs)).Order("id").Scan(ctx)
}

// QuestionList lists leader questions in scope, newest first.
func (v *View) QuestionList(ctx context.Context, f inquiry.QuestionFilter, sc roster.Scope, today roster.Date, after string,
	limit int) ([]inquiry.Question, error) {
	var rows []inquiry.Question
	q, err := v.questionWhere(ctx, questionScope(v.db.NewSelect().Model(&rows), sc), f, today)
	if err != nil {
		return nil, err
	}
	if after != "" {
		q = q.Where("id < ?", after)
	}
	return rows, q.Order("id DESC").Limit(int64(limit)).Scan(ctx)
}

// QuestionCount counts the rows that QuestionList lists.
func (v *View) QuestionCount(ctx context.Context, f inquiry.QuestionFilter, sc roster.Scope, today roster.Date) (int64, error) {
	q, err := v.questionWhere(ctx, questionScope(v.db.NewSelect().Model((*inquiry.Question)(nil)), sc), f, today)
	if err != nil {
		return 0, err
	}
	return q.Count(ctx)
}

// questionScope admits a question only if the reader may know of both the
// leader and the officer whose act raised it.
func questionScope(q *bun.SelectQuery, sc roster.Scope) *bun.SelectQuery {
	q = scoped(q, sc, columnsDefault)
	return unbarred(unbarred(q, sc, onSubject), sc, onIssue)
}

// The columns of what a row belongs to: a case, an issue, or, for a question,
// the officer whose act raised it.
var (
	onCase    = ScopeColumns{ID: "case_id"}
	onIssue   = ScopeColumns{ID: "issue_id"}
	onSubject = ScopeColumns{ID: "case_id", Person: "subject_id", EventOn: "event_on"}
)

// unbarred applies a scope's bars to a second set of columns: those of the row
// that a row belongs to.
func unbarred(q *bun.SelectQuery, sc roster.Scope, c ScopeColumns) *bun.SelectQuery {
	return scoped(q, sc.BarsAlone(), c)
}

func (v *View) questionWhere(ctx context.Context, q *bun.SelectQuery, f inquiry.QuestionFilter,
	today roster.Date) (*bun.SelectQuery, error) {
	unanswered := bun.List([]inquiry.QuestionState{inquiry.QuestionRaised, inquiry.QuestionRefusalProposed})
	if f.State != "" {
		q = q.Where("state = ?", f.State)
	}
	if f.IssueID != "" {
		q = q.Where("issue_id = ?", f.IssueID)
	}
	q = months(q, "raised_on", f.From, f.To)
	if f.Open {
		q = q.Where("state IN (?)", unanswered)
	}
	if f.Overdue {
		q = q.Where("state IN (?) AND due_on < ?", unanswered, today)
	}
	return v.underUnit(ctx, q, f.UnitID, false)
}

// TriggerFacts gathers what the triggers judge about one issue: earlier issues
// of its unit and category, those of other people in the unit, and whether
// anything in the unit was overdue on the event date. It counts only triaged
// issues, so that a declaration nobody has looked at raises nothing.
func (v *View) TriggerFacts(ctx context.Context, i *issue.Issue, repeatSeverity int, repeatFrom roster.Date,
	clusterSeverity int, clusterFrom roster.Date) (_ inquiry.TriggerFacts, err error) {
	defer engine.Doing(&err, "read the trigger facts of issue", i.ID)
	f := inquiry.TriggerFacts{EventOn: i.EventOn, PersonID: i.PersonID, Severity: i.Severity,
		Concealment: i.Concealment == issue.ConcealmentConfirmed}
	judged := bun.List([]issue.State{issue.Triaged, issue.Corrected, issue.Rectifying, issue.Clue, issue.Closed, issue.Reopened})
	err = v.db.NewSelect().TableExpr("issues").Column("event_on").
		Where("unit_id = ? AND category = ? AND severity >= ? AND id <> ?", i.UnitID, i.Category, repeatSeverity, i.ID).
		Where("event_on >= ? AND event_on <= ?", repeatFrom, i.EventOn).Where("state IN (?)", judged).
		Order("event_on DESC").Limit(100).Scan(ctx, &f.Prior)
	if err != nil {
		return f, err
	}
	err = v.db.NewSelect().TableExpr("issues").Column("person_id").ColumnExpr("max(event_on) AS event_on").
		Where("unit_id = ? AND severity >= ? AND person_id <> '' AND person_id <> ?", i.UnitID, clusterSeverity, i.PersonID).
		Where("event_on >= ? AND event_on <= ?", clusterFrom, i.EventOn).Where("state IN (?)", judged).
		Group("person_id").Limit(100).Scan(ctx, &f.Cluster)
	if err != nil {
		return f, err
	}
	if i.SubmissionID != "" {
		f.LeaderNamed, err = v.db.NewSelect().TableExpr("leader_items").
			Where("submission_id = ? AND item_no = ?", i.SubmissionID, i.ItemNo).Exists(ctx)
		if err != nil {
			return f, err
		}
	}
	f.Overdue, err = v.db.NewSelect().TableExpr("rectifications").
		Where("unit_id = ? AND due_on < ? AND (verified_on = '' OR verified_on > due_on)", i.UnitID, i.EventOn).
		Where("verified_on = '' OR verified_on > ?", i.EventOn).Exists(ctx)
	return f, err
}

// PartyTo lists the issues and cases that a person is a party to, excluding
// those recorded by mistake.
func (v *View) PartyTo(ctx context.Context, personID string) ([]string, error) {
	var ids []string
	if personID == "" {
		return nil, nil
	}
	var rows []inquiry.Party
	err := v.Read(ctx, &rows, "SELECT DISTINCT object_id FROM parties WHERE person_id = ?"+isStanding, personID)
	for _, r := range rows {
		ids = append(ids, r.ObjectID)
	}
	return ids, err
}

// AssignedTo lists the tracks a person is still assigned to, and their cases so
// that they can be opened.
func (v *View) AssignedTo(ctx context.Context, personID string) ([]string, error) {
	var rows []inquiry.TrackMember
	if personID == "" {
		return nil, nil
	}
	if err := v.Read(ctx, &rows, "SELECT track_id, case_id FROM track_members WHERE member_id = ? AND ended_on = ''",
		personID); err != nil {
		return nil, err
	}
	var ids []string
	for _, m := range rows {
		ids = append(ids, m.TrackID, m.CaseID)
	}
	return ids, nil
}

// LinksOverOn lists the command links in force on a date over a person or over
// any of the units.
func (v *View) LinksOverOn(ctx context.Context, personID string, unitIDs []string, on roster.Date) ([]roster.CommandLink, error) {
	var rows []roster.CommandLink
	if personID == "" && len(unitIDs) == 0 {
		return nil, nil
	}
	q := v.db.NewSelect().Model(&rows).Where("from_on <= ? AND (to_on = '' OR to_on >= ?)", on, on)
	q = q.WhereGroup(" AND ", func(q *bun.SelectQuery) *bun.SelectQuery {
		if len(unitIDs) > 0 {
			q = q.WhereOr("over_unit_id IN (?)", bun.List(unitIDs))
		}
		if personID != "" {
			q = q.WhereOr("over_person_id = ? AND over_person_id <> ''", personID) // as the partial index says
		}
		return q
	})
	return rows, q.Order("id").Scan(ctx)
}

// LinksHeldOn lists the command links that a person held on a date.
func (v *View) LinksHeldOn(ctx context.Context, personID string, on roster.Date) ([]roster.CommandLink, error) {
	var rows []roster.CommandLink
	return rows, v.db.NewSelect().Model(&rows).Where("person_id = ? AND from_on <= ? AND (to_on = '' OR to_on >= ?)", personID, on, on).
		Order("id").Scan(ctx)
}

// PostingsOn lists the postings that people held on a date, main ones first.
func (v *View) PostingsOn(ctx context.Context, personIDs []string, on roster.Date) ([]roster.Posting, error) {
	var rows []roster.Posting
	if len(personIDs) == 0 {
		return nil, nil
	}
	return rows, v.db.NewSelect().Model(&rows).Where("person_id IN (?)", bun.List(personIDs)).
		Where("from_on <= ? AND (to_on = '' OR to_on >= ?)", on, on).Order("main DESC", "id").Scan(ctx)
}

// AccountOfPerson returns the account a person signs in with, or "" if none.
func (v *View) AccountOfPerson(ctx context.Context, personID string) (string, error) {
	var ids []string
	err := v.db.NewSelect().TableExpr("accounts").Column("id").Where("person_id = ? AND state <> ?", personID, roster.AccountDisabled).
		Order("id").Limit(1).Scan(ctx, &ids)
	if err != nil || len(ids) == 0 {
		return "", err
	}
	return ids[0], nil
}

// Missing reports that no row matched.
func Missing(err error) bool {
	return errors.Is(err, sql.ErrNoRows) || fault.Is(err, fault.NotFoundKind)
}
