package casework

import (
	"net/http"

	"plumbline/internal/web/page"
)

func (f *face) rectifyRoutes() []page.Route {
	get, post := http.MethodGet, http.MethodPost
	routes := []page.Route{
		{Method: get, Path: "/rectifications", Op: "rectification.list", Handler: f.taskList},
		{Method: get, Path: "/rectifications/{id}", Op: "rectification.get", Handler: f.taskPage},
		{Method: get, Path: "/issues/{id}/rectifications/new", Op: "rectification.create", Handler: f.newTask},
		{Method: post, Path: "/issues/{id}/rectifications", Op: "rectification.create", Handler: f.dispatchTask},
	}
	for _, s := range f.taskSteps() {
		routes = append(routes, page.Route{Method: post, Path: "/rectifications/{id}/" + s.path, Op: s.op, Handler: f.onTask(s)})
	}
	return routes
}
