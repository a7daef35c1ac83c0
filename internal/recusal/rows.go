package recusal

import (
	"plumbline/internal/ledger"
	"plumbline/internal/roster"
)

// Cause says what was recorded when the challenge was filed.
type Cause string

// The causes.
const (
	CauseRelation Cause = "relation" // a declared relation between two people
	CauseParty    Cause = "party"    // an interest in one issue or case
)

// State is where a challenge stands.
type State string

// The states of a challenge.
const (
	Filed     State = "filed"
	Upheld    State = "upheld"
	Denied    State = "denied"
	Withdrawn State = "withdrawn"
)

// States lists the states.
var States = []State{Filed, Upheld, Denied, Withdrawn}

// Challenge asks that an official be barred: from every matter about a person
// (cause relation), or from one issue and its case (cause party).
type Challenge struct {
	ledger.Stamp
	Cause      Cause             `bun:"cause"`
	RelationID string            `bun:"relation_id"` // of the declared relation; "" for a party
	ObjectKind string            `bun:"object_kind"` // issue or case; "" for a relation
	ObjectID   string            `bun:"object_id"`
	Kind       string            `bun:"kind"`        // relative, interested; or the interest in the matter
	PersonID   string            `bun:"person_id"`   // about whose matters it is; "" where a unit is the subject
	OfficialID string            `bun:"official_id"` // who would be barred
	UnitID     string            `bun:"unit_id"`     // where it is decided: one tier above the official
	BranchID   string            `bun:"branch_id" ledger:"-"`
	EventOn    roster.Date       `bun:"event_on"` // of the matter; "" for a relation
	State      State             `bun:"state"`
	FiledBy    string            `bun:"filed_by"` // person
	FiledOn    roster.Date       `bun:"filed_on"`
	DecidedBy  string            `bun:"decided_by"`
	DecidedOn  roster.Date       `bun:"decided_on"`
	GroundsC   ledger.Commitment `bun:"grounds_c"` // what the relation is, in words
	ReasonC    ledger.Commitment `bun:"reason_c"`  // of the decision
}

// PlaceUnit is where the challenge is decided.
func (c *Challenge) PlaceUnit() string { return c.UnitID }

// PlaceBranch takes the tier-2 unit of today's tree.
func (c *Challenge) PlaceBranch(branch string) { c.BranchID = branch }

// Filter narrows a list of challenges.
type Filter struct {
	State State // "" is all
	Mass  bool  // only by those who filed unusually many
}

// Alarm says that nobody at the usual place may handle a matter any more, or too
// few to decide it.
type Alarm struct {
	ledger.Stamp
	ObjectKind   string      `bun:"object_kind"` // issue, case, track, question, rectification, challenge, submission, named; unit for a duty
	ObjectID     string      `bun:"object_id"`   // of an item that names a leader: "list.item"
	Duty         string      `bun:"duty"`        // operation that nobody may do
	UnitID       string      `bun:"unit_id"`     // who is told: the next tier; the bureau where nobody at all is left
	BranchID     string      `bun:"branch_id" ledger:"-"`
	PersonID     string      `bun:"person_id"`      // the subject, who is barred from the alarm as from the matter
	OtherID      string      `bun:"other_id"`       // a second person who is barred from it: the respondent of an item, the official challenged
	ReviewUnitID string      `bun:"review_unit_id"` // of a list or an item: the unit whose head reviews it; else ""
	Members      int         `bun:"members"`        // of a body that is too small: how many may still decide
	Quorum       int         `bun:"quorum"`         // and how many must; 0 where the body is not the reason
	EventOn      roster.Date `bun:"event_on"`
	Blank        bool        `bun:"blank"` // nobody at any tier may handle it: those told see no content
	State        AlarmState  `bun:"state"`
	RaisedOn     roster.Date `bun:"raised_on"`
	EndedOn      roster.Date `bun:"ended_on"`
}

// PlaceUnit is the unit whose tier is told.
func (a *Alarm) PlaceUnit() string { return a.UnitID }

// PlaceBranch takes the tier-2 unit of today's tree.
func (a *Alarm) PlaceBranch(branch string) { a.BranchID = branch }

// AlarmState is where an alarm stands.
type AlarmState string

// The states of an alarm.
const (
	AlarmRaised AlarmState = "raised"
	AlarmEnded  AlarmState = "ended"
)
