// Package home has the page to which everybody comes: what waits for him.
package home

import (
	"net/http"

	"plumbline/internal/app"
	"plumbline/internal/web/page"
)

// face handles these pages over the application.
type face struct{ app *app.App }

// Routes has the home page.
func Routes(a *app.App) []page.Route {
	f := &face{a}
	return []page.Route{
		{Method: http.MethodGet, Path: "/", Op: "todo.read", Handler: f.home},
	}
}

// Nav is the line of the navigation that leads to it.
var Nav = []page.NavRow{
	{Place: 10, Key: "nav.todo", Href: "/", Icon: "home", Op: "todo.read"},
}
