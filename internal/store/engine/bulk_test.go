package engine

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plumbline/internal/ledger"
	"plumbline/internal/selfcheck"
	"plumbline/internal/store/dialect"
)

// TestPreparedInsertsWriteTheSameRows writes the same rows through bun and
// through the prepared statements available to the second group, and reads both
// back.
func TestPreparedInsertsWriteTheSameRows(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx := context.Background()
		at := time.Date(2020, 9, 16, 1, 2, 3, 456000, time.UTC)
		add := func(campaign string, n int) {
			t.Helper()
			write(t, s, func(ctx context.Context, tx *Tx) ([]ledger.Fact, string, error) {
				var subs []*selfcheck.Submission
				var answers []selfcheck.LeaderItem
				var texts []Content
				for i := range n {
					sub := selfcheck.NewSubmission(&selfcheck.Campaign{Stamp: ledger.Stamp{ID: campaign}},
						selfcheck.Owed{Audience: selfcheck.Officers, PersonID: campaign + string(rune('a'+i)),
							UnitID: "u'1\"é中"}, "2020-09-01")
					sub.AnswersDigest, sub.Fingerprint = []byte{0, 255}, -1<<62
					if i%2 == 0 {
						sub.FiledAt = &at
					}
					subs = append(subs, sub)
				}
				if err := tx.Insert(ctx, subs); err != nil {
					return nil, "", err
				}
				for i, sub := range subs {
					answers = append(answers, selfcheck.LeaderItem{SubmissionID: sub.ID, Round: 1, ItemNo: int64(i), Nil: i%2 == 0})
					texts = append(texts, NewText(sub.ID, "narrative", "第一行\n'二'"))
				}
				if err := tx.PutTexts(ctx, texts); err != nil {
					return nil, "", err
				}
				return []ledger.Fact{{Verb: "t", Kind: "campaign", ID: campaign}}, "", tx.Insert(ctx, answers)
			})
		}
		const n = 23
		add("first", n)
		s.prepareNow(t)
		s.hot.mu.Lock()
		prepared := len(s.hot.stmts)
		s.hot.mu.Unlock()
		if s.dialect == dialect.SQLite && prepared == 0 {
			t.Fatal("nothing was prepared, so the second write tests nothing")
		}
		add("second", n)
		read := func(campaign string) (rows []selfcheck.Submission) {
			t.Helper()
			if err := s.reader.NewSelect().Model(&rows).Where("campaign_id = ?", campaign).Order("person_id").Scan(ctx); err != nil {
				t.Fatal(err)
			}
			for i := range rows {
				r := &rows[i]
				texts := map[string]map[string]string{}
				var answers []selfcheck.LeaderItem
				err := s.View(ctx, func(ctx context.Context, v *View) (err error) {
					if err = v.db.NewSelect().Model(&answers).Where("submission_id = ? AND round = 1", r.ID).Scan(ctx); err != nil {
						return err
					}
					texts, err = v.Texts(ctx, r.ID)
					return err
				})
				if err != nil || len(answers) != 1 || answers[0].Nil != (i%2 == 0) || texts[r.ID]["narrative"] != "第一行\n'二'" {
					t.Fatalf("%s %d: answers %v, texts %v, %v", campaign, i, answers, texts, err)
				}
				if r.Salt == nil || r.ID == "" || r.CreatedAt.IsZero() {
					t.Errorf("no stamp: %+v", r)
				}
				r.Stamp, r.CampaignID, r.PersonID = ledger.Stamp{}, "", ""
			}
			return rows
		}
		first, second := read("first"), read("second")
		if diff := cmp.Diff(first, second); diff != "" || len(first) != n {
			t.Errorf("%d rows; prepared inserts differ (-bun +prepared):\n%s", len(first), diff)
		}
		if s.dialect == dialect.SQLite {
			var kinds []string
			if err := s.reader.NewRaw("SELECT DISTINCT typeof(created_at) || typeof(filed_at) || typeof(answers_digest) || "+
				"typeof(round) FROM submissions ORDER BY 1").Scan(ctx, &kinds); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]string{"integerintegerblobinteger", "integernullblobinteger"}, kinds); diff != "" {
				t.Errorf("stored types (-want +got):\n%s", diff)
			}
		}
	})
}

// prepareNow waits until the writer has prepared what was requested, which
// takes one more group.
func (s *Store) prepareNow(t *testing.T) {
	t.Helper()
	write(t, s, func(ctx context.Context, tx *Tx) ([]ledger.Fact, string, error) {
		return []ledger.Fact{{Verb: "t", Kind: "campaign", ID: "x"}}, "", nil
	})
}

// TestReadersPrepareWhatTheyReadAgain: a view leaves what it read prepared, the next
// one reads the same by it, and a statement that cannot be prepared says why.
func TestReadersPrepareWhatTheyReadAgain(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		write(t, s, func(ctx context.Context, tx *Tx) ([]ledger.Fact, string, error) {
			return []ledger.Fact{{Verb: "t", Kind: "unit", ID: "u"}}, "", tx.Bump(ctx, GenerationAuthority)
		})
		for round := range 3 {
			err := s.View(t.Context(), func(ctx context.Context, v *View) error {
				if n, err := v.Generation(ctx, GenerationAuthority); err != nil || n != 1 {
					t.Errorf("round %d: generation %d, %v", round, n, err)
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			var rows []Generation
			if err := s.ReadNow(t.Context(), &rows, "SELECT * FROM generations WHERE name = ?", GenerationAuthority); err != nil ||
				len(rows) != 1 || rows[0].N != 1 {
				t.Errorf("round %d: %+v, %v", round, rows, err)
			}
			if err := s.ReadNow(t.Context(), &rows, "SELECT * FROM nowhere WHERE name = ?", "x"); err == nil {
				t.Errorf("round %d: a table that is not there is read", round)
			}
		}
		if s.dialect == dialect.SQLite && len(s.readHot.stmts) != 2 {
			t.Errorf("%d statements are prepared, want the view's and the other", len(s.readHot.stmts))
		}
	})
}
