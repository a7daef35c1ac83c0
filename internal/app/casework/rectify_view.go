package casework

import (
	"context"
	"slices"

	"plumbline/internal/app/desk"
	"plumbline/internal/app/readlog"
	"plumbline/internal/rectify"
	"plumbline/internal/roster"
	"plumbline/internal/store"
)

// RectificationRow is one line of the list of tasks.
type RectificationRow struct {
	ID           string        `json:"id"`
	Version      int64         `json:"version"`
	Ref          string        `json:"ref"`
	IssueID      string        `json:"issue_id"`
	CaseID       string        `json:"case_id"`
	Person       desk.Ref      `json:"person"`
	Unit         desk.Ref      `json:"unit"`
	Lead         desk.Ref      `json:"lead_unit"`
	Category     string        `json:"category"`
	State        rectify.State `json:"state"`
	DispatchedOn roster.Date   `json:"dispatched_on"`
	DueOn        roster.Date   `json:"due_on"`
	Overdue      bool          `json:"overdue"`
	Round        int           `json:"round"`
}

// RectificationPage is one page of the list of tasks.
type RectificationPage struct {
	Rows  []RectificationRow `json:"rows"`
	Total int64              `json:"total"`
	Next  string             `json:"next"`
}

// Rectifications lists tasks in the actor's scope, the earliest due first.
func (a *Casework) Rectifications(ctx context.Context, who *roster.Actor, f rectify.Filter,
	cursor string) (out RectificationPage, err error) {
	out.Rows = []RectificationRow{}
	out.Next, err = a.ReadPage(ctx, who, "rectification.list", cursor, desk.PageSize, func(ctx context.Context, v *store.View, sc roster.Scope, p *desk.Page) error {
		today, lead := a.Today(), desk.LeadUnits(who)
		after := p.After
		if len(after) != 2 {
			after = []string{"", ""}
		}
		if out.Total, err = v.RectificationCount(ctx, f, sc, lead, today); err != nil {
			return err
		}
		rows, err := v.RectificationList(ctx, f, sc, lead, today, roster.Date(after[0]), after[1], p.Limit+1)
		if err != nil {
			return err
		}
		rows = desk.Cut(p, rows, func(r rectify.Rectification) []string { return []string{string(r.DueOn), r.ID} })
		var people, units []string
		for _, r := range rows {
			people, units = append(people, r.PersonID), append(units, r.UnitID, r.LeadUnitID)
		}
		n, named, err := a.ListNames(ctx, v, who, roster.KindRectification, people, units)
		if err != nil {
			return err
		}
		for i := range rows {
			r := &rows[i]
			n.Hide = !named.Admits(desk.Spot(r.ID, r.UnitID, r.BranchID, r.PersonID, r.EventOn)) && !slices.Contains(lead, r.LeadUnitID)
			out.Rows = append(out.Rows, taskRow(n, r, today))
		}
		return nil
	})
	return out, err
}

// RectificationView is one task with its notes.
type RectificationView struct {
	RectificationRow
	EventOn     roster.Date     `json:"event_on"`
	Severity    int             `json:"severity,omitempty"` // of the issue, for those who may open it
	Peak        int             `json:"peak,omitempty"`     // highest severity that the issue ever had, for the same
	Task        string          `json:"task"`
	Evidence    string          `json:"evidence"`
	Note        string          `json:"note"`
	Owner       desk.Ref        `json:"owner"`
	Dispatched  desk.Ref        `json:"dispatched_by"`
	Accepted    desk.Ref        `json:"accepted_by"`
	Submitted   desk.Ref        `json:"submitted_by"`
	SubmittedOn roster.Date     `json:"submitted_on"`
	Verified    desk.Ref        `json:"verified_by"`
	VerifiedOn  roster.Date     `json:"verified_on"`
	Struck      desk.Ref        `json:"struck_by"`
	StruckOn    roster.Date     `json:"struck_on"`
	History     []TaskLine      `json:"history"` // every step of every round
	Can         map[string]bool `json:"can"`     // operations that role and state allow
}

// TaskLine is one step of a task, with its note.
type TaskLine struct {
	HistoryLine
	Text string `json:"text,omitempty"`
}

var taskSteps = map[string]rectify.State{
	"rectification.accept": rectify.Accepted, "rectification.progress": rectify.InProgress, "rectification.submit": rectify.Submitted,
	"rectification.verify": rectify.Verified, "rectification.return": rectify.Returned, "rectification.strike_off": rectify.StruckOff,
	"rectification.recur": rectify.Recurred,
}

// Rectification opens one task. Leadership readers must state a purpose.
func (a *Casework) Rectification(ctx context.Context, who *roster.Actor, id string, purpose ...string) (out RectificationView, err error) {
	var o readlog.Opened
	err = a.Read(ctx, who, "rectification.get", func(ctx context.Context, v *store.View) error {
		sc, err := a.Scope(ctx, v, who, roster.ActRead, roster.KindRectification)
		if err != nil {
			return err
		}
		r, err := v.Rectification(ctx, id, sc, desk.LeadUnits(who))
		if err != nil {
			return err
		}
		if !slices.Contains(desk.LeadUnits(who), r.LeadUnitID) {
			if o, err = a.Opening(ctx, v, who, roster.KindRectification, desk.Spot(r.ID, r.UnitID, r.BranchID, r.PersonID, r.EventOn),
				purpose); err != nil {
				return err
			}
		}
		n, err := a.Names(ctx, v, who, []string{r.PersonID, r.OwnerID, r.DispatchedBy, r.AcceptedBy, r.SubmittedBy, r.VerifiedBy,
			r.StruckBy},
			[]string{r.UnitID, r.LeadUnitID})
		if err != nil {
			return err
		}
		texts, err := v.Texts(ctx, r.ID)
		if err != nil {
			return err
		}
		t := texts[r.ID]
		out = RectificationView{
			RectificationRow: taskRow(n, r, a.Today()), EventOn: r.EventOn, Task: t["task"], Evidence: latest(t,
				"evidence"), Note: latest(t, "note"),
			Owner: n.Person(r.OwnerID), Dispatched: n.Person(r.DispatchedBy), Accepted: n.Person(r.AcceptedBy), Submitted: n.Person(r.SubmittedBy),
			SubmittedOn: r.SubmittedOn, Verified: n.Person(r.VerifiedBy), VerifiedOn: r.VerifiedOn, Struck: n.Person(r.StruckBy), StruckOn: r.StruckOn,
			Can: map[string]bool{},
		}
		if out.History, err = taskHistory(ctx, v, r.ID, t); err != nil {
			return err
		}
		for op, to := range taskSteps {
			out.Can[op] = r.State.Can(to) && a.May(who, op)
		}
		if out.Can["issue.read"], err = a.opensIssue(ctx, v, who, r.IssueID); err != nil || !out.Can["issue.read"] {
			return err
		}
		i, err := v.Issue(ctx, r.IssueID, desk.Everything)
		if err != nil {
			return err
		}
		peaks, err := v.PeaksOf(ctx, i.ID)
		out.Severity, out.Peak = i.Severity, max(i.Severity, peaks[i.ID])
		return err
	})
	if err == nil {
		err = a.LogOpening(ctx, who, o)
	}
	if err != nil {
		return RectificationView{}, err
	}
	return out, nil
}

// taskHistory reads the steps from the ledger. Each step raises the version by one,
// and a text is stored under the version that its step found, so that the evidence
// of an earlier round stands beside the return that answered it.
func taskHistory(ctx context.Context, v *store.View, id string, texts map[string]string) ([]TaskLine, error) {
	entries, err := v.EntriesOf(ctx, id)
	if err != nil {
		return nil, err
	}
	out, version := []TaskLine{}, int64(0)
	for _, e := range entries {
		if _, step := taskSteps[e.Verb]; !step && e.Verb != "rectification.create" {
			continue
		}
		l := TaskLine{HistoryLine: HistoryLine{e.Seq, e.At, e.Verb}}
		switch e.Verb {
		case "rectification.submit":
			l.Text = texts[desk.NumberedField("evidence", version)]
		case "rectification.return", "rectification.recur":
			l.Text = texts[desk.NumberedField("note", version)]
		}
		version++
		out = append(out, l)
	}
	return out, nil
}

func taskRow(n desk.Names, r *rectify.Rectification, today roster.Date) RectificationRow {
	return RectificationRow{
		ID: r.ID, Version: r.Version, Ref: r.Ref, IssueID: r.IssueID, CaseID: r.CaseID, Person: n.Person(r.PersonID), Unit: n.Unit(r.UnitID),
		Lead: n.Unit(r.LeadUnitID), Category: r.Category, State: r.State, DispatchedOn: r.DispatchedOn, DueOn: r.DueOn, Overdue: r.Overdue(today), Round: r.Round,
	}
}
