package engine

import (
	"context"
	"testing"

	"plumbline/internal/ledger"
	"plumbline/internal/roster"
)

// A unit that moves takes its sums and its people's branch along, and leaves
// shared ancestors unchanged.
func TestMoveUnit(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx := context.Background()
		do := func(fn func(ctx context.Context, tx *Tx) error) {
			t.Helper()
			if _, err := s.Update(ctx, Call{Op: "test"}, func(ctx context.Context, tx *Tx) ([]ledger.Fact, string, error) {
				return []ledger.Fact{{Verb: "test", Kind: "unit", ID: "B"}}, "", fn(ctx, tx)
			}); err != nil {
				t.Fatal(err)
			}
		}
		do(func(ctx context.Context, tx *Tx) error {
			for _, u := range []struct {
				id, parent string
				tier       int
			}{{"A", "", 0}, {"B", "A", 1}, {"S", "B", 2}, {"T", "B", 2}, {"P", "S", 3}} {
				if err := tx.Insert(ctx, &roster.Unit{Stamp: ledger.Stamp{ID: u.id}, Code: u.id, Tier: u.tier, ParentID: u.parent,
					State: roster.UnitActive}); err != nil {
					return err
				}
			}
			return tx.Bump(ctx, GenerationTree)
		})
		do(func(ctx context.Context, tx *Tx) error {
			return tx.Insert(ctx, &Widget{UnitID: "P", State: "new"}, &Widget{UnitID: "P", State: "new"},
				&Widget{UnitID: "S", State: "new"},
				&roster.Person{Stamp: ledger.Stamp{ID: "p1"}, PersonnelNo: "1", UnitID: "P"})
		})
		sums := func(want map[string]int64) {
			t.Helper()
			got := map[string]int64{}
			var rows []Counter
			if err := s.reader.NewSelect().Model(&rows).Where("section = 'widgets'").Scan(ctx); err != nil {
				t.Fatal(err)
			}
			for _, r := range rows {
				got[r.UnitID] = r.N
			}
			for u, n := range want {
				if got[u] != n {
					t.Errorf("%s counts %d, want %d", u, got[u], n)
				}
			}
		}
		sums(map[string]int64{"P": 2, "S": 3, "T": 0, "B": 3})
		do(func(ctx context.Context, tx *Tx) error {
			before := &roster.Unit{}
			if err := tx.db.NewSelect().Model(before).Where("id = 'P'").Scan(ctx); err != nil {
				return err
			}
			after := *before
			after.ParentID = "T"
			if err := tx.Save(ctx, before, &after); err != nil {
				return err
			}
			return tx.MoveUnit(ctx, "P", "S", "T")
		})
		sums(map[string]int64{"P": 2, "S": 1, "T": 2, "B": 3})
		var branch string
		if err := s.reader.NewRaw("SELECT branch_id FROM people WHERE id = 'p1'").Scan(ctx, &branch); err != nil || branch != "T" {
			t.Errorf("the person's branch is %q, want T (%v)", branch, err)
		}
		do(func(ctx context.Context, tx *Tx) error { return tx.Insert(ctx, &Widget{UnitID: "P", State: "new"}) })
		sums(map[string]int64{"P": 3, "S": 1, "T": 3, "B": 4})
	})
}
