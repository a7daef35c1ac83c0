// Package consent owns the grave acts that no one person may do alone: one
// proposes, others who are told apart from him by the records agree or refuse,
// and only then is the act done (domain rules, "nobody alone"). It is pure:
// rows and facts in, rows or a fault out; what an act does is the business of
// whoever registers it.
//
// It must never count one person twice, let a proposer agree to his own
// proposal, or let anybody speak for a member who is named.
//
// A proposal:
//
//	proposed → approved    enough of those entitled have agreed; the act is done in the same write
//	proposed → refused     one of those entitled refused, or the named members did not carry it
//	proposed → withdrawn   its proposer took it back
package consent

import (
	"slices"
	"strings"
	"time"

	"plumbline/internal/fault"
	"plumbline/internal/ledger"
	"plumbline/internal/roster"
)

// State is where a proposal stands.
type State string

// The states of a proposal.
const (
	Proposed  State = "proposed"
	Approved  State = "approved"
	Refused   State = "refused"
	Withdrawn State = "withdrawn"
)

// States lists them in the order of their life.
var States = []State{Proposed, Approved, Refused, Withdrawn}

// Proposal is a grave act that waits for others. Everybody named in it is a
// person, not an account, so that nobody agrees with himself.
type Proposal struct {
	ledger.Stamp
	Ref        string            `bun:"ref"`
	Op         string            `bun:"op"` // the operation that is done when it is approved
	ObjectKind string            `bun:"object_kind"`
	ObjectID   string            `bun:"object_id"`
	MatterID   string            `bun:"matter_id"` // issue or case that it is about, for the bars; else the object again
	UnitID     string            `bun:"unit_id"`
	BranchID   string            `bun:"branch_id" ledger:"-"`
	PersonID   string            `bun:"person_id"` // subject of the matter, for the bars; "" for none
	EventOn    roster.Date       `bun:"event_on"`
	Ground     string            `bun:"ground"`      // why one person is not enough: a code
	Approver   roster.Role       `bun:"approver"`    // the role that agrees
	DecideTier int               `bun:"decide_tier"` // and the lowest tier from which it may
	Quorum     int               `bun:"quorum"`      // how many must agree
	Members    string            `bun:"members"`     // people who alone are asked, each for himself; "" for anyone entitled
	Excluded   string            `bun:"excluded"`    // people who may not agree: those with a part in what is checked
	Outside    string            `bun:"outside"`     // unit whose own people may not agree; "" for none
	AskedBy    string            `bun:"asked_by"`    // people who are told the outcome
	State      State             `bun:"state"`
	ProposedBy string            `bun:"proposed_by"` // person
	SettledBy  string            `bun:"settled_by"`  // person whose word settled it
	SettledAt  *time.Time        `bun:"settled_at"`
	InputC     ledger.Commitment `bun:"input_c"`  // what is to be done, as JSON
	ReasonC    ledger.Commitment `bun:"reason_c"` // why
}

// PlaceUnit names the unit that the proposal belongs to.
func (p *Proposal) PlaceUnit() string { return p.UnitID }

// PlaceBranch takes the tier-2 unit of today's tree.
func (p *Proposal) PlaceBranch(branch string) { p.BranchID = branch }

// Choice is what somebody said to a proposal.
type Choice string

// The choices. A member who dissents does not stop the others; anybody else
// who refuses does.
const (
	Agree   Choice = "agree"
	Dissent Choice = "dissent"
)

// Vote is what one person said, on his own account. It is never changed.
type Vote struct {
	ledger.Stamp
	ProposalID string            `bun:"proposal_id"`
	PersonID   string            `bun:"person_id"`
	Choice     Choice            `bun:"choice"`
	NoteC      ledger.Commitment `bun:"note_c"` // a dissent or refusal says why
}

// Words lists the ids of a column that holds several.
func Words(column string) []string { return strings.Fields(column) }

// Join makes such a column of the people, each once, without nobody and without
// the one to leave out.
func Join(people []string, without string) string {
	var out []string
	for _, p := range people {
		if p != "" && p != without && !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	return strings.Join(out, " ")
}

// IsMember reports whether the person is named in the proposal.
func (p *Proposal) IsMember(person string) bool { return slices.Contains(Words(p.Members), person) }

// lastTier is that of the stations; who holds the role nowhere is below it.
const lastTier = 3

// Voter is what the records say of somebody who agrees or refuses.
type Voter struct {
	PersonID string
	Tier     int      // of the highest unit at or above the matter's where he holds the role; larger than 3 for none
	Units    []string // where he serves, with the units above
}

// MayVote says why somebody has no say in the proposal. Whoever is barred from
// the matter does not see it in the first place.
func (p *Proposal) MayVote(v Voter, votes []Vote) error {
	switch {
	case p.State != Proposed:
		return fault.Conflict("proposal_state")
	case v.PersonID == "":
		return fault.Forbidden("not_allowed")
	case v.PersonID == p.PersonID:
		return fault.Forbidden("guard_subject")
	case v.PersonID == p.ProposedBy && !p.IsMember(v.PersonID), slices.Contains(Words(p.Excluded), v.PersonID):
		return fault.Forbidden("guard_same_person")
	case p.Members != "" && !p.IsMember(v.PersonID):
		return fault.Forbidden("guard_not_named")
	case p.Members == "" && v.Tier > lastTier: // told of it, but no holder of the role
		return fault.Forbidden("not_allowed")
	case v.Tier > p.DecideTier:
		return fault.Forbidden("guard_tier", "Tier", p.DecideTier)
	case p.Outside != "" && slices.Contains(v.Units, p.Outside):
		return fault.Forbidden("guard_own_unit")
	case slices.ContainsFunc(votes, func(x Vote) bool { return x.PersonID == v.PersonID }):
		return fault.Conflict("proposal_voted")
	}
	return nil
}

// Cast counts one more vote, which MayVote admits, and settles the proposal
// where that settles it. Named members are heard to the end: it carries when
// all have spoken, the quorum agrees, and more agree than dissent. Without
// named members the quorum settles it, and so does one refusal.
func (p *Proposal) Cast(v Voter, choice Choice, votes []Vote, now time.Time) error {
	if err := p.MayVote(v, votes); err != nil {
		return err
	}
	agree, dissent := 0, 0
	for _, c := range append(choices(votes), choice) {
		if c == Agree {
			agree++
		} else {
			dissent++
		}
	}
	to := Proposed
	if members := Words(p.Members); len(members) > 0 {
		if agree+dissent == len(members) {
			to = Refused
			if agree >= p.Quorum && agree > dissent {
				to = Approved
			}
		}
	} else if dissent > 0 {
		to = Refused
	} else if agree >= p.Quorum {
		to = Approved
	}
	if to != Proposed {
		p.State, p.SettledBy, p.SettledAt = to, v.PersonID, &now
	}
	return nil
}

func choices(votes []Vote) []Choice {
	out := make([]Choice, len(votes))
	for i, v := range votes {
		out[i] = v.Choice
	}
	return out
}

// Own settles a proposal by the word of the person whom it concerns, where the
// act says that his word is enough: never of one who proposed it himself.
func (p *Proposal) Own(person string, choice Choice, now time.Time) error {
	switch {
	case p.State != Proposed:
		return fault.Conflict("proposal_state")
	case person == "" || person == p.ProposedBy:
		return fault.Forbidden("guard_same_person")
	}
	p.State, p.SettledBy, p.SettledAt = Refused, person, &now
	if choice == Agree {
		p.State = Approved
	}
	return nil
}

// Withdraw takes a proposal back; only its proposer may.
func (p *Proposal) Withdraw(person string, now time.Time) error {
	switch {
	case p.State != Proposed:
		return fault.Conflict("proposal_state")
	case person == "" || person != p.ProposedBy:
		return fault.Forbidden("guard_not_yours")
	}
	p.State, p.SettledBy, p.SettledAt = Withdrawn, person, &now
	return nil
}
