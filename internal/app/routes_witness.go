package app

import (
	"plumbline/internal/app/desk"
	"plumbline/internal/roster"
)

// How the witnesses stand is for everybody who is signed in; the request that
// leads a witness to the newest checkpoint is for anybody, like the checkpoint.
var witnessRoutes = []desk.Route{
	{Op: "ledger.witnesses", Method: "GET", Path: "/ledger/witnesses", Act: roster.ActRead, Kind: roster.KindSelf},
	{Op: "ledger.request", Method: "GET", Path: "/ledger/request", Act: roster.ActRead, Kind: roster.KindLedger, Public: true},
}
