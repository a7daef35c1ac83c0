package people_test

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"plumbline/internal/app/casework"
	"plumbline/internal/app/desk"
	"plumbline/internal/app/people"
	apprecusal "plumbline/internal/app/recusal"
	"plumbline/internal/apptest"
	"plumbline/internal/apptest/story"
	"plumbline/internal/fault"
	"plumbline/internal/inquiry"
	"plumbline/internal/issue"
	"plumbline/internal/roster"
	"plumbline/internal/store"
	"plumbline/internal/words"
)

var ctx = context.Background()

const (
	unitsCSV  = "单位代码,单位名称,英文名称,层级,上级单位代码\nA00,上级机关,Authority,0,\nB00,澄岚市公安局,Bureau,1,A00\nC01,春溪分局,Spring,2,B00\nC02,夏木分局,Summer,2,B00\nC0101,青雀所,Finch,3,C01\n"
	peopleCSV = "personnel_no,name,kind,sex,born_on,police_no,national_id\n" +
		"P1,单小红,民警,女,1990.3.7,000001,11010119900307123X\nP2,李雷,officer,m,19850102,000002,\nP3,韩梅梅,辅警,f,,000003,\nP4,王五,,,,,\nP5,赵六,,,,,\n"
	postingsCSV = "personnel_no,unit_code,post,team,from\nP1,C0101,民警,否,2020-01-01\nP2,C01,局长,是,2019-05-01\nP3,C0101,辅警,,\nP4,B00,主任,y,\nP5,B00,科员,n,\n"
	linksCSV    = "personnel_no,link,unit_code,from\nP2,主要负责人,C01,2019-05-01\nP4,head,B00,\nP2,in_charge,C0101,2020-02-01\n"
)

// bring imports a table as somebody and wants no error.
func bring(t *testing.T, s *apptest.Site, who *roster.Actor, table people.RosterTable, text string, asOf roster.Date) *people.RosterResult {
	t.Helper()
	r, err := s.App.ImportRoster(context.Background(), who, people.RosterImport{Table: table, Name: "f.csv", Data: []byte(text),
		AsOf: asOf})
	if err != nil {
		t.Fatalf("import %s: %v", table, err)
	}
	return r
}

func eachEmpty(t *testing.T, fn func(t *testing.T, s *apptest.Site)) {
	t.Run("sqlite", func(t *testing.T) { fn(t, apptest.Empty(t, filepath.Join(t.TempDir(), "site.db"))) })
	t.Run("postgres", func(t *testing.T) { fn(t, apptest.Empty(t, apptest.Postgres(t))) })
}

func said(r *people.RosterResult) string {
	s := fmt.Sprintf("%d rows: %d created, %d updated, %d ended, %d unchanged, %d rejected", r.Rows, r.Created, r.Updated, r.Ended,
		r.Unchanged, r.Rejected)
	for _, e := range r.Errors {
		s += fmt.Sprintf("; %d %s %s", e.Row, e.Column, e.Fault.Code)
	}
	for _, e := range r.Flags {
		s += fmt.Sprintf("; %d %s %s", e.Row, e.Column, e.Fault.Code)
	}
	return s
}

func counts(t *testing.T, r *people.RosterResult, text string) {
	t.Helper()
	if got := said(r); got != text {
		t.Errorf("got  %s\nwant %s", got, text)
	}
}

func TestFromAnEmptyDatabase(t *testing.T) {
	eachEmpty(t, func(t *testing.T, s *apptest.Site) {
		ctx := context.Background()
		setup := desk.Program("setup")
		dry, err := s.App.ImportRoster(ctx, setup, people.RosterImport{Table: people.UnitTable, Name: "u.csv", Data: []byte(unitsCSV),
			DryRun: true})
		if err != nil {
			t.Fatal(err)
		}
		counts(t, dry, "5 rows: 5 created, 0 updated, 0 ended, 0 unchanged, 0 rejected")
		counts(t, bring(t, s, setup, people.UnitTable, unitsCSV, ""), "5 rows: 5 created, 0 updated, 0 ended, 0 unchanged, 0 rejected")
		counts(t, bring(t, s, setup, people.PeopleTable, peopleCSV, ""), "5 rows: 5 created, 0 updated, 0 ended, 0 unchanged, 0 rejected")
		counts(t, bring(t, s, setup, people.PostingTable, postingsCSV, ""),
			"5 rows: 5 created, 0 updated, 0 ended, 0 unchanged, 0 rejected")
		counts(t, bring(t, s, setup, people.LinkTable, linksCSV, ""), "3 rows: 3 created, 0 updated, 0 ended, 0 unchanged, 0 rejected")
		for table, text := range map[people.RosterTable]string{people.UnitTable: unitsCSV, people.PeopleTable: peopleCSV,
			people.PostingTable: postingsCSV, people.LinkTable: linksCSV} {
			if r := bring(t, s, setup, table, text, ""); !r.Nothing() || r.Last.Seq != 0 || r.Unchanged != r.Rows {
				t.Errorf("%s again: %s", table, said(r))
			}
		}
	})
}

func TestReimportUpdatesAndEnds(t *testing.T) {
	eachEmpty(t, func(t *testing.T, s *apptest.Site) {
		ctx := context.Background()
		who := desk.Program("setup")
		bring(t, s, who, people.UnitTable, unitsCSV, "2026-01-01")
		bring(t, s, who, people.PeopleTable, peopleCSV, "2026-01-01")
		bring(t, s, who, people.PostingTable, postingsCSV, "2026-01-01")
		bring(t, s, who, people.LinkTable, linksCSV, "2026-01-01")

		// P1 gives her number to P4 and takes another; P2 marries into a new name, and
		// P3 takes his number while he holds it.
		r := bring(t, s, who, people.PeopleTable,
			"personnel_no,name,police_no,numbers_from\nP4,王五,000001,2026-02-01\nP1,单小红,000009,2026-02-01\nP2,李磊,,\nP3,韩梅梅,000002,\n", "2026-02-01")
		counts(t, r, "4 rows: 0 created, 4 updated, 2 ended, 0 unchanged, 0 rejected; 5 police_no number_shared")
		var ids map[string][]*roster.Identifier
		var at map[string]*roster.Person
		read := func() {
			t.Helper()
			if err := s.Store.View(ctx, func(ctx context.Context, v *store.View) (err error) {
				if at, err = v.PeopleNumbered(ctx, []string{"P1", "P2", "P3", "P4"}); err != nil {
					return err
				}
				ids, err = v.IdentifiersOf(ctx, []string{at["P1"].ID, at["P2"].ID, at["P4"].ID})
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
		read()
		has := func(person, kind, value string, from, to roster.Date) {
			t.Helper()
			for _, i := range ids[at[person].ID] {
				if i.Kind == kind && i.Value == value && i.FromOn == from && i.ToOn == to {
					return
				}
			}
			t.Errorf("%s has no %s %s from %q to %q", person, kind, value, from, to)
		}
		has("P1", roster.PoliceNo, "000001", "", "2026-01-31")
		has("P1", roster.PoliceNo, "000009", "2026-02-01", "")
		has("P4", roster.PoliceNo, "000001", "2026-02-01", "")
		has("P2", roster.FormerName, "李雷", "", "2026-01-31")
		if at["P2"].Pinyin != "lilei" || at["P1"].Pinyin != "shanxiaohong" {
			t.Errorf("keys: %s %s", at["P2"].Pinyin, at["P1"].Pinyin)
		}

		// P1 moves from the station to the other sub-bureau.
		r = bring(t, s, who, people.PostingTable, "personnel_no,unit_code,post,from\nP1,C02,民警,2026-02-15\n", "2026-02-20")
		counts(t, r, "1 rows: 1 created, 0 updated, 1 ended, 0 unchanged, 0 rejected")
		read()
		if err := s.Store.View(ctx, func(ctx context.Context, v *store.View) error {
			units, err := v.UnitsByCode(ctx)
			if err != nil {
				return err
			}
			if at["P1"].UnitID != units["C02"].ID || at["P1"].BranchID != units["C02"].ID {
				t.Errorf("P1 is at %s, branch %s", at["P1"].UnitID, at["P1"].BranchID)
			}
			list, err := v.PostingsOf(ctx, []string{at["P1"].ID})
			if x := list[at["P1"].ID]; len(x) != 2 || x[0].ToOn != "2026-02-14" {
				t.Errorf("postings: %+v", x)
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}

		// P2 leaves: everything that hangs on him ends, nothing is deleted.
		r = bring(t, s, who, people.PeopleTable, "personnel_no,name,state\nP2,李磊,离职\n", "2026-03-01")
		counts(t, r, "1 rows: 0 created, 1 updated, 4 ended, 0 unchanged, 0 rejected")
		r = bring(t, s, who, people.PeopleTable, "personnel_no,name,police_no\nP3,韩梅梅,000002\n", "2026-03-02")
		counts(t, r, "1 rows: 0 created, 0 updated, 0 ended, 1 unchanged, 0 rejected; 2 police_no number_shared")

		// The station moves under the other sub-bureau, and its people with it.
		r = bring(t, s, who, people.UnitTable, "code,name,tier,parent_code\nC0101,青雀所,3,C02\n", "2026-03-02")
		counts(t, r, "1 rows: 0 created, 1 updated, 1 ended, 0 unchanged, 0 rejected")
		read()
		if err := s.Store.View(ctx, func(ctx context.Context, v *store.View) error {
			units, err := v.UnitsByCode(ctx)
			if at["P3"].BranchID != units["C02"].ID {
				t.Errorf("P3 did not follow his station: %s", at["P3"].BranchID)
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
	})
}

func TestBadRowsAreNamed(t *testing.T) {
	s := apptest.SQLite(t)
	who := s.Actor("records")
	r := bring(t, s, who, people.PeopleTable,
		"人员名册,,,\n姓名,人员编号,出生日期,身份证号\n甲,X1,2020-13-01,\n乙,,,\n丙,X2,,3.3E+17\n丁,X2,1990年1月2日,\n戊,X2,,\n", "")
	counts(t, r, "5 rows: 1 created, 0 updated, 0 ended, 0 unchanged, 4 rejected; 3 born_on sheet_date; 4 personnel_no required; 5 national_id sheet_rounded; 7 personnel_no roster_row_twice")
	if r.Errors[0].Value != "2020-13-01" {
		t.Errorf("the cell is not shown: %+v", r.Errors[0])
	}
	for _, bad := range []struct{ text, code string }{
		{"1,2\n3,4\n", "roster_header"},
		{"personnel_no,rank\n1,2\n", "roster_column_missing"},
		{"personnel_no,name,姓名\n1,2,3\n", "roster_column_twice"},
	} {
		_, err := s.App.ImportRoster(context.Background(), who, people.RosterImport{Table: people.PeopleTable, Name: "f.csv",
			Data: []byte(bad.text)})
		if story.CodeOf(err) != bad.code {
			t.Errorf("%q: %v, want %s", bad.text, err, bad.code)
		}
	}
	r = bring(t, s, who, people.UnitTable, "code,name,tier,parent_code,state,successor_code\nN1,新所,3,bureau,,\nN2,新所,3,nowhere,,\nN3,旧所,3,east,merged,\nN4,旧所,3,east,已合并,east1\n", "")
	counts(t, r, "4 rows: 1 created, 0 updated, 0 ended, 0 unchanged, 3 rejected; 2 tier unit_tier; 3 parent_code unit_parent; 4 successor_code unit_successor")
	r = bring(t, s, who, people.LinkTable, "personnel_no,link,unit_code,over_personnel_no\nP0001,head,east,\nP0012,boss,east,\nP0012,point_leader,,\nP0012,in_charge,,P0012\nP0012,in_charge,,P0001\n", "")
	counts(t, r, "5 rows: 1 created, 0 updated, 0 ended, 0 unchanged, 4 rejected; 3 link roster_word; 4 unit_code link_over; 5 over_personnel_no link_over_self; 6 over_personnel_no roster_out_of_reach")
	if _, err := s.App.ImportRoster(context.Background(), s.Actor("inspector"),
		people.RosterImport{Table: people.PeopleTable, Name: "f.csv", Data: []byte(peopleCSV)}); fault.KindOf(err) != fault.ForbiddenKind {
		t.Errorf("an inspector imported people: %v", err)
	}
}

func TestTemplatesCanBeImported(t *testing.T) {
	s := apptest.SQLite(t)
	for _, table := range people.RosterTables {
		for _, lang := range words.Langs {
			for _, format := range []string{"csv", "xlsx"} {
				var b bytes.Buffer
				if err := people.WriteRosterTemplate(&b, table, lang, format); err != nil {
					t.Fatal(err)
				}
				r, err := s.App.ImportRoster(context.Background(), s.Actor("records"),
					people.RosterImport{Table: table, Name: "t." + format, Data: b.Bytes()})
				if err != nil || r.Rows != 0 || len(r.Ignored) > 0 {
					t.Errorf("%s %s %s: %+v %v", table, lang, format, r, err)
				}
			}
		}
	}
}

func TestSearchPeople(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		ctx := context.Background()
		who := s.Actor("records")
		bring(t, s, who, people.PeopleTable, "personnel_no,name,police_no,former_name\nX1,单小红,A-100,单丽\nX2,单于飞,,\n", "2026-01-01")
		bring(t, s, who, people.PostingTable, "personnel_no,unit_code\nX1,east1\nX2,west1\n", "2026-01-01")
		for query, names := range map[string]string{
			"单": "单于飞 单小红", "小红": "单小红", "shanx": "单小红", "SXH": "单小红", "chanyu": "单于飞", "x1": "单小红", "a100": "单小红", "单丽": "单小红", "%": "", "zzz": "",
		} {
			rows, _, err := s.App.SearchPeople(ctx, who, people.PeopleQuery{Query: query})
			var got []string
			for _, r := range rows {
				got = append(got, r.Name)
			}
			if err != nil || strings.Join(got, " ") != names {
				t.Errorf("%q found %v, want %s (%v)", query, got, names, err)
			}
		}
		east := s.Actor("eastinspector")
		rows, _, err := s.App.SearchPeople(ctx, east, people.PeopleQuery{Query: "单"})
		if err != nil || len(rows) != 1 || rows[0].Name != "单小红" {
			t.Errorf("the east inspector found %+v %v", rows, err)
		}
		all, _, err := s.App.SearchPeople(ctx, who, people.PeopleQuery{Query: "单于"})
		if err != nil || len(all) != 1 {
			t.Fatal(err)
		}
		if _, err := s.App.Person(ctx, east, all[0].ID); fault.KindOf(err) != fault.NotFoundKind {
			t.Errorf("somebody of the west: %v", err)
		}
		if _, err := s.App.CorrectNameKeys(ctx, who, people.NameKeysInput{ID: all[0].ID, Version: all[0].Version,
			Pinyin: "dan yu fei"}); err != nil {
			t.Fatal(err)
		}
		rows, _, err = s.App.SearchPeople(ctx, who, people.PeopleQuery{Query: "dyf"})
		if err != nil || len(rows) != 1 {
			t.Errorf("by the corrected pinyin: %+v %v", rows, err)
		}
		var seen []string
		for cursor := ""; ; {
			rows, next, err := s.App.SearchPeople(ctx, who, people.PeopleQuery{Limit: 7, Cursor: cursor})
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range rows {
				seen = append(seen, r.ID)
			}
			if cursor = next; next == "" {
				break
			}
		}
		if len(seen) != len(s.People)-1+2 { // all but the one of the authority, and the two new
			t.Errorf("%d people page by page, of %d", len(seen), len(s.People))
		}
	})
}

func TestBarsFollowWhereUnitsStood(t *testing.T) {
	s := apptest.SQLite(t)
	who := s.Actor("records")
	if !slices.Contains(s.Actor("anna").Superiors, s.People["easthead"]) {
		t.Fatal("the head of the sub-bureau is not above anna to begin with")
	}
	r := bring(t, s, who, people.UnitTable, "code,name,tier,parent_code\neast1,单位east1,3,west\n", "2026-03-01")
	if r.Proposed != 1 || slices.Contains(s.Actor("anna").Superiors, s.People["westhead"]) {
		t.Fatalf("one person moved a station in the past: %+v", r)
	}
	story.New(t, s).Agree(r.Proposal, "body")
	anna := s.Actor("anna")
	if slices.Contains(anna.Superiors, s.People["easthead"]) || !slices.Contains(anna.Superiors, s.People["westhead"]) {
		t.Errorf("above anna after her station moved: %v", anna.Superiors)
	}
	was := roster.DatedBar{Person: s.People["easthead"], From: "2024-01-01", To: "2026-02-28"}
	if !slices.Contains(anna.Dated, was) {
		t.Errorf("the former head is not barred for the time before: %+v", anna.Dated)
	}
}

// One row makes, changes and ends: a unit, a posting that begins later, a head,
// a merger; and the day does the rest.
func TestRosterRowByRow(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		who := s.Actor("records")
		save := func(table people.RosterTable, asOf roster.Date, kv ...string) (*people.RosterResult, error) {
			cells := map[string]string{}
			for i := 0; i+1 < len(kv); i += 2 {
				cells[kv[i]] = kv[i+1]
			}
			return s.App.SaveRosterRow(ctx, who, people.RosterRow{Table: table, Cells: cells, AsOf: asOf})
		}
		must := func(r *people.RosterResult, err error) *people.RosterResult {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
			return r
		}
		must(save(people.UnitTable, "", "code", "east3", "name", "单位east3", "tier", "3", "parent_code", "east"))
		if r := must(save(people.UnitTable, "", "code", "east3", "name", "单位east3", "tier", "3", "parent_code", "east")); !r.Nothing() {
			t.Errorf("the same again: %s", said(r))
		}
		if _, err := save(people.UnitTable, "", "code", "x", "name", "x", "tier", "3", "parent_code",
			"nowhere"); fault.As(err).Code != "unit_parent" {
			t.Errorf("an unknown parent: %v", err)
		}
		if _, err := save(people.UnitTable, "", "code", "x", "colour", "x"); !fault.Is(err, fault.ShapeKind) {
			t.Errorf("an unknown field: %v", err)
		}
		// A transfer that lies ten days ahead ends the old posting the day before, and takes effect on its day.
		no := story.Number(t, s, "anna")
		must(save(people.PostingTable, "", "personnel_no", no, "unit_code", "east3", "post", "民警", "main", "yes", "from", "2026-03-12"))
		unit := func() string {
			t.Helper()
			p, err := s.App.Person(ctx, who, s.People["anna"])
			if err != nil {
				t.Fatal(err)
			}
			return p.UnitID
		}
		if n, err := s.App.PlacePeople(ctx); err != nil || n != 0 || unit() != s.Units["east1"] {
			t.Fatalf("moved before the day: %d people, %v", n, err)
		}
		s.Clock.Add(10 * 24 * time.Hour)
		if n, err := s.App.PlacePeople(ctx); err != nil || n != 1 || unit() == s.Units["east1"] {
			t.Errorf("on the day %d people were moved, %v", n, err)
		}
		if n, err := s.App.PlacePeople(ctx); err != nil || n != 0 {
			t.Errorf("twice: %d, %v", n, err)
		}
		// A side posting ends nothing; a new head ends the head before.
		if r := must(save(people.PostingTable, "", "personnel_no", no, "unit_code", "west1", "main", "no", "from",
			"2026-03-12")); r.Ended != 0 || unit() == s.Units["west1"] {
			t.Errorf("a side posting: %s", said(r))
		}
		if r := must(save(people.LinkTable, "", "personnel_no", story.Number(t, s, "ben"), "link", "head", "unit_code", "east1", "from",
			"2026-03-12")); r.Created != 1 || r.Ended != 1 {
			t.Errorf("a new head: %s", said(r))
		}
		// A merger closes the dated parent link, and the rows follow the successor.
		must(save(people.UnitTable, "2026-03-12", "code", "east2", "name", "单位east2", "tier", "3", "parent_code", "east", "state", "merged",
			"successor_code", "east1"))
		u, err := s.App.Unit(ctx, who, s.Units["east2"])
		if err != nil || u.State != roster.UnitMerged || len(u.Parents) != 1 || u.Parents[0].ToOn != "2026-03-11" {
			t.Errorf("merged: %+v, %v", u, err)
		}
		must(save(people.UnitTable, "2026-03-12", "code", "east2", "name", "单位east2", "tier", "3", "parent_code", "east",
			"state", "active"))
		if u, err = s.App.Unit(ctx, who, s.Units["east2"]); err != nil || len(u.Parents) != 2 || u.Parents[1].ToOn != "" {
			t.Errorf("parted again: %+v, %v", u, err)
		}
		for _, key := range []string{"inspector", "easthead", "system"} {
			if _, err := s.App.SaveRosterRow(ctx, s.Actor(key), people.RosterRow{Table: people.PostingTable,
				Cells: map[string]string{"personnel_no": no, "unit_code": "east1"}}); err == nil {
				t.Errorf("%s saves a posting", key)
			}
		}
		v, err := s.Store.Verify(ctx, nil)
		if err != nil || !v.OK() {
			t.Errorf("verify: %+v, %v", v, err)
		}
	})
}

// 单位编码 and 单位代码 head the same column.
func TestTwoWordsForAUnitsCode(t *testing.T) {
	s := apptest.SQLite(t)
	r := bring(t, s, s.Actor("records"), people.UnitTable, "单位编码,单位名称,层级,上级单位编码\neast4,单位east4,3,east\n", "")
	counts(t, r, "1 rows: 1 created, 0 updated, 0 ended, 0 unchanged, 0 rejected")
}

// Who declared a relation sees nothing about the other; only a records officer
// ends it.
func TestADeclaredRelationBarsWhoDeclaredIt(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		i := story.Audited(t, s, "anna", "east1", 3, "2026-01-10")
		sees := func(key string) bool {
			_, err := s.App.Issue(ctx, s.Actor(key), casework.IssueInput{ID: i.ID})
			return err == nil
		}
		if !sees("inspector") {
			t.Fatal("the inspector does not see the issue to begin with")
		}
		in := apprecusal.RelationInput{Number: story.Number(t, s, "anna"), Name: "林乙", Kind: "relative"}
		_, _, err := s.App.Declare(ctx, s.Actor("inspector"), in)
		story.WantCode(t, "a number with another's name", err, "person_unknown")
		in.Name = "林甲"
		if _, _, err = s.App.Declare(ctx, s.Actor("inspector"), in); err != nil {
			t.Fatal(err)
		}
		_, _, err = s.App.Declare(ctx, s.Actor("inspector"), in)
		story.WantCode(t, "twice", err, "relation_exists")
		in.Number, in.Name = story.Number(t, s, "inspector"), "督察甲"
		_, _, err = s.App.Declare(ctx, s.Actor("inspector"), in)
		story.WantCode(t, "himself", err, "relation_self")
		if sees("inspector") || !sees("inspector2") {
			t.Error("the declared relative is not barred, or somebody else is")
		}
		mine, err := s.App.OwnRelations(ctx, s.Actor("inspector"))
		if err != nil || len(mine) != 1 || mine[0].Name != "林甲" {
			t.Fatalf("declared %+v, %v", mine, err)
		}
		if theirs, err := s.App.OwnRelations(ctx, s.Actor("anna")); err != nil || len(theirs) != 0 {
			t.Errorf("what others declared shows: %+v, %v", theirs, err)
		}
		end := apprecusal.RelationEnd{ID: mine[0].ID, Version: mine[0].Version, ToOn: "2026-03-01"}
		if _, _, err := s.App.EndRelation(ctx, s.Actor("inspector"), end); err == nil {
			t.Error("he lifts his own bar")
		}
		rows, _, err := s.App.Relations(ctx, s.Actor("records"), s.People["anna"])
		if err != nil || len(rows) != 1 || rows[0].Name != "督察甲" {
			t.Errorf("the records officer sees %+v, %v", rows, err)
		}
		asked, _, err := s.App.EndRelation(ctx, s.Actor("records"), end)
		if err != nil || sees("inspector") {
			t.Fatalf("one person lifts the bar: %v", err)
		}
		st := story.New(t, s)
		for _, key := range []string{"records", "inspector", "anna", "east1head"} {
			if err := st.Approve(key, asked); err == nil {
				t.Errorf("%s agrees to it", key)
			}
		}
		st.Must(st.Approve("body", asked))
		if !sees("inspector") {
			t.Error("still barred after the end")
		}
	})
}

// A witness recorded on an issue alone is barred from the case on it.
func TestAPartyToAnIssueIsBarredFromItsCase(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		i := story.Audited(t, s, "anna", "east1", 3, "2026-01-10")
		in := casework.IssuePartyInput{IssueID: i.ID, Person: story.Number(t, s, "body2"), Interest: inquiry.InterestWitness}
		if _, _, err := s.App.AddIssueParty(ctx, s.Actor("reader"), in); err == nil {
			t.Error("a reader records a party")
		}
		asked, _, err := s.App.AddIssueParty(ctx, s.Actor("inspector"), in)
		if err != nil {
			t.Fatal(err)
		}
		story.Uphold(t, s, asked) // he decides in the matter, so he is challenged
		_, _, err = s.App.AddIssueParty(ctx, s.Actor("inspector"), in)
		story.WantCode(t, "twice", err, "party_exists")
		if _, err := s.App.Issue(ctx, s.Actor("body2"), casework.IssueInput{ID: i.ID}); !fault.Is(err, fault.NotFoundKind) {
			t.Errorf("the witness sees the issue: %v", err)
		}
		d, err := s.App.Issue(ctx, s.Actor("inspector"), casework.IssueInput{ID: i.ID})
		if err != nil || len(d.Parties) != 1 || !d.MayParty {
			t.Errorf("parties %+v, %v", d, err)
		}
		if d, err = s.App.Issue(ctx, s.Actor("body"), casework.IssueInput{ID: i.ID}); err != nil || len(d.Parties) != 0 {
			t.Errorf("who may not record parties sees them: %+v, %v", d.Parties, err)
		}
		caseID, _, err := s.App.OpenCase(ctx, s.Actor("body"), casework.OpenCaseInput{IssueID: i.ID, Version: story.Triage(t, s, i.ID, 3,
			issue.ActRefer).Version, Rule: "r", Facts: "f"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.App.Case(ctx, s.Actor("body2"), caseID); !fault.Is(err, fault.NotFoundKind) {
			t.Errorf("the witness sees the case: %v", err)
		}
	})
}

// A column that nobody knows is a question: the check names it, and nothing is
// imported until somebody has said that it is left out.
func TestAnUnknownColumnOfARosterIsAQuestion(t *testing.T) {
	eachEmpty(t, func(t *testing.T, s *apptest.Site) {
		in := people.RosterImport{Table: people.UnitTable, Name: "u.csv",
			Data: []byte("code,name,tier,parent_code,blood type\nB00,局,1,,A\n"), DryRun: true}
		run := func() (*people.RosterResult, error) {
			return s.App.ImportRoster(context.Background(), desk.Program("test"), in)
		}
		r, err := run()
		if err != nil || r.Created != 1 || !slices.Equal(r.Ignored, []string{"blood type"}) {
			t.Fatalf("the check: %+v, %v", r, err)
		}
		in.DryRun = false
		if _, err = run(); fault.As(err).Code != "roster_columns_unanswered" || fault.As(err).Args["Columns"] != "blood type" {
			t.Errorf("the import: %v", err)
		}
		in.Leave = true
		if r, err = run(); err != nil || r.Created != 1 {
			t.Errorf("left out: %+v, %v", r, err)
		}
	})
}
