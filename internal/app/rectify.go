package app

import (
	"context"
	"slices"

	"plumbline/internal/app/desk"
	"plumbline/internal/fault"
	"plumbline/internal/issue"
	"plumbline/internal/ledger"
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
	Person       desk.Named    `json:"person"`
	Unit         desk.Named    `json:"unit"`
	Lead         desk.Named    `json:"lead_unit"`
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

// leadUnits are the units for whose tasks the actor answers as lead department
// or head, wherever the issue arose.
func leadUnits(who *roster.Actor) []string {
	var units []string
	for _, h := range who.Held {
		if h.Role == roster.RoleLeadDepartment || h.Role == roster.RoleUnitHead {
			units = append(units, h.Unit)
		}
	}
	return units
}

// Rectifications lists tasks in the actor's scope, the earliest due first.
func (a *App) Rectifications(ctx context.Context, who *roster.Actor, f rectify.Filter, cursor string) (out RectificationPage, err error) {
	out.Rows = []RectificationRow{}
	after, err := a.OpenCursor(who, "rectification.list", cursor)
	if err != nil {
		return out, err
	}
	if len(after) != 2 {
		after = []string{"", ""}
	}
	err = a.Read(ctx, who, "rectification.list", func(ctx context.Context, v *store.View) error {
		sc, err := a.Scope(ctx, v, who, roster.ActList, roster.KindRectification)
		if err != nil {
			return err
		}
		today, lead := a.Today(), leadUnits(who)
		if out.Total, err = v.RectificationCount(ctx, f, sc, lead, today); err != nil {
			return err
		}
		rows, err := v.RectificationList(ctx, f, sc, lead, today, roster.Date(after[0]), after[1], pageSize+1)
		if err != nil {
			return err
		}
		if len(rows) > pageSize {
			rows = rows[:pageSize]
			last := rows[pageSize-1]
			out.Next = a.SealCursor(who, "rectification.list", []string{string(last.DueOn), last.ID})
		}
		var people, units []string
		for _, r := range rows {
			people, units = append(people, r.PersonID), append(units, r.UnitID, r.LeadUnitID)
		}
		n, err := a.Names(ctx, v, who, people, units)
		if err != nil {
			return err
		}
		named, err := a.namedScope(ctx, v, who, roster.ActList, roster.KindRectification)
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

// RectificationView is one task with what was written about it.
type RectificationView struct {
	RectificationRow
	EventOn     roster.Date     `json:"event_on"`
	Severity    int             `json:"severity,omitempty"` // of the issue, for those who may open it
	Peak        int             `json:"peak,omitempty"`     // highest severity that the issue ever had, for the same
	Task        string          `json:"task"`
	Evidence    string          `json:"evidence"`
	Note        string          `json:"note"`
	Owner       desk.Named      `json:"owner"`
	Dispatched  desk.Named      `json:"dispatched_by"`
	Accepted    desk.Named      `json:"accepted_by"`
	Submitted   desk.Named      `json:"submitted_by"`
	SubmittedOn roster.Date     `json:"submitted_on"`
	Verified    desk.Named      `json:"verified_by"`
	VerifiedOn  roster.Date     `json:"verified_on"`
	Struck      desk.Named      `json:"struck_by"`
	StruckOn    roster.Date     `json:"struck_on"`
	History     []TaskLine      `json:"history"` // every step of every round
	Can         map[string]bool `json:"can"`     // operations that role and state allow
}

// TaskLine is one step that was taken on a task, with what was written then.
type TaskLine struct {
	HistoryLine
	Text string `json:"text,omitempty"`
}

var taskSteps = map[string]rectify.State{
	"rectification.accept": rectify.Accepted, "rectification.progress": rectify.InProgress, "rectification.submit": rectify.Submitted,
	"rectification.verify": rectify.Verified, "rectification.return": rectify.Returned, "rectification.strike_off": rectify.StruckOff,
	"rectification.recur": rectify.Recurred,
}

// Rectification opens one task. A purpose is asked of leadership readers.
func (a *App) Rectification(ctx context.Context, who *roster.Actor, id string, purpose ...string) (out RectificationView, err error) {
	var o opened
	err = a.Read(ctx, who, "rectification.get", func(ctx context.Context, v *store.View) error {
		sc, err := a.Scope(ctx, v, who, roster.ActRead, roster.KindRectification)
		if err != nil {
			return err
		}
		r, err := v.Rectification(ctx, id, sc, leadUnits(who))
		if err != nil {
			return err
		}
		if !slices.Contains(leadUnits(who), r.LeadUnitID) {
			if o, err = a.opening(ctx, v, who, roster.KindRectification, desk.Spot(r.ID, r.UnitID, r.BranchID, r.PersonID, r.EventOn), purpose); err != nil {
				return err
			}
		}
		n, err := a.Names(ctx, v, who, []string{r.PersonID, r.OwnerID, r.DispatchedBy, r.AcceptedBy, r.SubmittedBy, r.VerifiedBy, r.StruckBy},
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
			RectificationRow: taskRow(n, r, a.Today()), EventOn: r.EventOn, Task: t["task"], Evidence: latest(t, "evidence"), Note: latest(t, "note"),
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
		err = a.logOpening(ctx, who, o)
	}
	if err != nil {
		return RectificationView{}, err
	}
	return out, nil
}

// taskHistory reads the steps from the ledger. Each raised the version by one,
// and a text is kept under the version that its step found: so an earlier
// round's evidence stands beside the return that answered it.
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

// DispatchInput makes a task from an issue.
type DispatchInput struct {
	IssueID string      `json:"-"`
	Key     string      `json:"-"`
	Lead    string      `json:"lead_unit,omitempty"` // unit code; the issue's own unit if empty
	Owner   string      `json:"owner,omitempty"`     // personnel number
	DueOn   roster.Date `json:"due_on,omitempty"`    // the pack's clock if empty
	Task    string      `json:"task"`
}

// Validate judges the input by itself.
func (in DispatchInput) Validate() error {
	var wrong *fault.Error
	if _, err := roster.ParseDate(string(in.DueOn)); err != nil {
		wrong = fault.As(err).WithField("due_on")
	}
	return fault.Join(desk.RequireText("task", in.Task), wrong)
}

// Dispatch makes a rectification task from an issue. An issue that was triaged
// is rectifying from then on; a clue stays with its case.
func (a *App) Dispatch(ctx context.Context, who *roster.Actor, in DispatchInput) (id string, r desk.Receipt, err error) {
	const op = "rectification.create"
	r, err = a.Write(ctx, who, desk.Write{Op: op, Key: in.Key, Body: in}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		sc, err := a.Scope(ctx, &tx.View, who, roster.ActCreate, roster.KindRectification)
		if err != nil {
			return nil, "", err
		}
		i, err := tx.Issue(ctx, in.IssueID, sc)
		if err != nil {
			return nil, "", err
		}
		if !i.State.Live() || i.State == issue.Closed {
			return nil, "", fault.Conflict("issue_not_open")
		}
		t, facts, err := a.newTask(ctx, tx, who, i, in)
		if err != nil {
			return nil, "", err
		}
		if before := *i; i.State != issue.Clue && i.Rectify(a.Pack().Review, tx.Now()) == nil {
			if err := tx.SaveIssue(ctx, &before, i, issue.TimingOf(a.Pack())); err != nil {
				return nil, "", err
			}
		}
		id = t.ID
		return facts, t.ID, nil
	})
	return desk.PickID(id, r), r, err
}

// newTask stores the task that follows from an issue. Whoever is to answer for
// it must be able to open it.
func (a *App) newTask(ctx context.Context, tx *store.Tx, who *roster.Actor, i *issue.Issue, in DispatchInput) (*rectify.Rectification, []ledger.Fact, error) {
	if who.Person != "" && who.Person == i.PersonID {
		return nil, nil, fault.Forbidden("guard_subject")
	}
	row := rectify.Rectification{
		Ref: issue.NewRef(), IssueID: i.ID, CaseID: i.CaseID, UnitID: i.UnitID, PersonID: i.PersonID, EventOn: i.EventOn,
		Category: i.Category, LeadUnitID: i.UnitID, DueOn: in.DueOn,
	}
	if err := a.fillTask(ctx, tx, &row, in); err != nil {
		return nil, nil, err
	}
	t, err := rectify.Dispatch(a.Pack(), row, who.Person, roster.DateOf(tx.Now(), a.Zone()))
	if err != nil {
		return nil, nil, err
	}
	t.ID = tx.NewID()
	if t.TaskC, err = tx.PutText(ctx, t.ID, "task", in.Task); err != nil {
		return nil, nil, err
	}
	if err := tx.Insert(ctx, t); err != nil {
		return nil, nil, err
	}
	if err := a.ownerSees(ctx, tx, t); err != nil {
		return nil, nil, err
	}
	return t, []ledger.Fact{{Verb: "rectification.create", Kind: "rectification", ID: t.ID, Unit: t.UnitID}}, nil
}

// ownerSees refuses an owner to whom the task, which is stored, does not open.
// It does not tell a missing role from a bar, which may rest on who complained.
func (a *App) ownerSees(ctx context.Context, tx *store.Tx, t *rectify.Rectification) error {
	if t.OwnerID == "" {
		return nil
	}
	account, err := tx.AccountOfPerson(ctx, t.OwnerID)
	if err != nil {
		return err
	}
	if account == "" {
		return fault.Invalid("owner_no_account", "owner")
	}
	owner, err := a.ActorOf(ctx, &tx.View, account)
	if fault.Is(err, fault.Unauth) {
		return fault.Invalid("owner_no_account", "owner")
	}
	if err != nil {
		return err
	}
	sc, err := a.Scope(ctx, &tx.View, owner, roster.ActRead, roster.KindRectification)
	if err != nil {
		return err
	}
	_, err = tx.Rectification(ctx, t.ID, sc, leadUnits(owner))
	if store.Missing(err) || fault.Is(err, fault.NotFoundKind) {
		return fault.Invalid("owner_cannot_see", "owner")
	}
	return err
}

// fillTask finds the lead department and the owner by what people call them.
func (a *App) fillTask(ctx context.Context, tx *store.Tx, row *rectify.Rectification, in DispatchInput) error {
	if in.Lead != "" {
		tree, err := a.Tree(ctx, &tx.View)
		if err != nil {
			return err
		}
		row.LeadUnitID = ""
		for _, u := range tree.Units() {
			if u.Code == in.Lead && u.State == roster.UnitActive {
				row.LeadUnitID = u.ID
			}
		}
		if row.LeadUnitID == "" {
			return fault.Invalid("unit_unknown", "lead_unit")
		}
	}
	if in.Owner != "" {
		p, err := tx.PersonByNumber(ctx, in.Owner)
		if store.Missing(err) {
			return fault.Invalid("person_unknown", "owner")
		}
		if err != nil {
			return err
		}
		row.OwnerID = p.ID
	}
	return nil
}

// TaskInput is one step of a task; Note is the evidence on submission and the
// reason on return and recurrence.
type TaskInput struct {
	ID      string `json:"-"`
	Key     string `json:"-"`
	Version int64  `json:"version,omitempty"`
	Note    string `json:"note,omitempty"`
}

// step runs one step of a task under the actor's scope.
func (a *App) taskStep(ctx context.Context, who *roster.Actor, op string, in TaskInput, step func(tx *store.Tx, r *rectify.Rectification) error) (desk.Receipt, error) {
	return a.Write(ctx, who, desk.Write{Op: op, Key: in.Key, Body: in}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		route, _ := a.Route(op)
		sc, err := a.Scope(ctx, &tx.View, who, route.Act, route.Kind)
		if err != nil {
			return nil, "", err
		}
		r, err := tx.Rectification(ctx, in.ID, sc, leadUnits(who))
		if err != nil {
			return nil, "", err
		}
		if err := desk.SameVersion(r.Version, in.Version); err != nil {
			return nil, "", err
		}
		err = desk.Alter(ctx, tx, r, func(r *rectify.Rectification) error { return step(tx, r) })
		if err != nil {
			return nil, "", err
		}
		if err := a.followTask(ctx, tx, who, r); err != nil {
			return nil, "", err
		}
		return []ledger.Fact{{Verb: op, Kind: "rectification", ID: r.ID, Unit: r.UnitID}}, r.ID, nil
	})
}

// followTask closes an issue whose last task was struck off, unless a case
// has to close it.
func (a *App) followTask(ctx context.Context, tx *store.Tx, who *roster.Actor, r *rectify.Rectification) error {
	if r.State != rectify.StruckOff {
		return nil
	}
	tasks, err := tx.RectificationsOfIssue(ctx, r.IssueID)
	if err != nil {
		return err
	}
	for _, t := range tasks {
		if t.State != rectify.StruckOff {
			return nil
		}
	}
	i, err := tx.Issue(ctx, r.IssueID, roster.Scope{All: true})
	if err != nil || i.State != issue.Rectifying {
		return err
	}
	before := *i
	e, err := a.ending(ctx, &tx.View, who, r.VerifiedBy, i.ID)
	if err != nil {
		return err
	}
	if err := i.Close(e, tx.Now()); err != nil {
		return err
	}
	return tx.SaveIssue(ctx, &before, i, issue.TimingOf(a.Pack()))
}

// AcceptTask takes a task on for the lead department.
func (a *App) AcceptTask(ctx context.Context, who *roster.Actor, in TaskInput) (desk.Receipt, error) {
	return a.taskStep(ctx, who, "rectification.accept", in, func(tx *store.Tx, r *rectify.Rectification) error { return r.Accept(who.Person) })
}

// ProgressTask says that work has begun.
func (a *App) ProgressTask(ctx context.Context, who *roster.Actor, in TaskInput) (desk.Receipt, error) {
	return a.taskStep(ctx, who, "rectification.progress", in, func(tx *store.Tx, r *rectify.Rectification) error { return r.Progress() })
}

// SubmitTask hands a task in with its evidence note.
func (a *App) SubmitTask(ctx context.Context, who *roster.Actor, in TaskInput) (desk.Receipt, error) {
	if f := desk.RequireText("note", in.Note); f != nil {
		return desk.Receipt{}, f
	}
	return a.taskStep(ctx, who, "rectification.submit", in, func(tx *store.Tx, r *rectify.Rectification) error {
		if err := r.Submit(who.Person, roster.DateOf(tx.Now(), a.Zone())); err != nil {
			return err
		}
		c, err := tx.PutText(ctx, r.ID, desk.NumberedField("evidence", r.Version), in.Note)
		r.EvidenceC = c
		return err
	})
}

// VerifyTask accepts the evidence of a task.
func (a *App) VerifyTask(ctx context.Context, who *roster.Actor, in TaskInput) (desk.Receipt, error) {
	return a.taskStep(ctx, who, "rectification.verify", in, func(tx *store.Tx, r *rectify.Rectification) error {
		return r.Verify(who.Person, roster.DateOf(tx.Now(), a.Zone()))
	})
}

// ReturnTask sends a task back with a reason.
func (a *App) ReturnTask(ctx context.Context, who *roster.Actor, in TaskInput) (desk.Receipt, error) {
	if f := desk.RequireText("note", in.Note); f != nil {
		return desk.Receipt{}, f
	}
	return a.taskStep(ctx, who, "rectification.return", in, func(tx *store.Tx, r *rectify.Rectification) error {
		if err := r.Return(who.Person); err != nil {
			return err
		}
		c, err := tx.PutText(ctx, r.ID, desk.NumberedField("note", r.Version), in.Note)
		r.NoteC = c
		return err
	})
}

// StrikeOffTask ends a verified task.
func (a *App) StrikeOffTask(ctx context.Context, who *roster.Actor, in TaskInput) (desk.Receipt, error) {
	return a.taskStep(ctx, who, "rectification.strike_off", in, func(tx *store.Tx, r *rectify.Rectification) error {
		return r.StrikeOff(who.Person, roster.DateOf(tx.Now(), a.Zone()))
	})
}

// RecurTask opens a task again because the problem came back.
func (a *App) RecurTask(ctx context.Context, who *roster.Actor, in TaskInput) (desk.Receipt, error) {
	if f := desk.RequireText("note", in.Note); f != nil {
		return desk.Receipt{}, f
	}
	return a.taskStep(ctx, who, "rectification.recur", in, func(tx *store.Tx, r *rectify.Rectification) error {
		if err := r.Recur(a.Pack(), who.Person, roster.DateOf(tx.Now(), a.Zone())); err != nil {
			return err
		}
		c, err := tx.PutText(ctx, r.ID, desk.NumberedField("note", r.Version), in.Note)
		r.NoteC = c
		return err
	})
}

func taskRow(n desk.Names, r *rectify.Rectification, today roster.Date) RectificationRow {
	return RectificationRow{
		ID: r.ID, Version: r.Version, Ref: r.Ref, IssueID: r.IssueID, CaseID: r.CaseID, Person: n.Person(r.PersonID), Unit: n.Unit(r.UnitID),
		Lead: n.Unit(r.LeadUnitID), Category: r.Category, State: r.State, DispatchedOn: r.DispatchedOn, DueOn: r.DueOn, Overdue: r.Overdue(today), Round: r.Round,
	}
}
