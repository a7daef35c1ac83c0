package casework_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"plumbline/internal/app"
	"plumbline/internal/app/approval"
	"plumbline/internal/app/casework"
	"plumbline/internal/app/reports"
	appselfcheck "plumbline/internal/app/selfcheck"
	"plumbline/internal/apptest"
	"plumbline/internal/apptest/story"
	"plumbline/internal/fault"
	"plumbline/internal/inquiry"
	"plumbline/internal/issue"
	"plumbline/internal/rectify"
	"plumbline/internal/roster"
	"plumbline/internal/selfcheck"
	"plumbline/internal/store"
)

var ctx = context.Background()

// open reads an issue as the actor, or fails the test.
func open(t *testing.T, s *apptest.Site, actor, id string) *casework.IssueDetail {
	t.Helper()
	d, err := s.App.Issue(context.Background(), s.Actor(actor), casework.IssueInput{ID: id, Purpose: "supervision"})
	if err != nil {
		t.Fatalf("%s opens: %v", actor, err)
	}
	return d
}

func TestTriage(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		ctx := context.Background()
		ids := s.Issues(
			story.Seed("slight", issue.Self, "anna", "east1", "interview", 1, "2026-01-10"),
			story.Seed("severe", issue.Audit, "anna", "east1", "force_restraint", 4, "2026-01-12"),
			story.Seed("west", issue.Audit, "dong", "west1", "interview", 2, "2026-01-12"))
		triage := func(actor, id string, version int64, severity int, decision issue.Act, reason string) (casework.IssueResult, error) {
			out, _, err := s.App.TriageIssue(ctx, s.Actor(actor), casework.TriageIssueInput{Step: casework.Step{ID: id, Version: version,
				Reason: reason},
				Severity: severity, Category: "interview", Decision: decision})
			return out, err
		}
		_, err := triage("inspector", ids["slight"], 1, 4, issue.ActCorrect, "")
		story.WantFault(t, "correcting what is severe", err, fault.InvalidKind, "issue_too_severe_to_correct")
		_, err = triage("inspector", ids["slight"], 0, 1, "", "")
		story.WantFault(t, "no version", err, fault.PreconditionReq, "version_required")
		out, err := triage("inspector", ids["slight"], 1, 1, "", "as declared")
		if err != nil || out.State != issue.Triaged || out.Version != 2 {
			t.Fatalf("triage: %+v %v", out, err)
		}
		_, err = triage("inspector", ids["slight"], 1, 1, issue.ActCorrect, "")
		story.WantFault(t, "a stale version", err, fault.ConflictKind, "stale_version")
		if out, err = triage("inspector", ids["slight"], 2, 1, issue.ActCorrect, ""); err != nil || out.State != issue.Corrected {
			t.Errorf("correct: %+v %v", out, err)
		}
		_, err = triage("eastinspector", ids["west"], 1, 1, "", "")
		story.WantFault(t, "an issue of another sub-bureau", err, fault.NotFoundKind, "")
		_, err = triage("east1head", ids["severe"], 1, 4, "", "")
		story.WantFault(t, "a head does not triage", err, fault.ForbiddenKind, "")
		_, err = triage("anna", ids["severe"], 1, 4, "", "")
		story.WantFault(t, "the subject does not know", err, fault.NotFoundKind, "")

		// A severe issue is rejected by two.
		reject := func(actor string, version int64) (casework.IssueResult, error) {
			out, _, err := s.App.RejectIssue(ctx, s.Actor(actor), casework.RejectIssueInput{Step: casework.Step{ID: ids["severe"],
				Version: version, Reason: "another person's case"}})
			return out, err
		}
		if out, err = reject("inspector", 1); err != nil || !out.Pending || out.State != issue.Registered {
			t.Fatalf("proposal: %+v %v", out, err)
		}
		_, err = reject("inspector", 2)
		story.WantFault(t, "the same person twice", err, fault.ForbiddenKind, "issue_second_person")
		if out, err = reject("inspector2", 2); err != nil || out.State != issue.Rejected {
			t.Errorf("second person: %+v %v", out, err)
		}
		d := open(t, s, "inspector", ids["severe"])
		if d.Narrative != "narrative of severe" || len(d.Statements) != 2 || d.Statements[0].Text != "another person's case" {
			t.Errorf("detail: %+v", d.Statements)
		}
		if len(d.History) != 2 || d.History[0].Verb != "issue.propose_reject" {
			t.Errorf("history: %+v", d.History)
		}
		if d.Concealment != issue.ConcealmentNone {
			t.Error("a rejected issue still asks about concealment")
		}
	})
}

// To be barred is not to see: page, list and count leave the thing out.
func TestSubordinatesOfTheSubjectDoNotSeeTheIssue(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		ctx := context.Background()
		ids := s.Issues(
			story.Seed("head", issue.Audit, "easthead", "east", "supervision", 3, "2026-01-12"),
			story.Seed("officer", issue.Audit, "cara", "east2", "interview", 2, "2026-01-12"))
		list := func(actor string) casework.IssueList {
			out, err := s.App.Issues(ctx, s.Actor(actor), casework.IssueListInput{Filter: issue.All(), Count: true})
			if err != nil {
				t.Fatal(err)
			}
			return out
		}
		if l := list("inspector"); len(l.Rows) != 2 || l.Total != 2 {
			t.Errorf("the bureau's inspector sees %d of %d", len(l.Rows), l.Total)
		}
		if l := list("eastinspector"); len(l.Rows) != 1 || l.Total != 1 || l.Rows[0].ID != ids["officer"] {
			t.Errorf("a subordinate of the subject sees %d of %d", len(l.Rows), l.Total)
		}
		_, err := s.App.Issue(ctx, s.Actor("eastinspector"), casework.IssueInput{ID: ids["head"]})
		story.WantFault(t, "a subordinate opens", err, fault.NotFoundKind, "not_found")
		_, err = s.App.PersonFile(ctx, s.Actor("eastinspector"), casework.FileInput{Person: s.People["easthead"]})
		story.WantFault(t, "a subordinate opens the file", err, fault.NotFoundKind, "not_found")
		r, err := s.App.Reconciliation(ctx, s.Actor("eastinspector"), reports.ReconInput{})
		if err != nil || r.Total.Cells.AuditOnly != 1 {
			t.Errorf("the comparison tells of a barred issue: %+v %v", r, err)
		}
	})
}

func TestConcealmentQuestion(t *testing.T) {
	s := apptest.SQLite(t)
	ctx := context.Background()
	ids := s.Issues(story.Seed("found", issue.Audit, "anna", "east1", "interview", 2, "2026-01-12"))
	answer := func(actor string, version int64, a issue.Concealment) (casework.IssueResult, error) {
		out, _, err := s.App.ConcealIssue(ctx, s.Actor(actor), casework.ConcealIssueInput{Step: casework.Step{ID: ids["found"],
			Version: version, Reason: "asked twice"}, Answer: a})
		return out, err
	}
	out, err := answer("inspector", 1, issue.ConcealmentConfirmed)
	if err != nil || !out.Pending {
		t.Fatalf("proposal: %+v %v", out, err)
	}
	_, err = answer("inspector", 2, issue.ConcealmentConfirmed)
	story.WantFault(t, "the same person twice", err, fault.ForbiddenKind, "issue_second_person")
	_, err = answer("body", 2, issue.ConcealmentConfirmed)
	story.WantFault(t, "a role that may not", err, fault.NotFoundKind, "")
	if _, err = answer("inspector2", 2, issue.ConcealmentConfirmed); err != nil {
		t.Fatal(err)
	}
	if d := open(t, s, "inspector", ids["found"]); d.Concealment != issue.ConcealmentConfirmed || d.MayConceal {
		t.Errorf("after two: %q", d.Concealment)
	}
}

// The subject's own view: what he declared at once, what was found after
// notice, and no sign of it before.
func TestOwnFile(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		ctx := context.Background()
		ids := s.Issues(
			story.Seed("mine", issue.Self, "anna", "east1", "interview", 1, "2026-01-10"),
			story.Seed("found", issue.Audit, "anna", "east1", "interview", 2, "2026-01-12"))
		own := func() *casework.File {
			f, err := s.App.OwnFile(ctx, s.Actor("anna"))
			if err != nil {
				t.Fatal(err)
			}
			return f
		}
		if f := own(); len(f.Lines) != 1 || f.Lines[0].ID != ids["mine"] || f.Lines[0].Narrative != "narrative of mine" {
			t.Fatalf("before notice: %+v", f)
		}
		say := func(id string, kind issue.StatementKind) error {
			_, _, err := s.App.MakeStatement(ctx, s.Actor("anna"), casework.StatementInput{Issue: id, Kind: kind,
				Text: "it was another day"})
			return err
		}
		story.WantFault(t, "answering what one was not told of", say(ids["found"], issue.Answer), fault.NotFoundKind, "not_found")
		d := open(t, s, "inspector", ids["found"])
		_, _, err := s.App.NotifyIssue(ctx, s.Actor("inspector"), casework.NotifyIssueInput{Step: casework.Step{ID: ids["found"],
			Version: d.Version, Reason: " "}})
		story.WantFault(t, "a notice that says nothing", err, fault.InvalidKind, "issue_told")
		if _, _, err := s.App.NotifyIssue(ctx, s.Actor("inspector"), casework.NotifyIssueInput{Step: casework.Step{ID: ids["found"],
			Version: d.Version, Reason: "请说明当天经过"}}); err != nil {
			t.Fatal(err)
		}
		f := own()
		if len(f.Lines) != 2 || f.Lines[1].Narrative != "" || f.Lines[1].Finding != "" || f.Counting != 0 {
			t.Errorf("after notice: %+v", f)
		}
		if err := say(ids["found"], issue.Correction); err != nil {
			t.Fatal(err)
		}
		asked, err := s.App.AskedCorrections(ctx, s.Actor("records"))
		if err != nil || len(asked) != 1 || asked[0].Text != "it was another day" {
			t.Fatalf("asked: %+v %v", asked, err)
		}
		in := casework.AnswerStatementInput{ID: asked[0].ID, Version: 1, State: issue.Refused, Text: "the duty book says otherwise"}
		_, err = s.App.AnswerStatement(ctx, s.Actor("anna"), in)
		story.WantFault(t, "answering oneself", err, fault.ForbiddenKind, "")
		if _, err := s.App.AnswerStatement(ctx, s.Actor("records"), in); err != nil {
			t.Fatal(err)
		}
		in.Version = 2
		_, err = s.App.AnswerStatement(ctx, s.Actor("records"), in)
		story.WantFault(t, "answering twice", err, fault.ConflictKind, "statement_state")
		if st := own().Lines[1].Statements; len(st) != 2 || st[0].Kind != issue.Told || st[0].Text != "请说明当天经过" || st[0].Own ||
			st[1].Answer != "the duty book says otherwise" || st[1].State != issue.Refused {
			t.Errorf("statements on the own file: %+v", st)
		}
		_, err = s.App.Issue(ctx, s.Actor("anna"), casework.IssueInput{ID: ids["mine"]})
		story.WantFault(t, "the official view of one's own issue", err, fault.NotFoundKind, "")
	})
}

// A records officer who is a witness in the matter neither sees nor answers
// what its subject asks to be corrected.
func TestAPartyAnswersNoStatement(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		ctx := context.Background()
		id := s.Issues(story.Seed("mine", issue.Self, "anna", "east1", "interview", 1, "2026-01-10"))["mine"]
		said, _, err := s.App.MakeStatement(ctx, s.Actor("anna"), casework.StatementInput{Issue: id, Kind: issue.Correction,
			Text: "it was another day"})
		if err != nil {
			t.Fatal(err)
		}
		seen := func() int {
			asked, err := s.App.AskedCorrections(ctx, s.Actor("records"))
			if err != nil {
				t.Fatal(err)
			}
			return len(asked)
		}
		if n := seen(); n != 1 {
			t.Fatalf("%d requests before", n)
		}
		if _, _, err := s.App.AddIssueParty(ctx, s.Actor("inspector"), casework.IssuePartyInput{IssueID: id, Person: story.Number(t, s,
			"records"), Interest: "witness"}); err != nil {
			t.Fatal(err)
		}
		if n := seen(); n != 0 {
			t.Errorf("a witness is shown %d requests", n)
		}
		_, err = s.App.AnswerStatement(ctx, s.Actor("records"), casework.AnswerStatementInput{ID: said, Version: 1, State: issue.Refused,
			Text: "the duty book says otherwise"})
		story.WantFault(t, "a witness answers", err, fault.NotFoundKind, "not_found")
	})
}

// A request that was done is answered again with where the issue now stands; to
// whoever was barred since, it is not there.
func TestARepeatedStepIsAnsweredUnderTodaysScope(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		ctx := context.Background()
		id := s.Issues(story.Seed("found", issue.Audit, "anna", "east1", "interview", 2, "2026-01-12"))["found"]
		notify := func() (casework.IssueResult, error) {
			in := casework.NotifyIssueInput{Step: casework.Step{ID: id, Version: 1, Reason: "请说明当天经过", Key: "once"}}
			out, _, err := s.App.NotifyIssue(ctx, s.Actor("inspector"), in)
			return out, err
		}
		first, err := notify()
		if err != nil {
			t.Fatal(err)
		}
		if again, err := notify(); err != nil || again != first {
			t.Errorf("%+v, then %+v: %v", first, again, err)
		}
		out, _, err := s.App.AddIssueParty(ctx, s.Actor("inspector2"), casework.IssuePartyInput{IssueID: id, Person: story.Number(t, s,
			"inspector"), Interest: "witness"})
		if err != nil {
			t.Fatal(err)
		}
		story.Uphold(t, s, out) // he works on it, so he is challenged first
		again, err := notify()
		story.WantFault(t, "repeated by a witness", err, fault.NotFoundKind, "not_found")
		if again != (casework.IssueResult{}) {
			t.Errorf("a witness learns %+v", again)
		}
	})
}

// Leadership readers say why; every opening is in the log before the answer,
// and in the ledger once per reader, person and minute, also after a crash.
func TestOpeningAFileIsLogged(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		ctx := context.Background()
		s.Issues(story.Seed("found", issue.Audit, "anna", "east1", "interview", 2, "2026-01-12"))
		in := casework.FileInput{Person: s.People["anna"]}
		_, err := s.App.PersonFile(ctx, s.Actor("reader"), in)
		story.WantFault(t, "a leader without a purpose", err, fault.InvalidKind, "purpose_required")
		in.Purpose = "because"
		_, err = s.App.PersonFile(ctx, s.Actor("reader"), in)
		story.WantFault(t, "a purpose that is no code", err, fault.InvalidKind, "purpose_required")
		in.Purpose = "appointment"
		for range 3 {
			if _, err := s.App.PersonFile(ctx, s.Actor("reader"), in); err != nil {
				t.Fatal(err)
			}
		}
		in.Purpose = ""
		f, err := s.App.PersonFile(ctx, s.Actor("inspector"), in)
		if err != nil || len(f.Lines) != 1 || f.Lines[0].Counts {
			t.Fatalf("inspector: %+v %v", f, err)
		}
		_, err = s.App.PersonFile(ctx, s.Actor("ben"), in)
		story.WantFault(t, "a colleague", err, fault.NotFoundKind, "")

		logged := func() (lines, folded int) {
			err := s.Store.View(ctx, func(ctx context.Context, v *store.View) error {
				rows, err := v.Readings(ctx, s.People["anna"], 100)
				for _, r := range rows {
					lines++
					if r.EntrySeq >= 0 {
						folded++
					}
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			return lines, folded
		}
		if n, folded := logged(); n != 4 || folded != 0 {
			t.Errorf("%d lines, %d folded, before folding", n, folded)
		}
		if n, err := s.App.FoldReadings(ctx); err != nil || n != 0 {
			t.Errorf("folded %d entries of a minute that has not passed: %v", n, err)
		}
		s.Clock.Add(2 * time.Minute)
		if n, err := s.App.FoldReadings(ctx); err != nil || n != 2 {
			t.Errorf("folded into %d entries, want one each for two readers: %v", n, err)
		}
		if n, folded := logged(); n != 4 || folded != 4 {
			t.Errorf("%d lines, %d folded", n, folded)
		}
		// The crash: the entry was committed, the mark was not.
		err = s.Store.Scratch(ctx, func(ctx context.Context, sx *store.ScratchTx) error {
			rows, err := sx.Readings(ctx, s.People["anna"], 100)
			var ids []string
			for _, r := range rows {
				ids = append(ids, r.ID)
			}
			return errors.Join(err, sx.FoldReadings(ctx, ids, -1))
		})
		if err != nil {
			t.Fatal(err)
		}
		if n, err := s.App.FoldReadings(ctx); err != nil || n != 0 {
			t.Errorf("a second run made %d more entries: %v", n, err)
		}
		if _, folded := logged(); folded != 4 {
			t.Errorf("%d folded after the second run", folded)
		}
	})
}

func TestLeadersSeeNoNamesInLists(t *testing.T) {
	s := apptest.SQLite(t)
	ctx := context.Background()
	ids := s.Issues(story.Seed("found", issue.Audit, "anna", "east1", "interview", 2, "2026-01-12"))
	l, err := s.App.Issues(ctx, s.Actor("reader"), casework.IssueListInput{Filter: issue.All()})
	if err != nil || len(l.Rows) != 1 || l.Rows[0].PersonName != "" || l.Rows[0].PersonID == s.People["anna"] {
		t.Errorf("a leader's list: %+v %v", l, err)
	}
	if l, err = s.App.Issues(ctx, s.Actor("inspector"), casework.IssueListInput{Filter: issue.All()}); err != nil ||
		l.Rows[0].PersonName != "林甲" {
		t.Errorf("an inspector's list: %+v %v", l, err)
	}
	_, err = s.App.Issue(ctx, s.Actor("reader"), casework.IssueInput{ID: ids["found"]})
	story.WantFault(t, "a row without a purpose", err, fault.InvalidKind, "purpose_required")
	if d := open(t, s, "reader", ids["found"]); d.PersonName != "林甲" {
		t.Errorf("opened with a purpose: %q", d.PersonName)
	}
	_, err = s.App.ReconciliationByPerson(ctx, s.Actor("reader"), reports.ReconPeopleInput{})
	story.WantFault(t, "the comparison by person", err, fault.ForbiddenKind, "")
}

// A list without names must not be asked about somebody: a filter that picks
// one person out is refused, and for a reader who also sees names somewhere it
// reaches no further than those. No answer to a leadership reader that was not
// opened for a purpose holds a person's id or name.
func TestListsWithoutNamesTakeNobodyAsFilter(t *testing.T) {
	s := apptest.SQLite(t)
	ctx := context.Background()
	story.PlantIssues(t, s)
	id := story.Campaign(t, s)
	story.Submit(t, s, "anna", story.List(t, s, "anna", selfcheck.Officers, false))
	for field, set := range map[string]func(*issue.Filter){
		"person":     func(f *issue.Filter) { f.Person = s.People["anna"] },
		"submission": func(f *issue.Filter) { f.Submission = story.List(t, s, "anna", selfcheck.Officers, false).ID },
		"record":     func(f *issue.Filter) { f.Record = "0198c0de-0000-7000-8000-000000000000" },
	} {
		f := issue.All()
		set(&f)
		_, err := s.App.Issues(ctx, s.Actor("reader"), casework.IssueListInput{Filter: f, Count: true})
		story.WantFault(t, field, err, fault.InvalidKind, "filter_person")
		if e := fault.As(err); e == nil || e.Field != field {
			t.Errorf("%s: the fault names %+v", field, e)
		}
		if l, err := s.App.Issues(ctx, s.Actor("chief"), casework.IssueListInput{Filter: f, Count: true}); err != nil || l.Total != 0 {
			t.Errorf("%s: the chief, who sees the names of his own unit, has %d (%v)", field, l.Total, err)
		}
		if l, err := s.App.Issues(ctx, s.Actor("inspector"), casework.IssueListInput{Filter: f, Count: true}); err != nil ||
			field == "person" && l.Total == 0 {
			t.Errorf("%s: an inspector has %d (%v)", field, l.Total, err)
		}
	}
	who := s.Actor("reader")
	var said []any
	say := func(answer any, err error) {
		if err != nil {
			t.Fatal(err)
		}
		said = append(said, answer)
	}
	for _, sort := range issue.Sorts {
		f := issue.All()
		f.Sort = sort
		l, err := s.App.Issues(ctx, who, casework.IssueListInput{Filter: f, Count: true, Limit: 7})
		say(l, err)
		if l.Next == "" || len(l.Rows) != 7 {
			t.Fatalf("%d rows show nothing", len(l.Rows))
		}
	}
	cases, err := s.App.Cases(ctx, who, inquiry.CaseFilter{}, "")
	say(cases, err)
	questions, err := s.App.Questions(ctx, who, inquiry.QuestionFilter{}, "")
	say(questions, err)
	tracks, err := s.App.Tracks(ctx, who, inquiry.TrackFilter{}, "")
	say(tracks, err)
	tasks, err := s.App.Rectifications(ctx, who, rectify.Filter{}, "")
	say(tasks, err)
	owed, err := s.App.Owed(ctx, who, appselfcheck.OwedInput{OwedFilter: selfcheck.OwedFilter{CampaignID: id}})
	say(owed.Rows, err)
	untouched, err := s.App.PeopleWithoutIssues(ctx, who, reports.PeopleWithoutIssuesInput{Category: "interview"})
	say(untouched, err)
	recon, err := s.App.Reconciliation(ctx, who, reports.ReconInput{})
	say(recon, err)
	completion, err := s.App.Completion(ctx, who, id)
	say(completion.Units, err)
	text, err := json.Marshal(said)
	if err != nil {
		t.Fatal(err)
	}
	for key, person := range s.People {
		if name := s.Actor(key).Name; bytes.Contains(text, []byte(person)) || bytes.Contains(text, []byte(name)) {
			at := max(bytes.Index(text, []byte(person)), bytes.Index(text, []byte(name)))
			t.Errorf("a leadership reader learns of %s from lists: … %s", key, text[max(0, at-120):at+40])
		}
	}
}

func TestBulkCorrection(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		ctx := context.Background()
		var seeds []apptest.IssueSeed
		for n := range 130 {
			seeds = append(seeds, story.Seed(fmt.Sprint("s", n), issue.Self, "anna", "east1", "interview", n%2,
				roster.Date("2025-03-01").AddDays(n)))
		}
		seeds = append(seeds, story.Seed("ordinary", issue.Self, "anna", "east1", "interview", 2, "2026-01-01"),
			story.Seed("found", issue.Audit, "anna", "east1", "duty_discipline", 1, "2026-01-01"),
			story.Seed("his own", issue.Self, "east1head", "east1", "interview", 1, "2026-01-01"),
			story.Seed("elsewhere", issue.Self, "cara", "east2", "interview", 1, "2026-01-01"))
		s.Issues(seeds...)
		head := s.Actor("east1head")
		p, err := s.App.PreviewBulkCorrection(ctx, head, casework.BulkInput{MaxSeverity: 5})
		if err != nil || p.Count != 130 || p.BySeverity[0] != 65 || p.BySeverity[1] != 65 || p.Unit != s.Units["east1"] ||
			len(p.Sample) != 20 {
			t.Fatalf("preview: %+v %v", p, err)
		}
		_, err = s.App.PreviewBulkCorrection(ctx, head, casework.BulkInput{Unit: s.Units["east2"], MaxSeverity: 1})
		story.WantFault(t, "another unit", err, fault.NotFoundKind, "")
		in := casework.BulkCorrectInput{Unit: p.Unit, MaxSeverity: 1, Count: 129, Key: "once"}
		_, _, err = s.App.BulkCorrect(ctx, head, in)
		story.WantFault(t, "a number that is no longer true", err, fault.ConflictKind, "bulk_changed")
		in.Count = 130
		out, _, err := s.App.BulkCorrect(ctx, head, in)
		if err != nil || out.Corrected != 130 || out.Refused != 0 || len(out.Rows) != 130 {
			t.Fatalf("bulk: %+v %v", out, err)
		}
		again, _, err := s.App.BulkCorrect(ctx, head, in)
		if err != nil || again.ID != out.ID || !slices.Equal(again.Rows, out.Rows) {
			t.Errorf("the same request again: %+v %v", again, err)
		}
		f := issue.All()
		f.State = issue.Corrected
		l, err := s.App.Issues(ctx, s.Actor("inspector"), casework.IssueListInput{Filter: f, Count: true})
		if err != nil || l.Total != 130 {
			t.Errorf("%d are corrected: %v", l.Total, err)
		}
		if p, err = s.App.PreviewBulkCorrection(ctx, head, casework.BulkInput{MaxSeverity: 1}); err != nil || p.Count != 0 {
			t.Errorf("left over: %+v %v", p, err)
		}
	})
}

// TestBulkCorrectionSaysWhatItRefused: under a pack by which a head corrects S0
// only, an S1 issue is looked at and left, with the reason, and holds up none of
// the others; the repeated request says the same and takes in nothing that came
// later.
func TestBulkCorrectionSaysWhatItRefused(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		ctx := context.Background()
		pack := *s.App.Pack()
		pack.Review.SpotCorrectMaxSeverity = 0
		strict, err := app.New(app.Config{Store: s.Store, Secret: apptest.Secret, Pack: &pack})
		if err != nil {
			t.Fatal(err)
		}
		severe := []int{3, 59, 60, 61, 129} // at the seams of the chunks
		var seeds []apptest.IssueSeed
		for n := range 130 {
			severity := 0
			if slices.Contains(severe, n) {
				severity = 1
			}
			seeds = append(seeds, story.Seed(fmt.Sprint("s", n), issue.Self, "anna", "east1", "interview", severity,
				roster.Date("2025-03-01").AddDays(n)))
		}
		ids := s.Issues(seeds...)
		head := s.Actor("east1head")
		in := casework.BulkCorrectInput{Unit: s.Units["east1"], MaxSeverity: 1, Count: 130, Key: "once"}
		out, _, err := strict.BulkCorrect(ctx, head, in)
		if err != nil || out.Corrected != 125 || out.Refused != 5 || len(out.Rows) != 130 {
			t.Fatalf("%d corrected, %d refused, %d rows, %v", out.Corrected, out.Refused, len(out.Rows), err)
		}
		var refused, want []string
		for _, n := range severe {
			want = append(want, ids[fmt.Sprint("s", n)])
		}
		for _, r := range out.Rows {
			if !r.Corrected {
				refused = append(refused, r.ID)
			}
			if r.Ref == "" || r.Corrected != (r.Reason == "") || !r.Corrected && r.Reason != "issue_too_severe_to_correct" {
				t.Errorf("%+v", r)
			}
		}
		slices.Sort(want)
		if !slices.Equal(refused, want) {
			t.Errorf("refused %v, want %v", refused, want)
		}
		later := s.Issues(story.Seed("later", issue.Self, "anna", "east1", "interview", 0, "2026-01-01"))["later"]
		again, _, err := strict.BulkCorrect(ctx, head, in)
		if err != nil || again.ID != out.ID || again.Corrected != 125 || again.Refused != 5 {
			t.Errorf("the same request again: %d corrected, %d refused, %v", again.Corrected, again.Refused, err)
		}
		if d, err := s.App.Issue(ctx, s.Actor("inspector"), casework.IssueInput{ID: later}); err != nil || d.State != issue.Registered {
			t.Errorf("what came later is %s, %v", d.State, err)
		}
	})
}

// Each number of the comparison is the length of the list that it opens.
func TestReconciliationAgreesWithItsLists(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		ctx := context.Background()
		var seeds []apptest.IssueSeed
		people := [][2]string{{"anna", "east1"}, {"ben", "east1"}, {"cara", "east2"}, {"easthead", "east"}, {"dong", "west1"},
			{"inspector", "office"}}
		n := 0
		for _, p := range people {
			person, unit := p[0], p[1]
			for _, c := range []string{"interview", "supervision"} {
				for k := range 4 {
					source := issue.Self
					if (n+k)%3 == 0 {
						source = issue.Audit
					}
					seeds = append(seeds, story.Seed(fmt.Sprint(n, k), source, person, unit, c, k,
						roster.Date("2025-02-01").AddDays(60*((n*3+k*2)%7))))
				}
				n++
			}
		}
		s.Issues(seeds...)
		for _, actor := range []string{"inspector", "eastinspector", "reader"} {
			for _, in := range []reports.ReconInput{{}, {From: "2025-04", To: "2025-10"}} {
				r, err := s.App.Reconciliation(ctx, s.Actor(actor), in)
				if err != nil {
					t.Fatal(err)
				}
				lines := append(append([]reports.ReconLine{r.Total}, r.ByCategory...), r.ByUnit...)
				for _, l := range lines {
					for _, c := range []issue.Cell{issue.Both, issue.SelfOnly, issue.AuditOnly, issue.Counterpart} {
						f := l.Filter
						f.Cell = c
						list, err := s.App.Issues(ctx, s.Actor(actor), casework.IssueListInput{Filter: f, Count: true})
						if err != nil || list.Total != l.Cells.Of(c) {
							t.Errorf("%s %s %s %+v: the page says %d, the list has %d (%v)", actor, l.Code, c, in, l.Cells.Of(c),
								list.Total, err)
						}
					}
				}
				var sum issue.Cells
				for _, l := range r.ByUnit {
					sum.Sum(l.Cells)
				}
				if total := r.Total.Cells; sum.Both != total.Both || sum.SelfOnly != total.SelfOnly || sum.AuditOnly != total.AuditOnly {
					t.Errorf("%s %+v: the units make %+v, the total is %+v", actor, in, sum, total)
				}
				if r.Total.Cells.Neither == 0 || r.Total.Cells.AuditOnly == 0 {
					t.Errorf("%s: empty cells prove nothing: %+v", actor, r.Total.Cells)
				}
			}
		}
		p, err := s.App.ReconciliationByPerson(ctx, s.Actor("eastinspector"), reports.ReconPeopleInput{})
		if err != nil || len(p.Rows) != 3 {
			t.Fatalf("by person: %+v %v", p, err)
		}
		for _, row := range p.Rows {
			f := p.Filter
			f.Person, f.Cell = row.PersonID, issue.AuditOnly
			list, err := s.App.Issues(ctx, s.Actor("eastinspector"), casework.IssueListInput{Filter: f, Count: true})
			if err != nil || list.Total != row.AuditOnly {
				t.Errorf("%s: %d, list %d (%v)", row.PersonName, row.AuditOnly, list.Total, err)
			}
		}
	})
}

// A file lists tasks and lists of answers as lines of their own; a notice is on
// the subject's to-do page until he says something; a granted request names the
// acts that corrected the issue.
func TestFileLinesNoticesAndCorrections(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		ctx := context.Background()
		story.Campaign(t, s)
		i := story.Audited(t, s, "anna", "east1", 3, "2026-01-10")
		story.Triage(t, s, i.ID, 2, "")
		noticed := func() int64 {
			t.Helper()
			todo, err := s.App.ToDo(ctx, s.Actor("anna"))
			if err != nil {
				t.Fatal(err)
			}
			return todo.Noticed
		}
		if noticed() != 0 {
			t.Error("the to-do page tells of a record before the notice")
		}
		if f, err := s.App.OwnFile(ctx, s.Actor("anna")); err != nil || len(f.Lines)+len(f.Tasks) != 0 || len(f.Lists) != 1 {
			t.Errorf("own file before the notice: %+v, %v", f, err)
		}
		if _, _, err := s.App.Dispatch(ctx, s.Actor("inspector"), casework.DispatchInput{IssueID: i.ID, Lead: "office",
			Task: "retrain"}); err != nil {
			t.Fatal(err)
		}
		if f, err := s.App.OwnFile(ctx, s.Actor("anna")); err != nil || len(f.Tasks) != 0 {
			t.Errorf("a task tells of a record before the notice: %+v, %v", f, err)
		}
		d, err := s.App.Issue(ctx, s.Actor("inspector"), casework.IssueInput{ID: i.ID})
		if err != nil {
			t.Fatal(err)
		}
		r, _, err := s.App.NotifyIssue(ctx, s.Actor("inspector"), casework.NotifyIssueInput{Step: casework.Step{ID: i.ID,
			Version: d.Version, Reason: "请说明当天经过"}})
		if err != nil {
			t.Fatal(err)
		}
		version := r.Version
		if noticed() != 1 {
			t.Error("the notice is not on the to-do page")
		}
		st, _, err := s.App.MakeStatement(ctx, s.Actor("anna"), casework.StatementInput{Issue: i.ID, Kind: issue.Correction,
			Text: "that day I was on leave"})
		if err != nil {
			t.Fatal(err)
		}
		if noticed() != 0 {
			t.Error("still waiting after the subject has spoken")
		}
		f, err := s.App.OwnFile(ctx, s.Actor("anna"))
		if err != nil || len(f.Tasks) != 1 || f.Tasks[0].ID != "" || len(f.Lists) != 1 || f.Lists[0].State != selfcheck.Assigned {
			t.Fatalf("own file %+v, %v", f, err)
		}
		if f, err = s.App.PersonFile(ctx, s.Actor("inspector"), casework.FileInput{Person: s.People["anna"]}); err != nil ||
			len(f.Tasks) != 1 || f.Tasks[0].ID == "" || f.Lists[0].ID != "" {
			t.Errorf("the inspector's view %+v, %v", f, err)
		}
		if _, err := s.App.AnswerStatement(ctx, s.Actor("records"), casework.AnswerStatementInput{ID: st, Version: 1, State: issue.Granted,
			Text: "the roster says so"}); err != nil {
			t.Fatal(err)
		}
		changed := func() []casework.HistoryLine {
			t.Helper()
			f, err := s.App.OwnFile(ctx, s.Actor("anna"))
			if err != nil || len(f.Lines[0].Statements) != 2 {
				t.Fatalf("%+v, %v", f, err)
			}
			return f.Lines[0].Statements[1].Changed
		}
		if c := changed(); len(c) != 0 {
			t.Errorf("corrected before anybody did: %+v", c)
		}
		if _, _, err := s.App.WithdrawIssue(ctx, s.Actor("inspector"), casework.WithdrawIssueInput{Step: casework.Step{ID: i.ID,
			Version: version, Reason: "not him"}}); err != nil {
			t.Fatal(err)
		}
		if c := changed(); len(c) != 0 { // he was told of it: one person sets it aside no more
			t.Errorf("withdrawn by one person: %+v", c)
		}
		list, err := s.App.Proposals(ctx, s.Actor("inspector2"), approval.ProposalFilter{Waits: true}, "")
		if err != nil || len(list.Rows) != 1 {
			t.Fatalf("%d proposals wait for a second inspector (%v)", len(list.Rows), err)
		}
		if err := (story.New(t, s)).Approve("inspector2", list.Rows[0].ID); err != nil {
			t.Fatal(err)
		}
		if c := changed(); len(c) != 1 || c[0].Verb != "issue.withdraw" || c[0].Seq <= 0 {
			t.Errorf("what was changed: %+v", c)
		}
	})
}

// A key that was used on one issue is a conflict on another, and not the first
// answer again: the second party would never have been recorded.
func TestAKeyBelongsToItsIssue(t *testing.T) {
	s := apptest.SQLite(t)
	ids := s.Issues(
		story.Seed("first", issue.Audit, "anna", "east1", "interview", 2, "2026-01-12"),
		story.Seed("second", issue.Audit, "anna", "east1", "interview", 2, "2026-01-13"))
	person, err := s.App.Person(ctx, s.Actor("records"), s.People["cara"])
	if err != nil {
		t.Fatal(err)
	}
	party := func(name string) (string, error) {
		id, _, err := s.App.AddIssueParty(ctx, s.Actor("inspector"), casework.IssuePartyInput{IssueID: ids[name], Key: "one",
			Person: person.PersonnelNo, Interest: "complainant"})
		return id, err
	}
	first, err := party("first")
	if err != nil {
		t.Fatal(err)
	}
	if again, err := party("first"); err != nil || again != first {
		t.Errorf("the same again: %q %v, want %q", again, err, first)
	}
	_, err = party("second")
	story.WantFault(t, "the key of another issue", err, fault.ConflictKind, "key_reused")
}
