package casework

import (
	"plumbline/internal/app/desk"
	"plumbline/internal/roster"
)

var rectifyRoutes = []desk.Route{
	{Op: "rectification.list", Method: "GET", Path: "/rectifications", Act: roster.ActList, Kind: roster.KindRectification},
	{Op: "rectification.get", Method: "GET", Path: "/rectifications/{id}", Act: roster.ActRead, Kind: roster.KindRectification},
	{Op: "rectification.create", Method: "POST", Path: "/issues/{id}/rectifications", Act: roster.ActCreate, Kind: roster.KindRectification,
		Write: true, Create: true, Status: 201},
	{Op: "rectification.accept", Method: "POST", Path: "/rectifications/{id}/accept", Act: roster.ActAccept, Kind: roster.KindRectification,
		Write: true},
	{Op: "rectification.progress", Method: "POST", Path: "/rectifications/{id}/progress", Act: roster.ActProgress,
		Kind: roster.KindRectification, Write: true},
	{Op: "rectification.submit", Method: "POST", Path: "/rectifications/{id}/submit", Act: roster.ActSubmit, Kind: roster.KindRectification,
		Write: true, Proof: true},
	{Op: "rectification.verify", Method: "POST", Path: "/rectifications/{id}/verify", Act: roster.ActVerify, Kind: roster.KindRectification,
		Write: true, Proof: true},
	{Op: "rectification.return", Method: "POST", Path: "/rectifications/{id}/return", Act: roster.ActReturn, Kind: roster.KindRectification,
		Write: true},
	{Op: "rectification.strike_off", Method: "POST", Path: "/rectifications/{id}/strike-off", Act: roster.ActStrikeOff,
		Kind: roster.KindRectification, Write: true, Proof: true},
	{Op: "rectification.recur", Method: "POST", Path: "/rectifications/{id}/recur", Act: roster.ActReturn, Kind: roster.KindRectification,
		Write: true},
}
