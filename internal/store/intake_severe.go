package store

import (
	"context"
	"slices"

	"github.com/uptrace/bun"

	"plumbline/internal/intake"
	"plumbline/internal/store/engine"
)

// RecordPeaks returns the highest severity that each record, or an issue made
// from it, ever had. Rejected records have none.
func (v *View) RecordPeaks(ctx context.Context, records ...string) (_ map[string]int, err error) {
	defer engine.Doing(&err, "read the peak severities of records", "")
	out := make(map[string]int, len(records))
	for chunk := range slices.Chunk(records, 500) {
		var rows []struct {
			ID       string `bun:"id"`
			Severity int    `bun:"severity"`
		}
		if err := v.db.NewSelect().TableExpr("audit_records").Column("id", "severity").Where("id IN (?)", bun.List(chunk)).
			Scan(ctx, &rows); err != nil {
			return nil, err
		}
		for _, r := range rows {
			out[r.ID] = r.Severity
		}
		var issues []struct {
			ID       string `bun:"id"`
			RecordID string `bun:"record_id"`
			Severity int    `bun:"severity"`
		}
		if err := v.db.NewSelect().TableExpr("issues").Column("id", "record_id", "severity").
			Where("record_id <> '' AND record_id IN (?)", bun.List(chunk)).Scan(ctx, &issues); err != nil {
			return nil, err
		}
		ids := make([]string, len(issues))
		for i, x := range issues {
			ids[i] = x.ID
		}
		peaks, err := v.PeaksOf(ctx, ids...)
		if err != nil {
			return nil, err
		}
		for _, x := range issues {
			out[x.RecordID] = max(out[x.RecordID], x.Severity, peaks[x.ID])
		}
	}
	return out, nil
}

// SevereOfBatch counts the records of a batch that have, or ever had, a
// severity of limit or above, whatever their match state, including those that
// are not yet issues.
func (v *View) SevereOfBatch(ctx context.Context, batchID string, limit int) (int64, error) {
	peaks := v.db.NewSelect().TableExpr("severity_peaks AS p").ColumnExpr("1").Where("p.issue_id = i.id AND p.severity >= ?", limit)
	issues := v.db.NewSelect().TableExpr("issues AS i").ColumnExpr("1").Where("i.record_id <> '' AND i.record_id = audit_record.id").
		Where("(i.severity >= ? OR EXISTS (?))", limit, peaks)
	n, err := v.db.NewSelect().Model((*intake.AuditRecord)(nil)).Where("batch_id = ?", batchID).
		Where("(severity >= ? OR EXISTS (?))", limit, issues).Count(ctx)
	return int64(n), err
}
