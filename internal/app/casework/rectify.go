package casework

import (
	"context"

	"plumbline/internal/app/desk"
	"plumbline/internal/fault"
	"plumbline/internal/issue"
	"plumbline/internal/kinds"
	"plumbline/internal/ledger"
	"plumbline/internal/rectify"
	"plumbline/internal/roster"
	"plumbline/internal/store"
	"plumbline/internal/verbs"
)

// DispatchInput creates a task from an issue.
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

// Dispatch creates a rectification task from an issue. A triaged issue is rectifying
// from then on; a clue stays with its case.
func (a *Casework) Dispatch(ctx context.Context, who *roster.Actor, in DispatchInput) (id string, r desk.Receipt, err error) {
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

// newTask stores the task. Its owner must be able to open it.
func (a *Casework) newTask(ctx context.Context, tx *store.Tx, who *roster.Actor, i *issue.Issue,
	in DispatchInput) (*rectify.Rectification, []ledger.Fact, error) {
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
	return t, []ledger.Fact{{Verb: verbs.RectificationCreate, Kind: kinds.Rectification, ID: t.ID, Unit: t.UnitID}}, nil
}

// ownerSees refuses an owner who could not open the stored task. It does not
// distinguish a missing role from a bar, which may rest on who complained.
func (a *Casework) ownerSees(ctx context.Context, tx *store.Tx, t *rectify.Rectification) error {
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
	_, err = tx.Rectification(ctx, t.ID, sc, desk.LeadUnits(owner))
	if store.Missing(err) || fault.Is(err, fault.NotFoundKind) {
		return fault.Invalid("owner_cannot_see", "owner")
	}
	return err
}

// fillTask finds the lead department and the owner by code, name or number.
func (a *Casework) fillTask(ctx context.Context, tx *store.Tx, row *rectify.Rectification, in DispatchInput) error {
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

// TaskInput is one step of a task. Note is the evidence on submission, and the
// reason on return and recurrence.
type TaskInput struct {
	ID      string `json:"-"`
	Key     string `json:"-"`
	Version int64  `json:"version,omitempty"`
	Note    string `json:"note,omitempty"`
}

// taskStep performs one step of a task under the actor's scope.
func (a *Casework) taskStep(ctx context.Context, who *roster.Actor, op string, in TaskInput,
	step func(tx *store.Tx, r *rectify.Rectification) error) (desk.Receipt, error) {
	return desk.Step(ctx, a.Desk, who, desk.Write{Op: op, Key: in.Key, Body: in}, in.Version,
		func(ctx context.Context, tx *store.Tx, sc roster.Scope) (*rectify.Rectification, error) {
			return tx.Rectification(ctx, in.ID, sc, desk.LeadUnits(who))
		},
		func(ctx context.Context, tx *store.Tx, r *rectify.Rectification) error {
			if err := desk.Alter(ctx, tx, r, func(r *rectify.Rectification) error { return step(tx, r) }); err != nil {
				return err
			}
			return a.followTask(ctx, tx, who, r)
		})
}

// followTask closes an issue whose last task was struck off, unless a case has to
// close it.
func (a *Casework) followTask(ctx context.Context, tx *store.Tx, who *roster.Actor, r *rectify.Rectification) error {
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
	e, err := a.Ending(ctx, &tx.View, who, r.VerifiedBy, i.ID)
	if err != nil {
		return err
	}
	if err := i.Close(e, tx.Now()); err != nil {
		return err
	}
	return tx.SaveIssue(ctx, &before, i, issue.TimingOf(a.Pack()))
}

// AcceptTask accepts a task for the lead department.
func (a *Casework) AcceptTask(ctx context.Context, who *roster.Actor, in TaskInput) (desk.Receipt, error) {
	return a.taskStep(ctx, who, "rectification.accept", in,
		func(tx *store.Tx, r *rectify.Rectification) error { return r.Accept(who.Person) })
}

// ProgressTask records that work has begun.
func (a *Casework) ProgressTask(ctx context.Context, who *roster.Actor, in TaskInput) (desk.Receipt, error) {
	return a.taskStep(ctx, who, "rectification.progress", in, func(tx *store.Tx, r *rectify.Rectification) error { return r.Progress() })
}

// SubmitTask submits a task with its evidence note.
func (a *Casework) SubmitTask(ctx context.Context, who *roster.Actor, in TaskInput) (desk.Receipt, error) {
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
func (a *Casework) VerifyTask(ctx context.Context, who *roster.Actor, in TaskInput) (desk.Receipt, error) {
	return a.taskStep(ctx, who, "rectification.verify", in, func(tx *store.Tx, r *rectify.Rectification) error {
		return r.Verify(who.Person, roster.DateOf(tx.Now(), a.Zone()))
	})
}

// ReturnTask returns a task with a reason.
func (a *Casework) ReturnTask(ctx context.Context, who *roster.Actor, in TaskInput) (desk.Receipt, error) {
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
func (a *Casework) StrikeOffTask(ctx context.Context, who *roster.Actor, in TaskInput) (desk.Receipt, error) {
	return a.taskStep(ctx, who, "rectification.strike_off", in, func(tx *store.Tx, r *rectify.Rectification) error {
		return r.StrikeOff(who.Person, roster.DateOf(tx.Now(), a.Zone()))
	})
}

// RecurTask reopens a task because the problem came back.
func (a *Casework) RecurTask(ctx context.Context, who *roster.Actor, in TaskInput) (desk.Receipt, error) {
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
