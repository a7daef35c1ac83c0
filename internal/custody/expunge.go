package custody

import (
	"slices"
	"time"

	"plumbline/internal/fault"
	"plumbline/internal/issue"
	"plumbline/internal/ledger"
	"plumbline/internal/roster"
	"plumbline/internal/rules"
)

// RecordKind is what can be expunged or held as a whole, with all that was said
// about it.
type RecordKind string

// The kinds of record.
const (
	IssueRecord RecordKind = "issue"
	AuditRecord RecordKind = "audit_record"
)

// RecordKinds lists them.
var RecordKinds = []RecordKind{IssueRecord, AuditRecord}

// Ground is why a record is expunged.
type Ground string

// The grounds. Only retention waits for the period of the rule pack; a court's
// order and an unlawful collection may reach a matter that is still open.
const (
	GroundRetention Ground = "retention"
	GroundCourt     Ground = "court"
	GroundUnlawful  Ground = "unlawful"
	GroundRequest   Ground = "request" // a person's lawful request
)

// Grounds lists them.
var Grounds = []Ground{GroundRetention, GroundCourt, GroundUnlawful, GroundRequest}

// ExpungementState is where an expungement stands; see the package doc.
type ExpungementState string

// The states of an expungement.
const (
	ExpungementProposed  ExpungementState = "proposed"
	ExpungementDone      ExpungementState = "expunged"
	ExpungementRefused   ExpungementState = "refused"
	ExpungementWithdrawn ExpungementState = "withdrawn"
)

// ExpungementStates lists the states in the order of their life.
var ExpungementStates = []ExpungementState{ExpungementProposed, ExpungementDone, ExpungementRefused, ExpungementWithdrawn}

// Expungement is the act of destroying the texts of a record.
type Expungement struct {
	ledger.Stamp
	Ref        string            `bun:"ref"`
	RecordKind RecordKind        `bun:"record_kind"`
	RecordID   string            `bun:"record_id"`
	RecordRef  string            `bun:"record_ref"` // what people call it; holds no content
	UnitID     string            `bun:"unit_id"`
	BranchID   string            `bun:"branch_id" ledger:"-"`
	PersonID   string            `bun:"person_id"` // the record's subject, for reach and bars
	EventOn    roster.Date       `bun:"event_on"`
	Ground     Ground            `bun:"ground"`
	State      ExpungementState  `bun:"state"`
	ProposedBy string            `bun:"proposed_by"` // account
	SettledBy  string            `bun:"settled_by"`  // account that approved, refused or withdrew
	SettledAt  *time.Time        `bun:"settled_at"`
	Records    int               `bun:"records"` // rows whose texts were destroyed
	ReasonC    ledger.Commitment `bun:"reason_c"`
	AnswerC    ledger.Commitment `bun:"answer_c"` // of a refusal
}

// PlaceUnit names the unit that the row belongs to.
func (e *Expungement) PlaceUnit() string { return e.UnitID }

// PlaceBranch takes the tier-2 unit of today's tree.
func (e *Expungement) PlaceBranch(branch string) { e.BranchID = branch }

// Tombstone stands for texts that were destroyed. It names their keys by
// number, so that a key store brought back from a copy forgets them again.
type Tombstone struct {
	ledger.Stamp
	RecordID      string `bun:"record_id"`
	ExpungementID string `bun:"expungement_id"`
	Texts         int    `bun:"texts"` // how many there were
	Keys          string `bun:"keys"`  // numbers with commas between them
}

// Subject is what is known of a record when its expungement is judged.
type Subject struct {
	Open      bool   // something is still to be done about it
	Outcome   string // class of the retention rule: finding code, "declared", "unmatched" or ""
	SettledOn roster.Date
	Held      bool // a legal hold is live
	Pending   bool // an expungement is proposed already
	Erased    bool
}

// OutcomeOf gives the retention class of an issue.
func OutcomeOf(i *issue.Issue) string {
	switch {
	case i.Finding != "":
		return i.Finding
	case !i.State.Live():
		return "withdrawn"
	case i.Source == issue.Self:
		return "declared"
	}
	return ""
}

// Propose judges a proposal.
func Propose(p *rules.Pack, e Expungement, s Subject, today roster.Date) (*Expungement, error) {
	switch {
	case !slices.Contains(Grounds, e.Ground):
		return nil, fault.Invalid("choice_unknown", "ground")
	case s.Erased:
		return nil, fault.Conflict("expunged_already")
	case s.Pending:
		return nil, fault.Conflict("expungement_pending")
	}
	if err := allowed(p, e.Ground, s, today); err != nil {
		return nil, err
	}
	e.State, e.AnswerC = ExpungementProposed, ledger.Commitment{}
	return &e, nil
}

// allowed says whether the record may go now. It is asked when the expungement
// is proposed and again at each approval: a hold may have come between.
func allowed(p *rules.Pack, g Ground, s Subject, today roster.Date) error {
	if s.Held {
		return fault.Conflict("legal_hold")
	}
	if g == GroundCourt || g == GroundUnlawful {
		return nil
	}
	if s.Open {
		return fault.Conflict("expungement_open")
	}
	if g == GroundRetention {
		if until := p.Retention.Until(s.Outcome, s.SettledOn.Time()); today.Time().Before(until) {
			return fault.Conflict("retention_runs", "Until", until.Format(time.DateOnly))
		}
	}
	return nil
}

// Approvers is how many must approve an expungement, its proposer not counted.
// What is destroyed cannot be brought back, so it takes three people in all.
const Approvers = 2

// ExpungementApproval is one person's agreement to an expungement.
type ExpungementApproval struct {
	ledger.Stamp
	ExpungementID string `bun:"expungement_id"`
	AccountID     string `bun:"account_id"`
}

// Approve judges the agreement of one more person, after those given before.
// It reports whether that was the last one wanted: then the expungement is
// done, and the keys are destroyed. Until then it stays proposed, and is judged
// anew by each approver, because a hold may have come between.
func (e *Expungement) Approve(p *rules.Pack, s Subject, before []ExpungementApproval, by string, today roster.Date,
	now time.Time) (done bool, err error) {
	settled := *e
	if err := settled.decide(ExpungementDone, now); err != nil {
		return false, err
	}
	switch {
	case by == e.ProposedBy:
		return false, fault.Forbidden("guard_same_person")
	case slices.ContainsFunc(before, func(a ExpungementApproval) bool { return a.AccountID == by }):
		return false, fault.Conflict("expungement_approved", "Approvals", len(before), "Approvers", Approvers)
	}
	if err := allowed(p, e.Ground, s, today); err != nil || len(before)+1 < Approvers {
		return false, err
	}
	settled.SettledBy = by
	*e = settled
	return true, nil
}

// Refuse is another person's no; one is enough.
func (e *Expungement) Refuse(by string, now time.Time) error {
	if err := e.decide(ExpungementRefused, now); err != nil {
		return err
	}
	if by == e.ProposedBy {
		return fault.Forbidden("guard_same_person")
	}
	e.SettledBy = by
	return nil
}

// Withdraw is the proposer's own step back.
func (e *Expungement) Withdraw(by string, now time.Time) error {
	if by != e.ProposedBy {
		return fault.Forbidden("expungement_not_yours")
	}
	e.SettledBy = by
	return e.decide(ExpungementWithdrawn, now)
}

func (e *Expungement) decide(to ExpungementState, now time.Time) error {
	if e.State != ExpungementProposed {
		return fault.Conflict("expungement_state", "State", string(e.State))
	}
	e.State, e.SettledAt = to, &now
	return nil
}

// HoldState is where a legal hold stands.
type HoldState string

// The states of a hold.
const (
	HoldLive   HoldState = "live"
	HoldLifted HoldState = "lifted"
)

// Hold keeps a record from being expunged, whatever the period says.
type Hold struct {
	ledger.Stamp
	RecordKind RecordKind        `bun:"record_kind"`
	RecordID   string            `bun:"record_id"`
	RecordRef  string            `bun:"record_ref"`
	UnitID     string            `bun:"unit_id"`
	BranchID   string            `bun:"branch_id" ledger:"-"`
	PersonID   string            `bun:"person_id"`
	EventOn    roster.Date       `bun:"event_on"`
	State      HoldState         `bun:"state"`
	PlacedBy   string            `bun:"placed_by"`
	LiftedBy   string            `bun:"lifted_by"`
	ReasonC    ledger.Commitment `bun:"reason_c"`
	LiftC      ledger.Commitment `bun:"lift_c"`
}

// PlaceUnit names the unit that the row belongs to.
func (h *Hold) PlaceUnit() string { return h.UnitID }

// PlaceBranch takes the tier-2 unit of today's tree.
func (h *Hold) PlaceBranch(branch string) { h.BranchID = branch }

// Lift ends the hold; not by the one who placed it.
func (h *Hold) Lift(by string) error {
	if h.State != HoldLive {
		return fault.Conflict("hold_lifted")
	}
	if by == h.PlacedBy {
		return fault.Forbidden("guard_same_person")
	}
	h.State, h.LiftedBy = HoldLifted, by
	return nil
}
