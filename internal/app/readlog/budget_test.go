package readlog_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"plumbline/internal/app/approval"
	"plumbline/internal/app/casework"
	"plumbline/internal/app/desk"
	"plumbline/internal/app/readlog"
	"plumbline/internal/app/reports"
	"plumbline/internal/apptest"
	"plumbline/internal/apptest/story"
	"plumbline/internal/fault"
	"plumbline/internal/issue"
	"plumbline/internal/roster"
	"plumbline/internal/rules"
)

// What is opened and taken out in a day is counted, and beyond the budget of
// the role somebody else has to agree.
func TestBeyondTheDaysBudgetASecondPersonAgrees(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		ctx := context.Background()
		s.App.Pack().Budgets = []rules.Budget{{Role: "leadership_reader", Openings: 2, Exports: 1},
			{Role: "inspector", Openings: 3, Exports: 1}} // the small bureau has few issues
		var seeds []apptest.IssueSeed
		for n := range 4 {
			seeds = append(seeds, story.Seed(fmt.Sprint(n), issue.Audit, "anna", "east1", "interview", 2, "2026-01-12"))
		}
		ids := s.Issues(seeds...)
		opens := func(n int) error {
			_, err := s.App.Issue(ctx, s.Actor("reader"), casework.IssueInput{ID: ids[fmt.Sprint(n)], Purpose: "supervision"})
			return err
		}
		for _, n := range []int{0, 1, 0, 1} { // the same again costs nothing
			if err := opens(n); err != nil {
				t.Fatal(err)
			}
		}
		story.WantFault(t, "a third issue", opens(2), fault.TooManyKind, "budget_openings")
		if _, err := s.App.PersonFile(ctx, s.Actor("reader"), casework.FileInput{Person: s.People["anna"],
			Purpose: "supervision"}); !fault.Is(err, fault.TooManyKind) {
			t.Errorf("a file: %v", err)
		}
		takes := func() error {
			e, _, err := s.App.ExportIssues(ctx, s.Actor("inspector"), reports.IssueExportInput{Filter: issue.All(),
				Format: desk.FormatCSV})
			if err == nil {
				err = e.Close()
			}
			return err
		}
		if err := takes(); err != nil {
			t.Fatal(err)
		}
		story.WantFault(t, "a second export", takes(), fault.TooManyKind, "budget_exports")

		ask := func(who string) string {
			id, _, err := s.App.ExtendBudget(ctx, s.Actor(who), readlog.ExtendBudgetInput{Reason: "the party committee meets tomorrow"})
			if err != nil {
				t.Fatalf("%s asks: %v", who, err)
			}
			return id
		}
		id := ask("reader")
		if b, err := s.App.Budget(ctx, s.Actor("reader")); err != nil || !b.Pending ||
			b.Openings != (readlog.BudgetLine{Allowed: 2, Used: 2}) || b.RenewsOn != "2026-03-03" {
			t.Errorf("the budget: %+v %v", b, err)
		}
		story.WantFault(t, "before anybody agreed", opens(2), fault.TooManyKind, "budget_openings")
		agree := func(who, id string) error {
			_, err := s.App.ApproveProposal(ctx, s.Actor(who), approval.ProposalInput{ID: id, Version: 1})
			return err
		}
		if err := agree("reader", id); err == nil {
			t.Error("he agreed with himself")
		}
		if err := agree("inspector", id); err == nil {
			t.Error("an inspector agreed, who is of no deciding body")
		}
		if err := agree("body", id); err != nil {
			t.Fatal(err)
		}
		for n := range 4 {
			if err := opens(n); err != nil {
				t.Errorf("after it was agreed: %v", err)
			}
		}
		if err := agree("body", ask("inspector")); err != nil {
			t.Fatal(err)
		}
		if err := takes(); err != nil {
			t.Errorf("an export after it was agreed: %v", err)
		}
		s.Clock.Add(24 * time.Hour)
		if b, err := s.App.Budget(ctx, s.Actor("reader")); err != nil || b.Openings != (readlog.BudgetLine{Allowed: 2}) || b.Extended != 0 {
			t.Errorf("the next day: %+v %v", b, err)
		}
		if err := opens(3); err != nil {
			t.Errorf("the next day: %v", err)
		}
	})
}

// A file that may not be opened any more today is not taken, and is not counted
// as if it were.
func TestARefusedFileIsNotCountedAsTaken(t *testing.T) {
	s := apptest.SQLite(t)
	ctx := context.Background()
	s.App.Pack().Budgets = []rules.Budget{{Role: "inspector", Openings: 1, Exports: 5}}
	take := func(key string) error {
		e, _, err := s.App.ExportFile(ctx, s.Actor("inspector"), casework.FileExportInput{Person: s.People[key], Purpose: "supervision"})
		if err == nil {
			err = e.Close()
		}
		return err
	}
	if err := take("anna"); err != nil {
		t.Fatal(err)
	}
	story.WantFault(t, "a second file", take("ben"), fault.TooManyKind, "budget_openings")
	if b, err := s.App.Budget(ctx, s.Actor("inspector")); err != nil || b.Exports != (readlog.BudgetLine{Allowed: 5, Used: 1}) {
		t.Errorf("the budget: %+v %v", b, err)
	}
}

// Every role that may open people's files or take something out has a budget, and may
// ask for more.
func TestEveryRoleThatOpensHasABudget(t *testing.T) {
	s := apptest.SQLite(t)
	for _, role := range roster.Roles {
		who := &roster.Actor{Held: []roster.Held{{Role: role, Unit: "x"}}}
		opens, takes := s.App.May(who, "file.read"), false
		for _, op := range []string{"issue.export", "report.export", "file.export", "case.export", "batch.errors"} {
			takes = takes || s.App.May(who, op)
		}
		openings, exports := 0, 0
		for _, b := range s.App.Pack().Budgets {
			if b.Role == string(role) {
				openings, exports = b.Openings, b.Exports
			}
		}
		if opens && openings == 0 || takes && exports == 0 || (opens || takes) && !s.App.May(who, "budget.extend") {
			t.Errorf("%s: opens %v with a budget of %d, takes out %v with a budget of %d", role, opens, openings, takes, exports)
		}
	}
}
