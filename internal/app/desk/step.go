package desk

import (
	"context"

	"plumbline/internal/ledger"
	"plumbline/internal/roster"
	"plumbline/internal/store"
)

// Find loads the row that an operation changes, in the order that every change keeps:
// the actor's scope for the operation, the row within it, its version. A row out of
// scope is as unknown as one that does not exist.
func Find[R ledger.Row](ctx context.Context, d *Desk, tx *store.Tx, who *roster.Actor, op string, version int64,
	load func(sc roster.Scope) (R, error)) (row R, err error) {
	route, _ := d.Route(op)
	sc, err := d.Scope(ctx, &tx.View, who, route.Act, route.Kind)
	if err != nil {
		return row, err
	}
	if row, err = load(sc); err != nil {
		return row, err
	}
	return row, SameVersion(row.RowStamp().Version, version)
}

// Step is a whole operation on one row: it finds the row, acts, and states the fact
// about it, whose verb is the operation. act saves what it changes.
func Step[R interface {
	ledger.Row
	ledger.Placed
}](ctx context.Context, d *Desk, who *roster.Actor, w Write, version int64,
	load func(ctx context.Context, tx *store.Tx, sc roster.Scope) (R, error), act func(ctx context.Context, tx *store.Tx, row R) error) (Receipt, error) {
	return d.Write(ctx, who, w, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		row, err := Find(ctx, d, tx, who, w.Op, version, func(sc roster.Scope) (R, error) { return load(ctx, tx, sc) })
		if err != nil {
			return nil, "", err
		}
		if err := act(ctx, tx, row); err != nil {
			return nil, "", err
		}
		return []ledger.Fact{{Verb: w.Op, Kind: store.KindOf(row), ID: row.RowID(), Unit: row.PlaceUnit()}}, row.RowID(), nil
	})
}
