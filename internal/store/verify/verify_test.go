package verify

import (
	"context"
	"fmt"
	"testing"

	"plumbline/internal/apptest/storetest"
	"plumbline/internal/issue"
	"plumbline/internal/ledger"
	"plumbline/internal/roster"
	"plumbline/internal/store/dialect"
	"plumbline/internal/store/engine"
)

// honest writes a short history of real rows: units, an edit, a person.
func honest(t *testing.T, s *engine.Store) {
	t.Helper()
	ctx := context.Background()
	for i := range 5 {
		_, err := s.Update(ctx, engine.Call{Account: "a", Role: "records_officer", Op: "unit.create", Key: []byte{byte(i)},
			Body: []byte("b")}, func(ctx context.Context, tx *engine.Tx) ([]ledger.Fact, string, error) {
			id := fmt.Sprintf("u%d", i)
			u := &roster.Unit{Stamp: ledger.Stamp{ID: id}, Code: id, Name: "单位", Tier: 3, State: roster.UnitActive}
			return []ledger.Fact{{Verb: "unit.create", Kind: "unit", ID: id, Unit: id}}, id, tx.Insert(ctx, u)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	_, err := s.Update(ctx, engine.Call{Account: "a", Op: "unit.edit"}, func(ctx context.Context, tx *engine.Tx) ([]ledger.Fact, string, error) {
		var u roster.Unit
		if err := engine.DB(&tx.View).NewSelect().Model(&u).Where("id = 'u1'").Scan(ctx); err != nil {
			return nil, "", err
		}
		after := u
		after.Name = "改名单位"
		return []ledger.Fact{{Verb: "unit.edit", Kind: "unit", ID: "u1"}}, "u1", tx.Save(ctx, &u, &after)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestVerifyPassesOnAnHonestLedger(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *engine.Store) {
		honest(t, s)
		var done, total int64
		verdict, err := Run(context.Background(), s, Evidence{}, func(d, of int64) {
			if d < done || d > of {
				t.Errorf("%d of %d after %d", d, of, done)
			}
			done, total = d, of
		})
		if err != nil {
			t.Fatal(err)
		}
		if total != 11 || done != total { // 6 entries, 5 rows
			t.Errorf("it ends with %d of %d", done, total)
		}
		if !verdict.OK() || verdict.Entries != 6 || verdict.Rows["unit"] != 5 {
			t.Fatalf("%+v", verdict)
		}
	})
}

// TestVerifyNamesWhatWasChanged tampers as a database administrator could, with
// the triggers disabled, and checks that the first false row is named.
func TestVerifyNamesWhatWasChanged(t *testing.T) {
	cases := []struct {
		name, sql, what, id string
		seq                 int64
	}{
		{"a row is edited", "UPDATE units SET name = 'x' WHERE id = 'u1'", "row_changed", "u1", 5},
		{"a row is deleted", "DELETE FROM units WHERE id = 'u2'", "row_missing", "u2", 2},
		{"a row is slipped in", "INSERT INTO units SELECT 'u9', version, salt, created_at, changed_at, 'u9', name, name_en, " +
			"sort_key, tier, parent_id, state, successor_id, from_on, to_on FROM units WHERE id = 'u0'", "row_unknown", "u9", -1},
		{"bytes are edited", "UPDATE ledger_entries SET body = (SELECT body FROM ledger_entries WHERE seq = 2) WHERE seq = 3",
			"entry_leaf", "u3", 3},
		{"a column is edited", "UPDATE ledger_entries SET account = 'b' WHERE seq = 4", "entry_columns", "u4", 4},
		{"the tail is cut off", "DELETE FROM ledger_entries WHERE seq >= 4", "entry_truncated", "tree", 4},
		{"an entry is taken out", "DELETE FROM ledger_entries WHERE seq = 2", "entry_gap", "u3", 3},
		{"a node is flipped", "UPDATE ledger_hashes SET hash = (SELECT hash FROM ledger_hashes WHERE idx = 0) WHERE idx = 1",
			"entry_tree", "u1", 1},
		{"a counter is edited", "INSERT INTO counters (section, unit_id, month, key, n) VALUES ('s', 'u', 'm', 'k', 1)",
			"counter", "s/u/m/k", -1},
	}
	storetest.Each(t, func(t *testing.T, s *engine.Store) {
		honest(t, s)
		if s.Dialect() == dialect.Postgres {
			for _, table := range []string{"ledger_entries", "ledger_hashes"} {
				if _, err := engine.Writer(s).Exec("ALTER TABLE " + table + " DISABLE TRIGGER ALL"); err != nil {
					t.Fatal(err)
				}
			}
		} else {
			for _, trigger := range []string{"ledger_entries_no_update", "ledger_entries_no_delete", "ledger_hashes_no_update",
				"ledger_hashes_no_delete"} {
				if _, err := engine.Writer(s).Exec("DROP TRIGGER " + trigger); err != nil {
					t.Fatal(err)
				}
			}
		}
		for _, c := range cases {
			t.Run(c.name, func(t *testing.T) {
				verdict := verdictAfter(t, s, c.sql)
				for _, f := range verdict.Findings {
					if f.What == c.what && f.ID == c.id && f.Seq == c.seq {
						return
					}
				}
				t.Fatalf("not found; findings: %v", verdict.Findings)
			})
		}
	})
}

func TestVerifyFindsAChangedText(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *engine.Store) {
		ctx := context.Background()
		var id string
		_, err := s.Update(ctx, engine.Call{Account: "a"}, func(ctx context.Context, tx *engine.Tx) ([]ledger.Fact, string, error) {
			id = tx.NewID()
			c, err := tx.PutText(ctx, id, "text", "what was said")
			if err != nil {
				return nil, "", err
			}
			return []ledger.Fact{{Verb: "statement.make", Kind: "statement", ID: id}}, id, tx.Insert(ctx, statementWith(id, c))
		})
		if err != nil {
			t.Fatal(err)
		}
		if v, err := Run(ctx, s, Evidence{}, nil); err != nil || !v.OK() {
			t.Fatalf("%+v %v", v, err)
		}
		if _, err := engine.Writer(s).Exec("UPDATE contents SET sealed = substr(sealed, 1, 40)"); err != nil {
			t.Fatal(err)
		}
		v, err := Run(ctx, s, Evidence{}, nil)
		if err != nil || v.Total != 1 || v.Findings[0].What != "text_changed" || v.Findings[0].ID != id {
			t.Fatalf("%+v %v", v, err)
		}
	})
}

func statementWith(id string, text ledger.Commitment) *issue.Statement {
	return &issue.Statement{Stamp: ledger.Stamp{ID: id}, IssueID: "i", TextC: text, AnswerC: ledger.Commitment{}}
}

// verdictAfter verifies the site after a change and rolls the change back.
func verdictAfter(t *testing.T, s *engine.Store, change string) *Verdict {
	t.Helper()
	ctx := context.Background()
	tx, err := engine.Writer(s).BeginTx(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	if _, err := tx.ExecContext(ctx, change); err != nil {
		t.Fatal(err)
	}
	verdict, err := verifyIn(ctx, s, []*engine.View{engine.On(s, tx)}, Evidence{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return verdict
}
