package reports

import (
	"context"
	"slices"
	"strconv"
	"sync"
	"time"

	"plumbline/internal/app/desk"
	"plumbline/internal/fault"
	"plumbline/internal/issue"
	"plumbline/internal/roster"
	"plumbline/internal/store"
	"plumbline/seeds"
)

// ReconInput asks for the comparison of a unit and a period.
type ReconInput struct {
	Unit     string // "" takes the actor's own reach
	From, To string // months; "" is open
}

func (in ReconInput) check() error {
	for _, m := range []string{in.From, in.To} {
		if t, err := time.Parse("2006-01", m); m != "" && (err != nil || t.Format("2006-01") != m) {
			return fault.Invalid("filter_value", "period")
		}
	}
	if in.From != "" && in.To != "" && in.From > in.To {
		return fault.Invalid("filter_value", "to")
	}
	return nil
}

// ReconLine is one line of the comparison, with the filters of the lists behind its
// numbers.
type ReconLine struct {
	Code   string       `json:"code"` // category code, or unit id
	Name   string       `json:"name"` // of a unit
	Cells  issue.Cells  `json:"cells"`
	Filter issue.Filter `json:"-"` // add the cell
	Opens  bool         `json:"opens"`
	Only   bool         `json:"only,omitempty"` // a unit alone, without those below it
}

// Recon compares what was declared with what was found.
type Recon struct {
	Unit       string      `json:"unit"`
	UnitName   string      `json:"unit_name"`
	From       string      `json:"from"`
	To         string      `json:"to"`
	WindowDays int         `json:"window_days"`
	Total      ReconLine   `json:"total"`
	ByCategory []ReconLine `json:"by_category"`
	ByUnit     []ReconLine `json:"by_unit"`
	Questions  int64       `json:"questions"`  // open concealment questions
	LeavesOut  string      `json:"leaves_out"` // as of a report
	Named      bool        `json:"named"`      // whether the reader may see the comparison by person
}

// Reconciliation compares a unit's declared and found issues: by category, and by
// unit below it beside its own staff, each number with the list behind it. It reads
// counters, subtracts what the reader is barred from, and never scans the issues.
func (a *Reporting) Reconciliation(ctx context.Context, who *roster.Actor, in ReconInput) (*Recon, error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	out := &Recon{From: in.From, To: in.To, LeavesOut: leavesOut(who), WindowDays: a.Pack().Reconciliation.WindowDays,
		ByCategory: []ReconLine{}, ByUnit: []ReconLine{}}
	err := a.Read(ctx, who, "reconciliation.read", func(ctx context.Context, v *store.View) error {
		sc, err := a.Scope(ctx, v, who, roster.ActRead, roster.KindReconciliation)
		if err != nil {
			return err
		}
		tree, err := a.Tree(ctx, v)
		if err != nil {
			return err
		}
		if out.Unit, err = desk.UnitInReach(tree, sc, in.Unit); err != nil {
			return err
		}
		children := tree.Children(out.Unit)
		cells, err := v.CellsOf(ctx, append([]string{out.Unit}, children...), in.From, in.To)
		if err != nil {
			return err
		}
		if err := v.HideCells(ctx, cells, out.Unit, children, sc, in.From, in.To); err != nil {
			return err
		}
		base := issue.All()
		base.Unit, base.From, base.To, base.Live = out.Unit, in.From, in.To, true
		if err := a.touch(ctx, v, tree, cells, append([]string{out.Unit}, children...), base, sc); err != nil {
			return err
		}
		today := a.Today()
		people, leaders, err := a.headcount(ctx, v, tree, out.Unit, today)
		if err != nil {
			return err
		}
		for _, c := range seeds.Categories() {
			l := ReconLine{Code: c.Code, Cells: cellsOf(c, cells[out.Unit], people, leaders), Filter: base, Opens: true}
			l.Filter.Category = c.Code
			out.Total.Cells.Sum(l.Cells)
			out.ByCategory = append(out.ByCategory, l)
		}
		out.Total.Filter, out.Total.Opens = base, true
		ownPeople, ownLeaders := people, leaders
		alone := reconAlone(cells, out.Unit, children)
		for _, u := range children {
			l := ReconLine{Code: u, Name: desk.UnitName(who.Lang, tree.Unit(u)), Filter: base, Opens: true}
			l.Filter.Unit = u
			people, leaders, err := a.headcount(ctx, v, tree, u, today) // a bureau has some 15 children, a sub-bureau fewer
			if err != nil {
				return err
			}
			for _, c := range seeds.Categories() {
				l.Cells.Sum(cellsOf(c, cells[u], people, leaders))
			}
			out.ByUnit = append(out.ByUnit, l)
			ownPeople, ownLeaders = ownPeople-people, ownLeaders-leaders
		}
		out.UnitName = desk.UnitName(who.Lang, tree.Unit(out.Unit))
		if len(children) > 0 { // what is left is the unit's own, and the lines make the total
			l := ReconLine{Code: out.Unit, Name: out.UnitName, Filter: base, Opens: true, Only: true}
			l.Filter.Only = true
			for _, c := range seeds.Categories() {
				l.Cells.Sum(cellsOf(c, alone, ownPeople, ownLeaders))
			}
			out.ByUnit = slices.Insert(out.ByUnit, 0, l)
		}
		asked := base
		asked.Concealment = issue.ConcealmentQuestion
		if out.Questions, err = v.IssueCount(ctx, asked, sc); err != nil {
			return err
		}
		named, err := a.NamedScope(ctx, v, who, roster.ActRead, roster.KindReconciliation)
		out.Named = !named.Empty()
		return err
	})
	return out, err
}

// reconAlone is the unit's own part of the cells, by category.
func reconAlone(cells map[string]map[string]*issue.Cells, unit string, children []string) map[string]*issue.Cells {
	own := make(map[string]*issue.Cells, len(cells[unit]))
	for code, all := range cells[unit] {
		left := *all
		for _, u := range children {
			left.Less(cells[u][code])
		}
		own[code] = &left
	}
	return own
}

// cellsOf returns one category's cells for a unit's strength: only leaders owe the
// leaders' categories, everybody owes the others.
func cellsOf(c seeds.Category, cells map[string]*issue.Cells, people, leaders int64) (out issue.Cells) {
	if got := cells[c.Code]; got != nil {
		out = *got
	}
	if c.Audience == "leaders" {
		people = leaders
	}
	out.Leave(people)
	return out
}

// leadersCategories are those owed by leadership teams alone.
var leadersCategories = sync.OnceValue(func() (codes []string) {
	for _, c := range seeds.Categories() {
		if c.Audience == "leaders" {
			codes = append(codes, c.Code)
		}
	}
	return codes
})

// touch adjusts the touched pairs in the cells of units to those of people who serve
// there and owe something, so that the remainder equals the list behind the fourth
// cell. The counters count a pair where its first issue happened.
func (a *Reporting) touch(ctx context.Context, v *store.View, tree *roster.Tree, cells map[string]map[string]*issue.Cells, units []string,
	f issue.Filter, sc roster.Scope) error {
	at := func(unit, category string) *issue.Cells {
		if cells[unit] == nil {
			cells[unit] = make(map[string]*issue.Cells)
		}
		if cells[unit][category] == nil {
			cells[unit][category] = &issue.Cells{}
		}
		return cells[unit][category]
	}
	if err := a.touchStrayed(ctx, v, tree, at, units, f, sc); err != nil {
		return err
	}
	return a.touchLeaders(ctx, v, tree, at, units, f, sc)
}

// touchLeaders counts the pairs of the leaders' categories from the few people who owe
// them.
func (a *Reporting) touchLeaders(ctx context.Context, v *store.View, tree *roster.Tree,
	at func(unit, category string) *issue.Cells, units []string, f issue.Filter, sc roster.Scope) error {
	s, err := a.strength(ctx, v, a.Today())
	if err != nil {
		return err
	}
	var people []string
	serving := make(map[string]string)
	for _, l := range s.leaders {
		if slices.ContainsFunc(tree.Ancestors(l.UnitID), func(u string) bool { return slices.Contains(units, u) }) {
			people, serving[l.PersonID] = append(people, l.PersonID), l.UnitID
		}
	}
	issues, err := v.IssuesOfPairs(ctx, people, leadersCategories(), f, sc)
	if err != nil {
		return err
	}
	for _, u := range units {
		for _, code := range leadersCategories() {
			at(u, code).Touched = 0
		}
	}
	counted := make(map[[2]string]bool)
	for _, p := range issues {
		pair := [2]string{p.PersonID, p.Category}
		if counted[pair] {
			continue
		}
		counted[pair] = true
		for _, above := range tree.Ancestors(serving[p.PersonID]) {
			if slices.Contains(units, above) {
				at(above, p.Category).Touched++
			}
		}
	}
	return nil
}

// touchStrayed moves the pairs of people who moved, left or named a leader from
// where their first issue happened to where they serve. If bars hide some of them
// from the reader, the first issue may be hidden and a later one not.
func (a *Reporting) touchStrayed(ctx context.Context, v *store.View, tree *roster.Tree,
	at func(unit, category string) *issue.Cells, units []string, f issue.Filter, sc roster.Scope) error {
	s, err := a.strength(ctx, v, a.Today())
	if err != nil {
		return err
	}
	named, err := v.NamersOfLeaders(ctx)
	if err != nil {
		return err
	}
	people := slices.Concat(s.moved, named)
	for _, b := range sc.BarDated {
		people = append(people, b.Person)
	}
	if len(sc.BarObjects) > 0 {
		subjects, err := v.SubjectsOf(ctx, sc.BarObjects)
		if err != nil {
			return err
		}
		people = append(people, subjects...)
	}
	if len(people) == 0 {
		return nil
	}
	slices.Sort(people)
	people = slices.Compact(people)
	touches, err := v.IssuesOfPairs(ctx, people, nil, f, sc)
	if err != nil {
		return err
	}
	serving, err := v.ServingAt(ctx, people)
	if err != nil {
		return err
	}
	under := func(unit string, n int64, category string) {
		for _, above := range tree.Ancestors(unit) {
			if slices.Contains(units, above) {
				at(above, category).Touched += n
			}
		}
	}
	counted := make(map[[2]string]bool)
	for _, t := range touches {
		if t.First {
			under(t.UnitID, -1, t.Category)
		}
		pair := [2]string{t.PersonID, t.Category}
		if unit := serving[t.PersonID]; unit != "" && !counted[pair] {
			counted[pair] = true
			under(unit, 1, t.Category)
		}
	}
	return nil
}

// strengths is how many people serve where, cached until the roster changes.
type strengths struct {
	authority int64
	today     roster.Date
	byUnit    map[string]store.Strength
	moved     []string // people whose issues may be counted elsewhere
	leaders   []store.Leader
}

// strength returns how many people serve where.
func (a *Reporting) strength(ctx context.Context, v *store.View, today roster.Date) (*strengths, error) {
	g, err := v.Generation(ctx, store.GenerationAuthority)
	if err != nil {
		return nil, err
	}
	if s := a.strengths.Load(); s != nil && s.authority == g && s.today == today {
		return s, nil
	}
	rows, err := v.Strengths(ctx, today)
	if err != nil {
		return nil, err
	}
	s := &strengths{authority: g, today: today, byUnit: make(map[string]store.Strength, len(rows))}
	for _, r := range rows {
		s.byUnit[r.UnitID] = r
	}
	if s.moved, err = v.Moved(ctx); err != nil {
		return nil, err
	}
	if s.leaders, err = v.Leaders(ctx, today); err != nil {
		return nil, err
	}
	a.strengths.Store(s)
	return s, nil
}

// headcount is the number of people who serve in the unit and below it in today's
// tree, and how many of them are in a leadership team.
func (a *Reporting) headcount(ctx context.Context, v *store.View, tree *roster.Tree, unit string,
	today roster.Date) (people, leaders int64, err error) {
	s, err := a.strength(ctx, v, today)
	if err != nil {
		return 0, 0, err
	}
	for _, u := range tree.Subtree(unit) {
		people, leaders = people+s.byUnit[u].People, leaders+s.byUnit[u].Leaders
	}
	return people, leaders, nil
}

// ReconPeopleInput asks for one page of the comparison by person.
type ReconPeopleInput struct {
	ReconInput
	Category string
	Cursor   string
}

// ReconPeople is one page, most undisclosed records first.
type ReconPeople struct {
	Unit     string              `json:"unit"`
	UnitName string              `json:"unit_name"`
	Rows     []issue.PersonCells `json:"rows"`
	Next     string              `json:"next"`
	Filter   issue.Filter        `json:"-"` // add the person and the cell
}

// ReconciliationByPerson compares person by person, for readers who see names.
func (a *Reporting) ReconciliationByPerson(ctx context.Context, who *roster.Actor, in ReconPeopleInput) (out *ReconPeople, err error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	out = &ReconPeople{}
	out.Next, err = a.ReadPageBy(ctx, who, "reconciliation.people", in.Cursor, desk.PageSize, func(ctx context.Context, v *store.View, p *desk.Page) error {
		sc, err := a.NamedScope(ctx, v, who, roster.ActRead, roster.KindReconciliation)
		if err != nil {
			return err
		}
		if sc.Empty() {
			return fault.Forbidden("not_allowed")
		}
		tree, err := a.Tree(ctx, v)
		if err != nil {
			return err
		}
		if out.Unit, err = desk.UnitInReach(tree, sc, in.Unit); err != nil {
			return err
		}
		out.UnitName = desk.UnitName(who.Lang, tree.Unit(out.Unit))
		f := issue.All()
		f.Unit, f.From, f.To, f.Category, f.Live = out.Unit, in.From, in.To, in.Category, true
		out.Filter = f
		after, err := personCellsAfter(p.After, f)
		if err != nil {
			return err
		}
		rows, err := v.CellsByPerson(ctx, f, leadersCategories(), sc, after, p.Limit+1)
		if err != nil {
			return err
		}
		rows = desk.Cut(p, rows, func(r issue.PersonCells) []string {
			return []string{f.Query(), strconv.FormatInt(r.AuditOnly, 10), r.PersonID}
		})
		if err := a.nameCells(ctx, v, rows, in.Category); err != nil {
			return err
		}
		out.Rows = rows
		return nil
	})
	return out, err
}

// personCellsAfter reads a cursor's key and refuses one made under another filter.
func personCellsAfter(parts []string, f issue.Filter) (*issue.PersonCells, error) {
	if parts == nil {
		return nil, nil
	}
	if len(parts) != 3 || parts[0] != f.Query() {
		return nil, fault.Shape("cursor_unreadable", "cursor")
	}
	n, err := strconv.ParseInt(parts[1], 10, 64)
	if err != nil {
		return nil, fault.Shape("cursor_unreadable", "cursor")
	}
	return &issue.PersonCells{AuditOnly: n, PersonID: parts[2]}, nil
}

// nameCells fills in names and the untouched keys.
func (a *Reporting) nameCells(ctx context.Context, v *store.View, rows []issue.PersonCells, category string) error {
	var ids []string
	for _, r := range rows {
		ids = append(ids, r.PersonID)
	}
	names, err := v.PersonNames(ctx, ids)
	if err != nil {
		return err
	}
	leaders, err := v.TeamMembers(ctx, ids, a.Today())
	if err != nil {
		return err
	}
	for n := range rows {
		var keys int64
		for _, c := range seeds.Categories() {
			if (category == "" || category == c.Code) && (c.Audience != "leaders" || leaders[rows[n].PersonID]) {
				keys++
			}
		}
		rows[n].PersonName = names[rows[n].PersonID]
		touched := rows[n].Touched
		if !leaders[rows[n].PersonID] { // of whom nothing is expected there
			touched -= rows[n].OfLeaders
		}
		rows[n].Neither = max(0, keys-touched)
	}
	return nil
}
