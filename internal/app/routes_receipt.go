package app

import (
	"plumbline/internal/app/desk"
	"plumbline/internal/roster"
)

// receiptRoutes are the operations on one's own receipts. Whether an entry is
// one's own is decided by the entry, not by the policy.
var receiptRoutes = []desk.Route{
	{Op: "receipt.list", Method: "GET", Path: "/receipts", Act: roster.ActRead, Kind: roster.KindSelf},
	{Op: "receipt.read", Method: "GET", Path: "/receipts/{seq}", Act: roster.ActRead, Kind: roster.KindSelf},
	{Op: "receipt.slip", Method: "GET", Path: "/receipts/{seq}/slip", Act: roster.ActRead, Kind: roster.KindSelf},
}
