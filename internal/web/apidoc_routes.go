package web

import (
	"net/http"

	"plumbline/internal/app"
	"plumbline/internal/web/page"
)

// apidocRoutes are the pages of apidoc.
func apidocRoutes(a *app.App) []page.Route {
	f := &face{a}
	return []page.Route{
		{Method: http.MethodGet, Path: "/docs/api", Op: "session.read", Handler: f.apiDoc},
	}
}
