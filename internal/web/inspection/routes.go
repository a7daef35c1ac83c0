// Package inspection has the page of what inspectors found.
package inspection

import (
	"net/http"

	"plumbline/internal/app"
	"plumbline/internal/web/page"
)

// face handles these pages over the application.
type face struct{ app *app.App }

// Routes has the page of inspections and its form.
func Routes(a *app.App) []page.Route {
	f := &face{a}
	return []page.Route{
		{Method: http.MethodGet, Path: "/inspections", Op: "inspection.list", Handler: f.inspections},
		{Method: http.MethodPost, Path: "/inspections", Op: "inspection.record", Handler: f.recordInspection},
	}
}

// Nav is the line of the navigation that leads to it.
var Nav = []page.NavRow{
	{Place: 43, Key: "inspection.title", Href: "/inspections", Icon: "clipboard-check", Op: "inspection.record"},
}
