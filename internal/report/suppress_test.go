package report

import (
	"strconv"
	"testing"

	"pgregory.net/rapid"
)

// TestSuppressedCellsCannotBeWorkedOut plays the reader with a pencil: with the
// total known and the visible cells taken off, what is left over must not be
// one cell, nor a number that is itself small.
func TestSuppressedCellsCannotBeWorkedOut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 12).Draw(t, "lines")
		s := Section{Key: "x", Columns: []string{"a", "rate"}, Rates: []string{"rate"}}
		for i := range n {
			v := rapid.OneOf(rapid.Int64Range(0, 8), rapid.Int64Range(0, 500)).Draw(t, "v")
			s.Lines = append(s.Lines, Line{Code: strconv.Itoa(i), Values: []Number{{N: v, List: Issues, Query: "q"}, {N: 5}}})
		}
		s.sum(func(int) (List, string) { return Issues, "q" })
		truth := append([]Line(nil), s.Lines...)
		for i := range truth {
			truth[i].Values = append([]Number(nil), truth[i].Values...)
		}
		total := s.Total.Values[0].N
		r := (&Report{Sections: []Section{s}}).Suppress(5)
		got := r.Sections[0]
		hidden, rest := 0, total
		for i, l := range got.Lines {
			v := l.Values[0]
			if v.Query != "" || v.List != "" {
				t.Fatal("a list can still be opened")
			}
			if !v.Hidden {
				if v.N != truth[i].Values[0].N {
					t.Fatal("a visible number changed")
				}
				if v.N > 0 && v.N < 5 {
					t.Fatalf("small cell %d is shown", v.N)
				}
				rest -= v.N
				continue
			}
			hidden++
			if v.N != 0 {
				t.Fatal("a hidden number kept its value")
			}
			if !l.Values[1].Hidden {
				t.Fatal("the rate of a hidden line is shown")
			}
		}
		if hidden == 0 || got.Total.Values[0].Hidden {
			return
		}
		if hidden == 1 {
			t.Fatalf("the one hidden cell is %d", rest)
		}
		if rest < 5 {
			t.Fatalf("the hidden cells together are %d", rest)
		}
	})
}

// TestSuppressedCellsCannotBeWorkedOutAcross lets the reader use the lines and
// the other tables as well: what is owed is filed, excused or missing, a total
// is the same number in every table, and what was found stands beside what was
// declared or alone.
func TestSuppressedCellsCannotBeWorkedOutAcross(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		number := func(what string) Number {
			return Number{N: rapid.OneOf(rapid.Int64Range(0, 8), rapid.Int64Range(0, 500)).Draw(t, what)}
		}
		lists := Section{Key: "completion", Columns: []string{"owed", "filed", "excused", "missing", "certified"}, Flags: []string{"certified"}}
		tables := []Section{{Key: "units", Columns: bySide}, {Key: "tiers", Columns: bySide}, {Key: "categories", Columns: bySide}, {Key: "reconciliation", Columns: []string{"both", "self_only", "audit_only", "neither"}}}
		for i := range rapid.IntRange(1, 6).Draw(t, "lines") {
			code := strconv.Itoa(i)
			filed, excused, missing := number("filed"), number("excused"), number("missing")
			lists.Lines = append(lists.Lines, Line{Code: code, Values: []Number{{N: filed.N + excused.N + missing.N}, filed, excused, missing, {N: 1}}})
			declared, both, alone, inspected := number("declared"), number("both"), number("alone"), number("inspected")
			for n := range 3 {
				tables[n].Lines = append(tables[n].Lines, Line{Code: code, Values: []Number{declared, {N: both.N + alone.N}, inspected}})
			}
			tables[3].Lines = append(tables[3].Lines, Line{Code: code, Values: []Number{both, declared, alone, {N: 9}}})
		}
		all := Section{Key: "issues", Columns: bySide, Lines: []Line{{Code: "all"}}}
		lists.sum(nil)
		for n := range tables {
			tables[n].sum(nil)
		}
		all.Lines[0].Values = append([]Number(nil), tables[0].Total.Values...)
		r := (&Report{Sections: append(tables, lists, all)}).Suppress(5)
		got := r.Section("completion")
		if c := got.Total.Values[4]; c.Hidden || c.N != int64(len(got.Lines)) {
			t.Fatalf("certified units are no people, but say %+v", c)
		}
		try := func(whole *Number, parts ...*Number) {
			var unknown []*Number
			sum := whole.N
			for _, p := range parts {
				if p.Hidden {
					unknown = append(unknown, p)
				}
				sum -= p.N
			}
			if whole.Hidden {
				unknown = append(unknown, whole)
				sum = -sum
			}
			if len(unknown) == 1 {
				t.Fatalf("a hidden cell can only be %d", sum)
			}
		}
		for i := range got.all() {
			v := got.all()[i].Values
			try(&v[0], &v[1], &v[2], &v[3])
		}
		for i, l := range r.Section("reconciliation").all() {
			try(&r.Section("categories").all()[i].Values[1], &l.Values[0], &l.Values[2])
		}
		for c := range bySide {
			for _, key := range []string{"units", "tiers", "categories"} {
				try(&r.Section("issues").Lines[0].Values[c], &r.Section(key).Total.Values[c])
			}
		}
	})
}
