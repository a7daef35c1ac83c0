package verify

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"plumbline/internal/ledger"
	"plumbline/internal/store/engine"
)

// Evidence is what is known from outside the site.
type Evidence struct {
	// Trust holds the log's keys (empty means the keys the site itself names)
	// and the witnesses, each of which must have signed a stored checkpoint.
	Trust ledger.Trust
	// Notes are checkpoints kept elsewhere: an older note, the signer's state.
	// The caller has verified their signatures.
	Notes []KeptNote
	// Digits are published notices: eight groups of four digits and a size.
	Digits []KeptDigits
	// Receipts are receipts handed out earlier.
	Receipts []KeptReceipt
}

// KeptNote is a checkpoint with its origin, for messages.
type KeptNote struct {
	From       string
	Checkpoint ledger.Checkpoint
}

// KeptDigits are the digits of a checkpoint.
type KeptDigits struct {
	From, Digits string
	Size         int64
}

// KeptReceipt is a receipt with its origin, for messages.
type KeptReceipt struct {
	From    string
	Receipt *ledger.Receipt
	Size    int64 // of the checkpoint in the receipt
}

// sizes returns the tree sizes whose roots the evidence refers to.
func (ev *Evidence) sizes() (sizes []int64) {
	for _, n := range ev.Notes {
		sizes = append(sizes, n.Checkpoint.Size)
	}
	for _, d := range ev.Digits {
		sizes = append(sizes, d.Size)
	}
	return sizes
}

// outside compares the recomputed log with the evidence.
func (c *check) outside(context.Context) error {
	for _, n := range c.evidence.Notes {
		c.kept("note", n.From, n.Checkpoint.Size, func(root ledger.Hash) bool {
			return n.Checkpoint == ledger.Checkpoint{Origin: c.verdict.Origin, Size: n.Checkpoint.Size, Root: root}
		})
	}
	for _, d := range c.evidence.Digits {
		c.kept("digits", d.From, d.Size, func(root ledger.Hash) bool {
			return d.Digits == ledger.Checkpoint{Origin: c.verdict.Origin, Size: d.Size, Root: root}.Digits()
		})
	}
	for _, r := range c.evidence.Receipts {
		c.receipt(r)
	}
	return nil
}

// kept compares the tree at a size with evidence of it.
func (c *check) kept(kind, from string, size int64, same func(ledger.Hash) bool) {
	c.verdict.Evidence++
	switch {
	case size > c.verdict.Entries:
		c.verdict.add(Finding{Seq: c.verdict.Entries, Kind: kind, ID: from, What: "evidence_beyond",
			Reason: reason("kept_beyond", "Size", size, "Entries", c.verdict.Entries)})
	case !same(c.roots[size]):
		first := c.lastGood(size)
		c.verdict.add(Finding{Seq: first, Kind: kind, ID: from, What: "evidence_differs",
			Reason: reason("kept_differs", "Size", size, "First", first)})
	}
}

// lastGood returns the size of the largest agreeing piece of evidence below
// size: the rewrite begins there or later.
func (c *check) lastGood(size int64) (good int64) {
	for _, n := range c.evidence.Notes {
		if s := n.Checkpoint.Size; s < size && s <= c.verdict.Entries && n.Checkpoint.Root == c.roots[s] {
			good = max(good, s)
		}
	}
	return good
}

// receipt compares a receipt with its entry. Its checkpoint's tree is checked
// through the note that the receipt carries.
func (c *check) receipt(r KeptReceipt) {
	c.verdict.Evidence++
	seq := r.Receipt.Seq
	here := c.leaves[seq]
	bad := func(what string, why Reason) {
		f := Finding{Seq: seq, At: here.at, Kind: here.kind, ID: here.object, What: what, Reason: why}
		if f.Kind == "" {
			f.Kind, f.ID = "receipt", r.From
		}
		c.verdict.add(f)
	}
	switch {
	case seq >= c.verdict.Entries:
		bad("evidence_beyond", reason("receipt_beyond", "From", r.From, "Seq", seq, "Entries", c.verdict.Entries))
	case here.leaf != r.Receipt.Leaf:
		bad("evidence_differs", reason("receipt_differs", "From", r.From, "Seq", seq))
	case !here.at.Equal(r.Receipt.Time):
		bad("evidence_time", reason("receipt_time", "From", r.From))
	}
	if _, stored := slices.BinarySearchFunc(c.points, r.Size,
		func(p pointAt, size int64) int { return cmp.Compare(p.size, size) }); !stored && r.Size <= c.verdict.Entries {
		c.verdict.add(Finding{Seq: r.Size - 1, Kind: engine.CheckpointKind, ID: fmt.Sprint(r.Size), What: "checkpoint_missing",
			Reason: reason("receipt_checkpoint", "From", r.From)})
	}
}
