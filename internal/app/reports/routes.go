package reports

import (
	"plumbline/internal/app/desk"
	"plumbline/internal/roster"
)

// Routes are the leadership report and the exports.
var Routes = []desk.Route{
	{Op: "report.read", Method: "GET", Path: "/report", Act: roster.ActRead, Kind: roster.KindReport},
	{Op: "report.export", Method: "POST", Path: "/report/exports", Act: roster.ActExport, Kind: roster.KindReport, Write: true,
		Create: true},
	{Op: "issue.export", Method: "POST", Path: "/issues/exports", Act: roster.ActExport, Kind: roster.KindIssue, Write: true, Create: true},
}
