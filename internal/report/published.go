package report

import (
	"strconv"
	"strings"

	"plumbline/internal/inquiry"
	"plumbline/internal/issue"
	"plumbline/internal/rectify"
	"plumbline/internal/selfcheck"
)

// Count adds a counter of the database to the grid: unit with all below it.
func (g *Grid) Count(c Count) {
	add := func(table, key string) { g.Add(c.Unit, table, key, c.Month, c.N) }
	switch c.Section {
	case issue.SectionSource:
		source, code, _ := issue.ParseSourceKey(c.Key)
		add(tableSides, bySide[sideOf[source]])
		if source == issue.Audit {
			add(tableSources, code)
		}
	case issue.SectionCell:
		cell, category, _ := issue.ParseCellKey(c.Key)
		side := map[issue.Cell]string{issue.Both: "found", issue.AuditOnly: "found", issue.SelfOnly: "declared",
			issue.Counterpart: "declared", issue.Inspected: "inspected"}[cell]
		add(tableCategories, category+"/"+side)
		add(tableReconciliation, string(cell))
	case issue.SectionState:
		state, severity := issue.ParseStateKey(c.Key)
		add(tableStates, string(state))
		if state.Live() {
			add(tableSeverities, strconv.Itoa(severity))
		}
	case rectify.Section:
		add(tableTasks, c.Key)
	case inquiry.SectionCases:
		add(tableDual, "case_"+c.Key)
	case inquiry.SectionTracks:
		add(tableDual, strings.Replace(c.Key, ".", "_", 1))
	case inquiry.SectionQuestions:
		add(tableDual, "question_"+c.Key)
	case inquiry.SectionDecisions:
		add(tableForms, c.Key)
	}
}

// Published is what the published report of a unit is made of. Lists is nil
// where the completion is not of the grid.
type Published struct {
	Grid, Lists *Grid
	Period      Period
	Root        Unit
	Children    []Unit
	RootOwn     selfcheck.Completion
	Completion  *Section // as it is to be shown, if not of the grid
	Categories  []string
	Sources     []string
}

// BuildPublished makes the sections from the published grid: whatever it does
// not publish is hidden, and nothing opens a list.
func BuildPublished(in Published) []Section {
	p := publisher{in}
	out := []Section{p.completion()}
	all := Section{Key: "issues", Columns: bySide, Lines: []Line{p.line("all", "", in.Root.ID, in.Period)}}
	out = append(out, all, p.units(), p.categories())
	out = append(out, p.keyed("sources", "source", "found", tableSources, in.Sources, "found"))
	var severities []string
	for n := range 6 {
		severities = append(severities, strconv.Itoa(n))
	}
	out = append(out, p.keyed("severities", "severity", "live", tableSeverities, severities, bySide...), p.months())
	var states []string
	for _, s := range issue.States {
		states = append(states, string(s))
	}
	out = append(out, p.keyed("states", "state.issue", "all", tableStates, states), p.reconciliation())
	out = append(out, p.keyed("rectifications", "report.rectification", "all", tableTasks,
		[]string{string(rectify.Verified), string(rectify.StruckOff)}))
	out = append(out, p.keyed("dual", "report.dual", "all", tableDual, dualKeys()),
		p.keyed("forms", "form", "people", tableForms, []string{"1", "2", "3", "4"}))
	return out
}

type publisher struct{ Published }

func (p publisher) number(unit, table, key string, period Period) Number {
	n, ok := p.Grid.Value(unit, table, key, period)
	if !ok {
		return Number{Hidden: true}
	}
	return Number{N: n}
}

// added is the sum of numbers, hidden where one of them is.
func added(parts ...Number) (sum Number) {
	for _, n := range parts {
		if n.Hidden {
			return Number{Hidden: true}
		}
		sum.N += n.N
	}
	return sum
}

// line is the three numbers of issues of a unit or own line.
func (p publisher) line(code, name, unit string, period Period) Line {
	l := Line{Code: code, Name: name}
	for _, side := range bySide {
		l.Values = append(l.Values, p.number(unit, tableSides, side, period))
	}
	return l
}

func (p publisher) total() *Line {
	l := p.line(TotalCode, "", p.Root.ID, p.Period)
	return &l
}

func (p publisher) units() Section {
	s := Section{Key: "units", Columns: bySide, Total: p.total()}
	own := p.Root.ID
	if len(p.Children) > 0 {
		own = Own(p.Root.ID)
	}
	s.Lines = append(s.Lines, p.line(p.Root.ID, p.Root.Name, own, p.Period))
	for _, u := range p.Children {
		s.Lines = append(s.Lines, p.line(u.ID, u.Name, u.ID, p.Period))
	}
	return s
}

func (p publisher) categories() Section {
	s := Section{Key: "categories", Codes: "category", Columns: bySide, Total: p.total()}
	for _, code := range p.Categories {
		l := Line{Code: code}
		for _, side := range bySide {
			l.Values = append(l.Values, p.number(p.Root.ID, tableCategories, code+"/"+side, p.Period))
		}
		s.Lines = append(s.Lines, l)
	}
	return s
}

func (p publisher) months() Section {
	s := Section{Key: "months", Columns: bySide, Total: p.total()}
	for _, m := range p.Grid.months {
		if m >= p.Period.From && m <= p.Period.To {
			s.Lines = append(s.Lines, p.line(m, "", p.Root.ID, Period{From: m, To: m}))
		}
	}
	return s
}

// keyed is a table with one column. Its total is the numbers of issues that it
// counts again, if any.
func (p publisher) keyed(key, codes, column, table string, keys []string, sides ...string) Section {
	s := Section{Key: key, Codes: codes, Columns: []string{column}}
	for _, k := range keys {
		s.Lines = append(s.Lines, Line{Code: k, Values: []Number{p.number(p.Root.ID, table, k, p.Period)}})
	}
	if len(sides) > 0 {
		var parts []Number
		for _, side := range sides {
			parts = append(parts, p.number(p.Root.ID, tableSides, side, p.Period))
		}
		s.Total = &Line{Code: TotalCode, Values: []Number{added(parts...)}}
	}
	return s
}

// reconciliation is the comparison over all categories: by category its cells
// are too many and too small to be published.
func (p publisher) reconciliation() Section {
	s := Section{Key: "reconciliation", Codes: "category", Columns: []string{"both", "self_only", "audit_only"}}
	total := Line{Code: TotalCode}
	for _, cell := range s.Columns {
		total.Values = append(total.Values, p.number(p.Root.ID, tableReconciliation, cell, p.Period))
	}
	s.Total = &total
	return s
}

func dualKeys() (keys []string) {
	for _, st := range inquiry.CaseStates {
		keys = append(keys, "case_"+string(st))
	}
	for _, side := range []inquiry.Side{inquiry.SideOfficer, inquiry.SideLeader} {
		for _, st := range inquiry.TrackStates {
			keys = append(keys, string(side)+"_"+string(st))
		}
	}
	for _, st := range inquiry.QuestionStates {
		keys = append(keys, "question_"+string(st))
	}
	return keys
}

// listsMonth stands for the one time at which a campaign's lists are counted,
// after they were locked.
const listsMonth = "0001-01"

var listsPeriod = Period{Code: "lists", Kind: "year", From: listsMonth, To: listsMonth}

// NewLists is the grid of what a campaign was owed, once it is locked.
func NewLists(bound int64, root string, children map[string][]string) *Grid {
	return NewGrid(bound, root, children, []Period{listsPeriod})
}

// CountLists adds a unit's lists, with those of all below it.
func (g *Grid) CountLists(unit string, c selfcheck.Completion) {
	g.Add(unit, tableLists, "filed", listsMonth, c.Filed())
	g.Add(unit, tableLists, "excused", listsMonth, c.Excused)
	g.Add(unit, tableLists, "missing", listsMonth, c.Missing())
}

// completion is the campaign's section: as it is, or by its own grid.
func (p publisher) completion() Section {
	if p.Completion != nil {
		return *p.Completion
	}
	s := Section{Key: "completion", Columns: []string{"owed", "filed", "excused", "missing", "filed_rate", "nil_rate", "certified"},
		Rates: []string{"filed_rate", "nil_rate"}, Flags: []string{"certified"}}
	if p.Lists == nil {
		return s
	}
	line := func(code, name, unit string, c selfcheck.Completion, certified int64) Line {
		parts := make([]Number, 3)
		for i, key := range []string{"filed", "excused", "missing"} {
			n, ok := p.Lists.Value(unit, tableLists, key, listsPeriod)
			parts[i] = Number{N: n, Hidden: !ok}
		}
		l := Line{Code: code, Name: name, Values: append([]Number{added(parts...)}, parts...)}
		for _, rate := range []int64{c.PerMille(), c.NilPerMille()} {
			if l.Values[0].Hidden {
				rate = 0
			}
			l.Values = append(l.Values, Number{N: rate, Hidden: l.Values[0].Hidden})
		}
		l.Values = append(l.Values, Number{N: certified})
		return l
	}
	var certified int64
	flag := func(u Unit) int64 {
		if u.Certified {
			certified++
			return 1
		}
		return 0
	}
	if len(p.Children) == 0 {
		s.Lines = append(s.Lines, line(p.Root.ID, p.Root.Name, p.Root.ID, p.Root.Completion, flag(p.Root)))
	} else {
		s.Lines = append(s.Lines, line(p.Root.ID, p.Root.Name, Own(p.Root.ID), p.RootOwn, flag(p.Root)))
		for _, u := range p.Children {
			s.Lines = append(s.Lines, line(u.ID, u.Name, u.ID, u.Completion, flag(u)))
		}
	}
	total := line(TotalCode, "", p.Root.ID, p.Root.Completion, certified)
	s.Total = &total
	return s
}
