package roster

import (
	"cmp"
	"slices"
)

// Tree is today's tree of units. A merged unit hangs under its successor, so
// that its rows follow. It is immutable.
type Tree struct {
	byID     map[string]*Unit
	children map[string][]string
	roots    []string
}

// NewTree builds the tree. Units whose parent is unknown become roots.
func NewTree(units []Unit) *Tree {
	t := &Tree{byID: make(map[string]*Unit, len(units)), children: make(map[string][]string, len(units))}
	for i := range units {
		t.byID[units[i].ID] = &units[i]
	}
	ordered := slices.Clone(units)
	slices.SortFunc(ordered, func(a, b Unit) int {
		return cmp.Or(cmp.Compare(a.Tier, b.Tier), cmp.Compare(a.SortKey, b.SortKey), cmp.Compare(a.Code, b.Code))
	})
	for i := range ordered {
		u := &ordered[i]
		if p := u.above(); t.byID[p] != nil {
			t.children[p] = append(t.children[p], u.ID)
		} else {
			t.roots = append(t.roots, u.ID)
		}
	}
	return t
}

// above returns the unit that u's rows roll up to: its successor, or its
// parent.
func (u *Unit) above() string {
	if u.SuccessorID != "" {
		return u.SuccessorID
	}
	return u.ParentID
}

// Unit returns a unit, or nil if unknown.
func (t *Tree) Unit(id string) *Unit { return t.byID[id] }

// Tier returns the tier of a unit, or -1 if unknown.
func (t *Tree) Tier(id string) int {
	if u := t.byID[id]; u != nil {
		return u.Tier
	}
	return -1
}

// Parent returns the unit above, or "" for a root.
func (t *Tree) Parent(id string) string {
	if u := t.byID[id]; u != nil && t.byID[u.above()] != nil {
		return u.above()
	}
	return ""
}

// Children lists the units directly below, in display order.
func (t *Tree) Children(id string) []string { return t.children[id] }

// Roots lists the units with nothing above them.
func (t *Tree) Roots() []string { return t.roots }

// Bureau returns the tier-1 unit, or "" if there is none yet.
func (t *Tree) Bureau() string {
	for id, u := range t.byID {
		if u.Tier == 1 && u.SuccessorID == "" {
			return id
		}
	}
	return ""
}

// Ancestors lists a unit and those above it, nearest first.
func (t *Tree) Ancestors(id string) []string {
	var out []string
	for t.byID[id] != nil && !slices.Contains(out, id) {
		out = append(out, id)
		id = t.byID[id].above()
	}
	return out
}

// Under reports whether id is root or lies below it.
func (t *Tree) Under(id, root string) bool { return slices.Contains(t.Ancestors(id), root) }

// Subtree lists a unit and everything below it, parents first.
func (t *Tree) Subtree(id string) []string {
	if t.byID[id] == nil {
		return nil
	}
	out := []string{id}
	for i := 0; i < len(out); i++ {
		out = append(out, t.children[out[i]]...)
	}
	return out
}

// Branch returns the tier-2 unit that a unit belongs to, or "" above tier 2.
func (t *Tree) Branch(id string) string {
	branch := ""
	for _, a := range t.Ancestors(id) {
		if t.byID[a].Tier == 2 {
			branch = a
		}
	}
	return branch
}

// Tier0 lists the units of the superior authority.
func (t *Tree) Tier0() []string {
	var out []string
	for id, u := range t.byID {
		if u.Tier == 0 {
			out = append(out, id)
		}
	}
	slices.Sort(out)
	return out
}

// Units lists all units, parents first, in display order.
func (t *Tree) Units() []*Unit {
	var out []*Unit
	var walk func(id string)
	walk = func(id string) {
		out = append(out, t.byID[id])
		for _, c := range t.children[id] {
			walk(c)
		}
	}
	for _, r := range t.roots {
		walk(r)
	}
	return out
}
