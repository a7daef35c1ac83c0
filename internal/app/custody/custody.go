// Package custody protects sensitive records and limits how long they are kept:
// complainants' identities under keys shared by custodians, reveals, legal holds,
// retention periods and expungement.
package custody

import (
	"time"

	"plumbline/internal/app/approval"
	"plumbline/internal/app/desk"
	"plumbline/internal/app/jobs"
)

// Safekeeping is these operations on the desk of a site.
type Safekeeping struct {
	*desk.Desk
	*approval.Approvals
	*jobs.Runner
}

// New registers its jobs and what can wait for a second person.
func New(d *desk.Desk, approvals *approval.Approvals, runner *jobs.Runner) *Safekeeping {
	a := &Safekeeping{d, approvals, runner}
	a.registerSealing()
	a.registerRewrap()
	a.registerHold()
	runner.Every(time.Minute, "end reveals whose time is over", a.LapseReveals)
	return a
}
