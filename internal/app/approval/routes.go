package approval

import (
	"plumbline/internal/app/desk"
	"plumbline/internal/roster"
)

// Routes are the votes on a proposed act. The act itself is proposed by its own
// operation.
var Routes = []desk.Route{
	{Op: "proposal.list", Method: "GET", Path: "/proposals", Act: roster.ActList, Kind: roster.KindProposal},
	{Op: "proposal.get", Method: "GET", Path: "/proposals/{id}", Act: roster.ActRead, Kind: roster.KindProposal},
	{Op: "proposal.approve", Method: "POST", Path: "/proposals/{id}/approve", Act: roster.ActApprove, Kind: roster.KindProposal,
		Write: true, Proof: true},
	{Op: "proposal.refuse", Method: "POST", Path: "/proposals/{id}/refuse", Act: roster.ActApprove, Kind: roster.KindProposal, Write: true,
		Proof: true},
	{Op: "proposal.withdraw", Method: "POST", Path: "/proposals/{id}/withdraw", Act: roster.ActPropose, Kind: roster.KindProposal,
		Write: true},
}
