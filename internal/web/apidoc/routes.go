// Package apidoc has the page that shows the document of the JSON API to anybody signed in.
package apidoc

import (
	"net/http"

	"plumbline/internal/app"
	"plumbline/internal/web/page"
)

// face is the handlers of the pages, over the application.
type face struct{ app *app.App }

// Routes are the pages of the API document.
func Routes(a *app.App) []page.Route {
	f := &face{a}
	return []page.Route{
		{Method: http.MethodGet, Path: "/docs/api", Op: "session.read", Handler: f.apiDoc},
	}
}
