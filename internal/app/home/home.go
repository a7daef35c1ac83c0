// Package home is the first page after signing in: what is waiting for the actor.
package home

import (
	"plumbline/internal/app/accounts"
	"plumbline/internal/app/approval"
	appcustody "plumbline/internal/app/custody"
	"plumbline/internal/app/desk"
	"plumbline/internal/app/heads"
	apprecusal "plumbline/internal/app/recusal"
	appselfcheck "plumbline/internal/app/selfcheck"
	"plumbline/internal/roster"
)

// Home counts over the areas whose queues it shows.
type Home struct {
	*desk.Desk
	*approval.Approvals
	accounts  *accounts.Logins
	custody   *appcustody.Safekeeping
	heads     *heads.Heads
	recusal   *apprecusal.Recusal
	selfcheck *appselfcheck.Selfcheck
}

// New sets it up.
func New(d *desk.Desk, approvals *approval.Approvals, logins *accounts.Logins, custody *appcustody.Safekeeping, proofs *heads.Heads,
	bars *apprecusal.Recusal, lists *appselfcheck.Selfcheck) *Home {
	return &Home{d, approvals, logins, custody, proofs, bars, lists}
}

// Routes is the home page.
var Routes = []desk.Route{
	{Op: "todo.read", Method: "GET", Path: "/todo", Act: roster.ActRead, Kind: roster.KindSelf},
}
