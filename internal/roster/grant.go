package roster

import (
	"plumbline/internal/fault"
)

// InForce reports whether the grant gives its role on the date.
func (g *Grant) InForce(on Date) bool { return g.State == GrantLive && on.Within(g.FromOn, g.ToOn) }

// GrantWish is what somebody asks to be granted.
type GrantWish struct {
	Role         Role
	UnitID       string
	FromOn, ToOn Date
}

// Check judges the wish by itself.
func (w GrantWish) Check() error {
	var faults []*fault.Error
	known := false
	for _, r := range Roles {
		known = known || r == w.Role
	}
	if !known {
		faults = append(faults, fault.Invalid("role_unknown", "role"))
	} else if w.Role == RoleOfficer {
		faults = append(faults, fault.Invalid("grant_officer", "role"))
	}
	if w.UnitID == "" {
		faults = append(faults, fault.Invalid("required", "unit"))
	}
	if w.FromOn == "" {
		faults = append(faults, fault.Invalid("required", "from"))
	}
	if w.ToOn != "" && w.ToOn < w.FromOn {
		faults = append(faults, fault.Invalid("period_reversed", "to"))
	}
	return fault.Join(faults...)
}

// Separate holds the separation of duties: nobody has two administrator roles,
// or one of them beside a content role, at any time. held are the other grants
// of the same person, over all his accounts.
func Separate(w GrantWish, held []Grant) error {
	for _, g := range held {
		if g.State == GrantRevoked || !Overlap(w.FromOn, w.ToOn, g.FromOn, g.ToOn) {
			continue
		}
		if g.Role == w.Role && g.UnitID == w.UnitID {
			return fault.Conflict("grant_held_already")
		}
		if w.Role.Administrator() && g.Role.Administrator() && g.Role != w.Role {
			return fault.Invalid("grant_two_administrators", "role")
		}
		if w.Role.Administrator() != g.Role.Administrator() {
			return fault.Invalid("grant_administrator_content", "role")
		}
	}
	return nil
}

// MayGrant judges who grants: never to himself, and only within the subtree
// where he is security administrator.
func MayGrant(who *Actor, tree *Tree, unit string, to *Account) error {
	if who.Program {
		return nil
	}
	if to.ID == who.Account || to.PersonID != "" && to.PersonID == who.Person {
		return fault.Forbidden("grant_to_self")
	}
	for _, h := range who.Held {
		if h.Role == RoleSecurityAdmin && tree.Under(unit, h.Unit) {
			return nil
		}
	}
	return fault.Forbidden("grant_out_of_reach")
}

// FirstState is the state that a grant begins in: an administrator's waits for
// a second security administrator.
func FirstState(who *Actor, role Role) string {
	if role.Administrator() && !who.Program {
		return GrantProposed
	}
	return GrantLive
}

// Approve turns a proposed grant live: by somebody other than the proposer and
// other than who receives it, within his own reach.
func Approve(g Grant, who *Actor, tree *Tree, to *Account) (Grant, error) {
	if g.State != GrantProposed {
		return g, fault.Conflict("grant_not_proposed")
	}
	if g.GrantedBy == who.Account {
		return g, fault.Forbidden("grant_second_person")
	}
	if err := MayGrant(who, tree, g.UnitID, to); err != nil {
		return g, err
	}
	g.State, g.ApprovedBy = GrantLive, who.Account
	return g, nil
}

// Revoke ends a grant on the date. A grant that had begun keeps its days.
func Revoke(g Grant, by string, on Date) (Grant, error) {
	if g.State == GrantRevoked {
		return g, fault.Conflict("grant_revoked_already")
	}
	g.State, g.RevokedBy = GrantRevoked, by
	if g.ToOn == "" || g.ToOn > on {
		g.ToOn = max(on, g.FromOn)
	}
	return g, nil
}

// MayDepute judges a head's deputy: a dated grant of unit head at the head's own
// unit, to somebody posted there, by a head who is no deputy himself.
func MayDepute(who *Actor, own Grant, w GrantWish, to *Account, posted bool, on Date) error {
	switch {
	case own.AccountID != who.Account || own.Role != RoleUnitHead || !own.InForce(on):
		return fault.NotFound()
	case own.DeputyOf != "":
		return fault.Forbidden("deputy_of_deputy")
	case to.ID == who.Account || to.PersonID == "" || to.PersonID == who.Person:
		return fault.Forbidden("grant_to_self")
	case w.ToOn == "":
		return fault.Invalid("required", "to")
	case own.ToOn != "" && w.ToOn > own.ToOn:
		return fault.Invalid("deputy_too_long", "to", "To", string(own.ToOn))
	case !posted:
		return fault.Invalid("deputy_not_posted", "person")
	}
	return nil
}
