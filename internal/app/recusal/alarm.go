package recusal

import (
	"context"
	"slices"
	"time"

	"plumbline/internal/access"
	"plumbline/internal/app/desk"
	"plumbline/internal/fault"
	"plumbline/internal/kinds"
	"plumbline/internal/ledger"
	"plumbline/internal/recusal"
	"plumbline/internal/roster"
	"plumbline/internal/store"
	"plumbline/internal/verbs"
)

// alarmsAtOnce bounds how many alarms one write raises or ends.
const alarmsAtOnce = 50

// revokedLately is how long a unit is still expected to hold a duty after its last
// holder's role was revoked. Taking a duty from everybody stops a matter as surely
// as barring them all, but a duty that has moved for good is not missed for ever.
const revokedLately = 90 * 24 * time.Hour

// dutyDecide is the duty that a deciding body shares.
const dutyDecide = "decision.decide"

// watched are the duties without which a matter stops.
var watched = []string{"issue.triage", "case.open", "case.close", dutyDecide, "question.track", "question.approve", "rectification.verify",
	"challenge.decide"}

// rung is a unit at which people who may act today hold a duty by grant.
type rung struct {
	held    bool // somebody was given the duty here, and it was not taken away long ago
	holders []*roster.Actor
}

// opAlarms is the right that decides who is told: whoever may list alarms with their
// content.
const opAlarms = "alarm.list"

// watch knows who may handle what today.
type watch struct {
	a         *Recusal
	tree      *roster.Tree
	rungs     map[string]map[string]*rung // duty → unit
	reviewing []string                    // units whose head has lists to review
}

// newWatch loads the holders of every watched duty.
func (a *Recusal) newWatch(ctx context.Context, v *store.View) (*watch, error) {
	w := &watch{a: a, rungs: map[string]map[string]*rung{}}
	var err error
	if w.tree, err = a.Tree(ctx, v); err != nil {
		return nil, err
	}
	roles, duties := w.rolesOf(roster.ReachSubtree, append(slices.Clone(watched), opAlarms)...)
	grants, err := v.DutyGrants(ctx, roles, a.Store.Now().Add(-revokedLately))
	if err != nil {
		return nil, err
	}
	if err := w.hold(ctx, v, grants, duties); err != nil {
		return nil, err
	}
	return w, w.addReviewers(ctx, v)
}

// rolesOf lists the roles with the given reach that may perform any of the
// operations, and which. Somebody who sees alarms without their content does not
// count.
func (w *watch) rolesOf(reach roster.Reach, ops ...string) (roles []roster.Role, duties map[roster.Role][]string) {
	duties = map[roster.Role][]string{}
	for _, op := range ops {
		w.rungs[op] = map[string]*rung{}
		route, _ := w.a.Route(op)
		for _, role := range roster.Roles {
			if role.Reach() != reach || w.a.Table().Verdict(role, route.Act, route.Kind) != access.Allow || op == opAlarms &&
				role == roster.RoleSecurityAdmin {
				continue
			}
			if duties[role] == nil {
				roles = append(roles, role)
			}
			duties[role] = append(duties[role], op)
		}
	}
	return roles, duties
}

// hold adds somebody who was granted a role to the rungs of its duties, if he may
// act today. A bureau has some hundred such people; the cache of actors holds them.
func (w *watch) hold(ctx context.Context, v *store.View, grants []roster.Grant, duties map[roster.Role][]string) error {
	today := w.a.Today()
	for _, g := range grants {
		who, err := w.a.ActorOf(ctx, v, g.AccountID)
		if err != nil && !fault.Is(err, fault.Unauth) {
			return err
		}
		for _, op := range duties[g.Role] {
			r := w.rungs[op][g.UnitID]
			if r == nil {
				r = &rung{}
				w.rungs[op][g.UnitID] = r
			}
			r.held = true
			if g.State != roster.GrantRevoked && err == nil && !who.Unvouched && who.Person != "" && len(who.Units) > 0 &&
				today.Within(g.FromOn, g.ToOn) && !slices.Contains(r.holders, who) {
				r.holders = append(r.holders, who)
			}
		}
	}
	return nil
}

// able reports whether somebody who holds the duty may handle the matter.
func (w *watch) able(who *roster.Actor, m store.Matter) bool {
	r, _ := w.a.Route(m.Duty)
	return w.clear(who, m) && w.a.Table().Scope(who, r.Act, r.Kind, w.tree).Admits(desk.Spot(m.ID, m.UnitID, m.BranchID,
		m.PersonID, m.EventOn))
}

// clear reports whether nothing bars somebody from the matter, wherever it lies.
func (w *watch) clear(who *roster.Actor, m store.Matter) bool {
	if who.Person == m.Not || who.Person == m.Other {
		return false
	}
	r, _ := w.a.Route(m.Duty)
	sc := w.a.Table().Scope(who, r.Act, r.Kind, w.tree)
	bars := func(id, person string) bool {
		return (id != "" || person != "") && sc.Bars(roster.Target{ID: id, Person: person, EventOn: m.EventOn})
	}
	return !sc.Bars(desk.Spot(m.ID, m.UnitID, m.BranchID, m.PersonID, m.EventOn)) && !bars(m.IssueID, "") && !bars(m.CaseID, "") &&
		!bars("", m.Other)
}

// place returns the unit to be told of a matter, or none if its usual unit can
// handle it. The usual unit is the lowest one above the matter where the duty is
// held by somebody who is no subordinate of the subject; if nobody there can act,
// the next unit above with somebody who can is told.
func (w *watch) place(m store.Matter) (unit string, alarm, blank bool) {
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

// suspects are the people and objects whose matters might have no handler: those
// from which some holder is barred. Everything else can be handled by whoever is
// barred from nothing.
func (w *watch) suspects() (people, objects []string) {
	for _, duty := range watched {
		for _, r := range w.rungs[duty] {
			if len(r.holders) > 0 {
				people, objects = append(people, barsOf(r.holders[0])...), append(objects, r.holders[0].PartyTo...)
			}
		}
	}
	return unique(people), unique(objects)
}

// barsOf lists those from whose matters somebody is barred, now or for a time.
func barsOf(who *roster.Actor) []string {
	out := append(append([]string{who.Person}, who.Superiors...), who.Relatives...)
	for _, b := range who.Dated {
		out = append(out, b.Person)
	}
	return out
}

// unique sorts the ids, each once.
func unique(ids []string) []string {
	slices.Sort(ids)
	return slices.Compact(ids)
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
		if unit, alarm, blank := w.place(m); alarm {
			out = append(out, alarmOn(m, unit, blank))
		}
	}
	out = append(out, w.vacant()...)
	reviews, err := w.reviews(ctx, v)
	if err != nil {
		return nil, err
	}
	return w.bodies(ctx, v, append(out, reviews...))
}

// alarmOn is an alarm about a matter, addressed to a unit.
func alarmOn(m store.Matter, unit string, blank bool) recusal.Alarm {
	return recusal.Alarm{ObjectKind: m.Kind, ObjectID: m.ID, Duty: m.Duty, UnitID: unit, PersonID: m.PersonID, OtherID: m.Other,
		EventOn: m.EventOn, Blank: blank}
}

// vacant lists the duties that have lost all their holders at a unit.
func (w *watch) vacant() (out []recusal.Alarm) {
	for _, duty := range watched {
		for unit, r := range w.rungs[duty] {
			if !r.held || len(r.holders) > 0 || w.tree.Tier(unit) < 0 {
				continue
			}
			a := recusal.Alarm{ObjectKind: kinds.Unit, ObjectID: unit, Duty: duty, UnitID: w.tree.Bureau(), Blank: true}
			for _, u := range w.tree.Ancestors(unit)[1:] {
				if up := w.rungs[duty][u]; up != nil && len(up.holders) > 0 {
					a.UnitID, a.Blank = u, false
					break
				}
			}
			out = append(out, a)
		}
	}
	return out
}

// WatchMatters raises an alarm for every matter that nobody at its usual unit may
// handle, whatever the cause, for every review without a reviewer, for every track
// with fewer deciders than its quorum, and for every duty without a holder; it ends
// the alarms whose reason is gone and returns how many changed. It only looks at
// matters from which somebody is barred, so a quiet site costs a few reads and no
// write.
func (a *Recusal) WatchMatters(ctx context.Context) (changed int, err error) {
	const op = "alarm.watch"
	var raise, end []recusal.Alarm
	err = a.Store.View(ctx, func(ctx context.Context, v *store.View) error {
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
		_, err := a.Write(ctx, desk.Program("alarm"), desk.Write{Op: op}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
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
	type said struct {
		object, duty, unit string
		blank              bool
		members, quorum    int
	}
	of := func(x recusal.Alarm) said {
		return said{x.ObjectID, x.Duty, x.UnitID, x.Blank, x.Members, x.Quorum}
	}
	stands, wants := map[said]bool{}, map[said]bool{}
	for _, x := range standing {
		stands[of(x)] = true
	}
	for _, x := range wanted {
		wants[of(x)] = true
		if !stands[of(x)] {
			raise = append(raise, x)
		}
	}
	for _, x := range standing {
		if !wants[of(x)] {
			end = append(end, x)
		}
	}
	return raise, end
}

// changeAlarms writes one batch of changes and leaves alone what another node did
// meanwhile.
func (a *Recusal) changeAlarms(ctx context.Context, tx *store.Tx, raise, end []recusal.Alarm,
	today roster.Date) ([]ledger.Fact, string, error) {
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
		facts = append(facts, ledger.Fact{Verb: verbs.AlarmEnd, Kind: kinds.Alarm, ID: before.ID, Unit: before.UnitID})
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
		facts = append(facts, ledger.Fact{Verb: verbs.AlarmRaise, Kind: kinds.Alarm, ID: row.ID, Unit: row.UnitID})
	}
	if len(facts) == 0 {
		return nil, "", store.ErrUnchanged
	}
	return facts, "", nil
}

// watchIfMoved watches over matters when somebody's authority, a bar or the tree
// has changed since the last time, and once an hour in any case.
func (a *Recusal) watchIfMoved() func(context.Context) error {
	var last time.Time
	var seen [2]int64 // generations of authority and tree
	return func(ctx context.Context) error {
		var at [2]int64
		err := a.Store.View(ctx, func(ctx context.Context, v *store.View) (err error) {
			if at[0], err = v.Generation(ctx, store.GenerationAuthority); err != nil {
				return err
			}
			at[1], err = v.Generation(ctx, store.GenerationTree)
			return err
		})
		now := a.Store.Now()
		if err != nil || at == seen && now.Sub(last) < time.Hour {
			return err
		}
		seen, last = at, now
		_, err = a.WatchMatters(ctx)
		return err
	}
}
