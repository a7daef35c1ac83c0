// Package attacker is the reader who may not open the rows and takes a linear
// program to the numbers that he is told, to learn a small one that he is not.
//
// He knows every visible number of every report as an equation over the finest
// cells (unit's own, month, key), that no cell is negative, and nothing else.
// Cells that occur in the same equations cannot be told apart; together they
// are an atom, which is the unknown of the program.
//
// For a cell under the bound the attacker is beaten where the numbers leave it
// an interval at least as wide as asked. A cell that shares a large atom with
// others is free within it, and one that could hold enough more or less by
// exchanges that no number shows needs no program either. For any other the
// smallest and the largest value are found by the simplex method: over all the
// atoms that equations connect with it if they are few, else over the nearest
// of them with the rest as they truly are, which can only make the interval
// narrower than it is.
package attacker

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"

	"plumbline/internal/report"
)

// Issue is what one issue adds to the world: the finest that anything counts.
type Issue struct{ Unit, Month, Side, Source, Category, Cell, Severity, State string }

// World is the truth, which the attacker tries to find.
type World struct {
	Children map[string][]string // of every unit, in order
	Issues   []Issue
	Periods  []report.Period
}

// Finding is a small cell that the numbers fix too narrowly.
type Finding struct {
	Table, Unit, Key, From, To string
	Truth                      int64
	Low, High                  float64
}

// Result counts what was tried.
type Result struct {
	Visible, Hidden int // numbers in the reports
	Cells, Programs int // small cells tried; linear programs solved for them
	Wrong           int // numbers that are not what the world says
	Opened          []Finding
}

// variable is one finest cell.
type variable struct {
	unit, month, key, side string
}

// keysIn gives the key of an issue in each table, "" where it has none.
var keysIn = map[string]func(Issue) string{
	"sides":          func(i Issue) string { return i.Side },
	"categories":     func(i Issue) string { return i.Category + "/" + i.Side },
	"sources":        func(i Issue) string { return i.Source },
	"severities":     func(i Issue) string { return i.Severity },
	"states":         func(i Issue) string { return i.State },
	"reconciliation": func(i Issue) string { return i.Cell },
}

// fact is a visible number of a period: of a unit with all below it, or of its
// own line; key "" is any of the side.
type fact struct{ unit, from, to, key, side string }

// Budget is how hard the attacker tries: how many cells of each table get a
// linear program (0 is all of them; the cells are drawn at random when there
// are more), in how many cut-out tables a cell is tried before it counts as
// opened, and after how many opened cells he stops (0 is never).
type Budget struct{ Programs, Tables, Enough int }

// Attack tries to learn every small cell of the world from the reports.
func Attack(w World, reports []*report.Report, bound int64, width float64, budget Budget) Result {
	var res Result
	for _, table := range []string{"sides", "categories", "sources", "severities", "states", "reconciliation"} {
		known := make(map[fact]int64)
		for _, r := range reports {
			read(r, table, func(f fact, n report.Number) {
				if n.Hidden {
					res.Hidden++
					return
				}
				res.Visible++
				known[f] = n.N
			})
		}
		s := newSystem(w, table, known)
		res.Wrong += s.wrong(known)
		s.try(bound, width, budget, &res)
		if budget.Enough > 0 && len(res.Opened) >= budget.Enough {
			break
		}
	}
	return res
}

// read gives every number of a report that says something of a table.
func read(r *report.Report, table string, tell func(fact, report.Number)) {
	columns := func(key string, own bool, each func(l report.Line, column string, n report.Number)) {
		s := r.Section(key)
		if s == nil {
			return
		}
		for _, l := range s.Lines {
			for c, n := range l.Values {
				each(l, s.Columns[c], n)
			}
		}
		if s.Total != nil && own {
			for c, n := range s.Total.Values {
				each(*s.Total, s.Columns[c], n)
			}
		}
	}
	columns("issues", false, func(_ report.Line, side string, n report.Number) { tell(fact{r.Unit, r.From, r.To, "", side}, n) })
	columns("months", false, func(l report.Line, side string, n report.Number) { tell(fact{r.Unit, l.Code, l.Code, "", side}, n) })
	columns("units", false, func(l report.Line, side string, n report.Number) {
		unit := l.Code
		if s := r.Section("units"); unit == r.Unit && len(s.Lines) > 1 {
			unit = report.Own(unit)
		}
		tell(fact{unit, r.From, r.To, "", side}, n)
	})
	switch table {
	case "categories":
		columns(table, false, func(l report.Line, side string, n report.Number) {
			tell(fact{r.Unit, r.From, r.To, l.Code + "/" + side, side}, n)
		})
	case "sources", "severities", "states":
		columns(table, false, func(l report.Line, _ string, n report.Number) { tell(fact{r.Unit, r.From, r.To, l.Code, ""}, n) })
	case "reconciliation":
		columns(table, true, func(_ report.Line, cell string, n report.Number) { tell(fact{r.Unit, r.From, r.To, cell, ""}, n) })
	}
}

// system is the atoms of a table and the equations that hold them.
type system struct {
	table    string
	periods  []report.Period
	truth    map[variable]int64
	atomOf   map[variable]int
	equation map[fact]int
	members  []int               // how many variables an atom has
	first    []variable          // one of them
	units    []string            // that have lines of their own
	value    []int64             // what an atom truly is
	rows     [][]int             // atoms of each equation
	rowsOf   [][]int             // equations of each atom
	net      []int               // of each equation, while an exchange is judged
	keys     []string            // of the table
	sides    []string            // a key may stand on
	leaves   map[string][]string // own lines below a unit
	months   []string
	children map[string][]string
}

func newSystem(w World, table string, known map[fact]int64) *system {
	s := &system{table: table, periods: w.Periods, truth: make(map[variable]int64), atomOf: make(map[variable]int), leaves: make(map[string][]string), children: w.Children}
	keys, months := map[string]bool{}, map[string]bool{}
	for _, i := range w.Issues {
		if key := keysIn[table](i); key != "" {
			s.truth[variable{i.Unit, i.Month, key, i.Side}]++
			keys[key+"\x00"+i.Side] = true
		}
	}
	for _, p := range w.Periods {
		if p.Kind == "month" {
			months[p.From] = true
		}
	}
	for m := range months {
		s.months = append(s.months, m)
	}
	slices.Sort(s.months)
	above := make(map[string][]string)
	var walk func(u string, over []string)
	walk = func(u string, over []string) {
		over = append(slices.Clone(over), u)
		above[u] = append(slices.Clone(over), report.Own(u))
		for _, o := range over {
			s.leaves[o] = append(s.leaves[o], u)
		}
		s.leaves[report.Own(u)] = []string{u}
		for _, c := range w.Children[u] {
			walk(c, over)
		}
	}
	roots := make(map[string]bool)
	for u := range w.Children {
		roots[u] = true
	}
	for _, below := range w.Children {
		for _, c := range below {
			delete(roots, c)
		}
	}
	for r := range roots {
		walk(r, nil)
	}
	row := make(map[fact]int)
	atoms := make(map[string]int)
	for _, leaf := range slices.Sorted(maps.Keys(above)) {
		over := above[leaf]
		if strings.HasSuffix(leaf, "/own") {
			continue
		}
		s.units = append(s.units, leaf)
		for _, m := range s.months {
			for _, ks := range slices.Sorted(maps.Keys(keys)) {
				key, side, _ := strings.Cut(ks, "\x00")
				var in []int
				for _, u := range over {
					for _, p := range w.Periods {
						if m < p.From || m > p.To {
							continue
						}
						for _, f := range []fact{{u, p.From, p.To, key, side}, {u, p.From, p.To, key, ""}, {u, p.From, p.To, "", side}} {
							if _, told := known[f]; !told || table == "sides" && f.key != "" || table == "states" && f.key == "" && !live(key) {
								continue
							}
							if _, ok := row[f]; !ok {
								row[f] = len(row)
							}
							in = append(in, row[f])
						}
					}
				}
				slices.Sort(in)
				in = slices.Compact(in)
				name := fmt.Sprint(in)
				a, ok := atoms[name]
				if !ok {
					a = len(s.value)
					atoms[name] = a
					s.value, s.members, s.rowsOf = append(s.value, 0), append(s.members, 0), append(s.rowsOf, in)
					s.first = append(s.first, variable{leaf, m, key, side})
				}
				v := variable{leaf, m, key, side}
				s.atomOf[v] = a
				s.members[a]++
				s.value[a] += s.truth[v]
			}
		}
	}
	s.equation, s.rows = row, make([][]int, len(row))
	for a, in := range s.rowsOf {
		for _, r := range in {
			s.rows[r] = append(s.rows[r], a)
		}
	}
	for ks := range keys {
		key, side, _ := strings.Cut(ks, "\x00")
		s.keys, s.sides = append(s.keys, key), append(s.sides, side)
	}
	return s
}

// wrong counts the visible numbers that disagree with the world: an attack on
// another bureau than the one reported would prove nothing.
func (s *system) wrong(known map[fact]int64) (n int) {
	for f, said := range known {
		r, ok := s.equation[f]
		var sum int64
		if ok {
			for _, a := range s.rows[r] {
				sum += s.value[a]
			}
		}
		if ok && sum != said { // else the table has no such cells
			n++
		}
	}
	return n
}

func live(state string) bool {
	return !slices.Contains([]string{"merged", "rejected", "withdrawn"}, state)
}

// cell is a small number: what it is called, and the atoms it is made of with
// how many of their variables it holds.
type cell struct {
	Finding
	part map[int]int
}

// try solves for the small cells that share no large atom with others: all of
// them, or as many as the budget allows, drawn at random.
func (s *system) try(bound int64, width float64, budget Budget, res *Result) {
	narrow := s.narrow(bound, width, res)
	rand.New(rand.NewPCG(1, 1)).Shuffle(len(narrow), func(i, j int) { narrow[i], narrow[j] = narrow[j], narrow[i] })
	solved := make(map[string][2]float64)
	opened := len(res.Opened)
	for _, c := range narrow {
		name := ""
		for _, a := range sorted(c.part) {
			name += fmt.Sprint(a, c.part[a] == s.members[a], " ")
		}
		if _, done := solved[name]; !done {
			if budget.Programs > 0 && len(solved) >= budget.Programs {
				continue
			}
			res.Programs++
			tables := budget.Tables
			if len(res.Opened) > opened+3 { // the grid has failed; the rest need no proof
				tables = 0
			}
			solved[name] = s.interval(c.part, width, tables)
		}
		if got := solved[name]; got[1]-got[0] < width-1e-6 {
			c.Low, c.High = got[0], got[1]
			res.Opened = append(res.Opened, c.Finding)
			if budget.Enough > 0 && len(res.Opened) >= budget.Enough {
				return
			}
		}
	}
}

// narrow gives every small cell, of each unit and own line, period and key,
// that is not free within a large atom.
func (s *system) narrow(bound int64, width float64, res *Result) (out []cell) {
	names := slices.Clone(s.keys)
	slices.Sort(names)
	names = slices.Compact(names)
	for _, unit := range slices.Sorted(maps.Keys(s.leaves)) {
		for _, p := range s.periods {
			for _, key := range names {
				truth, part := s.cell(s.leaves[unit], p, key)
				if truth <= 0 || truth >= bound {
					continue
				}
				res.Cells++
				free := false
				for a, n := range part {
					free = free || n < s.members[a] && float64(s.value[a]) >= width
				}
				if !free {
					out = append(out, cell{Finding{Table: s.table, Unit: unit, Key: key, From: p.From, To: p.To, Truth: truth}, part})
				}
			}
		}
	}
	return out
}

// cell sums a key over leaves and the months of a period.
func (s *system) cell(leaves []string, p report.Period, key string) (truth int64, part map[int]int) {
	part = make(map[int]int)
	for i, k := range s.keys {
		if k != key {
			continue
		}
		for _, leaf := range leaves {
			for _, m := range s.months {
				if m >= p.From && m <= p.To {
					v := variable{leaf, m, k, s.sides[i]}
					truth += s.truth[v]
					part[s.atomOf[v]]++
				}
			}
		}
	}
	return truth, part
}

func sorted(m map[int]int) []int { return slices.Sorted(maps.Keys(m)) }
