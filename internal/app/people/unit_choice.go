package people

import (
	"context"

	"plumbline/internal/roster"
	"plumbline/internal/store"
)

// UnitChoice is a unit that a form offers.
type UnitChoice struct {
	ID, Code, Name string
	Tier           int
}

// UnitChoices lists the active units at which the actor's scope for the
// operation holds, parents first.
func (a *Personnel) UnitChoices(ctx context.Context, who *roster.Actor, op string) (out []UnitChoice, err error) {
	r, err := a.Authorize(who, op)
	if err != nil {
		return nil, err
	}
	err = a.Store.View(ctx, func(ctx context.Context, v *store.View) error {
		sc, tree, err := a.UnitScope(ctx, v, who, r.Act, r.Kind)
		if err != nil {
			return err
		}
		names, err := a.UnitNames(ctx, v, who.Lang)
		if err != nil {
			return err
		}
		for _, u := range tree.Units() {
			if u.State == roster.UnitActive && sc.Admits(roster.Target{Unit: u.ID, Branch: tree.Branch(u.ID)}) {
				out = append(out, UnitChoice{ID: u.ID, Code: u.Code, Name: names[u.ID], Tier: u.Tier})
			}
		}
		return nil
	})
	return out, err
}
