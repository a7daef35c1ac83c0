package app_test

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"testing"

	"plumbline/internal/app"
	"plumbline/internal/apptest"
	"plumbline/internal/fault"
	"plumbline/internal/issue"
	"plumbline/internal/ledger"
	"plumbline/internal/report"
	"plumbline/internal/roster"
	"plumbline/internal/selfcheck"
	"plumbline/internal/store"
)

// plantIssues writes issues about several people of several units, in states and
// months that differ.
func plantIssues(t *testing.T, s *apptest.Site) int {
	t.Helper()
	people := []struct{ person, unit string }{
		{"anna", "east1"}, {"ben", "east1"}, {"cara", "east2"}, {"dong", "west1"}, {"erin", "west2"}, {"chief", "bureau"}, {"easthead", "east"}, {"inspector", "office"},
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
				row := &issue.Issue{Stamp: ledger.Stamp{ID: id}, Ref: fmt.Sprintf("R%d-%d", k, i), Source: issue.Self, Category: []string{"duty_discipline", "gifts_business", "interview"}[i%3],
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

// behind opens the list behind a number that is not one of issues and counts
// its rows page by page.
func behind(t *testing.T, s *apptest.Site, who *roster.Actor, list report.List, q url.Values) (n int64, ok bool) {
	t.Helper()
	switch list {
	case report.Lists:
		in := app.OwedInput{Limit: 3, OwedFilter: selfcheck.OwedFilter{CampaignID: q.Get("campaign"), UnitID: q.Get("unit"), Only: q.Get("only") == "1", Of: selfcheck.Owing(q.Get("of"))}}
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
		l, err := s.App.CompletionOf(ctx, who, app.CompletionInput{ID: q.Get("campaign"), Near: q.Get("unit"), Only: q.Get("only") == "1", Certified: q.Get("certified") == "1"})
		if err != nil {
			t.Fatal(err)
		}
		return int64(len(l.Units)), true
	case report.Untouched:
		in := app.UntouchedInput{ReconInput: app.ReconInput{Unit: q.Get("unit"), From: q.Get("from"), To: q.Get("to")}, Category: q.Get("category")}
		page, err := s.App.Untouched(ctx, who, in)
		if fault.Is(err, fault.ForbiddenKind) {
			return 0, false
		}
		if err != nil {
			t.Fatal(err)
		}
		if page.Elsewhere != 0 {
			t.Errorf("%s: %d elsewhere, and nobody has moved", q.Encode(), page.Elsewhere)
		}
		return int64(len(page.Rows)), page.Next == ""
	case report.Categories:
		r, err := s.App.Reconciliation(ctx, who, app.ReconInput{Unit: q.Get("unit"), From: q.Get("from"), To: q.Get("to")})
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

// TestEveryNumberOpensItsList asks for the report as several readers and opens
// each number: the list has exactly that many rows, at every unit.
func TestEveryNumberOpensItsList(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		planted := plantIssues(t, s)
		campaign(t, s)
		submit(t, s, "anna", list(t, s, "anna", selfcheck.Officers, false))
		if _, err := s.App.Excuse(ctx, s.Actor("manager"), app.ExcuseInput{ID: list(t, s, "ben", selfcheck.Officers, false).ID, Version: list(t, s, "ben", selfcheck.Officers, false).Version, Reason: "长期病休，专项期间不在岗。"}); err != nil {
			t.Fatal(err)
		}
		for _, reader := range []string{"reader", "inspector", "eastinspector", "chief", "deputy", "authority"} {
			who := s.Actor(reader)
			opened := 0
			for _, unit := range []string{"", "east", "east1"} {
				if unit != "" && reader == "authority" {
					continue
				}
				r, err := s.App.Report(ctx, who, app.ReportInput{Unit: s.Units[unit], From: "2026-01", To: "2026-02"})
				if err != nil {
					t.Fatalf("%s at %q: %v", reader, unit, err)
				}
				for _, sec := range r.Sections {
					lines := sec.Lines
					if sec.Total != nil {
						lines = append(lines, *sec.Total)
					}
					for _, l := range lines {
						for i, v := range l.Values {
							q, err := url.ParseQuery(v.Query)
							if err != nil {
								t.Fatal(err)
							}
							if n, ok := behind(t, s, who, v.List, q); ok {
								if opened++; n != v.N {
									t.Errorf("%s at %q: %s/%s/%s says %d, its list has %d rows (%s)", reader, unit, sec.Key, l.Code, sec.Columns[i], v.N, n, v.Query)
								}
							}
							if v.List == "" && !slices.Contains(sec.Rates, sec.Columns[i]) && sec.Key != "forms" {
								t.Errorf("%s at %q: %s/%s/%s opens nothing", reader, unit, sec.Key, l.Code, sec.Columns[i])
							}
							if v.List != report.Issues {
								continue
							}
							f, err := issue.ParseFilter(q)
							if err != nil {
								t.Fatal(err)
							}
							list, err := s.App.Issues(ctx, who, app.IssueListInput{Filter: f, Count: true, Limit: 200})
							if err != nil {
								t.Fatal(err)
							}
							if list.Total != v.N || int64(len(list.Rows)) != v.N {
								t.Errorf("%s at %q: %s/%s/%s says %d, its list has %d rows (%s)", reader, unit, sec.Key, l.Code, sec.Columns[i], v.N, list.Total, v.Query)
							}
							opened++
						}
					}
				}
			}
			if opened == 0 {
				t.Errorf("%s could open nothing", reader)
			}
		}
		// The chief's own issues do not exist for him, nor his for those below him.
		total := func(reader string) int64 {
			r, err := s.App.Report(ctx, s.Actor(reader), app.ReportInput{})
			if err != nil {
				t.Fatal(err)
			}
			return r.Section("states").Total.Values[0].N
		}
		if got := total("authority"); got != int64(planted) {
			t.Errorf("the authority counts %d of %d", got, planted)
		}
		if got := total("chief"); got != int64(planted-9) {
			t.Errorf("the chief counts %d, want all but his own nine of %d", got, planted)
		}
	})
}

func TestAReaderWhoCannotOpenRowsSeesNoSmallCell(t *testing.T) {
	s := apptest.SQLite(t)
	plantIssues(t, s)
	r, err := s.App.Report(context.Background(), s.Actor("manager"), app.ReportInput{})
	if err != nil {
		t.Fatal(err)
	}
	if !r.Suppressed || r.Opens {
		t.Fatalf("suppressed %v, opens %v", r.Suppressed, r.Opens)
	}
	hidden := 0
	for _, sec := range r.Sections {
		for _, l := range sec.Lines {
			for _, v := range l.Values {
				if v.Hidden {
					hidden++
				}
				if v.Query != "" {
					t.Errorf("%s/%s can be opened", sec.Key, l.Code)
				}
			}
		}
	}
	if hidden == 0 {
		t.Error("nothing was small, so the test shows nothing")
	}
}

// A reader chooses whose completion he reads among the campaigns that were
// opened over his unit; of another one he does not even learn the title.
func TestAReportShowsTheCampaignAskedFor(t *testing.T) {
	s := apptest.SQLite(t)
	older := campaign(t, s)
	step(t, s, older, "lock")
	manager := s.Actor("manager")
	more := func(unit, title string) string {
		id, _, err := s.App.CreateCampaign(ctx, manager, app.CampaignInput{UnitID: unit, Title: title, OpensOn: "2026-03-02", ClosesOn: "2026-03-31", PeriodFrom: "2024-01-01", PeriodTo: "2026-02-28"})
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	newer, east := more("", "第二次自查"), more(s.Units["east"], "东区自查")
	step(t, s, newer, "open")
	step(t, s, east, "open")
	draft := more("", "草稿")
	for _, want := range []struct{ asked, shown string }{{"", newer}, {newer, newer}, {older, older}} {
		r, err := s.App.Report(ctx, s.Actor("inspector"), app.ReportInput{Campaign: want.asked})
		if err != nil || r.Campaign != want.shown || len(r.Campaigns) != 2 || r.Campaigns[0].ID != newer || r.Campaigns[1].ID != older {
			t.Errorf("asked for %q: %v %+v %v", want.asked, r.Campaign, r.Campaigns, err)
		}
	}
	for _, id := range []string{east, draft, "nobody"} {
		if _, err := s.App.Report(ctx, s.Actor("inspector"), app.ReportInput{Campaign: id}); !fault.Is(err, fault.NotFoundKind) {
			t.Errorf("%s: %v", id, err)
		}
	}
	r, err := s.App.Report(ctx, s.Actor("eastinspector"), app.ReportInput{Campaign: east})
	if err != nil || r.Campaign != east || len(r.Campaigns) != 3 {
		t.Errorf("%+v %v", r, err)
	}
}

func TestAnExportIsAFactAndStatesItsRows(t *testing.T) {
	s := apptest.SQLite(t)
	ctx := context.Background()
	plantIssues(t, s)
	who := s.Actor("eastinspector")
	f := issue.All()
	list, err := s.App.Issues(ctx, who, app.IssueListInput{Filter: f, Count: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, format := range []string{app.FormatCSV, app.FormatXLSX} {
		e, r, err := s.App.ExportIssues(ctx, who, app.IssueExportInput{Filter: f, Format: format})
		if err != nil {
			t.Fatal(err)
		}
		if int64(e.Rows) != list.Total || r.Seq == 0 {
			t.Errorf("%s: %d rows of %d, entry %d", format, e.Rows, list.Total, r.Seq)
		}
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	}
}
