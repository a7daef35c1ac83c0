package verify

import (
	"context"
	"time"

	"plumbline/internal/custody"
	"plumbline/internal/store/engine"
)

// tombstones reads which records had their texts expunged.
func (c *check) tombstones(ctx context.Context) error {
	var stones []custody.Tombstone
	err := engine.DB(c.v).NewSelect().Model(&stones).Column("record_id", "keys").Scan(ctx)
	c.erased, c.erasedKeys = make(map[string]bool, len(stones)), make(map[int64]bool, len(stones))
	for i := range stones {
		c.erased[stones[i].RecordID] = true
		for _, id := range engine.KeyNumbers(stones[i].Keys) {
			c.erasedKeys[id] = true
		}
	}
	return err
}

// text checks a row's commitments. One that no text opens is counted as
// expunged if there is a tombstone, itself a row named by an entry, which says
// by whose decision. Without a tombstone it is a finding.
func (c *check) text(kind string, r *readRow, seq int64) {
	add := func(what string, why Reason) { c.verdict.add(Finding{seq, time.Time{}, kind, r.id, what, why}) }
	if r.undead {
		add("text_not_erased", reason("text_not_erased"))
	}
	switch {
	case r.closed == "":
	case c.erased[r.id]:
		c.verdict.Erased++
	case r.absent:
		add("text_missing", reason("text_missing", "Column", r.closed))
	default:
		add("text_changed", reason("text_changed", "Column", r.closed))
	}
}
