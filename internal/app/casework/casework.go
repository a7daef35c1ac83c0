// Package casework handles issues: triage, correction and their other ends, cases
// with their tracks, findings and decisions, rectification, and the file of a
// person.
package casework

import (
	"slices"

	"plumbline/internal/app/approval"
	"plumbline/internal/app/desk"
	"plumbline/internal/app/heads"
	"plumbline/internal/app/readlog"
	apprecusal "plumbline/internal/app/recusal"
)

// Casework is these operations on the desk of a site.
type Casework struct {
	*desk.Desk
	*approval.Approvals
	*readlog.Readings
	heads   *heads.Heads
	recusal *apprecusal.Recusal
}

// New registers what can wait for a second person.
func New(d *desk.Desk, approvals *approval.Approvals, readings *readlog.Readings, heads *heads.Heads,
	recusal *apprecusal.Recusal) *Casework {
	a := &Casework{d, approvals, readings, heads, recusal}
	a.registerEnds()
	a.registerReopening()
	a.registerDecision()
	a.registerIssueEnds()
	return a
}

// Routes are all of them.
var Routes = slices.Concat(issueRoutes, inquiryRoutes, rectifyRoutes)
