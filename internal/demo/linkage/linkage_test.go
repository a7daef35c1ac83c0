package linkage

import (
	"bytes"
	"encoding/csv"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plumbline/internal/intake"
)

// small worlds of both scripts.
func worlds() map[Script]*World {
	return map[Script]*World{Han: Make(Params{Han, 3000, 7}), Latin: Make(Params{Latin, 4000, 7})}
}

func TestSameSeedSameWorld(t *testing.T) {
	for _, script := range []Script{Han, Latin} {
		a, b, c := Make(Params{script, 600, 3}), Make(Params{script, 600, 3}), Make(Params{script, 600, 4})
		people, places := a.Subjects()
		again, placesAgain := b.Subjects()
		if d := cmp.Diff(people, again) + cmp.Diff(places, placesAgain); d != "" {
			t.Errorf("%s: one seed, two forces: %.600s", script, d)
		}
		if other, _ := c.Subjects(); cmp.Equal(people, other) {
			t.Errorf("%s: two seeds, one force", script)
		}
		if d := cmp.Diff(a.Tables(), b.Tables()); d != "" {
			t.Errorf("%s: tables: %.600s", script, d)
		}
		b.Records(Clean, 50) // what was drawn before changes nothing
		for _, set := range Sets {
			if !bytes.Equal(a.File(a.Records(set, 300)), b.File(b.Records(set, 300))) {
				t.Errorf("%s, %s: one seed, two files", script, set)
			}
		}
	}
}

// TestCleanRowsAreTrue compares rows with what the roster says of their people.
func TestCleanRowsAreTrue(t *testing.T) {
	for script, w := range worlds() {
		people, _ := w.Subjects()
		by := map[string]*intake.Subject{}
		for i := range people {
			by[people[i].ID] = &people[i]
		}
		alone, rows := 0, w.Records(Clean, 4000)
		for i := range rows {
			r := &rows[i]
			s := by[r.Truth]
			if s == nil || len(r.Errors) > 0 {
				t.Fatalf("%s, row %d is about %q: %v", script, i, r.Truth, r.Errors)
			}
			fits := w.Fitting(r)
			if !slices.Contains(fits, r.Truth) {
				t.Errorf("%s, row %d does not fit its person: %v %+v", script, i, r.Cells, *s)
			}
			if len(fits) == 1 {
				alone++
			}
			holds(t, s, r)
		}
		if share := float64(alone) / float64(len(rows)); share < 0.995 {
			t.Errorf("%s: only %.4f of the rows fit one person alone", script, share)
		}
	}
}

// holds looks the dated cells up in the roster.
func holds(t *testing.T, s *intake.Subject, r *Record) {
	t.Helper()
	number := r.Cells[intake.PoliceNo] + r.Cells[intake.BadgeNo]
	if number != "" && !slices.ContainsFunc(s.Numbers, func(h intake.Held) bool { return h.Value == number && r.On.Within(h.From, h.To) }) {
		t.Errorf("on %s %s did not hold %s: %v", r.On, s.ID, number, s.Numbers)
	}
	rank, served := r.Cells[intake.Rank], false
	for _, p := range s.Postings {
		served = served || r.On.Within(p.From, p.To) && p.Main && (rank == "" || rank == p.Rank)
	}
	if !served {
		t.Errorf("on %s %s did not serve as %q: %v", r.On, s.ID, rank, s.Postings)
	}
	if on := r.Cells[Appointed]; on != "" && on != string(s.Appointed) {
		t.Errorf("%s was appointed on %s, not %s", s.ID, s.Appointed, on)
	}
	if year := r.Cells[intake.Birth]; year != "" && s.Birth != "" && year[:4] != s.Birth[:4] {
		t.Errorf("%s was born in %s, not %s", s.ID, s.Birth, year)
	}
}

func TestOneErrorIsOne(t *testing.T) {
	for script, w := range worlds() {
		kinds := map[Kind]int{}
		rows := w.Records(OneError, 4000)
		for i := range rows {
			r := &rows[i]
			if len(r.Errors) != 1 {
				t.Fatalf("%s, row %d: %v", script, i, r.Errors)
			}
			kinds[r.Errors[0]]++
			if slices.Contains(w.Fitting(r), r.Truth) {
				t.Errorf("%s, row %d: %v changed nothing: %v", script, i, r.Errors, r.Cells)
			}
		}
		for _, k := range []Kind{Typo, Swapped, Scanned, YearOff} {
			if share := float64(kinds[k]) / float64(len(rows)); share < 0.1 || share > 0.4 {
				t.Errorf("%s: a share of %.2f is %s", script, share, k)
			}
		}
		if (kinds[SoundsAlike] > 300) != (script == Han) {
			t.Errorf("%s: %d rows with a like sound", script, kinds[SoundsAlike])
		}
	}
}

func TestDirtyRows(t *testing.T) {
	for script, w := range worlds() {
		spoiled, several, missing := 0, 0, 0
		kinds := map[Kind]int{}
		rows := w.Records(Dirty, 6000)
		for i := range rows {
			for _, k := range rows[i].Errors {
				kinds[k]++
			}
			if len(rows[i].Errors) > 0 {
				spoiled++
			}
			if len(rows[i].Errors) > 1 {
				several++
			}
			if rows[i].Cells[intake.Unit] == "" || rows[i].Cells[intake.Birth] == "" {
				missing++
			}
		}
		n := float64(len(rows))
		if s := float64(spoiled) / n; s < 0.3 || s > 0.6 {
			t.Errorf("%s: a share of %.2f is spoiled", script, s)
		}
		if s := float64(several) / n; s < 0.05 {
			t.Errorf("%s: a share of %.2f has several errors", script, s)
		}
		if s := float64(missing) / n; s < 0.2 {
			t.Errorf("%s: a share of %.2f lacks unit or birth", script, s)
		}
		for _, e := range errorRates {
			rate := e.latin
			if script == Han {
				rate = e.han
			}
			if (kinds[e.kind] > 0) != (rate > 0) {
				t.Errorf("%s: %d of %s at a rate of %.3f", script, kinds[e.kind], e.kind, rate)
			}
		}
	}
}

// TestStrangers: one row in five, about nobody of the force, though their names
// are borne there.
func TestStrangers(t *testing.T) {
	for script, w := range worlds() {
		strangers, named := 0, 0
		rows := w.Records(OffRoster, 8000)
		for i := range rows {
			r := &rows[i]
			if r.Truth != "" {
				continue
			}
			strangers++
			if r.Cells[intake.PoliceNo]+r.Cells[intake.BadgeNo] != "" {
				t.Errorf("%s, row %d: a stranger with a number of the force", script, i)
			}
			if len(w.named[r.said.name.key()]) > 0 {
				named++
			}
		}
		if s := float64(strangers) / float64(len(rows)); s < 0.185 || s > 0.215 {
			t.Errorf("%s: a share of %.3f are strangers", script, s)
		}
		if s := float64(named) / float64(strangers); s < 0.05 {
			t.Errorf("%s: a share of %.3f of the strangers bears a name of the force", script, s)
		}
	}
}

func TestNumbersPassOn(t *testing.T) {
	for script, w := range worlds() {
		type span struct {
			who int
			held
		}
		by := map[string][]span{}
		changed := 0
		for i := range w.people[:w.People] {
			if len(w.people[i].numbers) > 1 {
				changed++
			}
			for _, n := range w.people[i].numbers {
				by[n.value] = append(by[n.value], span{i, n})
			}
		}
		reused, atOnce := 0, 0
		for _, spans := range by {
			one, both := false, false
			for _, a := range spans {
				for _, b := range spans {
					one = one || a.who != b.who
					both = both || a.who != b.who && a.from <= b.to && b.from <= a.to
				}
			}
			if one {
				reused++
			}
			if both {
				atOnce++
			}
		}
		if float64(reused) < 0.2*float64(len(by)) || atOnce < 20 || changed < w.People/10 {
			t.Errorf("%s: of %d numbers %d are reused and %d were held by two at once; %d people had several", script, len(by), reused,
				atOnce, changed)
		}
	}
}

func TestForce(t *testing.T) {
	for script, w := range worlds() {
		postings, alike, left := 0, 0, 0
		for i := range w.people[:w.People] {
			p := &w.people[i]
			postings += len(p.served)
			if p.departed != open {
				left++
			}
			if len(w.named[p.name.key()]) > 1 {
				alike++
			}
		}
		n := float64(w.People)
		if each := float64(postings) / n; each < 3.25 || each > 3.55 {
			t.Errorf("%s: %.2f postings each", script, each)
		}
		if share := float64(alike) / n; share < 0.05 || share > 0.6 {
			t.Errorf("%s: a share of %.2f has a namesake", script, share)
		}
		if left < w.People/20 {
			t.Errorf("%s: only %d left", script, left)
		}
	}
}

func TestTables(t *testing.T) {
	for script, w := range worlds() {
		tables := w.Tables()
		for name, c := range map[string]struct {
			data []byte
			rows int
		}{"units": {tables.Units, len(w.units)}, "people": {tables.People, w.People}} {
			rows, err := csv.NewReader(bytes.NewReader(c.data)).ReadAll()
			if err != nil || len(rows) != c.rows+1 {
				t.Errorf("%s: %d rows of %s: %v", script, len(rows), name, err)
			}
		}
		if n := bytes.Count(tables.Postings, []byte("\n")); n < 3*w.People {
			t.Errorf("%s: %d lines of postings", script, n)
		}
	}
}

// TestSoundsAreKnown: a name that cannot be spelled would never be written in
// letters.
func TestSoundsAreKnown(t *testing.T) {
	for _, list := range []string{firstMenOld, firstMenNew, firstWomenOld, firstWomenNew, lastMen, lastWomen, singleMen, singleWomen,
		rareGiven} {
		for _, c := range strings.Fields(list) {
			if han.sound[c] == "" {
				t.Errorf("how is %s said?", c)
			}
		}
	}
}
