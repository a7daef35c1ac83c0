package app

import "plumbline/internal/roster"

// rosterRoutes are the operations on units, people, postings and command links.
var rosterRoutes = []Route{
	{Op: "unit.list", Method: "GET", Path: "/units", Act: roster.ActList, Kind: roster.KindUnit},
	{Op: "unit.read", Method: "GET", Path: "/units/{id}", Act: roster.ActRead, Kind: roster.KindUnit},
	{Op: "unit.import", Method: "POST", Path: "/units/import", Act: roster.ActImport, Kind: roster.KindUnit, Write: true},
	{Op: "roster.template", Method: "GET", Path: "/roster-templates/{table}", Act: roster.ActList, Kind: roster.KindUnit},
	{Op: "person.search", Method: "POST", Path: "/people/search", Act: roster.ActList, Kind: roster.KindPerson},
	{Op: "person.read", Method: "GET", Path: "/people/{id}", Act: roster.ActRead, Kind: roster.KindPerson},
	{Op: "person.edit", Method: "POST", Path: "/people/{id}/name-keys", Act: roster.ActEdit, Kind: roster.KindPerson, Write: true},
	{Op: "person.import", Method: "POST", Path: "/people/import", Act: roster.ActImport, Kind: roster.KindPerson, Write: true},
	{Op: "posting.import", Method: "POST", Path: "/postings/import", Act: roster.ActImport, Kind: roster.KindPosting, Write: true},
	{Op: "command_link.import", Method: "POST", Path: "/command-links/import", Act: roster.ActImport, Kind: roster.KindCommandLink, Write: true},
	{Op: "own.name_keys", Method: "POST", Path: "/session/name-keys", Act: roster.ActEdit, Kind: roster.KindSelf, Write: true},
}
