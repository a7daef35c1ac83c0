package desk

import (
	"context"

	"plumbline/internal/fault"
	"plumbline/internal/inquiry"
	"plumbline/internal/issue"
	"plumbline/internal/roster"
	"plumbline/internal/store"
)

// SubjectTier is the tier that decides about a subject. If he led the unit or sat in
// its leadership team on the event date, it is the tier above.
func (d *Desk) SubjectTier(ctx context.Context, v *store.View, personID, unitID string, on roster.Date) (int, error) {
	tree, err := d.Tree(ctx, v)
	if err != nil {
		return 0, err
	}
	tier := tree.Tier(unitID)
	postings, err := v.PostingsOn(ctx, []string{personID}, on)
	if err != nil {
		return 0, err
	}
	led := false
	for _, p := range postings {
		if p.Team {
			led, tier = true, min(tier, tree.Tier(p.UnitID))
		}
	}
	links, err := v.LinksHeldOn(ctx, personID, on)
	if err != nil {
		return 0, err
	}
	for _, l := range links {
		if l.Kind == roster.LinkHead && tree.Tier(l.OverUnitID) >= 0 {
			led, tier = true, min(tier, tree.Tier(l.OverUnitID))
		}
	}
	return inquiry.DecideTier(tier, led), nil
}

func Target(i *issue.Issue) roster.Target {
	return roster.Target{ID: i.ID, Unit: i.UnitID, Branch: i.BranchID, Person: i.PersonID, EventOn: i.EventOn}
}

// IssueFor loads an issue that the actor may see (else 404), may act on (else 403)
// and may decide about.
func (d *Desk) IssueFor(ctx context.Context, tx *store.Tx, who *roster.Actor, id string, act roster.Act,
	kind roster.Kind) (*issue.Issue, error) {
	sc, err := d.Scope(ctx, &tx.View, who, roster.ActRead, roster.KindIssue)
	if err != nil {
		return nil, err
	}
	i, err := tx.Issue(ctx, id, sc)
	if err != nil {
		return nil, err
	}
	if sc, err = d.Scope(ctx, &tx.View, who, act, kind); err != nil {
		return nil, err
	}
	if !sc.Admits(Target(i)) {
		return nil, fault.Forbidden("not_allowed")
	}
	return i, i.MayDecide(who)
}

// LeadUnits are the units for whose tasks the actor answers as lead department
// or head, wherever the issue arose.
func LeadUnits(who *roster.Actor) []string {
	var units []string
	for _, h := range who.Held {
		if h.Role == roster.RoleLeadDepartment || h.Role == roster.RoleUnitHead {
			units = append(units, h.Unit)
		}
	}
	return units
}
