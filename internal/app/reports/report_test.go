package reports_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"testing"

	"plumbline/internal/app/casework"
	"plumbline/internal/app/desk"
	"plumbline/internal/app/reports"
	appselfcheck "plumbline/internal/app/selfcheck"
	"plumbline/internal/apptest"
	"plumbline/internal/apptest/attacker"
	"plumbline/internal/apptest/story"
	"plumbline/internal/fault"
	"plumbline/internal/issue"
	"plumbline/internal/ledger"
	"plumbline/internal/report"
	"plumbline/internal/roster"
	"plumbline/internal/selfcheck"
	"plumbline/internal/store"
	"plumbline/internal/words"
	"plumbline/seeds"
)

var ctx = context.Background()

// TestEveryNumberOpensItsList asks for the report as several readers and opens
// each number: the list has exactly that many rows, at every unit.
func TestEveryNumberOpensItsList(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		planted := story.PlantIssues(t, s)
		story.Campaign(t, s)
		story.Submit(t, s, "anna", story.List(t, s, "anna", selfcheck.Officers, false))
		if _, err := s.App.Excuse(ctx, s.Actor("manager"), appselfcheck.ExcuseInput{ID: story.List(t, s, "ben", selfcheck.Officers,
			false).ID, Version: story.List(t, s, "ben", selfcheck.Officers, false).Version, Reason: "长期病休，专项期间不在岗。"}); err != nil {
			t.Fatal(err)
		}
		for _, reader := range []string{"reader", "inspector", "eastinspector", "chief", "deputy", "authority"} {
			who := s.Actor(reader)
			opened := 0
			for _, unit := range []string{"", "east", "east1"} {
				if unit != "" && reader == "authority" {
					continue
				}
				r, err := s.App.Report(ctx, who, reports.ReportInput{Unit: s.Units[unit], From: "2026-01", To: "2026-02"})
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
							if n, ok := story.Behind(t, s, who, v.List, q); ok {
								if opened++; n != v.N {
									t.Errorf("%s at %q: %s/%s/%s says %d, its list has %d rows (%s)", reader, unit, sec.Key, l.Code,
										sec.Columns[i], v.N, n, v.Query)
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
							list, err := s.App.Issues(ctx, who, casework.IssueListInput{Filter: f, Count: true, Limit: 200})
							if err != nil {
								t.Fatal(err)
							}
							if list.Total != v.N || int64(len(list.Rows)) != v.N {
								t.Errorf("%s at %q: %s/%s/%s says %d, its list has %d rows (%s)", reader, unit, sec.Key, l.Code,
									sec.Columns[i], v.N, list.Total, v.Query)
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
			r, err := s.App.Report(ctx, s.Actor(reader), reports.ReportInput{})
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
	story.PlantIssues(t, s)
	r, err := s.App.Report(context.Background(), s.Actor("manager"), reports.ReportInput{})
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

// A reader who may not open the rows chooses among fixed periods that have
// ended. 888 reports over shifted periods once gave most hidden cells.
func TestFixedPeriodsOnlyWhereRowsCannotBeOpened(t *testing.T) {
	s := apptest.SQLite(t)
	story.PlantIssues(t, s)
	who := s.Actor("manager")
	r, err := s.App.Report(ctx, who, reports.ReportInput{})
	if err != nil || !r.Suppressed || r.Period != "2026-02" {
		t.Fatalf("the newest period: %+v %v", r, err)
	}
	var codes []string
	for _, p := range r.Periods {
		codes = append(codes, p.Code)
	}
	if !slices.Equal(codes, []string{"2026-01", "2026-02"}) { // the quarter has not ended
		t.Errorf("the periods are %v", codes)
	}
	for _, in := range []reports.ReportInput{{From: "2026-01", To: "2026-02"}, {From: "2026-01"}, {To: "2026-02"}, {Period: "2026-Q1"},
		{Period: "2026-03"}, {From: "2026-03", To: "2026-03"}, {Period: "x"}} {
		_, err := s.App.Report(ctx, who, in)
		story.WantFault(t, fmt.Sprintf("%+v", in), err, fault.InvalidKind, "report_period")
		if _, _, err = s.App.ExportReport(ctx, s.Actor("inspector"), reports.ReportExportInput{ReportInput: in,
			Format: desk.FormatCSV}); !fault.Is(err, fault.InvalidKind) {
			t.Errorf("an inspector's file of %+v: %v", in, err)
		}
	}
	if r, err := s.App.Report(ctx, s.Actor("inspector"), reports.ReportInput{From: "2025-11", To: "2026-03"}); err != nil || r.Suppressed {
		t.Errorf("an inspector opens the rows and takes any months: %v", err)
	}
}

// What the program itself gives to a reader who may not open the rows, for all
// units and periods, is handed to the attacker; a file made by anybody says
// the same.
func TestTheAttackerReadsEveryReport(t *testing.T) {
	attacker.Need(t)
	s := apptest.SQLite(t)
	world := plantWorld(t, s, 1400)
	who := s.Actor("manager")
	first, err := s.App.Report(ctx, who, reports.ReportInput{})
	if err != nil {
		t.Fatal(err)
	}
	world.Periods = first.Periods
	var told []*report.Report
	units := []string{first.Unit}
	for n := 0; n < len(units); n++ {
		for _, p := range first.Periods {
			r, err := s.App.Report(ctx, who, reports.ReportInput{Unit: units[n], Period: p.Code})
			if err != nil || !r.Suppressed || r.From != p.From || r.To != p.To {
				t.Fatalf("%s in %s: %v", units[n], p.Code, err)
			}
			told = append(told, r)
		}
		for _, l := range told[len(told)-1].Section("units").Lines[1:] {
			units = append(units, l.Code)
			world.Children[units[n]] = append(world.Children[units[n]], l.Code)
		}
	}
	res, err := attacker.Attack(world, told, 5, float64(s.App.Pack().Suppression.IntervalMin), attacker.Budget{Worlds: 40})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d reports, %d numbers seen and %d hidden; %d small cells tried, %d programs", len(told), res.Visible, res.Hidden, res.Cells,
		res.Programs)
	if res.Visible < 300 || res.Cells < 300 || res.Programs == 0 || res.Wrong > 0 {
		t.Errorf("the attack shows nothing: %+v", res)
	}
	for _, f := range res.Opened[:min(10, len(res.Opened))] {
		t.Errorf("%s %s in %s to %s is %d: it can only be %.1f to %.1f", f.Table, f.Key, f.From, f.To, f.Truth, f.Low, f.High)
	}
	for _, reader := range []string{"inspector2", "manager"} {
		in := reports.ReportInput{Period: "2025"}
		r, err := s.App.Report(ctx, who, in)
		if err != nil {
			t.Fatal(err)
		}
		e, _, err := s.App.ExportReport(ctx, s.Actor(reader), reports.ReportExportInput{ReportInput: in, Format: desk.FormatCSV})
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
		if got, want := strings.Count(file.String(), words.T(words.ZH, "report.hidden")), hiddenIn(r,
			"completion"); got != want || want == 0 {
			t.Errorf("%s: the file hides %d numbers, the page %d", reader, got, want)
		}
	}
}

// hiddenIn counts what a report hides outside one section.
func hiddenIn(r *report.Report, but string) (n int) {
	for _, s := range r.Sections {
		lines := s.Lines
		if s.Total != nil {
			lines = append(lines[:len(lines):len(lines)], *s.Total)
		}
		for _, l := range lines {
			for _, v := range l.Values {
				if v.Hidden && s.Key != but {
					n++
				}
			}
		}
	}
	return n
}

// plantWorld writes issues over two years, many in some units and few in
// others, and tells the attacker's world of them.
func plantWorld(t *testing.T, s *apptest.Site, n int) attacker.World {
	t.Helper()
	w := attacker.World{Children: map[string][]string{}}
	r := rand.New(rand.NewPCG(7, 7))
	skew := func(n int) int { return int(float64(n) * r.Float64() * r.Float64()) }
	people := []struct {
		key, unit string
		tier      int
	}{{"anna", "east1", 3}, {"easthead", "east", 2}, {"dong", "west1", 3}, {"inspector", "office", 2}, {"cara", "east2", 3}, {"erin",
		"west2", 3}, {"investigator3", "bureau", 1}, {"westhead", "west", 2}}
	categories := seeds.Categories()
	_, err := s.Store.Update(ctx, store.Call{Account: "program:test", Op: "test.plant"}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		var rows []*issue.Issue
		for k := range n {
			p := people[skew(len(people))]
			month := fmt.Sprintf("%d-%02d", 2024+r.IntN(2), 1+r.IntN(12))
			i := &issue.Issue{Stamp: ledger.Stamp{ID: tx.NewID()}, Ref: fmt.Sprintf("W%d", k),
				Category: categories[skew(len(categories))].Code, Severity: skew(6), Tier: p.tier,
				PersonID: s.People[p.key], UnitID: s.Units[p.unit], EventOn: roster.Date(month +
					"-11"), Month: month, Received: "2026-01-20", State: issue.States[skew(len(issue.States))],
				Source: []issue.Source{issue.Self, issue.Audit, issue.Inspection}[skew(3)], NarrativeC: ledger.Commitment{}}
			if i.Source == issue.Audit {
				i.SourceCode, i.Disclosure = seeds.Sources()[skew(8)].Code, issue.NotDisclosed
			}
			rows = append(rows, i)
			told := attacker.Issue{Unit: i.UnitID, Month: month, State: string(i.State)}
			if i.State.Live() {
				told.Side = map[issue.Source]string{issue.Self: "declared", issue.Audit: "found", issue.Inspection: "inspected"}[i.Source]
				told.Source, told.Category, told.Cell, told.Severity = i.SourceCode, i.Category, string(i.Cell()), fmt.Sprint(i.Severity)
			}
			w.Issues = append(w.Issues, told)
		}
		return []ledger.Fact{{Verb: "test.plant", Kind: "issue", ID: "plant"}}, "", tx.Insert(ctx, rows)
	})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// A reader chooses whose completion he reads among the campaigns that were
// opened over his unit; of another one he does not even learn the title.
func TestAReportShowsTheCampaignAskedFor(t *testing.T) {
	s := apptest.SQLite(t)
	older := story.Campaign(t, s)
	story.Step(t, s, older, "lock")
	manager := s.Actor("manager")
	more := func(unit, title string) string {
		id, _, err := s.App.CreateCampaign(ctx, manager, appselfcheck.CampaignInput{UnitID: unit, Title: title, OpensOn: "2026-03-02",
			ClosesOn: "2026-03-31", PeriodFrom: "2024-01-01", PeriodTo: "2026-02-28"})
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	newer, east := more("", "第二次自查"), more(s.Units["east"], "东区自查")
	story.Step(t, s, newer, "open")
	story.Step(t, s, east, "open")
	draft := more("", "草稿")
	for _, want := range []struct{ asked, shown string }{{"", newer}, {newer, newer}, {older, older}} {
		r, err := s.App.Report(ctx, s.Actor("inspector"), reports.ReportInput{Campaign: want.asked})
		if err != nil || r.Campaign != want.shown || len(r.Campaigns) != 2 || r.Campaigns[0].ID != newer || r.Campaigns[1].ID != older {
			t.Errorf("asked for %q: %v %+v %v", want.asked, r.Campaign, r.Campaigns, err)
		}
	}
	for _, id := range []string{east, draft, "nobody"} {
		if _, err := s.App.Report(ctx, s.Actor("inspector"), reports.ReportInput{Campaign: id}); !fault.Is(err, fault.NotFoundKind) {
			t.Errorf("%s: %v", id, err)
		}
	}
	r, err := s.App.Report(ctx, s.Actor("eastinspector"), reports.ReportInput{Campaign: east})
	if err != nil || r.Campaign != east || len(r.Campaigns) != 3 {
		t.Errorf("%+v %v", r, err)
	}
}

func TestAnExportIsAFactAndStatesItsRows(t *testing.T) {
	s := apptest.SQLite(t)
	ctx := context.Background()
	story.PlantIssues(t, s)
	who := s.Actor("eastinspector")
	f := issue.All()
	list, err := s.App.Issues(ctx, who, casework.IssueListInput{Filter: f, Count: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, format := range []string{desk.FormatCSV, desk.FormatXLSX} {
		e, r, err := s.App.ExportIssues(ctx, who, reports.IssueExportInput{Filter: f, Format: format})
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
