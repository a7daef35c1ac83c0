package issue

import (
	"crypto/rand"
	"time"

	"plumbline/internal/ledger"
	"plumbline/internal/roster"
)

// Source is where an issue came from.
type Source string

// The sources.
const (
	Self       Source = "self"       // declared in a self-check
	Audit      Source = "audit"      // an audit record whose match was confirmed
	Inspection Source = "inspection" // a discrepancy met on inspection
)

// Sources lists every source.
var Sources = []Source{Self, Audit, Inspection}

// State is where an issue is in its life.
type State string

// The states.
const (
	Registered State = "registered"
	Triaged    State = "triaged"
	Corrected  State = "corrected" // on the spot
	Rectifying State = "rectifying"
	Clue       State = "clue" // needs a disposition decision
	Merged     State = "merged"
	Rejected   State = "rejected"
	Withdrawn  State = "withdrawn"
	Closed     State = "closed"
	Reopened   State = "reopened"
)

// States lists every state in the order in which pages show them.
var States = []State{Registered, Triaged, Reopened, Corrected, Rectifying, Clue, Closed, Merged, Rejected, Withdrawn}

// Disclosure says when the person spoke of a matter that an audit record
// names. It is computed from records (see Settle) and set on audit issues only.
type Disclosure string

// The timings.
const (
	BeforeRecord  Disclosure = "before_record"
	BeforeContact Disclosure = "before_contact"
	AfterContact  Disclosure = "after_contact"
	NotDisclosed  Disclosure = "not_disclosed"
)

// Disclosures lists every timing.
var Disclosures = []Disclosure{BeforeRecord, BeforeContact, AfterContact, NotDisclosed}

// Concealment is the state of the question that an undisclosed audit issue
// raises. It is a question and never a presumption.
type Concealment string

// The states of the question; "" is none.
const (
	ConcealmentNone      Concealment = ""
	ConcealmentQuestion  Concealment = "question"
	ConcealmentConfirmed Concealment = "confirmed"
	ConcealmentDismissed Concealment = "dismissed"
)

// MaxSeverity is S5, suspected crime; S0 is the least.
const MaxSeverity = 5

// The two checklists, which a declared issue carries as its source code.
const (
	OfficersList = "officers"
	LeadersList  = "leaders"
)

// VerbCompare is the verb of the entries on issues that a filing altered besides
// its own: what was found is compared with what is declared now.
const VerbCompare = "issue.compare"

// Issue is one alleged fact.
type Issue struct {
	ledger.Stamp

	Ref        string `bun:"ref"`         // what people see: random, in no sequence
	Source     Source `bun:"source"`      //
	SourceCode string `bun:"source_code"` // audit: the source (petition …); self: the checklist (officers, leaders)
	Category   string `bun:"category"`
	ItemNo     int    `bun:"item_no"` // checklist item, 0 if none
	Severity   int    `bun:"severity"`

	PersonID string      `bun:"person_id"` // "" for a unit's own issue
	UnitID   string      `bun:"unit_id"`   // unit at the event date; an item naming a leader: the unit above that leader
	BranchID string      `bun:"branch_id" ledger:"-"`
	Tier     int         `bun:"tier"` // of UnitID
	EventOn  roster.Date `bun:"event_on"`
	Month    string      `bun:"month"`       // of EventOn
	Received roster.Date `bun:"received_on"` // self: the day it was declared; audit: the day the source received it
	RaisedAt time.Time   `bun:"raised_at"`   // declared, or match confirmed
	State    State       `bun:"state"`

	Disclosure  Disclosure  `bun:"disclosure"`
	Paired      bool        `bun:"paired"`      // declared, and an audit issue of the same matter exists
	FirstOfKey  bool        `bun:"first_event"` // earliest live issue of this person and category
	Concealment Concealment `bun:"concealment"`
	ConcealAs   Concealment `bun:"conceal_as"` // proposed answer, awaiting a second person
	ConcealBy   string      `bun:"conceal_by"` // account that proposed it
	RejectBy    string      `bun:"reject_by"`  // account that proposed to reject a severe issue

	CampaignID   string `bun:"campaign_id"`
	SubmissionID string `bun:"submission_id"`
	RecordID     string `bun:"record_id"` // audit record
	CaseID       string `bun:"case_id"`
	BulkID       string `bun:"bulk_id"` // the bulk correction that closed it
	DuplicateOf  string `bun:"duplicate_of"`
	RecurrenceOf string `bun:"recurrence_of"`

	Finding string `bun:"finding"` // code of the final finding, "" while there is none
	Form    int    `bun:"form"`    // outcome: form 1 to 4, 0 while there is none

	NarrativeC ledger.Commitment `bun:"narrative_c"`
	TriagedAt  *time.Time        `bun:"triaged_at"` // first triage
	NoticedAt  *time.Time        `bun:"noticed_at"` // notice to the subject
	SettledAt  *time.Time        `bun:"settled_at"` // corrected, merged, rejected, withdrawn or closed
}

// PlaceUnit names the unit that the row belongs to.
func (i *Issue) PlaceUnit() string { return i.UnitID }

// PlaceBranch takes the tier-2 unit of today's tree.
func (i *Issue) PlaceBranch(branch string) { i.BranchID = branch }

// Live reports whether the issue counts: it is not merged into another,
// rejected or withdrawn.
func (s State) Live() bool { return s != Merged && s != Rejected && s != Withdrawn }

// Open reports whether something is still to be done.
func (s State) Open() bool { return s.Live() && s != Corrected && s != Closed }

// Declared is what a submission hands over for each declared issue.
type Declared struct {
	ID         string // made by the caller, who stores the narrative under it
	Person     string // "" for a unit's list
	Unit       string
	Tier       int
	Category   string
	ItemNo     int
	Severity   int
	EventOn    roster.Date // "" takes On
	On         roster.Date // the day of submission
	At         time.Time   // the instant of submission
	List       string      // officers, leaders
	Campaign   string
	Submission string
	NarrativeC ledger.Commitment
}

// NewDeclared registers a declared issue.
func NewDeclared(d Declared) *Issue {
	i := &Issue{
		Ref: NewRef(), Source: Self, SourceCode: d.List, Category: d.Category, ItemNo: d.ItemNo, Severity: d.Severity,
		PersonID: d.Person, UnitID: d.Unit, Tier: d.Tier, EventOn: d.EventOn, Received: d.On, RaisedAt: d.At,
		State: Registered, CampaignID: d.Campaign, SubmissionID: d.Submission, NarrativeC: d.NarrativeC,
	}
	i.ID = d.ID
	i.date()
	return i
}

// Found is what a confirmed match, or an inspection, hands over.
type Found struct {
	ID         string
	SourceCode string // audit source; "" for an inspection
	Person     string // "" for a unit
	Unit       string // as of the event date
	Tier       int
	Category   string
	Severity   int
	EventOn    roster.Date // "" takes ReceivedOn
	ReceivedOn roster.Date
	At         time.Time // the instant of confirmation
	Record     string
	Recurrence string // id of the earlier issue, if known
	NarrativeC ledger.Commitment
}

// NewAudit registers the issue of a confirmed audit record.
func NewAudit(f Found) *Issue { return newFound(Audit, f) }

// NewInspection registers a discrepancy met on inspection.
func NewInspection(f Found) *Issue { return newFound(Inspection, f) }

func newFound(s Source, f Found) *Issue {
	i := &Issue{
		Ref: NewRef(), Source: s, SourceCode: f.SourceCode, Category: f.Category, Severity: f.Severity,
		PersonID: f.Person, UnitID: f.Unit, Tier: f.Tier, EventOn: f.EventOn, Received: f.ReceivedOn, RaisedAt: f.At,
		State: Registered, RecordID: f.Record, RecurrenceOf: f.Recurrence, NarrativeC: f.NarrativeC,
	}
	i.ID = f.ID
	if s == Audit {
		i.Disclosure = NotDisclosed
	}
	i.date()
	return i
}

func (i *Issue) date() {
	if i.NarrativeC == nil {
		i.NarrativeC = ledger.Commitment{} // no narrative; the column holds no NULL
	}
	if i.EventOn == "" {
		i.EventOn = i.Received
	}
	i.Month = i.EventOn.Month()
}

const refDigits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ" // Crockford: no I, L, O, U

// NewRef draws a short random reference, "K7Q2M-9XT4B": 50 bits, so that two
// alike are not to be expected among millions, and none tells its neighbours.
func NewRef() string {
	var b [10]byte
	rand.Read(b[:])
	out := make([]byte, 0, 11)
	for n, c := range b {
		if n == 5 {
			out = append(out, '-')
		}
		out = append(out, refDigits[c&31])
	}
	return string(out)
}

// Statement is something said about an issue: by its subject (an answer to the
// substance, or a request to correct, with what was answered), or by whoever
// took a step, as its reason.
type Statement struct {
	ledger.Stamp
	IssueID  string            `bun:"issue_id"`
	PersonID string            `bun:"person_id"`
	UnitID   string            `bun:"unit_id"`
	BranchID string            `bun:"branch_id" ledger:"-"`
	EventOn  roster.Date       `bun:"event_on"` // of the issue, for dated bars
	Kind     StatementKind     `bun:"kind"`
	Act      Act               `bun:"act"` // of a reason: the step it was given for
	State    StatementState    `bun:"state"`
	SaidBy   string            `bun:"said_by"`   // account
	AnswerBy string            `bun:"answer_by"` // account
	TextC    ledger.Commitment `bun:"text_c"`
	AnswerC  ledger.Commitment `bun:"answer_c"`
}

// PlaceUnit names the unit that the row belongs to.
func (s *Statement) PlaceUnit() string { return s.UnitID }

// PlaceBranch takes the tier-2 unit of today's tree.
func (s *Statement) PlaceBranch(branch string) { s.BranchID = branch }

// StatementKind is what is said: by the subject an answer or a request; by
// officials a reason, which is theirs, or what the subject is told.
type StatementKind string

// StatementState is where the statement is: noted answers need nothing, requests for
// correction are granted or refused with a reason.
type StatementState string

// The kinds and states of a statement.
const (
	Answer     StatementKind = "answer"
	Correction StatementKind = "correction"
	Reason     StatementKind = "reason"
	Told       StatementKind = "told"

	Noted   StatementState = "noted"
	Asked   StatementState = "asked"
	Granted StatementState = "granted"
	Refused StatementState = "refused"
)
