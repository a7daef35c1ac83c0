package web

import "net/http"

func init() {
	area(func(f *Face) []Route {
		get, post := http.MethodGet, http.MethodPost
		routes := []Route{
			{Method: get, Path: "/proposals", Op: "proposal.list", Handler: f.proposalList},
			{Method: get, Path: "/proposals/{id}", Op: "proposal.get", Handler: f.proposalPage},
		}
		for _, s := range f.proposalSteps() {
			routes = append(routes, Route{Method: post, Path: "/proposals/{id}/" + s.path, Op: s.op, Handler: f.onProposal(s)})
		}
		return routes
	}, NavRow{Place: 16, Key: "proposal.title", Href: "/proposals", Icon: "users", Op: "proposal.list"})
}
