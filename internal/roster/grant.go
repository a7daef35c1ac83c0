package roster

import (
	"plumbline/internal/fault"
)

// InForce reports whether the grant gives its role on the date.
func (g *Grant) InForce(on Date) bool { return g.State == GrantLive && on.Within(g.FromOn, g.ToOn) }

// GrantWish is a requested grant.
type GrantWish struct {
	Role         Role
	UnitID       string
	FromOn, ToOn Date
}

// Check validates the request on its own.
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

// Separate enforces the separation of duties: nobody may hold two administrator
// roles, or one beside a content role, at any time. held are the other grants
// of the same person, across all their accounts.
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

// MayGrant judges who grants: never to themselves, and only within the subtree
// where they are security administrator.
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

// FirstState returns the initial state of a grant: an administrator's waits for
// a second security administrator.
func FirstState(who *Actor, role Role) string {
	if role.Administrator() && !who.Program {
		return GrantProposed
	}
	return GrantLive
}

// Approve makes a proposed grant live. The approver must be neither the
// proposer nor the recipient, and must act within their own reach.
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

// Revoke ends a grant on the date. A grant that had begun keeps the days it was
// in force.
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

// MayDepute judges a head's deputy: a dated grant of unit head at the head's
// own unit, to somebody posted there, by a head who is not a deputy.
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
