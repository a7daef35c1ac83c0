package issue

import (
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plumbline/internal/roster"
)

func TestFilterSurvivesTheURL(t *testing.T) {
	full := Filter{Unit: "u", Only: true, Category: "interview", Source: Audit, SourceCode: "petition", State: Clue,
		MinSeverity: 2, MaxSeverity: 4, Tier: 3, From: "2025-01", To: "2026-02", Cell: AuditOnly, Disclosure: NotDisclosed,
		Concealment: ConcealmentQuestion, Finding: "sustained", Form: 2, Person: "p", Campaign: "c", Submission: "s",
		Record: "r", Case: "k", Live: true, Open: true, Sort: BySeverity}
	zero := All()
	zero.MaxSeverity, zero.Tier = 0, 0 // S0 alone, tier 0 alone
	for _, f := range []Filter{All(), full, zero} {
		q, err := url.ParseQuery(f.Query())
		if err != nil {
			t.Fatal(err)
		}
		back, err := ParseFilter(q)
		if err != nil || !cmp.Equal(f, back) {
			t.Errorf("%s: %v\n%s", f.Query(), err, cmp.Diff(f, back))
		}
	}
}

func TestFilterRefusesWhatIsNoCode(t *testing.T) {
	for _, q := range []string{"state=open", "severity=6", "severity=x", "from=2026-13", "from=2026-1", "cell=neither", "tier=4",
		"unit=a%27b", "live=yes", "sort=name", "from=2026-02&to=2026-01", "source=rumour", "form=0"} {
		v, _ := url.ParseQuery(q)
		if _, err := ParseFilter(v); err == nil {
			t.Errorf("%s was taken", q)
		}
	}
	v, _ := url.ParseQuery("cursor=abc&lang=en")
	if f, err := ParseFilter(v); err != nil || !cmp.Equal(f, All()) {
		t.Errorf("foreign keys disturbed the filter: %v", err)
	}
}

// The counters of a set of issues and the filters that the report's numbers
// link to count alike.
func TestCountersAgreeWithFilters(t *testing.T) {
	var all []*Issue
	cats := []string{"interview", "supervision", "info_security"}
	for n := range 240 {
		ids := string(rune('a'+n%26)) + string(rune('a'+n/26))
		day := roster.Date("2025-01-01").AddDays(n * 37 % 4000)
		var i *Issue
		if n%3 == 0 {
			i = NewAudit(Found{ID: ids, SourceCode: "hotline", Person: string(rune('p' + n%5)), Unit: "u", Tier: n % 4,
				Category: cats[n/3%3],
				Severity: n % 6, EventOn: day, ReceivedOn: "2026-01-15", At: noon})
		} else {
			i = NewDeclared(Declared{ID: ids, Person: string(rune('p' + n%5)), Unit: "u", Tier: n % 4, Category: cats[n/3%3],
				Severity: n % 3,
				EventOn:  day, On: "2026-01-10", At: noon, List: OfficersList})
		}
		i.State = States[n%len(States)]
		all = append(all, i)
	}
	Compare(nil, all, timing)

	counts := make(map[string]int64)
	firsts := make(map[string]bool)
	for _, i := range all {
		i.Deltas(func(section, unit, month, key string, n int64) {
			counts[section+" "+key] += n
			if _, category, first := ParseCellKey(key); section == SectionCell && first {
				if k := i.PersonID + category; firsts[k] {
					t.Errorf("two firsts for %s", k)
				} else {
					firsts[k] = true
				}
			}
		})
	}
	want := make(map[string]bool)
	for _, i := range all {
		if i.State.Live() {
			want[i.PersonID+i.Category] = true
		}
	}
	if len(want) != len(firsts) {
		t.Errorf("%d keys touched, %d counted", len(want), len(firsts))
	}
	through := func(f Filter) (n int64) {
		for _, i := range all {
			if f.Admits(i) {
				n++
			}
		}
		return n
	}
	sum := func(section string, keep func(key string) bool) (n int64) {
		for k, v := range counts {
			if s := section + " "; len(k) > len(s) && k[:len(s)] == s && keep(k[len(s):]) {
				n += v
			}
		}
		return n
	}
	check := func(name string, f Filter, section string, keep func(string) bool) {
		t.Helper()
		if a, b := through(f), sum(section, keep); a != b || a == 0 {
			t.Errorf("%s: the list has %d, the counter %d", name, a, b)
		}
	}
	for _, c := range []Cell{Both, SelfOnly, AuditOnly, Counterpart} {
		f := All()
		f.Cell, f.Live, f.Category = c, true, "interview"
		check(string(c), f, SectionCell, func(k string) bool { cell, cat, _ := ParseCellKey(k); return cell == c && cat == "interview" })
	}
	for _, s := range States {
		f := All()
		f.State = s
		check(string(s), f, SectionState, func(k string) bool { st, _ := ParseStateKey(k); return st == s })
	}
	for _, q := range Queues {
		check(string(q), q.Filter(), SectionQueue, func(k string) bool { return k == string(q) })
	}
	f := All()
	f.Live, f.MinSeverity, f.MaxSeverity = true, 2, 2
	check("severity 2", f, SectionState, func(k string) bool { st, sev := ParseStateKey(k); return st.Live() && sev == 2 })
	f = All()
	f.Live, f.Source, f.SourceCode, f.Tier = true, Audit, "hotline", 2
	check("source and tier", f, SectionSource, func(k string) bool {
		s, code, tier := ParseSourceKey(k)
		return s == Audit && code == "hotline" && tier == 2
	})
}
