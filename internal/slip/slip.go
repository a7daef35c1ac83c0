// Package slip owns the salt slip: what opens the commitments of one ledger
// entry, so that its holder, and only by the holder's will, can prove what was
// filed. A receipt proves that something is recorded and holds no content; the
// slip holds all of it and proves nothing without the receipt.
//
// The package checks a slip without a database. It must never be called for
// anybody but the author of the entry.
package slip

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"plumbline/internal/ledger"
	"plumbline/internal/selfcheck"
)

// Version is the version of the file's form.
const Version = 1

// Slip is the file that the holder keeps.
type Slip struct {
	Version int          `json:"plumbline_slip"`
	Seq     int64        `json:"seq"`
	Entry   string       `json:"entry"` // the exact bytes that were hashed
	Rows    []OpenRow    `json:"rows"`
	Texts   []OpenText   `json:"texts"`
	Answers []OpenAnswer `json:"answers,omitempty"`
}

// OpenRow is one row as the entry left it.
type OpenRow struct {
	Kind    string          `json:"kind"`
	ID      string          `json:"id"`
	Columns []ledger.Column `json:"columns"`
}

// Commitments names the row with each commitment to a text that it holds, as
// OpenText.Commitment does.
func (r *OpenRow) Commitments() (all []string) {
	for _, c := range r.Columns {
		if c.Type == "bytes" && strings.HasSuffix(c.Name, "_c") && c.Value != "" {
			all = append(all, r.ID+" "+c.Value)
		}
	}
	return all
}

// Value is the value of a column, "" if there is none.
func (r *OpenRow) Value(name string) string {
	for _, c := range r.Columns {
		if c.Name == name {
			return c.Value
		}
	}
	return ""
}

// OpenText is one erasable text with the salt of its commitment.
type OpenText struct {
	Record string `json:"record"`
	Field  string `json:"field"`
	Salt   []byte `json:"salt"`
	Value  string `json:"value"`
}

// Commitment names the row and the commitment that the text opens.
func (t *OpenText) Commitment() string {
	return t.Record + " " + base64.StdEncoding.EncodeToString(ledger.Commit(t.Field, t.Salt, t.Value))
}

// OpenAnswer is the answer to one item of a list.
type OpenAnswer struct {
	Item       int64  `json:"item"`
	Nil        bool   `json:"nil"`
	Declared   int64  `json:"declared"`
	Leader     string `json:"leader,omitempty"`
	ReviewUnit string `json:"review_unit,omitempty"`
}

// max is the largest file that is read: a list of 200 issues has 1 MB.
const max = 16 << 20

// Marshal writes the file.
func (s *Slip) Marshal() ([]byte, error) {
	raw, err := json.MarshalIndent(s, "", " ")
	return append(raw, '\n'), err
}

// Parse reads the file. A name given twice, or anything behind the slip, is
// refused: who reads it with other eyes than ours must read the same.
func Parse(data []byte) (*Slip, error) {
	s := &Slip{}
	if len(data) > max {
		return nil, errors.New("slip: the file is too large")
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(s); err != nil {
		return nil, fmt.Errorf("slip: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("slip: there is something behind it")
	}
	if err := once(json.NewDecoder(bytes.NewReader(data))); err != nil {
		return nil, err
	}
	if s.Version != Version {
		return nil, fmt.Errorf("slip: version %d is unknown", s.Version)
	}
	return s, nil
}

// once reads one value and refuses an object that names something twice, in
// whatever letters: decoding takes the last and says nothing.
func once(d *json.Decoder) error {
	t, err := d.Token()
	if err != nil {
		return fmt.Errorf("slip: %w", err)
	}
	open, ok := t.(json.Delim)
	if !ok {
		return nil
	}
	seen := make(map[string]bool)
	for d.More() {
		if open == '{' {
			name, err := d.Token()
			if err != nil {
				return fmt.Errorf("slip: %w", err)
			}
			key := strings.ToLower(fmt.Sprint(name))
			if seen[key] {
				return fmt.Errorf("slip: %.40q is given twice", key)
			}
			seen[key] = true
		}
		if err := once(d); err != nil {
			return err
		}
	}
	_, err = d.Token() // the end of it
	return err
}

// Problem says what of a slip is not as it was recorded; the codes have texts
// in the catalogue.
type Problem struct {
	Code string // entry, row, text, answers, time
	Row  string // kind and id concerned
}

// Error is for the log; people are told by the code.
func (p *Problem) Error() string { return "slip: not as recorded: " + p.Code + " " + p.Row }

// Verdict is what a slip proves.
type Verdict struct {
	Entry   *ledger.Entry
	Missing int // rows of the entry that the slip does not show
	Closed  int // commitments to texts that the slip does not open: withheld or erased
}

// Check verifies the slip against the leaf hash of a receipt that holds: the
// entry's bytes hash to the leaf, every row to its digest in the entry, every
// text to a commitment of its row, and the answers to the row's digest of them.
func (s *Slip) Check(seq int64, leaf ledger.Hash) (*Verdict, error) {
	if s.Seq != seq || ledger.LeafHash([]byte(s.Entry)) != leaf {
		return nil, &Problem{Code: "entry"}
	}
	e, err := ledger.ParseEntry([]byte(s.Entry))
	if err != nil || e.Seq != seq {
		return nil, &Problem{Code: "entry"}
	}
	digests := make(map[string]ledger.Hash, len(e.After))
	for _, a := range e.After {
		digests[a.Kind+" "+a.ID] = a.Digest
	}
	v := &Verdict{Entry: e, Missing: len(digests)}
	commitments := make(map[string]bool) // record and commitment, opened or not
	for i := range s.Rows {
		r := &s.Rows[i]
		name := r.Kind + " " + r.ID
		digest, err := ledger.DigestColumns(r.Kind, r.Columns)
		want, named := digests[name]
		if err != nil || !named || digest != want || r.Value("id") != r.ID {
			return nil, &Problem{"row", name}
		}
		delete(digests, name) // a row shown twice is no row
		v.Missing--
		for _, c := range r.Commitments() {
			commitments[c] = false
		}
	}
	for _, t := range s.Texts {
		key := t.Commitment()
		if opened, named := commitments[key]; !named || opened { // a text shown twice is no text
			return nil, &Problem{"text", t.Record + " " + t.Field}
		}
		commitments[key] = true
	}
	for _, opened := range commitments {
		if !opened {
			v.Closed++
		}
	}
	return v, s.checkAnswers()
}

// Time compares the time that a receipt states with the one in the entry, whose
// bytes were hashed: the receipt by itself only says it, the slip proves it.
func (v *Verdict) Time(r *ledger.Receipt) error {
	if !v.Entry.Time.Equal(r.Time) {
		return &Problem{Code: "time", Row: v.Entry.Time.UTC().Format(time.RFC3339Nano)}
	}
	return nil
}

// Commits reports whether a row of the slip commits to the text.
func (s *Slip) Commits(t OpenText) bool {
	want := base64.StdEncoding.EncodeToString(ledger.Commit(t.Field, t.Salt, t.Value))
	for i := range s.Rows {
		for _, c := range s.Rows[i].Columns {
			if s.Rows[i].ID == t.Record && c.Type == "bytes" && c.Value == want {
				return true
			}
		}
	}
	return false
}

// List is the list of answers that the entry filed, "" if it is about none.
func (s *Slip) List() (id string, round int64) {
	for i := range s.Rows {
		if s.Rows[i].Kind == "submission" {
			round, _ = strconv.ParseInt(s.Rows[i].Value("round"), 10, 64) // a column of numbers
			return s.Rows[i].ID, round
		}
	}
	return "", 0
}

// checkAnswers compares the answers, where they are shown, with the digest
// that the list's row holds.
func (s *Slip) checkAnswers() error {
	if len(s.Answers) == 0 {
		return nil
	}
	list, round := s.List()
	for i := range s.Rows {
		r := &s.Rows[i]
		if r.ID == list && r.Value("answers_digest") == base64.StdEncoding.EncodeToString(selfcheck.AnswersDigest(s.answers(list, round))) {
			return nil
		}
	}
	return &Problem{Code: "answers"}
}

func (s *Slip) answers(list string, round int64) []selfcheck.Answer {
	out := make([]selfcheck.Answer, len(s.Answers))
	for i, a := range s.Answers {
		out[i] = selfcheck.Answer{SubmissionID: list, Round: round, ItemNo: a.Item, Nil: a.Nil, Declared: a.Declared, LeaderID: a.Leader,
			ReviewUnitID: a.ReviewUnit}
	}
	return out
}

// AnswersOf takes over the answers of one round.
func AnswersOf(answers []selfcheck.Answer) []OpenAnswer {
	out := make([]OpenAnswer, len(answers))
	for i, a := range answers {
		out[i] = OpenAnswer{a.ItemNo, a.Nil, a.Declared, a.LeaderID, a.ReviewUnitID}
	}
	return out
}
