package store

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plumbline/internal/ledger"
	"plumbline/internal/roster"
	"plumbline/internal/selfcheck"
	"plumbline/internal/store/engine"
)

// TestSnapshotQueries asks who owes lists in a bureau of three tiers.
func TestSnapshotQueries(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx := context.Background()
		at := time.Date(2020, 9, 1, 0, 0, 0, 0, time.UTC)
		stamp := func(id string) ledger.Stamp {
			return ledger.Stamp{ID: id, Version: 1, Salt: []byte{1}, CreatedAt: at, ChangedAt: at}
		}
		put := func(rows ...any) {
			t.Helper()
			for _, r := range rows {
				if _, err := engine.Writer(s.Store).NewInsert().Model(r).Exec(ctx); err != nil {
					t.Fatal(err)
				}
			}
		}
		for i, u := range []struct{ id, parent string }{{"top", ""}, {"bureau", "top"}, {"branch", "bureau"}, {"station", "branch"}} {
			put(&roster.Unit{Stamp: stamp(u.id), Code: u.id, Tier: i, ParentID: u.parent, State: roster.UnitActive})
		}
		people := []struct {
			id, unit string
			team     bool
			head     bool
			left     bool
		}{{"p1", "station", false, false, false}, {"p2", "station", false, true, false}, {"p3", "branch", true, true, false},
			{"p4", "top", true, true, false}, {"p5", "station", false, false, true}}
		for _, p := range people {
			state := roster.Serving
			if p.left {
				state = roster.Left
			}
			put(&roster.Person{Stamp: stamp(p.id), PersonnelNo: "N" + p.id, Name: "名" + p.id, State: state, UnitID: p.unit})
			put(&roster.Posting{Stamp: stamp("post-" + p.id), PersonID: p.id, UnitID: p.unit, Team: p.team, Main: true,
				FromOn: "2019-01-01"})
			if p.head {
				put(&roster.CommandLink{Stamp: stamp("link-" + p.id), PersonID: p.id, Kind: roster.LinkHead, OverUnitID: p.unit,
					FromOn: "2019-01-01"})
			}
		}
		put(&roster.Posting{Stamp: stamp("old"), PersonID: "p1", UnitID: "branch", Main: true, FromOn: "2018-01-01", ToOn: "2018-12-31"})
		err := s.View(ctx, func(ctx context.Context, v *View) error {
			rows, err := v.RosterToWrite(ctx, "c", "bureau", "2020-09-01", "", 10)
			if err != nil {
				return err
			}
			want := []RosterRow{{"p1", "station", "branch", 3, 0}, {"p2", "station", "branch", 3, 1}, {"p3", "branch", "bureau", 2, 1}}
			if diff := cmp.Diff(want, rows); diff != "" {
				t.Errorf("roster (-want +got):\n%s", diff)
			}
			if rows, err = v.RosterToWrite(ctx, "c", "bureau", "2018-06-01", "", 10); err != nil || len(rows) != 1 ||
				rows[0].UnitID != "branch" {
				t.Errorf("roster of 2018: %v, %v", rows, err)
			}
			if rows, err = v.RosterToWrite(ctx, "c", "bureau", "2020-09-01", "p1", 1); err != nil || len(rows) != 1 ||
				rows[0].PersonID != "p2" {
				t.Errorf("next page: %v, %v", rows, err)
			}
			units, err := v.UnitsToWrite(ctx, "c", "bureau", 10)
			if err != nil || len(units) != 3 {
				t.Errorf("units that owe a list: %v, %v", units, err)
			}
			entry, err := v.RosterEntry(ctx, "p2", "bureau", "2020-09-01")
			if err != nil || entry == nil || entry.Team != 1 {
				t.Errorf("entry %v, %v", entry, err)
			}
			if entry, err = v.RosterEntry(ctx, "p4", "bureau", "2020-09-01"); err != nil || entry != nil {
				t.Errorf("the superior authority is on the roster: %v, %v", entry, err)
			}
			leaders, err := v.LeadersAbove(ctx, "p1", "station", "2020-09-01")
			if err != nil {
				return err
			}
			wantLeaders := []selfcheck.Leader{{PersonID: "p2", Name: "名p2", UnitID: "station", Parent: "branch", Tier: 3},
				{PersonID: "p3", Name: "名p3", UnitID: "branch", Parent: "bureau", Tier: 2}}
			if diff := cmp.Diff(wantLeaders, leaders); diff != "" {
				t.Errorf("leaders above (-want +got):\n%s", diff)
			}
			names, err := v.NamesOf(ctx, []string{"p1", "p9"})
			if err != nil || len(names) != 1 || names["p1"].Name != "名p1" {
				t.Errorf("names %v, %v", names, err)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}
