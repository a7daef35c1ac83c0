package app

import "plumbline/internal/roster"

// custodyRoutes are expungement, legal holds, custodians and reveals.
var custodyRoutes = []Route{
	{Op: "expungement.list", Method: "GET", Path: "/expungements", Act: roster.ActList, Kind: roster.KindExpungement},
	{Op: "expungement.get", Method: "GET", Path: "/expungements/{id}", Act: roster.ActRead, Kind: roster.KindExpungement},
	{Op: "expungement.propose", Method: "POST", Path: "/expungements", Act: roster.ActPropose, Kind: roster.KindExpungement, Write: true, Create: true, Status: 201},
	{Op: "expungement.approve", Method: "POST", Path: "/expungements/{id}/approve", Act: roster.ActApprove, Kind: roster.KindExpungement, Write: true},
	{Op: "expungement.refuse", Method: "POST", Path: "/expungements/{id}/refuse", Act: roster.ActApprove, Kind: roster.KindExpungement, Write: true},
	{Op: "expungement.withdraw", Method: "POST", Path: "/expungements/{id}/withdraw", Act: roster.ActPropose, Kind: roster.KindExpungement, Write: true},
	{Op: "hold.list", Method: "GET", Path: "/holds", Act: roster.ActList, Kind: roster.KindHold},
	{Op: "hold.place", Method: "POST", Path: "/holds", Act: roster.ActCreate, Kind: roster.KindHold, Write: true, Create: true, Status: 201},
	{Op: "hold.lift", Method: "POST", Path: "/holds/{id}/lift", Act: roster.ActRevoke, Kind: roster.KindHold, Write: true},
}
