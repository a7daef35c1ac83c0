// Package people maintains the roster (units, people, postings, numbers and command
// links, as files and as single rows) and its past, and sets up a site.
package people

import (
	"context"

	"plumbline/internal/app/accounts"
	"plumbline/internal/app/approval"
	"plumbline/internal/app/casework"
	"plumbline/internal/app/desk"
	"plumbline/internal/app/jobs"
	"plumbline/internal/app/uploads"
)

// Personnel is these operations on the desk of a site.
type Personnel struct {
	*desk.Desk
	*approval.Approvals
	*uploads.Uploads
	accounts *accounts.Logins
	casework *casework.Casework
}

// New registers what can wait for a second person, and what a new day changes.
func New(d *desk.Desk, approvals *approval.Approvals, runner *jobs.Runner, room *uploads.Uploads, logins *accounts.Logins,
	cases *casework.Casework) *Personnel {
	a := &Personnel{d, approvals, room, logins, cases}
	a.registerRewrite()
	runner.EveryDay("put people where their postings stand today",
		func(ctx context.Context) error { _, err := a.PlacePeople(ctx); return err })
	return a
}
