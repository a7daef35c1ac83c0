package verify

import (
	"context"
	"fmt"
	"testing"

	"plumbline/internal/apptest/storetest"
	"plumbline/internal/issue"
	"plumbline/internal/ledger"
	"plumbline/internal/selfcheck"
	"plumbline/internal/store/dialect"
	"plumbline/internal/store/engine"
)

// refiled is a list that was filed, returned and filed again, with its slips.
// Entry 0 creates it, entry 1 is the first filing, entry 2 the second.
func refiled(t *testing.T, s *engine.Store) string {
	t.Helper()
	sub := selfcheck.NewSubmission(&selfcheck.Campaign{Stamp: ledger.Stamp{ID: "c"}},
		selfcheck.Owed{Audience: selfcheck.Officers, PersonID: "p", UnitID: "u", ReviewUnitID: "u"}, "2020-09-01")
	storetest.Write(t, s, func(ctx context.Context, tx *engine.Tx) ([]ledger.Fact, string, error) {
		return []ledger.Fact{{Verb: "t", Kind: "submission", ID: sub.ID}}, "", tx.Insert(ctx, sub)
	})
	said := &issue.Issue{Ref: "R", Source: issue.Self, PersonID: "p", UnitID: "u", EventOn: "2020-09-01", Month: "2020-09",
		Received: "2020-09-02", State: issue.Registered, SubmissionID: sub.ID}
	for round := int64(1); round <= 2; round++ {
		answers := []selfcheck.Answer{
			{SubmissionID: sub.ID, Round: round, ItemNo: 1, Nil: round == 1, Declared: round - 1, ReviewUnitID: "u"},
			{SubmissionID: sub.ID, Round: round, ItemNo: 2, Nil: true, LeaderID: "l", ReviewUnitID: "u"},
		}
		sheet, named := selfcheck.PackAnswers(answers)
		storetest.Write(t, s, func(ctx context.Context, tx *engine.Tx) ([]ledger.Fact, string, error) {
			tx.KeepSlip()
			after := *sub
			after.Round, after.State, after.AnswersDigest = round, selfcheck.Submitted, selfcheck.AnswersDigest(answers)
			if err := tx.Save(ctx, sub, &after); err != nil {
				return nil, "", err
			}
			sub = &after
			issueBefore, words := said, *said
			if words.ID == "" {
				words.ID = tx.NewID()
			}
			var err error
			if words.NarrativeC, err = tx.PutText(ctx, words.ID, issue.NarrativeField(round),
				fmt.Sprint("said in round ", round)); err != nil {
				return nil, "", err
			}
			if said = &words; round == 1 {
				err = tx.Insert(ctx, said)
			} else {
				err = tx.Save(ctx, issueBefore, said)
			}
			if err != nil {
				return nil, "", err
			}
			if err := tx.Insert(ctx, []selfcheck.AnswerSheet{sheet}); err != nil {
				return nil, "", err
			}
			return []ledger.Fact{{Verb: submitVerb, Kind: "submission", ID: sub.ID}}, "", tx.Insert(ctx, named)
		})
	}
	return sub.ID
}

// TestVerifyHoldsEarlierRounds has an administrator change what was filed in a
// superseded round, and what is kept to prove it.
func TestVerifyHoldsEarlierRounds(t *testing.T) {
	cases := []struct {
		name, sql, what, why string
		seq                  int64
	}{
		{"an answer of the first round", "UPDATE leader_items SET is_nil = NOT is_nil WHERE round = 1", "row_changed", "round_changed", 1},
		{"an answer of the first round is deleted", "DELETE FROM leader_items WHERE round = 1", "row_changed", "round_changed", 1},
		{"an answer is put into the first round",
			"INSERT INTO leader_items SELECT submission_id, 1, 3, is_nil, declared, leader_id, review_unit_id FROM leader_items WHERE round = 2",
			"row_changed", "round_changed", 1},
		{"the first round is the second", "UPDATE answer_sheets SET body = (SELECT body FROM answer_sheets WHERE round = 2) WHERE round = 1",
			"row_changed", "round_changed", 1},
		{"the sheet of the first round is cut", "UPDATE answer_sheets SET body = substr(body, 1, 4) WHERE round = 1", "row_changed",
			"round_changed", 1},
		{"the sheet of the first round is empty", "UPDATE answer_sheets SET body = substr(body, 1, 0) WHERE round = 1", "row_changed",
			"round_changed", 1},
		{"the sheet of the last round is deleted", "DELETE FROM answer_sheets WHERE round = 2", "row_changed", "answers_changed", -1},
		{"an answer of the last round", "UPDATE leader_items SET declared = 7 WHERE round = 2", "row_changed", "answers_changed", -1},
		{"a round that never was", "INSERT INTO answer_sheets SELECT submission_id, 3, body FROM answer_sheets WHERE round = 2",
			"row_changed", "round_unfiled", -1},
		{"an item of a round that never was", "INSERT INTO leader_items SELECT submission_id, 3, item_no, is_nil, declared, leader_id, " +
			"review_unit_id FROM leader_items WHERE round = 2", "row_changed", "round_unfiled", -1},
		{"the first slip is deleted", "DELETE FROM slips WHERE seq = 1", "row_changed", "round_unproven", -1},
		{"the first slip is cut", "UPDATE slips SET body = substr(body, 1, 60) WHERE seq = 1", "slip_changed", "slip_unreadable", 1},
		{"the first slip is the second", "UPDATE slips SET body = (SELECT body FROM slips WHERE seq = 2) WHERE seq = 1",
			"slip_changed", "slip_differs", 1},
		{"a slip without rows", "UPDATE slips SET body = substr(body, 1, 0) WHERE seq = 2", "slip_changed", "slip_lacks", 2},
		{"a text of the first round", "UPDATE contents SET sealed = substr(sealed, 1, 40) WHERE field = '" + issue.NarrativeField(1) + "'",
			"text_changed", "round_text", 1},
		{"a slip of no entry", "INSERT INTO slips SELECT 99, body FROM slips WHERE seq = 1", "slip_unknown", "slip_unknown", 99},
	}
	storetest.Each(t, func(t *testing.T, s *engine.Store) {
		id := refiled(t, s)
		if v, err := Run(context.Background(), s, Evidence{}, nil); err != nil || !v.OK() {
			t.Fatalf("honest: %+v %v", v, err)
		}
		for _, table := range []string{"answer_sheets", "leader_items", "slips"} {
			stmts := []string{"ALTER TABLE " + table + " DISABLE TRIGGER ALL"}
			if s.Dialect() == dialect.SQLite {
				stmts = []string{"DROP TRIGGER " + table + "_no_update", "DROP TRIGGER " + table + "_no_delete"}
			}
			for _, stmt := range stmts {
				if _, err := engine.Writer(s).Exec(stmt); err != nil {
					t.Fatal(err)
				}
			}
		}
		for _, c := range cases {
			t.Run(c.name, func(t *testing.T) {
				verdict := verdictAfter(t, s, c.sql)
				for _, f := range verdict.Findings {
					if f.What == c.what && (f.ID == id || f.Kind != "submission") && f.Seq == c.seq && f.Why == c.why {
						return
					}
				}
				t.Fatalf("not found; findings: %v", verdict.Findings)
			})
		}
	})
}
