package selfcheck

import (
	"encoding/json"
	"time"

	"plumbline/internal/fault"
)

// DraftAnswer is the saved answer to one item, before it is submitted. Drafts
// prove nothing and may be changed and removed.
type DraftAnswer struct {
	SubmissionID string    `bun:"submission_id,pk"`
	ItemNo       int64     `bun:"item_no,pk"`
	Seq          int64     `bun:"seq"`  // grows with every change of this answer
	Body         string    `bun:"body"` // ItemAnswer as JSON
	SavedAt      time.Time `bun:"saved_at"`
}

// NewDraft makes the row for one answer. A draft may be incomplete: only its
// size and characters are judged.
func NewDraft(submissionID string, seq int64, a ItemAnswer, now time.Time) (DraftAnswer, error) {
	field := itemField(int(a.ItemNo))
	if seq < 1 {
		return DraftAnswer{}, fault.Invalid("draft_seq", "seq")
	}
	if len(a.Issues) > MaxIssuesPerItem {
		return DraftAnswer{}, fault.Invalid("answer_too_many_issues", field, "Item", a.ItemNo, "Max", MaxIssuesPerItem)
	}
	for i := range a.Issues {
		if len([]rune(a.Issues[i].Text)) > MaxTextRunes {
			return DraftAnswer{}, fault.Invalid("too_long", field, "Max", MaxTextRunes)
		}
		if f := checkControl(a.Issues[i].Text, field); f != nil {
			return DraftAnswer{}, f
		}
	}
	body, err := json.Marshal(a)
	if err != nil {
		return DraftAnswer{}, err
	}
	return DraftAnswer{SubmissionID: submissionID, ItemNo: a.ItemNo, Seq: seq, Body: string(body), SavedAt: now}, nil
}

// Answer decodes the saved answer.
func (d DraftAnswer) Answer() (ItemAnswer, error) {
	var a ItemAnswer
	err := json.Unmarshal([]byte(d.Body), &a)
	a.ItemNo = d.ItemNo
	return a, err
}

// Over decides what becomes of a new save d over what is stored (nil if
// nothing is): save says that it must be written. The same sequence number
// with the same content was already saved and changes nothing; an old number
// with other content comes from a device that has not seen the later answer,
// and is a conflict that carries the current sequence number.
func (d DraftAnswer) Over(stored *DraftAnswer) (save bool, err error) {
	switch {
	case stored == nil || d.Seq > stored.Seq:
		return true, nil
	case d.Body == stored.Body:
		return false, nil
	}
	return false, fault.Conflict("draft_moved", "Item", d.ItemNo, "Seq", stored.Seq).WithField(itemField(int(d.ItemNo)))
}
