package reports_test

import (
	"net/url"
	"testing"
	"time"

	"plumbline/internal/app/people"
	"plumbline/internal/app/reports"
	"plumbline/internal/apptest"
	"plumbline/internal/apptest/story"
	"plumbline/internal/issue"
	"plumbline/internal/report"
	"plumbline/internal/roster"
	"plumbline/seeds"
)

// TestNeitherIsItsList walks every number of people with nothing declared or
// found, on the comparison's pages and the report's, over every unit, category
// and reader: its list has as many rows. Ordinary officers have issues in the
// leaders' categories, where nothing is expected of them.
func TestNeitherIsItsList(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		var planted []apptest.IssueSeed
		people := [][2]string{{"anna", "east1"}, {"ben", "east1"}, {"cara", "east2"}, {"dong", "west1"}, {"inspector", "office"},
			{"chief", "bureau"}, {"easthead", "east"}, {"east1head", "east1"}}
		var leaders []string
		for _, c := range seeds.Categories() {
			if c.Audience == "leaders" {
				leaders = append(leaders, c.Code)
			}
		}
		for k, code := range append([]string{"gifts_business"}, leaders...) {
			for n, p := range people {
				if (n+k)%4 == 3 {
					continue
				}
				source := issue.Self
				if (n+k)%2 == 0 {
					source = issue.Audit
				}
				planted = append(planted, apptest.IssueSeed{Name: code + p[0], Source: source, Person: p[0], Unit: p[1], Category: code,
					Event: roster.Date("2025-02-01").AddDays(60 * ((n + k) % 7))})
			}
		}
		s.Issues(planted...)
		stray(t, s)
		walked := 0
		for _, reader := range []string{"inspector", "eastinspector", "reader", "chief", "deputy", "authority"} {
			who := s.Actor(reader)
			for _, unit := range []string{"", "bureau", "east", "west", "office", "east1", "east2", "west1"} {
				for _, in := range []reports.ReconInput{{}, {To: "2025-06"}, {From: "2025-04", To: "2025-10"}} {
					in.Unit = s.Units[unit]
					walked += walkNeither(t, s, who, reader+" at "+unit, in)
				}
			}
		}
		if walked < 309 {
			t.Errorf("%d numbers were walked", walked)
		}
	})
}

// stray moves anna to the west and ben to the next station, and retires dong.
func stray(t *testing.T, s *apptest.Site) {
	t.Helper()
	row := func(table people.RosterTable, kv ...string) {
		t.Helper()
		cells := map[string]string{}
		for i := 0; i+1 < len(kv); i += 2 {
			cells[kv[i]] = kv[i+1]
		}
		if _, err := s.App.SaveRosterRow(ctx, s.Actor("records"), people.RosterRow{Table: table, Cells: cells}); err != nil {
			t.Fatal(err)
		}
	}
	day := string(s.App.Today().AddDays(1))
	row(people.PostingTable, "personnel_no", story.Number(t, s, "anna"), "unit_code", "west1", "post", "民警", "main", "yes", "from", day)
	row(people.PostingTable, "personnel_no", story.Number(t, s, "ben"), "unit_code", "east2", "post", "民警", "main", "yes", "from", day)
	row(people.PeopleTable, "personnel_no", story.Number(t, s, "dong"), "name", "林丁", "state", "left")
	s.Clock.Add(24 * time.Hour)
	if n, err := s.App.PlacePeople(ctx); err != nil || n != 2 {
		t.Fatalf("%d people were moved, %v", n, err)
	}
}

// walkNeither opens each such number of a unit and says how many there were; a
// unit out of the reader's reach has none.
func walkNeither(t *testing.T, s *apptest.Site, who *roster.Actor, at string, in reports.ReconInput) (walked int) {
	t.Helper()
	is := func(page, code string, says int64, list report.List, q url.Values) {
		if n, ok := story.Behind(t, s, who, list, q); ok {
			if walked++; n != says {
				t.Errorf("%s %+v: %s says %d in %s, its list has %d rows", at, in, page, says, code, n)
			}
		}
	}
	query := func(unit, category string) url.Values {
		return url.Values{"unit": {unit}, "from": {in.From}, "to": {in.To}, "category": {category}}
	}
	if r, err := s.App.Reconciliation(ctx, who, in); err == nil {
		for _, l := range r.ByCategory {
			is("the comparison", l.Code, l.Cells.Neither, report.Untouched, query(r.Unit, l.Code))
		}
		var sum int64
		for _, l := range r.ByUnit {
			if sum += l.Cells.Neither; !l.Only {
				is("the line of a unit", l.Code, l.Cells.Neither, report.Categories, query(l.Code, ""))
			}
		}
		if len(r.ByUnit) > 0 && sum != r.Total.Cells.Neither {
			t.Errorf("%s %+v: the units make %d, the total says %d", at, in, sum, r.Total.Cells.Neither)
		}
	}
	if r, err := s.App.Report(ctx, who, reports.ReportInput{Unit: in.Unit, From: in.From, To: in.To}); err == nil && !r.Suppressed {
		sec := r.Section("reconciliation")
		for _, l := range append(sec.Lines[:len(sec.Lines):len(sec.Lines)], *sec.Total) {
			v := l.Values[sec.Column("neither")]
			q, err := url.ParseQuery(v.Query)
			if err != nil {
				t.Fatal(err)
			}
			is("the report", l.Code, v.N, v.List, q)
		}
	}
	return walked
}
