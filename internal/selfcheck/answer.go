package selfcheck

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"plumbline/internal/fault"
	"plumbline/internal/roster"
)

// Limits on what one item may hold.
const (
	MaxIssuesPerItem = 20
	MaxTextRunes     = 2000
)

// Answer is one item of a filed list as it was filed; answers are only ever
// added, one round of them at each submission. They carry no stamp of their
// own: the submission's answers_digest covers them, so that a whole self-check
// is one ledger entry of about twenty lines. PackAnswers says how they are kept.
type Answer struct {
	SubmissionID string `bun:"submission_id,pk"`
	Round        int64  `bun:"round,pk"`
	ItemNo       int64  `bun:"item_no,pk"`
	Nil          bool   `bun:"is_nil"`         // nothing to declare, said explicitly
	Declared     int64  `bun:"declared"`       // number of declared issues
	LeaderID     string `bun:"leader_id"`      // leader whom the item names, "" if none
	ReviewUnitID string `bun:"review_unit_id"` // who reviews this item
}

// AnswerSheet keeps the answers of one round in one row, except those that name
// a leader.
type AnswerSheet struct {
	SubmissionID string `bun:"submission_id,pk"`
	Round        int64  `bun:"round,pk"`
	Body         []byte `bun:"body"` // as appendSheet writes it
}

// LeaderItem is an answer that names a leader. It has a row of its own, because
// the tier above that leader looks for it.
type LeaderItem Answer

// PackAnswers divides the answers of one round into their sheet and the items
// that name a leader. AnswersDigest covers both.
func PackAnswers(answers []Answer) (sheet AnswerSheet, named []LeaderItem) {
	plain := make([]Answer, 0, len(answers))
	for _, a := range answers {
		sheet.SubmissionID, sheet.Round = a.SubmissionID, a.Round
		if a.LeaderID != "" {
			named = append(named, LeaderItem(a))
		} else {
			plain = append(plain, a)
		}
	}
	sheet.Body = appendSheet(nil, plain)
	return sheet, named
}

// UnpackAnswers puts the answers of one round together again, in item order.
func UnpackAnswers(sheet AnswerSheet, named []LeaderItem) ([]Answer, error) {
	answers, err := readSheet(sheet)
	if err != nil {
		return nil, err
	}
	for _, n := range named {
		answers = append(answers, Answer(n))
	}
	slices.SortFunc(answers, byItem)
	return answers, nil
}

func byItem(a, b Answer) int { return cmp.Compare(a.ItemNo, b.ItemNo) }

// appendSheet writes the answers' reviewing units, each once, and then per answer
// its item, twice the number of issues declared (plus one if nil) and the
// position of its unit. Numbers are uvarints, texts have their length in front.
func appendSheet(b []byte, answers []Answer) []byte {
	var units []string
	for i := range answers {
		if !slices.Contains(units, answers[i].ReviewUnitID) {
			units = append(units, answers[i].ReviewUnitID)
		}
	}
	b = binary.AppendUvarint(b, uint64(len(units)))
	for _, u := range units {
		b = append(binary.AppendUvarint(b, uint64(len(u))), u...)
	}
	for i := range answers {
		a := &answers[i]
		said := uint64(a.Declared) << 1
		if a.Nil {
			said |= 1
		}
		b = binary.AppendUvarint(binary.AppendUvarint(b, uint64(a.ItemNo)), said)
		b = binary.AppendUvarint(b, uint64(slices.Index(units, a.ReviewUnitID)))
	}
	return b
}

// errSheet means that a sheet is not as appendSheet writes it.
var errSheet = errors.New("selfcheck: the sheet of answers is damaged")

func readSheet(sheet AnswerSheet) (answers []Answer, err error) {
	rest := sheet.Body
	number := func() uint64 {
		n, size := binary.Uvarint(rest)
		if size <= 0 {
			err, rest = errSheet, nil
			return 0
		}
		rest = rest[size:]
		return n
	}
	var units []string
	for left := number(); left > 0; left-- {
		n := number()
		if err != nil || n > uint64(len(rest)) {
			return nil, errSheet
		}
		units, rest = append(units, string(rest[:n])), rest[n:]
	}
	for len(rest) > 0 {
		item, said, unit := number(), number(), number()
		if err != nil || unit >= uint64(len(units)) {
			return nil, errSheet
		}
		answers = append(answers, Answer{SubmissionID: sheet.SubmissionID, Round: sheet.Round, ItemNo: int64(item), Nil: said&1 == 1,
			Declared: int64(said >> 1), ReviewUnitID: units[unit]})
	}
	if err != nil || !bytes.Equal(appendSheet(nil, answers), sheet.Body) { // written in one way only
		return nil, errSheet
	}
	return answers, nil
}

const answersLabel = "plumbline answers v1\x00"

// AnswersDigest is what a submission's answers_digest column must hold: SHA-256
// over a label and one line per answer in item order. Whoever verifies a row of
// submissions reads the answers of its current round and compares.
func AnswersDigest(answers []Answer) []byte {
	sorted := answers
	if !slices.IsSortedFunc(answers, byItem) {
		sorted = slices.Clone(answers)
		slices.SortFunc(sorted, byItem)
	}
	b := make([]byte, 0, 96*len(answers)+64)
	b = append(b, answersLabel...)
	for i := range sorted {
		a := &sorted[i]
		b = append(b, a.SubmissionID...)
		b = append(b, ' ')
		b = strconv.AppendInt(b, a.Round, 10)
		b = append(b, ' ')
		b = strconv.AppendInt(b, a.ItemNo, 10)
		b = append(b, ' ')
		b = strconv.AppendBool(b, a.Nil)
		b = append(b, ' ')
		b = strconv.AppendInt(b, a.Declared, 10)
		b = append(b, ' ')
		b = append(b, a.LeaderID...)
		b = append(b, ' ')
		b = append(b, a.ReviewUnitID...)
		b = append(b, '\n')
	}
	sum := sha256.Sum256(b)
	return sum[:]
}

// A Declared is one issue that the respondent declares on an item.
type Declared struct {
	IssueID string      `json:"issue_id,omitempty" doc:"id of an issue declared in an earlier round that this one keeps"`
	EventOn roster.Date `json:"event_on" doc:"date of the event, 2006-01-02"`
	Text    string      `json:"text" doc:"what happened"`
}

// An ItemAnswer is the answer to one item as the respondent gives it, in a
// draft or on submission: either Nil, or one or more issues.
type ItemAnswer struct {
	ItemNo   int64      `json:"item" doc:"number of the item"`
	Nil      bool       `json:"nil" doc:"nothing to declare"`
	LeaderID string     `json:"leader_id,omitempty" doc:"leader whom the item names; the item then goes to the tier above that leader"`
	Issues   []Declared `json:"issues,omitempty" doc:"declared issues"`
}

// Answered reports whether the item has been answered at all.
func (a *ItemAnswer) Answered() bool { return a.Nil || len(a.Issues) > 0 }

// Check judges one answer by itself. today bounds event dates from above, the
// campaign's period from both sides.
func (a *ItemAnswer) Check(c *Campaign, today roster.Date) *fault.Error {
	field := itemField(int(a.ItemNo))
	switch {
	case a.Nil && len(a.Issues) > 0:
		return fault.Invalid("answer_nil_and_issues", field, "Item", a.ItemNo)
	case !a.Answered():
		return fault.Invalid("answer_missing", field, "Item", a.ItemNo)
	case len(a.Issues) > MaxIssuesPerItem:
		return fault.Invalid("answer_too_many_issues", field, "Item", a.ItemNo, "Max", MaxIssuesPerItem)
	}
	for i := range a.Issues {
		d := &a.Issues[i]
		at := field + ".issues." + strconv.Itoa(i+1)
		if d.EventOn == "" {
			return fault.Invalid("issue_date_missing", at+".event_on", "Item", a.ItemNo)
		}
		if _, err := roster.ParseDate(string(d.EventOn)); err != nil {
			return fault.Invalid("bad_date", at+".event_on")
		}
		if d.EventOn > today {
			return fault.Invalid("issue_date_future", at+".event_on", "Item", a.ItemNo)
		}
		if !d.EventOn.Within(c.PeriodFrom, c.PeriodTo) {
			return fault.Invalid("issue_date_outside", at+".event_on", "Item", a.ItemNo, "From", string(c.PeriodFrom), "To",
				string(c.PeriodTo))
		}
		if f := checkText(d.Text, at+".text", a.ItemNo); f != nil {
			return f
		}
	}
	return nil
}

func checkText(s, field string, item int64) *fault.Error {
	if strings.TrimSpace(s) == "" {
		return fault.Invalid("issue_text_missing", field, "Item", item)
	}
	if utf8.RuneCountInString(s) > MaxTextRunes {
		return fault.Invalid("too_long", field, "Max", MaxTextRunes)
	}
	return checkControl(s, field)
}

func checkControl(s, field string) *fault.Error {
	for _, r := range s {
		if r == utf8.RuneError || (unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t') {
			return fault.Invalid("control_character", field)
		}
	}
	return nil
}

func itemField(no int) string { return "items." + strconv.Itoa(no) }
