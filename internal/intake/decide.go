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

// Weight is how grave a record is, where somebody would set it aside.
type Weight struct {
	Peak  int // highest severity that the record, or an issue made of it, ever had
	Limit int // from this severity on two people set it aside (pack: review.clue_min_severity)
}

// Severe reports whether one person may not set the record aside, issue or not.
func (w Weight) Severe() bool { return w.Peak >= w.Limit }

// Reviewers is how many different people have to agree on the answer: by the
// pack for probable and ambiguous, and as many as for ambiguous when somebody
// is chosen whom the record did not suggest.
func (m *Match) Reviewers(person string, r *rules.Matching) int {
	if m.State == StateProbable && (person == "" || m.Candidate(person)) {
		return r.Reviewers.Probable
	}
	return r.Reviewers.Ambiguous
}

// NobodyReviewers is how many different people have to agree that it is nobody:
// by the pack, and two at least where the record is severe, for nobody's record
// becomes no issue.
func (m *Match) NobodyReviewers(w Weight, r *rules.Matching) int {
	n := m.Reviewers("", r)
	if w.Severe() {
		n = max(n, r.Reviewers.Ambiguous, 2)
	}
	return n
}

// Answer is whom a reviewer takes the record to be about.
type Answer struct {
	Person  string // "" for nobody
	Account string // of the reviewer
	By      string // the reviewer, as a person
	First   string // the person who holds the account FirstBy
	Weight  Weight
}

// second reports whether the answer comes from somebody other than the first
// reviewer. Two accounts of one person are one reviewer.
func (m *Match) second(a Answer) bool {
	return m.FirstBy != a.Account && (m.FirstBy == "" || a.First != a.By)
}

// Decide takes a reviewer's answer and gives the step that this was. Where two
// reviewers are needed, the first only proposes; an answer that differs from the
// proposal replaces it; nobody is both.
func (m *Match) Decide(a Answer, r *rules.Matching, now time.Time) (Step, error) {
	person := a.Person
	if !m.State.Open() {
		return "", fault.Conflict("match_state", "State", string(m.State))
	}
	if m.State == StateUnmatched && person == "" {
		return "", fault.Conflict("match_already_none")
	}
	choice, needed := person, m.Reviewers(person, r)
	if choice == "" {
		choice, needed = None, m.NobodyReviewers(a.Weight, r)
	}
	if needed > 1 {
		if !m.second(a) {
			return "", fault.Forbidden("match_second_reviewer")
		}
		if m.FirstFor != choice {
			m.FirstBy, m.FirstFor = a.Account, choice
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

// Repeats reports whether a row that says the same as an earlier record is its
// duplicate, which makes no issue of its own. A severe row is no duplicate of a
// record that one person may set aside: with that record it would vanish too.
func Repeats(row, earlier Weight) bool { return earlier.Severe() || !row.Severe() }

// The grounds on which one person may not take a batch back, as codes.
const (
	GroundIssues = "batch"        // of its issues
	GroundSevere = "batch_severe" // of a record's severity, whatever its match
	GroundUnread = "batch_unread" // nobody knows what its remaining rows say
)

// WithdrawGround says why one person may not take the batch back, "" where he
// may. Severe counts the records that were ever severe, guarded the issues that
// one person may not set aside.
func (b *AuditBatch) WithdrawGround(severe, guarded int64) string {
	switch {
	case severe > 0:
		return GroundSevere
	case guarded > 0:
		return GroundIssues
	case b.Position < b.Rows:
		return GroundUnread
	}
	return ""
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
