package roster

import (
	"time"

	"plumbline/internal/ledger"
)

// Unit is one node of the tree: tier 0 the superior authority (outside rosters
// and statistics), 1 the bureau, 2 a sub-bureau or directly-led office, 3 a
// station or squad.
type Unit struct {
	ledger.Stamp
	Code        string    `bun:"code"`
	Name        string    `bun:"name"`
	NameEN      string    `bun:"name_en"`
	SortKey     string    `bun:"sort_key"`
	Tier        int       `bun:"tier"`
	ParentID    string    `bun:"parent_id"` // today's parent; the dated ones are UnitLinks
	State       UnitState `bun:"state"`
	SuccessorID string    `bun:"successor_id"` // of a merged unit
	FromOn      Date      `bun:"from_on"`
	ToOn        Date      `bun:"to_on"`
}

type UnitState string

// The states of a unit.
const (
	UnitActive UnitState = "active"
	UnitMerged UnitState = "merged"
	UnitClosed UnitState = "closed"
)

// UnitLink says under which unit another stood during a period.
type UnitLink struct {
	ledger.Stamp
	UnitID   string `bun:"unit_id"`
	ParentID string `bun:"parent_id"`
	FromOn   Date   `bun:"from_on"`
	ToOn     Date   `bun:"to_on"`
}

// Person is one member of staff, identified by a stable personnel number.
type Person struct {
	ledger.Stamp
	PersonnelNo string     `bun:"personnel_no"`
	Name        string     `bun:"name"`
	NameFolded  string     `bun:"name_folded"`
	Pinyin      string     `bun:"pinyin"` // full, lower case, no spaces
	Initials    string     `bun:"initials"`
	SortKey     string     `bun:"sort_key"`
	Kind        PersonKind `bun:"kind"`
	Sex         string     `bun:"sex"`     // m, f or ""
	BornOn      Date       `bun:"born_on"` // 2006-01-02, 2006-01 or 2006: what is known
	Rank        string     `bun:"rank"`
	IDHash      string     `bun:"id_hash"` // keyed hash of the national id
	IDTail      string     `bun:"id_tail"` // masked tail
	State       string     `bun:"state"`   // serving, left
	UnitID      string     `bun:"unit_id"` // unit of today's main posting, "" if none
	BranchID    string     `bun:"branch_id" ledger:"-"`
	FamilyName  string     `bun:"family_name" ledger:"v2"` // with its particles; the parts are "" where only the whole is known
	GivenName   string     `bun:"given_name" ledger:"v2"`
	MiddleName  string     `bun:"middle_name" ledger:"v2"`
	NameSuffix  string     `bun:"name_suffix" ledger:"v2"`
	AppointedOn Date       `bun:"appointed_on" ledger:"v2"` // a date, a month or a year, as BornOn
	DepartedOn  Date       `bun:"departed_on" ledger:"v2"`  // the last day of service
}

// PlaceUnit implements ledger.Placed.
func (p *Person) PlaceUnit() string { return p.UnitID }

// PlaceBranch implements ledger.Placed.
func (p *Person) PlaceBranch(b string) { p.BranchID = b }

// PersonKind distinguishes officers from auxiliaries.
type PersonKind string

// The kinds of staff, and the states of a person.
const (
	Officer   PersonKind = "officer"
	Auxiliary PersonKind = "auxiliary"

	Serving = "serving"
	Left    = "left"
)

// Identifier is a dated number or name of a person. Others may hold it at other
// times or at the same time.
type Identifier struct {
	ledger.Stamp
	PersonID string `bun:"person_id"`
	Kind     string `bun:"kind"` // police_no, badge_no, former_name, nickname, other_name
	Value    string `bun:"value"`
	Folded   string `bun:"folded"`
	FromOn   Date   `bun:"from_on"`
	ToOn     Date   `bun:"to_on"`
}

// The kinds of identifier.
const (
	PoliceNo   = "police_no"
	BadgeNo    = "badge_no"
	FormerName = "former_name"
	Nickname   = "nickname"
	OtherName  = "other_name" // in another script
)

// NumberKinds and NameKinds divide the kinds of identifier.
var (
	NumberKinds = []string{PoliceNo, BadgeNo}
	NameKinds   = []string{FormerName, Nickname, OtherName}
)

// Posting is a dated post of a person in a unit.
type Posting struct {
	ledger.Stamp
	PersonID string `bun:"person_id"`
	UnitID   string `bun:"unit_id"`
	Post     string `bun:"post"`
	Rank     string `bun:"rank"`
	Team     bool   `bun:"team"` // member of the unit's leadership team
	Main     bool   `bun:"main"` // the posting that determines the person's unit
	FromOn   Date   `bun:"from_on"`
	ToOn     Date   `bun:"to_on"`
}

// Unserved reports whether the posting ends before it begins. Rosters hold such
// postings; nobody served in one on any day.
func (p *Posting) Unserved() bool { return p.ToOn != "" && p.ToOn < p.FromOn }

// CommandLink says who answered for a unit or a person, and when.
type CommandLink struct {
	ledger.Stamp
	PersonID     string   `bun:"person_id"`
	Kind         LinkKind `bun:"kind"`
	OverUnitID   string   `bun:"over_unit_id"`
	OverPersonID string   `bun:"over_person_id"`
	FromOn       Date     `bun:"from_on"`
	ToOn         Date     `bun:"to_on"`
}

// LinkKind is how somebody answers for a unit.
type LinkKind string

// The kinds of command link. A point leader answers for a unit but does not
// count as a superior for bars.
const (
	LinkHead        LinkKind = "head"
	LinkInCharge    LinkKind = "in_charge"
	LinkPointLeader LinkKind = "point_leader"
)

// Relation is a declared relative or interested person.
type Relation struct {
	ledger.Stamp
	PersonID string `bun:"person_id"`
	OtherID  string `bun:"other_id"`
	Kind     string `bun:"kind"` // relative, interested
	FromOn   Date   `bun:"from_on"`
	ToOn     Date   `bun:"to_on"`
}

// Void marks a relation or party as recorded by mistake. The record stays
// unchanged; while the void stands it bars nobody.
type Void struct {
	ledger.Stamp
	RecordKind string            `bun:"record_kind"` // relation, party
	RecordID   string            `bun:"record_id"`
	VoidedBy   string            `bun:"voided_by"` // person
	VoidedOn   Date              `bun:"voided_on"`
	LiftedOn   Date              `bun:"lifted_on"` // "" while it stands, else the day the same was recorded again
	ReasonC    ledger.Commitment `bun:"reason_c"`
}

// Account is a sign-in account. Its id is the pseudonym that ledger entries
// carry.
type Account struct {
	ledger.Stamp
	Login       string `bun:"login"`
	LoginFolded string `bun:"login_folded"`
	PersonID    string `bun:"person_id"` // "" for the set-up actor
	State       string `bun:"state"`     // new, active, disabled
	Lang        string `bun:"lang"`
}

// The states of an account.
const (
	AccountNew      = "new"
	AccountActive   = "active"
	AccountDisabled = "disabled"
)

// Grant is a role held by an account at a unit for a period.
type Grant struct {
	ledger.Stamp
	AccountID  string `bun:"account_id"`
	Role       Role   `bun:"role"`
	UnitID     string `bun:"unit_id"`
	FromOn     Date   `bun:"from_on"`
	ToOn       Date   `bun:"to_on"`
	State      string `bun:"state"` // proposed, live, revoked
	GrantedBy  string `bun:"granted_by"`
	ApprovedBy string `bun:"approved_by"`
	RevokedBy  string `bun:"revoked_by"`
	DeputyOf   string `bun:"deputy_of"` // the grant that this one deputises for
}

// The states of a grant.
const (
	GrantProposed = "proposed"
	GrantLive     = "live"
	GrantRevoked  = "revoked"
)

// Credential holds an account's secrets. It is not a ledgered row.
type Credential struct {
	AccountID string    `bun:"account_id,pk"`
	Hash      string    `bun:"hash"`      // argon2id, "" until a password is set
	CodeHash  string    `bun:"code_hash"` // of a one-time code; "" for none
	CodeUntil time.Time `bun:"code_until"`
	ChangedAt time.Time `bun:"changed_at"`
	Salt      []byte    `bun:"salt"` // of its digest in the ledger
}

// Session is a signed-in device or script. Only the token's hash is stored.
type Session struct {
	TokenHash   string    `bun:"token_hash,pk"`
	AccountID   string    `bun:"account_id"`
	FormSeed    string    `bun:"form_seed"`
	Label       string    `bun:"label"`
	Bearer      bool      `bun:"bearer"`
	Renew       bool      `bun:"renew"`  // began with a one-time code: may only set a password
	Scope       string    `bun:"scope"`  // operations that a token allows, separated by spaces; "" for all that its holder may do
	IdleSeconds int64     `bun:"idle_s"` // ends after this long without use
	CreatedAt   time.Time `bun:"created_at"`
	SeenAt      time.Time `bun:"seen_at"`
	UntilAt     time.Time `bun:"until_at"`
	ProvedAt    time.Time `bun:"proved_at,nullzero"` // when the password was last entered correctly
	Proof       []byte    `bun:"proof"`              // mark over ProvedAt under the site's key
}

// Device is a device that an account has signed in from before.
type Device struct {
	DeviceHash string    `bun:"device_hash,pk"`
	AccountID  string    `bun:"account_id,pk"`
	Failures   int64     `bun:"failures"`
	SeenAt     time.Time `bun:"seen_at"`
}

// SignInAttempt counts failures for an account's folded spelling or a source.
type SignInAttempt struct {
	Key          string    `bun:"key,pk"`
	Failures     int64     `bun:"failures"`
	FirstAt      time.Time `bun:"first_at"`
	LastAt       time.Time `bun:"last_at"`
	BlockedUntil time.Time `bun:"blocked_until"`
}
