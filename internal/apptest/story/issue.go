package story

import (
	"context"
	"fmt"
	"net/url"
	"testing"

	"plumbline/internal/app/casework"
	appcustody "plumbline/internal/app/custody"
	"plumbline/internal/app/reports"
	appselfcheck "plumbline/internal/app/selfcheck"
	"plumbline/internal/apptest"
	"plumbline/internal/custody"
	"plumbline/internal/fault"
	"plumbline/internal/inquiry"
	"plumbline/internal/issue"
	"plumbline/internal/ledger"
	"plumbline/internal/report"
	"plumbline/internal/roster"
	"plumbline/internal/selfcheck"
	"plumbline/internal/store"
)

// TheIssue is the id of the only issue of the site.
func TheIssue(t *testing.T, s *apptest.Site) string {
	t.Helper()
	return s.Issues(apptest.IssueSeed{Name: "one", Source: issue.Self, Person: "anna", Unit: "east1", Category: "interview", Severity: 1,
		Event: "2026-02-01"})["one"]
}

// ProposeExpungement proposes it as somebody, and gives the id of the proposal.
func ProposeExpungement(s *apptest.Site, who, id string, g custody.Ground) (string, error) {
	e, _, err := s.App.ProposeExpungement(context.Background(), s.Actor(who), appcustody.ProposeExpungementInput{
		RecordInput: appcustody.RecordInput{Kind: custody.IssueRecord, Record: id}, Ground: g, Reason: "理由"})
	return e, err
}

// Audited registers an audit issue of a person and gives it back.
func Audited(t *testing.T, s *apptest.Site, person, unit string, tier int, on roster.Date) *issue.Issue {
	t.Helper()
	i := issue.NewAudit(issue.Found{ID: store.NewID(), SourceCode: "petition", Person: s.People[person], Unit: s.Units[unit], Tier: tier,
		Category: "interview", Severity: 1, EventOn: on, ReceivedOn: on, At: s.Clock.Now()})
	_, err := s.Store.Update(context.Background(), store.Call{Account: "program:test", Op: "test.issue"}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		return []ledger.Fact{{Verb: "test.issue", Kind: "issue", ID: i.ID}}, "", tx.AddIssues(ctx, []*issue.Issue{i},
			issue.TimingOf(s.App.Pack()))
	})
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// Triage takes an issue on to what comes next.
func Triage(t *testing.T, s *apptest.Site, id string, severity int, next issue.Act) casework.IssueResult {
	t.Helper()
	r, _, err := s.App.TriageIssue(context.Background(), s.Actor("inspector"),
		casework.TriageIssueInput{Step: casework.Step{ID: id, Version: 1}, Severity: severity, Category: "interview", Decision: next})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// QuestionsOn lists the questions of an issue as the bureau's body sees them.
func QuestionsOn(t *testing.T, s *apptest.Site, issueID string) []casework.QuestionRow {
	t.Helper()
	p, err := s.App.Questions(context.Background(), s.Actor("body"), inquiry.QuestionFilter{IssueID: issueID}, "")
	if err != nil {
		t.Fatal(err)
	}
	return p.Rows
}

// Seed describes an issue that is to be planted.
func Seed(name string, source issue.Source, person, unit, category string, severity int, event roster.Date) apptest.IssueSeed {
	return apptest.IssueSeed{Name: name, Source: source, Person: person, Unit: unit, Category: category, Severity: severity, Event: event}
}

// PlantIssues writes issues about several people of several units, in states and
// months that differ.
func PlantIssues(t *testing.T, s *apptest.Site) int {
	t.Helper()
	people := []struct{ person, unit string }{
		{"anna", "east1"}, {"ben", "east1"}, {"cara", "east2"}, {"dong", "west1"}, {"erin", "west2"}, {"chief", "bureau"}, {"easthead",
			"east"}, {"inspector", "office"},
	}
	tiers := map[string]int{"bureau": 1, "east": 2, "west": 2, "office": 2}
	n := 0
	_, err := s.Store.Update(context.Background(), store.Call{Account: "program:test", Op: "test.plant"}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		var rows []*issue.Issue
		for k, p := range people {
			for i := range 4 + k {
				id := tx.NewID()
				tier := tiers[p.unit]
				if tier == 0 {
					tier = 3
				}
				row := &issue.Issue{Stamp: ledger.Stamp{ID: id}, Ref: fmt.Sprintf("R%d-%d", k, i), Source: issue.Self,
					Category: []string{"duty_discipline", "gifts_business", "interview"}[i%3],
					Severity: i % 6, PersonID: s.People[p.person], UnitID: s.Units[p.unit], Tier: tier, EventOn: roster.Date(fmt.Sprintf("2026-0%d-11", 1+i%2)),
					Month: fmt.Sprintf("2026-0%d", 1+i%2), Received: "2026-02-20", State: issue.States[(i+k)%len(issue.States)], NarrativeC: ledger.Commitment{}}
				if i%2 == 1 {
					row.Source, row.SourceCode, row.Disclosure = issue.Audit, "petition", issue.NotDisclosed
					if i%4 == 1 {
						row.Disclosure = issue.BeforeRecord
					}
				}
				rows = append(rows, row)
				n++
			}
		}
		earliest := make(map[string]*issue.Issue) // of each person and category, what the comparison calls the first
		for _, r := range rows {
			key := r.PersonID + r.Category
			if e := earliest[key]; r.State.Live() && (e == nil || r.EventOn < e.EventOn) {
				earliest[key] = r
			}
		}
		for _, r := range earliest {
			r.FirstOfKey = true
		}
		return []ledger.Fact{{Verb: "test.plant", Kind: "issue", ID: "plant"}}, "", tx.Insert(ctx, rows)
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// Behind opens the list behind a number that is not one of issues and counts
// its rows page by page.
func Behind(t *testing.T, s *apptest.Site, who *roster.Actor, list report.List, q url.Values) (n int64, ok bool) {
	t.Helper()
	switch list {
	case report.Lists:
		in := appselfcheck.OwedInput{Limit: 3, OwedFilter: selfcheck.OwedFilter{CampaignID: q.Get("campaign"), UnitID: q.Get("unit"),
			Only: q.Get("only") == "1", Of: selfcheck.Owing(q.Get("of"))}}
		for {
			page, err := s.App.Owed(ctx, who, in)
			if fault.Is(err, fault.ForbiddenKind) {
				return 0, false
			}
			if err != nil {
				t.Fatal(err)
			}
			n += int64(len(page.Rows))
			if in.Cursor = page.Next; in.Cursor == "" {
				if n != page.Total {
					t.Errorf("%d rows of %d", n, page.Total)
				}
				return n, true
			}
		}
	case report.Completion:
		l, err := s.App.CompletionOf(ctx, who, appselfcheck.CompletionInput{ID: q.Get("campaign"), Near: q.Get("unit"),
			Only: q.Get("only") == "1", Certified: q.Get("certified") == "1"})
		if err != nil {
			t.Fatal(err)
		}
		return int64(len(l.Units)), true
	case report.Untouched:
		in := reports.PeopleWithoutIssuesInput{ReconInput: reports.ReconInput{Unit: q.Get("unit"), From: q.Get("from"), To: q.Get("to")},
			Category: q.Get("category")}
		page, err := s.App.PeopleWithoutIssues(ctx, who, in)
		if fault.Is(err, fault.ForbiddenKind) {
			return 0, false
		}
		if err != nil {
			t.Fatal(err)
		}
		return int64(len(page.Rows)), page.Next == ""
	case report.Categories:
		r, err := s.App.Reconciliation(ctx, who, reports.ReconInput{Unit: q.Get("unit"), From: q.Get("from"), To: q.Get("to")})
		if fault.Is(err, fault.ForbiddenKind) {
			return 0, false
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range r.ByCategory {
			n += l.Cells.Neither
		}
		return n, true
	}
	return 0, false
}
