package app

import (
	"context"
	"slices"
	"time"

	"plumbline/internal/access"
	"plumbline/internal/fault"
	"plumbline/internal/ledger"
	"plumbline/internal/recusal"
	"plumbline/internal/roster"
	"plumbline/internal/store"
)

// alarmsAtOnce is the most alarms that one write raises or ends.
const alarmsAtOnce = 50

// revokedLately is how long a unit is still expected to hold a duty after its last
// holder's role was revoked. Whoever takes a duty from everybody at once ends it
// as surely as by barring them; a duty that moved for good is not missed for ever.
const revokedLately = 90 * 24 * time.Hour

// watched are the duties whose holders are watched over: the steps by which a
// matter goes on.
var watched = []string{"issue.triage", "case.open", "case.close", "decision.decide", "question.track", "question.approve", "rectification.verify", "challenge.decide"}

// rung is a unit where a duty is held: by grants that stand, of those who may
// act today.
type rung struct {
	held    bool // somebody was given the duty here, and it was not taken away long ago
	holders []*roster.Actor
}

// watch is who may handle what today.
type watch struct {
	a     *App
	tree  *roster.Tree
	rungs map[string]map[string]*rung // duty → unit
}

// newWatch loads the holders of every watched duty.
func (a *App) newWatch(ctx context.Context, v *store.View) (*watch, error) {
	w := &watch{a: a, rungs: map[string]map[string]*rung{}}
	var err error
	if w.tree, err = a.tree(ctx, v); err != nil {
		return nil, err
	}
	duties := map[roster.Role][]string{}
	var roles []roster.Role
	for _, op := range watched {
		w.rungs[op] = map[string]*rung{}
		for _, role := range roster.Roles {
			if a.table.Verdict(role, routeByOp[op].Act, routeByOp[op].Kind) == access.Allow && role.Reach() == roster.ReachSubtree {
				if duties[role] == nil {
					roles = append(roles, role)
				}
				duties[role] = append(duties[role], op)
			}
		}
	}
	grants, err := v.DutyGrants(ctx, roles, a.store.Now().Add(-revokedLately))
	if err != nil {
		return nil, err
	}
	today := a.Today()
	for _, g := range grants { // those who handle matters: some hundred in a bureau, kept in the cache of actors
		who, err := a.ActorOf(ctx, v, g.AccountID)
		if err != nil && !fault.Is(err, fault.Unauth) {
			return nil, err
		}
		for _, op := range duties[g.Role] {
			r := w.rungs[op][g.UnitID]
			if r == nil {
				r = &rung{}
				w.rungs[op][g.UnitID] = r
			}
			r.held = true
			if g.State != roster.GrantRevoked && err == nil && !who.Unvouched && who.Person != "" && len(who.Units) > 0 && today.Within(g.FromOn, g.ToOn) && !slices.Contains(r.holders, who) {
				r.holders = append(r.holders, who)
			}
		}
	}
	return w, nil
}

// able says whether somebody who holds the duty may handle the matter.
func (w *watch) able(who *roster.Actor, m store.Matter) bool {
	if who.Person == m.Not || who.Person == m.Other {
		return false
	}
	r := routeByOp[m.Duty]
	sc := w.a.table.Scope(who, r.Act, r.Kind, w.tree)
	bars := func(id, person string) bool { return sc.Bars(roster.Target{ID: id, Person: person}) }
	return sc.Admits(spot(m.ID, m.UnitID, m.BranchID, m.PersonID, m.EventOn)) &&
		!(m.IssueID != "" && bars(m.IssueID, "")) && !(m.CaseID != "" && bars(m.CaseID, "")) && !(m.Other != "" && bars("", m.Other))
}

// told finds who is to be told of a matter: nobody where those at its usual
// place can handle it, which is the lowest unit above it where somebody holds
// the duty and acts who is no subordinate of the subject; else the next one
// above with somebody who can.
func (w *watch) told(m store.Matter) (unit string, alarm, blank bool) {
	home := false
	for _, u := range w.tree.Ancestors(m.UnitID) {
		r := w.rungs[m.Duty][u]
		if r == nil || len(r.holders) == 0 || m.DecideTier >= 0 && w.tree.Tier(u) > m.DecideTier {
			continue
		}
		if slices.ContainsFunc(r.holders, func(who *roster.Actor) bool { return w.able(who, m) }) {
			return u, home, false
		}
		if slices.ContainsFunc(r.holders, func(who *roster.Actor) bool { return !under(who, m) }) {
			home = true
		}
	}
	return w.tree.Bureau(), true, true
}

// under reports whether the actor is or was a subordinate of the subject. Where
// all holders are, the matter's usual place is higher up: a leader's matters go
// to the tier above him, which needs no alarm.
func under(who *roster.Actor, m store.Matter) bool {
	return m.PersonID != "" && (slices.Contains(who.Superiors, m.PersonID) || slices.ContainsFunc(who.Dated, func(b roster.DatedBar) bool {
		return b.Person == m.PersonID && m.EventOn.Within(b.From, b.To)
	}))
}

// suspects are the people and things whose matters may lie where nobody may
// handle them: those from whom one holder at some place is barred. Whoever is
// barred from nothing there handles the rest.
func (w *watch) suspects() (people, objects []string) {
	for _, rungs := range w.rungs {
		for _, r := range rungs {
			if len(r.holders) == 0 {
				continue
			}
			one := r.holders[0]
			people = append(append(append(people, one.Person), one.Superiors...), one.Relatives...)
			for _, b := range one.Dated {
				people = append(people, b.Person)
			}
			objects = append(objects, one.PartyTo...)
		}
	}
	slices.Sort(people)
	slices.Sort(objects)
	return slices.Compact(people), slices.Compact(objects)
}

// wanted lists the alarms that must stand today.
func (w *watch) wanted(ctx context.Context, v *store.View) ([]recusal.Alarm, error) {
	var out []recusal.Alarm
	people, objects := w.suspects()
	matters, err := v.MattersAt(ctx, people, objects)
	if err != nil {
		return nil, err
	}
	for _, m := range matters {
		if unit, alarm, blank := w.told(m); alarm {
			out = append(out, recusal.Alarm{ObjectKind: m.Kind, ObjectID: m.ID, Duty: m.Duty, UnitID: unit, PersonID: m.PersonID, EventOn: m.EventOn, Blank: blank})
		}
	}
	for duty, rungs := range w.rungs {
		for unit, r := range rungs {
			if !r.held || len(r.holders) > 0 || w.tree.Tier(unit) < 0 {
				continue
			}
			a := recusal.Alarm{ObjectKind: "unit", ObjectID: unit, Duty: duty, UnitID: w.tree.Bureau(), Blank: true}
			for _, u := range w.tree.Ancestors(unit)[1:] {
				if up := rungs[u]; up != nil && len(up.holders) > 0 {
					a.UnitID, a.Blank = u, false
					break
				}
			}
			out = append(out, a)
		}
	}
	return out, nil
}

// WatchMatters raises an alarm for every matter that nobody at its usual place
// may handle any more, whatever the cause, and for every duty whose holders are
// all gone; and ends those whose reason is over. It says how many changed. It
// looks only at matters from which somebody is barred, so a quiet site costs it
// a few reads and no write.
func (a *App) WatchMatters(ctx context.Context) (changed int, err error) {
	const op = "alarm.watch"
	var raise, end []recusal.Alarm
	err = a.store.View(ctx, func(ctx context.Context, v *store.View) error {
		w, err := a.newWatch(ctx, v)
		if err != nil {
			return err
		}
		wanted, err := w.wanted(ctx, v)
		if err != nil {
			return err
		}
		standing, err := v.StandingAlarms(ctx)
		raise, end = changes(wanted, standing)
		return err
	})
	if err != nil {
		return 0, err
	}
	today := a.Today()
	for len(raise)+len(end) > 0 {
		n := min(len(end), alarmsAtOnce)
		ending := end[:n]
		end = end[n:]
		n = min(len(raise), alarmsAtOnce-n)
		raising := raise[:n]
		raise = raise[n:]
		_, err := a.write(ctx, Program("alarm"), Write{Op: op}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
			return a.changeAlarms(ctx, tx, raising, ending, today)
		})
		if err != nil {
			return changed, err
		}
		changed += len(raising) + len(ending)
	}
	return changed, nil
}

// changes compares what must stand with what does.
func changes(wanted, standing []recusal.Alarm) (raise, end []recusal.Alarm) {
	same := func(x recusal.Alarm) func(recusal.Alarm) bool {
		return func(y recusal.Alarm) bool {
			return x.ObjectID == y.ObjectID && x.Duty == y.Duty && x.UnitID == y.UnitID && x.Blank == y.Blank
		}
	}
	for _, x := range wanted {
		if !slices.ContainsFunc(standing, same(x)) {
			raise = append(raise, x)
		}
	}
	for _, x := range standing {
		if !slices.ContainsFunc(wanted, same(x)) {
			end = append(end, x)
		}
	}
	return raise, end
}

// changeAlarms writes one stretch of them; what another node did meanwhile is
// left alone.
func (a *App) changeAlarms(ctx context.Context, tx *store.Tx, raise, end []recusal.Alarm, today roster.Date) ([]ledger.Fact, string, error) {
	standing, err := tx.StandingAlarms(ctx)
	if err != nil {
		return nil, "", err
	}
	var facts []ledger.Fact
	gone := map[string]bool{}
	for i := range end {
		before := end[i]
		if !slices.ContainsFunc(standing, func(x recusal.Alarm) bool { return x.ID == before.ID && x.Version == before.Version }) {
			continue
		}
		after := before
		after.State, after.EndedOn = recusal.AlarmEnded, today
		if err := tx.Save(ctx, &before, &after); err != nil {
			return nil, "", err
		}
		gone[before.ID] = true
		facts = append(facts, ledger.Fact{Verb: "alarm.end", Kind: "alarm", ID: before.ID, Unit: before.UnitID})
	}
	for i := range raise {
		row := raise[i]
		if slices.ContainsFunc(standing, func(x recusal.Alarm) bool { return x.ObjectID == row.ObjectID && x.Duty == row.Duty && !gone[x.ID] }) {
			continue
		}
		row.ID, row.State, row.RaisedOn = tx.NewID(), recusal.AlarmRaised, today
		if err := tx.Insert(ctx, &row); err != nil {
			return nil, "", err
		}
		facts = append(facts, ledger.Fact{Verb: "alarm.raise", Kind: "alarm", ID: row.ID, Unit: row.UnitID})
	}
	if len(facts) == 0 {
		return nil, "", store.ErrUnchanged
	}
	return facts, "", nil
}

// watchIfMoved watches over matters when somebody's authority, a bar or the tree
// has changed since the last time, and once an hour in any case.
func (a *App) watchIfMoved(ctx context.Context, k *keeper) error {
	var at [2]int64
	err := a.store.View(ctx, func(ctx context.Context, v *store.View) (err error) {
		if at[0], err = v.Generation(ctx, store.GenerationAuthority); err != nil {
			return err
		}
		at[1], err = v.Generation(ctx, store.GenerationTree)
		return err
	})
	if now := a.store.Now(); err != nil || at == k.watchedAt && now.Sub(k.watched).Hours() < 1 {
		return err
	}
	k.watchedAt, k.watched = at, a.store.Now()
	_, err = a.WatchMatters(ctx)
	return err
}
