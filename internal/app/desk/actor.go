package desk

import (
	"context"
	"slices"
	"sync"

	"plumbline/internal/fault"
	"plumbline/internal/roster"
	"plumbline/internal/store"
)

// actorCache keeps actors by account for one authority and tree generation
// and one civil day.
type actorCache struct {
	mu    sync.Mutex
	stamp actorStamp
	byID  map[string]*roster.Actor
}

type actorStamp struct {
	authority, tree int64
	today           roster.Date
}

const actorCacheMax = 20000

func (c *actorCache) init() { c.byID = make(map[string]*roster.Actor) }

func (c *actorCache) get(s actorStamp, id string) *roster.Actor {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stamp != s {
		return nil
	}
	return c.byID[id]
}

func (c *actorCache) put(s actorStamp, a *roster.Actor) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stamp != s || len(c.byID) > actorCacheMax {
		c.stamp = s
		clear(c.byID)
	}
	c.byID[a.Account] = a
}

// ActorOf returns the actor of an account as of today: roles, superiors, bars. The
// result is shared and must not be changed; copy it to mark a session.
func (d *Desk) ActorOf(ctx context.Context, v *store.View, accountID string) (*roster.Actor, error) {
	var s actorStamp
	var err error
	if s.authority, err = v.Generation(ctx, store.GenerationAuthority); err != nil {
		return nil, err
	}
	org, err := d.organisation(ctx, v)
	if err != nil {
		return nil, err
	}
	s.tree, s.today = org.generation, d.Today()
	if who := d.actors.get(s, accountID); who != nil {
		return who, nil
	}
	f, err := v.ActorFacts(ctx, accountID)
	if err != nil {
		return nil, err
	}
	who := &roster.Actor{Account: f.Account.ID, Person: f.Person.ID, Name: f.Person.Name, Lang: f.Account.Lang}
	if f.Account.State == roster.AccountDisabled {
		return nil, fault.Unauthenticated()
	}
	if err := d.fillActor(ctx, v, who, f, org, s.today); err != nil {
		return nil, err
	}
	d.actors.put(s, who)
	return who, nil
}

func (d *Desk) fillActor(ctx context.Context, v *store.View, who *roster.Actor, f *store.ActorFacts, org *orgCache,
	today roster.Date) error {
	above := map[string][]roster.Posting{} // ancestor unit → postings below it
	var units []string
	for _, p := range f.Postings {
		if p.FromOn <= today && (p.ToOn == "" || p.ToOn >= today) {
			who.Units = append(who.Units, p.UnitID)
			if p.Main || who.Unit == "" {
				who.Unit = p.UnitID
			}
		}
		for _, u := range org.tree.Ancestors(p.UnitID) {
			if above[u] == nil {
				units = append(units, u)
			}
			above[u] = append(above[u], p)
		}
	}
	if who.Unit != "" {
		who.Held = append(who.Held, roster.Held{Role: roster.RoleOfficer, Unit: who.Unit})
	}
	granted := false
	for _, g := range f.Grants {
		if g.FromOn <= today && (g.ToOn == "" || g.ToOn >= today) {
			who.Held, granted = append(who.Held, roster.Held{Role: g.Role, Unit: g.UnitID}), true
		}
	}
	if granted {
		var err error
		if who.Unvouched, err = v.OpenedAlone(ctx, who.Account); err != nil {
			return err
		}
	}
	if who.Person == "" {
		return nil
	}
	for _, u := range org.lineage.Above(f.Postings) { // where his units stood at the time
		if !slices.Contains(units, u) {
			units = append(units, u)
		}
	}
	links, err := v.SuperiorLinks(ctx, units, who.Person)
	if err != nil {
		return err
	}
	command := roster.NewCommand(org.lineage, links)
	who.Superiors = command.Superiors(who.Person, who.Units, today)
	for _, b := range command.DatedBars(who.Person, f.Postings) {
		if b.To != "" && b.To < today {
			who.Dated = append(who.Dated, b)
		}
	}
	for _, l := range links {
		if l.PersonID == who.Person {
			continue
		}
		for _, p := range above[l.OverUnitID] {
			from, to, ok := roster.Shared(p.FromOn, p.ToOn, l.FromOn, l.ToOn)
			if !ok {
				continue
			}
			if from <= today && (to == "" || to >= today) && !slices.Contains(who.Superiors, l.PersonID) {
				who.Superiors = append(who.Superiors, l.PersonID)
			}
			if b := (roster.DatedBar{Person: l.PersonID, From: from, To: to}); to != "" && to < today && !slices.Contains(who.Dated, b) {
				who.Dated = append(who.Dated, b)
			}
		}
		if l.OverPersonID == who.Person && today.Within(l.FromOn, l.ToOn) && !slices.Contains(who.Superiors, l.PersonID) {
			who.Superiors = append(who.Superiors, l.PersonID)
		}
	}
	for _, r := range f.Relations {
		if today.Within(r.FromOn, r.ToOn) {
			other := r.OtherID
			if other == who.Person {
				other = r.PersonID
			}
			who.Relatives = append(who.Relatives, other)
		}
	}
	return d.fillParts(ctx, v, who)
}

// fillParts adds the matters to which the actor is a party or is assigned.
func (d *Desk) fillParts(ctx context.Context, v *store.View, who *roster.Actor) error {
	var err error
	if who.PartyTo, err = v.PartyTo(ctx, who.Person); err != nil {
		return err
	}
	who.Assigned, err = v.AssignedTo(ctx, who.Person)
	return err
}

// CachedActor returns the actor as cached today for the given generations, or nil.
func (d *Desk) CachedActor(authority, tree int64, accountID string) *roster.Actor {
	return d.actors.get(actorStamp{authority, tree, d.Today()}, accountID)
}
