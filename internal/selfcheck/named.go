package selfcheck

import (
	"strconv"
	"strings"
	"time"

	"plumbline/internal/fault"
	"plumbline/internal/ledger"
	"plumbline/internal/roster"
)

// NamedState is where an item that names a leader stands with the tier above
// that leader. It is apart from the state of its list, so that the ordinary
// reviewer cannot tell from the list what became of it.
type NamedState string

// The states: waiting → accepted or returned; returned → replied, by the
// respondent; replied → accepted or returned. A list that is filed again begins
// anew with each item.
const (
	NamedWaiting  NamedState = "waiting"
	NamedAccepted NamedState = "accepted"
	NamedReturned NamedState = "returned"
	NamedReplied  NamedState = "replied"
)

// NamedStates lists the states in order of life.
var NamedStates = []NamedState{NamedWaiting, NamedReplied, NamedReturned, NamedAccepted}

// Decidable reports whether it is the reviewer's turn.
func (s NamedState) Decidable() bool { return s == NamedWaiting || s == NamedReplied }

// NamedReview is what the tier above decided on one item of one round.
type NamedReview struct {
	ledger.Stamp
	SubmissionID string            `bun:"submission_id"`
	Round        int64             `bun:"round"`
	ItemNo       int64             `bun:"item_no"`
	LeaderID     string            `bun:"leader_id"`
	ReviewUnitID string            `bun:"review_unit_id"`
	State        NamedState        `bun:"state"`
	Turns        int64             `bun:"turns"` // how many times it was returned; numbers the texts
	DecidedBy    string            `bun:"decided_by"`
	DecidedAt    time.Time         `bun:"decided_at"`
	ReasonC      ledger.Commitment `bun:"reason_c"` // why it was last returned
	ReplyC       ledger.Commitment `bun:"reply_c"`  // what the respondent last replied
}

// Decide accepts the item or returns it. The respondent, and whoever signed the
// list, cannot decide on it.
func (n NamedReview) Decide(to NamedState, by string, s *Submission, now time.Time) (NamedReview, error) {
	if by == s.PersonID || by == s.FiledBy {
		return n, fault.Forbidden("own_list")
	}
	if !n.State.Decidable() || to != NamedAccepted && to != NamedReturned {
		return n, fault.Conflict("named_state", "State", string(n.State))
	}
	n.State, n.DecidedBy, n.DecidedAt = to, by, now
	if to == NamedReturned {
		n.Turns++
	}
	return n, nil
}

// Reply answers a returned item.
func (n NamedReview) Reply() (NamedReview, error) {
	if n.State != NamedReturned {
		return n, fault.Conflict("named_state", "State", string(n.State))
	}
	n.State = NamedReplied
	return n, nil
}

// NamedID names an item of a list in an address: "list.item".
func NamedID(submission string, item int64) string {
	return submission + "." + strconv.FormatInt(item, 10)
}

// ParseNamedID reads NamedID back.
func ParseNamedID(id string) (submission string, item int64, ok bool) {
	submission, no, found := strings.Cut(id, ".")
	item, err := strconv.ParseInt(no, 10, 32)
	return submission, item, found && err == nil && item > 0
}

// NamedFilter narrows the items that name a leader; empty fields do not.
type NamedFilter struct {
	State        NamedState // waiting includes replied
	SubmissionID string
	ItemNo       int64
}

// RoutedAnswer is an item that names a leader, as the unit above that leader
// sees it.
type RoutedAnswer struct {
	SubmissionID string      `bun:"submission_id"`
	Round        int64       `bun:"round"`
	ItemNo       int64       `bun:"item_no"`
	Nil          bool        `bun:"is_nil"`
	Declared     int64       `bun:"declared"`
	LeaderID     string      `bun:"leader_id"`
	ReviewUnitID string      `bun:"review_unit_id"`
	PersonID     string      `bun:"person_id"`
	UnitID       string      `bun:"unit_id"`
	ChecklistID  string      `bun:"checklist_id"`
	EventOn      roster.Date `bun:"event_on"`
	FiledAt      *time.Time  `bun:"filed_at"`
	ReviewID     string      `bun:"review_id"`
	Version      int64       `bun:"review_version"` // 0 while it waits
	State        NamedState  `bun:"named_state"`
}
