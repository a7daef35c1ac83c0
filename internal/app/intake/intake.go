// Package intake takes in the records of audit sources: files and their columns,
// imports as jobs, the matching of records to people, and undoing either.
package intake

import (
	"context"
	"sync/atomic"
	"time"

	"plumbline/internal/app/approval"
	"plumbline/internal/app/casework"
	appcustody "plumbline/internal/app/custody"
	"plumbline/internal/app/desk"
	"plumbline/internal/app/jobs"
	"plumbline/internal/app/readlog"
	"plumbline/internal/app/uploads"
	"plumbline/internal/intake"
	"plumbline/internal/store"
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
	index    atomic.Pointer[rosterIndex]
}

// rosterIndex is whom records may mean, as of a generation of the roster.
type rosterIndex struct {
	generation int64
	*intake.Index
}

// matchIndex returns the index of everybody. It takes a tenth of a second to make,
// and a campaign's files come one after the other.
func (a *Intake) matchIndex(ctx context.Context, v *store.View) (*intake.Index, error) {
	g, err := v.Generation(ctx, store.GenerationRoster)
	if err != nil {
		return nil, err
	}
	if known := a.index.Load(); known != nil && known.generation == g {
		return known.Index, nil
	}
	x, err := v.MatchIndex(ctx)
	if err == nil {
		a.index.Store(&rosterIndex{g, x})
	}
	return x, err
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
