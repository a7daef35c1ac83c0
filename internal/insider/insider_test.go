package insider

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"plumbline/internal/roster"
	"plumbline/internal/store"
)

var oneSeed = flag.Int64("insider.seed", -1, "walk again the walk of this seed alone")
var first = flag.Int64("insider.first", 0, "the seed that the walks begin with")
var long = flag.Bool("insider.long", false, "do not look for the shortest sequence")

const (
	shortWalks = 12  // of a plain run; make insider walks each party twice
	stepsOf    = 300 // of one walk
	stepsAfter = 100 // of them after the tour, at the least
	nightly    = 820 // of a long run, about twenty minutes
)

// walks says how many walks a run has.
func walks(t testing.TB) int {
	if os.Getenv("PLUMBLINE_NIGHTLY") != "" {
		return nightly
	}
	if v := os.Getenv("PLUMBLINE_WALKS"); v != "" {
		n, err := strconv.Atoi(v)
		if err != nil || n < 1 {
			t.Fatalf("PLUMBLINE_WALKS is %q, not a number of walks", v)
		}
		return n
	}
	return shortWalks
}

func TestLoneInsider(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) {
		w := makeWorld(t, store.SQLite)
		n := walks(t)
		c := play(t, w, n)
		if *oneSeed >= 0 {
			return
		}
		learnNothing(t, w)
		if n >= laps*len(w.parties()) {
			if *first == 0 {
				c.complete(t)
			}
			sameWay(t, w, makeWorld(t, store.SQLite))
		}
	})
	t.Run("postgres", func(t *testing.T) { play(t, makeWorld(t, store.Postgres), max(walks(t)/5, 10)) })
}

// sameWay looks that a seed gives the same walk in a world made anew: nothing
// that is asked or answered differs but in the time that ids begin with.
func sameWay(t *testing.T, worlds ...*world) {
	const seed = 12
	var told [2][]string
	for i, w := range worlds {
		parties := w.parties()
		_, k := walkOnce(t, w, seed, 0, parties[seed%len(parties)])
		var names alikeness
		for _, st := range k.steps {
			told[i] = append(told[i], names.text(st.String()+" "+st.code()))
		}
	}
	for i := range told[0] {
		if i >= len(told[1]) || told[0][i] != told[1][i] {
			t.Fatalf("seed %d walks another way in a world made anew, from step %d: %s, then %s", seed, i+1, told[0][i],
				strings.Join(told[1][i:min(i+1, len(told[1]))], ""))
		}
	}
}

// party is one account, or two that the rules keep apart.
type party struct {
	name string
	who  []*who
}

func (w *world) parties() (out []party) {
	for _, p := range w.people {
		out = append(out, party{p.login, []*who{p}})
	}
	is := func(role roster.Role, unit string) *who {
		for _, p := range w.people {
			if p.has(role) && (unit == "" || w.base.tables["units"][w.base.tables["people"][p.person]["unit_id"]]["code"] == unit) {
				return p
			}
		}
		return nil
	}
	l := w.byLogin
	return append(out, []party{
		{"accused and subordinate", []*who{is(roster.RoleUnitHead, "C01"), is(roster.RoleInspector, "C01")}},
		{"chief and head", []*who{is(roster.RoleUnitHead, "B00"), l["demo-head"]}},
		{"body and clue", []*who{l["demo-body"], l["demo-clue"]}},
		{"investigator, adjudicator", []*who{l["demo-investigator"], l["demo-adjudicator"]}},
		{"records and accused", []*who{l["demo-records"], is(roster.RoleUnitHead, "C01")}},
		{"system and security", []*who{l["demo-system"], l["demo-security"]}},
		{"system and audit", []*who{l["demo-system"], l["demo-audit"]}},
		{"two readers", []*who{l["demo-leader"], w.readerBeside(l["demo-leader"])}},
		{"inspector and lead", []*who{l["demo-inspector"], l["demo-lead"]}},
	}...)
}

func (w *world) readerBeside(first *who) *who {
	for _, p := range w.people {
		if p != first && p.has(roster.RoleLeadershipReader) {
			return p
		}
	}
	return nil
}

// play walks, and reports every end that was reached.
func play(t *testing.T, w *world, n int) *coverage {
	parties := w.parties()
	seen, shown := map[string]int{}, map[string]bool{}
	c := newCoverage(w)
	seeds := make([]uint64, n)
	for i := range seeds {
		seeds[i] = uint64(*first + int64(i))
	}
	if *oneSeed >= 0 {
		seeds = []uint64{uint64(*oneSeed)}
	}
	for _, k := range seeds {
		p := parties[k%uint64(len(parties))]
		found, walk := walkOnce(t, w, k, k/uint64(len(parties)), p)
		c.add(walk)
		for _, f := range found {
			key := f.end + " " + p.name + " " + kindOf(f)
			if seen[key]++; seen[key] > 1 {
				continue
			}
			steps := []step{}
			if told := f.end + kindOf(f); !*long && !shown[told] {
				shown[told] = true
				steps = shrink(t, w, k, p.who, walk.steps, f)
			}
			t.Errorf("seed %d, %s reached %s: %s\n%s", k, walk.names(), f.end, f.what, story(walk, steps))
		}
	}
	for _, key := range slices.Sorted(maps.Keys(seen)) {
		t.Logf("%4d × %s", seen[key], key)
	}
	t.Logf("%d walks, %d requests; of %d operations %d succeeded. Never:\n%s\n%s", len(seeds), c.requests, len(c.all),
		len(c.all)-len(c.missed()), strings.Join(c.reasons(), "\n"), c.table())
	return c
}

// kindOf tells findings of one end apart by their wording, without what names
// the thing or the person.
func kindOf(f finding) string {
	if f.end == "spoken" || f.end == "hidden" {
		return ""
	}
	return refShape.ReplaceAllString(idShape.ReplaceAllString(f.what, ""), "")
}

// laps is how often each party walks in the run of CI, with a tour each time.
const laps = 2

func walkOnce(t *testing.T, w *world, seed, lap uint64, p party) ([]finding, *walker) {
	for _, who := range p.who {
		w.know(t, who)
	}
	s := w.copy(t)
	defer s.close()
	k := newWalker(s, seed, p.who...)
	k.draws(t)
	if lap < laps || lap%4 == 0 {
		k.tour(lap%2 == 0)
	}
	k.run(max(stepsOf, len(k.steps)+stepsAfter))
	found, err := k.judgeSite()
	if err != nil {
		t.Fatal(err)
	}
	return append(k.found, found...), k
}

func story(w *walker, steps []step) string {
	var b strings.Builder
	for i, s := range steps {
		if i == 20 {
			fmt.Fprintf(&b, "    and %d more\n", len(steps)-i)
			break
		}
		if s.self < len(w.selves) {
			told := []rune(s.String())
			fmt.Fprintf(&b, "    as %s: %s\n", w.selves[s.self].login, string(told[:min(len(told), 400)]))
		}
	}
	return b.String()
}

func TestTheTableOfEndsIsInTheDoc(t *testing.T) {
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range ends {
		if !strings.Contains(string(doc), "//\t"+e.name+" ") || !strings.Contains(string(doc), e.rule) {
			t.Errorf("the doc does not name %s, %s", e.name, e.rule)
		}
	}
}
