package store

import (
	"context"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plumbline/internal/ledger"
	"plumbline/internal/roster"
	"plumbline/internal/selfcheck"
)

// TestSubmissionQueries writes a small campaign and queries it under scopes.
func TestSubmissionQueries(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx := context.Background()
		var subs []*selfcheck.Submission
		states := []selfcheck.State{selfcheck.Assigned, selfcheck.Submitted, selfcheck.Submitted, selfcheck.Accepted, selfcheck.Excused}
		for i, st := range states {
			sub := selfcheck.NewSubmission(&selfcheck.Campaign{Stamp: ledger.Stamp{ID: "c"}},
				selfcheck.Owed{Audience: selfcheck.Officers, PersonID: fmt.Sprint("p", i), UnitID: "u1", ReviewUnitID: "u1"}, "2020-09-01")
			sub.State = st
			if st.Filed() {
				sub.NilItems, sub.DeclaredItems, sub.DeclaredIssues, sub.Round, sub.Fingerprint = 49, 1, 2, 1, 77
			}
			subs = append(subs, sub)
		}
		head := selfcheck.NewSubmission(&selfcheck.Campaign{Stamp: ledger.Stamp{ID: "c"}},
			selfcheck.Owed{Audience: selfcheck.Leaders, PersonID: "head", UnitID: "u1", ReviewUnitID: "u0"}, "2020-09-01")
		head.State, head.Round = selfcheck.Submitted, 1
		subs = append(subs, head)
		write(t, s, func(ctx context.Context, tx *Tx) ([]ledger.Fact, string, error) {
			if err := tx.Insert(ctx, subs); err != nil {
				return nil, "", err
			}
			answers := []selfcheck.Answer{
				{SubmissionID: head.ID, Round: 1, ItemNo: 1, Nil: true, ReviewUnitID: "u0"},
				{SubmissionID: head.ID, Round: 1, ItemNo: 2, Declared: 1, LeaderID: "boss", ReviewUnitID: "top"},
			}
			if err := tx.PutAnswers(ctx, answers); err != nil {
				return nil, "", err
			}
			return []ledger.Fact{{Verb: "t", Kind: "campaign", ID: "c"}}, "", nil
		})
		err := s.View(ctx, func(ctx context.Context, v *View) error {
			got, err := v.Completion(ctx, "c", "u1")
			if err != nil {
				return err
			}
			want := selfcheck.Completion{UnitID: "u1", Owed: 6, Assigned: 1, Submitted: 3, Accepted: 1, Excused: 1, Nil: 147,
				Declared: 3, Issues: 6}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("completion (-want +got):\n%s", diff)
			}
			all, err := v.Completions(ctx, "c", roster.Scope{All: true})
			if err != nil || len(all) != 1 {
				t.Errorf("completions %v, %v", all, err)
			}
			if none, err := v.Completions(ctx, "c", roster.Scope{Units: []string{"u2"}}); err != nil || len(none) != 0 {
				t.Errorf("another unit's completion: %v, %v", none, err)
			}
			f := selfcheck.ReviewFilter{CampaignID: "c", State: selfcheck.Submitted}
			for name, c := range map[string]struct {
				sc   roster.Scope
				want int
			}{
				"head of the unit":                 {roster.Scope{Units: []string{"u1"}}, 2},
				"head of the parent":               {roster.Scope{Units: []string{"u0"}}, 1},
				"superior of one of them":          {roster.Scope{Units: []string{"u1"}, BarPeople: []string{"p1"}}, 1},
				"nobody":                           {roster.Scope{}, 0},
				"branch reach does not review":     {roster.Scope{Branches: []string{"u1"}}, 0},
				"officer: own lists are no review": {roster.Scope{Own: "nobody"}, 0},
			} {
				rows, err := v.ReviewList(ctx, f, c.sc, "", 10)
				if err != nil || len(rows) != c.want {
					t.Errorf("%s reviews %d lists, want %d (%v)", name, len(rows), c.want, err)
				}
				if n, err := v.ReviewCount(ctx, f, c.sc); err != nil || n != int64(c.want) {
					t.Errorf("%s: counted %d, listed %d (%v)", name, n, c.want, err)
				}
			}
			routed, err := v.RoutedAnswers(ctx, selfcheck.NamedFilter{}, roster.Scope{Units: []string{"top"}}, nil, 10)
			if err != nil || len(routed) != 1 || routed[0].ItemNo != 2 || routed[0].PersonID != "head" {
				t.Errorf("routed %v, %v", routed, err)
			}
			for name, sc := range map[string]roster.Scope{"ordinary reviewer": {Units: []string{"u0"}},
				"the leader named": {Units: []string{"top"}, BarPeople: []string{"boss"}}} {
				if rows, err := v.RoutedAnswers(ctx, selfcheck.NamedFilter{}, sc, nil, 10); err != nil || len(rows) != 0 {
					t.Errorf("%s sees %v, %v", name, rows, err)
				}
			}
			declared, prints, err := v.FiledFigures(ctx, "c", "u1")
			if err != nil || len(declared) != 4 || selfcheck.Median(declared) != 2 || len(prints) != 4 {
				t.Errorf("figures %v %v %v", declared, prints, err)
			}
			mine, err := v.SubmissionsOf(ctx, "head", []string{"u1"})
			if err != nil || len(mine) != 1 {
				t.Errorf("own lists %v, %v", mine, err)
			}
			missing, err := v.RosterOf(ctx, "c", "u1", []selfcheck.State{selfcheck.Assigned, selfcheck.Returned},
				roster.Scope{Units: []string{"u1"}})
			if err != nil || len(missing) != 1 || missing[0].PersonID != "p0" {
				t.Errorf("not filed: %v, %v", missing, err)
			}
			lock, err := v.SubmissionsToLock(ctx, "c", 3)
			if err != nil || len(lock) != 3 {
				t.Errorf("to lock: %d, %v", len(lock), err)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}
