package intake

import (
	"time"

	"plumbline/internal/fault"
	"plumbline/internal/rules"
)

// None stands for nobody in Match.FirstFor.
const None = "none"

// Open reports whether the match waits for a decision.
func (s MatchState) Open() bool {
	return s == StateProbable || s == StateAmbiguous || s == StateUnmatched
}

// StateOf is where a level puts a record.
func StateOf(l Level) MatchState {
	switch l {
	case Exact:
		return StateMatched
	case Probable:
		return StateProbable
	case Ambiguous:
		return StateAmbiguous
	case Rejected:
		return StateRejected
	}
	return StateUnmatched
}

// Reviewers is how many different people have to agree on the answer: by the
// pack for probable and ambiguous, and as many as for ambiguous when somebody
// is chosen whom the record did not suggest.
func (m *Match) Reviewers(person string, r *rules.Matching) int {
	if m.State == StateProbable && (person == "" || m.Candidate(person)) {
		return r.Reviewers.Probable
	}
	return r.Reviewers.Ambiguous
}

// Decide takes a reviewer's answer: a person, or "" for nobody. It gives the
// step that this was. Where two reviewers are needed, the first only proposes;
// an answer that differs from the proposal replaces it; nobody is both.
func (m *Match) Decide(person, account string, r *rules.Matching, now time.Time) (Step, error) {
	if !m.State.Open() {
		return "", fault.Conflict("match_state", "State", string(m.State))
	}
	if m.State == StateUnmatched && person == "" {
		return "", fault.Conflict("match_already_none")
	}
	choice := person
	if choice == "" {
		choice = None
	}
	if m.Reviewers(person, r) > 1 {
		if m.FirstBy == account {
			return "", fault.Forbidden("match_second_reviewer")
		}
		if m.FirstFor != choice {
			m.FirstBy, m.FirstFor = account, choice
			return StepPropose, nil
		}
	}
	m.FirstBy, m.FirstFor = "", ""
	m.SettledAt = &now
	if person == "" {
		m.State = StateUnmatched
		return StepNone, nil
	}
	m.State, m.PersonID = StateMatched, person
	return StepConfirm, nil
}

// Undo takes a confirmed match back. What attached by itself and was wrong
// needs a reviewer next time.
func (m *Match) Undo() error {
	if m.State != StateMatched {
		return fault.Conflict("match_state", "State", string(m.State))
	}
	m.State = StateOf(m.Level)
	if m.State == StateMatched {
		m.State = StateProbable
	}
	m.PersonID, m.IssueID, m.FirstBy, m.FirstFor, m.SettledAt = "", "", "", "", nil
	return nil
}

// Withdraw takes the match out, whatever its state.
func (m *Match) Withdraw(now time.Time) error {
	if m.State == StateWithdrawn {
		return fault.Conflict("match_state", "State", string(m.State))
	}
	m.State, m.FirstBy, m.FirstFor, m.SettledAt = StateWithdrawn, "", "", &now
	return nil
}

// Promote makes a duplicate stand for itself, because the record that it was
// linked to was withdrawn. It reports whether it now attaches by itself.
func (m *Match) Promote(now time.Time) (attach bool, err error) {
	if m.State != StateDuplicate {
		return false, fault.Conflict("match_state", "State", string(m.State))
	}
	m.State, m.Original, m.IssueID, m.PersonID = StateOf(m.Level), "", "", ""
	if m.State != StateMatched {
		return false, nil
	}
	if list := m.List(); len(list) > 0 { // else it is about its unit alone
		m.PersonID = list[0].Person
	}
	m.SettledAt = &now
	return true, nil
}
