package recusal

import (
	"context"
	"slices"

	"plumbline/internal/kinds"
	"plumbline/internal/recusal"
	"plumbline/internal/roster"
	"plumbline/internal/store"
)

// The duties of a unit's head towards self-check lists. Nobody but the head of
// the one unit may do them, so that no tier above can take them over: it sees to
// it that the unit has a head who may.
const (
	dutyList = "review.accept"
	dutyItem = "named.accept"
)

// addReviewers loads the heads of units that have lists to review: always those of
// units with others below them, and those of the rest while a list is waiting.
func (w *watch) addReviewers(ctx context.Context, v *store.View) (err error) {
	var parents []string
	for _, u := range w.tree.Units() {
		if len(w.tree.Children(u.ID)) > 0 {
			parents = append(parents, u.ID)
		}
	}
	if w.reviewing, err = v.UnitsReviewing(ctx, parents); err != nil || len(w.reviewing) == 0 {
		return err
	}
	roles, duties := w.rolesOf(roster.ReachUnit, dutyList, dutyItem)
	grants, err := v.ReviewerGrants(ctx, roles, w.reviewing)
	if err != nil {
		return err
	}
	return w.hold(ctx, v, grants, duties)
}

// reviews lists alarms about lists and items that wait for a review which nobody may
// do. A unit without any head gets one alarm, whatever waits there, which does not
// tell who named whom.
func (w *watch) reviews(ctx context.Context, v *store.View) (out []recusal.Alarm, err error) {
	var bars []store.ReviewBar
	for _, unit := range w.reviewing {
		r := w.rungs[dutyList][unit]
		if r == nil || len(r.holders) == 0 {
			m := store.Matter{Kind: kinds.Unit, Duty: dutyList, ID: unit, UnitID: unit}
			out = append(out, alarmOn(m, w.above(m), true))
			continue
		}
		bars = append(bars, w.barredAt(unit, r.holders)...)
	}
	matters, err := v.ReviewsAt(ctx, bars)
	if err != nil {
		return nil, err
	}
	for _, m := range matters {
		if slices.ContainsFunc(w.rungs[m.Duty][m.UnitID].holders, func(who *roster.Actor) bool { return w.able(who, m) }) {
			continue
		}
		a := alarmOn(m, w.above(m), true)
		a.ReviewUnitID = m.UnitID
		out = append(out, a)
	}
	return out, nil
}

// barredAt lists the people from whom every reviewer of a unit is barred.
func (w *watch) barredAt(unit string, reviewers []*roster.Actor) (out []store.ReviewBar) {
	for _, p := range unique(barsOf(reviewers[0])) {
		if slices.ContainsFunc(reviewers[1:], func(who *roster.Actor) bool { return !slices.Contains(barsOf(who), p) }) {
			continue
		}
		b := store.ReviewBar{UnitID: unit, PersonID: p}
		if p == reviewers[0].Person { // he may also have signed what he would review
			b.Signs = append([]string{unit}, w.tree.Children(unit)...)
		}
		out = append(out, b)
	}
	return out
}

// above returns the next unit above whose alarm readers are not barred from the
// review, or the bureau.
func (w *watch) above(m store.Matter) string {
	m.Duty, m.BranchID = opAlarms, w.tree.Branch(m.UnitID)
	for i, u := range w.tree.Ancestors(m.UnitID) {
		if r := w.rungs[opAlarms][u]; i > 0 && r != nil && slices.ContainsFunc(r.holders, func(who *roster.Actor) bool { return w.able(who, m) }) {
			return u
		}
	}
	return w.tree.Bureau()
}
