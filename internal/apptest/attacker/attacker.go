// Package attacker is the reader who may not open the rows and takes a linear
// program to the numbers that he is told, to learn a small one that he is not.
//
// He knows every visible number of every report as an equation over the finest
// cells (unit's own, month, key), that no cell is negative, and nothing else.
// Cells that occur in the same equations cannot be told apart; together they
// are an atom, which is the unknown of the program.
//
// Whatever fits all equations is a possible world. For a cell under the bound the
// attacker is beaten where possible worlds differ in it by at least the width asked.
// A cell that shares a large atom with others is free within it. For all others of a
// table the solver makes worlds in which as many of them as can be are large at once;
// what stays narrow is asked for by itself, its largest value and then its smallest,
// so that what is reported as opened is exactly what the numbers fix.
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

// Budget is how many worlds the attacker makes for the cells of a table together before
// he asks for those that stay narrow one by one, and after how many opened cells he stops
// (0 is never).
type Budget struct{ Worlds, Enough int }

// Attack tries to learn every small cell of the world from the reports. An error is the
// solver's.
func Attack(w World, reports []*report.Report, bound int64, width float64, budget Budget) (res Result, err error) {
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
		if err := s.try(bound, width, budget, &res); err != nil {
			return res, fmt.Errorf("%s: %w", table, err)
		}
		if budget.Enough > 0 && len(res.Opened) >= budget.Enough {
			break
		}
	}
	return res, nil
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
	value    []int64             // what an atom truly is
	rows     [][]int             // atoms of each equation
	rowsOf   [][]int             // equations of each atom
	sum      []int64             // what each equation says
	keys     []string            // of the table
	sides    []string            // a key may stand on
	leaves   map[string][]string // own lines below a unit
	months   []string
	children map[string][]string
}

func newSystem(w World, table string, known map[fact]int64) *system {
	s := &system{table: table, periods: w.Periods, truth: make(map[variable]int64), atomOf: make(map[variable]int),
		leaves: make(map[string][]string), children: w.Children}
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
							if _, told := known[f]; !told || table == "sides" && f.key != "" || table == "states" && f.key == "" &&
								!live(key) {
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
				}
				v := variable{leaf, m, key, side}
				s.atomOf[v] = a
				s.members[a]++
				s.value[a] += s.truth[v]
			}
		}
	}
	s.equation, s.rows, s.sum = row, make([][]int, len(row)), make([]int64, len(row))
	for a, in := range s.rowsOf {
		for _, r := range in {
			s.rows[r] = append(s.rows[r], a)
			s.sum[r] += s.value[a]
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
		if r, ok := s.equation[f]; ok && s.sum[r] != said { // else the table has no such cells
			n++
		}
	}
	return n
}

func live(state string) bool {
	return !slices.Contains([]string{"merged", "rejected", "withdrawn"}, state)
}

// cell is a small number: what it is called, the atoms it is made of with how many of
// their variables it holds, and the least and the most that it is in the worlds so far.
type cell struct {
	Finding
	part map[int]int
}

func (c *cell) open(width float64) bool { return c.High-c.Low < width-slack }

// widen takes one more possible world in. Who shares an atom with others may have all
// of it, or nothing.
func (c *cell) widen(s *system, value []float64) {
	var low, high float64
	for a, n := range c.part {
		high += value[a]
		if n == s.members[a] {
			low += value[a]
		}
	}
	c.Low, c.High = min(c.Low, low), max(c.High, high)
}

// try finds how wide the small cells are that share no large atom with others.
func (s *system) try(bound int64, width float64, budget Budget, res *Result) error {
	cells := s.narrow(bound, width, res)
	ask := func(aim objective, most float64) error {
		res.Programs++
		value, err := s.world(aim, most)
		if err != nil {
			return err
		}
		for _, c := range cells {
			c.widen(s, value)
		}
		cells = slices.DeleteFunc(cells, func(c *cell) bool { return !c.open(width) })
		return nil
	}
	if err := s.together(&cells, width, budget.Worlds, ask); err != nil {
		return err
	}
	for len(cells) > 0 {
		c := cells[0]
		for _, sign := range []float64{1, -1} {
			aim := objective{}
			for a, n := range c.part {
				if sign > 0 || n == s.members[a] {
					aim[a] = sign
				}
			}
			if err := ask(aim, 0); err != nil {
				return err
			}
			if !c.open(width) {
				break
			}
		}
		if c.open(width) {
			cells = cells[1:]
			res.Opened = append(res.Opened, c.Finding)
			if budget.Enough > 0 && len(res.Opened) >= budget.Enough {
				return nil
			}
		}
	}
	return nil
}

// together makes worlds in which many of the cells are large, or small, at once, until
// none is open, or two worlds in a row have helped none.
func (s *system) together(cells *[]*cell, width float64, worlds int, ask func(objective, float64) error) error {
	r := rand.New(rand.NewPCG(1, 1))
	idle := 0
	for n := 0; n < worlds && len(*cells) > 0 && idle < 2; n++ {
		before := len(*cells)
		aim := objective{}
		for _, c := range *cells {
			for _, a := range sorted(c.part) {
				if aim[a] == 0 {
					aim[a] = r.Float64()
				}
			}
		}
		if err := ask(aim, width); err != nil {
			return err
		}
		if idle++; len(*cells) < before {
			idle = 0
		}
	}
	return nil
}

// narrow gives every small cell, of each unit and own line, period and key,
// that is not free within a large atom.
func (s *system) narrow(bound int64, width float64, res *Result) (out []*cell) {
	truly := make([]float64, len(s.value))
	for a, n := range s.value {
		truly[a] = float64(n)
	}
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
					free = free || len(s.rowsOf[a]) == 0 || n < s.members[a] && float64(s.value[a]) >= width
				}
				if !free {
					c := &cell{Finding{Table: s.table, Unit: unit, Key: key, From: p.From, To: p.To, Truth: truth, Low: float64(truth),
						High: float64(truth)}, part}
					c.widen(s, truly)
					out = append(out, c)
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
