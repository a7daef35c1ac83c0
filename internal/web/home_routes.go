package web

import (
	"net/http"

	"plumbline/internal/app"
	"plumbline/internal/web/page"
)

// homeRoutes are the pages of home.
func homeRoutes(a *app.App) []page.Route {
	f := &face{a}
	return []page.Route{
		{Method: http.MethodGet, Path: "/", Op: "todo.read", Handler: f.home},
	}
}

// homeNav are its lines of the navigation.
var homeNav = []page.NavRow{
	{Place: 10, Key: "nav.todo", Href: "/", Icon: "home", Op: "todo.read"},
}
