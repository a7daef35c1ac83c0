package rules

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"plumbline/policies"
)

func embeddedBytes(t *testing.T) []byte {
	t.Helper()
	raw, err := policies.Packs.ReadFile("packs/plumbline-2026-1.json")
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestCurrentPackHoldsTheDomainValues(t *testing.T) {
	p := Current()
	if p.Version != "plumbline-2026-1" || len(p.Hash()) != 64 {
		t.Fatalf("version %q hash %q", p.Version, p.Hash())
	}
	for _, c := range []struct {
		name      string
		got, want int
	}{
		{"window", p.Reconciliation.WindowDays, 90},
		{"severity", p.Triggers.SeverityAtLeast, 3},
		{"repeat", p.Triggers.RepeatCount, 2},
		{"repeat months", p.Triggers.RepeatMonths, 12},
		{"cluster", p.Triggers.ClusterOfficers, 3},
		{"cluster days", p.Triggers.ClusterDays, 90},
		{"sample", p.Inspection.SampleSharePercent, 30},
		{"small cell", p.Suppression.SmallCellUnder, 5},
		{"reply", p.Clock("reply").Amount, 10},
		{"bulk", p.Review.BulkCorrectMaxSeverity, 1},
	} {
		if c.got != c.want {
			t.Errorf("%s: got %d, want %d", c.name, c.got, c.want)
		}
	}
	if again, err := Version("plumbline-2026-1"); err != nil || again != p {
		t.Errorf("Version gives %v, %v", again, err)
	}
	if _, err := Version("nobody-1"); err == nil {
		t.Error("an unknown version was found")
	}
}

func TestSufficient(t *testing.T) {
	m := &Current().Matching
	for _, c := range []struct {
		agree []Fact
		want  bool
	}{
		{[]Fact{PoliceNo, Name}, true},
		{[]Fact{NationalID, Name}, true},
		{[]Fact{PoliceNo}, false},
		{[]Fact{Name}, false},
		{[]Fact{Name, BirthDate}, false},
		{[]Fact{Name, BirthDate, BirthYear}, false}, // the year says nothing new
		{[]Fact{Name, BirthDate, Name}, false},      // nor does the name again
		{[]Fact{Name, BirthDate, Sex}, true},
		{[]Fact{Name, BirthYear, Unit}, false},
		{nil, false},
	} {
		if _, got := m.SufficientFor(c.agree); got != c.want {
			t.Errorf("%v: got %v, want %v", c.agree, got, c.want)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	raw := embeddedBytes(t)
	for _, c := range []struct{ old, new, want string }{
		{`"window_days": 90`, `"window_days": 90, "windw": 1`, "unknown field"},
		{`"window_days": 90`, `"window_days": 0`, "reconciliation.window_days"},
		{`["police_no", "name"]`, `["name"]`, "fewer than two"},
		{`["police_no", "name"]`, `["police_nr", "name"]`, "unknown fact"},
		{`"ambiguous": 2`, `"ambiguous": 1`, "ambiguous"},
		{`"triaged", "noticed"`, `"guessed"`, "unknown event"},
		{`"clue_opinion"`, `"clue_oppinion"`, "clocks.clue_opinion is missing"},
		{`[50, 80, 100]`, `[50, 80]`, "end at 100"},
		{`"quorum": 3`, `"quorum": 1`, "dual.quorum"},
		{`"effective_from": "2026-01-01"`, `"effective_from": "soon"`, "no date"},
	} {
		changed := bytes.Replace(raw, []byte(c.old), []byte(c.new), 1)
		if bytes.Equal(changed, raw) {
			t.Fatalf("%s is not in the pack", c.old)
		}
		if _, err := Parse(changed); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q named", c.new, err, c.want)
		}
	}
	if _, err := Parse(append(bytes.Clone(raw), " {}"...)); err == nil {
		t.Error("a second document was accepted")
	}
}

func TestHashFollowsTheBytes(t *testing.T) {
	raw := embeddedBytes(t)
	p, err := Parse(append(bytes.Clone(raw), '\n'))
	if err != nil {
		t.Fatal(err)
	}
	if p.Hash() == Current().Hash() {
		t.Error("another file has the same hash")
	}
}

func TestClockDue(t *testing.T) {
	day := func(s string) time.Time {
		d, err := time.Parse("2006-01-02", s)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	for _, c := range []struct {
		clock      Clock
		from, want string
	}{
		{Clock{Amount: 90, Unit: Day}, "2026-01-01", "2026-04-01"},
		{Clock{Amount: 1, Unit: Month}, "2026-01-31", "2026-02-28"},
		{Clock{Amount: 6, Unit: Month}, "2026-08-31", "2027-02-28"},
		{Clock{Amount: 5, Unit: WorkingDay}, "2026-11-20", "2026-11-27"}, // a Friday
		{Clock{Amount: 1, Unit: WorkingDay}, "2026-11-21", "2026-11-23"}, // a Saturday
	} {
		if got := c.clock.Due(day(c.from)).Format("2006-01-02"); got != c.want {
			t.Errorf("%v from %s: got %s, want %s", c.clock, c.from, got, c.want)
		}
	}
}
