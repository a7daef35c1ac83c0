package selfcheck

import (
	"encoding/json"
	"time"

	"plumbline/internal/fault"
)

// Draft is the saved answer to one item, before it is submitted. Drafts
// prove nothing and may be changed and removed. A draft belongs to the round
// that is being filled in: what was saved before an earlier submission no
// longer counts, for it does not know the issues that were registered then.
type Draft struct {
	SubmissionID string    `bun:"submission_id,pk"`
	ItemNo       int64     `bun:"item_no,pk"`
	Round        int64     `bun:"round"` // rounds submitted when it was saved
	Seq          int64     `bun:"seq"`   // grows with every change of this answer
	Body         string    `bun:"body"`  // ItemAnswer as JSON
	SavedAt      time.Time `bun:"saved_at"`
}

// NewDraft makes the row for one answer. A draft may be incomplete: only its
// size and characters are judged.
func NewDraft(s *Submission, seq int64, a ItemAnswer, now time.Time) (Draft, error) {
	field := itemField(int(a.ItemNo))
	if seq < 1 {
		return Draft{}, fault.Invalid("draft_seq", "seq")
	}
	if len(a.Issues) > MaxIssuesPerItem {
		return Draft{}, fault.Invalid("answer_too_many_issues", field, "Item", a.ItemNo, "Max", MaxIssuesPerItem)
	}
	for i := range a.Issues {
		if len([]rune(a.Issues[i].Text)) > MaxTextRunes {
			return Draft{}, fault.Invalid("too_long", field, "Max", MaxTextRunes)
		}
		if f := checkControl(a.Issues[i].Text, field); f != nil {
			return Draft{}, f
		}
	}
	body, err := json.Marshal(a)
	if err != nil {
		return Draft{}, err
	}
	return Draft{SubmissionID: s.ID, ItemNo: a.ItemNo, Round: s.Round, Seq: seq, Body: string(body), SavedAt: now}, nil
}

// Answer decodes the saved answer.
func (d Draft) Answer() (ItemAnswer, error) {
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
func (d Draft) Over(stored *Draft) (save bool, err error) {
	switch {
	case stored == nil || d.Seq > stored.Seq:
		return true, nil
	case d.Body == stored.Body:
		return false, nil
	}
	return false, fault.Conflict("draft_moved", "Item", d.ItemNo, "Seq", stored.Seq).WithField(itemField(int(d.ItemNo)))
}
