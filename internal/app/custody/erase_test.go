package custody_test

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"plumbline/internal/app"
	"plumbline/internal/app/casework"
	appcustody "plumbline/internal/app/custody"
	"plumbline/internal/app/desk"
	appintake "plumbline/internal/app/intake"
	"plumbline/internal/app/reports"
	"plumbline/internal/apptest"
	"plumbline/internal/apptest/pgtest"
	"plumbline/internal/apptest/story"
	"plumbline/internal/custody"
	"plumbline/internal/issue"
	"plumbline/internal/ledger"
	"plumbline/internal/roster"
	"plumbline/internal/selfcheck"
	"plumbline/internal/store"
)

// plants are strings that no other text holds.
type plants struct{ n int }

func (p *plants) next() string {
	p.n++
	return fmt.Sprintf("绝密线索%04d甲", p.n)
}

// filesHolding reads every file of a folder and says which hold any of the strings.
func filesHolding(t *testing.T, folder string, what ...string) (found []string, files int) {
	t.Helper()
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return nil // PostgreSQL removes files of its own meanwhile
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			return nil
		}
		files++
		for _, w := range what {
			if bytes.Contains(raw, []byte(w)) {
				found = append(found, filepath.Base(path)+": "+w)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found, files
}

// dataFolder is where the site's database writes.
func dataFolder(t *testing.T, s *apptest.Site) string {
	t.Helper()
	if s.Store.Dialect() == store.SQLite {
		return filepath.Dir(s.DSN)
	}
	pgtest.Exec(t, s.DSN, "CHECKPOINT")
	return pgtest.DataFolder(t, s.DSN)
}

// exports takes out whatever can be taken out of the site, workbooks unpacked:
// the lists of issues, a person's file by himself and by the inspector, the
// rejected rows of every batch. Files with proofs need the site that signs.
func exports(t *testing.T, s *apptest.Site, signing *app.App) []byte {
	t.Helper()
	ctx := context.Background()
	var out bytes.Buffer
	take := func(e *desk.Export, _ desk.Receipt, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		var file bytes.Buffer
		if _, err := e.WriteTo(&file); err != nil {
			t.Fatal(err)
		}
		if err := e.Close(); err != nil {
			t.Fatal(err)
		}
		unpack(t, &out, file.Bytes())
	}
	for _, format := range []string{desk.FormatCSV, desk.FormatXLSX} {
		take(s.App.ExportIssues(ctx, s.Actor("inspector"), reports.IssueExportInput{Filter: issue.All(), Format: format}))
	}
	take(signing.ExportFile(ctx, s.Actor("anna"), casework.FileExportInput{}))
	take(signing.ExportFile(ctx, s.Actor("inspector"), casework.FileExportInput{Person: s.People["anna"], Purpose: "supervision"}))
	batches, _, err := s.App.Batches(ctx, s.Actor("inspector"), "", "", 50)
	if err != nil || len(batches) == 0 {
		t.Fatal(batches, err)
	}
	for _, b := range batches {
		file, _, err := s.App.BatchErrors(ctx, s.Actor("inspector"), appintake.ErrorFileInput{ID: b.ID, Format: "xlsx"},
			appintake.ErrorFileWords{Say: func(code string, _ map[string]any) string { return code }})
		if err != nil {
			t.Fatal(err)
		}
		unpack(t, &out, file.Body)
	}
	return out.Bytes()
}

// unpack writes a file's bytes, those of a workbook part by part.
func unpack(t *testing.T, out *bytes.Buffer, file []byte) {
	t.Helper()
	book, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		out.Write(file)
		return
	}
	for _, part := range book.File {
		r, err := part.Open()
		if err == nil {
			_, err = io.Copy(out, r)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// provedNow proves an entry in the tree of now.
func provedNow(t *testing.T, s *apptest.Site, r desk.Receipt) {
	t.Helper()
	err := s.Store.View(context.Background(), func(ctx context.Context, v *store.View) error {
		size, root, err := v.Head(ctx)
		if err != nil {
			return err
		}
		proof, err := v.Proof(ctx, size, r.Seq)
		if err != nil {
			return err
		}
		return ledger.CheckInclusion(proof, size, root, r.Seq, r.Leaf)
	})
	if err != nil {
		t.Errorf("entry %d: %v", r.Seq, err)
	}
}

// TestTwoHundredStringsAreGone plants strings wherever texts come in, expunges
// what holds them, and then looks for them in every file of the database, its
// log and its key store, in temporary files, in exports and in what the program
// logged.
func TestTwoHundredStringsAreGone(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		ctx := context.Background()
		scratch := t.TempDir()
		t.Setenv("TMPDIR", scratch)
		var said bytes.Buffer
		a, err := app.New(app.Config{Store: s.Store, Secret: apptest.Secret,
			Log: slog.New(slog.NewTextHandler(&said, &slog.HandlerOptions{Level: slog.LevelDebug}))})
		if err != nil {
			t.Fatal(err)
		}
		signing := s.App
		s.App = a
		p := &plants{}
		var all []string
		plant := func() string {
			w := p.next()
			all = append(all, w)
			return w
		}

		// Declared issues, each with a statement by its subject.
		var seeds []apptest.IssueSeed
		for range 60 {
			seeds = append(seeds, apptest.IssueSeed{Name: plant(), Source: issue.Self, Person: "anna", Unit: "east1", Category: "interview",
				Severity: 1, Event: "2026-02-01"})
		}
		issues := s.Issues(seeds...)
		var receipts []desk.Receipt
		for _, id := range issues {
			_, r, err := a.MakeStatement(ctx, s.Actor("anna"), casework.StatementInput{Issue: id, Kind: issue.Answer,
				Text: plant(), Key: id})
			if err != nil {
				t.Fatal(err)
			}
			receipts = append(receipts, r)
		}
		// An imported list: narratives and complainants; half of it matches nobody.
		file := "姓名,警号,问题类别,发生时间,受理日期,问题描述,举报人\n"
		for n := range 30 {
			number := "100011"
			if n%2 == 1 {
				number = "999999"
			}
			file += fmt.Sprintf("林甲,%s,态度生硬,2026.2.%d,2026年2月28日,%s,%s\n", number, n%27+1, plant(), plant())
		}
		f := story.PetitionFile(file)
		f.Classes = map[string]string{"态度生硬": "public_conduct"}
		story.ImportFile(t, s, f)
		// Drafts that were saved and dropped.
		err = s.Store.Scratch(ctx, func(ctx context.Context, sx *store.ScratchTx) error {
			var rows []selfcheck.Draft
			for n := range 40 {
				rows = append(rows, selfcheck.Draft{SubmissionID: "list", ItemNo: int64(n), Seq: 1, Body: plant(), SavedAt: s.Clock.Now()})
			}
			return sx.SaveDrafts(ctx, rows)
		})
		if err == nil {
			err = s.Store.DropDrafts(ctx, "list")
		}
		if err != nil {
			t.Fatal(err)
		}
		if len(all) < 200 {
			t.Fatalf("only %d strings", len(all))
		}

		texts := 0
		var matches []appintake.MatchRow
		for cursor := ""; ; {
			rows, _, next, err := a.Matches(ctx, s.Actor("inspector"), appintake.MatchFilter{}, cursor, 200)
			if err != nil {
				t.Fatal(err)
			}
			matches = append(matches, rows...)
			if cursor = next; cursor == "" {
				break
			}
		}
		if len(matches) != 30 {
			t.Fatalf("%d matches", len(matches))
		}
		records, approvers := s.Actor("records"), []*roster.Actor{s.Actor("body"), s.Actor("body2")}
		expunge := func(kind custody.RecordKind, record string) {
			t.Helper()
			id, _, err := a.ProposeExpungement(ctx, records, appcustody.ProposeExpungementInput{
				RecordInput: appcustody.RecordInput{Kind: kind, Record: record}, Ground: custody.GroundCourt, Reason: "判决书", Key: record})
			if err != nil {
				t.Fatal(err)
			}
			for _, approver := range approvers {
				if _, err := a.ApproveExpungement(ctx, approver, appcustody.ExpungementInput{ID: id, Version: 1, Key: record}); err != nil {
					t.Fatal(err)
				}
			}
			e, err := a.Expungement(ctx, records, id)
			if err != nil || e.State != custody.ExpungementDone {
				t.Fatalf("%+v %v", e, err)
			}
			texts += e.Records
		}
		if out := exports(t, s, signing); !slices.ContainsFunc(all, func(w string) bool { return bytes.Contains(out, []byte(w)) }) {
			t.Fatal("the exports hold none of the strings before, so that looking for them after shows nothing")
		}
		before, err := s.Store.Verify(ctx, nil)
		if err != nil || !before.OK() {
			t.Fatalf("before: %+v %v", before, err)
		}
		for _, id := range issues {
			expunge(custody.IssueRecord, id)
		}
		for _, m := range matches {
			if m.IssueID != "" {
				expunge(custody.IssueRecord, m.IssueID)
			} else {
				expunge(custody.AuditRecord, m.ID)
			}
		}
		if texts < 60*2+30+15 {
			t.Errorf("%d records were erased", texts)
		}

		after, err := s.Store.Verify(ctx, nil)
		if err != nil || !after.OK() || after.Erased < 60*2+30 || after.Entries <= before.Entries {
			t.Fatalf("after: %+v %v", after, err)
		}
		for _, r := range receipts {
			provedNow(t, s, r)
		}
		var out bytes.Buffer
		out.WriteString(said.String())
		out.Write(exports(t, s, signing))
		for _, m := range matches {
			v, err := a.Match(ctx, s.Actor("inspector"), m.ID)
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&out, "%+v", v)
		}
		for _, w := range all {
			if strings.Contains(out.String(), w) {
				t.Errorf("%s is still shown, exported or logged", w)
			}
		}
		folder := dataFolder(t, s)
		if found, files := filesHolding(t, folder, "单位east1"); len(found) == 0 {
			t.Fatalf("the search of %d files is blind: the name of a unit is not found", files)
		}
		if found, files := filesHolding(t, folder, all...); len(found) > 0 {
			t.Errorf("%d of %d strings are in the %d files, such as %s", len(found), len(all), files, found[0])
		}
		if found, _ := filesHolding(t, scratch, all...); len(found) > 0 {
			t.Errorf("in temporary files: %v", found)
		}
		if s.Store.Dialect() == store.Postgres {
			if found, _ := filesHolding(t, filepath.Dir(s.Store.KeyPath()), all...); len(found) > 0 {
				t.Errorf("in the key store: %v", found)
			}
		}
	})
}
