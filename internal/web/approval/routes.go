// Package approval has the pages of what was proposed and waits for a second person.
package approval

import (
	"net/http"

	"plumbline/internal/app"
	"plumbline/internal/web/page"
)

// face handles these pages over the application.
type face struct{ app *app.App }

// Routes are the pages of approval.
func Routes(a *app.App) []page.Route {
	f := &face{a}
	get, post := http.MethodGet, http.MethodPost
	routes := []page.Route{
		{Method: get, Path: "/proposals", Op: "proposal.list", Handler: f.proposalList},
		{Method: get, Path: "/proposals/{id}", Op: "proposal.get", Handler: f.proposalPage},
	}
	for _, s := range f.proposalSteps() {
		routes = append(routes, page.Route{Method: post, Path: "/proposals/{id}/" + s.path, Op: s.op, Handler: f.onProposal(s)})
	}
	return routes
}

// Nav are the lines of the navigation that lead to them.
var Nav = []page.NavRow{
	{Place: 16, Key: "proposal.title", Href: "/proposals", Icon: "users", Op: "proposal.list"},
}
