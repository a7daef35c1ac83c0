package people

import (
	"context"

	"plumbline/internal/fault"
	"plumbline/internal/roster"
	"plumbline/internal/store"
)

// planLinks compares the rows with the command links over the units and people
// that they name.
func (a *Personnel) planLinks(ctx context.Context, v *store.View, p *rosterPlan, rows []*rosterRow) error {
	units, err := v.UnitsByCode(ctx)
	if err != nil {
		return err
	}
	var numbers, overUnits, overPeople []string
	for _, r := range rows {
		numbers = append(numbers, roster.FoldNumber(r.get("personnel_no")), roster.FoldNumber(r.get("over_personnel_no")))
	}
	people, err := v.PeopleNumbered(ctx, numbers)
	if err != nil {
		return err
	}
	wished := map[string][]*linkWish{}
	asked := map[string][]*rosterRow{}
	broken := map[string]bool{}
	var order []string
	for _, r := range rows {
		l := &linkWish{a.readLink(p, r, people, units), r.named("to")}
		target := l.OverUnitID + l.OverPersonID
		if target == "" {
			continue
		}
		if r.bad != nil {
			broken[target] = true
			continue
		}
		if wished[target] == nil {
			order = append(order, target)
			overUnits, overPeople = append(overUnits, l.OverUnitID), append(overPeople, l.OverPersonID)
		}
		wished[target], asked[target] = append(wished[target], l), append(asked[target], r)
	}
	all, err := v.LinksOver(ctx, overUnits, overPeople)
	if err != nil {
		return err
	}
	have := map[string][]*roster.CommandLink{}
	for _, l := range all {
		have[l.OverUnitID+l.OverPersonID] = append(have[l.OverUnitID+l.OverPersonID], l)
	}
	for _, target := range order {
		planTarget(p, asked[target], wished[target], have[target], !broken[target])
	}
	return nil
}

func (a *Personnel) readLink(p *rosterPlan, r *rosterRow, people map[string]*roster.Person,
	units map[string]*roster.Unit) *roster.CommandLink {
	l := &roster.CommandLink{FromOn: r.date("from"), ToOn: r.date("to")}
	l.Kind = roster.LinkKind(r.word("link", map[string]string{"head": "link.head", "in_charge": "link.in_charge",
		"point_leader": "link.point_leader"}))
	holder := people[roster.FoldNumber(r.identifier("personnel_no"))]
	if holder == nil || holder.State != roster.Serving {
		r.reject(fault.Invalid("person_unknown", "personnel_no"))
	} else {
		l.PersonID = holder.ID
	}
	code, number := r.identifier("unit_code"), roster.FoldNumber(r.identifier("over_personnel_no"))
	unit, below := units[code], people[number]
	switch {
	case (code == "") == (number == ""):
		r.reject(fault.Invalid("link_over", "unit_code"))
	case code != "" && unit == nil:
		r.reject(fault.Invalid("unit_unknown", "unit_code"))
	case number != "" && below == nil:
		r.reject(fault.Invalid("person_unknown", "over_personnel_no"))
	case below != nil && below.ID == l.PersonID:
		r.reject(fault.Invalid("link_over_self", "over_personnel_no"))
	case unit != nil:
		l.OverUnitID = unit.ID
		if !p.reaches(unit.ID) {
			r.reject(fault.Invalid("roster_out_of_reach", "unit_code"))
		}
	default:
		l.OverPersonID = below.ID
		if !p.reaches(below.UnitID) {
			r.reject(fault.Invalid("roster_out_of_reach", "over_personnel_no"))
		}
	}
	if l.ToOn != "" && l.ToOn < l.FromOn {
		r.reject(fault.Invalid("period_reversed", "to"))
	}
	return l
}

// linkWish is a command link as a row asks for it, and whether the row gives its
// end.
type linkWish struct {
	*roster.CommandLink
	ends bool
}

// planTarget plans who commands one unit or person.
func planTarget(p *rosterPlan, rows []*rosterRow, wishes []*linkWish, have []*roster.CommandLink, whole bool) {
	c, updated, ended := &change{unit: wishes[0].OverUnitID}, 0, 0
	matched := map[string]bool{}
	running := func(x *roster.CommandLink) bool { return x.ToOn == "" || x.ToOn >= p.asOf }
	for _, w := range wishes {
		var same *roster.CommandLink
		for _, x := range have {
			if !matched[x.ID] && x.PersonID == w.PersonID && x.Kind == w.Kind && (w.FromOn == x.FromOn || w.FromOn == "" && running(x)) {
				same = x
				break
			}
		}
		if same == nil {
			if w.FromOn == "" && len(have) > 0 {
				w.FromOn = p.asOf
			}
			c.inserts = append(c.inserts, w.CommandLink)
			continue
		}
		matched[same.ID] = true
		if w.ToOn != same.ToOn && (w.ToOn != "" || w.ends && running(same)) {
			next := *same
			next.ToOn = w.ToOn
			c.saves = append(c.saves, saved{same, &next})
			updated++
		}
	}
	for _, x := range have {
		if matched[x.ID] || !running(x) || !whole {
			continue
		}
		end := *x
		end.ToOn = endOn(x.FromOn, p.asOf)
		if p.partial { // one unit has one head: the one before him goes when he comes
			w := wishes[0]
			if w.Kind != roster.LinkHead || x.Kind != roster.LinkHead || len(matched) > 0 || w.OverUnitID == "" || x.FromOn > w.FromOn {
				continue
			}
			end.ToOn = endOn(x.FromOn, w.FromOn)
		}
		if end.ToOn == x.ToOn {
			continue
		}
		c.saves = append(c.saves, saved{x, &end})
		ended++
	}
	if f := p.refuses(c); f != nil {
		for _, r := range rows {
			r.reject(f)
		}
		return
	}
	c.fresh, c.from = len(have) == 0, rows
	p.add(c, len(wishes), len(wishes)-len(matched), updated, ended)
}
