// Package recusal decides who may not handle what: relations and parties that bar
// people from matters, challenges of officials, the lifting of bars by two people,
// and alarms about matters that nobody may handle.
package recusal

import (
	"time"

	"plumbline/internal/app/approval"
	"plumbline/internal/app/desk"
	"plumbline/internal/app/jobs"
)

// Recusal is these operations on the desk of a site.
type Recusal struct {
	*desk.Desk
	*approval.Approvals
}

// New registers what can wait for a second person, and the watch over matters.
func New(d *desk.Desk, approvals *approval.Approvals, runner *jobs.Runner) *Recusal {
	a := &Recusal{d, approvals}
	a.registerBarLift()
	runner.Every(time.Minute, "watch over matters that nobody may handle", a.watchIfMoved())
	return a
}
