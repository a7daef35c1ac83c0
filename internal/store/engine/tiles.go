package engine

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"plumbline/internal/ledger"
)

// TreeHashes reads n nodes of a level, counted from the leaves.
func (v *View) TreeHashes(ctx context.Context, level int, from int64, n int) ([]ledger.Hash, error) {
	if n == 0 {
		return nil, nil
	}
	index := make([]int64, n)
	for i := range index {
		index[i] = ledger.NodeIndex(level, from+int64(i))
	}
	var rows []LedgerHash
	q := v.db.NewSelect().Model(&rows).Order("idx")
	if level == 0 { // leaves are stored together with the nodes above them: half of a range is leaves
		q = q.Where("idx >= ? AND idx <= ?", index[0], index[n-1])
	} else {
		q = q.Where("idx IN (?)", bun.List(index))
	}
	if err := q.Scan(ctx); err != nil {
		return nil, err
	}
	out := make([]ledger.Hash, 0, n)
	for _, r := range rows {
		if len(out) < n && r.Idx == index[len(out)] && len(r.Hash) == len(ledger.Hash{}) {
			out = append(out, ledger.Hash(r.Hash))
		}
	}
	if len(out) != n {
		return nil, fmt.Errorf("node %d of the tree is missing or damaged", index[len(out)])
	}
	return out, nil
}
