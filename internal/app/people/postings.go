package people

import (
	"context"
	"slices"

	"plumbline/internal/fault"
	"plumbline/internal/ledger"
	"plumbline/internal/roster"
	"plumbline/internal/store"
)

// planPostings compares the rows with the postings of the people they name. A
// running posting that the file no longer contains is ended, unless a row of the
// same person was rejected: then none of his is ended.
func (a *Personnel) planPostings(ctx context.Context, v *store.View, p *rosterPlan, rows []*rosterRow) error {
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
		w := p.readPosting(r, who, units)
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

	closed bool // its person left, so that it ends though the row does not say so
}

func (p *rosterPlan) readPosting(r *rosterRow, who *roster.Person, units map[string]*roster.Unit) *postingWish {
	w := &postingWish{row: r}
	unit := units[r.identifier("unit_code")]
	switch {
	case who == nil:
		r.reject(fault.Invalid("person_not_imported", "personnel_no"))
	case unit == nil:
		r.reject(fault.Invalid("unit_unknown", "unit_code"))
	}
	w.post = roster.Posting{Post: r.get("post"), Rank: r.get("rank"), Team: r.yes("team", false), FromOn: r.date("from"),
		ToOn: r.date("to")}
	if r.get("main") != "" {
		w.main = "no"
		if r.yes("main", true) {
			w.main = "yes"
		}
	}
	if w.post.Unserved() && (p.partial || w.post.ToOn != w.post.FromOn.AddDays(-1)) {
		r.reject(fault.Invalid("period_reversed", "to"))
	}
	if r.bad == nil {
		w.post.PersonID, w.post.UnitID = who.ID, unit.ID
		p.remark(w, who)
	}
	return w
}

// remark flags what is odd about a posting that is taken, and ends the running one of
// somebody who left.
func (p *rosterPlan) remark(w *postingWish, who *roster.Person) {
	if w.post.Unserved() {
		w.row.flag(fault.Invalid("posting_unserved", "to"))
		return
	}
	if who.State != roster.Left {
		return
	}
	last := p.leaves(who).AddDays(-1)
	if gone := who.DepartedOn.Last(); gone != "" {
		last = min(last, gone)
	}
	switch {
	case w.post.ToOn == "" || w.post.ToOn >= p.asOf:
		w.post.ToOn, w.closed = max(w.post.FromOn, last), true
		w.row.flag(fault.Invalid("posting_closed", "to", "On", string(w.post.ToOn)))
	case who.DepartedOn != "" && w.post.ToOn > who.DepartedOn.Last():
		w.row.flag(fault.Invalid("posting_after_departure", "to", "Departed", string(who.DepartedOn)))
	}
}

// onto is the posting as the row asks for it. What the row does not name stays, and
// a row without a last day does not reopen an ended posting.
func (w *postingWish) onto(x *roster.Posting, running bool) *roster.Posting {
	next := *x
	if w.row.named("post") {
		next.Post = w.post.Post
	}
	if w.row.named("rank") {
		next.Rank = w.post.Rank
	}
	if w.row.named("team") {
		next.Team = w.post.Team
	}
	switch {
	case w.closed && !running: // it ended before
	case w.post.ToOn != "", w.row.named("to") && running:
		next.ToOn = w.post.ToOn
	}
	next.Main = w.post.Main
	return &next
}

// chooseMain decides which of a person's postings are main ones: those that a row
// says are. Without such a row an existing posting stays as it is; otherwise the
// first in the file is a main one, and so is each that shares no day with those
// before it. A row by itself makes one if no other is running.
func chooseMain(p *rosterPlan, wishes []*postingWish, same, have []*roster.Posting) {
	said := slices.ContainsFunc(wishes, func(w *postingWish) bool { return w.main == "yes" })
	some := said
	for i, w := range wishes {
		x := same[i]
		w.post.Main = w.main == "yes"
		switch {
		case w.main != "":
		case x != nil:
			w.post.Main = x.Main && (!said || !p.running(x))
			some = some || w.post.Main
		case p.partial: // beside a running main posting it is a side posting
			w.post.Main = !slices.ContainsFunc(have, func(x *roster.Posting) bool { return x.Main && p.running(x) })
		}
	}
	if p.partial || some {
		return
	}
	for i, w := range wishes {
		if i == 0 && (same[0] == nil || w.main == "no") || i > 0 && same[i] == nil && w.main == "" {
			w.post.Main = !slices.ContainsFunc(wishes[:i], func(o *postingWish) bool {
				return o.post.Main && roster.Overlap(o.post.FromOn, o.post.ToOn, w.post.FromOn, w.post.ToOn)
			})
		}
	}
}

// running reports whether a posting has not ended by the day of the file.
func (p *rosterPlan) running(x *roster.Posting) bool { return x.ToOn == "" || x.ToOn >= p.asOf }

// matchPosting finds the posting that a row is about.
func (p *rosterPlan) matchPosting(w *postingWish, have []*roster.Posting, matched map[string]bool) *roster.Posting {
	for _, x := range have {
		if !matched[x.ID] && x.UnitID == w.post.UnitID && (w.post.FromOn == x.FromOn || w.post.FromOn == "" && p.running(x)) {
			matched[x.ID] = true
			return x
		}
	}
	return nil
}

// goesOn reports whether a row without a first day changes a running posting. The
// change counts from the day of the file; what it was before stays on record.
func (p *rosterPlan) goesOn(w *postingWish, x, next *roster.Posting) bool {
	return !p.setup && w.post.FromOn == "" && x.FromOn < p.asOf && p.running(x) && p.running(next) && !samePost(x, next)
}

// planPerson plans the postings of one person.
func planPerson(p *rosterPlan, who *roster.Person, wishes []*postingWish, have []*roster.Posting, whole bool) {
	c, updated, ended := &change{}, 0, 0
	matched := map[string]bool{}
	same := make([]*roster.Posting, len(wishes))
	for i, w := range wishes {
		same[i] = p.matchPosting(w, have, matched)
	}
	chooseMain(p, wishes, same, have)
	var after, begun []*roster.Posting
	for i, w := range wishes {
		x := same[i]
		if x == nil {
			fresh := w.post
			if fresh.FromOn == "" && len(have) > 0 && (p.partial || p.running(&fresh)) {
				fresh.FromOn = p.asOf
			}
			c.inserts = append(c.inserts, &fresh)
			after, begun = append(after, &fresh), append(begun, &fresh)
			continue
		}
		next := w.onto(x, p.running(x))
		if p.goesOn(w, x, next) {
			was := *x
			was.ToOn = p.asOf.AddDays(-1)
			next.Stamp, next.FromOn = ledger.Stamp{}, p.asOf
			c.inserts, c.saves = append(c.inserts, next), append(c.saves, saved{x, &was})
			after = append(after, &was, next)
			updated++
			continue
		}
		after = append(after, next)
		if !samePosting(next, x) {
			c.saves = append(c.saves, saved{x, next})
			updated++
		}
	}
	for _, x := range have {
		if matched[x.ID] || !p.running(x) || !whole || p.partial && !replaced(x, begun) {
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
			end.ToOn = endOn(x.FromOn, newMain(begun).FromOn)
			after = append(after, &end)
		}
		if end.ToOn == x.ToOn {
			continue
		}
		c.saves = append(c.saves, saved{x, &end})
		ended++
	}
	unit := unitToday(after, p.asOf)
	if who.State != roster.Serving {
		unit = ""
	}
	if unit != who.UnitID {
		moved := *who
		moved.UnitID = unit
		c.saves = append(c.saves, saved{who, &moved})
		c.unit = unit
	}
	for _, w := range wishes {
		if w.post.Unserved() {
			c.unserved = append(c.unserved, span{w.post.FromOn, w.post.ToOn})
		}
	}
	if f := p.refuses(c); f != nil {
		for _, w := range wishes {
			w.row.reject(f)
		}
		return
	}
	c.fresh = len(have) == 0
	for _, w := range wishes {
		c.from = append(c.from, w.row)
	}
	p.add(c, len(wishes), len(wishes)-len(matched), updated, ended)
}

// newMain is the main posting among the new ones, or nil.
func newMain(begun []*roster.Posting) *roster.Posting {
	for _, x := range begun {
		if x.Main {
			return x
		}
	}
	return nil
}

// replaced reports whether a running posting ends because a new main one begins.
func replaced(x *roster.Posting, begun []*roster.Posting) bool {
	fresh := newMain(begun)
	return fresh != nil && x.Main && x.FromOn <= fresh.FromOn && (x.ToOn == "" || x.ToOn >= fresh.FromOn)
}

func samePosting(a, b *roster.Posting) bool {
	return samePost(a, b) && a.FromOn == b.FromOn && a.ToOn == b.ToOn
}

// samePost reports whether two postings are equal except for their dates.
func samePost(a, b *roster.Posting) bool {
	return a.PersonID == b.PersonID && a.UnitID == b.UnitID && a.Post == b.Post && a.Rank == b.Rank && a.Team == b.Team && a.Main == b.Main
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
