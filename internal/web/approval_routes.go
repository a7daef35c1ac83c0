package web

import (
	"net/http"

	"plumbline/internal/app"
)

// approvalRoutes are the pages of approval.
func approvalRoutes(a *app.App) []Route {
	f := &face{a}
	get, post := http.MethodGet, http.MethodPost
	routes := []Route{
		{Method: get, Path: "/proposals", Op: "proposal.list", Handler: f.proposalList},
		{Method: get, Path: "/proposals/{id}", Op: "proposal.get", Handler: f.proposalPage},
	}
	for _, s := range f.proposalSteps() {
		routes = append(routes, Route{Method: post, Path: "/proposals/{id}/" + s.path, Op: s.op, Handler: f.onProposal(s)})
	}
	return routes
}

// approvalNav are its lines of the navigation.
var approvalNav = []NavRow{
	{Place: 16, Key: "proposal.title", Href: "/proposals", Icon: "users", Op: "proposal.list"},
}
