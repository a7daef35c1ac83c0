// Package inspection records what inspectors found for single items; a discrepancy
// becomes an issue.
package inspection

import (
	"plumbline/internal/app/casework"
	"plumbline/internal/app/desk"
	"plumbline/internal/roster"
)

// Inspection is these operations on the desk of a site.
type Inspection struct {
	*desk.Desk
	casework *casework.Casework
}

// New sets up the operations.
func New(d *desk.Desk, cases *casework.Casework) *Inspection { return &Inspection{d, cases} }

// Routes are recording and listing.
var Routes = []desk.Route{
	{Op: "inspection.list", Method: "GET", Path: "/inspection-items", Act: roster.ActCreate, Kind: roster.KindIssue},
	{Op: "inspection.record", Method: "POST", Path: "/inspection-items", Act: roster.ActCreate, Kind: roster.KindIssue, Write: true,
		Slip: true, Create: true, Status: 201},
}
