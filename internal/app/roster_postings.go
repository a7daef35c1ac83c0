package app

import (
	"context"
	"slices"

	"plumbline/internal/fault"
	"plumbline/internal/roster"
	"plumbline/internal/store"
)

// planPostings compares the rows with the postings of the people they name. A
// posting that runs and that the file no longer says is ended, unless a row of
// the same person was rejected: then nothing of his is ended.
func (a *App) planPostings(ctx context.Context, v *store.View, p *rosterPlan, rows []*rosterRow) error {
	units, err := v.UnitsByCode(ctx)
	if err != nil {
		return err
	}
	numbers := make([]string, len(rows))
	for i, r := range rows {
		numbers[i] = roster.FoldNumber(r.get("personnel_no"))
	}
	people, err := v.PeopleNumbered(ctx, numbers)
	if err != nil {
		return err
	}
	ids := make([]string, 0, len(people))
	for _, x := range people {
		ids = append(ids, x.ID)
	}
	have, err := v.PostingsOf(ctx, ids)
	if err != nil {
		return err
	}
	var order []*roster.Person
	wished := map[string][]*postingWish{}
	broken := map[string]bool{}
	for _, r := range rows {
		who := people[roster.FoldNumber(r.get("personnel_no"))]
		w := readPosting(r, who, units)
		if r.bad == nil && (!p.reaches(w.post.UnitID) || who.UnitID != "" && !p.reaches(who.UnitID)) {
			r.reject(fault.Invalid("roster_out_of_reach", "unit_code"))
		}
		if who == nil {
			continue
		}
		if r.bad != nil {
			broken[who.ID] = true
			continue
		}
		if wished[who.ID] == nil {
			order = append(order, who)
		}
		wished[who.ID] = append(wished[who.ID], w)
	}
	for _, who := range order {
		planPerson(p, who, wished[who.ID], have[who.ID], !broken[who.ID])
	}
	return nil
}

type postingWish struct {
	row  *rosterRow
	post roster.Posting
	main string // yes, no, or "" where the file does not say
}

func readPosting(r *rosterRow, who *roster.Person, units map[string]*roster.Unit) *postingWish {
	w := &postingWish{row: r}
	unit := units[r.identifier("unit_code")]
	switch {
	case who == nil:
		r.reject(fault.Invalid("person_unknown", "personnel_no"))
	case who.State != roster.Serving:
		r.reject(fault.Invalid("person_left", "personnel_no"))
	case unit == nil:
		r.reject(fault.Invalid("unit_unknown", "unit_code"))
	}
	w.post = roster.Posting{Post: r.get("post"), Rank: r.get("rank"), Team: r.yes("team", false), FromOn: r.date("from"), ToOn: r.date("to")}
	if r.get("main") != "" {
		w.main = "no"
		if r.yes("main", true) {
			w.main = "yes"
		}
	}
	if w.post.ToOn != "" && w.post.ToOn < w.post.FromOn {
		r.reject(fault.Invalid("period_reversed", "to"))
	}
	if r.bad == nil {
		w.post.PersonID, w.post.UnitID = who.ID, unit.ID
	}
	return w
}

// planPerson settles the postings of one person.
func planPerson(p *rosterPlan, who *roster.Person, wishes []*postingWish, have []*roster.Posting, whole bool) {
	c, updated, ended := &change{}, 0, 0
	matched := map[string]bool{}
	running := func(x *roster.Posting) bool { return x.ToOn == "" || x.ToOn >= p.asOf }
	mains := slices.ContainsFunc(wishes, func(w *postingWish) bool { return w.main == "yes" })
	var after []*roster.Posting
	for i, w := range wishes {
		w.post.Main = w.main == "yes" || !mains && i == 0
		if p.partial && w.main != "yes" { // a posting beside a running main one is a side posting
			w.post.Main = w.main == "" && !slices.ContainsFunc(have, func(x *roster.Posting) bool {
				return x.Main && running(x) && !(x.UnitID == w.post.UnitID && (w.post.FromOn == x.FromOn || w.post.FromOn == ""))
			})
		}
		var same *roster.Posting
		for _, x := range have {
			if !matched[x.ID] && x.UnitID == w.post.UnitID && (w.post.FromOn == x.FromOn || w.post.FromOn == "" && running(x)) {
				same = x
				break
			}
		}
		if same == nil {
			fresh := w.post
			if fresh.FromOn == "" && len(have) > 0 {
				fresh.FromOn = p.asOf
			}
			c.inserts = append(c.inserts, &fresh)
			after = append(after, &fresh)
			continue
		}
		matched[same.ID] = true
		next := *same
		next.Post, next.Team, next.Main, next.ToOn = w.post.Post, w.post.Team, w.post.Main, w.post.ToOn
		if w.post.Rank != "" {
			next.Rank = w.post.Rank
		}
		if w.row.get("to") == "" && same.ToOn != "" && !running(same) {
			next.ToOn = same.ToOn // a file that gives no end does not open what has ended
		}
		after = append(after, &next)
		if !samePosting(&next, same) {
			c.saves = append(c.saves, saved{same, &next})
			updated++
		}
	}
	for _, x := range have {
		if matched[x.ID] || !running(x) || !whole || p.partial && !replaced(x, after) {
			if !matched[x.ID] {
				after = append(after, x)
			}
			continue
		}
		end := *x
		end.ToOn = endOn(x.FromOn, p.asOf)
		for _, fresh := range after { // the new main posting begins when the old one ends
			if fresh.Main && x.Main && fresh.FromOn > x.FromOn && fresh.FromOn.AddDays(-1) < end.ToOn {
				end.ToOn = fresh.FromOn.AddDays(-1)
			}
		}
		if p.partial { // it runs until the day before the new one begins, however far that is off
			end.ToOn = endOn(x.FromOn, newMain(after).FromOn)
			after = append(after, &end)
		}
		if end.ToOn == x.ToOn {
			continue
		}
		c.saves = append(c.saves, saved{x, &end})
		ended++
	}
	if unit := unitToday(after, p.asOf); unit != who.UnitID {
		moved := *who
		moved.UnitID = unit
		c.saves = append(c.saves, saved{who, &moved})
		c.unit = unit
	}
	if p.concernsSelf(c) {
		for _, w := range wishes {
			w.row.reject(fault.Forbidden("roster_own"))
		}
		return
	}
	c.fresh = len(have) == 0
	for _, w := range wishes {
		c.from = append(c.from, w.row)
	}
	p.add(c, len(wishes), len(wishes)-len(matched), updated, ended)
}

// newMain is the main posting that is about to be made, nil if there is none.
func newMain(after []*roster.Posting) *roster.Posting {
	for _, x := range after {
		if x.Main && x.Version == 0 {
			return x
		}
	}
	return nil
}

// replaced reports whether a running posting ends because a new main one
// begins.
func replaced(x *roster.Posting, after []*roster.Posting) bool {
	fresh := newMain(after)
	return fresh != nil && x.Main && x.FromOn <= fresh.FromOn && (x.ToOn == "" || x.ToOn >= fresh.FromOn)
}

func samePosting(a, b *roster.Posting) bool {
	return a.Post == b.Post && a.Rank == b.Rank && a.Team == b.Team && a.Main == b.Main && a.FromOn == b.FromOn && a.ToOn == b.ToOn && a.UnitID == b.UnitID
}

// unitToday is the unit of the main posting on the date.
func unitToday(postings []*roster.Posting, on roster.Date) string {
	unit := ""
	for _, x := range postings {
		if on.Within(x.FromOn, x.ToOn) && (x.Main || unit == "") {
			unit = x.UnitID
			if x.Main {
				return unit
			}
		}
	}
	return unit
}

// planLinks compares the rows with the command links over the units and people
// that they name.
func (a *App) planLinks(ctx context.Context, v *store.View, p *rosterPlan, rows []*rosterRow) error {
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
	wished := map[string][]*roster.CommandLink{}
	asked := map[string][]*rosterRow{}
	broken := map[string]bool{}
	var order []string
	for _, r := range rows {
		l := a.readLink(p, r, people, units)
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

func (a *App) readLink(p *rosterPlan, r *rosterRow, people map[string]*roster.Person, units map[string]*roster.Unit) *roster.CommandLink {
	l := &roster.CommandLink{FromOn: r.date("from"), ToOn: r.date("to")}
	l.Kind = roster.LinkKind(r.word("link", map[string]string{"head": "link.head", "in_charge": "link.in_charge", "point_leader": "link.point_leader"}))
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

// planTarget settles who commands one unit or person, as the rows ask.
func planTarget(p *rosterPlan, rows []*rosterRow, wishes, have []*roster.CommandLink, whole bool) {
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
			c.inserts = append(c.inserts, w)
			continue
		}
		matched[same.ID] = true
		if w.ToOn != same.ToOn && (w.ToOn != "" || running(same)) {
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
	if p.concernsSelf(c) {
		for _, r := range rows {
			r.reject(fault.Forbidden("roster_own"))
		}
		return
	}
	c.fresh, c.from = len(have) == 0, rows
	p.add(c, len(wishes), len(wishes)-len(matched), updated, ended)
}
