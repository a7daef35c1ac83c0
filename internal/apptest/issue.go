package apptest

import (
	"context"

	"plumbline/internal/issue"
	"plumbline/internal/ledger"
	"plumbline/internal/roster"
	"plumbline/internal/selfcheck"
	"plumbline/internal/store"
)

// IssueSeed is an issue that a test begins with. Person and Unit are keys of
// the small bureau; an empty Person makes a unit's own issue.
type IssueSeed struct {
	Name     string
	Source   issue.Source
	Person   string
	Unit     string
	Category string
	Severity int
	Event    roster.Date
}

// Issues registers issues as submissions and confirmed matches do, and gives
// their ids by name. Declared ones belong to an accepted list of anna's; the
// narrative of each is "narrative of NAME".
func (s *Site) Issues(seeds ...IssueSeed) map[string]string {
	s.t.Helper()
	ids := make(map[string]string)
	tiers := map[string]int{"authority": 0, "bureau": 1, "east": 2, "west": 2, "office": 2}
	_, err := s.Store.Update(context.Background(), store.Call{Account: "program:test", Op: "test.issues"}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		list := selfcheck.NewSubmission(&selfcheck.Campaign{Stamp: ledger.Stamp{ID: tx.NewID()}},
			selfcheck.Owed{Audience: selfcheck.Officers, PersonID: s.People["anna"], UnitID: s.Units["east1"],
				ReviewUnitID: s.Units["east1"]}, "2026-03-01")
		list.State, list.Round, list.AnswersDigest = selfcheck.Accepted, 1, selfcheck.AnswersDigest(nil)
		at := tx.Now()
		list.ReviewedAt, list.ReviewedBy = &at, s.People["east1head"]
		if err := tx.Insert(ctx, list); err != nil {
			return nil, "", err
		}
		var fresh []*issue.Issue
		for _, p := range seeds {
			tier, above := tiers[p.Unit]
			if !above {
				tier = 3
			}
			id := tx.NewID()
			ids[p.Name] = id
			c, err := tx.PutText(ctx, id, "narrative", "narrative of "+p.Name)
			if err != nil {
				return nil, "", err
			}
			if p.Source == issue.Self {
				fresh = append(fresh, issue.NewDeclared(issue.Declared{ID: id, Person: s.People[p.Person], Unit: s.Units[p.Unit],
					Tier: tier, Category: p.Category,
					Severity: p.Severity, EventOn: p.Event, On: s.App.Today(), At: tx.Now(), List: issue.OfficersList, Submission: list.ID, NarrativeC: c}))
				continue
			}
			fresh = append(fresh, issue.NewAudit(issue.Found{ID: id, SourceCode: "petition", Person: s.People[p.Person],
				Unit: s.Units[p.Unit], Tier: tier,
				Category: p.Category, Severity: p.Severity, EventOn: p.Event, ReceivedOn: s.App.Today(), At: tx.Now(), Record: tx.NewID(), NarrativeC: c}))
		}
		return []ledger.Fact{{Verb: "test.issues", Kind: "issue", ID: fresh[0].ID}}, "", tx.AddIssues(ctx, fresh,
			issue.TimingOf(s.App.Pack()))
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return ids
}
