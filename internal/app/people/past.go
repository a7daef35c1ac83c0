package people

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"plumbline/internal/app/approval"
	"plumbline/internal/app/desk"
	"plumbline/internal/consent"
	"plumbline/internal/fault"
	"plumbline/internal/kinds"
	"plumbline/internal/ledger"
	"plumbline/internal/roster"
	"plumbline/internal/store"
)

// Who led whom, who served where and who held a number decide which questions
// are raised, who is barred and which record finds whom. What lies before today
// is therefore rewritten by two: a records officer proposes it, and somebody of
// the deciding tier from outside the unit approves. A person or unit that is
// new, and about which there is no matter yet, has no past to rewrite.

func (a *Personnel) registerRewrite() {
	for table, op := range rosterOps {
		for _, op := range []string{op, rowOps[table]} {
			a.Register(op, approval.Act{Run: approval.Typed(noObject[rewriteInput], a.rewritePast), Show: a.showRewrite, Same: sameRewrite})
		}
	}
}

// rewriteInput is the part of a file, or the row, that changes the past.
type rewriteInput struct {
	Table RosterTable  `json:"table"`
	AsOf  roster.Date  `json:"as_of"`
	One   bool         `json:"one"` // a row by itself: it says nothing of what it does not name
	Rows  []rewriteRow `json:"rows"`
}

type rewriteRow struct {
	Number int               `json:"number"`
	Cells  map[string]string `json:"cells"`
}

// rewriteMax bounds the rows of one file that can wait for one approval; the act is
// a single write.
const rewriteMax = 500

// sameRewrite reports whether two proposals ask for the same rows. Another row of
// the same unit or person is a different act.
func sameRewrite(x, y []byte) bool {
	one, err := approval.Input[rewriteInput](x)
	two, err2 := approval.Input[rewriteInput](y)
	return err == nil && err2 == nil && one.AsOf == two.AsOf &&
		slices.EqualFunc(one.Rows, two.Rows, func(a, b rewriteRow) bool { return maps.Equal(a.Cells, b.Cells) })
}

func noObject[T any](*T, string) {}

// span is the time that a change rewrites, inclusive; "" is open.
type span struct{ from, to roster.Date }

// rewritten returns the days before today for which the change gives a different
// answer than was recorded, or false if there are none.
func (c *change) rewritten(today roster.Date) (s span, past bool) {
	add := func(from, to roster.Date) {
		last := today.AddDays(-1)
		if to != "" && to < last {
			last = to
		}
		if from > last || to != "" && to < from { // no day of the past, or none at all
			return
		}
		if !past || from < s.from {
			s.from = from
		}
		s.to, past = max(s.to, last), true
	}
	for _, row := range c.inserts {
		if from, to, dated := datesOf(row); dated && row != c.renamed {
			add(from, to)
		}
	}
	for _, x := range c.saves {
		from, was, dated := datesOf(x.before)
		begins, is, _ := datesOf(x.after)
		switch {
		case !dated:
			continue
		case otherFact(x.before, x.after): // every day of it says something else
			add(from, was)
			add(begins, is)
			continue
		case from != begins:
			add(min(from, begins), max(from, begins).AddDays(-1))
		}
		if was == is {
			continue
		}
		first, last := was, is // the days between the two ends change
		if was == "" || is != "" && is < was {
			first, last = is, was
		}
		add(first.AddDays(1), last)
	}
	return s, past
}

// otherFact reports whether a dated fact differs from before in anything but its
// dates: another post, another rank, in the leadership team or not.
func otherFact(before, after any) bool {
	switch x := before.(type) {
	case *roster.Posting:
		return !samePost(x, after.(*roster.Posting))
	case *roster.CommandLink:
		y := after.(*roster.CommandLink)
		return x.PersonID != y.PersonID || x.Kind != y.Kind || x.OverUnitID != y.OverUnitID || x.OverPersonID != y.OverPersonID
	case *roster.Identifier:
		y := after.(*roster.Identifier)
		return x.PersonID != y.PersonID || x.Kind != y.Kind || x.Value != y.Value
	case *roster.UnitLink:
		y := after.(*roster.UnitLink)
		return x.UnitID != y.UnitID || x.ParentID != y.ParentID
	}
	return false
}

// datesOf gives the days of a dated fact of the roster.
func datesOf(row any) (from, to roster.Date, dated bool) {
	switch x := row.(type) {
	case *roster.Posting:
		return x.FromOn, x.ToOn, true
	case *roster.CommandLink:
		return x.FromOn, x.ToOn, true
	case *roster.Identifier:
		return x.FromOn, x.ToOn, true
	case *roster.UnitLink:
		return x.FromOn, x.ToOn, true
	}
	return "", "", false
}

// touched are the people and units that the dated facts of the change are about, and
// the holders of its command links.
func (c *change) touched() (people, units, holders []string) {
	see := func(row any) {
		switch x := row.(type) {
		case *roster.Posting:
			people, units = append(people, x.PersonID), append(units, x.UnitID)
		case *roster.CommandLink:
			people, units, holders = append(people, x.OverPersonID), append(units, x.OverUnitID), append(holders, x.PersonID)
		case *roster.Identifier:
			people = append(people, x.PersonID)
		case *roster.UnitLink:
			units = append(units, x.UnitID)
		}
	}
	for _, row := range c.inserts {
		see(row)
	}
	for _, x := range c.saves {
		see(x.after)
	}
	return once(people), once(units), once(holders)
}

func once(ids []string) []string {
	slices.Sort(ids)
	return slices.Compact(slices.DeleteFunc(ids, func(s string) bool { return s == "" }))
}

// holdPast removes from the plan the changes that rewrite the past.
func (a *Personnel) holdPast(ctx context.Context, v *store.View, p *rosterPlan) error {
	today := a.Today()
	if p.setup { // who sets a site up loads its past, and mends it
		return nil
	}
	var fresh []string
	past := func(c *change) bool { _, past := c.rewritten(today); return past }
	for _, c := range p.changes {
		if c.fresh && past(c) {
			people, units, _ := c.touched()
			fresh = append(append(fresh, people...), units...)
		}
	}
	known, err := v.WithMatters(ctx, once(fresh))
	if err != nil {
		return err
	}
	p.changes = slices.DeleteFunc(p.changes, func(c *change) bool {
		if !past(c) {
			return false
		}
		if c.fresh {
			people, units, _ := c.touched()
			if !slices.ContainsFunc(append(people, units...), func(id string) bool { return known[id] }) {
				return false
			}
		}
		p.past = append(p.past, c)
		return true
	})
	if err := a.holdBars(ctx, v, p); err != nil {
		return err
	}
	for _, c := range p.past {
		p.Unchanged -= c.rows - c.created - c.updated
		p.Created, p.Updated, p.Ended = p.Created-c.created, p.Updated-c.updated, p.Ended-c.ended
		p.Proposed += c.rows
	}
	if len(p.past) == 0 {
		return nil
	}
	if p.self == "" {
		return fault.Forbidden("roster_past_operator", "Count", p.Proposed)
	}
	if p.Proposed > rewriteMax {
		return fault.Invalid("roster_past_many", "", "Count", p.Proposed, "Max", rewriteMax)
	}
	return nil
}

// proposeRewrite proposes what the plan held back.
func (a *Personnel) proposeRewrite(ctx context.Context, who *roster.Actor, op string, p *rosterPlan) error {
	if len(p.past) == 0 {
		return nil
	}
	rec, err := a.Write(ctx, who, desk.Write{Op: op}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		in := rewriteInput{Table: p.Table, AsOf: p.asOf, One: p.partial}
		var people, units, holders []string
		for _, c := range p.past {
			for _, r := range c.from {
				in.Rows = append(in.Rows, rewriteRow{r.number, r.cells})
			}
			x, y, z := c.touched()
			people, units, holders = append(people, x...), append(units, y...), append(append(holders, z...), c.superiors...)
		}
		return a.Propose(ctx, tx, who, a.rewriteProposal(p, op, once(people), once(units), once(holders)), in, "")
	})
	if err != nil {
		return err
	}
	p.Proposal, p.Last = rec.ResultID, rec
	return nil
}

// rewriteProposal decides who must approve: the deciding tier above the unit,
// excluding anybody whose own past it is.
func (a *Personnel) rewriteProposal(p *rosterPlan, op string, people, units, holders []string) consent.Proposal {
	out := consent.Proposal{Op: op, ObjectKind: kinds.RosterImport, ObjectID: store.NewID(), Ground: "past",
		Approver: roster.RoleDecidingBody, DecideTier: 2,
		Excluded: consent.Join(append(people, holders...), "")}
	if !slices.ContainsFunc(p.past, func(c *change) bool { _, past := c.rewritten(a.Today()); return past }) {
		out.Ground = "bars" // all of it counts from today
	}
	for _, u := range units {
		out.DecideTier = min(out.DecideTier, max(p.tree.Tier(u)-1, 0))
	}
	switch {
	case len(units) == 1:
		out.UnitID, out.Outside = units[0], units[0]
	default:
		out.UnitID = p.tree.Bureau()
	}
	switch {
	case len(holders) == 1: // whose command it is: his subordinates have no say
		out.PersonID = holders[0]
	case len(holders) == 0 && len(people) == 1:
		out.PersonID = people[0]
	}
	if len(p.past) == 1 { // the same thing is not proposed twice
		out.ObjectKind, out.ObjectID = "unit", cmp.Or(append(units, people...)...)
		if p.Table == PostingTable || p.Table == PeopleTable {
			out.ObjectKind, out.ObjectID = "person", cmp.Or(people...)
		}
	}
	return out
}

// replan plans the rows of a proposal again, as its proposer.
func (a *Personnel) replan(ctx context.Context, v *store.View, who *roster.Actor, op string, in rewriteInput) (*rosterPlan, error) {
	route, _ := a.Route(op)
	p := &rosterPlan{RosterResult: &RosterResult{Table: in.Table, Rows: len(in.Rows)}, asOf: in.AsOf, partial: in.One, self: who.Person}
	var err error
	if p.tree, err = a.Tree(ctx, v); err != nil {
		return nil, err
	}
	if p.scope, err = a.Scope(ctx, v, who, route.Act, route.Kind); err != nil {
		return nil, err
	}
	rows := make([]*rosterRow, len(in.Rows))
	for i, r := range in.Rows {
		rows[i] = &rosterRow{number: r.Number, cells: r.Cells}
	}
	if err := a.planRoster(ctx, v, p, rows); err != nil {
		return nil, err
	}
	for _, r := range rows {
		if r.bad != nil {
			return nil, fault.Conflict("proposal_stale")
		}
	}
	return p, nil
}

// rewritePast writes the approved past. Questions already raised stay; those that
// the corrected record calls for are raised.
func (a *Personnel) rewritePast(ctx context.Context, tx *store.Tx, g approval.Approved, in rewriteInput) ([]ledger.Fact, error) {
	p, err := a.replan(ctx, &tx.View, g.Proposer, g.Proposal.Op, in)
	if err != nil {
		return nil, err
	}
	if len(p.changes) == 0 {
		return nil, fault.Conflict("proposal_stale")
	}
	if err := a.applyChanges(ctx, tx, p.changes); err != nil {
		return nil, err
	}
	if p.Table == UnitTable {
		if err := tx.Bump(ctx, store.GenerationTree); err != nil {
			return nil, err
		}
	}
	if err := tx.Bump(ctx, store.GenerationAuthority); err != nil {
		return nil, err
	}
	facts := []ledger.Fact{{Verb: g.Proposal.Op, Kind: kinds.RosterImport, ID: g.Proposal.ObjectID, Unit: g.Proposal.UnitID}}
	touch := a.touchOf(p.changes)
	issues, err := tx.IssuesTouched(ctx, touch, roster.Scope{All: true})
	if err != nil {
		return nil, err
	}
	for _, i := range issues { // those of a few people or one unit
		if i.TriagedAt == nil {
			continue
		}
		if _, err := a.casework.RaiseQuestions(ctx, tx, i); err != nil {
			return nil, err
		}
	}
	return facts, nil
}

func (a *Personnel) touchOf(changes []*change) store.Touch {
	var t store.Touch
	first := true
	for _, c := range changes {
		s, past := c.rewritten(a.Today())
		if !past {
			continue
		}
		people, units, _ := c.touched()
		t.People, t.Units = append(t.People, people...), append(t.Units, units...)
		if first || s.from < t.From {
			t.From = s.from
		}
		t.To, first = max(t.To, s.to), false
	}
	t.People, t.Units = once(t.People), once(t.Units)
	return t
}
