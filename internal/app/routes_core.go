package app

import (
	"plumbline/internal/app/desk"
	"plumbline/internal/roster"
)

// coreRoutes are the operations on jobs, and the founding of an organisation.
var coreRoutes = []desk.Route{
	{Op: "roster.establish", Act: roster.ActCreate, Kind: roster.KindUnit, Write: true},
	{Op: "job.read", Method: "GET", Path: "/jobs/{id}", Act: roster.ActRead, Kind: roster.KindJob},
	{Op: "job.list", Method: "GET", Path: "/jobs", Act: roster.ActList, Kind: roster.KindJob},
	{Op: "job.cancel", Method: "POST", Path: "/jobs/{id}/cancel", Act: roster.ActRun, Kind: roster.KindJob},
}
