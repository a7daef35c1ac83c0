package bench

import (
	"bytes"
	"encoding/csv"
	"math"
	"slices"
	"strings"
	"testing"

	"plumbline/internal/app/people"
	"plumbline/internal/demo/linkage"
	"plumbline/internal/intake"
	"plumbline/internal/rules"
)

// TestInterval compares with published values: Newcombe's examples of Wilson's
// interval (1998), and the rule of three.
func TestInterval(t *testing.T) {
	for _, c := range []struct {
		hits, n   int
		low, high float64
	}{{81, 263, 0.2553, 0.3662}, {15, 148, 0.0624, 0.1605}, {1, 29, 0.0061, 0.1718}, {0, 50_000, 0, 5.99e-5},
		{50_000, 50_000, 1 - 5.99e-5, 1}} {
		low, high := interval(c.hits, c.n)
		if math.Abs(low-c.low) > 6e-5 || math.Abs(high-c.high) > 6e-5 {
			t.Errorf("%d of %d: %.5f to %.5f, want %.5f to %.5f", c.hits, c.n, low, high, c.low, c.high)
		}
	}
}

func TestCalibration(t *testing.T) {
	brier, tenths := calibration([]prediction{{1, true}, {0.95, true}, {0.9, false}, {0.25, false}, {0.25, true}})
	want := (0.0025 + 0.81 + 0.0625 + 0.5625) / 5
	if math.Abs(brier-want) > 1e-9 {
		t.Errorf("Brier score %.4f, want %.4f", brier, want)
	}
	if tenths[9].n != 3 || tenths[9].right != 2 || tenths[2].n != 2 || tenths[2].right != 1 {
		t.Errorf("%+v", tenths)
	}
	if got := reliability(tenths); got != "said 0.250, was 0.500 of 2; said 0.950, was 0.667 of 3" {
		t.Error(got)
	}
}

// TestLinkedCountsEveryRow: each row is read and lands in one place, and the
// lists say of whom they are.
func TestLinkedCountsEveryRow(t *testing.T) {
	for _, script := range []linkage.Script{linkage.Han, linkage.Latin} {
		w := linkage.Make(linkage.Params{Script: script, People: 1500, Seed: 5})
		subjects, places := w.Subjects()
		for _, set := range linkage.Sets {
			l := newList(w, set, 1200)
			if err := l.match(t.Context(), subjects, places); err != nil {
				t.Fatal(err)
			}
			if l.rejected > 0 || l.strangers+l.attached+l.queued != 1200 || l.first > l.three || l.three > l.shown || l.shown > l.queued {
				t.Errorf("%s, %s: %+v", script, set, *l)
			}
			if (l.strangers > 0) != (set == linkage.OffRoster) || set == linkage.Clean && (l.alone < 1180 || l.attached == 0) {
				t.Errorf("%s, %s: %d strangers, %d rows fit one, %d attached", script, set, l.strangers, l.alone, l.attached)
			}
			for _, f := range l.figures("small") {
				if f.Measured == "" || strings.Contains(f.Measured, "NaN") {
					t.Errorf("%s: %q", f.Name, f.Measured)
				}
			}
		}
	}
}

// TestInventedRosterFitsTheImport: the columns are those of the roster import.
func TestInventedRosterFitsTheImport(t *testing.T) {
	tables := linkage.Make(linkage.Params{Script: linkage.Latin, People: 50, Seed: 1}).Tables()
	for table, data := range map[people.RosterTable][]byte{people.UnitTable: tables.Units, people.PeopleTable: tables.People,
		people.PostingTable: tables.Postings} {
		header, err := csv.NewReader(bytes.NewReader(data)).Read()
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range header {
			if !slices.Contains(table.Columns(), c) {
				t.Errorf("%s has no column %s", table, c)
			}
		}
	}
}

// TestSomebodyAlwaysCounts: whoever is shown beside a record, one of them decides its
// level at least.
func TestSomebodyAlwaysCounts(t *testing.T) {
	for _, script := range []linkage.Script{linkage.Han, linkage.Latin} {
		w := linkage.Make(linkage.Params{Script: script, People: 2500, Seed: 7})
		subjects, places := w.Subjects()
		for _, set := range []linkage.Set{linkage.OneError, linkage.Dirty} {
			readings, err := newList(w, set, 2500).read()
			if err != nil {
				t.Fatal(err)
			}
			if err := ask(t.Context(), intake.NewIndex(subjects, places), readings, &rules.Current().Matching, func(row int, out *intake.Outcome) {
				if n := len(out.Candidates); out.Live > n || n > 0 && out.Live < 1 || n == 0 && out.Level != intake.Unmatched {
					t.Errorf("%s, %s, row %d: %+v", script, set, row, out)
				}
			}); err != nil {
				t.Fatal(err)
			}
		}
	}
}
