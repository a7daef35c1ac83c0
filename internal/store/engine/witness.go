package engine

import (
	"context"
	"time"
)

// Witnessed is how far one witness has cosigned.
type Witnessed struct {
	Witness string    `bun:"witness"`
	Size    int64     `bun:"size"` // largest checkpoint it cosigned
	At      time.Time `bun:"at"`   // when it first cosigned that one
}

// WitnessedBy returns the largest checkpoint that the witness cosigned, with
// size 0 if it never did.
func (v *View) WitnessedBy(ctx context.Context, witness string) (w Witnessed, err error) {
	var rows []LedgerCosignature
	err = v.db.NewSelect().Model(&rows).Column("size", "at").Where("witness = ?", witness).OrderExpr("size DESC").Limit(1).Scan(ctx)
	w.Witness = witness
	if err == nil && len(rows) > 0 {
		w.Size, w.At = rows[0].Size, rows[0].At.UTC()
	}
	return w, err
}

// WitnessedSize returns the size of the largest checkpoint that any witness
// cosigned, or 0 if none did. Entries below it are witnessed.
func (v *View) WitnessedSize(ctx context.Context) (size int64, err error) {
	var rows []LedgerCosignature
	err = v.db.NewSelect().Model(&rows).Column("size").OrderExpr("size DESC").Limit(1).Scan(ctx)
	if err == nil && len(rows) > 0 {
		size = rows[0].Size
	}
	return size, err
}
