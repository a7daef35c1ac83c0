package issue

import (
	"plumbline/internal/fault"
	"plumbline/internal/ledger"
)

// Settled reports whether the matter is at an end in the state: only new
// evidence, or a match undone, moves it again.
func (s State) Settled() bool { return !s.Open() }

// Gone reports whether a matter in the state was set aside rather than dealt
// with: it is nobody's work any more.
func (s State) Gone() bool { return s == Merged || s == Rejected || s == Withdrawn }

// Ending is who would bring an issue to an end, and what the records know of
// it. There is no way to a settled state without one: step asks mayEnd,
// whatever the route.
type Ending struct {
	Peak  int    // highest severity that the issue ever had, from its peaks
	Limit int    // from this severity on two people end it (pack: review.clue_min_severity)
	By    string // person who acts, "" for the program
	First string // another person who asked for this end before, "" while nobody has
	Case  bool   // the close rule of its case came to this end
	Asked bool   // a leader is asked about it, or was
}

// Two reports whether two people who are told apart by the records want it.
func (e Ending) Two() bool { return e.By != "" && e.First != "" && e.By != e.First }

// The grounds on which one person is not enough, as codes.
const (
	GroundSevere   = "severe"
	GroundCase     = "case"     // a case was opened on it
	GroundQuestion = "question" // a leader question was raised from it
	GroundNotice   = "notice"   // its subject was told
)

// Ground says why whoever would end the issue is not enough, "" where he is. It
// looks at the end and at the highest severity that the issue ever had, never at
// the route: lowering the severity first, or taking another way to the same end,
// changes nothing. What has a case, a question or a served notice is set aside
// by two as well; it may be dealt with by one.
func (i *Issue) Ground(to State, e Ending) string {
	switch {
	case e.Case || e.Two():
		return ""
	case max(e.Peak, i.Severity) >= e.Limit:
		return GroundSevere
	case !to.Gone():
		return ""
	case i.CaseID != "":
		return GroundCase
	case e.Asked:
		return GroundQuestion
	case i.NoticedAt != nil:
		return GroundNotice
	}
	return ""
}

// mayEnd is the one guard before every settled state.
func (i *Issue) mayEnd(to State, e Ending) error {
	switch i.Ground(to, e) {
	case "":
		return nil
	case GroundCase, GroundQuestion, GroundNotice:
		return fault.Invalid("issue_needs_two_known", "")
	}
	return fault.Invalid("issue_needs_two", "", "Severity", max(e.Peak, i.Severity), "Limit", e.Limit)
}

// SeverityPeak says that an issue stood at a severity from which it was then lowered.
// The store writes one with every change that lowers a severity, so that the
// highest is known for ever: it is the issue's own, or that of its peaks.
type SeverityPeak struct {
	ledger.Stamp
	IssueID  string `bun:"issue_id"`
	Severity int    `bun:"severity"`
}
