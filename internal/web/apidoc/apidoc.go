package apidoc

import (
	"plumbline/internal/web/page"
	"plumbline/internal/web/ui"
)

// Document is the path of the API's OpenAPI document.
const Document = "/api/v1/openapi.json"

// apiDoc shows the JSON API to anybody signed in.
func (f *face) apiDoc(c *page.Call) error {
	p := c.Page("apidoc.title")
	p.Lead = c.T("apidoc.lead")
	p.Crumbs = []ui.Link{{Text: c.T("me.title"), Href: "/me"}}
	p.Actions = []ui.Action{{Text: "openapi.json", Href: Document, Icon: "download"}}
	return c.Show(apiDocPage(p, Document))
}
