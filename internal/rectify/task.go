package rectify

import (
	"net/url"
	"slices"

	"plumbline/internal/fault"
	"plumbline/internal/ledger"
	"plumbline/internal/roster"
	"plumbline/internal/rules"
)

// Section is the report section that tasks feed; keys are states.
const Section = "rectifications"

// State is where a task stands.
type State string

// The states of a task.
const (
	Dispatched State = "dispatched"
	Accepted   State = "accepted"
	InProgress State = "in_progress"
	Submitted  State = "submitted"
	Verified   State = "verified"
	StruckOff  State = "struck_off"
	Returned   State = "returned"
	Recurred   State = "recurred"
)

// States lists the states in the order of their life.
var States = []State{Dispatched, Accepted, InProgress, Submitted, Returned, Verified, StruckOff, Recurred}

// OpenStates are those in which something is still owed; only these can be
// overdue.
var OpenStates = []State{Dispatched, Accepted, InProgress, Submitted, Returned, Recurred}

var moves = map[State][]State{
	Dispatched: {Accepted},
	Accepted:   {InProgress, Submitted},
	InProgress: {Submitted},
	Returned:   {InProgress, Submitted},
	Recurred:   {InProgress, Submitted},
	Submitted:  {Verified, Returned},
	Verified:   {StruckOff, Recurred},
	StruckOff:  {Recurred},
}

// Can reports whether the state table has the step.
func (s State) Can(to State) bool { return slices.Contains(moves[s], to) }

// Done reports whether the close rule of a case counts the task as verified.
func (s State) Done() bool { return s == Verified || s == StruckOff }

// Rectification is one task that follows from an issue.
type Rectification struct {
	ledger.Stamp
	Ref          string            `bun:"ref"`
	IssueID      string            `bun:"issue_id"`
	CaseID       string            `bun:"case_id"` // "" outside a case
	UnitID       string            `bun:"unit_id"` // the issue's unit at the event date
	BranchID     string            `bun:"branch_id" ledger:"-"`
	PersonID     string            `bun:"person_id"` // the issue's subject, "" for a unit's issue
	EventOn      roster.Date       `bun:"event_on"`
	Category     string            `bun:"category"`
	LeadUnitID   string            `bun:"lead_unit_id"` // lead department
	OwnerID      string            `bun:"owner_id"`     // person who answers for the task, "" for the head
	State        State             `bun:"state"`
	DispatchedBy string            `bun:"dispatched_by"`
	DispatchedOn roster.Date       `bun:"dispatched_on"`
	DueOn        roster.Date       `bun:"due_on"`
	AcceptedBy   string            `bun:"accepted_by"`
	SubmittedBy  string            `bun:"submitted_by"`
	SubmittedOn  roster.Date       `bun:"submitted_on"`
	VerifiedBy   string            `bun:"verified_by"`
	VerifiedOn   roster.Date       `bun:"verified_on"`
	StruckBy     string            `bun:"struck_by"`
	StruckOn     roster.Date       `bun:"struck_on"`
	Round        int               `bun:"round"`      // 1, and one more for each return or recurrence
	TaskC        ledger.Commitment `bun:"task_c"`     // what is to be put right
	EvidenceC    ledger.Commitment `bun:"evidence_c"` // the last evidence note
	NoteC        ledger.Commitment `bun:"note_c"`     // why it was returned or found recurring
}

// PlaceUnit gives the event-date unit.
func (r *Rectification) PlaceUnit() string { return r.UnitID }

// PlaceBranch sets the branch of today's tree.
func (r *Rectification) PlaceBranch(b string) { r.BranchID = b }

// Deltas feeds the section of rectifications by state.
func (r *Rectification) Deltas(emit func(section, unit, month, key string, n int64)) {
	emit(Section, r.UnitID, r.DispatchedOn.Month(), string(r.State), 1)
}

// Overdue reports whether something is still owed after the due day.
func (r *Rectification) Overdue(today roster.Date) bool {
	return r.DueOn < today && slices.Contains(OpenStates, r.State)
}

// Dispatch makes a task. Without a due day the pack's clock gives it.
func Dispatch(p *rules.Pack, r Rectification, by string, today roster.Date) (*Rectification, error) {
	if r.LeadUnitID == "" {
		return nil, fault.Invalid("required", "lead_unit")
	}
	if r.DueOn == "" {
		r.DueOn = roster.Date(p.Clock("rectification").Due(today.Time()).Format("2006-01-02"))
	}
	if r.DueOn < today {
		return nil, fault.Invalid("date_past", "due_on")
	}
	r.State, r.DispatchedBy, r.DispatchedOn, r.Round = Dispatched, by, today, 1
	r.EvidenceC, r.NoteC = []byte{}, []byte{}
	return &r, nil
}

func (r *Rectification) move(to State) error {
	if !r.State.Can(to) {
		return fault.Conflict("rectification_state", "From", string(r.State), "To", string(to))
	}
	r.State = to
	return nil
}

// Accept takes the task on for the lead department.
func (r *Rectification) Accept(by string) error {
	if err := r.move(Accepted); err != nil {
		return err
	}
	r.AcceptedBy = by
	return nil
}

// Progress says that work has begun, or begun again.
func (r *Rectification) Progress() error { return r.move(InProgress) }

// Submit hands the task in; the caller stores the evidence note beside it.
func (r *Rectification) Submit(by string, today roster.Date) error {
	if err := r.move(Submitted); err != nil {
		return err
	}
	r.SubmittedBy, r.SubmittedOn = by, today
	return nil
}

// Verify accepts the evidence. Nobody verifies what he accepted, owns or
// submitted, and the subject of the issue verifies nothing.
func (r *Rectification) Verify(by string, today roster.Date) error {
	if err := r.mayJudge(by); err != nil {
		return err
	}
	if err := r.move(Verified); err != nil {
		return err
	}
	r.VerifiedBy, r.VerifiedOn = by, today
	return nil
}

// Return sends the task back with a reason that the caller stores.
func (r *Rectification) Return(by string) error {
	if err := r.mayJudge(by); err != nil {
		return err
	}
	if err := r.move(Returned); err != nil {
		return err
	}
	r.Round++
	return nil
}

// StrikeOff ends a verified task; it needs another person than the verifier.
func (r *Rectification) StrikeOff(by string, today roster.Date) error {
	if err := r.mayJudge(by); err != nil {
		return err
	}
	if r.State == Verified && by == r.VerifiedBy {
		return fault.Forbidden("guard_same_person")
	}
	if err := r.move(StruckOff); err != nil {
		return err
	}
	r.StruckBy, r.StruckOn = by, today
	return nil
}

// Recur opens the task again because the problem came back, with a new due day.
func (r *Rectification) Recur(p *rules.Pack, by string, today roster.Date) error {
	if err := r.mayJudge(by); err != nil {
		return err
	}
	if err := r.move(Recurred); err != nil {
		return err
	}
	r.Round++
	r.DueOn = roster.Date(p.Clock("rectification").Due(today.Time()).Format("2006-01-02"))
	r.VerifiedBy, r.VerifiedOn, r.StruckBy, r.StruckOn = "", "", "", ""
	return nil
}

func (r *Rectification) mayJudge(by string) error {
	switch by {
	case "":
		return fault.Forbidden("guard_same_person")
	case r.PersonID:
		return fault.Forbidden("guard_subject")
	case r.AcceptedBy, r.SubmittedBy, r.OwnerID:
		return fault.Forbidden("guard_own_work")
	}
	return nil
}

// Filter says which tasks a list shows; empty fields filter nothing.
type Filter struct {
	State    State
	Category string
	UnitID   string // and all below it
	Overdue  bool
	Open     bool   // something is still owed
	From, To string // months of dispatch, "2026-01", inclusive
}

// ParseFilter reads a filter from a query string's values. A value that is no
// code is refused: a typing error must not show a longer list.
func ParseFilter(q url.Values) (Filter, error) {
	states := make([]string, len(States))
	for i, s := range States {
		states[i] = string(s)
	}
	p := roster.NewQuery(q)
	f := Filter{
		State: State(p.OneOf("state", states...)), Category: p.Code("category"), UnitID: p.Code("unit"),
		From: p.Month("from"), To: p.Month("to"), Open: p.Flag("open"), Overdue: p.Flag("overdue"),
	}
	return f, p.Err()
}

// Values is the filter as query values; ParseFilter reads it back.
func (f Filter) Values() url.Values {
	flag := map[bool]string{true: "1"}
	return roster.QueryValues("state", string(f.State), "category", f.Category, "unit", f.UnitID, "from", f.From, "to", f.To,
		"open", flag[f.Open], "overdue", flag[f.Overdue])
}
