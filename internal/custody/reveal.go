package custody

import (
	"slices"
	"time"

	"plumbline/internal/fault"
	"plumbline/internal/ledger"
	"plumbline/internal/roster"
)

// ComplainantField is the column under which a complainant's identity is sealed.
const ComplainantField = "complainant"

// SealedTable is the table that sealed texts are bound to.
const SealedTable = "sealed_fields"

// SetState is where a set of custodians stands; see the package doc.
type SetState string

// The states of a set.
const (
	SetProposed SetState = "proposed"
	SetActive   SetState = "active"
	SetRetiring SetState = "retiring"
	SetRetired  SetState = "retired"
	SetRefused  SetState = "refused"
)

// Set is a set of custodians: any Threshold of them open what is sealed to it.
type Set struct {
	ledger.Stamp
	Threshold  int      `bun:"threshold"`
	State      SetState `bun:"state"`
	UnitID     string   `bun:"unit_id"`
	ProposedBy string   `bun:"proposed_by"` // accounts
	SettledBy  string   `bun:"settled_by"`
}

// Approve is the second security administrator's act.
func (s *Set) Approve(by string) error { return s.decide(SetActive, by) }

// Refuse is his no.
func (s *Set) Refuse(by string) error { return s.decide(SetRefused, by) }

func (s *Set) decide(to SetState, by string) error {
	if s.State != SetProposed {
		return fault.Conflict("custody_state", "State", string(s.State))
	}
	if by == s.ProposedBy {
		return fault.Forbidden("guard_same_person")
	}
	s.State, s.SettledBy = to, by
	return nil
}

// Custodian is one of a set, with the public key that he made on his own machine.
type Custodian struct {
	ledger.Stamp
	SetID     string `bun:"set_id"`
	AccountID string `bun:"account_id"`
	PublicKey string `bun:"public_key"`
	Print     string `bun:"print"` // fingerprint of the key
}

// SealedField is a text that the server can store and cannot read. While no
// custodians are in office it lies under the record's own key (SetID ""), and is
// sealed when they come.
type SealedField struct {
	ledger.Stamp
	Table    string `bun:"record_table"`
	Field    string `bun:"field"`
	RecordID string `bun:"record_id"`
	UnitID   string `bun:"unit_id"`
	SetID    string `bun:"set_id"`
	Wraps    int    `bun:"wraps"` // how often its key was wrapped; names the field of the shares

	TextC   ledger.Commitment `bun:"text_c"`   // the ciphertext, or the text while it is not sealed
	SharesC ledger.Commitment `bun:"shares_c"` // the wrapped key
}

// RevealState is where a reveal stands; see the package doc.
type RevealState string

// The states of a reveal.
const (
	RevealAsked    RevealState = "asked"
	RevealReleased RevealState = "released"
	RevealShown    RevealState = "shown"
	RevealRefused  RevealState = "refused"
	RevealLapsed   RevealState = "lapsed"
)

// RevealStates lists the states in the order of their life.
var RevealStates = []RevealState{RevealAsked, RevealReleased, RevealShown, RevealRefused, RevealLapsed}

// Reveal is one request to read one sealed field.
type Reveal struct {
	ledger.Stamp
	Ref       string            `bun:"ref"`
	SealedID  string            `bun:"sealed_id"`
	RecordID  string            `bun:"record_id"`
	MatchID   string            `bun:"match_id"` // whose page it was asked from
	SetID     string            `bun:"set_id"`
	UnitID    string            `bun:"unit_id"`
	BranchID  string            `bun:"branch_id" ledger:"-"`
	PersonID  string            `bun:"person_id"` // subject of the record, for reach and bars
	EventOn   roster.Date       `bun:"event_on"`
	State     RevealState       `bun:"state"`
	AskedBy   string            `bun:"asked_by"`
	NotedBy   string            `bun:"noted_by"` // records officer who took note, "" while nobody did
	Released  int               `bun:"released"`
	Threshold int               `bun:"threshold"`
	ExpiresAt time.Time         `bun:"expires_at"`
	ShownAt   *time.Time        `bun:"shown_at"`
	PublicKey string            `bun:"public_key"` // of this request alone
	ReasonC   ledger.Commitment `bun:"reason_c"`
}

// PlaceUnit names the unit that the row belongs to.
func (r *Reveal) PlaceUnit() string { return r.UnitID }

// PlaceBranch takes the tier-2 unit of today's tree.
func (r *Reveal) PlaceBranch(branch string) { r.BranchID = branch }

// Open reports whether something can still come of the reveal.
func (r *Reveal) Open(now time.Time) bool {
	return (r.State == RevealAsked || r.State == RevealReleased) && now.Before(r.ExpiresAt)
}

// StateAt is the state as it is to be shown: one whose time is over has lapsed.
func (r *Reveal) StateAt(now time.Time) RevealState {
	if (r.State == RevealAsked || r.State == RevealReleased) && !now.Before(r.ExpiresAt) {
		return RevealLapsed
	}
	return r.State
}

// Release notes a custodian's share. Nobody releases what he asked for himself,
// nor twice.
func (r *Reveal) Release(by string, before []Release, now time.Time) error {
	if !r.Open(now) {
		return fault.Conflict("reveal_over", "State", string(r.StateAt(now)))
	}
	if by == r.AskedBy || slices.ContainsFunc(before, func(x Release) bool { return x.AccountID == by }) {
		return fault.Forbidden("guard_same_person")
	}
	if r.Released++; r.Released >= r.Threshold {
		r.State = RevealReleased
	}
	return nil
}

// Refuse is a custodian's no; it ends the reveal.
func (r *Reveal) Refuse(now time.Time) error {
	if !r.Open(now) {
		return fault.Conflict("reveal_over", "State", string(r.StateAt(now)))
	}
	r.State = RevealRefused
	return nil
}

// Show is the one time that the text is shown, to him who asked.
func (r *Reveal) Show(to string, now time.Time) error {
	switch {
	case to != r.AskedBy:
		return fault.Forbidden("reveal_not_yours")
	case r.State == RevealShown:
		return fault.Conflict("reveal_shown")
	case !r.Open(now):
		return fault.Conflict("reveal_over", "State", string(r.StateAt(now)))
	case r.State != RevealReleased:
		return fault.Conflict("reveal_waits", "Released", r.Released, "Threshold", r.Threshold)
	}
	r.State, r.ShownAt = RevealShown, &now
	return nil
}

// Release is one custodian's part in a reveal. The share itself lies among the
// texts until the reveal is over, and then nowhere.
type Release struct {
	ledger.Stamp
	RevealID    string `bun:"reveal_id"`
	CustodianID string `bun:"custodian_id"`
	AccountID   string `bun:"account_id"`
}
