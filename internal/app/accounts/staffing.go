package accounts

import (
	"context"

	"plumbline/internal/roster"
	"plumbline/internal/store"
)

// RoleStaff is how many people hold a role today.
type RoleStaff struct {
	Role    roster.Role `json:"role"`
	Holders int64       `json:"holders"`
}

// Staffing counts the holders of each role that has to be granted, within the reach
// of whoever grants roles, in the order of the domain rules. A role without a holder
// is work that nobody can do.
func (a *Logins) Staffing(ctx context.Context, who *roster.Actor) (out []RoleStaff, err error) {
	err = a.Read(ctx, who, "grant.list", func(ctx context.Context, v *store.View) error {
		sc, _, err := a.UnitScope(ctx, v, who, roster.ActList, roster.KindGrant)
		if err != nil {
			return err
		}
		held, err := v.HoldersByRole(ctx, a.Today(), sc)
		if err != nil {
			return err
		}
		for _, r := range roster.Roles {
			if r != roster.RoleOfficer { // comes from the roster
				out = append(out, RoleStaff{r, held[r]})
			}
		}
		return nil
	})
	return out, err
}
