package report_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"

	"plumbline/internal/apptest/attacker"
	"plumbline/internal/issue"
	"plumbline/internal/report"
)

// invent makes a bureau whose units, categories and months differ much in what
// happens there, so that small numbers stand beside large ones everywhere.
func invent(seed uint64, subs, stations, years, issues int) attacker.World {
	r := rand.New(rand.NewPCG(seed, 8))
	w := attacker.World{Children: map[string][]string{}}
	var leaves []string
	for s := range subs {
		sub := fmt.Sprintf("S%02d", s)
		w.Children["B"] = append(w.Children["B"], sub)
		leaves = append(leaves, sub)
		for n := range stations {
			station := fmt.Sprintf("%s-%02d", sub, n)
			w.Children[sub] = append(w.Children[sub], station)
			leaves = append(leaves, station)
			w.Children[station] = nil
		}
	}
	leaves = append(leaves, "B")
	skew := func(n int) int { return int(float64(n) * r.Float64() * r.Float64() * r.Float64()) }
	r.Shuffle(len(leaves), func(i, j int) { leaves[i], leaves[j] = leaves[j], leaves[i] })
	first, last := "", ""
	for range issues {
		i := attacker.Issue{Unit: leaves[skew(len(leaves))], Month: fmt.Sprintf("%04d-%02d", 2023+r.IntN(years), 1+r.IntN(12)),
			Category: fmt.Sprintf("c%02d", skew(20)), Severity: fmt.Sprint(skew(6)), State: string(issue.States[skew(len(issue.States))])}
		switch k := r.IntN(10); {
		case k < 6:
			i.Side, i.Cell = "declared", string([]issue.Cell{issue.SelfOnly, issue.Counterpart}[skew(2)])
		case k < 9:
			i.Side, i.Cell, i.Source = "found", string([]issue.Cell{issue.AuditOnly, issue.Both}[skew(2)]), fmt.Sprintf("src%d", skew(8))
		default:
			i.Side, i.Cell = "inspected", string(issue.Inspected)
		}
		if !issue.State(i.State).Live() {
			i.Side, i.Cell, i.Category, i.Source, i.Severity = "", "", "", "", ""
		}
		if first == "" || i.Month < first {
			first = i.Month
		}
		last = max(last, i.Month)
		w.Issues = append(w.Issues, i)
	}
	w.Periods = report.Periods(first, last, []report.Window{{ID: "campaign", From: "2023-05", To: "2024-02", Settled: "2024-04"}})
	return w
}

// grid counts the world as the database does, unit by unit with all below.
func grid(w attacker.World, bound int64) *report.Grid {
	g := report.NewGrid(bound, "B", w.Children, w.Periods)
	above := map[string]string{}
	for u, below := range w.Children {
		for _, c := range below {
			above[c] = u
		}
	}
	sources := map[string]issue.Source{"declared": issue.Self, "found": issue.Audit, "inspected": issue.Inspection}
	for _, i := range w.Issues {
		for u := i.Unit; u != ""; u = above[u] {
			severity := i.Severity
			if severity == "" {
				severity = "0"
			}
			g.Count(report.Count{Section: issue.SectionState, Unit: u, Month: i.Month, Key: i.State + "/" + severity, N: 1})
			if i.Side != "" {
				g.Count(report.Count{Section: issue.SectionSource, Unit: u, Month: i.Month,
					Key: string(sources[i.Side]) + "/" + i.Source + "/3", N: 1})
				g.Count(report.Count{Section: issue.SectionCell, Unit: u, Month: i.Month, Key: i.Cell + "/" + i.Category, N: 1})
			}
		}
	}
	return g
}

// everything is every report of the published grid: each unit, each period.
func everything(w attacker.World, g *report.Grid) (out []*report.Report) {
	var categories, sources []string
	for n := range 20 {
		categories = append(categories, fmt.Sprintf("c%02d", n))
	}
	for n := range 8 {
		sources = append(sources, fmt.Sprintf("src%d", n))
	}
	for u, below := range w.Children {
		p := report.Published{Grid: g, Root: report.Unit{ID: u}, Categories: categories, Sources: sources}
		for _, c := range below {
			p.Children = append(p.Children, report.Unit{ID: c})
		}
		for _, period := range w.Periods {
			p.Period = period
			out = append(out, &report.Report{Unit: u, From: period.From, To: period.To, Sections: report.BuildPublished(p)})
		}
	}
	return out
}

// TestTheAttackerLearnsNoSmallNumber gives a linear program all reports of the
// published grid together. PLUMBLINE_NIGHTLY=1 runs it at the size of the full
// demonstration.
func TestTheAttackerLearnsNoSmallNumber(t *testing.T) {
	attacker.Need(t)
	const bound = 5
	worlds := []attacker.World{invent(1, 3, 3, 2, 900), invent(2, 4, 2, 2, 5000), invent(3, 2, 4, 2, 250)}
	budget := attacker.Budget{Worlds: 40}
	if os.Getenv("PLUMBLINE_NIGHTLY") == "1" {
		worlds, budget.Worlds = append(worlds, invent(4, 15, 10, 3, 290_000)), 400
	}
	for n, w := range worlds {
		began := time.Now()
		reports := everything(w, grid(w, bound))
		res, err := attacker.Attack(w, reports, bound, bound, budget)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("world %d: %d issues, %d reports, %d numbers seen and %d hidden; %d small cells tried, %d programs, %d opened; %s",
			n+1, len(w.Issues), len(reports), res.Visible, res.Hidden, res.Cells, res.Programs, len(res.Opened), time.Since(began).Round(time.Millisecond))
		if res.Visible == 0 || res.Cells == 0 || res.Programs == 0 || res.Wrong > 0 {
			t.Errorf("world %d shows nothing: %+v", n+1, res)
		}
		for i, f := range res.Opened {
			if i == 10 {
				break
			}
			t.Errorf("%s %s of %s in %s to %s is %d: it can only be %.1f to %.1f", f.Table, f.Key, f.Unit, f.From, f.To, f.Truth,
				f.Low, f.High)
		}
	}
}

// TestTheAttackerIsNotBlind takes one rule of the grid away at a time: a bound
// of one shows everything, and numbers added back uncover their neighbours.
func TestTheAttackerIsNotBlind(t *testing.T) {
	attacker.Need(t)
	w := invent(1, 3, 3, 2, 900)
	if res, err := attacker.Attack(w, everything(w, grid(w, 1)), 5, 5, attacker.Budget{Enough: 1}); err != nil || len(res.Opened) == 0 {
		t.Error("everything was shown, and the attacker learnt nothing", err)
	}
	reports := everything(w, grid(w, 5))
	all := grid(w, 1)
	for _, r := range reports { // as a second report would that hides other numbers
		s := r.Section("units")
		hidden := -1
		for i, l := range s.Lines {
			if !l.Values[0].Hidden || l.Code == r.Unit {
				continue
			}
			if hidden >= 0 {
				n, _ := all.Value(s.Lines[hidden].Code, "sides", "declared", *report.FindPeriod(w.Periods, "", r.From, r.To))
				s.Lines[hidden].Values[0] = report.Number{N: n}
			}
			hidden = i
		}
	}
	if res, err := attacker.Attack(w, reports, 5, 5, attacker.Budget{Enough: 1}); err != nil || len(res.Opened) == 0 {
		t.Error("all hidden units but one were shown, and the attacker did not learn it", err)
	}
}

// A campaign made later changes nothing that was published before, and no
// figure of a period depends on what comes after it.
func TestWhatIsPublishedStays(t *testing.T) {
	w := invent(1, 3, 3, 2, 900)
	last := w.Periods[len(w.Periods)-1].To
	var before []report.Period
	for _, p := range w.Periods {
		if p.To < last && p.To <= "2024-05" {
			before = append(before, p)
		}
	}
	early := w
	early.Periods = before
	later := w
	later.Periods = report.Periods("2023-01", last, []report.Window{{ID: "campaign", From: "2023-05", To: "2024-02", Settled: "2024-04"},
		{ID: "new", From: "2023-02", To: "2023-06", Settled: "2024-11"}})
	was, is := everything(early, grid(early, 5)), everything(later, grid(later, 5))
	kept := 0
	for _, a := range was {
		i := slices.IndexFunc(is, func(b *report.Report) bool { return a.Unit == b.Unit && a.From == b.From && a.To == b.To })
		for n, s := range a.Sections {
			for l, line := range s.Lines {
				for c, v := range line.Values {
					if got := is[i].Sections[n].Lines[l].Values[c]; !v.Hidden && got != v {
						t.Fatalf("%s of %s in %s to %s: %s was %+v, is %+v", s.Key, a.Unit, a.From, a.To, line.Code, v, got)
					}
					kept++
				}
			}
		}
	}
	if kept == 0 {
		t.Error("nothing was compared")
	}
}
