package web

import (
	"context"

	"plumbline/internal/app"
	"plumbline/internal/app/accounts"
	"plumbline/internal/roster"
	"plumbline/internal/web/page"
)

// site is the application as the frame of the pages asks it.
type site struct{ *app.App }

func (s site) Frozen() bool { return s.App.Frozen() != nil }

func (s site) Prove(ctx context.Context, who *roster.Actor, password, device string) error {
	_, err := s.App.Prove(ctx, who, accounts.ProofInput{Password: password, Device: device})
	return err
}

func (s site) Units(ctx context.Context, who *roster.Actor, op string) ([]page.Unit, error) {
	choices, err := s.UnitChoices(ctx, who, op)
	units := make([]page.Unit, len(choices))
	for i, u := range choices {
		units[i] = page.Unit{ID: u.ID, Name: u.Name, Tier: u.Tier}
	}
	return units, err
}
