package report

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// Grid is the published grid: what a reader who may not open the rows, or the
// reader of an exported file, is ever told. It is one thing for all periods,
// units and tables, so that nothing is told in one report that uncovers
// another.
//
// A table is published for a unit in blocks of whole months, which never
// overlap, and a block is published only where every key of the table is 0 or
// at least the bound. Months are tried one by one as they end; what had to wait
// is tried together at the end of the quarter, and at the end of the year or of
// a campaign with its small keys pooled: they are hidden, and together reach
// the bound. A unit's table is split over the units below it by the same rule:
// whole or not at all, at the end of a year or campaign with the small units
// pooled. The figure of a period is the sum of the blocks that make it up
// exactly, or hidden.
//
// Why it holds: whatever the union of reports tells is the sums of blocks, each
// 0 or at least the bound, and every split of a block shows either all its
// parts or leaves a pool that is itself large. A cell that is not shown is then
// a proper part of sums which are all at least the bound, as are their
// complements, and can be moved by that much: no interval for it is narrower.
// Package attacker tries it with linear programs.
//
// It holds for one day. What is registered late for a month that has ended moves
// the numbers of that block, so that two readings tell how many issues came
// between them; and a block that first reaches the bound tells that it did not
// before. Neither says whose they are or of which hidden key.
type Grid struct {
	bound    int64
	root     string
	parent   map[string]string   // of units and of their own lines
	children map[string][]string // own line first
	months   []string
	at       map[string]int
	periods  []Period
	n        map[gridKey][]int64 // by month
	keys     map[tableAt]map[string]bool
	blocked  map[tableAt][]block
	splits   map[tableAt][]split
}

type gridKey struct{ unit, table, key string }

type tableAt struct{ unit, table string }

// block is a set of months in which a table of a unit is published, without
// its hidden keys. Of a group with hidden keys what is 0 is hidden too, or it
// would be known where there is something.
type block struct {
	months []int
	hidden map[string]bool
	pooled map[string]bool // groups
}

// split is a block of a unit's table that is published for units below it.
type split struct {
	block
	shown map[string]bool
}

// The tables of the grid. Those of live issues are finer than Sides, which
// counts them by who said it.
const (
	tableSides          = "sides"
	tableCategories     = "categories"
	tableReconciliation = "reconciliation"
	tableSources        = "sources"
	tableSeverities     = "severities"
	tableStates         = "states"
	tableTasks          = "rectifications"
	tableDual           = "dual"
	tableForms          = "forms"
	tableLists          = "completion"
)

// ofIssues reports whether a table counts what tableSides counts.
func ofIssues(table string) bool {
	return slices.Contains([]string{tableCategories, tableReconciliation, tableSources, tableSeverities, tableStates}, table)
}

// Own is the line of a unit's own, without those below it.
func Own(unit string) string { return unit + "/own" }

// NewGrid makes the grid of a bureau over the fixed periods. Only the units
// whose children are given are split.
func NewGrid(bound int64, root string, children map[string][]string, periods []Period) *Grid {
	g := &Grid{bound: bound, root: root, parent: make(map[string]string), children: make(map[string][]string), at: make(map[string]int),
		periods: periods,
		n:       make(map[gridKey][]int64), keys: make(map[tableAt]map[string]bool), blocked: make(map[tableAt][]block), splits: make(map[tableAt][]split)}
	for u, below := range children {
		if len(below) == 0 {
			continue
		}
		g.children[u] = append([]string{Own(u)}, below...)
		for _, c := range g.children[u] {
			g.parent[c] = u
		}
	}
	first, last := "", ""
	for _, p := range periods {
		if p.Kind != "campaign" {
			if first == "" || p.From < first {
				first = p.From
			}
			last = max(last, p.To)
		}
	}
	for m := first; m != "" && m <= last; m = nextMonth(m) {
		g.at[m] = len(g.months)
		g.months = append(g.months, m)
	}
	return g
}

// Add counts n in a table's key for a unit with all below it. What lies outside
// the ended months is left out.
func (g *Grid) Add(unit, table, key, month string, n int64) {
	m, ok := g.at[month]
	if !ok {
		return
	}
	k := gridKey{unit, table, key}
	if g.n[k] == nil {
		g.n[k] = make([]int64, len(g.months))
		if g.keys[tableAt{"", table}] == nil {
			g.keys[tableAt{"", table}] = make(map[string]bool)
		}
		g.keys[tableAt{"", table}][key] = true
	}
	g.n[k][m] += n
}

// sum is what a unit or own line counts in some months.
func (g *Grid) sum(unit, table, key string, months []int) (n int64) {
	if of, own := strings.CutSuffix(unit, "/own"); own {
		n = g.sum(of, table, key, months)
		for _, c := range g.children[of][1:] {
			n -= g.sum(c, table, key, months)
		}
		return n
	}
	row := g.n[gridKey{unit, table, key}]
	for _, m := range months {
		if row != nil {
			n += row[m]
		}
	}
	return n
}

// group is the part of a table whose keys add up to a number that another
// table tells.
func group(table, key string) string {
	switch table {
	case tableCategories:
		_, side, _ := strings.Cut(key, "/")
		return side
	case tableReconciliation:
		return map[string]string{"both": "found", "audit_only": "found", "self_only": "declared", "counterpart": "declared"}[key]
	case tableStates:
		if slices.Contains([]string{"merged", "rejected", "withdrawn"}, key) {
			return "ended"
		}
	case tableDual:
		before, _, _ := strings.Cut(key, "_")
		return before
	}
	return ""
}

func (g *Grid) fits(n int64) bool { return n == 0 || n >= g.bound }

func (g *Grid) keysOf(table string) []string {
	return slices.Sorted(maps.Keys(g.keys[tableAt{"", table}]))
}

// publishWaiting goes through the periods in the order in which they end and publishes
// what has waited, as far as try allows.
func publishWaiting[T any](g *Grid, base [][]int, try func(months []int, pools bool) (T, bool)) (out []T) {
	done := make([]bool, len(base))
	for _, p := range g.periods {
		var months []int
		var waiting []int
		for i, b := range base {
			if !done[i] && g.within(b, p) {
				months, waiting = append(months, b...), append(waiting, i)
			}
		}
		if len(waiting) == 0 {
			continue
		}
		slices.Sort(months)
		if got, ok := try(months, p.pools()); ok {
			out = append(out, got)
			for _, i := range waiting {
				done[i] = true
			}
		}
	}
	return out
}

func (g *Grid) within(months []int, p Period) bool {
	for _, m := range months {
		if g.months[m] < p.From || g.months[m] > p.To {
			return false
		}
	}
	return true
}

// blocks are the blocks in which a table of a unit is published.
func (g *Grid) blocks(unit, table string) []block {
	at := tableAt{unit, table}
	if got, ok := g.blocked[at]; ok {
		return got
	}
	var out []block
	switch {
	case unit != g.root:
		for _, s := range g.split(g.parent[unit], table) {
			if s.shown[unit] {
				out = append(out, s.block)
			}
		}
	default:
		var base [][]int
		if ofIssues(table) {
			for _, b := range g.blocks(unit, tableSides) {
				base = append(base, b.months)
			}
		} else {
			for m := range g.months {
				base = append(base, []int{m})
			}
		}
		out = publishWaiting(g, base, func(months []int, pools bool) (block, bool) { return g.publish(table, months, pools) })
	}
	g.blocked[at] = out
	return out
}

// publish judges a block of the root's table.
func (g *Grid) publish(table string, months []int, pools bool) (block, bool) {
	b := block{months: months, hidden: make(map[string]bool), pooled: make(map[string]bool)}
	groups := make(map[string][]string)
	for _, k := range g.keysOf(table) {
		groups[group(table, k)] = append(groups[group(table, k)], k)
	}
	for name, keys := range groups {
		small := slices.ContainsFunc(keys, func(k string) bool { return !g.fits(g.sum(g.root, table, k, months)) })
		if !small {
			continue
		}
		if !pools {
			return b, false
		}
		slices.SortStableFunc(keys, func(x, y string) int {
			return cmp.Compare(g.sum(g.root, table, x, months), g.sum(g.root, table, y, months))
		})
		b.pooled[name] = true
		var together int64
		for _, k := range keys { // the small and the empty, and as many more as it takes
			n := g.sum(g.root, table, k, months)
			if n >= g.bound && together >= g.bound {
				break
			}
			b.hidden[k] = true
			together += n
		}
		if together < g.bound {
			return b, false
		}
	}
	return b, true
}

// split is how a unit's table is published for the units below it.
func (g *Grid) split(unit, table string) []split {
	at := tableAt{unit, table}
	if got, ok := g.splits[at]; ok {
		return got
	}
	blocks := g.blocks(unit, table)
	base := make([][]int, len(blocks))
	for i, b := range blocks {
		base[i] = b.months
	}
	out := publishWaiting(g, base, func(months []int, pools bool) (split, bool) {
		s := split{block{months, make(map[string]bool), make(map[string]bool)}, make(map[string]bool)}
		for _, b := range blocks {
			if slices.Contains(months, b.months[0]) {
				maps.Copy(s.hidden, b.hidden)
				maps.Copy(s.pooled, b.pooled)
			}
		}
		return s, g.divide(unit, table, &s, pools)
	})
	g.splits[at] = out
	return out
}

// divide judges the parts of a block over the units below.
func (g *Grid) divide(unit, table string, s *split, pools bool) bool {
	if len(g.children[unit]) == 0 {
		return false
	}
	may := make(map[string]bool)
	for _, c := range g.children[unit] {
		may[c] = true
	}
	if ofIssues(table) { // only where the numbers of issues stand already
		left := slices.Clone(s.months)
		for _, sides := range g.split(unit, tableSides) {
			if !slices.ContainsFunc(sides.months, func(m int) bool { return slices.Contains(s.months, m) }) {
				continue
			}
			if slices.ContainsFunc(sides.months, func(m int) bool { return !slices.Contains(s.months, m) }) {
				return false
			}
			left = slices.DeleteFunc(left, func(m int) bool { return slices.Contains(sides.months, m) })
			for c := range may {
				may[c] = may[c] && sides.shown[c]
			}
		}
		if len(left) > 0 {
			return false
		}
	}
	var shown, pool []string
	for _, c := range g.children[unit] {
		if may[c] && g.whole(table, s, c) {
			shown = append(shown, c)
		} else {
			pool = append(pool, c)
		}
	}
	if len(pool) > 0 && !pools {
		return false
	}
	if len(pool) > 0 { // those with nothing too, or it would be known who has something
		nothing := func(c string) bool { return g.total(table, c, s.months) == 0 }
		for _, c := range shown {
			if nothing(c) {
				pool = append(pool, c)
			}
		}
		shown = slices.DeleteFunc(shown, nothing)
	}
	slices.SortStableFunc(shown, func(x, y string) int { return cmp.Compare(g.total(table, x, s.months), g.total(table, y, s.months)) })
	for len(pool) > 0 && (len(pool) == 1 || g.total(table, strings.Join(pool, " "), s.months) < g.bound || !g.whole(table, s, pool...)) {
		if len(shown) == 0 {
			return false
		}
		pool, shown = append(pool, shown[0]), shown[1:]
	}
	for _, c := range shown {
		s.shown[c] = true
	}
	return len(shown) > 0
}

// whole reports whether every key of some units together fits, and what is
// hidden at the unit above does so in sum.
func (g *Grid) whole(table string, s *split, units ...string) bool {
	rest := make(map[string]int64)
	for _, k := range g.keysOf(table) {
		var n int64
		for _, u := range units {
			n += g.sum(u, table, k, s.months)
		}
		if s.hidden[k] {
			rest[group(table, k)] += n
		} else if !g.fits(n) {
			return false
		}
	}
	for _, n := range rest {
		if !g.fits(n) {
			return false
		}
	}
	return true
}

// total is everything that a table counts for units, named with blanks between.
func (g *Grid) total(table, units string, months []int) (n int64) {
	for _, u := range strings.Fields(units) {
		for _, k := range g.keysOf(table) {
			n += g.sum(u, table, k, months)
		}
	}
	return n
}

// Value is the figure of a unit, or of an own line, in a period; ok is false
// where it is not published.
func (g *Grid) Value(unit, table, key string, p Period) (n int64, ok bool) {
	covered := 0
	for _, b := range g.blocks(unit, table) {
		if !g.within(b.months, p) {
			continue
		}
		inside := g.sum(unit, table, key, b.months)
		if b.hidden[key] || inside == 0 && b.pooled[group(table, key)] {
			return 0, false
		}
		covered += len(b.months)
		n += inside
	}
	want := 0
	for _, m := range g.months {
		if m >= p.From && m <= p.To {
			want++
		}
	}
	if covered != want {
		return 0, false
	}
	return n, true
}
