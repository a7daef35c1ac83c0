package casework

import (
	"context"
	"slices"
	"strings"

	"plumbline/internal/access"
	"plumbline/internal/app/desk"
	"plumbline/internal/fault"
	"plumbline/internal/inquiry"
	"plumbline/internal/roster"
	"plumbline/internal/rules"
	"plumbline/internal/store"
)

// standing is what the rules must know about an actor who performs op on something
// of the unit. His tier is that of the highest unit, at or above the thing's, where
// he holds a role that allows the operation.
func (a *Casework) standing(ctx context.Context, v *store.View, who *roster.Actor, op, unitID string,
	eventOn roster.Date) (inquiry.Standing, error) {
	s := standingOf(who, eventOn)
	tree, err := a.Tree(ctx, v)
	if err != nil {
		return s, err
	}
	r, _ := a.Route(op)
	above := tree.Ancestors(unitID)
	for _, h := range who.Held {
		if a.Table().Verdict(h.Role, r.Act, r.Kind) != access.Allow {
			continue
		}
		if t := tree.Tier(h.Unit); t >= 0 && t < s.Tier && slices.Contains(above, h.Unit) {
			s.Tier, s.UnitID = t, h.Unit
		}
	}
	return s, nil
}

func standingOf(who *roster.Actor, eventOn roster.Date) inquiry.Standing {
	s := inquiry.Standing{PersonID: who.Person, UnitID: who.Unit, Tier: desk.LowestTier, PartyTo: who.PartyTo}
	s.Superiors = append(append(s.Superiors, who.Superiors...), who.Relatives...)
	for _, b := range who.Dated {
		if eventOn.Within(b.From, b.To) {
			s.Superiors = append(s.Superiors, b.Person)
		}
	}
	return s
}

// member is the standing of somebody else, found by personnel number, who must hold
// the role. His tier is that of the highest unit where he holds it.
func (a *Casework) member(ctx context.Context, v *store.View, number string, role roster.Role,
	eventOn roster.Date) (inquiry.Standing, error) {
	p, err := v.PersonByNumber(ctx, strings.TrimSpace(number))
	if store.Missing(err) || err == nil && p.State != roster.Serving {
		return inquiry.Standing{}, fault.Invalid("person_unknown", "person")
	}
	if err != nil {
		return inquiry.Standing{}, err
	}
	account, err := v.AccountOfPerson(ctx, p.ID)
	if err != nil {
		return inquiry.Standing{}, err
	}
	if account == "" {
		return inquiry.Standing{}, fault.Invalid("member_without_role", "person")
	}
	who, err := a.ActorOf(ctx, v, account)
	if err != nil {
		return inquiry.Standing{}, err
	}
	if !who.Holds(role) {
		return inquiry.Standing{}, fault.Invalid("member_without_role", "person")
	}
	tree, err := a.Tree(ctx, v)
	if err != nil {
		return inquiry.Standing{}, err
	}
	s := standingOf(who, eventOn)
	for _, h := range who.Held {
		if t := tree.Tier(h.Unit); h.Role == role && t >= 0 && t < s.Tier {
			s.Tier, s.UnitID = t, h.Unit
		}
	}
	return s, nil
}

// inCase loads a case file for somebody who acts on one of its tracks. The track
// must lie in his scope and the case must not be barred to him; otherwise neither
// exists for him.
func (a *Casework) inCase(ctx context.Context, v *store.View, who *roster.Actor, op, caseID,
	trackID string) (*inquiry.CaseFile, *inquiry.Track, *rules.Pack, error) {
	r, _ := a.Route(op)
	sc, err := a.Scope(ctx, v, who, r.Act, r.Kind)
	if err != nil {
		return nil, nil, nil, err
	}
	f, err := v.CaseFile(ctx, caseID)
	if err != nil {
		return nil, nil, nil, err
	}
	t := f.Track(trackID)
	if t == nil || !admits(sc, f.Case, t) {
		return nil, nil, nil, fault.NotFound()
	}
	p, err := rules.Version(f.Case.Pack)
	return f, t, p, err
}

// admits judges a track together with its case.
func admits(sc roster.Scope, c *inquiry.Case, t *inquiry.Track) bool {
	return !sc.Bars(desk.Spot(c.ID, c.UnitID, c.BranchID, c.PersonID, c.EventOn)) &&
		sc.Admits(desk.Spot(t.ID, t.UnitID, t.BranchID, t.PersonID, t.EventOn))
}

// followFindings advances the track and then the case after a change below them.
func followFindings(ctx context.Context, tx *store.Tx, f *inquiry.CaseFile, t *inquiry.Track, p *rules.Pack) error {
	if t != nil {
		probe := *t
		if probe.FollowFindings(p, f.Allegations, f.Members) {
			err := desk.Alter(ctx, tx, t, func(t *inquiry.Track) error { t.FollowFindings(p, f.Allegations, f.Members); return nil })
			if err != nil {
				return err
			}
		}
	}
	probe := *f.Case
	if !probe.FollowTracks(f.Tracks) {
		return nil
	}
	return desk.Alter(ctx, tx, f.Case, func(c *inquiry.Case) error { c.FollowTracks(f.Tracks); return nil })
}

// latest returns the newest of the texts that a record stores under a numbered field
// ("reason.1", "reason.2").
func latest(texts map[string]string, field string) string {
	if s, ok := texts[field]; ok {
		return s
	}
	best, at := "", 0
	for name, s := range texts {
		n := 0
		base, num, ok := strings.Cut(name, ".")
		if !ok || base != field {
			continue
		}
		for _, c := range num {
			n = n*10 + int(c-'0')
		}
		if n >= at {
			best, at = s, n
		}
	}
	return best
}
