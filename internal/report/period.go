package report

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
)

// A Period is one of the fixed periods of the published grid: all its months
// have ended.
type Period struct {
	Code  string `json:"code"` // 2026-03, 2026-Q1, 2026, or the campaign's id
	Kind  string `json:"kind"` // one of PeriodKinds
	From  string `json:"from"` // months, inclusive
	To    string `json:"to"`
	Title string `json:"title,omitempty"` // of a campaign

	settled string // the first month in which it is published, by its end
}

// PeriodKinds in the order in which they are offered.
var PeriodKinds = []string{"campaign", "year", "quarter", "month"}

// Window is a campaign of the whole bureau as a period: the months of the
// conduct that it reviews, settled in the month in which the last of its dates
// lies, so that a campaign made later changes nothing that was published.
type Window struct{ ID, Title, From, To, Settled string }

// nextMonth is the month after.
func nextMonth(m string) string {
	y, _ := strconv.Atoi(m[:4])
	n, _ := strconv.Atoi(m[5:])
	if n == 12 {
		return fmt.Sprintf("%04d-01", y+1)
	}
	return fmt.Sprintf("%04d-%02d", y, n+1)
}

// Periods lists the fixed periods between two months, of which the last has
// ended, in the order in which they are settled: a month before its quarter,
// that before its year.
func Periods(first, last string, windows []Window) []Period {
	var out []Period
	add := func(code, kind, from, to, title, settled string) {
		if to >= first && from >= "0001-01" && settled <= last {
			out = append(out, Period{code, kind, from, to, title, settled})
		}
	}
	if first == "" || first > last {
		return nil
	}
	for m := first[:4] + "-01"; m <= last; m = nextMonth(m) {
		add(m, "month", m, m, "", m)
		n, _ := strconv.Atoi(m[5:])
		if n%3 == 0 {
			add(fmt.Sprintf("%s-Q%d", m[:4], n/3), "quarter", fmt.Sprintf("%s-%02d", m[:4], n-2), m, "", m)
		}
		if n == 12 {
			add(m[:4], "year", m[:4]+"-01", m, "", m)
		}
	}
	for _, w := range windows {
		add(w.ID, "campaign", w.From, w.To, w.Title, max(w.Settled, w.To))
	}
	rank := []string{"month", "quarter", "campaign", "year"}
	slices.SortStableFunc(out, func(a, b Period) int {
		return cmp.Or(cmp.Compare(a.settled, b.settled), cmp.Compare(slices.Index(rank, a.Kind), slices.Index(rank, b.Kind)),
			cmp.Compare(a.Code, b.Code))
	})
	return out
}

// pools reports whether small parts are pooled when the period ends.
func (p Period) pools() bool { return p.Kind == "campaign" || p.Kind == "year" }

// FindPeriod finds the period by its code or by its months, nil if the grid
// has none such.
func FindPeriod(all []Period, code, from, to string) *Period {
	i := slices.IndexFunc(all, func(p Period) bool { return code != "" && p.Code == code || code == "" && p.From == from && p.To == to })
	if i < 0 {
		return nil
	}
	return &all[i]
}

// Newest is the period shown to whoever names none: the newest quarter, or
// what there is.
func Newest(all []Period) *Period {
	for _, kind := range []string{"quarter", "month"} {
		for i := len(all) - 1; i >= 0; i-- {
			if all[i].Kind == kind {
				return &all[i]
			}
		}
	}
	return nil
}
