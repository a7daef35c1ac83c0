// Package reports makes what leaders read: the report and its published grid, the
// comparison of declared with found, and exports of lists.
package reports

import (
	"sync/atomic"

	"plumbline/internal/app/casework"
	"plumbline/internal/app/desk"
	"plumbline/internal/app/readlog"
	appselfcheck "plumbline/internal/app/selfcheck"
)

// Reporting is these operations on the desk of a site.
type Reporting struct {
	*desk.Desk
	*readlog.Readings
	casework  *casework.Casework
	selfcheck *appselfcheck.Selfcheck
	strengths atomic.Pointer[strengths]
}

// New sets them up.
func New(d *desk.Desk, readings *readlog.Readings, cases *casework.Casework, lists *appselfcheck.Selfcheck) *Reporting {
	return &Reporting{Desk: d, Readings: readings, casework: cases, selfcheck: lists}
}
