package desk

import (
	"context"
	"slices"

	"plumbline/internal/fault"
	"plumbline/internal/roster"
	"plumbline/internal/store"
)

// UnitTarget is a unit as a scope is asked about it. A unit that there is not is
// unknown, also to whoever reaches all of them.
func (d *Desk) UnitTarget(ctx context.Context, v *store.View, unit string) (roster.Target, error) {
	tree, err := d.Tree(ctx, v)
	if err != nil {
		return roster.Target{}, err
	}
	if tree.Unit(unit) == nil {
		return roster.Target{}, fault.NotFound()
	}
	return roster.Target{Unit: unit, Branch: tree.Branch(unit)}, nil
}

// NamedScope is the scope without the leadership reader's role: the rows whose names
// the actor sees in lists and that he opens without stating a purpose.
func (d *Desk) NamedScope(ctx context.Context, v *store.View, who *roster.Actor, act roster.Act, kind roster.Kind) (roster.Scope, error) {
	w := *who
	w.Held = slices.DeleteFunc(slices.Clone(who.Held), func(h roster.Held) bool { return h.Role == roster.RoleLeadershipReader })
	return d.Scope(ctx, v, &w, act, kind)
}

// OnlyReads reports whether the actor is a leadership reader and nothing that
// handles matters, so that he is shown no names.
func OnlyReads(who *roster.Actor) bool {
	return who.Holds(roster.RoleLeadershipReader) && !who.Holds(roster.RoleInspector) && !who.Holds(roster.RoleDecidingBody)
}

// UnitInReach is the unit asked for if the scope covers it with all below it,
// else 404; "" gives the highest unit that it covers.
func UnitInReach(tree *roster.Tree, sc roster.Scope, unit string) (string, error) {
	covers := func(u string) bool {
		at := roster.Target{Unit: u, Branch: tree.Branch(u)}
		return tree.Unit(u) != nil && sc.Unbarred().Admits(at)
	}
	if unit != "" {
		if !covers(unit) || slices.ContainsFunc(tree.Subtree(unit), func(u string) bool { return !covers(u) }) {
			return "", fault.NotFound()
		}
		return unit, nil
	}
	if b := tree.Bureau(); sc.All && b != "" {
		return b, nil
	}
	best := ""
	for _, u := range append(slices.Clone(sc.Branches), sc.Units...) {
		if best == "" || tree.Tier(u) < tree.Tier(best) {
			best = u
		}
	}
	if best == "" {
		return "", fault.NotFound()
	}
	return best, nil
}
