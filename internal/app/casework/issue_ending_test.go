package casework_test

import (
	"context"
	"fmt"
	"testing"

	"plumbline/internal/app/approval"
	"plumbline/internal/app/casework"
	appintake "plumbline/internal/app/intake"
	"plumbline/internal/apptest"
	"plumbline/internal/apptest/story"
	"plumbline/internal/fault"
	"plumbline/internal/issue"
	"plumbline/internal/rectify"
	"plumbline/internal/roster"
	"plumbline/internal/store"
)

// stored is the issue as it lies in the database.
func stored(t *testing.T, s *apptest.Site, id string) *issue.Issue {
	t.Helper()
	var out *issue.Issue
	err := s.Store.View(context.Background(), func(ctx context.Context, v *store.View) (err error) {
		out, err = v.Issue(ctx, id, roster.Scope{All: true})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestOneAccountEndsNothingSevere takes an issue that came in at S3 through
// every way that one inspector has: he lowers it first, in the same act or in an
// act of its own, then takes any road to an end, twice. It stays open. A second
// inspector then carries out what the first proposed.
func TestOneAccountEndsNothingSevere(t *testing.T) {
	s := apptest.SQLite(t)
	ctx := context.Background()
	const columns = "姓名,警号,单位,问题类别,发生时间,受理日期,问题描述,严重程度\n"
	triage := func(id string, severity int, d issue.Act) error {
		_, _, err := s.App.TriageIssue(ctx, s.Actor("inspector"), casework.TriageIssueInput{Step: casework.Step{ID: id,
			Version: stored(t, s, id).Version, Reason: "looked at"},
			Severity: severity, Category: "interview", Decision: d, Task: "train the window"})
		return err
	}
	step := func(id string) casework.Step {
		return casework.Step{ID: id, Version: stored(t, s, id).Version, Reason: "nothing in it"}
	}
	lower := map[string]func(id string){
		"as it came": func(string) {},
		"lowered":    func(id string) { _ = triage(id, 0, "") },
		"lowered, then raised to S2": func(id string) {
			_, _ = triage(id, 0, ""), triage(id, 2, "")
		},
		"sent to rectification": func(id string) { _ = triage(id, 1, issue.ActRectify) },
		"referred":              func(id string) { _ = triage(id, 3, issue.ActRefer) },
		"lowered and referred":  func(id string) { _ = triage(id, 0, issue.ActRefer) },
	}
	ends := map[string]func(id, keep string, m appintake.MatchRow) error{
		"triaged and rejected":  func(id, _ string, _ appintake.MatchRow) error { return triage(id, 0, issue.ActReject) },
		"triaged and corrected": func(id, _ string, _ appintake.MatchRow) error { return triage(id, 0, issue.ActCorrect) },
		"rejected": func(id, _ string, _ appintake.MatchRow) error {
			_, _, err := s.App.RejectIssue(ctx, s.Actor("inspector"), casework.RejectIssueInput{Step: step(id)})
			return err
		},
		"withdrawn": func(id, _ string, _ appintake.MatchRow) error {
			_, _, err := s.App.WithdrawIssue(ctx, s.Actor("inspector"), casework.WithdrawIssueInput{Step: step(id)})
			return err
		},
		"merged": func(id, keep string, _ appintake.MatchRow) error {
			_, _, err := s.App.MergeIssue(ctx, s.Actor("inspector"), casework.MergeIssueInput{Step: step(id), Into: keep})
			return err
		},
		"match undone": func(_, _ string, m appintake.MatchRow) error {
			_, _, err := s.App.UndoMatch(ctx, s.Actor("inspector"), appintake.UndoInput{ID: m.ID, Version: m.Version,
				Reason: "another person"})
			return err
		},
		"batch withdrawn": func(_, _ string, m appintake.MatchRow) error {
			_, _, err := s.App.WithdrawBatch(ctx, s.Actor("inspector"), appintake.BatchInput{ID: m.BatchID, Reason: "wrong file"})
			s.Jobs()
			return err
		},
	}
	day, waited := 1, 0
	for how, before := range lower {
		for name, end := range ends {
			day++
			what := how + ", " + name
			on := roster.Date("2025-01-01").AddDays(day)
			story.ImportFile(t, s, story.PetitionFile(columns+fmt.Sprintf("林甲,100011,单位east1,态度生硬,%s,2026-02-10,窗口态度生硬 %d,3\n", on, day)))
			keep := s.Issues(story.Seed("keep", issue.Audit, "anna", "east1", "interview", 1, on))["keep"]
			var id string
			var m appintake.MatchRow
			rows, _, _, err := s.App.Matches(ctx, s.Actor("inspector"), appintake.MatchFilter{}, "", 100)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range rows {
				if r.EventOn == string(on) {
					id, m = r.IssueID, r
				}
			}
			if i := stored(t, s, id); i.Severity != 3 || i.State != issue.Registered {
				t.Fatalf("%s: imported as %+v", what, i)
			}
			before(id)
			_, _ = end(id, keep, m), end(id, keep, m)
			if i := stored(t, s, id); i.State.Settled() {
				t.Errorf("%s: one account brought it to %s", what, i.State)
			}
			page, err := s.App.Proposals(ctx, s.Actor("inspector2"), approval.ProposalFilter{Waits: true}, "")
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range page.Rows {
				waited++
				if _, err := s.App.ApproveProposal(ctx, s.Actor("inspector2"),
					approval.ProposalInput{ID: p.ID, Version: p.Version}); err != nil {
					t.Errorf("%s: a second inspector agrees: %v", what, err)
					continue
				}
				s.Jobs()
				if i := stored(t, s, id); !i.State.Settled() {
					t.Errorf("%s: two agreed, and it is %s", what, i.State)
				}
			}
		}
	}
	if waited < 4*len(lower)-4 { // merging is not legal in every state
		t.Errorf("only %d ends waited for a second person", waited)
	}
}

// TestARejectionIsProposedByAPerson: two accounts of one person are one.
func TestARejectionIsProposedByAPerson(t *testing.T) {
	s := apptest.SQLite(t)
	ctx := context.Background()
	id := s.Issues(story.Seed("severe", issue.Audit, "anna", "east1", "interview", 4, "2026-01-01"))["severe"]
	reject := func(who *roster.Actor, version int64) (casework.IssueResult, error) {
		r, _, err := s.App.RejectIssue(ctx, who, casework.RejectIssueInput{Step: casework.Step{ID: id, Version: version,
			Reason: "nothing in it"}})
		return r, err
	}
	if r, err := reject(s.Actor("inspector"), 1); err != nil || !r.Pending || r.State.Settled() {
		t.Fatalf("proposed: %+v %v", r, err)
	}
	twin := *s.Actor("inspector2")
	twin.Person = s.Actor("inspector").Person
	if _, err := reject(&twin, 2); story.CodeOf(err) != "issue_second_person" {
		t.Errorf("another account of the same person: %v", err)
	}
	if r, err := reject(s.Actor("inspector2"), 2); err != nil || r.State != issue.Rejected {
		t.Errorf("a second person: %+v %v", r, err)
	}
}

// TestTheHeadSettlesNoComplaintAgainstHisStaff: neither one by one nor in bulk,
// and the page offers no button that cannot succeed.
func TestTheHeadSettlesNoComplaintAgainstHisStaff(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		ctx := context.Background()
		ids := s.Issues(story.Seed("declared", issue.Self, "ben", "east1", "interview", 1, "2026-01-01"),
			story.Seed("complaint", issue.Audit, "anna", "east1", "interview", 1, "2026-01-02"),
			story.Seed("severe once", issue.Self, "ben", "east1", "duty_discipline", 3, "2026-01-03"))
		head := s.Actor("east1head")
		if _, _, err := s.App.TriageIssue(ctx, s.Actor("inspector"), casework.TriageIssueInput{Step: casework.Step{ID: ids["severe once"],
			Version: 1}, Severity: 1, Category: "duty_discipline"}); err != nil {
			t.Fatal(err)
		}
		for name, want := range map[string]string{"complaint": "issue_correct_found", "severe once": "issue_needs_two", "declared": ""} {
			d, err := s.App.Issue(ctx, head, casework.IssueInput{ID: ids[name]})
			if err != nil {
				t.Fatal(err)
			}
			offered := false
			for _, a := range d.May {
				offered = offered || a == issue.ActCorrect
			}
			if offered != (want == "") || (d.NoCorrect == nil) != (want == "") || want != "" && d.NoCorrect.Code != want {
				t.Errorf("%s: offered %t, because of %v; want %q", name, offered, d.NoCorrect, want)
			}
			_, _, err = s.App.CorrectIssue(ctx, head, casework.CorrectIssueInput{Step: casework.Step{ID: ids[name], Version: d.Version}})
			if story.CodeOf(err) != want || err != nil && !fault.Is(err, fault.InvalidKind) {
				t.Errorf("%s: %v, want %q", name, err, want)
			}
		}
		if p, err := s.App.PreviewBulkCorrection(ctx, head, casework.BulkInput{MaxSeverity: 1}); err != nil || p.Count != 0 {
			t.Errorf("in bulk: %+v %v", p, err)
		}
	})
}

// TestTriageToRectifyingIsATask: the decision and the task are one act, with one
// entry for each, and nobody is made to answer for what he may not open.
func TestTriageToRectifyingIsATask(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		ctx := context.Background()
		id := s.Issues(story.Seed("found", issue.Audit, "anna", "east1", "interview", 1, "2026-01-01"))["found"]
		in := casework.TriageIssueInput{Step: casework.Step{ID: id, Version: 1}, Severity: 1, Category: "interview",
			Decision: issue.ActRectify}
		try := func(what, want, field string) {
			t.Helper()
			_, _, err := s.App.TriageIssue(ctx, s.Actor("inspector"), in)
			if story.CodeOf(err) != want || fault.As(err).Field != field {
				t.Errorf("%s: %v, want %s at %s", what, err, want, field)
			}
			if i := stored(t, s, id); i.State != issue.Registered {
				t.Fatalf("%s: the issue is %s without a task", what, i.State)
			}
		}
		try("no task", "required", "task")
		in.Task, in.Lead = "train the window", "office"
		in.Owner = story.Number(t, s, "dong") // an officer of another unit
		try("an owner without a role", "owner_cannot_see", "owner")
		in.Owner = story.Number(t, s, "anna") // the subject
		try("the subject", "owner_cannot_see", "owner")
		in.Owner = story.Number(t, s, "lead")
		if _, _, err := s.App.TriageIssue(ctx, s.Actor("inspector"), in); err != nil {
			t.Fatal(err)
		}
		if i := stored(t, s, id); i.State != issue.Rectifying {
			t.Errorf("the issue is %s", i.State)
		}
		page, err := s.App.Rectifications(ctx, s.Actor("lead"), rectify.Filter{}, "")
		if err != nil || page.Total != 1 || page.Rows[0].IssueID != id || page.Rows[0].Lead.Name != "单位office" {
			t.Fatalf("the lead department's tasks: %+v %v", page, err)
		}
		v, err := s.App.Rectification(ctx, s.Actor("lead"), page.Rows[0].ID, "")
		if err != nil || v.Owner.Number != in.Owner || v.Task != in.Task || len(v.History) != 1 || v.DueOn == "" {
			t.Errorf("the task: %+v %v", v, err)
		}
		_, _, err = s.App.Dispatch(ctx, s.Actor("inspector"), casework.DispatchInput{IssueID: id, Task: "more",
			Owner: story.Number(t, s, "dong")})
		story.WantCode(t, "dispatch to who may not see it", err, "owner_cannot_see")
	})
}
