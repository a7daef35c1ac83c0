package verify

import (
	"context"
	"reflect"
	"strings"
	"testing"

	"github.com/uptrace/bun"

	"plumbline/internal/apptest/storetest"
	"plumbline/internal/issue"
	"plumbline/internal/ledger"
	"plumbline/internal/store/engine"
)

// The kinds of a later version: an issue with a place, and a statement,
// which a slip includes, with its channel. No row of the program has
// their names; their encoding is the one after the program's own.
type (
	locatedIssue struct {
		bun.BaseModel `bun:"table:issues,alias:issue"`
		issue.Issue
		Location string `bun:"later_place" ledger:"v2"`
	}
	sentStatement struct {
		bun.BaseModel `bun:"table:statements,alias:statement"`
		issue.Statement
		Channel string `bun:"later_channel" ledger:"v2"`
	}
)

// growKinds replaces the types of the kinds by the later ones for one test.
func growKinds(t *testing.T) {
	t.Helper()
	for kind, row := range map[string]any{"issue": locatedIssue{}, "statement": sentStatement{}} {
		k, typ := engine.KindByName[kind], reflect.TypeOf(row)
		now, err := ledger.EncodingOf(reflect.New(k.Type).Interface().(ledger.Row))
		later, laterErr := ledger.EncodingOf(reflect.New(typ).Interface().(ledger.Row))
		if err != nil || laterErr != nil || later != now+1 {
			t.Fatalf("the rows of kind %s have encoding %d by now: tag the later column of %s with ledger:\"v%d\" (%v, %v)", kind, now,
				typ.Name(), now+1, err, laterErr)
		}
		was := k.Type
		k.Type, engine.KindByType[typ] = typ, kind
		t.Cleanup(func() {
			k.Type = was
			delete(engine.KindByType, typ)
		})
	}
}

// TestALedgeredRowGainsAColumn: entries, slips and rows from before the column
// stay proven. A value in it is reported as uncovered until a write has covered
// it; from then on a change is found.
func TestALedgeredRowGainsAColumn(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *engine.Store) {
		ctx := context.Background()
		old := &issue.Issue{Stamp: ledger.Stamp{ID: "issue-1"}, Ref: "R1", State: issue.Registered, NarrativeC: ledger.Commitment{}}
		said := &issue.Statement{Stamp: ledger.Stamp{ID: "statement-1"}, IssueID: "issue-1", TextC: ledger.Commitment{},
			AnswerC: ledger.Commitment{}}
		first, err := s.Update(ctx, engine.Call{Account: "a", Op: "statement.make"}, func(ctx context.Context, tx *engine.Tx) ([]ledger.Fact, string, error) {
			tx.KeepSlip()
			return []ledger.Fact{{Verb: "statement.make", Kind: "statement", ID: said.ID}}, "", tx.Insert(ctx, old, said)
		})
		if err != nil {
			t.Fatal(err)
		}
		growKinds(t)
		engine.SetMigrations(s, withLater(t))
		if _, err := s.Migrate(ctx); err != nil {
			t.Fatal(err)
		}
		judge := func(when, findings string, uncovered map[string]int) {
			t.Helper()
			v, err := Run(ctx, s, Evidence{}, nil)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, f := range v.Findings {
				if !strings.HasPrefix(f.What, "schema") { // the columns are no migration's
					got = append(got, f.What+" "+f.ID)
				}
			}
			if strings.Join(got, ", ") != findings {
				t.Errorf("%s: found %v, want %s", when, got, findings)
			}
			if len(v.Uncovered) != len(uncovered) || !reflect.DeepEqual(v.Uncovered, uncovered) {
				t.Errorf("%s: not covered %v, want %v", when, v.Uncovered, uncovered)
			}
		}
		exec := func(stmt string) {
			t.Helper()
			if _, err := engine.Writer(s).Exec(stmt); err != nil {
				t.Fatal(err)
			}
		}
		none := map[string]int{}
		judge("right after", "", none)
		exec("UPDATE issues SET later_place = 'yard' WHERE id = 'issue-1'")
		judge("a value that no entry covers", "", map[string]int{"issue.later_place": 1})
		exec("UPDATE issues SET later_place = '', ref = 'R2' WHERE id = 'issue-1'")
		judge("an old column changed", "row_changed issue-1", none)
		exec("UPDATE issues SET ref = 'R1' WHERE id = 'issue-1'")

		second, err := s.Update(ctx, engine.Call{Account: "a", Op: "statement.answer"},
			func(ctx context.Context, tx *engine.Tx) ([]ledger.Fact, string, error) {
				tx.KeepSlip()
				var before locatedIssue
				if err := engine.DB(&tx.View).NewSelect().Model(&before).Where("id = 'issue-1'").Scan(ctx); err != nil {
					return nil, "", err
				}
				after := before
				after.Location = "gate"
				return []ledger.Fact{{Verb: "issue.triage", Kind: "issue", ID: "issue-1"}}, "", tx.Save(ctx, &before, &after)
			})
		if err != nil {
			t.Fatal(err)
		}
		judge("written with the column", "", none)
		exec("UPDATE issues SET later_place = 'yard' WHERE id = 'issue-1'")
		judge("the column changed", "row_changed issue-1", none)
		exec("UPDATE issues SET later_place = 'gate' WHERE id = 'issue-1'")
		judge("as it was", "", none)

		err = s.View(ctx, func(ctx context.Context, v *engine.View) error {
			before, err := v.SlipOf(ctx, first.Seq)
			if err != nil {
				return err
			}
			for _, r := range before {
				if r.Value("later_place") != "" || r.Value("later_channel") != "" || r.Value("id") != r.ID {
					t.Errorf("the old slip shows %+v", r)
				}
			}
			after, err := v.SlipOf(ctx, second.Seq)
			if err != nil {
				return err
			}
			if len(before) != 2 || len(after) != 1 || after[0].Value("later_place") != "gate" {
				t.Errorf("the slips show %+v, then %+v", before, after)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}
