package store

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plumbline/internal/intake"
	"plumbline/internal/ledger"
	"plumbline/internal/roster"
)

func matchOf(id, unit, person string, candidates ...string) *intake.Match {
	m := &intake.Match{RecordID: "r" + id, UnitID: unit, PersonID: person, State: intake.StateProbable, Level: intake.Probable,
		EventOn: "2020-09-16"}
	m.ID = id
	if person != "" {
		m.State = intake.StateMatched
	}
	var list []intake.Candidate
	for _, c := range candidates {
		list = append(list, intake.Candidate{Person: c})
	}
	m.SetList(list)
	return m
}

// TestMatchesUnderScope: an open match is hidden from anyone barred from a
// candidate, a decided one only from those barred from its person.
func TestMatchesUnderScope(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx := context.Background()
		write(t, s, func(ctx context.Context, tx *Tx) ([]ledger.Fact, string, error) {
			err := tx.Insert(ctx, []*intake.Match{
				matchOf("m1", "u1", "", "p1", "p2"), matchOf("m2", "u1", "p1", "p1", "p2"), matchOf("m3", "u2", "", "p3"),
			})
			return []ledger.Fact{{Verb: "t", Kind: "match", ID: "m1"}}, "", err
		})
		for name, c := range map[string]struct {
			sc   roster.Scope
			want []string
		}{
			"all":                 {roster.Scope{All: true}, []string{"m3", "m2", "m1"}},
			"unit":                {roster.Scope{Units: []string{"u2"}}, []string{"m3"}},
			"a candidate himself": {roster.Scope{All: true, BarPeople: []string{"p2"}}, []string{"m3", "m2"}},
			"the subject":         {roster.Scope{All: true, BarPeople: []string{"p1"}}, []string{"m3"}},
			"once under a candidate": {roster.Scope{All: true, BarDated: []roster.DatedBar{{Person: "p2", From: "2020-01-01"}}},
				[]string{"m3", "m2"}},
			"under him later": {roster.Scope{All: true, BarDated: []roster.DatedBar{{Person: "p2", From: "2021-01-01"}}},
				[]string{"m3", "m2", "m1"}},
			"no reach":                   {roster.Scope{}, []string{}},
			"a party to what came of it": {roster.Scope{All: true, BarObjects: []string{"m1"}}, []string{"m3", "m2"}},
		} {
			err := s.View(ctx, func(ctx context.Context, v *View) error {
				rows, err := v.MatchList(ctx, intake.Filter{}, c.sc, nil, 10)
				if err != nil {
					return err
				}
				got := []string{}
				for _, m := range rows {
					got = append(got, m.ID)
				}
				if d := cmp.Diff(c.want, got); d != "" {
					t.Errorf("%s: %s", name, d)
				}
				n, err := v.MatchCount(ctx, intake.Filter{}, c.sc)
				if int(n) != len(c.want) {
					t.Errorf("%s: counted %d", name, n)
				}
				for _, id := range []string{"m1", "m2", "m3"} {
					_, err := v.Match(ctx, id, c.sc)
					listed := false
					for _, g := range got {
						listed = listed || g == id
					}
					if (err == nil) != listed {
						t.Errorf("%s: page and list disagree on %s: %v", name, id, err)
					}
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	})
}

// TestOriginals: only the live records with a checksum count, earliest first,
// not withdrawn, rejected or linked ones.
func TestOriginals(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx := context.Background()
		states := map[string]intake.MatchState{"a": intake.StateWithdrawn, "b": intake.StateDuplicate, "c": intake.StateAmbiguous,
			"d": intake.StateMatched}
		write(t, s, func(ctx context.Context, tx *Tx) ([]ledger.Fact, string, error) {
			for i, id := range []string{"a", "b", "c", "d"} {
				r := &intake.AuditRecord{BatchID: "x", RowNo: i, Sum: "same", RawC: []byte{1}}
				r.ID = "r" + id
				m := matchOf(id, "u", "")
				m.State = states[id]
				if err := tx.Insert(ctx, r, m); err != nil {
					return nil, "", err
				}
			}
			return []ledger.Fact{{Verb: "t", Kind: "match", ID: "a"}}, "", nil
		})
		err := s.View(ctx, func(ctx context.Context, v *View) error {
			got, err := v.Originals(ctx, []string{"same", "other"})
			if err == nil && (len(got) != 1 || len(got["same"]) != 2 || got["same"][0].ID != "c" || got["same"][1].ID != "d") {
				t.Errorf("got %v", got)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}
