package intake

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plumbline/internal/fault"
	"plumbline/internal/roster"
	"plumbline/internal/rules"
)

func pack(t *testing.T) *rules.Matching { return &rules.Current().Matching }

// bureau is small on purpose: two people of one name, a badge that changed
// hands in 2019, a former name, a name in letters.
func bureau() *Index {
	places := []Place{
		{ID: "b", Name: "准绳市公安局", Short: "市局", Code: "B", Tier: 1},
		{ID: "e", Name: "城东分局", Code: "E", Parent: "b", Tier: 2},
		{ID: "w", Name: "城西分局", Code: "W", Parent: "b", Tier: 2},
		{ID: "e1", Name: "河口派出所", Code: "E1", Parent: "e", Tier: 3},
		{ID: "e2", Name: "治安大队", Code: "E2", Parent: "e", Tier: 3},
		{ID: "w2", Name: "治安大队", Code: "W2", Parent: "w", Tier: 3},
	}
	since := func(unit string) []Served {
		return []Served{{Unit: unit, Rank: "二级警司", Main: true, From: "2010-01-01"}}
	}
	no := func(v string) []Held { return []Held{{Value: v, From: "2010-01-01"}} }
	return NewIndex([]Subject{
		{ID: "zhang1", Name: "张伟", Pinyin: "zhangwei", Sex: "m", Birth: "1985-06-07", National: "h1", Numbers: no("1001"),
			Postings: since("e1")},
		{ID: "zhang2", Name: "张伟", Pinyin: "zhangwei", Sex: "m", Birth: "1990-01-02", Numbers: no("1002"), Postings: since("w2")},
		{ID: "li", Name: "李娜", Pinyin: "lina", Sex: "f", Former: []string{"李小娜"}, Numbers: no("1003"), Postings: since("e2")},
		{ID: "old", Name: "王强", Pinyin: "wangqiang", Numbers: []Held{{"2000", "2010-01-01", "2018-12-31"}, {"2001", "2019-01-01", ""}},
			Postings: since("e1")},
		{ID: "new", Name: "赵敏", Pinyin: "zhaomin", Numbers: []Held{{"2000", "2019-01-01", ""}}, Postings: since("w2")},
		{ID: "latin", Name: "Ann Marie Smith", Numbers: no("1004"), Postings: since("e1")},
		{ID: "moved", Name: "孙丽", Pinyin: "sunli", Numbers: no("1005"), Postings: []Served{
			{Unit: "w2", Main: true, From: "2010-01-01", To: "2019-12-31"}, {Unit: "e1", Main: true, From: "2020-01-01"}}},
	}, places)
}

func TestMatch(t *testing.T) {
	x, m := bureau(), pack(t)
	name := func(s string) Facts { f := Facts{Name: s}; f.setName("", "", ""); return f }
	with := func(f Facts, set func(*Facts)) Facts { set(&f); return f }
	cases := []struct {
		what  string
		facts Facts
		hash  string
		on    roster.Date
		level Level
		live  []string
	}{
		{"police number and name", with(name("张伟"), func(f *Facts) { f.PoliceNo = "1002" }), "", "2020-09-16", Exact, []string{"zhang2"}},
		{"and the wrong unit: the set still suffices", with(name("张伟"), func(f *Facts) { f.PoliceNo, f.Unit = "1002", "河口派出所" }), "",
			"2020-09-16", Exact, []string{"zhang2"}},
		{"national id and name", name("张伟"), "h1", "2020-09-16", Exact, []string{"zhang1"}},
		{"name, birth date and unit", with(name("张伟"), func(f *Facts) { f.Birth, f.Unit = "1985-06-07", "城东分局" }), "", "2020-09-16", Exact,
			[]string{"zhang1"}},
		{"name and birth date alone lack a fact", with(name("张伟"), func(f *Facts) { f.Birth = "1985-06-07" }), "", "2020-09-16", Probable,
			[]string{"zhang1"}},
		{"year of birth narrows", with(name("张伟"), func(f *Facts) { f.Birth = "1990" }), "", "2020-09-16", Probable, []string{"zhang2"}},
		{"name and unit", with(name("张伟"), func(f *Facts) { f.Unit = "城西分局治安大队" }), "", "2020-09-16", Probable, []string{"zhang2"}},
		{"two of a name", name("张伟"), "", "2020-09-16", Ambiguous, []string{"zhang1", "zhang2"}},
		{"two of a name, in neither unit", with(name("张伟"), func(f *Facts) { f.Unit = "城东治安大队" }), "", "2020-09-16", Ambiguous,
			[]string{"zhang1", "zhang2"}},
		{"unique name in another unit", with(name("李娜"), func(f *Facts) { f.Unit = "城西分局" }), "", "2020-09-16", Probable, []string{"li"}},
		{"former name and number", with(name("李小娜"), func(f *Facts) { f.PoliceNo = "1003" }), "", "2020-09-16", Exact, []string{"li"}},
		{"reused number, as of the event: the old holder", with(name("王强"), func(f *Facts) { f.BadgeNo = "2000" }), "", "2018-05-01", Exact,
			[]string{"old"}},
		{"reused number, as of the event: the new holder", with(name("赵敏"), func(f *Facts) { f.BadgeNo = "2000" }), "", "2020-05-01", Exact,
			[]string{"new"}},
		{"reused number, the old holder's name after the change", with(name("王强"), func(f *Facts) { f.BadgeNo = "2000" }), "", "2020-05-01",
			Ambiguous, []string{"new", "old"}},
		{"number of one, name of another", with(name("李娜"), func(f *Facts) { f.PoliceNo = "1001" }), "", "2020-09-16", Ambiguous,
			[]string{"zhang1", "li"}},
		{"number alone", Facts{PoliceNo: "1003"}, "", "2020-09-16", Probable, []string{"li"}},
		{"number right, name mistyped", with(name("李那"), func(f *Facts) { f.PoliceNo = "1003" }), "", "2020-09-16", Probable,
			[]string{"li"}},
		{"number of nobody, unique name", with(name("李娜"), func(f *Facts) { f.PoliceNo = "9999" }), "", "2020-09-16", Probable,
			[]string{"li"}},
		{"number and name, but born otherwise", with(name("张伟"), func(f *Facts) { f.PoliceNo, f.Birth = "1001", "1971-01-01" }), "",
			"2020-09-16", Probable, []string{"zhang1"}},
		{"national id of somebody else", with(name("李娜"), func(f *Facts) { f.PoliceNo = "1003" }), "h1", "2020-09-16", Ambiguous,
			[]string{"li", "zhang1"}},
		{"pinyin", name("Zhang Wei"), "", "2020-09-16", Ambiguous, []string{"zhang1", "zhang2"}},
		{"pinyin is no name: a number beside it waits for a reviewer", with(name("Li Na"), func(f *Facts) { f.PoliceNo = "1003" }), "",
			"2020-09-16", Probable, []string{"li"}},
		{"letters, family name first", with(name("Smith Ann Marie"), func(f *Facts) { f.PoliceNo = "1004" }), "", "2020-09-16", Exact,
			[]string{"latin"}},
		{"former unit narrows", with(name("孙丽"), func(f *Facts) { f.Unit, f.FormerUnit = "河口派出所", "城西分局" }), "", "2020-09-16", Probable,
			[]string{"moved"}},
		{"nobody", name("无此人"), "", "2020-09-16", Unmatched, nil},
		{"number of nobody", Facts{PoliceNo: "9999"}, "", "2020-09-16", Unmatched, nil},
	}
	for _, c := range cases {
		t.Run(c.what, func(t *testing.T) {
			got := x.Match(&c.facts, c.hash, c.on, m, Shipped())
			var live []string
			for _, p := range got.Candidates[:got.Live] {
				live = append(live, p.Person)
			}
			if got.Level != c.level || !sameSet(c.live, live) {
				t.Errorf("got %s %v, want %s %v\n%+v", got.Level, live, c.level, c.live, got.Candidates)
			}
		})
	}
}

func sameSet(a, b []string) bool {
	if len(a) != len(b) {
		return false
	}
	in := map[string]bool{}
	for _, s := range a {
		in[s] = true
	}
	for _, s := range b {
		if !in[s] {
			return false
		}
	}
	return true
}

func TestEvidence(t *testing.T) {
	x, m := bureau(), pack(t)
	f := Facts{Name: "孙丽", PoliceNo: "1005", Unit: "城西分局", Rank: "一级警督", Sex: "f"}
	f.setName("", "", "")
	for day, want := range map[roster.Date][2][]Point{
		"2018-06-01": {{PointName, PointPoliceNo, PointUnit, PointServing}, nil},
		"2020-06-01": {{PointName, PointPoliceNo, PointUnitNear, PointServing}, nil},
		"2022-06-01": {{PointName, PointPoliceNo, PointUnitEver, PointServing}, nil},
		"2008-06-01": {{PointName, PointUnitEver}, {PointOtherTime, PointServing}},
	} {
		c := x.Match(&f, "", day, m, Shipped()).Candidates[0]
		if d := cmp.Diff(want, [2][]Point{c.For(), c.Against()}); c.Person != "moved" || d != "" {
			t.Errorf("%s, in %s: %s", c.Person, day, d)
		}
	}
}

func TestUnitOn(t *testing.T) {
	x := bureau()
	s, _ := x.Subject("moved")
	for day, want := range map[roster.Date]string{"2015-01-01": "w2", "2019-12-31": "w2", "2020-01-01": "e1", "2009-01-01": "w2",
		"2030-01-01": "e1"} {
		if got := s.UnitOn(day); got != want {
			t.Errorf("%s: %s, want %s", day, got, want)
		}
	}
}

func code(err error) string {
	if err == nil {
		return ""
	}
	return fault.As(err).Code
}

func TestDecide(t *testing.T) {
	m := pack(t)
	now := time.Date(2020, 9, 16, 0, 0, 0, 0, time.UTC)
	open := func(l Level) *Match {
		x := &Match{Level: l, State: StateOf(l)}
		x.SetList([]Candidate{{Person: "a"}, {Person: "b"}})
		return x
	}
	type act struct{ person, account, step, fault string }
	for _, c := range []struct {
		what  string
		level Level
		acts  []act
		state MatchState
		is    string
		peak  int
	}{
		{"probable, one reviewer", Probable, []act{{"a", "r1", "confirm", ""}}, StateMatched, "a", 2},
		{"probable, nobody", Probable, []act{{"", "r1", "none", ""}}, StateUnmatched, "", 2},
		{"probable, somebody not suggested, needs two", Probable, []act{{"z", "r1", "propose", ""}, {"z", "r2", "confirm", ""}},
			StateMatched, "z", 2},
		{"ambiguous, two", Ambiguous, []act{{"a", "r1", "propose", ""}, {"a", "r2", "confirm", ""}}, StateMatched, "a", 2},
		{"ambiguous, the same person twice", Ambiguous, []act{{"a", "r1", "propose", ""}, {"a", "r1", "", "match_second_reviewer"}},
			StateAmbiguous, "", 2},
		{"ambiguous, the first cannot change his mind to help himself", Ambiguous,
			[]act{{"a", "r1", "propose", ""}, {"b", "r1", "", "match_second_reviewer"}}, StateAmbiguous, "", 2},
		{"ambiguous, they differ", Ambiguous, []act{{"a", "r1", "propose", ""}, {"b", "r2", "propose", ""}, {"b", "r1", "confirm", ""}},
			StateMatched, "b", 2},
		{"ambiguous, nobody, two", Ambiguous, []act{{"", "r1", "propose", ""}, {"", "r2", "none", ""}}, StateUnmatched, "", 2},
		{"unmatched, found by hand, two", Unmatched, []act{{"z", "r1", "propose", ""}, {"z", "r2", "confirm", ""}}, StateMatched, "z", 2},
		{"unmatched, nobody again", Unmatched, []act{{"", "r1", "", "match_already_none"}}, StateUnmatched, "", 2},
		{"decided", Probable, []act{{"a", "r1", "confirm", ""}, {"a", "r2", "", "match_state"}}, StateMatched, "a", 2},
		{"rejected rows wait for nobody", Rejected, []act{{"a", "r1", "", "match_state"}}, StateRejected, "", 2},
		{"severe and probable, nobody, two", Probable, []act{{"", "r1", "propose", ""}, {"", "r2", "none", ""}}, StateUnmatched, "", 3},
		{"severe and probable, nobody by one, twice", Probable, []act{{"", "r1", "propose", ""}, {"", "r1", "", "match_second_reviewer"}},
			StateProbable, "", 5},
		{"severe and probable, the second finds the candidate", Probable, []act{{"", "r1", "propose", ""}, {"a", "r2", "confirm", ""}},
			StateMatched, "a", 5},
		{"severe and probable, the candidate, one", Probable, []act{{"a", "r1", "confirm", ""}}, StateMatched, "a", 5},
		{"severe and ambiguous, nobody, two", Ambiguous, []act{{"", "r1", "propose", ""}, {"", "r2", "none", ""}}, StateUnmatched, "", 4},
	} {
		t.Run(c.what, func(t *testing.T) {
			x := open(c.level)
			for i, a := range c.acts {
				step, err := x.Decide(Answer{Person: a.person, Account: a.account, By: "person of " + a.account,
					First: "person of " + x.FirstBy, Weight: Weight{Peak: c.peak, Limit: 3}}, m, now)
				if string(step) != a.step || code(err) != a.fault {
					t.Fatalf("act %d: %q %v", i, step, err)
				}
			}
			if x.State != c.state || x.PersonID != c.is {
				t.Errorf("%s %q", x.State, x.PersonID)
			}
		})
	}
}

// Two accounts of one person are one reviewer, whatever the level.
func TestOnePersonIsOneReviewer(t *testing.T) {
	m, now := pack(t), time.Date(2020, 9, 16, 0, 0, 0, 0, time.UTC)
	for level, w := range map[Level]Weight{Probable: {Peak: 3, Limit: 3}, Ambiguous: {Peak: 1, Limit: 3}} {
		x := &Match{Level: level, State: StateOf(level)}
		if step, err := x.Decide(Answer{Account: "one", By: "p", Weight: w}, m, now); err != nil || step != StepPropose {
			t.Fatalf("%s: %s %v", level, step, err)
		}
		if _, err := x.Decide(Answer{Account: "two", By: "p", First: "p", Weight: w}, m, now); code(err) != "match_second_reviewer" {
			t.Errorf("%s: the same person on another account: %v", level, err)
		}
		if step, err := x.Decide(Answer{Account: "three", By: "q", First: "p", Weight: w}, m, now); err != nil || step != StepNone {
			t.Errorf("%s: another person: %s %v", level, step, err)
		}
	}
}

func TestWithdrawGround(t *testing.T) {
	for _, c := range []struct {
		position        int
		severe, guarded int64
		want            string
	}{{2, 0, 0, ""}, {2, 1, 0, GroundSevere}, {2, 1, 1, GroundSevere}, {2, 0, 1, GroundIssues}, {1, 0, 0, GroundUnread}} {
		b := &AuditBatch{Rows: 2, Position: c.position}
		if got := b.WithdrawGround(c.severe, c.guarded); got != c.want {
			t.Errorf("%+v: %q", c, got)
		}
	}
}

func TestRepeats(t *testing.T) {
	at := func(severity int) Weight { return Weight{Peak: severity, Limit: 3} }
	for _, c := range []struct {
		row, earlier int
		want         bool
	}{{1, 0, true}, {0, 2, true}, {2, 5, true}, {5, 3, true}, {3, 2, false}, {5, 0, false}} {
		if got := Repeats(at(c.row), at(c.earlier)); got != c.want {
			t.Errorf("S%d after S%d: %t", c.row, c.earlier, got)
		}
	}
}

func TestUndoPromoteWithdraw(t *testing.T) {
	now := time.Date(2020, 9, 16, 0, 0, 0, 0, time.UTC)
	x := &Match{Level: Exact, State: StateMatched, PersonID: "a", IssueID: "i", SettledAt: &now}
	if err := x.Undo(); err != nil || x.State != StateProbable || x.PersonID != "" || x.IssueID != "" || x.SettledAt != nil {
		t.Errorf("undo: %v %+v", err, x)
	}
	if err := x.Undo(); code(err) != "match_state" {
		t.Errorf("second undo: %v", err)
	}
	d := &Match{Level: Exact, State: StateDuplicate, Original: "o", IssueID: "i"}
	d.SetList([]Candidate{{Person: "a"}})
	if attach, err := d.Promote(now); err != nil || !attach || d.PersonID != "a" || d.IssueID != "" || d.Original != "" {
		t.Errorf("promote: %v %+v", err, d)
	}
	if err := d.Withdraw(now); err != nil || d.State != StateWithdrawn {
		t.Errorf("withdraw: %v", err)
	}
	if err := d.Withdraw(now); code(err) != "match_state" {
		t.Errorf("second withdraw: %v", err)
	}
	var f *fault.Error
	if err := (&AuditBatch{State: Withdrawn}).Move(Importing); !errors.As(err, &f) || f.Kind != fault.ConflictKind {
		t.Errorf("a withdrawn batch went on: %v", err)
	}
}
