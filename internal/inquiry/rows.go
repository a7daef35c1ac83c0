package inquiry

import (
	"strconv"
	"strings"

	"plumbline/internal/ledger"
	"plumbline/internal/roster"
)

// The report sections that the rows of this package feed. Keys: cases and
// questions by state, tracks by "<side>.<state>", decisions by form.
const (
	SectionCases     = "cases"
	SectionTracks    = "tracks"
	SectionQuestions = "questions"
	SectionDecisions = "decisions"
)

// Case is one formal inquiry about one subject, opened from an issue.
type Case struct {
	ledger.Stamp
	Ref      string      `bun:"ref"` // short random reference that people see
	IssueID  string      `bun:"issue_id"`
	UnitID   string      `bun:"unit_id"` // the subject's unit at the event date
	BranchID string      `bun:"branch_id" ledger:"-"`
	PersonID string      `bun:"person_id"` // the subject; "" when a unit is
	EventOn  roster.Date `bun:"event_on"`
	Category string      `bun:"category"`
	Severity int         `bun:"severity"`
	Pack     string      `bun:"pack"` // rule pack version that the case keeps
	State    CaseState   `bun:"state"`
	OpenedBy string      `bun:"opened_by"` // person id
	OpenedOn roster.Date `bun:"opened_on"`
	DueOn    roster.Date `bun:"due_on"` // end of the investigation clock
	ClosedBy string      `bun:"closed_by"`
	ClosedOn roster.Date `bun:"closed_on"`
}

// PlaceUnit gives the event-date unit.
func (c *Case) PlaceUnit() string { return c.UnitID }

// PlaceBranch sets the branch of today's tree.
func (c *Case) PlaceBranch(b string) { c.BranchID = b }

// Deltas feeds the section of cases.
func (c *Case) Deltas(emit func(section, unit, month, key string, n int64)) {
	emit(SectionCases, c.UnitID, c.OpenedOn.Month(), string(c.State), 1)
}

// Side says whom a track is about.
type Side string

// The two sides of a dual investigation.
const (
	SideOfficer Side = "officer"
	SideLeader  Side = "leader"
)

// Proof is one of the four things that a leader track proves.
type Proof string

// The state of a proof.
const (
	ProofOpen      Proof = ""
	ProofProved    Proof = "proved"
	ProofNotProved Proof = "not_proved"
)

// Class is how a leader answers: directly, mainly, or in an important part.
type Class string

// The classes of leadership responsibility.
const (
	ClassNone      Class = ""
	ClassDirect    Class = "direct"
	ClassMain      Class = "main"
	ClassImportant Class = "important"
)

// Result is what a leader track ends in.
type Result string

// The results; Fulfilled exonerates.
const (
	ResultNone         Result = ""
	ResultFulfilled    Result = "fulfilled"
	ResultPartly       Result = "partly"
	ResultNotFulfilled Result = "not_fulfilled"
	ResultNotInPost    Result = "not_in_post"
)

// Track is the inquiry into one person within a case.
type Track struct {
	ledger.Stamp
	CaseID     string            `bun:"case_id"`
	Side       Side              `bun:"side"`
	QuestionID string            `bun:"question_id"` // leader track: the question that it answers
	UnitID     string            `bun:"unit_id"`     // officer: unit at the event date; leader: the unit that he led from
	BranchID   string            `bun:"branch_id" ledger:"-"`
	PersonID   string            `bun:"person_id"`
	EventOn    roster.Date       `bun:"event_on"`
	DecideTier int               `bun:"decide_tier"` // team and body must sit at this tier or above (a smaller number)
	State      TrackState        `bun:"state"`
	OpenedOn   roster.Date       `bun:"opened_on"`
	Duty       Proof             `bun:"duty"`      // leader track: post and period
	Knowledge  Proof             `bun:"knowledge"` // knew or should have known
	Conduct    Proof             `bun:"conduct"`   // did or failed to do
	Link       Proof             `bun:"link"`      // contributed
	Class      Class             `bun:"class"`
	Result     Result            `bun:"result"`
	ProvedBy   string            `bun:"proved_by"`
	ProofC     ledger.Commitment `bun:"proof_c"` // grounds of the four proofs
	EndedC     ledger.Commitment `bun:"ended_c"` // why the track ended without finding
}

// PlaceUnit gives the unit of the track.
func (t *Track) PlaceUnit() string { return t.UnitID }

// PlaceBranch sets the branch of today's tree.
func (t *Track) PlaceBranch(b string) { t.BranchID = b }

// Deltas feeds the section of tracks.
func (t *Track) Deltas(emit func(section, unit, month, key string, n int64)) {
	emit(SectionTracks, t.UnitID, t.OpenedOn.Month(), string(t.Side)+"."+string(t.State), 1)
}

// Allegation is person × rule × event: the unit of finding.
type Allegation struct {
	ledger.Stamp
	CaseID   string            `bun:"case_id"`
	TrackID  string            `bun:"track_id"`
	UnitID   string            `bun:"unit_id"`
	BranchID string            `bun:"branch_id" ledger:"-"`
	PersonID string            `bun:"person_id"`
	EventOn  roster.Date       `bun:"event_on"`
	Category string            `bun:"category"`
	Rule     string            `bun:"rule"` // the provision said to be breached, as a short citation
	State    AllegationState   `bun:"state"`
	TextC    ledger.Commitment `bun:"text_c"`
}

// PlaceUnit gives the unit of the allegation.
func (a *Allegation) PlaceUnit() string { return a.UnitID }

// PlaceBranch sets the branch of today's tree.
func (a *Allegation) PlaceBranch(b string) { a.BranchID = b }

// Verdict is what a finding says.
type Verdict string

// The findings of the domain rules, section 8.
const (
	Sustained      Verdict = "sustained"
	NotSustained   Verdict = "not_sustained"
	Exonerated     Verdict = "exonerated"
	Unfounded      Verdict = "unfounded"
	SustainedOther Verdict = "sustained_other"
	PolicyFailure  Verdict = "policy_failure"
	NoFinding      Verdict = "no_finding"
)

// Verdicts lists the findings in the order of the rules.
var Verdicts = []Verdict{Sustained, NotSustained, Exonerated, Unfounded, SustainedOther, PolicyFailure, NoFinding}

// Counts reports whether the finding counts on the person's file.
func (v Verdict) Counts() bool { return v == Sustained || v == SustainedOther }

// Standard is the standard of proof that a finding was made to.
type Standard string

// The standards of proof.
const (
	Preponderance    Standard = "preponderance"
	ClearConvincing  Standard = "clear_convincing"
	BeyondReasonable Standard = "beyond_reasonable"
)

// Standards lists the standards, weakest first.
var Standards = []Standard{Preponderance, ClearConvincing, BeyondReasonable}

// Finding says whether one allegation is true; recommended by an investigator,
// final by an adjudicator.
type Finding struct {
	ledger.Stamp
	CaseID        string            `bun:"case_id"`
	TrackID       string            `bun:"track_id"`
	AllegationID  string            `bun:"allegation_id"`
	UnitID        string            `bun:"unit_id"`
	BranchID      string            `bun:"branch_id" ledger:"-"`
	PersonID      string            `bun:"person_id"`
	EventOn       roster.Date       `bun:"event_on"`
	State         FindingState      `bun:"state"`
	Recommended   Verdict           `bun:"recommended"`
	Final         Verdict           `bun:"final"`
	Standard      Standard          `bun:"standard"`
	RecommendedBy string            `bun:"recommended_by"`
	ServedOn      roster.Date       `bun:"served_on"`
	ReplyDueOn    roster.Date       `bun:"reply_due_on"`
	ConfirmedBy   string            `bun:"confirmed_by"`
	FinalOn       roster.Date       `bun:"final_on"`
	ReasonC       ledger.Commitment `bun:"reason_c"`       // grounds of the recommendation
	FinalReasonC  ledger.Commitment `bun:"final_reason_c"` // grounds of the adjudicator
}

// PlaceUnit gives the unit of the finding.
func (f *Finding) PlaceUnit() string { return f.UnitID }

// PlaceBranch sets the branch of today's tree.
func (f *Finding) PlaceBranch(b string) { f.BranchID = b }

// Reply is what the subject says to a served finding, and the answer to it.
type Reply struct {
	ledger.Stamp
	CaseID     string            `bun:"case_id"`
	FindingID  string            `bun:"finding_id"`
	PersonID   string            `bun:"person_id"`
	Waived     bool              `bun:"waived"`
	FiledOn    roster.Date       `bun:"filed_on"`
	AnsweredBy string            `bun:"answered_by"`
	AnsweredOn roster.Date       `bun:"answered_on"`
	TextC      ledger.Commitment `bun:"text_c"`
	AnswerC    ledger.Commitment `bun:"answer_c"`
}

// Question asks whether the holder of a command link at the event date has to
// answer for an officer's act. It is a question and never a presumption.
type Question struct {
	ledger.Stamp
	Ref        string            `bun:"ref"`
	IssueID    string            `bun:"issue_id"`
	CaseID     string            `bun:"case_id"` // "" until a case is opened on the issue
	UnitID     string            `bun:"unit_id"` // the unit that the leader led from
	BranchID   string            `bun:"branch_id" ledger:"-"`
	PersonID   string            `bun:"person_id"` // the leader
	SubjectID  string            `bun:"subject_id"`
	EventOn    roster.Date       `bun:"event_on"`
	LinkKind   string            `bun:"link_kind"` // head, in_charge, point_leader
	LinkID     string            `bun:"link_id"`
	DecideTier int               `bun:"decide_tier"` // a refusal is approved at this tier or above
	Triggers   string            `bun:"triggers"`    // the triggers that raised it, separated by spaces
	State      QuestionState     `bun:"state"`
	RaisedOn   roster.Date       `bun:"raised_on"`
	DueOn      roster.Date       `bun:"due_on"`
	TrackID    string            `bun:"track_id"`
	ProposedBy string            `bun:"proposed_by"`
	ApprovedBy string            `bun:"approved_by"`
	ReasonC    ledger.Commitment `bun:"reason_c"`
}

// PlaceUnit gives the leader's unit.
func (q *Question) PlaceUnit() string { return q.UnitID }

// PlaceBranch sets the branch of today's tree.
func (q *Question) PlaceBranch(b string) { q.BranchID = b }

// Deltas feeds the section of questions.
func (q *Question) Deltas(emit func(section, unit, month, key string, n int64)) {
	emit(SectionQuestions, q.UnitID, q.RaisedOn.Month(), string(q.State), 1)
}

// TriggerList splits the triggers.
func (q *Question) TriggerList() []Trigger {
	var out []Trigger
	for _, t := range strings.Fields(q.Triggers) {
		out = append(out, Trigger(t))
	}
	return out
}

// TrackMember is one person put on a track.
type TrackMember struct {
	ledger.Stamp
	CaseID       string      `bun:"case_id"`
	TrackID      string      `bun:"track_id"`
	MemberID     string      `bun:"member_id"` // the person put on it, never its subject
	MemberUnitID string      `bun:"member_unit_id"`
	MemberTier   int         `bun:"member_tier"`
	Duty         MemberDuty  `bun:"duty"`
	AssignedBy   string      `bun:"assigned_by"`
	AssignedOn   roster.Date `bun:"assigned_on"`
	EndedOn      roster.Date `bun:"ended_on"` // "" while he is on it
}

// MemberDuty is what a member does on a track.
type MemberDuty string

// The duties on a track.
const (
	DutyInvestigator MemberDuty = "investigator"
	DutyAdjudicator  MemberDuty = "adjudicator"
)

// Decision is what a deciding body resolved on one track.
type Decision struct {
	ledger.Stamp
	CaseID     string            `bun:"case_id"`
	TrackID    string            `bun:"track_id"`
	UnitID     string            `bun:"unit_id"`
	BranchID   string            `bun:"branch_id" ledger:"-"`
	PersonID   string            `bun:"person_id"`
	EventOn    roster.Date       `bun:"event_on"`
	Form       int               `bun:"form"`     // 1 to 4; 0 no handling
	Sanction   string            `bun:"sanction"` // code of the pack, "" for none
	Months     int               `bun:"months"`   // period of the sanction
	State      DecisionState     `bun:"state"`
	ProposedBy string            `bun:"proposed_by"`
	DecidedBy  string            `bun:"decided_by"` // who recorded the body's decision
	DecidedOn  roster.Date       `bun:"decided_on"`
	Members    string            `bun:"members"` // person ids of the body, separated by spaces
	ReasonC    ledger.Commitment `bun:"reason_c"`
}

// PlaceUnit gives the unit of the decision.
func (d *Decision) PlaceUnit() string { return d.UnitID }

// PlaceBranch sets the branch of today's tree.
func (d *Decision) PlaceBranch(b string) { d.BranchID = b }

// Deltas feeds the section of decisions: people dealt with, by form.
func (d *Decision) Deltas(emit func(section, unit, month, key string, n int64)) {
	if d.State == DecisionDecided && d.Form > 0 {
		emit(SectionDecisions, d.UnitID, d.DecidedOn.Month(), strconv.Itoa(d.Form), 1)
	}
}

// MemberList splits the members of the body.
func (d *Decision) MemberList() []string { return strings.Fields(d.Members) }

// Interest is why somebody is a party.
type Interest string

// The interests that bar a person from a thing.
const (
	InterestSubject     Interest = "subject"
	InterestComplainant Interest = "complainant"
	InterestWitness     Interest = "witness"
	InterestRelative    Interest = "relative"
)

// Interests lists the interests.
var Interests = []Interest{InterestSubject, InterestComplainant, InterestWitness, InterestRelative}

// Party bars one person from one issue or case: to be barred is not to see.
type Party struct {
	ledger.Stamp
	ObjectKind string      `bun:"object_kind"` // issue, case
	ObjectID   string      `bun:"object_id"`
	PersonID   string      `bun:"person_id"`
	Interest   Interest    `bun:"interest"`
	RecordedBy string      `bun:"recorded_by"`
	RecordedOn roster.Date `bun:"recorded_on"`
}
