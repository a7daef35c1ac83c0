package ledger

// Thaw records that somebody let writing resume although the tree found was not
// the one remembered. It keeps both heads, so that nobody can claim later that
// nothing was noticed. The reason is erasable text.
type Thaw struct {
	Stamp
	Code           string     `bun:"code"`   // what was wrong: shrunk, rewritten, replaced, foreign
	Source         string     `bun:"source"` // who remembered: server, site, signer
	RememberedSize int64      `bun:"remembered_size"`
	RememberedRoot []byte     `bun:"remembered_root"`
	FoundSize      int64      `bun:"found_size"`
	FoundRoot      []byte     `bun:"found_root"`
	ReasonC        Commitment `bun:"reason_c"`
}
