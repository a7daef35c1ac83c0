package jobs

import (
	"plumbline/internal/app/desk"
	"plumbline/internal/roster"
)

// Routes are the operations on the jobs that one started oneself.
var Routes = []desk.Route{
	{Op: "job.read", Method: "GET", Path: "/jobs/{id}", Act: roster.ActRead, Kind: roster.KindJob},
	{Op: "job.list", Method: "GET", Path: "/jobs", Act: roster.ActList, Kind: roster.KindJob},
	{Op: "job.cancel", Method: "POST", Path: "/jobs/{id}/cancel", Act: roster.ActRun, Kind: roster.KindJob},
}
