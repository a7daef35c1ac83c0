// Package intake takes in the records of audit sources: files and their columns,
// imports as jobs, the matching of records to people, and undoing either.
package intake

import (
	"sync/atomic"
	"time"

	"plumbline/internal/app/approval"
	"plumbline/internal/app/casework"
	appcustody "plumbline/internal/app/custody"
	"plumbline/internal/app/desk"
	"plumbline/internal/app/jobs"
	"plumbline/internal/app/readlog"
	"plumbline/internal/app/uploads"
)

// Intake is these operations on the desk of a site.
type Intake struct {
	*desk.Desk
	*approval.Approvals
	*jobs.Runner
	*readlog.Readings
	*uploads.Uploads
	custody  *appcustody.Safekeeping
	casework *casework.Casework
	opened   atomic.Pointer[openedBatch] // the file read last, for its import
}

// New registers its jobs and what can wait for a second person.
func New(d *desk.Desk, approvals *approval.Approvals, runner *jobs.Runner, readings *readlog.Readings, room *uploads.Uploads,
	custody *appcustody.Safekeeping, cases *casework.Casework) *Intake {
	a := &Intake{Desk: d, Approvals: approvals, Runner: runner, Readings: readings, Uploads: room, custody: custody, casework: cases}
	a.registerImport()
	a.registerWithdrawal()
	a.registerMatch()
	runner.Every(time.Hour, "drop staged files that nobody came back for", a.forgetStaged)
	return a
}
