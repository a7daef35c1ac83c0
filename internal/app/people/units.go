package people

import (
	"context"
	"strconv"

	"plumbline/internal/fault"
	"plumbline/internal/roster"
	"plumbline/internal/store"
)

// planUnits compares the rows with the existing units. A row may name a parent that
// comes later in the file.
func (a *Personnel) planUnits(ctx context.Context, v *store.View, p *rosterPlan, rows []*rosterRow) error {
	have, err := v.UnitsByCode(ctx)
	if err != nil {
		return err
	}
	links, err := v.UnitLinks(ctx)
	if err != nil {
		return err
	}
	will := make(map[string]*roster.Unit, len(have)+len(rows)) // code → the unit as it shall be
	for code, u := range have {
		after := *u
		will[code] = &after
	}
	named := map[string]bool{}
	for _, r := range rows {
		code := r.identifier("code")
		if r.bad == nil && named[code] {
			r.reject(fault.Invalid("roster_row_twice", "code"))
		}
		tier, err := strconv.Atoi(r.get("tier"))
		if err != nil || tier < 0 || tier > 3 {
			r.reject(fault.Invalid("unit_tier", "tier"))
		}
		from := r.date("from")
		state := r.word("state", map[string]string{"active": "state.unit.active", "merged": "state.unit.merged",
			"closed": "state.unit.closed"})
		if r.bad != nil {
			continue
		}
		named[code] = true
		u := will[code]
		if u == nil {
			u = &roster.Unit{Code: code, SortKey: code, FromOn: from}
			u.ID = store.NewShortID()
			will[code] = u
		}
		u.Name, u.Tier = r.get("name"), tier
		if r.named("name_en") {
			u.NameEN = r.get("name_en")
		}
		switch {
		case state != "":
			u.State = roster.UnitState(state)
		case r.named("state") || u.State == "":
			u.State = roster.UnitActive
		}
	}
	for _, r := range rows {
		if r.bad == nil {
			a.planUnit(p, r, have, will, links)
		}
	}
	return nil
}

func (a *Personnel) planUnit(p *rosterPlan, r *rosterRow, have, will map[string]*roster.Unit, links []roster.UnitLink) {
	after, before := will[r.identifier("code")], have[r.identifier("code")]
	parent, successor := r.identifier("parent_code"), r.identifier("successor_code")
	if !r.named("parent_code") {
		parent = codeOf(have, after.ParentID)
	}
	if !r.named("successor_code") && after.State == roster.UnitMerged {
		successor = codeOf(have, after.SuccessorID)
	}
	switch up := will[parent]; {
	case parent == "" && after.Tier > 1, parent != "" && up == nil:
		r.reject(fault.Invalid("unit_parent", "parent_code"))
	case up != nil && up.Tier != after.Tier-1:
		r.reject(fault.Invalid("unit_tier", "tier"))
	case up != nil:
		after.ParentID = up.ID
	default:
		after.ParentID = ""
	}
	switch next := will[successor]; {
	case after.State == roster.UnitMerged && (next == nil || next.ID == after.ID || next.State != roster.UnitActive ||
		next.Tier > after.Tier),
		after.State != roster.UnitMerged && successor != "":
		r.reject(fault.Invalid("unit_successor", "successor_code"))
	case next != nil:
		after.SuccessorID = next.ID
	default:
		after.SuccessorID = ""
	}
	if before != nil && !p.reaches(before.ID) || before == nil && !p.reachesParent(after.ParentID) {
		r.reject(fault.Invalid("roster_out_of_reach", "code"))
	}
	if r.bad != nil {
		return
	}
	c := &change{unit: after.ID, fresh: before == nil, from: []*rosterRow{r}}
	ended := 0
	if before == nil {
		c.inserts = append(c.inserts, after)
	} else {
		if after.State != roster.UnitActive && before.State == roster.UnitActive {
			after.ToOn = p.asOf
		}
		if after.State == roster.UnitActive {
			after.ToOn = ""
		}
		if *unitFacts(before) != *unitFacts(after) {
			c.saves = append(c.saves, saved{before, after})
		}
	}
	ends := before != nil && before.State == roster.UnitActive && after.State != roster.UnitActive
	begins := before != nil && before.State != roster.UnitActive && after.State == roster.UnitActive
	if ends || begins || before == nil || before.ParentID != after.ParentID {
		from := after.FromOn
		if before != nil {
			from = p.asOf
			if above(before) != above(after) { // merged into another, parted again, or under another parent
				c.moved = &unitMove{after.ID, above(before), above(after)}
			}
		}
		for i := range links {
			if l := links[i]; l.UnitID == after.ID && l.ToOn == "" {
				l.ToOn = endOn(l.FromOn, p.asOf)
				c.saves = append(c.saves, saved{&links[i], &l})
				ended++
			}
		}
		if after.ParentID != "" && !ends { // a merged or closed unit stands under nobody any more
			c.inserts = append(c.inserts, &roster.UnitLink{UnitID: after.ID, ParentID: after.ParentID, FromOn: from})
		}
	} else if above(before) != above(after) { // merged into another one than before
		c.moved = &unitMove{after.ID, above(before), above(after)}
	}
	p.addOne(c, before == nil, ended)
}

// codeOf is the code of the unit, or "".
func codeOf(units map[string]*roster.Unit, id string) string {
	for code, u := range units {
		if u.ID == id {
			return code
		}
	}
	return ""
}

// above is the unit to which a unit's rows roll up.
func above(u *roster.Unit) string {
	if u.SuccessorID != "" {
		return u.SuccessorID
	}
	return u.ParentID
}

// unitFacts is a unit without its stamp, for comparison.
func unitFacts(u *roster.Unit) *struct {
	code, name, en, sort, parent, successor string
	tier                                    int
	state                                   roster.UnitState
	from, to                                roster.Date
} {
	return &struct {
		code, name, en, sort, parent, successor string
		tier                                    int
		state                                   roster.UnitState
		from, to                                roster.Date
	}{u.Code, u.Name, u.NameEN, u.SortKey, u.ParentID, u.SuccessorID, u.Tier, u.State, u.FromOn, u.ToOn}
}

// reachesParent reports whether a unit may be created under the parent: an existing
// one within reach, or one created by the same import.
func (p *rosterPlan) reachesParent(parent string) bool {
	if parent == "" || p.tree.Unit(parent) == nil {
		return p.scope.All
	}
	return p.reaches(parent)
}
