// Package apidoc has the page that shows the document of the JSON API to anybody signed in.
package apidoc

import (
	"net/http"

	"plumbline/internal/app"
	"plumbline/internal/web/page"
	"plumbline/internal/web/ui"
)

// Document is the path of the API's OpenAPI document.
const Document = "/api/v1/openapi.json"

// Routes has the page. The browser reads the document, so it asks nothing of the
// application.
func Routes(*app.App) []page.Route {
	return []page.Route{{Method: http.MethodGet, Path: "/docs/api", Op: "session.read", Handler: show}}
}

func show(c *page.Call) error {
	p := c.Page("apidoc.title")
	p.Lead = c.T("apidoc.lead")
	p.Crumbs = []ui.Link{{Text: c.T("me.title"), Href: "/me"}}
	p.Actions = []ui.Action{{Text: "openapi.json", Href: Document, Icon: "download"}}
	return c.Show(apiDocPage(p, Document))
}
