// Package inspection has the page of what inspectors found.
package inspection

import (
	"net/http"

	"plumbline/internal/app"
	"plumbline/internal/web/page"
)

// face is the handlers of the pages, over the application.
type face struct{ app *app.App }

// Routes are the pages of inspection.
func Routes(a *app.App) []page.Route {
	f := &face{a}
	return []page.Route{
		{Method: http.MethodGet, Path: "/inspections", Op: "inspection.list", Handler: f.inspections},
		{Method: http.MethodPost, Path: "/inspections", Op: "inspection.record", Handler: f.recordInspection},
	}
}

// Nav are their lines of the navigation.
var Nav = []page.NavRow{
	{Place: 43, Key: "inspection.title", Href: "/inspections", Icon: "clipboard-check", Op: "inspection.record"},
}
