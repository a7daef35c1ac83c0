package home_test

import (
	"context"
	"testing"

	"plumbline/internal/app/casework"
	"plumbline/internal/apptest"
	"plumbline/internal/issue"
)

var ctx = context.Background()

// TestTheHomeCountsWhatTheListsShow: a queue's number comes from counters less what
// bars hide, and the list behind it from rows. They agree for everybody who works
// on the queue, also after its issues have moved on.
func TestTheHomeCountsWhatTheListsShow(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		var seeds []apptest.IssueSeed
		for _, of := range []struct{ person, unit string }{
			{"anna", "east1"}, {"ben", "east1"}, {"dong", "west1"}, {"chief", "bureau"}, {"easthead", "east"}, {"inspector",
				"bureau"}, {"eastinspector", "east"},
		} {
			for n, category := range []string{"interview", "gifts_business"} {
				seed := apptest.IssueSeed{Name: of.person + category, Source: issue.Audit, Person: of.person, Unit: of.unit,
					Category: category, Severity: 1 + n, Event: "2025-12-10"}
				seeds = append(seeds, seed)
			}
		}
		ids := s.Issues(seeds...)
		queues := map[string]issue.Queue{"triage": issue.QueueTriage, "concealment": issue.QueueConcealment}
		seen := make(map[int64]bool)
		agree := func(when string) {
			t.Helper()
			for _, key := range []string{"inspector", "eastinspector", "authority", "deputy"} {
				todo, err := s.App.ToDo(ctx, s.Actor(key))
				if err != nil {
					t.Fatal(err)
				}
				waits := make(map[string]int64)
				for _, w := range todo.Work {
					waits[w.What] = w.N
				}
				for name, q := range queues {
					if !s.App.May(s.Actor(key), map[string]string{"triage": "issue.triage", "concealment": "issue.conceal"}[name]) {
						continue
					}
					l, err := s.App.Issues(ctx, s.Actor(key), casework.IssueListInput{Filter: q.Filter(), Limit: 100, Count: true})
					if err != nil {
						t.Fatal(err)
					}
					if n := int64(len(l.Rows)); waits[name] != n || l.Total != n {
						t.Errorf("%s, %s: the home says %d wait for %s, the list counts %d and shows %d", when, key, waits[name],
							name, l.Total, n)
					}
					seen[waits[name]] = true
				}
			}
		}
		agree("all found")
		if len(seen) < 3 {
			t.Errorf("everybody sees the same numbers %v: nobody is barred from anything, and the test proves little", seen)
		}
		for _, name := range []string{"annainterview", "donginterview"} {
			in := casework.TriageIssueInput{Step: casework.Step{ID: ids[name], Version: 1}, Severity: 1, Category: "interview"}
			if _, _, err := s.App.TriageIssue(ctx, s.Actor("inspector"), in); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		agree("two triaged")
	})
}
