package attacker

import (
	"testing"

	"plumbline/internal/report"
)

// small is a bureau of three stations in one month, and what is told of it.
func small(t *testing.T, told map[fact]int64) *system {
	t.Helper()
	w := World{Children: map[string][]string{"B": {"1", "2", "3"}}, Periods: []report.Period{{Code: "2025-01", Kind: "month",
		From: "2025-01", To: "2025-01"}}}
	for unit, n := range map[string]int{"1": 2, "2": 4, "3": 9} {
		for range n {
			w.Issues = append(w.Issues, Issue{Unit: unit, Month: "2025-01", Side: "found"})
		}
	}
	return newSystem(w, "sides", told)
}

func said(unit string, n int64, facts map[fact]int64) map[fact]int64 {
	facts[fact{unit, "2025-01", "2025-01", "", "found"}] = n
	return facts
}

// Stations that are hidden under one sum may each be all of it; one that is told, or
// what little is left beside it, is learnt.
func TestWhatTheSumsFix(t *testing.T) {
	Need(t)
	for _, c := range []struct {
		name   string
		told   map[fact]int64
		opened int // of the stations, each with its own line
	}{
		{"one large station shown", said("B", 15, said("3", 9, map[fact]int64{})), 0},
		{"one of the small stations shown", said("B", 15, said("3", 9, said("2", 4, map[fact]int64{}))), 4},
		{"nothing but the sum", said("B", 15, map[fact]int64{}), 0},
	} {
		s := small(t, c.told)
		var res Result
		if err := s.try(5, 5, Budget{Worlds: 2}, &res); err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if len(res.Opened) != c.opened || res.Cells != 4 || s.wrong(c.told) != 0 {
			t.Errorf("%s: %d small cells, opened %+v, want %d", c.name, res.Cells, res.Opened, c.opened)
		}
		want := map[string][2]float64{"1": {0, 2}, "1/own": {0, 2}, "2": {4, 4},
			"2/own": {4, 4}} // the bureau itself may have what station 1 has
		for _, f := range res.Opened {
			if got := [2]float64{f.Low, f.High}; got != want[f.Unit] {
				t.Errorf("%s: %s is %v, want %v", c.name, f.Unit, got, want[f.Unit])
			}
		}
	}
}

// A world that the solver gives is believed only as far as it fits the equations.
func TestAnImpossibleWorld(t *testing.T) {
	s := small(t, said("B", 15, said("3", 9, map[fact]int64{})))
	truth := make([]float64, len(s.value))
	for a, n := range s.value {
		truth[a] = float64(n)
	}
	if err := s.possible(truth); err != nil {
		t.Errorf("the truth: %v", err)
	}
	truth[0]++
	if err := s.possible(truth); err == nil {
		t.Error("one more than the sum says passed")
	}
	truth[0] = -1
	if err := s.possible(truth); err == nil {
		t.Error("less than nothing passed")
	}
}
