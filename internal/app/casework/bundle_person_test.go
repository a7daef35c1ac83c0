package casework_test

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"

	"plumbline/internal/app/casework"
	"plumbline/internal/app/desk"
	"plumbline/internal/app/heads"
	appselfcheck "plumbline/internal/app/selfcheck"
	"plumbline/internal/apptest"
	"plumbline/internal/apptest/story"
	"plumbline/internal/bundle"
	"plumbline/internal/fault"
	"plumbline/internal/ledger"
	"plumbline/internal/selfcheck"
	"plumbline/internal/slip"
)

// takeFile takes a person's file out and reads it.
func takeFile(t *testing.T, s *apptest.Site, who string, in casework.FileExportInput) (*bundle.Bundle, []byte) {
	t.Helper()
	e, r, err := s.App.ExportFile(context.Background(), s.Actor(who), in)
	if err != nil {
		t.Fatalf("%s: %v", who, err)
	}
	defer e.Close()
	var raw bytes.Buffer
	if _, err := e.WriteTo(&raw); err != nil {
		t.Fatal(err)
	}
	b, err := bundle.Parse(raw.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if b.Export != r.Seq || !bytes.HasPrefix(raw.Bytes(), []byte(bundle.Head)) {
		t.Errorf("entry %d, receipt %d; begins with %q", b.Export, r.Seq, raw.Bytes()[:40])
	}
	return b, raw.Bytes()
}

// kindsOf lists the kinds of a bundle's rows, each once.
func kindsOf(b *bundle.Bundle) []string {
	var kinds []string
	for _, r := range b.Rows {
		kinds = append(kinds, r.Kind)
	}
	slices.Sort(kinds)
	return slices.Compact(kinds)
}

// TestAFileLeavesWithItsProofs takes a person's file out as an inspector, as a
// leader with a purpose and as the person, and checks each file alone, honest
// and changed.
func TestAFileLeavesWithItsProofs(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		ctx := context.Background()
		story.Campaign(t, s)
		l := story.List(t, s, "anna", selfcheck.Officers, false)
		story.Submit(t, s, "anna", l, story.Says(3, "第一件事"), story.Says(9, "第三件事"))
		found := story.Audited(t, s, "anna", "east1", 3, "2026-01-10")
		mine, err := s.App.OwnFile(ctx, s.Actor("anna"))
		if err != nil || len(mine.Lines) != 2 {
			t.Fatalf("%+v %v", mine, err)
		}
		if _, _, err := s.App.MakeStatement(ctx, s.Actor("anna"), casework.StatementInput{Issue: mine.Lines[0].ID, Kind: "answer",
			Text: "已改正"}); err != nil {
			t.Fatal(err)
		}
		if err := s.App.SignHead(ctx); err != nil {
			t.Fatal(err)
		}
		keys, err := s.App.KeyText(ctx)
		if err != nil {
			t.Fatal(err)
		}
		trust, err := ledger.ParseTrust(string(keys))
		if err != nil {
			t.Fatal(err)
		}

		whole, raw := takeFile(t, s, "inspector", casework.FileExportInput{Person: s.People["anna"]})
		if v, err := whole.Check(trust); err != nil || v.Stated == nil || v.Stated.Own ||
			!slices.Equal(kindsOf(whole), []string{"issue", "statement", "taking"}) {
			t.Fatalf("%v %+v %v", kindsOf(whole), v, err)
		}
		for _, want := range []string{found.ID, "第一件事", "已改正", s.People["anna"]} {
			if !strings.Contains(string(raw), want) {
				t.Errorf("the inspector's bundle lacks %q", want)
			}
		}
		liarFiles(t, whole, raw, trust)

		own, ownRaw := takeFile(t, s, "anna", casework.FileExportInput{Key: "k"})
		if v, err := own.Check(trust); err != nil || !v.Stated.Own || !slices.Equal(kindsOf(own), []string{"statement", "submission",
			"taking"}) {
			t.Fatalf("%v %+v %v", kindsOf(own), v, err)
		}
		// Nothing tells of the record that nobody notified him of, nor who read.
		for _, secret := range []string{found.ID, found.Ref, found.RecordID, s.Account["inspector"], "file.read"} {
			if secret != "" && strings.Contains(string(ownRaw), secret) {
				t.Errorf("the person's own bundle tells %q", secret)
			}
		}
		again, _ := takeFile(t, s, "anna", casework.FileExportInput{Key: "k"})
		if _, err := again.Check(trust); err != nil || again.Export == own.Export {
			t.Errorf("asked for again: entry %d after %d, %v", again.Export, own.Export, err)
		}
		swappedFiles(t, whole, own, trust)
		whoMayTake(t, s)
		if v, err := s.Store.Verify(ctx, nil); err != nil || !v.OK() {
			t.Errorf("%+v %v", v, err)
		}
	})
}

// whoMayTake tries the rules of opening a file.
func whoMayTake(t *testing.T, s *apptest.Site) {
	t.Helper()
	ctx := context.Background()
	before, err := s.App.LedgerHead(ctx, s.Actor("audit"))
	if err != nil {
		t.Fatal(err)
	}
	for _, who := range []string{"ben", "east1head", "easthead", "records", "system", "anna"} {
		if _, _, err := s.App.ExportFile(ctx, s.Actor(who), casework.FileExportInput{Person: s.People["anna"]}); !fault.Is(err,
			fault.NotFoundKind) && !fault.Is(err, fault.ForbiddenKind) {
			t.Errorf("%s takes the file out: %v", who, err)
		}
	}
	if _, _, err := s.App.ExportFile(ctx, s.Actor("eastinspector"), casework.FileExportInput{Person: s.People["dong"]}); !fault.Is(err,
		fault.NotFoundKind) {
		t.Errorf("out of reach: %v", err)
	}
	for _, purpose := range []string{"", "curiosity"} {
		if _, _, err := s.App.ExportFile(ctx, s.Actor("reader"), casework.FileExportInput{Person: s.People["anna"],
			Purpose: purpose}); !fault.Is(err, fault.InvalidKind) {
			t.Errorf("a leader for %q: %v", purpose, err)
		}
	}
	after, err := s.App.LedgerHead(ctx, s.Actor("audit"))
	if err != nil || after.Size != before.Size {
		t.Errorf("refusals left %d entries, %v", after.Size-before.Size, err)
	}
	b, _ := takeFile(t, s, "reader", casework.FileExportInput{Person: s.People["anna"], Purpose: "supervision"})
	for _, r := range b.Rows {
		if r.Kind == "taking" && r.Value("purpose") != "supervision" {
			t.Errorf("the ledger's purpose is %q", r.Value("purpose"))
		}
	}
}

// liarFiles changes a person's bundle in every part of it; the first false
// record must be named.
func liarFiles(t *testing.T, honest *bundle.Bundle, raw []byte, trust ledger.Trust) {
	t.Helper()
	at := func(kind string) int {
		return slices.IndexFunc(honest.Rows, func(r slip.OpenRow) bool { return r.Kind == kind })
	}
	issue, taking := at("issue"), at("taking")
	other := honest.Rows[issue+1]
	for name, lie := range map[string]struct {
		do   func(b *bundle.Bundle)
		says string
	}{
		"a record edited": {func(b *bundle.Bundle) { b.Rows[issue].Columns[6].Value += "1" }, honest.Rows[issue].ID},
		"its leaf edited": {func(b *bundle.Bundle) {
			b.Entries[0].Body = strings.Replace(b.Entries[0].Body, "time: 2", "time: 1", 1)
		}, "entry"},
		"a record missing": {func(b *bundle.Bundle) { b.Rows = slices.Delete(b.Rows, issue, issue+1); b.Texts = nil },
			honest.Rows[issue].ID + " is missing"},
		"two records swapped": {func(b *bundle.Bundle) {
			b.Rows[issue].Columns, b.Rows[issue+1].Columns = b.Rows[issue+1].Columns, b.Rows[issue].Columns
		}, honest.Rows[issue].ID},
		"a record under another's name": {func(b *bundle.Bundle) { b.Rows[issue].ID = other.ID }, other.ID},
		"the taking missing":            {func(b *bundle.Bundle) { b.Rows = slices.Delete(b.Rows, taking, taking+1) }, "taking out"},
		"the purpose":                   {func(b *bundle.Bundle) { set(b, taking, "purpose", "complaint") }, honest.Rows[taking].ID},
		"the page":                      {func(b *bundle.Bundle) { b.Stated = strings.Replace(b.Stated, `"counting":0`, `"counting":1`, 1) }, "taking out"},
		"the page's salt":               {func(b *bundle.Bundle) { b.StatedSalt[0] ^= 1 }, "taking out"},
		"no page":                       {func(b *bundle.Bundle) { b.Stated = "" }, "taking out"},
		"whose it is":                   {func(b *bundle.Bundle) { b.Ref = "林甲 000" }, "林甲 000"},
		"the person":                    {func(b *bundle.Bundle) { b.ID = other.ID }, "taken out"},
		"a text":                        {func(b *bundle.Bundle) { b.Texts[0].Value += "." }, honest.Texts[0].Record},
		"a proof":                       {func(b *bundle.Bundle) { b.Entries[0].Path[0][0] ^= 1 }, "entry"},
		"entries swapped":               {func(b *bundle.Bundle) { b.Entries[0], b.Entries[1] = b.Entries[1], b.Entries[0] }, "entry"},
		"another kind":                  {func(b *bundle.Bundle) { b.Kind = "case" }, "taken out"},
		"an unknown kind":               {func(b *bundle.Bundle) { b.Kind = "unit" }, ""},
		"the time":                      {func(b *bundle.Bundle) { b.At = b.At.Add(1e9) }, "taken out"},
	} {
		b, err := bundle.Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		lie.do(b)
		if _, err := b.Check(trust); err == nil || !strings.Contains(err.Error(), lie.says) {
			t.Errorf("%s changed: %v, want it to say %q", name, err, lie.says)
		}
	}
	flippedBits(t, honest, raw, trust)
}

func set(b *bundle.Bundle, row int, column, value string) {
	for i := range b.Rows[row].Columns {
		if c := &b.Rows[row].Columns[i]; c.Name == column {
			c.Value = value
		}
	}
}

// swappedFiles mixes two honest takings of the same file.
func swappedFiles(t *testing.T, a, b *bundle.Bundle, trust ledger.Trust) {
	t.Helper()
	page := *a
	page.Stated, page.StatedSalt = b.Stated, b.StatedSalt
	rows := *a
	rows.Rows = b.Rows
	added := *a
	added.Rows = append(slices.Clone(a.Rows), b.Rows...)
	added.Entries = slices.Concat(a.Entries, b.Entries)
	for name, mixed := range map[string]*bundle.Bundle{"the page": &page, "the records": &rows, "the records of both": &added} {
		if _, err := mixed.Check(trust); err == nil {
			t.Errorf("%s of another taking: accepted", name)
		}
	}
}

// Who files on a matter that an audit record already names learns nothing of
// the record: neither his entry, nor his slip, nor his own file names it, and
// what the slip shows of his own issues is what it would be without it. That
// holds for a list that was returned and filed again.
func TestAFilingDoesNotNameAHiddenRecord(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		story.Campaign(t, s)
		l := story.List(t, s, "anna", selfcheck.Officers, false)
		hidden := story.Audited(t, s, "anna", "east1", 3, "2025-06-14")
		var item int64
		for _, i := range l.Items {
			if i.Category == hidden.Category {
				item = i.No
				break
			}
		}
		untold := func(rec desk.Receipt, lists int) {
			t.Helper()
			lines, _, err := s.App.Receipts(ctx, s.Actor("anna"), 0, 10)
			if err != nil || len(lines) != lists || lines[0].Seq != rec.Seq {
				t.Fatalf("%+v %v", lines, err)
			}
			sl, verdict := story.SlipOf(t, s, "anna", story.ReceiptOf(t, s, "anna", heads.ReceiptAsk{Seq: rec.Seq}))
			raw, err := sl.Marshal()
			if err != nil || strings.Contains(string(raw), hidden.ID) || verdict.Missing != 0 {
				t.Errorf("the slip names the record: %+v, %v", verdict, err)
			}
			issues := 0
			for _, r := range sl.Rows {
				if r.Kind != "issue" {
					continue
				}
				if issues++; r.Value("paired") != "false" || r.Value("first_event") != "true" {
					t.Errorf("the slip tells that there is a record: paired %s, first %s", r.Value("paired"), r.Value("first_event"))
				}
			}
			if issues != 1 {
				t.Errorf("the slip holds %d issues", issues)
			}
			for beyond := rec.Seq + 1; beyond < rec.Seq+4; beyond++ {
				if _, err := s.App.Receipt(ctx, s.Actor("anna"), heads.ReceiptAsk{Seq: beyond}); !fault.Is(err, fault.NotFoundKind) {
					t.Errorf("entry %d, of the comparison, is offered to the filer: %v", beyond, err)
				}
			}
			if _, own := takeFile(t, s, "anna", casework.FileExportInput{}); strings.Contains(string(own), hidden.ID) {
				t.Error("the person's own bundle names the record")
			}
			said := story.List(t, s, "anna", selfcheck.Officers, false).Issues[0].IssueID
			now, err := s.App.Issue(ctx, s.Actor("inspector"), casework.IssueInput{ID: said})
			if err != nil || !now.Paired || now.FirstOfKey {
				t.Errorf("the inspector does not see that the two match: %+v, %v", now, err)
			}
			if v, err := s.Store.Verify(ctx, nil); err != nil || !v.OK() {
				t.Errorf("%+v %v", v, err)
			}
		}
		rec := story.Submit(t, s, "anna", l, story.Says(item, "本人申报的事"))
		now, err := s.App.Issue(ctx, s.Actor("inspector"), casework.IssueInput{ID: hidden.ID})
		if err != nil || now.Version == hidden.Version {
			t.Fatalf("the filing did not alter the comparison: %+v, %v", now, err)
		}
		untold(rec, 1)

		l = story.List(t, s, "anna", selfcheck.Officers, false)
		if _, err := s.App.ReturnList(ctx, s.Actor("east1head"), appselfcheck.ReturnInput{ID: l.ID, Version: l.Version,
			Reason: "请写清经过"}); err != nil {
			t.Fatal(err)
		}
		l = story.List(t, s, "anna", selfcheck.Officers, false)
		again := story.Says(item, "本人申报的事，写清经过")
		again.Issues[0].IssueID = l.Issues[0].IssueID
		untold(story.Submit(t, s, "anna", l, again), 2)
	})
}

// TestAFormerTextIsNoTextOfTheBundle: what an issue said before it was filed again no
// longer belongs to its row, even where the file happens to show the same words.
func TestAFormerTextIsNoTextOfTheBundle(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		ctx := context.Background()
		story.Campaign(t, s)
		story.Audited(t, s, "anna", "east1", 3, "2026-01-10")
		file, err := s.App.PersonFile(ctx, s.Actor("inspector"), casework.FileInput{Person: s.People["anna"]})
		if err != nil || len(file.Lines) != 1 || file.Lines[0].UnitName == "" {
			t.Fatalf("%+v %v", file, err)
		}
		l := story.List(t, s, "anna", selfcheck.Officers, false)
		item := l.Items[0].No
		story.Submit(t, s, "anna", l, story.Says(item, file.Lines[0].UnitName))
		l = story.List(t, s, "anna", selfcheck.Officers, false)
		if _, err := s.App.ReturnList(ctx, s.Actor("east1head"), appselfcheck.ReturnInput{ID: l.ID, Version: l.Version,
			Reason: "请写清经过"}); err != nil {
			t.Fatal(err)
		}
		l = story.List(t, s, "anna", selfcheck.Officers, false)
		again := story.Says(item, "写清了的经过")
		again.Issues[0].IssueID = l.Issues[0].IssueID
		story.Submit(t, s, "anna", l, again)
		if err := s.App.SignHead(ctx); err != nil {
			t.Fatal(err)
		}
		b, _ := takeFile(t, s, "inspector", casework.FileExportInput{Person: s.People["anna"]})
		keys, err := s.App.KeyText(ctx)
		if err != nil {
			t.Fatal(err)
		}
		trust, err := ledger.ParseTrust(string(keys))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := b.Check(trust); err != nil {
			t.Errorf("the file does not verify: %v", err)
		}
	})
}
