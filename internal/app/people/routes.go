package people

import (
	"plumbline/internal/app/desk"
	"plumbline/internal/roster"
)

// Routes are the operations on units, people, postings and command links.
var Routes = []desk.Route{
	{Op: "roster.establish", Act: roster.ActCreate, Kind: roster.KindUnit, Write: true},
	{Op: "unit.list", Method: "GET", Path: "/units", Act: roster.ActList, Kind: roster.KindUnit},
	{Op: "unit.read", Method: "GET", Path: "/units/{id}", Act: roster.ActRead, Kind: roster.KindUnit},
	{Op: "unit.import", Method: "POST", Path: "/units/import", Act: roster.ActImport, Kind: roster.KindUnit, Write: true},
	{Op: "roster.template", Method: "GET", Path: "/roster-templates/{table}", Act: roster.ActList, Kind: roster.KindUnit},
	{Op: "person.search", Method: "POST", Path: "/people/search", Act: roster.ActList, Kind: roster.KindPerson},
	{Op: "person.read", Method: "GET", Path: "/people/{id}", Act: roster.ActRead, Kind: roster.KindPerson},
	{Op: "person.edit", Method: "POST", Path: "/people/{id}/name-keys", Act: roster.ActEdit, Kind: roster.KindPerson, Write: true},
	{Op: "person.import", Method: "POST", Path: "/people/import", Act: roster.ActImport, Kind: roster.KindPerson, Write: true},
	{Op: "posting.import", Method: "POST", Path: "/postings/import", Act: roster.ActImport, Kind: roster.KindPosting, Write: true},
	{Op: "command_link.import", Method: "POST", Path: "/command-links/import", Act: roster.ActImport, Kind: roster.KindCommandLink,
		Write: true},
	{Op: "unit.save", Method: "POST", Path: "/units", Act: roster.ActImport, Kind: roster.KindUnit, Write: true},
	{Op: "person.save", Method: "POST", Path: "/people", Act: roster.ActImport, Kind: roster.KindPerson, Write: true},
	{Op: "posting.save", Method: "POST", Path: "/postings", Act: roster.ActImport, Kind: roster.KindPosting, Write: true},
	{Op: "command_link.save", Method: "POST", Path: "/command-links", Act: roster.ActImport, Kind: roster.KindCommandLink, Write: true},
	{Op: "roster.place", Act: roster.ActImport, Kind: roster.KindPosting, Write: true},
	{Op: "relation.own", Method: "GET", Path: "/my-relations", Act: roster.ActRead, Kind: roster.KindSelf},
	{Op: "relation.declare", Method: "POST", Path: "/my-relations", Act: roster.ActEdit, Kind: roster.KindSelf, Write: true, Create: true,
		Status: 201},
	{Op: "relation.list", Method: "GET", Path: "/people/{id}/relations", Act: roster.ActEdit, Kind: roster.KindPerson},
	{Op: "relation.create", Method: "POST", Path: "/people/{id}/relations", Act: roster.ActEdit, Kind: roster.KindPerson, Write: true,
		Create: true, Status: 201},
	{Op: "relation.void", Method: "POST", Path: "/relations/{id}/void", Act: roster.ActEdit, Kind: roster.KindPerson, Write: true},
	{Op: "relation.end", Method: "POST", Path: "/relations/{id}/end", Act: roster.ActEdit, Kind: roster.KindPerson, Write: true},
	{Op: "own.name_keys", Method: "POST", Path: "/session/name-keys", Act: roster.ActEdit, Kind: roster.KindSelf, Write: true},
}
