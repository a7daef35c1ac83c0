package people_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plumbline/internal/app/desk"
	"plumbline/internal/app/people"
	"plumbline/internal/apptest"
	"plumbline/internal/roster"
)

// ofPerson opens the person with a personnel number, as the operator.
func ofPerson(t *testing.T, s *apptest.Site, number string) *people.PersonPage {
	t.Helper()
	p, err := s.App.Person(ctx, desk.Program("test"), personNumbered(t, s, number))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// dated tells the dated facts of a person of some kinds, one a line.
func dated(p *people.PersonPage, kinds string) (out []string) {
	for _, d := range p.Dated {
		if strings.Contains(kinds, d.Kind) {
			out = append(out, strings.TrimSpace(d.Kind+" "+d.Text+d.Unit)+" "+string(d.FromOn)+"~"+string(d.ToOn))
		}
	}
	return out
}

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// A roster may know a birth by its year, a name by its parts, and several names of
// somebody; importing it again changes nothing.
func TestPeopleAsTheRosterKnowsThem(t *testing.T) {
	eachEmpty(t, func(t *testing.T, s *apptest.Site) {
		who := desk.Program("setup")
		text := "personnel_no,family_name,given_name,middle_name,name_suffix,born_on,appointed_on,nickname,other_name,former_name\n" +
			"P1,van der Test,Exemplar,Q,jr.,1971,1995-09,Exie / Lar,测甲; Тест,\n" +
			"P2,欧阳,样本,,,1990年3月,2012,小样、阿本,Ouyang Yangben,\"欧阳,旧名\"\n"
		counts(t, bring(t, s, who, people.PeopleTable, text, ""), "2 rows: 2 created, 0 updated, 0 ended, 0 unchanged, 0 rejected")
		p := ofPerson(t, s, "P1")
		same(t, "name", p.Name, "Exemplar Q van der Test Jr")
		same(t, "parts", p.Parts, roster.NameParts{Family: "van der Test", Given: "Exemplar", Middle: "Q", Suffix: "Jr"})
		same(t, "dates", []roster.Date{p.BornOn, p.AppointedOn, p.DepartedOn}, []roster.Date{"1971", "1995-09", ""})
		same(t, "names", dated(p, "nickname other_name"),
			[]string{"nickname Exie ~", "nickname Lar ~", "other_name 测甲 ~", "other_name Тест ~"})
		p = ofPerson(t, s, "P2")
		same(t, "Chinese name", p.Name, "欧阳样本")
		same(t, "month of birth", p.BornOn, roster.Date("1990-03"))
		same(t, "names", dated(p, "nickname other_name former_name"), []string{"former_name 欧阳 ~", "former_name 旧名 ~",
			"nickname 小样 ~", "nickname 阿本 ~", "other_name Ouyang Yangben ~"})
		if r := bring(t, s, who, people.PeopleTable, text, ""); !r.Nothing() {
			t.Errorf("again: %s", said(r))
		}
		for _, query := range []string{"欧阳样本", "小样", "Тест", "ouyang"} {
			rows, _, err := s.App.SearchPeople(ctx, who, people.PeopleQuery{Query: query})
			if err != nil || len(rows) != 1 {
				t.Errorf("%q finds %+v, %v", query, rows, err)
			}
		}
		bring(t, s, who, people.PeopleTable, "personnel_no,name\nP2,欧阳新\n", "")
		if p = ofPerson(t, s, "P2"); p.Parts != (roster.NameParts{}) || p.Name != "欧阳新" {
			t.Errorf("the parts of the name before stay: %+v", p.Parts)
		}
	})
}

func TestWhatContradictsItselfIsRefused(t *testing.T) {
	s := apptest.SQLite(t)
	r := bring(t, s, s.Actor("records"), people.PeopleTable, "personnel_no,name,born_on,appointed_on,departed_on,state\n"+
		"C1,样甲,1990,2010-05,2010-04-30,\nC2,样乙,2011,2010,,\nC3,样丙,2015,,2014,\nC4,样丁,,,2031,left\nC5,样戊,,,2015,serving\n"+
		"C6,样己,1990,2010-05,2010-05-31,\nC7,样庚,2010,2010,2010,\nC8,,,,,\n", "")
	counts(t, r, "8 rows: 2 created, 0 updated, 0 ended, 0 unchanged, 6 rejected; 2 departed_on person_departed_early; "+
		"3 born_on person_born_late; 4 born_on person_born_late; 5 departed_on person_left_later; 6 departed_on person_serves_after; "+
		"9 name required")
}

// Several numbers in a cell, in further rows, with periods, and held by others too.
func TestNumbersAsTheyAreHeld(t *testing.T) {
	eachEmpty(t, func(t *testing.T, s *apptest.Site) {
		who := desk.Program("setup")
		text := "personnel_no,name,police_no,badge_no,numbers_from,numbers_to\n" +
			"P1,样甲,A1;A2、A3 (2019-01-01~2020-05-31),B-1 / B2（2018至）,,\n" +
			"P2,样乙,A1,,2015-01-01,2016-12-31\nP2,样乙,A9,,2017-01-01,\nP2,,A1 (2021-03-)\n" +
			"P3,样丙,A3 (2020-05-31~2021),,,\nP4,样丁,A3 (2022)\nP5,样戊,A7(2020~2019)\nP6,样己,A3 (2021-02~)\nP2,样别,A5,,,\n"
		r := bring(t, s, who, people.PeopleTable, text, "")
		counts(t, r, "9 rows: 6 created, 0 updated, 0 ended, 0 unchanged, 3 rejected; 7 police_no sheet_period; "+
			"8 police_no period_reversed; 10 personnel_no roster_row_twice; "+
			"2 police_no number_shared; 5 police_no number_shared; 6 police_no number_shared; "+
			"9 police_no number_shared")
		if r.Flagged != 4 {
			t.Errorf("%d rows flagged", r.Flagged)
		}
		same(t, "P1", dated(ofPerson(t, s, "P1"), "police_no badge_no"), []string{"badge_no B-1 ~", "badge_no B2 2018-01-01~",
			"police_no A2 ~", "police_no A1 2017-01-01~", "police_no A3 2019-01-01~2020-05-31"})
		same(t, "P2", dated(ofPerson(t, s, "P2"), "police_no"), []string{"police_no A1 2015-01-01~2016-12-31", "police_no A9 2017-01-01~",
			"police_no A1 2021-03-01~"})
		if r := bring(t, s, who, people.PeopleTable, text, "2026-05-01"); !r.Nothing() || r.Flagged != 4 {
			t.Errorf("again: %s", said(r))
		}
		// A later row corrects the days of a number, and what it no longer names ends.
		r = bring(t, s, who, people.PeopleTable, "personnel_no,name,police_no\nP1,样甲,A1; A3 (2019-01-01~2020-12-31)\n", "2026-06-01")
		counts(t, r, "1 rows: 0 created, 1 updated, 2 ended, 0 unchanged, 0 rejected; 2 police_no number_shared")
		same(t, "P1 later", dated(ofPerson(t, s, "P1"), "police_no"), []string{"police_no A2 ~2026-05-31", "police_no A1 2017-01-01~",
			"police_no A3 2019-01-01~2020-12-31"})
	})
}

// People who left come with their postings and numbers, in any order of rows.
func TestPeopleWhoLeftComeInAsTheyAre(t *testing.T) {
	eachEmpty(t, func(t *testing.T, s *apptest.Site) {
		who := desk.Program("setup")
		bring(t, s, who, people.UnitTable, unitsCSV, "")
		posts := "personnel_no,unit_code,post,from,to\nP1,C02,乙职,2010-01-01,\nP1,C01,甲职,2005-01-01,2009-12-31\n" +
			"P2,C01,丙职,2012-01-01,2011-12-31\nP2,C0101,丁职,2012-01-01,\nP2,C01,戊职,2012-01-01,2011-12-30\n" +
			"P3,C01,己职,,\nP1,,庚职,,\nP9,C01,,,\n"
		r := bring(t, s, who, people.PostingTable, posts, "")
		if r.Rejected != 8 || r.Errors[0].Fault.Code != "person_not_imported" {
			t.Errorf("postings before the people: %s", said(r))
		}
		text := "personnel_no,name,police_no,departed_on,state\nP1,样甲,A1,2015-06-30,\nP2,样乙,A1,,\nP3,样丙,A3,2014,离职\n"
		counts(t, bring(t, s, who, people.PeopleTable, text, ""), "3 rows: 3 created, 0 updated, 0 ended, 0 unchanged, 0 rejected")
		want := "; 6 to period_reversed; 8 unit_code posting_no_unit; 9 personnel_no person_not_imported; 2 to posting_closed; " +
			"4 to posting_unserved; 7 to posting_closed"
		r = bring(t, s, who, people.PostingTable, posts, "")
		counts(t, r, "8 rows: 5 created, 0 updated, 0 ended, 0 unchanged, 3 rejected"+want)
		same(t, "P1", dated(ofPerson(t, s, "P1"), "posting police_no"), []string{"posting 甲职春溪分局 2005-01-01~2009-12-31",
			"posting 乙职夏木分局 2010-01-01~2015-06-30", "police_no A1 ~2015-06-30"})
		if p := ofPerson(t, s, "P1"); p.State != roster.Left || p.UnitID != "" {
			t.Errorf("P1 is %s at %q", p.State, p.UnitID)
		}
		p := ofPerson(t, s, "P2")
		same(t, "P2", dated(p, "posting police_no"), []string{"posting 丙职春溪分局 2012-01-01~2011-12-31", "posting 丁职青雀所 2012-01-01~",
			"police_no A1 2015-07-01~"})
		same(t, "P2 serves", p.Unit, "青雀所")
		for table, text := range map[people.RosterTable]string{people.PeopleTable: text, people.PostingTable: posts} {
			if r := bring(t, s, who, table, text, "2026-07-01"); !r.Nothing() {
				t.Errorf("%s again: %s", table, said(r))
			}
		}
		if n, err := s.App.PlacePeople(ctx); err != nil || n != 0 {
			t.Errorf("%d people move by the day, %v", n, err)
		}
		verdict, err := s.Store.Verify(ctx, nil)
		if err != nil || !verdict.OK() {
			t.Errorf("verify: %v %+v", err, verdict)
		}
	})
}
