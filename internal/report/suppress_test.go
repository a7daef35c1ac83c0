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
