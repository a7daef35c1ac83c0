package store

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"plumbline/internal/issue"
	"plumbline/internal/ledger"
	"plumbline/internal/roster"
	"plumbline/internal/store/engine"
)

// TestScopeInSQLSaysTheSame compares the WHERE clause of a list with the check
// for one row, for 400 random scopes over rows of every kind.
func TestScopeInSQLSaysTheSame(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx := context.Background()
		r := rand.New(rand.NewPCG(1, 2))
		units := []string{"u0", "u1", "east", "east1", "west", "west1"}
		branch := map[string]string{"east": "east", "east1": "east", "west": "west", "west1": "west"}
		people := []string{"", "p0", "p1", "p2", "p3"}
		dates := []roster.Date{"", "2024-06-01", "2025-01-01", "2026-01-01"}
		pick := func(from []string) []string {
			var out []string
			for _, v := range from {
				if r.IntN(3) == 0 {
					out = append(out, v)
				}
			}
			return out
		}
		_, err := s.Update(ctx, engine.Call{Account: "a"}, func(ctx context.Context, tx *Tx) ([]ledger.Fact, string, error) {
			for i, id := range units {
				parent := map[string]string{"u1": "u0", "east": "u1", "west": "u1", "east1": "east", "west1": "west"}[id]
				tier := map[string]int{"u1": 1, "east": 2, "west": 2, "east1": 3, "west1": 3}[id]
				if err := tx.Insert(ctx, &roster.Unit{Stamp: ledger.Stamp{ID: id}, Code: fmt.Sprint(i), Tier: tier, ParentID: parent,
					State: roster.UnitActive}); err != nil {
					return nil, "", err
				}
			}
			return []ledger.Fact{{Verb: "units", Kind: "unit", ID: "u0"}}, "", tx.Bump(ctx, engine.GenerationTree)
		})
		if err != nil {
			t.Fatal(err)
		}
		var targets []roster.Target
		_, err = s.Update(ctx, engine.Call{Account: "a"}, func(ctx context.Context, tx *Tx) ([]ledger.Fact, string, error) {
			targets = nil
			var rows []*issue.Statement
			for i := range 200 {
				u := units[r.IntN(len(units))]
				row := &issue.Statement{Stamp: ledger.Stamp{ID: fmt.Sprintf("s%03d", i)}, IssueID: "i",
					PersonID: people[r.IntN(len(people))], UnitID: u,
					EventOn: dates[r.IntN(len(dates))], TextC: ledger.Commitment{}, AnswerC: ledger.Commitment{}}
				rows = append(rows, row)
				targets = append(targets, roster.Target{ID: row.ID, Unit: u, Branch: branch[u], Person: row.PersonID, EventOn: row.EventOn})
			}
			return []ledger.Fact{{Verb: "rows", Kind: "statement", ID: "x"}}, "", tx.Insert(ctx, rows)
		})
		if err != nil {
			t.Fatal(err)
		}
		for n := range 400 {
			sc := roster.Scope{All: r.IntN(5) == 0, Branches: pick([]string{"east", "west"}), Units: pick(units),
				BarPeople: pick(people[1:]),
				Objects:   pick([]string{"s001", "s002", "s003"}), BarObjects: pick([]string{"s002", "s010", "s011"})}
			if sc.All && r.IntN(2) == 0 {
				sc.Except = []string{"u0"}
			}
			if r.IntN(3) == 0 {
				sc.Own = "p1"
			}
			if r.IntN(2) == 0 {
				sc.BarDated = []roster.DatedBar{{Person: "p3", From: "2024-01-01", To: "2024-12-31"}, {Person: "p2", From: "2025-01-01"}}
			}
			var got, hidden []string
			err := s.View(ctx, func(ctx context.Context, v *View) error {
				if err := scoped(v.db.NewSelect().Model((*issue.Statement)(nil)).Column("id").Order("id"), sc, columnsDefault).
					Scan(ctx, &got); err != nil {
					return err
				}
				return barred(v.db.NewSelect().Model((*issue.Statement)(nil)).Column("id").Order("id"), sc,
					columnsDefault).Scan(ctx, &hidden)
			})
			if err != nil {
				t.Fatal(err)
			}
			var want, wantHidden []string
			for _, target := range targets {
				if sc.Admits(target) {
					want = append(want, target.ID)
				}
				reach := sc.Unbarred()
				reach.Own = ""
				if reach.Admits(target) && sc.Bars(target) {
					wantHidden = append(wantHidden, target.ID)
				}
			}
			if !slices.Equal(got, want) {
				t.Fatalf("scope %d %+v: SQL gives %v, the check %v", n, sc, got, want)
			}
			if !slices.Equal(hidden, wantHidden) {
				t.Fatalf("scope %d %+v: barred in SQL %v, by the check %v", n, sc, hidden, wantHidden)
			}
		}
	})
}
