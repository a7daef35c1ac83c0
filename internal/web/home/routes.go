// Package home has the page to which everybody comes: what waits for him.
package home

import (
	"net/http"

	"plumbline/internal/app"
	"plumbline/internal/web/page"
)

// face is the handlers of the pages, over the application.
type face struct{ app *app.App }

// Routes are the pages of the home.
func Routes(a *app.App) []page.Route {
	f := &face{a}
	return []page.Route{
		{Method: http.MethodGet, Path: "/", Op: "todo.read", Handler: f.home},
	}
}

// Nav are their lines of the navigation.
var Nav = []page.NavRow{
	{Place: 10, Key: "nav.todo", Href: "/", Icon: "home", Op: "todo.read"},
}
