package engine

import (
	"context"

	"github.com/uptrace/bun"

	"plumbline/internal/ledger"
)

// EntryAt reads one stored entry.
func (v *View) EntryAt(ctx context.Context, seq int64) (*LedgerEntry, error) {
	e := &LedgerEntry{}
	if err := v.db.NewSelect().Model(e).Where("seq = ?", seq).Scan(ctx); err != nil {
		return nil, err
	}
	return e, nil
}

// EntriesOf reads the entries about the objects, oldest first.
func (v *View) EntriesOf(ctx context.Context, objects ...string) ([]LedgerEntry, error) {
	var rows []LedgerEntry
	if len(objects) == 0 {
		return rows, nil
	}
	err := v.db.NewSelect().Model(&rows).Where("object_id IN (?)", bun.List(objects)).Order("seq").Scan(ctx)
	return rows, err
}

// Entries reads entries from a sequence number on, oldest first.
func (v *View) Entries(ctx context.Context, from int64, limit int) ([]LedgerEntry, error) {
	var rows []LedgerEntry
	err := v.db.NewSelect().Model(&rows).Where("seq >= ?", from).Order("seq").Limit(int64(limit)).Scan(ctx)
	return rows, err
}

// Head returns the size and root of the tree.
func (v *View) Head(ctx context.Context) (size int64, root ledger.Hash, err error) {
	var newest []LedgerEntry
	if err := v.db.NewSelect().Model(&newest).Column("seq").OrderExpr("seq DESC").Limit(1).Scan(ctx); err != nil {
		return 0, root, err
	}
	if len(newest) > 0 {
		size = newest[0].Seq + 1
	}
	edge, err := ReadEdge(ctx, v.db, size)
	if err != nil {
		return 0, root, err
	}
	root, err = edge.Root()
	return size, root, err
}

// Size is the number of entries.
func (v *View) Size(ctx context.Context) (int64, error) {
	var n int64
	return n, v.db.NewRaw("SELECT COALESCE(MAX(seq), -1) + 1 FROM ledger_entries").Scan(ctx, &n)
}
