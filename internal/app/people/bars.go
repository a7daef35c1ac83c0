package people

import (
	"context"
	"slices"

	"plumbline/internal/app/approval"
	"plumbline/internal/app/desk"
	"plumbline/internal/fault"
	"plumbline/internal/roster"
	"plumbline/internal/store"
)

// Who is put above those who handle matters bars them from every matter about
// himself. A command link, a posting or a unit's place from today on that would
// take an open matter from somebody is therefore not written by one, any more
// than the past is: it waits for the deciding tier above, from outside. Whatever
// bars nobody from an open matter is written at once.

// rising is a person who would come to stand above others.
type rising struct {
	superior string
	person   string   // whom he would lead: one person,
	units    []string // or everybody of these units and below
	from, to roster.Date
}

// bar is an open matter that somebody with a role could handle so far.
type bar struct {
	handler, superior string
	matter            store.Matter
}

// overlay is the tree with the changes of a plan applied.
type overlay struct {
	tree  *roster.Tree
	above map[string]string // unit → its new parent
}

func overlaid(tree *roster.Tree, changes []*change) overlay {
	o := overlay{tree, map[string]string{}}
	for _, c := range changes {
		if c.moved != nil {
			o.above[c.moved.unit] = c.moved.to
		}
	}
	return o
}

// ancestors lists the unit and those that will be above it.
func (o overlay) ancestors(unit string) (out []string) {
	for unit != "" && !slices.Contains(out, unit) {
		out = append(out, unit)
		up, moved := o.above[unit]
		if !moved {
			up = o.tree.Parent(unit)
		}
		unit = up
	}
	return out
}

// rises lists who would come to stand above whom, with the change that causes it.
// Changes that end before today are left out.
func (a *Personnel) rises(ctx context.Context, v *store.View, o overlay, changes []*change) (map[*change][]rising, error) {
	today := a.Today()
	type junior struct {
		c        *change
		person   string
		unit     string
		from, to roster.Date
	}
	var below []junior
	out := map[*change][]rising{}
	see := func(c *change, row any) {
		from, to, dated := datesOf(row)
		if !dated || to != "" && to < today {
			return
		}
		switch x := row.(type) {
		case *roster.CommandLink:
			if x.Kind.Superior() {
				r := rising{superior: x.PersonID, person: x.OverPersonID, from: from, to: to}
				if x.OverUnitID != "" {
					r.units = []string{x.OverUnitID}
				}
				out[c] = append(out[c], r)
			}
		case *roster.Posting:
			below = append(below, junior{c, x.PersonID, x.UnitID, from, to})
		}
	}
	for _, c := range changes {
		for _, row := range c.inserts {
			see(c, row)
		}
		for _, s := range c.saves {
			if !within(s.before, s.after) {
				see(c, s.after)
			}
		}
		if c.moved != nil && c.moved.to != "" {
			below = append(below, junior{c: c, unit: c.moved.unit, from: today})
		}
	}
	var units []string
	for _, u := range below {
		units = append(units, o.ancestors(u.unit)...)
	}
	links, err := v.UnitLeaders(ctx, once(units), today)
	if err != nil {
		return nil, err
	}
	over := map[string][]roster.CommandLink{}
	for _, l := range links {
		over[l.OverUnitID] = append(over[l.OverUnitID], l)
	}
	for _, u := range below {
		for _, unit := range o.ancestors(u.unit) {
			for _, l := range over[unit] {
				from, to, ok := roster.Shared(u.from, u.to, l.FromOn, l.ToOn)
				if !ok {
					continue
				}
				r := rising{superior: l.PersonID, person: u.person, from: from, to: to}
				if u.person == "" {
					r.units = []string{u.unit}
				}
				out[u.c] = append(out[u.c], r)
			}
		}
	}
	return out, nil
}

// within reports whether a dated fact was already on record for all its remaining
// days: it only ends sooner, and puts nobody above anybody.
func within(before, after any) bool {
	from, to, dated := datesOf(before)
	begins, ends, _ := datesOf(after)
	return dated && !otherFact(before, after) && from <= begins && (to == "" || ends != "" && ends <= to)
}

// bars returns from which open matters the changes would bar whom: holders of a role
// there who have not been barred so far.
func (a *Personnel) bars(ctx context.Context, v *store.View, tree *roster.Tree, changes []*change) (map[*change][]bar, error) {
	o := overlaid(tree, changes)
	rises, err := a.rises(ctx, v, o, changes)
	if err != nil {
		return nil, err
	}
	var people []string
	for _, list := range rises {
		for _, r := range list {
			people = append(people, r.superior)
		}
	}
	matters, err := v.Weighty(ctx, once(people))
	if err != nil || len(matters) == 0 { // the usual day: nobody has to be looked at
		return nil, err
	}
	about := map[string][]store.Matter{}
	for _, m := range matters {
		about[m.PersonID] = append(about[m.PersonID], m)
	}
	handlers, postings, err := a.handlers(ctx, v)
	if err != nil {
		return nil, err
	}
	out := map[*change][]bar{}
	for c, list := range rises {
		for _, r := range list {
			for _, m := range about[r.superior] {
				for _, who := range handlers {
					if handles(tree, who, m) && r.reaches(o, who.Person, postings[who.Person]) &&
						!slices.Contains(out[c], bar{who.Person, r.superior, m}) {
						out[c] = append(out[c], bar{who.Person, r.superior, m})
					}
				}
			}
		}
	}
	return out, nil
}

// handlers are the holders of a role other than officer, with their present and
// future units.
func (a *Personnel) handlers(ctx context.Context, v *store.View) ([]*roster.Actor, map[string][]*roster.Posting, error) {
	grants, err := v.DutyGrants(ctx, slices.DeleteFunc(slices.Clone(roster.Roles),
		func(r roster.Role) bool { return r == roster.RoleOfficer }), a.Store.Now())
	if err != nil {
		return nil, nil, err
	}
	today := a.Today()
	var out []*roster.Actor
	var people []string
	seen := map[string]bool{}
	for _, g := range grants { // some hundred in a bureau, kept in the cache of actors
		if g.State == roster.GrantRevoked || seen[g.AccountID] || !today.Within(g.FromOn, g.ToOn) {
			continue
		}
		seen[g.AccountID] = true
		who, err := a.ActorOf(ctx, v, g.AccountID)
		if fault.Is(err, fault.Unauth) { // his account is closed
			continue
		} else if err != nil {
			return nil, nil, err
		}
		if who.Person != "" {
			out, people = append(out, who), append(people, who.Person)
		}
	}
	postings, err := v.PostingsOf(ctx, once(people))
	return out, postings, err
}

// handles reports whether the matter is within the reach of one of his roles and he
// is not barred from it already.
func handles(tree *roster.Tree, who *roster.Actor, m store.Matter) bool {
	if who.Person == m.PersonID || slices.Contains(who.Superiors, m.PersonID) || slices.Contains(who.Relatives, m.PersonID) {
		return false
	}
	if slices.ContainsFunc(who.Dated, func(b roster.DatedBar) bool { return b.Person == m.PersonID && m.EventOn.Within(b.From, b.To) }) {
		return false
	}
	of := func(ids []string) bool {
		return slices.ContainsFunc(ids, func(id string) bool { return id != "" && (id == m.ID || id == m.IssueID || id == m.CaseID) })
	}
	if of(who.PartyTo) {
		return false
	}
	above := tree.Ancestors(m.UnitID)
	return of(who.Assigned) || slices.ContainsFunc(who.Held, func(h roster.Held) bool {
		return h.Role != roster.RoleOfficer && slices.Contains(above, h.Unit)
	})
}

// reaches reports whether somebody with these postings would be led.
func (r rising) reaches(o overlay, person string, postings []*roster.Posting) bool {
	if r.person != "" || person == r.superior {
		return person == r.person && person != r.superior
	}
	return slices.ContainsFunc(postings, func(x *roster.Posting) bool {
		above := o.ancestors(x.UnitID)
		return roster.Overlap(r.from, r.to, x.FromOn, x.ToOn) &&
			slices.ContainsFunc(r.units, func(u string) bool { return slices.Contains(above, u) })
	})
}

// holdBars removes from the plan the changes that would bar somebody from an open
// matter.
func (a *Personnel) holdBars(ctx context.Context, v *store.View, p *rosterPlan) error {
	bars, err := a.bars(ctx, v, p.tree, p.changes)
	if err != nil || len(bars) == 0 {
		return err
	}
	p.changes = slices.DeleteFunc(p.changes, func(c *change) bool {
		for _, b := range bars[c] {
			c.superiors = append(c.superiors, b.superior)
		}
		if len(bars[c]) > 0 {
			p.past = append(p.past, c)
		}
		return len(bars[c]) > 0
	})
	return nil
}

// barLines counts for the reader whom the changes bar, as far as he may see it.
func (a *Personnel) barLines(ctx context.Context, v *store.View, who *roster.Actor, p *rosterPlan) ([]approval.ProposalLine, error) {
	bars, err := a.bars(ctx, v, p.tree, p.changes)
	if err != nil || len(bars) == 0 {
		return nil, err
	}
	handlers, seen := map[string]bool{}, map[string]map[string]bool{}
	kinds := map[string]roster.Kind{"issue": roster.KindIssue, "case": roster.KindCase, "track": roster.KindTrack,
		"question": roster.KindQuestion}
	hidden := true
	for name, kind := range kinds {
		sc, err := a.Scope(ctx, v, who, roster.ActList, kind)
		if err != nil {
			return nil, err
		}
		hidden = hidden && sc.Empty()
		seen[name] = map[string]bool{}
		for _, list := range bars {
			for _, b := range list {
				if m := b.matter; m.Kind == name && sc.Admits(desk.Spot(m.ID, m.UnitID, m.BranchID, m.PersonID, m.EventOn)) {
					seen[name][m.ID], handlers[b.handler] = true, true
				}
			}
		}
	}
	if hidden {
		return []approval.ProposalLine{{Key: "impact", TextKey: "proposal.line.impact_hidden"}}, nil
	}
	return []approval.ProposalLine{counted("barred", len(handlers)), counted("open_issues", len(seen["issue"])),
		counted("open_cases", len(seen["case"])),
		counted("open_tracks", len(seen["track"])), counted("open_questions", len(seen["question"]))}, nil
}
