package engine

import (
	"context"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"plumbline/internal/ledger"
)

// KindOf returns the kind under which entries name a row.
func KindOf(row ledger.Row) string { return kindOf(row) }

// Naming returns, oldest first, the last entry that names each of the rows: the
// one written when the row last changed.
func (v *View) Naming(ctx context.Context, rows []ledger.Row) ([]LedgerEntry, error) {
	wanted := make(map[string]bool, len(rows))
	var times []time.Time
	for _, r := range rows {
		wanted[kindOf(r)+" "+r.RowID()] = true
		times = append(times, r.RowStamp().ChangedAt)
	}
	slices.SortFunc(times, time.Time.Compare)
	times = slices.CompactFunc(times, time.Time.Equal)
	last := make(map[string]LedgerEntry, len(rows))
	for chunk := range slices.Chunk(times, 200) {
		var entries []LedgerEntry
		if err := v.db.NewSelect().Model(&entries).Where("at IN (?)", bun.List(chunk)).Order("seq").Scan(ctx); err != nil {
			return nil, err
		}
		for _, e := range entries {
			parsed, err := ledger.ParseEntry(e.Body)
			if err != nil {
				return nil, err
			}
			for _, a := range parsed.After {
				if key := a.Kind + " " + a.ID; wanted[key] && e.Seq >= last[key].Seq {
					last[key] = e
				}
			}
		}
	}
	out := make([]LedgerEntry, 0, len(last))
	for _, e := range last {
		out = append(out, e)
	}
	slices.SortFunc(out, func(a, b LedgerEntry) int { return int(max(min(a.Seq-b.Seq, 1), -1)) })
	return slices.CompactFunc(out, func(a, b LedgerEntry) bool { return a.Seq == b.Seq }), nil
}

// CaseIDByRef looks up a case by its reference. It returns "" if no row
// matched. Access is checked when the case is opened.
func (v *View) CaseIDByRef(ctx context.Context, ref string) (string, error) {
	var ids []string
	err := v.db.NewSelect().TableExpr("cases").Column("id").Where("ref = ?", ref).Limit(1).Scan(ctx, &ids)
	if err != nil || len(ids) == 0 {
		return "", err
	}
	return ids[0], nil
}
