package custody

import (
	"plumbline/internal/app/desk"
	"plumbline/internal/roster"
)

// Routes are expungement, legal holds, custodians and reveals.
var Routes = []desk.Route{
	{Op: "expungement.list", Method: "GET", Path: "/expungements", Act: roster.ActList, Kind: roster.KindExpungement},
	{Op: "expungement.get", Method: "GET", Path: "/expungements/{id}", Act: roster.ActRead, Kind: roster.KindExpungement},
	{Op: "expungement.propose", Method: "POST", Path: "/expungements", Act: roster.ActPropose, Kind: roster.KindExpungement, Write: true,
		Create: true, Status: 201},
	{Op: "expungement.approve", Method: "POST", Path: "/expungements/{id}/approve", Act: roster.ActApprove, Kind: roster.KindExpungement,
		Write: true, Proof: true},
	{Op: "expungement.refuse", Method: "POST", Path: "/expungements/{id}/refuse", Act: roster.ActApprove, Kind: roster.KindExpungement,
		Write: true, Proof: true},
	{Op: "expungement.withdraw", Method: "POST", Path: "/expungements/{id}/withdraw", Act: roster.ActPropose, Kind: roster.KindExpungement,
		Write: true},
	{Op: "retention.list", Method: "GET", Path: "/retention", Act: roster.ActList, Kind: roster.KindExpungement},
	{Op: "hold.list", Method: "GET", Path: "/holds", Act: roster.ActList, Kind: roster.KindHold},
	{Op: "hold.place", Method: "POST", Path: "/holds", Act: roster.ActCreate, Kind: roster.KindHold, Write: true, Create: true,
		Status: 201},
	{Op: "hold.lift", Method: "POST", Path: "/holds/{id}/lift", Act: roster.ActRevoke, Kind: roster.KindHold, Write: true},
	{Op: "custody.list", Method: "GET", Path: "/custodians", Act: roster.ActList, Kind: roster.KindCustody},
	{Op: "custody.propose", Method: "POST", Path: "/custodians", Act: roster.ActPropose, Kind: roster.KindCustody, Write: true,
		Create: true, Status: 201},
	{Op: "custody.approve", Method: "POST", Path: "/custodians/{id}/approve", Act: roster.ActApprove, Kind: roster.KindCustody, Write: true,
		Proof: true},
	{Op: "custody.refuse", Method: "POST", Path: "/custodians/{id}/refuse", Act: roster.ActApprove, Kind: roster.KindCustody, Write: true,
		Proof: true},
	{Op: "custody.bundle", Act: roster.ActRead, Kind: roster.KindCustody},
	{Op: "custody.rewrap", Act: roster.ActApprove, Kind: roster.KindCustody, Write: true, Proof: true},
	{Op: "reveal.list", Method: "GET", Path: "/reveals", Act: roster.ActList, Kind: roster.KindReveal},
	{Op: "reveal.get", Method: "GET", Path: "/reveals/{id}", Act: roster.ActRead, Kind: roster.KindReveal},
	{Op: "reveal.ask", Method: "POST", Path: "/reveals", Act: roster.ActCreate, Kind: roster.KindReveal, Write: true, Create: true,
		Status: 201},
	{Op: "reveal.show", Method: "POST", Path: "/reveals/{id}/show", Act: roster.ActCreate, Kind: roster.KindReveal, Write: true},
	{Op: "reveal.note", Method: "POST", Path: "/reveals/{id}/note", Act: roster.ActConfirm, Kind: roster.KindReveal, Write: true,
		Proof: true},
	{Op: "share.list", Method: "GET", Path: "/shares", Act: roster.ActList, Kind: roster.KindShare},
	{Op: "share.get", Method: "GET", Path: "/shares/{id}", Act: roster.ActRead, Kind: roster.KindShare},
	{Op: "share.release", Method: "POST", Path: "/shares/{id}/release", Act: roster.ActRelease, Kind: roster.KindShare, Write: true},
	{Op: "share.refuse", Method: "POST", Path: "/shares/{id}/refuse", Act: roster.ActRelease, Kind: roster.KindShare, Write: true},
}
