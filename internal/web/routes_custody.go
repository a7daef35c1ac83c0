package web

import "net/http"

func init() {
	area(func(f *Face) []Route {
		get, post := http.MethodGet, http.MethodPost
		routes := []Route{
			{Method: get, Path: "/expungements", Op: "expungement.list", Handler: f.expungementList},
			{Method: get, Path: "/expungements/new", Op: "expungement.propose", Handler: f.newExpungement},
			{Method: post, Path: "/expungements", Op: "expungement.propose", Handler: f.proposeExpungement},
			{Method: get, Path: "/expungements/{id}", Op: "expungement.get", Handler: f.expungementPage},
			{Method: get, Path: "/holds", Op: "hold.list", Handler: f.holdList},
			{Method: post, Path: "/holds", Op: "hold.place", Handler: f.placeHold},
			{Method: post, Path: "/holds/{id}/lift", Op: "hold.lift", Handler: f.liftHold},
		}
		for _, s := range f.expungementSteps() {
			routes = append(routes, Route{Method: post, Path: "/expungements/{id}/" + s.path, Op: s.op, Handler: f.onExpungement(s)})
		}
		return routes
	}, NavRow{Place: 92, Key: "expungement.title", Href: "/expungements", Icon: "trash", Op: "expungement.list"})
}
