package intake_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plumbline/internal/app/approval"
	"plumbline/internal/app/casework"
	appintake "plumbline/internal/app/intake"
	"plumbline/internal/apptest"
	"plumbline/internal/apptest/pgtest"
	"plumbline/internal/apptest/story"
	"plumbline/internal/fault"
	"plumbline/internal/inquiry"
	"plumbline/internal/intake"
	"plumbline/internal/issue"
	"plumbline/internal/roster"
	"plumbline/internal/sheet"
	"plumbline/internal/store"
)

var ctx = context.Background()

func auditIssues(t *testing.T, s *apptest.Site) []issue.Row {
	t.Helper()
	var rows []issue.Row
	err := s.Store.View(context.Background(), func(ctx context.Context, v *store.View) (err error) {
		f := issue.All()
		f.Source, f.Live = issue.Audit, true
		rows, err = v.IssueList(ctx, f, roster.Scope{All: true}, nil, 100)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// TestAuditIntake is the story of one file: dry run, import, the same file
// again, the error file, decisions, undo, withdrawal.
func TestAuditIntake(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		ctx := context.Background()
		inspector := s.Actor("inspector")
		text := strings.Replace(story.Petitions, "林丙,100013", "林丙,100014", 1) // cara's name, dong's number
		want := appintake.AuditCounts{Exact: 2, Probable: 1, Ambiguous: 1, Unmatched: 1, Rejected: 1, Duplicates: 1}

		p, err := s.App.PreviewAudit(ctx, inspector, story.PetitionFile(text))
		if err != nil || p.Problem != nil {
			t.Fatal(err, p.Problem)
		}
		if d := cmp.Diff(want, p.Counts); d != "" {
			t.Errorf("dry run: %s", d)
		}
		if p.HeaderRow != 3 || p.Rows != 6 || len(p.Errors) != 1 || p.Errors[0].Cell != "B8" || p.Errors[0].Code != "sheet_rounded" {
			t.Errorf("dry run: %+v", p)
		}
		if n := len(auditIssues(t, s)); n != 0 {
			t.Fatalf("the dry run made %d issues", n)
		}

		id := story.ImportFile(t, s, story.PetitionFile(text))
		b, err := s.App.Batch(ctx, inspector, id)
		if err != nil || b.State != "imported" || b.Position != 6 || b.Job.State != store.JobDone || *b.Waiting != 3 {
			t.Fatalf("%v %+v", err, b)
		}
		if d := cmp.Diff(want, b.Counts); d != "" {
			t.Errorf("import: %s", d)
		}
		rows := auditIssues(t, s)
		if len(rows) != 1 || rows[0].PersonID != s.People["anna"] || rows[0].UnitID != s.Units["east1"] ||
			rows[0].Received != "2026-02-08" {
			t.Fatalf("issues after import: %+v", rows)
		}

		again, rec, err := s.App.ImportAudit(ctx, inspector, appintake.ImportInput{AuditFile: story.PetitionFile(text)})
		if err != nil || !again.Unchanged || again.BatchID != id || rec.ResultID != "" {
			t.Errorf("the same file again: %+v %+v %v", again, rec, err)
		}

		file, _, err := s.App.BatchErrors(ctx, inspector, appintake.ErrorFileInput{ID: id, Format: "csv"},
			appintake.ErrorFileWords{Row: "行", Cell: "格", Reason: "因", Say: func(code string, _ map[string]any) string { return code }})
		if err != nil || file.Rows != 1 || !strings.Contains(string(file.Body),
			"林丁,3.3E+17,单位west1,态度生硬,2026-02-03,2026-02-10,警号被改,8,B8,sheet_rounded") {
			t.Errorf("error file: %v %d %s", err, file.Rows, file.Body)
		}
		decideStory(t, s)
		withdrawStory(t, s, id)
	})
}

// blindSecond: the first reviewer sees what he chose, the second only that somebody has.
func blindSecond(t *testing.T, s *apptest.Site, match string) {
	t.Helper()
	for name, sees := range map[string]bool{"inspector": true, "inspector2": false} {
		v, err := s.App.Match(context.Background(), s.Actor(name), match)
		if err != nil || !v.Proposed || len(v.Steps) != 1 || len(v.Candidates) != 2 {
			t.Fatalf("%s: %v %+v", name, err, v)
		}
		chosen := slices.ContainsFunc(v.Candidates, func(c appintake.CandidateView) bool { return c.Proposed })
		if step := v.Steps[0]; chosen != sees || (step.Person != "") != sees || (step.Reason != "") != sees {
			t.Errorf("%s sees the first choice: %t, in the steps %+v", name, chosen, step)
		}
	}
}

func decideStory(t *testing.T, s *apptest.Site) {
	ctx := context.Background()
	one, two := s.Actor("inspector"), s.Actor("inspector2")

	// Probable: one reviewer.
	m := story.MatchNamed(t, s, "inspector", "林乙")
	v, _, err := s.App.DecideMatch(ctx, one, appintake.DecideInput{ID: m.ID, Version: m.Version, Person: s.People["ben"]})
	if err != nil || v.State != "matched" || v.IssueID == "" {
		t.Fatalf("probable: %v %+v", err, v.MatchRow)
	}
	if _, _, err := s.App.DecideMatch(ctx, two, appintake.DecideInput{ID: m.ID, Version: m.Version,
		Person: s.People["anna"]}); story.CodeOf(err) != "stale_version" {
		t.Errorf("stale: %v", err)
	}

	// Ambiguous: two different reviewers.
	m = story.MatchNamed(t, s, "inspector", "林丙")
	v, err = s.App.Match(ctx, one, m.ID)
	if err != nil || len(v.Candidates) != 2 || v.Reviewers != 2 {
		t.Fatalf("ambiguous: %v %+v", err, v)
	}
	v, _, err = s.App.DecideMatch(ctx, one, appintake.DecideInput{ID: m.ID, Version: m.Version, Number: "100013", Reason: "看了值班表"})
	if err != nil || v.State != "ambiguous" || !v.ByYou || v.MayDecide {
		t.Fatalf("first reviewer: %v %+v", err, v)
	}
	if _, _, err := s.App.DecideMatch(ctx, one, appintake.DecideInput{ID: m.ID, Version: v.Version,
		Person: s.People["cara"]}); story.CodeOf(err) != "match_second_reviewer" {
		t.Errorf("the same person twice: %v", err)
	}
	if n := len(auditIssues(t, s)); n != 2 {
		t.Errorf("%d issues while one answer is missing", n)
	}
	blindSecond(t, s, m.ID)
	v, _, err = s.App.DecideMatch(ctx, two, appintake.DecideInput{ID: m.ID, Version: v.Version, Person: s.People["cara"]})
	if err != nil || v.State != "matched" || v.Person != "林丙" || len(v.Steps) != 2 || v.Steps[0].Reason != "看了值班表" {
		t.Fatalf("second reviewer: %v %+v", err, v)
	}
	if n := len(auditIssues(t, s)); n != 3 {
		t.Errorf("%d issues after three confirmations", n)
	}

	filed := func() int {
		f, err := s.App.PersonFile(ctx, one, casework.FileInput{Person: s.People["cara"]})
		if err != nil {
			t.Fatal(err)
		}
		return len(f.Lines)
	}
	if n := filed(); n != 1 {
		t.Errorf("%d lines on the file of whom it was decided to be", n)
	}
	// Undo takes the issue back and asks for a reason.
	if _, _, err := s.App.UndoMatch(ctx, one, appintake.UndoInput{ID: v.ID, Version: v.Version}); story.CodeOf(err) != "reason_missing" {
		t.Errorf("undo without a reason: %v", err)
	}
	v, _, err = s.App.UndoMatch(ctx, one, appintake.UndoInput{ID: v.ID, Version: v.Version, Reason: "认错人"})
	if err != nil || v.State != "ambiguous" || v.PersonID != "" || len(v.Steps) != 3 {
		t.Fatalf("undo: %v %+v", err, v.MatchRow)
	}
	if n := len(auditIssues(t, s)); n != 2 {
		t.Errorf("%d issues after the undo", n)
	}
	if n := filed(); n != 0 {
		t.Errorf("%d lines on the file of whom it was not", n)
	}

	// Out of scope and unknown are the same.
	_, errA := s.App.Match(ctx, s.Actor("eastinspector"), story.MatchNamed(t, s, "inspector", "无此人").ID)
	_, errB := s.App.Match(ctx, s.Actor("eastinspector"), store.NewID())
	if story.CodeOf(errA) != "not_found" || story.CodeOf(errB) != "not_found" {
		t.Errorf("%v, %v", errA, errB)
	}
}

func withdrawStory(t *testing.T, s *apptest.Site, id string) {
	ctx := context.Background()
	inspector := s.Actor("inspector")
	// Another list has the same row: it is linked, and stands for itself once
	// the first list is gone.
	second := story.ImportFile(t, s, story.PetitionFile("姓名,警号,单位,问题类别,发生时间,受理日期,问题描述\n林甲,100011,单位east1,态度生硬,2026-02-01,2026-02-20,窗口态度生硬\n"))
	if n := len(auditIssues(t, s)); n != 2 {
		t.Fatalf("%d issues with the duplicate", n)
	}
	if _, _, err := s.App.WithdrawBatch(ctx, inspector, appintake.BatchInput{ID: id}); story.CodeOf(err) != "reason_missing" {
		t.Errorf("withdrawal without a reason: %v", err)
	}
	if _, _, err := s.App.WithdrawBatch(ctx, inspector, appintake.BatchInput{ID: id, Reason: "导错文件"}); err != nil {
		t.Fatal(err)
	}
	s.Jobs()
	b, err := s.App.Batch(ctx, inspector, id)
	if err != nil || b.State != "withdrawn" || b.Reason != "导错文件" || *b.Waiting != 0 {
		t.Fatalf("%v %+v", err, b)
	}
	rows := auditIssues(t, s)
	if len(rows) != 1 || rows[0].PersonID != s.People["anna"] || rows[0].Received != "2026-02-20" {
		t.Errorf("the duplicate does not stand for itself: %+v", rows)
	}
	if b, err := s.App.Batch(ctx, inspector, second); err != nil || b.State != "imported" {
		t.Errorf("%v %+v", err, b)
	}
	// The withdrawn file may be imported again.
	if out, _, err := s.App.ImportAudit(ctx, inspector,
		appintake.ImportInput{AuditFile: story.PetitionFile(story.Petitions)}); err != nil || out.Unchanged {
		t.Errorf("%+v %v", out, err)
	}
	s.Jobs()
}

// TestMappingsAreRemembered: what a user said of a source once holds for its
// next file.
func TestMappingsAreRemembered(t *testing.T) {
	s := apptest.SQLite(t)
	ctx := context.Background()
	who := s.Actor("inspector")
	file := func(body string) appintake.AuditFile {
		return appintake.AuditFile{Name: "x.csv", Data: []byte("对象是谁,号,什么事\n" + body), Source: "hotline"}
	}
	p, err := s.App.PreviewAudit(ctx, who, file("林甲,100011,服务差\n"))
	if err != nil || p.Problem == nil || p.Problem.Code != "intake_no_person_column" {
		t.Fatalf("%v %+v", err, p.Problem)
	}
	f := file("林甲,100011,服务差\n")
	f.Columns = map[string]string{"对象是谁": "name", "号": "police_no", "什么事": "class"}
	p, err = s.App.PreviewAudit(ctx, who, f)
	if err != nil || p.Problem != nil || p.Counts.Rejected != 1 || len(p.Unknown) != 1 || p.Unknown[0].Word != "服务差" {
		t.Fatalf("%v %+v", err, p)
	}
	f.Classes = map[string]string{"服务差": "public_conduct"}
	story.ImportFile(t, s, f)
	p, err = s.App.PreviewAudit(ctx, who, file("林乙,100012,服务差\n"))
	if err != nil || p.Problem != nil || p.Counts.Exact != 1 {
		t.Errorf("not remembered: %v %+v", err, p)
	}
	f.Columns["没有这列"] = "name"
	if _, _, err := s.App.ImportAudit(ctx, who, appintake.ImportInput{AuditFile: appintake.AuditFile{Name: "y.csv",
		Data: []byte(string(f.Data) + "林乙,1,x\n"), Source: "hotline", Columns: f.Columns}}); story.CodeOf(err) != "intake_header_unknown" {
		t.Errorf("unknown header: %v", err)
	}
}

// TestColumnsAreAskedFirst: a column that nobody knows is a question of the dry
// run, and no import begins before each has an answer, which is then remembered.
func TestColumnsAreAskedFirst(t *testing.T) {
	s := apptest.SQLite(t)
	ctx := context.Background()
	who := s.Actor("inspector")
	f := appintake.AuditFile{Name: "x.csv", Source: "police_inspection",
		Data: []byte("姓名,警号,问题类别,发现时间,督察编号,神秘列,\n林甲,100011,态度生硬,2026-02-01,督〔2026〕1号,甲,\n林乙,100012,态度生硬,2026-02-02,督〔2026〕2号,乙,另记\n")}
	f.Category, f.Classes = "", map[string]string{"态度生硬": "public_conduct"}
	fields := func(p appintake.AuditPreview) (out []string) {
		for _, c := range p.Columns {
			out = append(out, c.Field)
		}
		return out
	}
	p, err := s.App.PreviewAudit(ctx, who, f)
	if err != nil || p.Problem == nil || p.Problem.Code != "intake_columns_unanswered" {
		t.Fatalf("%v %+v", err, p.Problem)
	}
	if d := cmp.Diff([]string{"name", "police_no", "class", "received_on", "number", "", ""}, fields(p)); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"神秘列", "G"}, p.Asked); d != "" {
		t.Error(d)
	}
	refused := func() {
		t.Helper()
		_, _, err := s.App.ImportAudit(ctx, who, appintake.ImportInput{AuditFile: f})
		if story.CodeOf(err) != "intake_columns_unanswered" || !strings.Contains(fmt.Sprint(fault.As(err).Args), "G") {
			t.Errorf("imported with a question open: %v", err)
		}
		if rows, _, err := s.App.Batches(ctx, who, "", "", 10); err != nil || len(rows) != 0 {
			t.Errorf("%v %v", rows, err)
		}
	}
	refused()
	f.Columns = map[string]string{"神秘列": "ignore"}
	refused() // one answer of two
	f.Columns["G"] = "narrative"
	story.ImportFile(t, s, f)
	rows := auditIssues(t, s)
	if len(rows) != 2 || rows[0].EventOn != "2026-02-02" || rows[0].Received != "2026-02-02" {
		t.Errorf("dated by the day it was found: %+v", rows)
	}
	f.Columns = nil
	if p, err := s.App.PreviewAudit(ctx, who, f); err != nil || p.Problem != nil || len(p.Asked) != 0 {
		t.Errorf("not remembered: %v %+v", err, p)
	}
}

// TestAuditInputIsRefused: what cannot be imported says why, and stores nothing.
func TestAuditInputIsRefused(t *testing.T) {
	s := apptest.SQLite(t)
	ctx := context.Background()
	who := s.Actor("inspector")
	for code, f := range map[string]appintake.AuditFile{
		"intake_source_unknown":   {Name: "a.csv", Data: []byte("x"), Source: "rumour"},
		"sheet_old":               {Name: "a.xls", Data: []byte("x"), Source: "petition"},
		"sheet_empty":             {Name: "a.csv", Source: "petition"},
		"sheet_header":            {Name: "a.csv", Data: []byte("1\n2\n"), Source: "petition"},
		"intake_nothing":          {Name: "a.csv", Data: []byte("姓名,类别\n"), Source: "petition"},
		"intake_category_unknown": {Name: "a.csv", Data: []byte("姓名\n林甲\n"), Source: "petition", Category: "gossip"},
		"intake_no_class_column":  {Name: "a.csv", Data: []byte("姓名,单位\n林甲,x\n"), Source: "petition"},
		"intake_field_unknown": {Name: "a.csv", Data: []byte("姓名,单位\n林甲,x\n"), Source: "petition",
			Columns: map[string]string{"姓名": "shoe_size"}},
	} {
		_, _, err := s.App.ImportAudit(ctx, who, appintake.ImportInput{AuditFile: f})
		if story.CodeOf(err) != code {
			t.Errorf("got %v, want %s", err, code)
		}
	}
	if _, _, err := s.App.ImportAudit(ctx, s.Actor("anna"),
		appintake.ImportInput{AuditFile: story.PetitionFile(story.Petitions)}); fault.As(err).Kind != fault.ForbiddenKind {
		t.Errorf("an officer imports: %v", err)
	}
	rows, _, err := s.App.Batches(ctx, who, "", "", 10)
	if err != nil || len(rows) != 0 {
		t.Errorf("%v %v", rows, err)
	}
}

// long makes a list of n rows, all exact.
func long(n int) appintake.AuditFile {
	var b bytes.Buffer
	w := sheet.NewCSV(&b)
	w.Header("姓名", "警号", "问题类别", "发生时间", "问题描述")
	for i := range n {
		w.Row("林甲", "100011", "态度生硬", time.Date(2026, 1, 1+i%50, 0, 0, 0, 0, time.UTC).Format("2006-01-02"), fmt.Sprintf("第 %d 件", i))
	}
	w.Close()
	return appintake.AuditFile{Name: "long.csv", Data: b.Bytes(), Source: "petition"}
}

// TestImportGoesOnAfterAStop: killed after some chunks, cancelled, resumed:
// every row once.
func TestImportGoesOnAfterAStop(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		ctx := context.Background()
		who := s.Actor("inspector")
		out, _, err := s.App.ImportAudit(ctx, who, appintake.ImportInput{AuditFile: long(450)})
		if err != nil {
			t.Fatal(err)
		}
		// The worker dies as soon as it has got somewhere.
		dying, kill := context.WithCancel(ctx)
		done := make(chan error, 1)
		go func() { done <- s.App.DrainJobs(dying) }()
		for {
			b, err := s.App.Batch(ctx, who, out.BatchID)
			if err != nil {
				t.Fatal(err)
			}
			if b.Position > 0 {
				kill()
				break
			}
		}
		if err := <-done; err != nil && !errors.Is(err, context.Canceled) && fault.As(err).Kind != fault.UnavailableKind {
			t.Fatal(err)
		}
		b, err := s.App.Batch(ctx, who, out.BatchID)
		if err != nil {
			t.Fatal(err)
		}
		if b.Position%100 != 0 && b.Position != 450 || len(auditIssues(t, s)) != min(b.Position, 100) {
			t.Errorf("half a chunk: position %d", b.Position)
		}
		s.Clock.Add(time.Minute) // the lease runs out and another worker goes on
		s.Jobs()
		if b, err = s.App.Batch(ctx, who, out.BatchID); err != nil || b.State != "imported" || b.Counts.Exact != 450 || b.Position != 450 {
			t.Fatalf("%v %+v", err, b)
		}
		var n int64
		if err := s.Store.View(ctx, func(ctx context.Context, v *store.View) (err error) {
			n, err = v.MatchCount(ctx, intake.Filter{Batch: out.BatchID}, roster.Scope{All: true})
			return err
		}); err != nil || n != 450 {
			t.Errorf("%d matches, %v", n, err)
		}
	})
}

// An import and its withdrawal end whole although the database's connections
// are cut under them again and again: every row once, and nobody has to help.
func TestAnImportOutlivesTheDatabase(t *testing.T) {
	s := apptest.New(t, apptest.Postgres(t))
	ctx := context.Background()
	who := s.Actor("inspector")
	const rows = 900
	out, _, err := s.App.ImportAudit(ctx, who, appintake.ImportInput{AuditFile: long(rows)})
	if err != nil {
		t.Fatal(err)
	}
	until := func(state string) appintake.BatchView {
		t.Helper()
		stopped, cut := make(chan struct{}), make(chan struct{})
		go func() {
			defer close(cut)
			for { // under the chunk that follows each commit
				select {
				case <-stopped:
					return
				case <-s.Store.Committed():
				}
				pgtest.Exec(t, s.DSN, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
			}
		}()
		met := 0
		for range 200 {
			if err := s.App.DrainJobs(ctx); err != nil {
				if met++; fault.As(err).Kind != fault.UnavailableKind {
					t.Errorf("the worker met %v", err)
				}
			}
			s.Clock.Add(time.Minute) // leases run out
			if b, err := s.App.Batch(ctx, who, out.BatchID); err == nil && string(b.State) == state {
				close(stopped)
				<-cut
				t.Logf("%s after %d interruptions", state, met)
				return b
			}
		}
		b, err := s.App.Batch(ctx, who, out.BatchID)
		t.Fatalf("never %s: %+v %v", state, b, err)
		return b
	}
	patiently := func(do func() error) { // connections that were cut while idle say so when they are used
		t.Helper()
		err := do()
		for range 40 {
			if err == nil || fault.As(err).Kind != fault.UnavailableKind {
				break
			}
			err = do()
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	live := func() (n int64) {
		patiently(func() error {
			return s.Store.View(ctx, func(ctx context.Context, v *store.View) (err error) {
				f := issue.All()
				f.Source, f.Live = issue.Audit, true
				n, err = v.IssueCount(ctx, f, roster.Scope{All: true})
				return err
			})
		})
		return n
	}
	b := until("imported")
	if n := live(); b.Counts.Exact != rows || b.Position != rows || n == 0 {
		t.Errorf("%d issues, %+v", n, b)
	}
	patiently(func() error {
		_, _, err := s.App.WithdrawBatch(ctx, who, appintake.BatchInput{ID: out.BatchID, Version: b.Version, Reason: "导入有误，整批撤回",
			Key: "withdraw"})
		return err
	})
	until("withdrawn")
	if n := live(); n != 0 {
		t.Errorf("%d issues are left", n)
	}
	if v, err := s.Store.Verify(ctx, nil); err != nil || !v.OK() {
		t.Errorf("%+v %v", v, err)
	}
}

// An import that is in the ledger goes on, also where the file that was staged
// for it cannot be dropped just then.
func TestAnImportOutlivesItsStagedFile(t *testing.T) {
	s := apptest.SQLite(t)
	ctx := context.Background()
	who := s.Actor("inspector")
	f := long(3)
	id, err := s.App.StageAudit(ctx, who, f.Name, f.Data)
	if err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", s.DSN)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if _, err := db.Exec("CREATE TRIGGER stuck BEFORE DELETE ON uploads WHEN OLD.id = '" + id +
		"' BEGIN SELECT RAISE(ABORT, 'stuck'); END"); err != nil {
		t.Fatal(err)
	}
	out, _, err := s.App.ImportAudit(ctx, who, appintake.ImportInput{AuditFile: appintake.AuditFile{Upload: id, Source: "petition"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.App.DrainJobs(ctx); err != nil {
		t.Fatal(err)
	}
	if b, err := s.App.Batch(ctx, who, out.BatchID); err != nil || b.State != "imported" {
		t.Errorf("%s %v", b.State, err)
	}
}

// A file that was looked at and never imported is forgotten after a day, by the
// site itself; until then its sender, and he alone, goes on with it.
func TestAStagedFileIsForgotten(t *testing.T) {
	s := apptest.SQLite(t)
	ctx := context.Background()
	who := s.Actor("inspector")
	f := long(3)
	id, err := s.App.StageAudit(ctx, who, f.Name, f.Data)
	if err != nil {
		t.Fatal(err)
	}
	preview := func(as string) error {
		_, err := s.App.PreviewAudit(ctx, s.Actor(as), appintake.AuditFile{Upload: id, Source: "petition"})
		return err
	}
	if v, err := s.Store.Verify(ctx, nil); err != nil || !v.OK() {
		t.Errorf("a file that was only looked at makes the ledger false: %+v %v", v, err)
	}
	s.Clock.Add(23 * time.Hour)
	keepHouse(t, s)
	if err := preview("inspector"); err != nil {
		t.Errorf("before its day is over: %v", err)
	}
	if err := preview("eastinspector"); story.CodeOf(err) != "intake_upload_gone" {
		t.Errorf("another's file: %v", err)
	}
	s.Clock.Add(2 * time.Hour)
	keepHouse(t, s)
	if err := preview("inspector"); story.CodeOf(err) != "intake_upload_gone" {
		t.Errorf("after its day: %v", err)
	}
	db, err := sql.Open("sqlite", s.DSN)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	n := -1
	if err := db.QueryRow("SELECT COUNT(*) FROM uploads").Scan(&n); err != nil || n != 0 {
		t.Errorf("%d files are left, %v", n, err)
	}
}

// The file of an import whose outcome was lost and that never began is
// forgotten as well; that of a stopped one, which may go on, is not.
func TestOnlyAnOpenImportKeepsItsFile(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		ctx := context.Background()
		who := s.Actor("inspector")
		out, _, err := s.App.ImportAudit(ctx, who, appintake.ImportInput{AuditFile: long(150)})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.App.CancelImport(ctx, who, appintake.BatchInput{ID: out.BatchID}); err != nil {
			t.Fatal(err)
		}
		lost := &intake.Upload{ID: store.NewID(), Account: who.Account, FileName: "lost.csv", FileHash: "ab", Data: []byte("x"),
			CreatedAt: s.Clock.Now()}
		if err := s.Store.Scratch(ctx, func(ctx context.Context, sx *store.ScratchTx) error { return sx.AddUpload(ctx, lost) }); err != nil {
			t.Fatal(err)
		}
		held := func(id string) bool {
			t.Helper()
			err := s.Store.View(ctx, func(ctx context.Context, v *store.View) error {
				_, err := v.Upload(ctx, id)
				return err
			})
			if err != nil && !store.Missing(err) {
				t.Fatal(err)
			}
			return err == nil
		}
		s.Clock.Add(23 * time.Hour)
		keepHouse(t, s)
		if !held(lost.ID) {
			t.Error("forgotten before its day was over")
		}
		s.Clock.Add(2 * time.Hour)
		keepHouse(t, s)
		if held(lost.ID) {
			t.Error("the file of no import stays")
		}
		if !held(out.BatchID) {
			t.Error("the file of a stopped import is gone")
		}
		if _, _, err := s.App.ResumeImport(ctx, who, appintake.BatchInput{ID: out.BatchID}); err != nil {
			t.Fatal(err)
		}
		s.Jobs()
		if b, err := s.App.Batch(ctx, who, out.BatchID); err != nil || b.State != "imported" {
			t.Errorf("%s %v", b.State, err)
		}
	})
}

// TestCancelAndResume stops an import by hand.
func TestCancelAndResume(t *testing.T) {
	s := apptest.SQLite(t)
	ctx := context.Background()
	who := s.Actor("inspector")
	out, _, err := s.App.ImportAudit(ctx, who, appintake.ImportInput{AuditFile: long(150)})
	if err != nil {
		t.Fatal(err)
	}
	b, err := s.App.CancelImport(ctx, who, appintake.BatchInput{ID: out.BatchID})
	if err != nil || b.State != "stopped" || b.Job.State != store.JobCancelled {
		t.Fatalf("%v %+v", err, b)
	}
	s.Jobs()
	if b, _ := s.App.Batch(ctx, who, out.BatchID); b.Position != 0 {
		t.Errorf("a cancelled job went on to %d", b.Position)
	}
	if _, err := s.App.CancelImport(ctx, who, appintake.BatchInput{ID: out.BatchID}); story.CodeOf(err) != "batch_state" {
		t.Errorf("cancelled twice: %v", err)
	}
	if _, _, err := s.App.ResumeImport(ctx, who, appintake.BatchInput{ID: out.BatchID}); err != nil {
		t.Fatal(err)
	}
	s.Jobs()
	if b, _ := s.App.Batch(ctx, who, out.BatchID); b.State != "imported" || b.Counts.Exact != 150 {
		t.Errorf("%+v", b)
	}
}

// TestACandidateDoesNotSeeHisMatch: an inspector who may himself be meant, or
// whose superior may, is not shown the record at all.
func TestACandidateDoesNotSeeHisMatch(t *testing.T) {
	s := apptest.SQLite(t)
	ctx := context.Background()
	story.ImportFile(t, s, story.PetitionFile("姓名,单位,问题类别,发生时间\n督察甲,单位office,态度生硬,2026-02-01\n室一,单位office,态度生硬,2026-02-01\n林甲,单位east1,态度生硬,2026-02-01\n"))
	see := func(actor string) int {
		rows, total, _, err := s.App.Matches(ctx, s.Actor(actor), appintake.MatchFilter{}, "", 100)
		if err != nil || int(total) != len(rows) {
			t.Fatal(rows, total, err)
		}
		return len(rows)
	}
	if n := see("inspector"); n != 1 { // not himself, not the head of his office
		t.Errorf("inspector sees %d", n)
	}
	if n := see("inspector2"); n != 2 {
		t.Errorf("inspector2 sees %d", n)
	}
	if n := see("eastinspector"); n != 1 {
		t.Errorf("eastinspector sees %d", n)
	}
	m := story.MatchNamed(t, s, "inspector2", "督察甲")
	if _, _, err := s.App.DecideMatch(ctx, s.Actor("inspector"), appintake.DecideInput{ID: m.ID, Version: m.Version,
		Nobody: true}); story.CodeOf(err) != "not_found" {
		t.Errorf("he decides on himself: %v", err)
	}
}

// What followed from a match goes with it: the leader questions, and the
// ground of a case, which is flagged and never lost in silence. Both when one
// match is undone and when the whole batch is withdrawn.
func TestUndoAndWithdrawalTakeBackWhatFollowed(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		inspector := s.Actor("inspector")
		raised := func(batch string) (issueID, caseID string, m appintake.MatchRow) {
			t.Helper()
			m = story.MatchNamed(t, s, "inspector", "林甲")
			rows := auditIssues(t, s)
			if len(rows) != 1 || rows[0].PersonID != s.People["anna"] {
				t.Fatalf("batch %s made %+v", batch, rows)
			}
			v := story.Triage(t, s, rows[0].ID, 3, issue.ActRefer).Version
			if qs := story.QuestionsOn(t, s, rows[0].ID); len(qs) != 2 || qs[0].State != inquiry.QuestionRaised {
				t.Fatalf("questions %+v", qs)
			}
			caseID, _, err := s.App.OpenCase(ctx, s.Actor("body"), casework.OpenCaseInput{IssueID: rows[0].ID, Version: v, Rule: "art. 7",
				Facts: "f"})
			if err != nil {
				t.Fatal(err)
			}
			return rows[0].ID, caseID, m
		}
		gone := func(how, issueID, caseID string) {
			t.Helper()
			for _, q := range story.QuestionsOn(t, s, issueID) {
				if q.State != inquiry.QuestionWithdrawn {
					t.Errorf("%s: question %s stays %s", how, q.Ref, q.State)
				}
			}
			c, err := s.App.Case(ctx, s.Actor("body"), caseID)
			if err != nil || !c.GroundWithdrawn || len(c.Notes) != 1 || c.Notes[0].Text != "认错人" {
				t.Errorf("%s: the case is not flagged: %+v, %v", how, c.Notes, err)
			}
			if n := len(auditIssues(t, s)); n != 0 {
				t.Errorf("%s: %d issues stay", how, n)
			}
		}
		const row = "姓名,警号,单位,问题类别,发生时间,受理日期,问题描述\n林甲,100011,单位east1,态度生硬,2026-02-01,2026-02-20,窗口态度生硬\n"
		batch := story.ImportFile(t, s, story.PetitionFile(row))
		issueID, caseID, m := raised(batch)
		undo := appintake.UndoInput{ID: m.ID, Version: m.Version, Reason: "认错人"}
		if _, _, err := s.App.UndoMatch(ctx, inspector, undo); story.CodeOf(err) != "case_on_ground" {
			t.Errorf("a case loses its ground in silence: %v", err)
		}
		undo.Stated = true
		if _, _, err := s.App.UndoMatch(ctx, inspector, undo); err != nil {
			t.Fatal(err)
		}
		agreed(t, s, "match.undo")
		gone("undo", issueID, caseID)
		if _, _, err := s.App.WithdrawBatch(ctx, inspector, appintake.BatchInput{ID: batch, Reason: "重来"}); err != nil {
			t.Fatal(err)
		}
		agreed(t, s, "batch.withdraw") // the issue that was undone stood at S3
		s.Jobs()

		batch = story.ImportFile(t, s, story.PetitionFile(row))
		issueID, caseID, _ = raised(batch)
		in := appintake.BatchInput{ID: batch, Reason: "认错人"}
		if _, _, err := s.App.WithdrawBatch(ctx, inspector, in); story.CodeOf(err) != "case_on_ground" {
			t.Errorf("a case loses its ground in silence: %v", err)
		}
		in.Stated = true
		if _, _, err := s.App.WithdrawBatch(ctx, inspector, in); err != nil {
			t.Fatal(err)
		}
		agreed(t, s, "batch.withdraw")
		s.Jobs()
		gone("withdrawal", issueID, caseID)
	})
}

// agreed has a second inspector agree to what the first one proposed.
func agreed(t *testing.T, s *apptest.Site, op string) {
	t.Helper()
	if _, ok := s.Account["inspector2"]; !ok {
		t.Fatal("the bureau has no second inspector")
	}
	page, err := s.App.Proposals(ctx, s.Actor("inspector2"), approval.ProposalFilter{Waits: true}, "")
	if err != nil || len(page.Rows) != 1 || page.Rows[0].Op != op {
		t.Fatalf("%s does not wait for a second inspector: %+v, %v", op, page.Rows, err)
	}
	p := approval.ProposalInput{ID: page.Rows[0].ID, Version: page.Rows[0].Version}
	if _, err := s.App.ApproveProposal(ctx, s.Actor("inspector"), p); story.CodeOf(err) != "guard_same_person" {
		t.Errorf("the proposer agrees with himself: %v", err)
	}
	if _, err := s.App.ApproveProposal(ctx, s.Actor("inspector2"), p); err != nil {
		t.Fatal(err)
	}
}

// A row without a person and with the code of a unit is about the unit; with
// anything but a code it is refused.
func TestARecordAboutAUnitAlone(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		id := story.ImportFile(t, s, story.PetitionFile("姓名,警号,单位,问题类别,发生时间,受理日期,问题描述\n"+
			",,east1,态度生硬,2026-02-01,2026-02-10,窗口排队时间长\n"+
			",,east2,态度生硬,2026-02-01,2026-02-10,窗口排队时间长\n"+
			",,单位east1,态度生硬,2026-02-01,2026-02-10,只有单位名称\n"+
			",,east1,态度生硬,2026-02-01,2026-02-11,窗口排队时间长\n"))
		rows := auditIssues(t, s)
		if len(rows) != 2 || rows[0].PersonID != "" || rows[1].PersonID != "" {
			t.Fatalf("issues %+v", rows)
		}
		units := map[string]bool{rows[0].UnitID: true, rows[1].UnitID: true}
		if !units[s.Units["east1"]] || !units[s.Units["east2"]] {
			t.Errorf("units %v", units)
		}
		b, err := s.App.Batch(ctx, s.Actor("inspector"), id)
		if err != nil || b.Counts.Rejected != 1 || b.Counts.Duplicates != 1 {
			t.Errorf("batch %+v, %v", b, err)
		}
		if _, _, err := s.App.WithdrawBatch(ctx, s.Actor("inspector"), appintake.BatchInput{ID: id, Reason: "导错"}); err != nil {
			t.Fatal(err)
		}
		s.Jobs()
		if n := len(auditIssues(t, s)); n != 0 {
			t.Errorf("%d issues after the withdrawal", n)
		}
	})
}

// A file that waits for its import is the one whose hash the ledger has: neither
// its content nor what its row says of it may change meanwhile.
func TestAnUploadChangedBeforeItsImportIsFound(t *testing.T) {
	s := apptest.SQLite(t)
	ctx := context.Background()
	f := long(3)
	out, _, err := s.App.ImportAudit(ctx, s.Actor("inspector"), appintake.ImportInput{AuditFile: f})
	if err != nil {
		t.Fatal(err)
	}
	if v, err := s.Store.Verify(ctx, nil); err != nil || !v.OK() {
		t.Fatalf("%+v %v", v, err)
	}
	db, err := sql.Open("sqlite", s.DSN)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if _, err := db.Exec("UPDATE uploads SET data = ?, file_hash = '' WHERE id = ?", []byte("姓名,警号\n"), out.BatchID); err != nil {
		t.Fatal(err)
	}
	v, err := s.Store.Verify(ctx, nil)
	if err != nil || v.OK() || v.Findings[0].What != "upload_changed" {
		t.Errorf("%+v %v", v, err)
	}
}

// keepHouse does what comes round again.
func keepHouse(t *testing.T, s *apptest.Site) {
	t.Helper()
	if err := s.App.Keep(t.Context()); err != nil {
		t.Fatal(err)
	}
}
