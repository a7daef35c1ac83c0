package intake_test

import (
	"context"
	"testing"

	appintake "plumbline/internal/app/intake"
	"plumbline/internal/apptest"
	"plumbline/internal/ledger"
	"plumbline/internal/roster"
	"plumbline/internal/store"
)

// TestRecordsMeetTheRosterAsItIs: the index of the roster is kept from one file to the
// next, but not beyond a change of a person, a number, a posting or a unit.
func TestRecordsMeetTheRosterAsItIs(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		who := s.Actor("inspector")
		level := func(name, number, unit string) appintake.AuditCounts {
			t.Helper()
			body := "姓名,警号,单位,问题类别,发生时间,问题描述\n" + name + "," + number + "," + unit + ",态度生硬,2026-02-03,改了名册\n"
			p, err := s.App.PreviewAudit(ctx, who, appintake.AuditFile{Name: "x.csv", Data: []byte(body), Source: "petition"})
			if err != nil || p.Problem != nil {
				t.Fatal(err, p.Problem)
			}
			return p.Counts
		}
		change := func(do func(ctx context.Context, tx *store.Tx) error) {
			t.Helper()
			if _, err := s.Store.Update(ctx, store.Call{Account: "program:test", Op: "test"}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
				return []ledger.Fact{{Verb: "test.people", Kind: "unit", ID: "x"}}, "", do(ctx, tx)
			}); err != nil {
				t.Fatal(err)
			}
		}
		const id = "newcomer"
		if c := level("新人", "199999", ""); c.Unmatched != 1 {
			t.Errorf("before he is there: %+v", c)
		}
		change(func(ctx context.Context, tx *store.Tx) error {
			return tx.Insert(ctx, &roster.Person{Stamp: ledger.Stamp{ID: id}, PersonnelNo: "N1", Name: "新人", NameFolded: "新人",
				Kind: roster.Officer, State: roster.Serving})
		})
		if c := level("新人", "199999", ""); c.Probable != 1 {
			t.Errorf("by his name: %+v", c)
		}
		change(func(ctx context.Context, tx *store.Tx) error {
			return tx.Insert(ctx, &roster.Identifier{PersonID: id, Kind: roster.PoliceNo, Value: "199999", Folded: "199999"})
		})
		if c := level("新人", "199999", ""); c.Exact != 1 {
			t.Errorf("by his number: %+v", c)
		}
		change(func(ctx context.Context, tx *store.Tx) error {
			return tx.Insert(ctx, &roster.Person{Stamp: ledger.Stamp{ID: "twin"}, PersonnelNo: "N2", Name: "新人", NameFolded: "新人",
				Kind: roster.Officer, State: roster.Serving})
		})
		if c := level("新人", "", "单位east1"); c.Ambiguous != 1 {
			t.Errorf("by a name that two have: %+v", c)
		}
		change(func(ctx context.Context, tx *store.Tx) error {
			return tx.Insert(ctx, &roster.Posting{PersonID: id, UnitID: s.Units["east1"], Main: true, FromOn: "2024-01-01"},
				&roster.Posting{PersonID: "twin", UnitID: s.Units["west1"], Main: true, FromOn: "2024-01-01"})
		})
		if c := level("新人", "", "单位east1"); c.Probable != 1 {
			t.Errorf("by name and unit: %+v", c)
		}
		if c := level("新人", "", "改名单位"); c.Ambiguous != 1 {
			t.Errorf("by a unit that there is not: %+v", c)
		}
		change(func(ctx context.Context, tx *store.Tx) error {
			before, err := tx.Unit(ctx, s.Units["east1"], roster.Scope{All: true})
			if err != nil {
				return err
			}
			after := *before
			after.Name = "改名单位"
			return tx.Save(ctx, before, &after)
		})
		if c := level("新人", "", "改名单位"); c.Probable != 1 {
			t.Errorf("by the unit's new name: %+v", c)
		}
	})
}
