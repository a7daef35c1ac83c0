package roster

import (
	"cmp"
	"slices"
)

// Superior reports whether the link makes its holder a superior of those below.
// A point leader answers for a station but commands nobody there.
func (k LinkKind) Superior() bool { return k == LinkHead || k == LinkInCharge }

// Lineage answers which units a unit stood below on a date.
type Lineage struct {
	parents map[string][]UnitLink // unit → dated parents
	today   *Tree
}

// NewLineage indexes dated parents. A unit without any uses its place in today's
// tree.
func NewLineage(today *Tree, parents []UnitLink) *Lineage {
	l := &Lineage{parents: make(map[string][]UnitLink), today: today}
	for _, p := range parents {
		l.parents[p.UnitID] = append(l.parents[p.UnitID], p)
	}
	return l
}

// Command answers who stood above whom on a date. It is built from whatever
// command links the question needs.
type Command struct {
	*Lineage
	byUnit map[string][]CommandLink
	byOne  map[string][]CommandLink
}

// NewCommand indexes command links over units that stood as the lineage says.
func NewCommand(lineage *Lineage, links []CommandLink) *Command {
	c := &Command{Lineage: lineage, byUnit: make(map[string][]CommandLink), byOne: make(map[string][]CommandLink)}
	for _, l := range links {
		if l.OverUnitID != "" {
			c.byUnit[l.OverUnitID] = append(c.byUnit[l.OverUnitID], l)
		}
		if l.OverPersonID != "" {
			c.byOne[l.OverPersonID] = append(c.byOne[l.OverPersonID], l)
		}
	}
	return c
}

// Ancestors lists the unit and those above it on the date, nearest first.
func (l *Lineage) Ancestors(unit string, on Date) []string {
	var out []string
	l.climb(unit, on, on, func(id string, _, _ Date) {
		if !slices.Contains(out, id) {
			out = append(out, id)
		}
	})
	return out
}

// Above lists every unit in which, or below which, the postings lay at any time
// during them.
func (l *Lineage) Above(postings []Posting) []string {
	var out []string
	for _, p := range postings {
		l.climb(p.UnitID, p.FromOn, p.ToOn, func(id string, _, _ Date) {
			if !slices.Contains(out, id) {
				out = append(out, id)
			}
		})
	}
	return out
}

// Holders lists the command links over a person posted in the units on the
// date: links over the units, over all units above them, and over the person.
// The person's own links are excluded.
func (c *Command) Holders(person string, units []string, on Date) []CommandLink {
	var out []CommandLink
	add := func(links []CommandLink) {
		for _, l := range links {
			if l.PersonID != person && on.Within(l.FromOn, l.ToOn) && !slices.ContainsFunc(out, l.same) {
				out = append(out, l)
			}
		}
	}
	for _, u := range units {
		for _, a := range c.Ancestors(u, on) {
			add(c.byUnit[a])
		}
	}
	add(c.byOne[person])
	return out
}

func (l CommandLink) same(o CommandLink) bool {
	return l.PersonID == o.PersonID && l.Kind == o.Kind && l.OverUnitID == o.OverUnitID && l.OverPersonID == o.OverPersonID &&
		l.FromOn == o.FromOn
}

// Superiors lists the people who led the person on the date: head or in charge
// of one of the person's units or of one above it, or in charge of the person
// by name.
func (c *Command) Superiors(person string, units []string, on Date) []string {
	var out []string
	for _, l := range c.Holders(person, units, on) {
		if l.Kind.Superior() && !slices.Contains(out, l.PersonID) {
			out = append(out, l.PersonID)
		}
	}
	slices.Sort(out)
	return out
}

// DatedBars lists who led the person when: the overlap of each posting with
// each link above it.
func (c *Command) DatedBars(person string, postings []Posting) []DatedBar {
	var out []DatedBar
	add := func(links []CommandLink, from, to Date) {
		for _, l := range links {
			if !l.Kind.Superior() || l.PersonID == person {
				continue
			}
			f, t, ok := Shared(from, to, l.FromOn, l.ToOn)
			if b := (DatedBar{Person: l.PersonID, From: f, To: t}); ok && !slices.Contains(out, b) {
				out = append(out, b)
			}
		}
	}
	for _, p := range postings {
		if p.PersonID == person {
			c.climb(p.UnitID, p.FromOn, p.ToOn, func(unit string, from, to Date) { add(c.byUnit[unit], from, to) })
		}
	}
	add(c.byOne[person], "", "")
	slices.SortFunc(out, func(a, b DatedBar) int {
		return cmp.Or(cmp.Compare(a.Person, b.Person), cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To))
	})
	return out
}

// climb visits a unit and those above it during [from, to], each with the part
// of that time in which it stood there.
func (l *Lineage) climb(unit string, from, to Date, visit func(unit string, from, to Date)) {
	if to != "" && to < from { // nobody served there
		return
	}
	l.climbFrom(unit, from, to, visit, 0)
}

// maxDepth ends a climb if bad data has bent the tree into a cycle.
const maxDepth = 12

func (l *Lineage) climbFrom(unit string, from, to Date, visit func(unit string, from, to Date), depth int) {
	if unit == "" || depth > maxDepth {
		return
	}
	visit(unit, from, to)
	dated := l.parents[unit]
	if len(dated) == 0 {
		if l.today != nil {
			l.climbFrom(l.today.Parent(unit), from, to, visit, depth+1)
		}
		return
	}
	for _, p := range dated {
		if f, t, ok := Shared(from, to, p.FromOn, p.ToOn); ok {
			l.climbFrom(p.ParentID, f, t, visit, depth+1)
		}
	}
}

// Shared returns the days that two closed intervals have in common, and whether
// there are any. "" is an open bound.
func Shared(aFrom, aTo, bFrom, bTo Date) (from, to Date, ok bool) {
	from, to = max(aFrom, bFrom), aTo
	if to == "" || bTo != "" && bTo < to {
		to = bTo
	}
	return from, to, to == "" || from <= to
}

// Overlap reports whether two periods share a day.
func Overlap(aFrom, aTo, bFrom, bTo Date) bool {
	_, _, ok := Shared(aFrom, aTo, bFrom, bTo)
	return ok
}
