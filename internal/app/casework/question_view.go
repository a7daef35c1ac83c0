package casework

import (
	"context"

	"plumbline/internal/app/desk"
	"plumbline/internal/app/readlog"
	"plumbline/internal/inquiry"
	"plumbline/internal/roster"
	"plumbline/internal/rules"
	"plumbline/internal/store"
)

// QuestionRow is one line of the list of leader questions.
type QuestionRow struct {
	ID         string                `json:"id"`
	Version    int64                 `json:"version"`
	Ref        string                `json:"ref"`
	IssueID    string                `json:"issue_id"`
	CaseID     string                `json:"case_id"`
	Leader     desk.Ref              `json:"leader"`
	Unit       desk.Ref              `json:"unit"`
	LinkKind   string                `json:"link_kind"` // "" for a reader without names
	Triggers   []inquiry.Trigger     `json:"triggers"`
	State      inquiry.QuestionState `json:"state"`
	EventOn    roster.Date           `json:"event_on"`
	RaisedOn   roster.Date           `json:"raised_on"`
	DueOn      roster.Date           `json:"due_on"`
	Overdue    bool                  `json:"overdue"`
	DecideTier int                   `json:"decide_tier"`
	TrackID    string                `json:"track_id"`
}

// QuestionPage is one page of the list of leader questions.
type QuestionPage struct {
	Rows  []QuestionRow `json:"rows"`
	Total int64         `json:"total"`
	Next  string        `json:"next"`
}

// Questions lists leader questions in the actor's scope, newest first.
func (a *Casework) Questions(ctx context.Context, who *roster.Actor, f inquiry.QuestionFilter,
	cursor string) (out QuestionPage, err error) {
	out.Rows = []QuestionRow{}
	out.Next, err = a.ReadPage(ctx, who, "question.list", cursor, desk.PageSize, func(ctx context.Context, v *store.View, sc roster.Scope, p *desk.Page) error {
		today := a.Today()
		if out.Total, err = v.QuestionCount(ctx, f, sc, today); err != nil {
			return err
		}
		rows, err := v.QuestionList(ctx, f, sc, today, p.AfterID(), p.Limit+1)
		if err != nil {
			return err
		}
		rows = desk.Cut(p, rows, func(r inquiry.Question) []string { return []string{r.ID} })
		var people, units []string
		for _, q := range rows {
			people, units = append(people, q.PersonID), append(units, q.UnitID)
		}
		n, named, err := a.ListNames(ctx, v, who, roster.KindQuestion, people, units)
		if err != nil {
			return err
		}
		for i := range rows {
			r := &rows[i]
			n.Hide = !named.Admits(desk.Spot(r.ID, r.UnitID, r.BranchID, r.PersonID, r.EventOn))
			row := questionRow(n, r, today)
			if n.Hide { // a unit has one head
				row.LinkKind = ""
			}
			out.Rows = append(out.Rows, row)
		}
		return nil
	})
	return out, err
}

// QuestionView is one leader question with its answer so far.
type QuestionView struct {
	QuestionRow
	Subject  desk.Ref        `json:"subject"`
	Reason   string          `json:"reason"`
	Proposer desk.Ref        `json:"proposed_by"`
	Approver desk.Ref        `json:"approved_by"`
	Can      map[string]bool `json:"can"`
}

// Question opens one leader question. Leadership readers must state a purpose.
func (a *Casework) Question(ctx context.Context, who *roster.Actor, id string, purpose ...string) (out QuestionView, err error) {
	var o readlog.Opened
	err = a.Read(ctx, who, "question.get", func(ctx context.Context, v *store.View) error {
		sc, err := a.Scope(ctx, v, who, roster.ActRead, roster.KindQuestion)
		if err != nil {
			return err
		}
		q, err := v.Question(ctx, id, sc)
		if err != nil {
			return err
		}
		if o, err = a.Opening(ctx, v, who, roster.KindQuestion, desk.Spot(q.ID, q.UnitID, q.BranchID, q.PersonID, q.EventOn),
			purpose); err != nil {
			return err
		}
		n, err := a.Names(ctx, v, who, []string{q.PersonID, q.SubjectID, q.ProposedBy, q.ApprovedBy}, []string{q.UnitID})
		if err != nil {
			return err
		}
		texts, err := v.Texts(ctx, q.ID)
		if err != nil {
			return err
		}
		out = QuestionView{QuestionRow: questionRow(n, q, a.Today()), Subject: n.Person(q.SubjectID), Reason: latest(texts[q.ID], "reason"),
			Proposer: n.Person(q.ProposedBy), Approver: n.Person(q.ApprovedBy), Can: map[string]bool{}}
		if q.State == inquiry.QuestionRaised {
			out.Reason = ""
		}
		for _, op := range []string{"question.track", "question.refuse", "question.approve", "question.reject"} {
			out.Can[op] = a.May(who, op)
		}
		if q.ProposedBy != "" && q.ProposedBy == who.Person { // never the same person twice
			out.Can["question.approve"] = false
		}
		out.Can["issue.read"], err = a.opensIssue(ctx, v, who, q.IssueID)
		return err
	})
	if err == nil {
		err = a.LogOpening(ctx, who, o)
	}
	if err != nil {
		return QuestionView{}, err
	}
	return out, nil
}

// SanctionCodes lists the sanctions of the pack in force, for a form.
func (a *Casework) SanctionCodes() []rules.Sanction { return a.Pack().Outcomes.Sanctions }

func questionRow(n desk.Names, q *inquiry.Question, today roster.Date) QuestionRow {
	return QuestionRow{
		ID: q.ID, Version: q.Version, Ref: q.Ref, IssueID: q.IssueID, CaseID: q.CaseID, Leader: n.Person(q.PersonID), Unit: n.Unit(q.UnitID),
		LinkKind: q.LinkKind, Triggers: q.TriggerList(), State: q.State, EventOn: q.EventOn, RaisedOn: q.RaisedOn, DueOn: q.DueOn,
		Overdue: q.Overdue(today), DecideTier: q.DecideTier, TrackID: q.TrackID,
	}
}
