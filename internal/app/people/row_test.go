package people_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"plumbline/internal/app/people"
	"plumbline/internal/apptest"
	"plumbline/internal/apptest/story"
	"plumbline/internal/roster"
)

// row asks, as records officer, for one row of a table.
func row(s *apptest.Site, table people.RosterTable, kv ...string) (*people.RosterResult, error) {
	cells := map[string]string{}
	for i := 0; i+1 < len(kv); i += 2 {
		cells[kv[i]] = kv[i+1]
	}
	return s.App.SaveRosterRow(ctx, s.Actor("records"), people.RosterRow{Table: table, Cells: cells})
}

// posted tells the postings of somebody, by first day.
func posted(t *testing.T, s *apptest.Site, key string) map[roster.Date]string {
	t.Helper()
	p, err := s.App.Person(ctx, s.Actor("records"), s.People[key])
	if err != nil {
		t.Fatal(err)
	}
	out := map[roster.Date]string{}
	for _, x := range p.Dated {
		if x.Kind != "posting" {
			continue
		}
		text := x.Text + " " + x.Rank
		if x.Team {
			text += " team"
		}
		if x.Main {
			text += " main"
		}
		out[x.FromOn] = text + " until " + string(x.ToOn)
	}
	return out
}

// Which tier decides on somebody follows from his posting on the day of the
// event: its flags and post are as much the past as its days.
func TestTheFlagsOfAPastPostingTakeTwo(t *testing.T) {
	s := apptest.SQLite(t)
	story.Audited(t, s, "anna", "east1", 3, "2026-01-10")
	was := posted(t, s, "easthead")
	no := story.Number(t, s, "easthead")
	for field, cell := range map[string]string{"team": "0", "post": "科员", "rank": "三级警督", "main": "0"} {
		r, err := row(s, people.PostingTable, "personnel_no", no, "unit_code", "east", field, cell, "from", "2024-01-01")
		if err != nil || r.Proposed != 1 || r.Proposal == "" || r.Updated != 0 {
			t.Errorf("%s by one person: %+v, %v", field, r, err)
		}
	}
	r := bring(t, s, s.Actor("records"), people.PostingTable, "personnel_no,unit_code,team,from\n"+no+",east,0,2024-01-01\n", "2026-03-01")
	if r.Proposed != 1 || r.Updated != 0 {
		t.Errorf("by file: %s", said(r))
	}
	if diff := cmp.Diff(was, posted(t, s, "easthead")); diff != "" {
		t.Fatalf("the past changed (-was +is):\n%s", diff)
	}
	story.New(t, s).Agree(r.Proposal, "body")
	if diff := cmp.Diff(map[roster.Date]string{"2024-01-01": "岗位  main until "}, posted(t, s, "easthead")); diff != "" {
		t.Errorf("after the approval (-want +got):\n%s", diff)
	}
}

// A row without a first day says what counts from its day on.
func TestARowKeepsWhatItDoesNotName(t *testing.T) {
	s := apptest.SQLite(t)
	story.Audited(t, s, "anna", "east1", 3, "2026-01-10")
	today := roster.DateOf(s.Clock.Now(), s.App.Zone())
	no := story.Number(t, s, "easthead")
	r, err := row(s, people.PostingTable, "personnel_no", no, "unit_code", "east", "rank", "三级警督")
	if err != nil || r.Updated != 1 || r.Proposed != 0 {
		t.Fatalf("%+v, %v", r, err)
	}
	before := "岗位  team main until " + string(today.AddDays(-1))
	if diff := cmp.Diff(map[roster.Date]string{"2024-01-01": before, today: "岗位 三级警督 team main until "},
		posted(t, s, "easthead")); diff != "" {
		t.Errorf("a row that names the rank (-want +got):\n%s", diff)
	}
	if r, err = row(s, people.PostingTable, "personnel_no", no, "unit_code", "east"); err != nil || !r.Nothing() {
		t.Errorf("a row that names nothing: %s, %v", said(r), err)
	}
	if r = bring(t, s, s.Actor("records"), people.PostingTable, "personnel_no,unit_code\n"+no+",east\n", ""); !r.Nothing() {
		t.Errorf("a file that names nothing: %s", said(r))
	}
	bring(t, s, s.Actor("records"), people.PostingTable, "personnel_no,unit_code,post\n"+no+",east,\n", "")
	if diff := cmp.Diff(map[roster.Date]string{"2024-01-01": before, today: " 三级警督 team main until "},
		posted(t, s, "easthead")); diff != "" {
		t.Errorf("an empty cell of a named column (-want +got):\n%s", diff)
	}
}

func TestUnitsPeopleAndLinksKeepWhatIsNotNamed(t *testing.T) {
	s := apptest.SQLite(t)
	must := func(r *people.RosterResult, err error) *people.RosterResult {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	today := roster.DateOf(s.Clock.Now(), s.App.Zone())
	must(row(s, people.UnitTable, "code", "east2", "name", "单位east2", "tier", "3", "parent_code", "east", "state", "merged",
		"successor_code", "east1"))
	if r := must(row(s, people.UnitTable, "code", "east2", "name", "旧所", "tier", "3")); r.Updated != 1 {
		t.Errorf("a new name: %s", said(r))
	}
	u, err := s.App.Unit(ctx, s.Actor("records"), s.Units["east2"])
	if err != nil || u.State != roster.UnitMerged || u.SuccessorID != s.Units["east1"] || u.ParentID != s.Units["east"] ||
		u.NameEN != "east2" || u.Name != "旧所" {
		t.Errorf("the unit lost what the row does not name: %+v, %v", u, err)
	}
	must(row(s, people.UnitTable, "code", "east2", "name", "旧所", "name_en", "", "tier", "3"))
	if u, err = s.App.Unit(ctx, s.Actor("records"), s.Units["east2"]); err != nil || u.NameEN != "" {
		t.Errorf("named and empty: %q, %v", u.NameEN, err)
	}

	no := story.Number(t, s, "anna")
	must(row(s, people.PeopleTable, "personnel_no", no, "name", "林甲", "rank", "一级警司", "born_on", "1990-01-02"))
	must(row(s, people.PeopleTable, "personnel_no", no, "name", "林甲", "sex", "f"))
	must(row(s, people.PeopleTable, "personnel_no", no, "name", "林甲", "rank", ""))
	p, err := s.App.Person(ctx, s.Actor("records"), s.People["anna"])
	if err != nil || p.Rank != "" || p.BornOn != "1990-01-02" || p.Sex != "f" {
		t.Errorf("the person is %q %q %q, %v", p.Rank, p.BornOn, p.Sex, err)
	}

	ben := story.Number(t, s, "ben")
	must(row(s, people.LinkTable, "personnel_no", ben, "link", "in_charge", "unit_code", "east1", "from", string(today), "to",
		string(today.AddDays(30))))
	if r := must(row(s, people.LinkTable, "personnel_no", ben, "link", "in_charge", "unit_code", "east1", "from",
		string(today))); !r.Nothing() {
		t.Errorf("a link lost its last day: %s", said(r))
	}
	if r := must(row(s, people.LinkTable, "personnel_no", ben, "link", "in_charge", "unit_code", "east1", "from", string(today), "to",
		"")); r.Updated != 1 {
		t.Errorf("an empty last day: %s", said(r))
	}
}

// A row may leave out the first day: the last one is checked against the record.
func TestNothingEndsBeforeItBegins(t *testing.T) {
	s := apptest.SQLite(t)
	today := roster.DateOf(s.Clock.Now(), s.App.Zone())
	ben, yesterday := story.Number(t, s, "ben"), string(today.AddDays(-1))
	for _, later := range []roster.Date{today, today.AddDays(10)} {
		from := []string{"personnel_no", ben, "link", "in_charge", "unit_code", "west1", "from", string(later)}
		if _, err := row(s, people.LinkTable, from...); err != nil {
			t.Fatal(err)
		}
		_, err := row(s, people.LinkTable, "personnel_no", ben, "link", "in_charge", "unit_code", "west1", "to", yesterday)
		story.WantCode(t, "a link that ends before it begins", err, "period_reversed")
		if _, err := row(s, people.LinkTable, append(from, "to", string(later))...); err != nil {
			t.Fatal(err)
		}
	}
	_, err := row(s, people.LinkTable, "personnel_no", ben, "link", "head", "unit_code", "west1", "to", yesterday)
	story.WantCode(t, "a new link that ends before today", err, "period_reversed")
	if _, err := row(s, people.PostingTable, "personnel_no", ben, "unit_code", "west1", "main", "no", "from", string(today)); err != nil {
		t.Fatal(err)
	}
	_, err = row(s, people.PostingTable, "personnel_no", ben, "unit_code", "west1", "to", yesterday)
	story.WantCode(t, "a posting that ends before it begins", err, "period_reversed")
}
