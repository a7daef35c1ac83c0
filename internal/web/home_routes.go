package web

import (
	"net/http"

	"plumbline/internal/app"
)

// homeRoutes are the pages of home.
func homeRoutes(a *app.App) []Route {
	f := &face{a}
	return []Route{
		{Method: http.MethodGet, Path: "/", Op: "todo.read", Handler: f.home},
	}
}

// homeNav are its lines of the navigation.
var homeNav = []NavRow{
	{Place: 10, Key: "nav.todo", Href: "/", Icon: "home", Op: "todo.read"},
}
