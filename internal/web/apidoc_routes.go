package web

import (
	"net/http"

	"plumbline/internal/app"
)

// apidocRoutes are the pages of apidoc.
func apidocRoutes(a *app.App) []Route {
	f := &face{a}
	return []Route{
		{Method: http.MethodGet, Path: "/docs/api", Op: "session.read", Handler: f.apiDoc},
	}
}
