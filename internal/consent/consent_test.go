package consent

import (
	"testing"
	"time"

	"plumbline/internal/fault"
)

var now = time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC)

// cast lets people speak in order ("a" agrees, "!a" dissents) until one may not.
func cast(p *Proposal, words ...string) (State, string) {
	var votes []Vote
	for _, w := range words {
		choice := Agree
		if w[0] == '!' {
			choice, w = Dissent, w[1:]
		}
		if err := p.Cast(Voter{PersonID: w, Tier: 1, Units: []string{"bureau"}}, choice, votes, now); err != nil {
			return p.State, fault.As(err).Code
		}
		votes = append(votes, Vote{PersonID: w, Choice: choice})
	}
	return p.State, ""
}

func TestWhoCarriesAProposal(t *testing.T) {
	two := Proposal{State: Proposed, ProposedBy: "p", Quorum: 1, DecideTier: 1}
	body := Proposal{State: Proposed, ProposedBy: "p", Quorum: 3, DecideTier: 9, Members: "p b c d"}
	for name, x := range map[string]struct {
		of    Proposal
		words []string
		state State
		code  string
	}{
		"one other person":           {two, []string{"b"}, Approved, ""},
		"one other person refuses":   {two, []string{"!b"}, Refused, ""},
		"the proposer himself":       {two, []string{"p"}, Proposed, "guard_same_person"},
		"nobody at all":              {two, []string{}, Proposed, ""},
		"after it was settled":       {two, []string{"b", "c"}, Approved, "proposal_state"},
		"members, all heard":         {body, []string{"p", "b", "c", "d"}, Approved, ""},
		"members, one not heard yet": {body, []string{"p", "b", "c"}, Proposed, ""},
		"members, one dissents":      {body, []string{"p", "!b", "c", "d"}, Approved, ""},
		"members, quorum missed":     {body, []string{"p", "!b", "!c", "d"}, Refused, ""},
		"a member speaks twice":      {body, []string{"p", "b", "b"}, Proposed, "proposal_voted"},
		"somebody not named":         {body, []string{"x"}, Proposed, "guard_not_named"},
	} {
		t.Run(name, func(t *testing.T) {
			p := x.of
			if state, code := cast(&p, x.words...); state != x.state || code != x.code {
				t.Errorf("%s %q, want %s %q", state, code, x.state, x.code)
			}
		})
	}
}

func TestWhoHasNoSay(t *testing.T) {
	p := Proposal{State: Proposed, ProposedBy: "p", PersonID: "subject", Quorum: 1, DecideTier: 1, Excluded: "e f", Outside: "station"}
	for name, x := range map[string]struct {
		voter Voter
		code  string
	}{
		"nobody":             {Voter{Tier: 1}, "not_allowed"},
		"the subject":        {Voter{PersonID: "subject", Tier: 0}, "guard_subject"},
		"without the role":   {Voter{PersonID: "b", Tier: 9}, "not_allowed"},
		"excluded":           {Voter{PersonID: "f", Tier: 0}, "guard_same_person"},
		"too low":            {Voter{PersonID: "b", Tier: 2}, "guard_tier"},
		"of the unit itself": {Voter{PersonID: "b", Tier: 1, Units: []string{"station", "bureau"}}, "guard_own_unit"},
	} {
		t.Run(name, func(t *testing.T) {
			if err := p.MayVote(x.voter, nil); err == nil || fault.As(err).Code != x.code {
				t.Errorf("%v, want %s", err, x.code)
			}
		})
	}
	if err := p.Withdraw("b", now); err == nil || fault.As(err).Code != "guard_not_yours" {
		t.Errorf("somebody else takes it back: %v", err)
	}
	if err := p.Withdraw("p", now); err != nil || p.State != Withdrawn {
		t.Errorf("%v, %s", err, p.State)
	}
}
