package slip

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"plumbline/internal/ledger"
	"plumbline/internal/selfcheck"
)

// filed makes the slip of a list with one answer and a text, and the leaf of its
// entry.
func filed(t testing.TB) (*Slip, ledger.Hash) {
	t.Helper()
	text := OpenText{Record: "list-1", Field: "reason", Salt: ledger.NewSalt(), Value: "理由"}
	answers := []selfcheck.Answer{{SubmissionID: "list-1", Round: 2, ItemNo: 1, Nil: true}}
	list := &selfcheck.Submission{Stamp: ledger.Stamp{ID: "list-1", Version: 3, Salt: ledger.NewSalt()}, Round: 2,
		State:   selfcheck.Submitted,
		ReasonC: ledger.Commit(text.Field, text.Salt, text.Value), AnswersDigest: selfcheck.AnswersDigest(answers)}
	digest, err := ledger.Digest("submission", list)
	if err != nil {
		t.Fatal(err)
	}
	columns, err := ledger.Columns(list, 1)
	if err != nil {
		t.Fatal(err)
	}
	e := &ledger.Entry{Version: ledger.EntryVersion, Origin: "log", Seq: 7, Time: time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC), Actor: "a",
		Verb: "submission.submit",
		Kind: "submission", Object: "list-1", Prev: -1, After: []ledger.After{{Kind: "submission", ID: "list-1", Encoding: 1,
			Digest: digest}}}
	body, err := e.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return &Slip{Version: Version, Seq: 7, Entry: string(body), Rows: []OpenRow{{"submission", "list-1", columns}}, Texts: []OpenText{text},
		Answers: AnswersOf(answers)}, ledger.LeafHash(body)
}

func TestSlipSurvivesItsFile(t *testing.T) {
	s, leaf := filed(t)
	raw, err := s.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	read, err := Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	v, err := read.Check(7, leaf)
	if err != nil || v.Missing != 0 || v.Closed != 0 || v.Entry.Object != "list-1" {
		t.Errorf("%+v, %v", v, err)
	}
	at := v.Entry.Time
	if err := v.Time(&ledger.Receipt{Time: at.In(time.FixedZone("east", 8*3600))}); err != nil {
		t.Error(err)
	}
	var wrong *Problem
	if err := v.Time(&ledger.Receipt{Time: at.Add(time.Microsecond)}); !errors.As(err, &wrong) || wrong.Code != "time" {
		t.Errorf("a receipt of another time: %v", err)
	}
	if list, round := read.List(); list != "list-1" || round != 2 {
		t.Errorf("list %s, round %d", list, round)
	}
	if !s.Commits(s.Texts[0]) || s.Commits(OpenText{Record: "list-1", Field: "reason", Salt: s.Texts[0].Salt, Value: "别的"}) {
		t.Error("a text that the row does not commit to is taken for one that it does")
	}
	for _, bad := range []string{"", "{}", `{"plumbline_slip":2}`, `{"plumbline_slip":1,"more":1}`, "[]"} {
		if _, err := Parse([]byte(bad)); err == nil {
			t.Errorf("%q is a slip", bad)
		}
	}
}

// TestEveryLineOfASlipCounts: a line twice or a line of something else makes the
// file none, or one that does not hold; a line less leaves something unopened.
func TestEveryLineOfASlipCounts(t *testing.T) {
	s, leaf := filed(t)
	raw, err := s.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	whole := func(data string) bool {
		read, err := Parse([]byte(data))
		if err != nil {
			return false
		}
		v, err := read.Check(7, leaf)
		return err == nil && v.Missing == 0 && v.Closed == 0 && len(read.Answers) == 1
	}
	lines := strings.SplitAfter(string(raw), "\n")
	if !whole(string(raw)) || !whole(strings.ReplaceAll(string(raw), "\n", "\r\n")) || !whole(string(raw)+" \n") {
		t.Fatal("the honest one does not hold")
	}
	for i, line := range lines[:len(lines)-1] {
		if whole(strings.Join(slices.Delete(slices.Clone(lines), i, i+1), "")) {
			t.Errorf("without %q it holds", line)
		}
		for _, stray := range []string{line, "stray\n", "{}\n", "\"more\": 1,\n"} {
			if whole(strings.Join(slices.Insert(slices.Clone(lines), i, stray), "")) {
				t.Errorf("with %q before %q it holds", stray, line)
			}
		}
	}
	comma := strings.Replace(string(raw), "\"seq\": 7,", "\"seq\": 8, \"SEQ\": 7,", 1)
	twice := *s
	twice.Texts = append(twice.Texts, twice.Texts[0])
	double, err := twice.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string]string{"two slips": string(raw) + string(raw), "something behind": string(raw) + "x",
		"a name in other letters": comma, "a text twice": string(double)} {
		if whole(data) {
			t.Errorf("%s: it holds", name)
		}
	}
}

// FuzzParse: no file crashes the check, and what is accepted for the entry shows
// the very texts and answers that were filed.
func FuzzParse(f *testing.F) {
	s, leaf := filed(f)
	raw, err := s.Marshal()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Add([]byte(`{"plumbline_slip":1,"seq":7,"entry":"","rows":[{"kind":"submission","id":"x","columns":[{"name":"id","type":"time?","value":""}]}],"texts":[]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := Parse(data)
		if err != nil {
			return
		}
		if _, err := got.Check(7, leaf); err != nil {
			return
		}
		for _, text := range got.Texts {
			if text.Value != s.Texts[0].Value {
				t.Errorf("it shows %q", text.Value)
			}
		}
		for i, a := range got.Answers {
			if i > 0 || a != s.Answers[0] {
				t.Errorf("it shows the answer %+v", a)
			}
		}
	})
}
