package app

import (
	"slices"

	"plumbline/internal/app/accounts"
	"plumbline/internal/app/approval"
	"plumbline/internal/app/casework"
	appcustody "plumbline/internal/app/custody"
	"plumbline/internal/app/desk"
	"plumbline/internal/app/heads"
	"plumbline/internal/app/home"
	"plumbline/internal/app/inspection"
	appintake "plumbline/internal/app/intake"
	"plumbline/internal/app/jobs"
	"plumbline/internal/app/people"
	"plumbline/internal/app/readlog"
	apprecusal "plumbline/internal/app/recusal"
	"plumbline/internal/app/reports"
	appselfcheck "plumbline/internal/app/selfcheck"
)

// Routes is the table of every operation.
var Routes = slices.Concat(
	heads.Routes, jobs.Routes, people.Routes, accounts.Routes, appselfcheck.Routes, home.Routes, inspection.Routes, appintake.Routes, casework.Routes, reports.Routes, readlog.Routes,
	appcustody.Routes, apprecusal.Routes, approval.Routes,
)

// RouteOf finds an operation in the table. A running site has it from its desk.
func RouteOf(op string) (desk.Route, bool) {
	i := slices.IndexFunc(Routes, func(r desk.Route) bool { return r.Op == op })
	if i < 0 {
		return desk.Route{}, false
	}
	return Routes[i], true
}
