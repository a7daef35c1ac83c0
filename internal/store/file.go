package store

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"plumbline/internal/fault"
	"plumbline/internal/roster"
)

// PersonInScope opens a person by today's unit; outside the scope, or barred,
// the person is not there.
func (v *View) PersonInScope(ctx context.Context, id string, sc roster.Scope) (*roster.Person, error) {
	var rows []*roster.Person
	q := scoped(v.db.NewSelect().Model(&rows).Where("id = ?", id), sc, ScopeColumns{Unit: "unit_id", Branch: "branch_id", Person: "id"})
	if err := q.Scan(ctx); err != nil {
		return nil, err
	}
	if len(rows) != 1 {
		return nil, fault.NotFound()
	}
	return rows[0], nil
}

// unfolded marks a line of the read log that no entry holds yet.
const unfolded = -1

// LogReading writes a line of the read log; it is there before the page goes
// out.
func (sx *ScratchTx) LogReading(ctx context.Context, at time.Time, account, kind, objectID, personID, purpose string) error {
	return sx.Insert(ctx, &ReadLog{ID: NewID(), At: at, Account: account, Kind: kind, ObjectID: objectID, PersonID: personID, Purpose: purpose, EntrySeq: unfolded})
}

// UnfoldedReadings are the oldest lines of the read log, before the instant,
// that no ledger entry holds yet.
func (v *View) UnfoldedReadings(ctx context.Context, before time.Time, limit int) ([]ReadLog, error) {
	var rows []ReadLog
	err := v.db.NewSelect().Model(&rows).Where("entry_seq = ?", unfolded).Where("at < ?", before).OrderExpr("at, id").Limit(int64(limit)).Scan(ctx)
	return rows, err
}

// FoldReadings notes the entry that holds the lines.
func (sx *ScratchTx) FoldReadings(ctx context.Context, ids []string, seq int64) error {
	_, err := sx.Update(ctx, (*ReadLog)(nil), "entry_seq = ?", "id IN (?)", seq, bun.List(ids))
	return err
}

// Readings are the openings of a person's file, newest first.
func (v *View) Readings(ctx context.Context, personID string, limit int) ([]ReadLog, error) {
	var rows []ReadLog
	err := v.db.NewSelect().Model(&rows).Where("person_id = ?", personID).OrderExpr("at DESC, id").Limit(int64(limit)).Scan(ctx)
	return rows, err
}
