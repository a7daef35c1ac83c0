package store

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plumbline/internal/fault"
	"plumbline/internal/issue"
	"plumbline/internal/ledger"
	"plumbline/internal/roster"
	"plumbline/internal/store/engine"
)

var issueTiming = issue.Timing{WindowDays: 90, FirstContact: []string{"triaged", "noticed"}}

// issueTree: top (tier 0) over b; sub-bureaus s1, s2; stations s1a, s1b, s2a;
// old was merged into s1a.
func issueTree(t *testing.T, s *Store) {
	t.Helper()
	for _, u := range []roster.Unit{
		{Code: "top", Tier: 0}, {Code: "b", Tier: 1, ParentID: "top"},
		{Code: "s1", Tier: 2, ParentID: "b"}, {Code: "s2", Tier: 2, ParentID: "b"},
		{Code: "s1a", Tier: 3, ParentID: "s1"}, {Code: "s1b", Tier: 3, ParentID: "s1"}, {Code: "s2a", Tier: 3, ParentID: "s2"},
		{Code: "old", Tier: 3, ParentID: "s2", SuccessorID: "s1a"},
	} {
		u.Stamp = ledger.Stamp{ID: u.Code, Salt: []byte{1}, CreatedAt: time.Unix(0, 0), ChangedAt: time.Unix(0, 0)}
		if _, err := engine.Writer(s.Store).NewInsert().Model(&u).Exec(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
}

var issueUnits = map[string]int{"b": 1, "s1": 2, "s1a": 3, "s1b": 3, "s2a": 3, "old": 3}

// randomIssues makes issues of few people in few categories, so that keys
// collide.
func randomIssues(r *rand.Rand, n int) []*issue.Issue {
	units := []string{"b", "s1", "s1a", "s1b", "s2a", "old"}
	cats := []string{"interview", "supervision", "info_security"}
	var out []*issue.Issue
	for range n {
		unit := units[r.IntN(len(units))]
		person := fmt.Sprint("p", r.IntN(8))
		if r.IntN(12) == 0 {
			person = ""
		}
		day := roster.Date("2025-01-01").AddDays(r.IntN(500))
		at := time.Date(2026, 1, 1+r.IntN(60), 3, 0, 0, 0, time.UTC)
		on := roster.DateOf(at, time.UTC)
		var i *issue.Issue
		switch r.IntN(5) {
		case 0, 1, 2:
			i = issue.NewDeclared(issue.Declared{ID: engine.NewID(), Person: person, Unit: unit, Tier: issueUnits[unit],
				Category: cats[r.IntN(3)],
				Severity: r.IntN(3), EventOn: day, On: on, At: at, List: issue.OfficersList, Submission: "sub"})
		case 3:
			i = issue.NewAudit(issue.Found{ID: engine.NewID(), SourceCode: "petition", Person: person, Unit: unit, Tier: issueUnits[unit],
				Category: cats[r.IntN(3)], Severity: r.IntN(6), EventOn: day, ReceivedOn: "2026-01-20", At: at, Record: engine.NewID()})
		default:
			i = issue.NewInspection(issue.Found{ID: engine.NewID(), Person: person, Unit: unit, Tier: issueUnits[unit],
				Category: cats[r.IntN(3)], Severity: r.IntN(4), EventOn: day, ReceivedOn: "2026-01-20", At: at})
		}
		i.State = issue.States[r.IntN(len(issue.States))]
		out = append(out, i)
	}
	return out
}

func addIssues(t *testing.T, s *Store, issues []*issue.Issue) {
	t.Helper()
	write(t, s, func(ctx context.Context, tx *Tx) ([]ledger.Fact, string, error) {
		return []ledger.Fact{{Verb: "t", Kind: "t", ID: "t"}}, "", tx.AddIssues(ctx, issues, issueTiming)
	})
}

func allIssues(t *testing.T, s *Store) []*issue.Issue {
	t.Helper()
	var rows []*issue.Issue
	if err := engine.Reader(s.Store).NewSelect().Model(&rows).OrderExpr("id").Scan(context.Background()); err != nil {
		t.Fatal(err)
	}
	return rows
}

// compared is what the comparison computes for an issue.
func compared(i *issue.Issue) string {
	return fmt.Sprintf("%s paired=%v first=%v %q", i.Disclosure, i.Paired, i.FirstOfKey, i.Concealment)
}

// Whatever the order and grouping of arrival, the stored comparison equals that
// of all issues at once, and the counters equal a recount.
func TestIssuesComparedAcrossWrites(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		issueTree(t, s)
		r := rand.New(rand.NewPCG(1, 2))
		for range 12 {
			addIssues(t, s, randomIssues(r, 1+r.IntN(30)))
		}
		// Undo some, as a withdrawn batch does; send notices for others; change
		// a category.
		rows := allIssues(t, s)
		var changes []issue.Change
		for n, i := range rows {
			c := *i
			now := time.Date(2026, 1, 25, 0, 0, 0, 0, time.UTC)
			switch {
			case n%7 == 0 && i.May(issue.ActWithdraw):
				if err := c.Withdraw(issue.Ending{Case: true}, now); err != nil {
					t.Fatal(err)
				}
			case n%7 == 1 && i.Source == issue.Audit:
				c.NoticedAt = &now
			case n%7 == 2:
				c.Category = "supervision"
			default:
				continue
			}
			changes = append(changes, issue.Change{Before: i, After: &c})
		}
		write(t, s, func(ctx context.Context, tx *Tx) ([]ledger.Fact, string, error) {
			return []ledger.Fact{{Verb: "t", Kind: "t", ID: "t"}}, "", tx.SaveIssues(ctx, changes, issueTiming)
		})

		stored := allIssues(t, s)
		fresh := make([]*issue.Issue, len(stored))
		for n, i := range stored {
			c := *i
			fresh[n] = &c
		}
		issue.Compare(nil, fresh, issueTiming)
		recount := make(map[engine.CounterKey]int64)
		for n, i := range stored {
			if got, want := compared(i), compared(fresh[n]); got != want {
				t.Errorf("%s %s %s: stored %s, from scratch %s", i.Source, i.State, i.EventOn, got, want)
			}
			i.Deltas(func(section, unit, month, key string, n int64) {
				for u := unit; u != "" && u != "top"; {
					recount[engine.CounterKey{Section: section, Unit: u, Month: month, Key: key}] += n
					switch u {
					case "old":
						u = "s1a"
					case "s1a", "s1b":
						u = "s1"
					case "s2a":
						u = "s2"
					case "s1", "s2":
						u = "b"
					default:
						u = ""
					}
				}
			})
		}
		var counters []engine.Counter
		if err := engine.Reader(s.Store).NewSelect().Model(&counters).Where("section LIKE 'issue_%' AND n <> 0").Scan(context.Background()); err != nil {
			t.Fatal(err)
		}
		have := make(map[engine.CounterKey]int64)
		for _, c := range counters {
			have[engine.CounterKey{Section: c.Section, Unit: c.UnitID, Month: c.Month, Key: c.Key}] = c.N
		}
		if !cmp.Equal(recount, have) {
			t.Errorf("counters differ from a recount: %d against %d", len(have), len(recount))
		}
	})
}

// A list contains exactly the rows that its filter and scope admit, its count
// agrees, and its pages cover it once, in order.
func TestIssueListIsFilterAndScope(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx := context.Background()
		issueTree(t, s)
		r := rand.New(rand.NewPCG(3, 4))
		addIssues(t, s, randomIssues(r, 220))
		rows := allIssues(t, s)
		under := map[string][]string{"b": {"b", "s1", "s1a", "s1b", "s2a", "old"}, "s1": {"s1", "s1a", "s1b", "old"},
			"s1a": {"s1a", "old"}, "s2": {"s2a"}, "nowhere": {}}
		scopes := []roster.Scope{
			{All: true},
			{All: true, BarPeople: []string{"p1"}, BarObjects: []string{rows[0].ID}},
			{Branches: []string{"s1"}, BarDated: []roster.DatedBar{{Person: "p2", From: "2025-03-01", To: "2025-09-30"}}},
			{Units: []string{"s2a", "s1"}, Own: "p3"},
			{All: true, Except: []string{"b"}, BarPeople: []string{"p1"}, Own: "p1"},
			{All: true, Except: []string{"s1"}},
			{Objects: []string{rows[5].ID, rows[6].ID}},
			{},
		}
		filters := []func(f *issue.Filter){
			func(f *issue.Filter) {},
			func(f *issue.Filter) { f.Unit = "s1" },
			func(f *issue.Filter) { f.Unit = "s1a" },
			func(f *issue.Filter) { f.Unit, f.Only = "s1", true },
			func(f *issue.Filter) { f.Unit, f.Live = "b", true },
			func(f *issue.Filter) { f.Unit = "nowhere" },
			func(f *issue.Filter) { f.Category, f.Sort = "interview", issue.ByOldest },
			func(f *issue.Filter) { f.Cell, f.Sort = issue.AuditOnly, issue.BySeverity },
			func(f *issue.Filter) { f.Cell = issue.Both },
			func(f *issue.Filter) { f.Cell = issue.SelfOnly },
			func(f *issue.Filter) { f.Cell = issue.Counterpart },
			func(f *issue.Filter) { f.MinSeverity, f.Sort = 2, issue.BySeverity },
			func(f *issue.Filter) { f.MinSeverity, f.MaxSeverity = 0, 0 },
			func(f *issue.Filter) { f.From, f.To, f.Tier = "2025-02", "2025-08", 3 },
			func(f *issue.Filter) { f.State = issue.Clue },
			func(f *issue.Filter) { f.State, f.Case = issue.Clue, issue.NoCase },
			func(f *issue.Filter) { f.Open = true },
			func(f *issue.Filter) { f.State, f.Live = issue.Merged, true },
			func(f *issue.Filter) { f.Concealment, f.Submission = issue.ConcealmentQuestion, "" },
			func(f *issue.Filter) { f.Submission, f.Person = "sub", "p3" },
		}
		some := 0
		err := s.View(ctx, func(ctx context.Context, v *View) error {
			for n, want := range map[int]bool{0: true, 1: true, 2: true, 4: true, 5: false, 6: false} {
				if _, ok, err := v.countRoots(ctx, "", scopes[n]); err != nil || ok != want {
					t.Errorf("scope %d: counters serve %v, want %v: %v", n, ok, want, err)
				}
			}
			for n, set := range filters {
				f := issue.All()
				set(&f)
				for m, sc := range scopes {
					var want []string
					for _, i := range rows {
						at := roster.Target{ID: i.ID, Unit: i.UnitID, Branch: i.BranchID, Person: i.PersonID, EventOn: i.EventOn}
						in := f.Unit == "" || f.Unit == i.UnitID || (!f.Only && slices.Contains(under[f.Unit], i.UnitID))
						if in && f.Admits(i) && sc.Admits(at) {
							want = append(want, i.ID)
						}
					}
					some += len(want)
					count, err := v.IssueCount(ctx, f, sc)
					if err != nil {
						return err
					}
					if int(count) != len(want) {
						t.Errorf("filter %d scope %d: counted %d, want %d", n, m, count, len(want))
					}
					got, err := everyPage(ctx, t, v, f, sc)
					if err != nil {
						return err
					}
					slices.Sort(got)
					slices.Sort(want)
					if !slices.Equal(got, want) {
						t.Errorf("filter %d (%s) scope %d: listed %d, want %d", n, f.Query(), m, len(got), len(want))
					}
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if some < 500 {
			t.Errorf("only %d rows were met: the test proves little", some)
		}
	})
}

func everyPage(ctx context.Context, t *testing.T, v *View, f issue.Filter, sc roster.Scope) ([]string, error) {
	var ids []string
	var after *issue.Place
	var last issue.Row
	for {
		page, err := v.IssueList(ctx, f, sc, after, 17)
		if err != nil {
			return nil, err
		}
		for _, row := range page {
			if last.ID != "" {
				ordered := map[issue.Sort]bool{
					issue.ByEvent: last.EventOn >= row.EventOn, issue.ByOldest: last.EventOn <= row.EventOn,
					issue.BySeverity: last.Severity >= row.Severity,
				}[f.Sort]
				if !ordered {
					t.Errorf("%s out of order", f.Sort)
				}
			}
			last = row
			ids = append(ids, row.ID)
		}
		if len(page) < 17 {
			return ids, nil
		}
		p := page[16].PlaceOf()
		after = &p
	}
}

func TestIssueSavedUnderItsVersion(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		issueTree(t, s)
		addIssues(t, s, randomIssues(rand.New(rand.NewPCG(5, 6)), 3))
		i := allIssues(t, s)[0]
		save := func() error {
			c := *i
			c.Severity = 5
			_, err := s.Update(context.Background(), engine.Call{}, func(ctx context.Context, tx *Tx) ([]ledger.Fact, string, error) {
				return []ledger.Fact{{Verb: "t", Kind: "t", ID: "t"}}, "", tx.SaveIssue(ctx, i, &c, issueTiming)
			})
			return err
		}
		if err := save(); err != nil {
			t.Fatal(err)
		}
		if err := save(); !fault.Is(err, fault.ConflictKind) {
			t.Errorf("saved over a newer version: %v", err)
		}
	})
}
