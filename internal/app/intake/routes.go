package intake

import (
	"plumbline/internal/app/desk"
	"plumbline/internal/roster"
)

// Routes are the operations on audit files, their rows, and matches.
var Routes = []desk.Route{
	{Op: "audit.sources", Method: "GET", Path: "/audit/sources", Act: roster.ActList, Kind: roster.KindBatch},
	{Op: "audit.preview", Method: "POST", Path: "/audit/preview", Act: roster.ActImport, Kind: roster.KindBatch},
	{Op: "audit.import", Method: "POST", Path: "/audit/batches", Act: roster.ActCreate, Kind: roster.KindBatch, Write: true, Create: true,
		Status: 202},
	{Op: "batch.list", Method: "GET", Path: "/audit/batches", Act: roster.ActList, Kind: roster.KindBatch},
	{Op: "batch.read", Method: "GET", Path: "/audit/batches/{id}", Act: roster.ActRead, Kind: roster.KindBatch},
	{Op: "batch.cancel", Method: "POST", Path: "/audit/batches/{id}/cancel", Act: roster.ActImport, Kind: roster.KindBatch},
	{Op: "batch.resume", Method: "POST", Path: "/audit/batches/{id}/resume", Act: roster.ActImport, Kind: roster.KindBatch, Write: true},
	{Op: "batch.withdraw", Method: "POST", Path: "/audit/batches/{id}/withdraw", Act: roster.ActWithdraw, Kind: roster.KindBatch,
		Write: true},
	{Op: "batch.errors", Method: "POST", Path: "/audit/batches/{id}/errors", Act: roster.ActExport, Kind: roster.KindAuditRecord,
		Write: true},
	{Op: "match.list", Method: "GET", Path: "/matches", Act: roster.ActList, Kind: roster.KindMatch},
	{Op: "match.read", Method: "GET", Path: "/matches/{id}", Act: roster.ActRead, Kind: roster.KindMatch},
	{Op: "match.decide", Method: "POST", Path: "/matches/{id}/decide", Act: roster.ActDecide, Kind: roster.KindMatch, Write: true,
		Proof: true},
	{Op: "match.undo", Method: "POST", Path: "/matches/{id}/undo", Act: roster.ActWithdraw, Kind: roster.KindMatch, Write: true},
}
