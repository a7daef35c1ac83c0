package readlog

import (
	"plumbline/internal/app/desk"
	"plumbline/internal/roster"
)

// Routes are the day's budget and its extension.
var Routes = []desk.Route{
	{Op: "budget.read", Method: "GET", Path: "/budget", Act: roster.ActPropose, Kind: roster.KindProposal},
	{Op: "budget.extend", Method: "POST", Path: "/budget/extensions", Act: roster.ActPropose, Kind: roster.KindProposal, Write: true,
		Create: true, Status: 201},
}
