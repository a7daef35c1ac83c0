package heads_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"plumbline/internal/app/casework"
	"plumbline/internal/app/desk"
	"plumbline/internal/app/heads"
	appselfcheck "plumbline/internal/app/selfcheck"
	"plumbline/internal/apptest"
	"plumbline/internal/apptest/story"
	"plumbline/internal/fault"
	"plumbline/internal/inquiry"
	"plumbline/internal/issue"
	"plumbline/internal/ledger"
	"plumbline/internal/selfcheck"
	"plumbline/internal/slip"
	"plumbline/internal/store"
)

var ctx = context.Background()

// Receipt and slip of a self-check, at once and after the rows have moved on.
func TestReceiptOfASelfCheck(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		story.Campaign(t, s)
		l := story.List(t, s, "anna", selfcheck.Officers, false)
		rec := story.Submit(t, s, "anna", l, story.Says(3, "第一件事", "第二件事"), story.Says(9, "第三件事"))

		v, err := s.App.Receipt(ctx, s.Actor("anna"), heads.ReceiptAsk{Seq: rec.Seq})
		if err != nil || v.Signed != nil || v.Leaf != rec.Leaf || v.Verb != "submission.submit" || !v.Slip {
			t.Fatalf("before it is signed: %+v, %v", v, err)
		}
		first := story.ReceiptOf(t, s, "anna", heads.ReceiptAsk{Seq: rec.Seq})
		text := string(first.Signed.Marshal())
		for _, said := range []string{"第一件事", s.People["anna"], s.Account["anna"], l.ID, "submission"} {
			raw, _ := base64.StdEncoding.DecodeString(strings.Fields(text)[2])
			if strings.Contains(text, said) || strings.Contains(string(raw), said) {
				t.Errorf("the receipt tells %q", said)
			}
		}
		for _, other := range []string{"ben", "east1head", "audit", "system"} {
			if _, err := s.App.Receipt(ctx, s.Actor(other), heads.ReceiptAsk{Seq: rec.Seq}); !fault.Is(err, fault.NotFoundKind) {
				t.Errorf("%s asks for another's receipt: %v", other, err)
			}
			if _, _, err := s.App.Slip(ctx, s.Actor(other), rec.Seq); !fault.Is(err, fault.NotFoundKind) {
				t.Errorf("%s asks for another's slip: %v", other, err)
			}
		}

		// The list is accepted and its issues move on: row and salt change.
		head := s.Actor("east1head")
		open, err := s.App.Review(ctx, head, l.ID)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.App.AcceptList(ctx, head, appselfcheck.AcceptInput{ID: l.ID, Version: open.Version}); err != nil {
			t.Fatal(err)
		}
		again := story.ReceiptOf(t, s, "anna", heads.ReceiptAsk{Seq: rec.Seq})
		if !bytes.Equal(again.Signed.Marshal(), first.Signed.Marshal()) {
			t.Error("without a better checkpoint the receipt is another one")
		}
		newest := story.ReceiptOf(t, s, "anna", heads.ReceiptAsk{Seq: rec.Seq})
		if err := s.App.SignHead(ctx); err != nil {
			t.Fatal(err)
		}
		if newest = story.ReceiptOf(t, s, "anna", heads.ReceiptAsk{Seq: rec.Seq, Newest: true}); newest.Opened.Size <= first.Opened.Size {
			t.Errorf("the newest checkpoint has %d entries, the first %d", newest.Opened.Size, first.Opened.Size)
		}
		if exact := story.ReceiptOf(t, s, "anna",
			heads.ReceiptAsk{Seq: rec.Seq, Size: newest.Opened.Size}); exact.Opened.Size != newest.Opened.Size {
			t.Errorf("asked for size %d, got %d", newest.Opened.Size, exact.Opened.Size)
		}
		for _, size := range []int64{1, rec.Seq, newest.Opened.Size + 1} {
			if _, err := s.App.Receipt(ctx, s.Actor("anna"), heads.ReceiptAsk{Seq: rec.Seq, Size: size}); !fault.Is(err,
				fault.NotFoundKind) {
				t.Errorf("size %d: %v", size, err)
			}
		}

		sl, verdict := story.SlipOf(t, s, "anna", newest)
		var said []string
		for _, text := range sl.Texts {
			said = append(said, text.Value)
		}
		slices.Sort(said)
		if !slices.Equal(said, []string{"第一件事", "第三件事", "第二件事"}) || verdict.Closed != 0 || len(sl.Answers) != selfcheck.ItemCount ||
			len(sl.Rows) != 4 {
			t.Errorf("the slip shows %q, %d answers and %d rows; %d texts closed", said, len(sl.Answers), len(sl.Rows), verdict.Closed)
		}
		forgeries(t, sl, newest)
	})
}

// forgeries changes the slip in every part; none may pass.
func forgeries(t *testing.T, honest *slip.Slip, r heads.ReceiptView) {
	t.Helper()
	for _, c := range []struct {
		code   string
		change func(s *slip.Slip)
	}{
		{"entry", func(s *slip.Slip) { s.Entry = strings.Replace(s.Entry, "submission.submit", "submission.accept", 1) }},
		{"entry", func(s *slip.Slip) { s.Seq++ }},
		{"row", func(s *slip.Slip) { s.Rows[0].Columns[6].Value += "x" }},
		{"row", func(s *slip.Slip) { s.Rows[0].Columns[6].Type = "int" }},
		{"row", func(s *slip.Slip) { s.Rows[0].Kind = "issue2" }},
		{"row", func(s *slip.Slip) { s.Rows = append(s.Rows, s.Rows[0]) }},
		{"text", func(s *slip.Slip) { s.Texts[0].Value = "没有这件事" }},
		{"text", func(s *slip.Slip) { s.Texts[0].Salt[0] ^= 1 }},
		{"text", func(s *slip.Slip) { s.Texts[0].Record = s.Texts[1].Record }},
		{"answers", func(s *slip.Slip) { s.Answers[4].Nil = !s.Answers[4].Nil }},
		{"answers", func(s *slip.Slip) { s.Answers = s.Answers[1:] }},
	} {
		raw, _ := honest.Marshal()
		forged, err := slip.Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		c.change(forged)
		_, err = forged.Check(r.Signed.Seq, r.Signed.Leaf)
		var p *slip.Problem
		if !errors.As(err, &p) || p.Code != c.code {
			t.Errorf("a changed %s: %v", c.code, err)
		}
	}
	withheld, _ := slip.Parse(must(honest.Marshal()))
	withheld.Texts = withheld.Texts[1:]
	if v, err := withheld.Check(r.Signed.Seq, r.Signed.Leaf); err != nil || v.Closed != 1 {
		t.Errorf("a text withheld: %+v, %v", v, err)
	}
	part, _ := slip.Parse(must(honest.Marshal()))
	part.Rows, part.Texts, part.Answers = part.Rows[:1], nil, nil
	if v, err := part.Check(r.Signed.Seq, r.Signed.Leaf); err != nil || v.Missing != len(honest.Rows)-1 {
		t.Errorf("a part of the slip: %+v, %v", v, err)
	}
}

func must(raw []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return raw
}

// Every act that offers a receipt gives one, and its slip opens.
func TestReceiptsOfAllActs(t *testing.T) {
	s := apptest.SQLite(t)
	st := story.New(t, s)
	i := story.Audited(t, s, "anna", "east1", 3, "2026-01-10")
	version := story.Triage(t, s, i.ID, 3, issue.ActRefer).Version
	caseID, _, err := s.App.OpenCase(ctx, s.Actor("body"), casework.OpenCaseInput{IssueID: i.ID, Version: version, Rule: "art. 7",
		Facts: "struck a detainee"})
	st.Must(err)
	track := st.See("body", caseID).Tracks[0].ID
	for who, duty := range map[string]inquiry.MemberDuty{"investigator1": inquiry.DutyInvestigator,
		"investigator2": inquiry.DutyInvestigator, "adjudicator": inquiry.DutyAdjudicator} {
		st.Must(st.Assign(track, who, duty))
	}
	st.Find(caseID, track, "investigator1", "investigator2", "adjudicator", "anna", inquiry.Sustained)
	st.Decide(track, 2, "demerit")
	_, _, err = s.App.MakeStatement(ctx, s.Actor("anna"), casework.StatementInput{Issue: i.ID, Kind: issue.Correction,
		Text: "it was another day"})
	st.Must(err)
	asked, err := s.App.AskedCorrections(ctx, s.Actor("records"))
	st.Must(err)
	_, err = s.App.AnswerStatement(ctx, s.Actor("records"), casework.AnswerStatementInput{ID: asked[0].ID, Version: 1, State: issue.Refused,
		Text: "the duty book says otherwise"})
	st.Must(err)
	story.Campaign(t, s)
	story.Submit(t, s, "ben", story.List(t, s, "ben", selfcheck.Officers, false), story.Says(3, "一件事"))
	story.ImportFile(t, s, story.PetitionFile(story.Petitions))

	seen := map[string]bool{}
	for key := range s.Account {
		lines, _, err := s.App.Receipts(ctx, s.Actor(key), 0, 100)
		st.Must(err)
		for _, l := range lines {
			seen[l.Verb] = true
			r := story.ReceiptOf(t, s, key, heads.ReceiptAsk{Seq: l.Seq})
			if r.Slip {
				story.SlipOf(t, s, key, r)
			} else if l.Verb != "batch.import" {
				t.Errorf("%s keeps no slip", l.Verb)
			}
		}
	}
	for _, verb := range store.ReceiptVerbs {
		if !seen[verb] && !slices.Contains([]string{"issue.conceal", "submission.supplement", "inspection.record", "named_item.reply"},
			verb) { // told by their own stories
			t.Errorf("no receipt was offered for %s", verb)
		}
	}
}

// The account's receipts are listed by the index, the newest first.
func TestReceiptList(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		story.Campaign(t, s)
		l := story.List(t, s, "anna", selfcheck.Officers, false)
		rec := story.Submit(t, s, "anna", l)
		story.Submit(t, s, "ben", story.List(t, s, "ben", selfcheck.Officers, false))
		rows, next, err := s.App.Receipts(ctx, s.Actor("anna"), 0, 10)
		if err != nil || next != 0 || len(rows) != 1 || rows[0].Seq != rec.Seq || rows[0].Leaf != rec.Leaf {
			t.Fatalf("%+v, next %d, %v", rows, next, err)
		}
		if rows, _, err = s.App.Receipts(ctx, s.Actor("anna"), rec.Seq, 10); err != nil || len(rows) != 0 {
			t.Errorf("below the first: %+v, %v", rows, err)
		}
	})
}

// Once a witness signed, the receipt stands under the checkpoint that it signed
// and carries its line; what was handed out before stays valid.
func TestReceiptWithAWitness(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		story.Campaign(t, s)
		rec := story.Submit(t, s, "anna", story.List(t, s, "anna", selfcheck.Officers, false))
		alone := story.ReceiptOf(t, s, "anna", heads.ReceiptAsk{Seq: rec.Seq})
		story.Submit(t, s, "ben", story.List(t, s, "ben", selfcheck.Officers, false))
		if err := s.App.SignHead(ctx); err != nil {
			t.Fatal(err)
		}
		newest := story.ReceiptOf(t, s, "anna", heads.ReceiptAsk{Seq: rec.Seq, Newest: true})

		key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{3}, 32))
		at := time.Date(2026, 3, 2, 2, 0, 0, 0, time.UTC)
		cosigner, err := ledger.NewCosigner("audit.example", key, func() time.Time { return at })
		if err != nil {
			t.Fatal(err)
		}
		signed, err := ledger.SignCheckpoint(newest.Opened.Checkpoint, cosigner)
		if err != nil {
			t.Fatal(err)
		}
		_, line, _ := strings.Cut(string(signed), "\n\n")
		err = s.Store.SaveCosignature(ctx, store.LedgerCosignature{Size: newest.Opened.Size, Witness: "audit.example", At: at, Line: line})
		if err != nil {
			t.Fatal(err)
		}

		witnessed := story.ReceiptOf(t, s, "anna", heads.ReceiptAsk{Seq: rec.Seq})
		if witnessed.Opened.Size != newest.Opened.Size || len(witnessed.Opened.Witnesses) != 1 ||
			!witnessed.Opened.Witnesses[0].Time.Equal(at) {
			t.Errorf("under %d entries with %+v", witnessed.Opened.Size, witnessed.Opened.Witnesses)
		}
		strict := story.Trust(t, s)
		witness, err := ledger.ParseTrust(ledger.CosignerKey("audit.example", key.Public().(ed25519.PublicKey)))
		if err != nil {
			t.Fatal(err)
		}
		strict.Witnesses, strict.Quorum = witness.Witnesses, 1
		if j := ledger.Judge(witnessed.Signed.Marshal(), strict); j.Problem != ledger.Holds {
			t.Errorf("witnessed: %q", j.Problem)
		}
		if j := ledger.Judge(alone.Signed.Marshal(), strict); j.Problem != ledger.Unwitnessed {
			t.Errorf("the one from before, with the witness asked for: %q", j.Problem)
		}
		if j := ledger.Judge(alone.Signed.Marshal(), story.Trust(t, s)); j.Problem != ledger.Holds {
			t.Errorf("the one from before: %q", j.Problem)
		}
	})
}

// An expunged text leaves receipt and slip valid; the slip shows it no more, and
// the rows kept for slips never held it.
func TestReceiptAfterErasure(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		story.Campaign(t, s)
		rec := story.Submit(t, s, "anna", story.List(t, s, "anna", selfcheck.Officers, false), story.Says(3, "要删除的事", "留下的事"))
		r := story.ReceiptOf(t, s, "anna", heads.ReceiptAsk{Seq: rec.Seq})
		before, _ := story.SlipOf(t, s, "anna", r)
		gone := ""
		for _, text := range before.Texts {
			if text.Value == "要删除的事" {
				gone = text.Record
			}
		}
		const expungement = "00000000-0000-7000-8000-00000000000e"
		_, err := s.Store.Update(ctx, store.Call{Account: "program:test", Op: "test.erase"}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
			n, err := tx.Erase(ctx, expungement, []string{gone})
			if err == nil && n != 1 {
				err = fmt.Errorf("%d texts erased", n)
			}
			return []ledger.Fact{{Verb: "test.erase", Kind: "issue", ID: gone}}, "", err
		})
		if err == nil {
			err = s.Store.DestroyErased(ctx, expungement)
		}
		if err != nil {
			t.Fatal(err)
		}
		after, verdict := story.SlipOf(t, s, "anna", r)
		if len(after.Texts) != 1 || after.Texts[0].Value != "留下的事" || verdict.Closed != 1 {
			t.Errorf("the slip shows %+v, %d closed", after.Texts, verdict.Closed)
		}
		if _, erased, err := s.App.Slip(ctx, s.Actor("anna"), rec.Seq); err != nil || !erased {
			t.Errorf("the page does not say that a text is gone: %v", err)
		}
		again := story.ReceiptOf(t, s, "anna", heads.ReceiptAsk{Seq: rec.Seq})
		if !bytes.Equal(again.Signed.Marshal(), r.Signed.Marshal()) {
			t.Error("the receipt is another one")
		}
	})
}

// What was filed in a round stays provable after the list was returned and
// filed again with other answers and other words.
func TestSlipOfAnEarlierRound(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		story.Campaign(t, s)
		l := story.List(t, s, "anna", selfcheck.Officers, false)
		first := story.Submit(t, s, "anna", l, story.Says(3, "第一件事", "第二件事"), story.Says(9, "第三件事"))
		l = story.List(t, s, "anna", selfcheck.Officers, false)
		kept := l.Issues[0]
		if _, err := s.App.ReturnList(ctx, s.Actor("east1head"), appselfcheck.ReturnInput{ID: l.ID, Version: l.Version,
			Reason: "请写清日期"}); err != nil {
			t.Fatal(err)
		}
		l = story.List(t, s, "anna", selfcheck.Officers, false)
		again := selfcheck.ItemAnswer{ItemNo: 3, Issues: []selfcheck.Declared{{IssueID: kept.IssueID, EventOn: "2025-07-01",
			Text: "改写过的事"}}}
		second := story.Submit(t, s, "anna", l, again, story.Says(12, "新的一事"))

		for _, round := range []struct {
			receipt  desk.Receipt
			said     []string
			declared []int64 // items
		}{{first, []string{"第一件事", "第三件事", "第二件事"}, []int64{3, 9}}, {second, []string{"改写过的事", "新的一事"}, []int64{3, 12}}} {
			r := story.ReceiptOf(t, s, "anna", heads.ReceiptAsk{Seq: round.receipt.Seq})
			sl, verdict := story.SlipOf(t, s, "anna", r)
			var said []string
			for _, text := range sl.Texts {
				said = append(said, text.Value)
			}
			slices.Sort(said)
			var declared []int64
			for _, a := range sl.Answers {
				if !a.Nil {
					declared = append(declared, a.Item)
				}
			}
			for _, text := range round.said {
				if !slices.Contains(said, text) {
					t.Errorf("entry %d: the slip shows %q, not %q", r.Seq, said, text)
				}
			}
			if !slices.Equal(declared, round.declared) || len(sl.Answers) != selfcheck.ItemCount {
				t.Errorf("entry %d: declared on %v of %d items, want %v", r.Seq, declared, len(sl.Answers), round.declared)
			}
			if round.receipt.Seq == first.Seq && (len(said) != 3 || verdict.Closed != 0) {
				t.Errorf("the first round shows %q, %d closed", said, verdict.Closed)
			}
			forgeries(t, sl, r)
		}
		if v, err := s.Store.Verify(ctx, nil); err != nil || !v.OK() {
			t.Errorf("%+v %v", v, err)
		}
	})
}
