// Package heads holds the operations on the ledger itself: its entries, the signed
// checkpoints, the witnesses, receipts and slips, and the freeze that follows a
// head which contradicts what was remembered.
package heads

import (
	"sync/atomic"
	"time"

	"plumbline/internal/app/desk"
	"plumbline/internal/roster"
	"plumbline/internal/witness"
)

// Config of New.
type Config struct {
	Signer      Signer           // signs the heads of the tree; nil for none
	SignEvery   time.Duration    // least time between the starts of two signings; 0 is SignEvery
	HeadFile    string           // where the acknowledged head is written beside the site; "" for nowhere
	Witnesses   []witness.Target // who cosign the checkpoints
	WitnessPace witness.Pace
}

// Heads are these operations on the desk of a site.
type Heads struct {
	*desk.Desk
	points    checkpointer
	keys      atomic.Pointer[[]string] // the signer's verifier keys
	witnesses witnesses
}

// New sets up the signing and the witnesses; the caller runs them.
func New(d *desk.Desk, cfg Config) (*Heads, error) {
	h := &Heads{Desk: d}
	h.points.init(cfg.Signer, cfg.HeadFile, cfg.SignEvery)
	return h, h.setWitnesses(cfg.Witnesses, cfg.WitnessPace)
}

// Signs reports whether a signer was set up.
func (h *Heads) Signs() bool { return h.points.signer != nil }

// Routes are the operations on the ledger and on one's own receipts. How the
// witnesses stand is for everybody who is signed in; what leads a witness or an
// outsider to the newest checkpoint is for anybody. Whether an entry is one's own
// is decided by the entry, not by the policy.
var Routes = []desk.Route{
	{Op: "ledger.head", Method: "GET", Path: "/ledger/head", Act: roster.ActRead, Kind: roster.KindLedger},
	{Op: "ledger.entries", Method: "GET", Path: "/ledger/entries", Act: roster.ActList, Kind: roster.KindLedger},
	{Op: "ledger.state", Act: roster.ActRead, Kind: roster.KindSelf},
	{Op: "ledger.checkpoints", Method: "GET", Path: "/ledger/checkpoints", Act: roster.ActList, Kind: roster.KindLedger},
	{Op: "ledger.checkpoint", Method: "GET", Path: "/ledger/checkpoint", Act: roster.ActRead, Kind: roster.KindLedger, Public: true},
	{Op: "ledger.key", Method: "GET", Path: "/ledger/key", Act: roster.ActRead, Kind: roster.KindLedger, Public: true},
	{Op: "ledger.history", Method: "GET", Path: "/ledger/history", Act: roster.ActRead, Kind: roster.KindLedger, Public: true},
	{Op: "ledger.witnesses", Method: "GET", Path: "/ledger/witnesses", Act: roster.ActRead, Kind: roster.KindSelf},
	{Op: "ledger.request", Method: "GET", Path: "/ledger/request", Act: roster.ActRead, Kind: roster.KindLedger, Public: true},
	{Op: "ledger.thaw", Act: roster.ActReopen, Kind: roster.KindLedger, Write: true},
	{Op: "receipt.list", Method: "GET", Path: "/receipts", Act: roster.ActRead, Kind: roster.KindSelf},
	{Op: "receipt.read", Method: "GET", Path: "/receipts/{seq}", Act: roster.ActRead, Kind: roster.KindSelf},
	{Op: "receipt.slip", Method: "GET", Path: "/receipts/{seq}/slip", Act: roster.ActRead, Kind: roster.KindSelf},
}
