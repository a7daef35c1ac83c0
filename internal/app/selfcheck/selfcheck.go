// Package selfcheck runs campaigns: checklists, the lists that people file, their
// review, and the completion of units.
package selfcheck

import (
	"sync"

	"plumbline/internal/app/casework"
	"plumbline/internal/app/desk"
	"plumbline/internal/app/jobs"
)

// Selfcheck is these operations on the desk of a site.
type Selfcheck struct {
	*desk.Desk
	*jobs.Runner
	casework   *casework.Casework
	checklists sync.Map // items by checklist id: a published edition never changes
}

// New registers its job.
func New(d *desk.Desk, runner *jobs.Runner, cases *casework.Casework) *Selfcheck {
	a := &Selfcheck{Desk: d, Runner: runner, casework: cases}
	a.registerCampaignJob()
	return a
}
