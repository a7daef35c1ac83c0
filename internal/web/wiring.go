package web

import (
	"context"
	"net/http"

	"plumbline/internal/app"
	"plumbline/internal/app/accounts"
	"plumbline/internal/roster"
)

// language is the one form of the frame itself.
var language = Route{Method: http.MethodPost, Path: "/language", Handler: (*Call).SetLanguage, Public: true, Renew: true, NoToken: true}

// nouns are the pages of the site by noun. Of lines of the navigation with one place
// the one named first here stands first.
var nouns = []struct {
	routes func(*app.App) []Route
	nav    []NavRow
}{
	{readlogRoutes, readlogNav},
	{recusalRoutes, recusalNav},
	{accountsRoutes, accountsNav},
	{custodyRoutes, custodyNav},
	{caseworkRoutes, caseworkNav},
	{intakeRoutes, intakeNav},
	{inspectionRoutes, inspectionNav},
	{headsRoutes, headsNav},
	{approvalRoutes, approvalNav},
	{reportsRoutes, reportsNav},
	{peopleRoutes, peopleNav},
	{selfcheckRoutes, selfcheckNav},
	{homeRoutes, homeNav},
	{apidocRoutes, nil},
}

// face is the pages of a noun.
type face struct{ app *app.App }

// site is the application as the frame of the pages asks it.
type site struct{ *app.App }

func (s site) Frozen() bool { return s.App.Frozen() != nil }

func (s site) Prove(ctx context.Context, who *roster.Actor, password, device string) error {
	_, err := s.App.Prove(ctx, who, accounts.ProofInput{Password: password, Device: device})
	return err
}

func (s site) Units(ctx context.Context, who *roster.Actor, op string) ([]Unit, error) {
	choices, err := s.UnitChoices(ctx, who, op)
	units := make([]Unit, len(choices))
	for i, u := range choices {
		units[i] = Unit{ID: u.ID, Name: u.Name, Tier: u.Tier}
	}
	return units, err
}
