package selfcheck

import (
	"time"

	"plumbline/internal/fault"
	"plumbline/internal/ledger"
	"plumbline/internal/roster"
)

// State is the state of a submission.
type State string

// The states; see the package doc for the table.
const (
	Assigned  State = "assigned"
	Submitted State = "submitted"
	Returned  State = "returned"
	Accepted  State = "accepted"
	Locked    State = "locked"
	Excused   State = "excused"
)

// States lists the states in order of life.
var States = []State{Assigned, Submitted, Returned, Accepted, Locked, Excused}

// Filed reports whether a list in this state counts as filed. A returned list
// does not.
func (s State) Filed() bool { return s == Submitted || s == Accepted || s == Locked }

// submissionMoves is the whole table: state and act give the next state.
var submissionMoves = map[State]map[string]State{
	Assigned:  {"submit": Submitted, "excuse": Excused},
	Submitted: {"return": Returned, "accept": Accepted, "lock": Locked},
	Accepted:  {"lock": Locked},
	Returned:  {"submit": Submitted, "excuse": Excused},
	Excused:   {"restore": Assigned}, // returned, where it had been filed before
}

// Submission is one list that a person or a unit owes in a campaign, and what
// became of it. Its answers_digest covers the answers of its current round.
type Submission struct {
	ledger.Stamp
	CampaignID     string            `bun:"campaign_id"`
	ChecklistID    string            `bun:"checklist_id"`
	Audience       Audience          `bun:"audience"`
	PersonID       string            `bun:"person_id"` // "" for a unit's own list
	UnitID         string            `bun:"unit_id"`   // unit on the roster of the campaign
	BranchID       string            `bun:"branch_id" ledger:"-"`
	ReviewUnitID   string            `bun:"review_unit_id"` // unit whose head reviews it
	EventOn        roster.Date       `bun:"event_on"`       // since when it is owed
	State          State             `bun:"state"`
	Round          int64             `bun:"round"` // how many times it was submitted
	FirstFiledAt   *time.Time        `bun:"first_filed_at"`
	FiledAt        *time.Time        `bun:"filed_at"`
	FiledBy        string            `bun:"filed_by"` // person who signed
	ReviewedAt     *time.Time        `bun:"reviewed_at"`
	ReviewedBy     string            `bun:"reviewed_by"`
	ReasonC        ledger.Commitment `bun:"reason_c"` // why it was excused
	AnswersDigest  []byte            `bun:"answers_digest"`
	NilItems       int64             `bun:"nil_items"`       // items answered nil, without those that name a leader
	DeclaredItems  int64             `bun:"declared_items"`  // items with an issue, without those that name a leader
	DeclaredIssues int64             `bun:"declared_issues"` // issues on those items
	Fingerprint    int64             `bun:"fingerprint"`     // similarity hash of the declared text, 0 for none
}

// PlaceUnit is the unit on the roster.
func (s *Submission) PlaceUnit() string { return s.UnitID }

// PlaceBranch sets the tier-2 branch of today's tree.
func (s *Submission) PlaceBranch(branch string) { s.BranchID = branch }

// SubmissionReturn keeps one return with its reason.
type SubmissionReturn struct {
	ledger.Stamp
	SubmissionID string            `bun:"submission_id"`
	Round        int64             `bun:"round"`
	ReturnedBy   string            `bun:"returned_by"` // person
	ReasonC      ledger.Commitment `bun:"reason_c"`
}

// RosterAmendment is a dated change of who owes what after opening.
type RosterAmendment struct {
	ledger.Stamp
	CampaignID   string            `bun:"campaign_id"`
	SubmissionID string            `bun:"submission_id"`
	Change       Change            `bun:"change"`
	FromUnitID   string            `bun:"from_unit_id"`
	ToUnitID     string            `bun:"to_unit_id"`
	EffectiveOn  roster.Date       `bun:"effective_on"`
	ReasonC      ledger.Commitment `bun:"reason_c"`
}

// Change is the kind of a roster amendment.
type Change string

// The kinds of amendment. A leaver is excused, which keeps the row.
const (
	Joined      Change = "joined"
	Transferred Change = "transferred"
	WasExcused  Change = "excused"
	WasRestored Change = "restored"
)

// Supplement is a dated addition to a locked list: one more issue.
type Supplement struct {
	ledger.Stamp
	SubmissionID string      `bun:"submission_id"`
	ItemNo       int64       `bun:"item_no"`
	IssueID      string      `bun:"issue_id"`
	PersonID     string      `bun:"person_id"`
	AddedOn      roster.Date `bun:"added_on"`
}

// NewSubmission makes the row for an owed list.
func NewSubmission(c *Campaign, o Owed, on roster.Date) *Submission {
	return &Submission{
		CampaignID: c.ID, ChecklistID: c.ChecklistID(o.Audience), Audience: o.Audience,
		PersonID: o.PersonID, UnitID: o.UnitID, ReviewUnitID: o.ReviewUnitID,
		EventOn: on, State: Assigned, AnswersDigest: []byte{}, ReasonC: ledger.Commitment{},
	}
}

// WasAccepted reports whether the reviewer accepted the list as it stands; a
// list that the end of the window locked unreviewed was not.
func (s *Submission) WasAccepted() bool {
	return s.State == Accepted || s.State == Locked && s.ReviewedAt != nil
}

// Move is the table: the state after the act, or a conflict that names the
// present state.
func (s Submission) Move(act string) (Submission, error) {
	next, ok := submissionMoves[s.State][act]
	if !ok {
		code := "submission_state"
		if act == "submit" && s.State.Filed() {
			code = "already_submitted"
		}
		return s, fault.Conflict(code, "State", string(s.State), "Act", act)
	}
	s.State = next
	return s, nil
}

// Accept closes the review with no objection.
func (s Submission) Accept(reviewer string, now time.Time) (Submission, error) {
	if reviewer == s.PersonID || reviewer == s.FiledBy {
		return s, fault.Forbidden("own_list")
	}
	n, err := s.Move("accept")
	n.ReviewedAt, n.ReviewedBy = &now, reviewer
	return n, err
}

// Return gives the list back with a reason. Once the respondent's unit has
// certified, the list is part of what was certified and cannot be returned.
func (s Submission) Return(reviewer, reason string, certified bool, now time.Time) (Submission, error) {
	if reviewer == s.PersonID || reviewer == s.FiledBy {
		return s, fault.Forbidden("own_list")
	}
	if err := CheckReason(reason); err != nil {
		return s, err
	}
	n, err := s.Move("return")
	if err == nil && certified {
		return s, fault.Conflict("unit_certified")
	}
	n.ReviewedAt, n.ReviewedBy = &now, reviewer
	return n, err
}

// Excuse takes the list out of what is owed, with a reason. The reason's
// commitment is set by the caller, who stores the text.
func (s Submission) Excuse(reason string, certified bool) (Submission, error) {
	if err := CheckReason(reason); err != nil {
		return s, err
	}
	n, err := s.Move("excuse")
	if err == nil && certified {
		return s, fault.Conflict("unit_certified")
	}
	return n, err
}

// Lock closes a filed list; it is done with the campaign.
func (s Submission) Lock() (Submission, error) { return s.Move("lock") }

// Transfer moves the list to another unit on the roster. A filed list stays
// where it was filed.
func (s Submission) Transfer(o Owed, certified bool) (Submission, error) {
	if s.State != Assigned && s.State != Returned {
		return s, fault.Conflict("submission_state", "State", string(s.State), "Act", "transfer")
	}
	if certified {
		return s, fault.Conflict("unit_certified")
	}
	s.UnitID, s.ReviewUnitID = o.UnitID, o.ReviewUnitID
	return s, nil
}

// CheckSupplement judges a dated addition: only to a locked list.
func (s Submission) CheckSupplement(c *Campaign, items []ChecklistItem, a ItemAnswer, today roster.Date) error {
	if s.State != Locked {
		return fault.Conflict("submission_state", "State", string(s.State), "Act", "supplement")
	}
	if a.Nil || len(a.Issues) != 1 {
		return fault.Invalid("supplement_one_issue", "issues")
	}
	if findItem(items, a.ItemNo) == nil {
		return fault.Invalid("answer_unknown_item", itemField(int(a.ItemNo)), "Item", a.ItemNo)
	}
	if a.Issues[0].IssueID != "" {
		return fault.Invalid("issue_not_yours", "issues")
	}
	if f := a.Check(c, today); f != nil {
		return f
	}
	return nil
}

// CheckReason judges a written reason: 2 to 1000 characters.
func CheckReason(reason string) error {
	n := len([]rune(reason))
	if n < 2 {
		return fault.Invalid("reason_required", "reason")
	}
	if n > 1000 {
		return fault.Invalid("too_long", "reason", "Max", 1000)
	}
	if f := checkControl(reason, "reason"); f != nil {
		return f
	}
	return nil
}
