package web

import (
	"net/http"

	"plumbline/internal/app"
	"plumbline/internal/web/page"
)

// inspectionRoutes are the pages of inspection.
func inspectionRoutes(a *app.App) []page.Route {
	f := &face{a}
	return []page.Route{
		{Method: http.MethodGet, Path: "/inspections", Op: "inspection.list", Handler: f.inspections},
		{Method: http.MethodPost, Path: "/inspections", Op: "inspection.record", Handler: f.recordInspection},
	}
}

// inspectionNav are its lines of the navigation.
var inspectionNav = []page.NavRow{
	{Place: 43, Key: "inspection.title", Href: "/inspections", Icon: "clipboard-check", Op: "inspection.record"},
}
