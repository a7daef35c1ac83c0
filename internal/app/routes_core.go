package app

import (
	"plumbline/internal/app/desk"
	"plumbline/internal/roster"
)

// coreRoutes are the operations on the ledger and on jobs.
var coreRoutes = []desk.Route{
	{Op: "ledger.head", Method: "GET", Path: "/ledger/head", Act: roster.ActRead, Kind: roster.KindLedger},
	{Op: "ledger.entries", Method: "GET", Path: "/ledger/entries", Act: roster.ActList, Kind: roster.KindLedger},
	{Op: "ledger.state", Act: roster.ActRead, Kind: roster.KindSelf},
	{Op: "ledger.checkpoints", Method: "GET", Path: "/ledger/checkpoints", Act: roster.ActList, Kind: roster.KindLedger},
	{Op: "ledger.checkpoint", Method: "GET", Path: "/ledger/checkpoint", Act: roster.ActRead, Kind: roster.KindLedger, Public: true},
	{Op: "ledger.key", Method: "GET", Path: "/ledger/key", Act: roster.ActRead, Kind: roster.KindLedger, Public: true},
	{Op: "ledger.history", Method: "GET", Path: "/ledger/history", Act: roster.ActRead, Kind: roster.KindLedger, Public: true},
	{Op: "ledger.thaw", Act: roster.ActReopen, Kind: roster.KindLedger, Write: true},
	{Op: "roster.establish", Act: roster.ActCreate, Kind: roster.KindUnit, Write: true},
	{Op: "job.read", Method: "GET", Path: "/jobs/{id}", Act: roster.ActRead, Kind: roster.KindJob},
	{Op: "job.list", Method: "GET", Path: "/jobs", Act: roster.ActList, Kind: roster.KindJob},
	{Op: "job.cancel", Method: "POST", Path: "/jobs/{id}/cancel", Act: roster.ActRun, Kind: roster.KindJob},
}
