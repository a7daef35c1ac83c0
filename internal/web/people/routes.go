// Package people has the pages of the roster: units, people, and how both are imported or
// corrected.
package people

import (
	"net/http"

	"plumbline/internal/app"
	"plumbline/internal/app/people"
	"plumbline/internal/web/page"
)

// face handles these pages over the application.
type face struct{ app *app.App }

// Routes are the pages of the roster.
func Routes(a *app.App) []page.Route {
	f := &face{a}
	get, post := http.MethodGet, http.MethodPost
	routes := []page.Route{
		{Method: get, Path: "/units", Op: "unit.list", Handler: f.unitsPage},
		{Method: get, Path: "/units/{id}", Op: "unit.read", Handler: f.unitPage},
		{Method: get, Path: "/people", Op: "person.search", Handler: f.peoplePage},
		{Method: post, Path: "/people", Op: "person.search", Handler: f.peoplePage},
		{Method: get, Path: "/people/{id}", Op: "person.read", Handler: f.personPage},
		{Method: post, Path: "/people/{id}/name-keys", Op: "person.edit", Handler: f.correctReading},
		{Method: get, Path: "/roster/row/{table}", Op: "roster.template", Handler: f.rosterRowPage},
		{Method: get, Path: "/roster", Op: "roster.template", Handler: f.rosterImportPage},
		{Method: get, Path: "/roster/template/{table}", Op: "roster.template", Handler: f.rosterTemplate},
	}
	for _, t := range people.RosterTables {
		routes = append(routes, page.Route{Method: post, Path: "/roster/row/" + string(t), Op: t.RowOp(), Handler: f.rosterRowSave(t)})
		routes = append(routes, page.Route{Method: post, Path: "/roster/" + string(t), Op: t.ImportOp(), Handler: f.rosterImport(t),
			Body: page.UploadLimit})
	}
	return routes
}

// Nav are the lines of the navigation that lead to them.
var Nav = []page.NavRow{
	{Place: 80, Key: "nav.people", Href: "/people", Icon: "users", Op: "person.search"},
	{Place: 85, Key: "nav.units", Href: "/units", Icon: "hierarchy-2", Op: "unit.list"},
	{Place: 86, Key: "rosterpage.nav", Href: "/roster", Icon: "file-import", Op: "unit.import"},
}
