package web

import (
	"context"
	"fmt"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"plumbline/internal/app/people"
	appselfcheck "plumbline/internal/app/selfcheck"
	"plumbline/internal/apptest"
	"plumbline/internal/apptest/chrome"
	"plumbline/internal/selfcheck"
	"plumbline/internal/words"
)

// namedItem has anna file a list whose item 3 names the head of her station,
// and gives the item's page.
func namedItem(t *testing.T, s *apptest.Site) string {
	t.Helper()
	ctx := context.Background()
	lists, err := s.App.MyLists(ctx, s.Actor("anna"))
	if err != nil || len(lists) != 1 {
		t.Fatalf("%d lists, %v", len(lists), err)
	}
	answers := make([]selfcheck.ItemAnswer, selfcheck.ItemCount)
	for i := range answers {
		answers[i] = selfcheck.ItemAnswer{ItemNo: int64(i + 1), Nil: true}
	}
	answers[2] = selfcheck.ItemAnswer{ItemNo: 3, LeaderID: s.People["east1head"], Issues: []selfcheck.Declared{{EventOn: "2025-06-15", Text: "所长要求不予登记"}}}
	if _, err := s.App.Submit(ctx, s.Actor("anna"), appselfcheck.SubmitInput{ID: lists[0].ID, Version: lists[0].Version, Answers: answers}); err != nil {
		t.Fatal(err)
	}
	return "/review/named/" + selfcheck.NamedID(lists[0].ID, 3)
}

// TestNamedItemPages: the tier above returns the item, the respondent replies
// on his to-do page, the tier above accepts; nobody else has the page.
func TestNamedItemPages(t *testing.T) {
	s := apptest.SQLite(t)
	openCampaign(t, s)
	path := namedItem(t, s)
	head, anna := visit(t, s, "easthead"), visit(t, s, "anna")
	visit(t, s, "east1head").get(path, 404)
	if got := linkTo(t, head.get("/review/named", 200), "/review/named/"); got != path {
		t.Fatalf("the list leads to %s", got)
	}
	version := func() url.Values {
		return url.Values{"version": {hiddenValue(t, head.get(path, 200), "version")}, formField: {"return"}}
	}
	head.post(path+"/return", version(), 422)
	form := version()
	form.Set("reason", "请说明时间和在场人员")
	head.post(path+"/return", form, 303)
	home := anna.get("/", 200)
	if !strings.Contains(home, "请说明时间和在场人员") {
		t.Errorf("the reason is not on the to-do page: %s", plainText(home))
	}
	reply := linkAction(t, home, "/selfcheck/", "/named")
	anna.post(reply, url.Values{"item": {"3"}, "text": {"去年六月十五日，值班室"}}, 303)
	if page := head.get(path, 200); !strings.Contains(page, "去年六月十五日，值班室") {
		t.Errorf("the reply is not shown: %s", plainText(page))
	}
	head.post(path+"/accept", version(), 303)
	if page := head.get("/review/named?state=accepted", 200); !strings.Contains(page, path) {
		t.Error("the accepted item is not under its tab")
	}
}

// linkAction finds the address of the first form that begins and ends so.
func linkAction(t *testing.T, html, prefix, suffix string) string {
	t.Helper()
	for _, part := range strings.Split(html, `action="`)[1:] {
		if at, _, _ := strings.Cut(part, `"`); strings.HasPrefix(at, prefix) && strings.HasSuffix(at, suffix) {
			return at
		}
	}
	t.Fatalf("no form to %s…%s", prefix, suffix)
	return ""
}

// TestCompletionListsRestoreAndUncertify: numbers open their lists, an excuse is
// taken back, and so is a certification.
func TestCompletionListsRestoreAndUncertify(t *testing.T) {
	s := apptest.SQLite(t)
	manager, path := openCampaign(t, s)
	campaign := strings.TrimPrefix(path, "/campaigns/")
	unit := "/completion/" + campaign + "/" + s.Units["east1"]
	page := manager.get(linkTo(t, manager.get("/completion/"+campaign, 200), path+"/lists?of=missing"), 200)
	if !strings.Contains(page, "林甲") {
		t.Errorf("who has not filed: %s", plainText(page))
	}
	if page := visit(t, s, "reader").get(path+"/lists?of=owed&unit="+s.Units["east1"], 200); strings.Contains(page, "林甲") {
		t.Error("a leadership reader sees names")
	}
	excuse := linkTo(t, manager.get(unit, 200), unit+"/excuse/")
	manager.post(excuse, url.Values{"version": {hiddenValue(t, manager.get(excuse, 200), "version")}, "reason": {"长期病假"}}, 303)
	restore := linkTo(t, manager.get(unit, 200), unit+"/restore/")
	form := url.Values{"version": {hiddenValue(t, manager.get(restore, 200), "version")}, formField: {"restore"}}
	manager.post(restore, form, 422)
	form.Set("reason", "病愈返岗")
	manager.post(restore, form, 303)
	head := visit(t, s, "east1head")
	head.post(unit+"/certify", nil, 422)
	head.post(unit+"/uncertify", url.Values{"reason": {"没有确认过"}}, 409)
	head.get("/checklists", 200)
	list := linkTo(t, head.get("/checklists", 200), "/checklists/")
	head.get(list, 200)
	head.post(list+"/details", url.Values{"unit_id": {s.Units["east1"]}, "item": {"3"}}, 422)
	head.post(list+"/details", url.Values{"unit_id": {s.Units["east1"]}, "item": {"3"}, "text_zh": {"含电话报案"}}, 303)
	if page := head.in(words.ZH).get(list, 200); !strings.Contains(page, "含电话报案") {
		t.Error("the detail is not shown")
	}
}

// TestRosterRowAndRelationPages: one row of each table by its form, and who is
// kept from whom.
func TestRosterRowAndRelationPages(t *testing.T) {
	s := apptest.SQLite(t)
	v := visit(t, s, "records")
	for _, table := range people.RosterTables {
		v.get("/roster/row/"+string(table), 200)
		v.post("/roster/row/"+string(table), nil, 422)
	}
	visit(t, s, "inspector").get("/roster/row/units", 403)
	v.get("/roster/row/nothing", 404)
	if page := v.get("/roster/row/units?unit="+s.Units["east1"], 200); !strings.Contains(page, `value="east1"`) || !strings.Contains(page, `value="east"`) {
		t.Errorf("the unit is not filled in: %s", plainText(page))
	}
	v.post("/roster/row/units", url.Values{"code": {"east9"}, "name": {"单位east9"}, "tier": {"3"}, "parent_code": {"east"}}, 303)
	named := url.Values{"code": {"east9"}, "name": {"单位east9"}, "tier": {"3"}}
	for _, said := range []struct{ filled, nameEN, want string }{{"", "East Nine", "East Nine"}, {"", "", "East Nine"}, {"name_en", "", ""}} {
		named["filled"], named["name_en"] = []string{said.filled}, []string{said.nameEN}
		v.post("/roster/row/units", named, 303)
		units, err := s.App.Units(context.Background(), s.Actor("records"))
		if err != nil {
			t.Fatal(err)
		}
		at := slices.IndexFunc(units, func(u people.UnitView) bool { return strings.EqualFold(u.Code, "east9") })
		if at < 0 {
			t.Fatalf("no such unit: %+v", units)
		}
		if units[at].NameEN != said.want || units[at].ParentID != s.Units["east"] {
			t.Errorf("%+v makes %+v", said, units[at])
		}
	}
	if page := v.get("/units", 200); !strings.Contains(page, "east9") {
		t.Error("the new unit is not listed")
	}
	person := "/people/" + s.People["anna"]
	v.get(person, 200)
	v.get("/roster/row/postings?person="+s.People["anna"], 200)
	v.get(person+"/relations", 200)
	v.post(person+"/relations", url.Values{"kind": {"relative"}, formField: {"declare"}}, 422)
	anna := visit(t, s, "anna")
	anna.get("/my-relations", 200)
	anna.post("/my-relations", url.Values{"personnel_no": {"1"}, "name": {"某人"}, "kind": {"relative"}, formField: {"declare"}}, 422)
	var number string
	rows, _, err := s.App.SearchPeople(context.Background(), s.Actor("records"), people.PeopleQuery{Query: "督察甲"})
	if err != nil || len(rows) != 1 {
		t.Fatal(err)
	}
	number = rows[0].PersonnelNo
	anna.post("/my-relations", url.Values{"personnel_no": {number}, "name": {"督察甲"}, "kind": {"relative"}}, 303)
	page := v.get(person+"/relations", 200)
	end := linkAction(t, page, "/relations/", "/end")
	form := fieldsOf(t, page, end)
	v.post(end, form, 303)
	anna.post("/people/"+s.People["anna"]+"/relations", nil, 404)
}

// TestInspectionAndUntouchedPages: the inspector's form, and the fourth cell.
func TestInspectionAndUntouchedPages(t *testing.T) {
	s := apptest.SQLite(t)
	v := visit(t, s, "inspector")
	v.get("/inspections", 200)
	v.post("/inspections", url.Values{"unit_id": {s.Units["east1"]}, "result": {"under_reported"}, formField: {"inspect"}}, 422)
	v.post("/inspections", url.Values{"unit_id": {s.Units["east1"]}, "result": {"under_reported"}, "category": {"interview"}, "severity": {"2"}, "event_on": {"2026-02-01"}, "text": {"现场核实"}}, 303)
	issue := linkTo(t, v.get("/inspections", 200), "/issues/")
	v.get(issue, 200)
	v.post(issue+"/parties", url.Values{"person": {"0"}, "interest": {"witness"}}, 422)
	cell := linkTo(t, v.get("/reconciliation", 200), "/reconciliation/untouched")
	v.get(cell, 200)
	visit(t, s, "reader").get(cell, 200)
}

// TestNewPagesInABrowser looks at the pages that hold forms of several fields.
func TestNewPagesInABrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("pages are looked at without -short")
	}
	b := chrome.Start(t)
	s := apptest.SQLite(t)
	_, path := openCampaign(t, s)
	named := namedItem(t, s)
	site := httptest.NewServer(visit(t, s, "").face)
	defer site.Close()
	for _, lang := range words.Langs {
		for _, width := range []int{360, 1440} {
			tab, err := b.Tab(width, string(lang))
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range []struct{ who, path, name string }{
				{"easthead", named, "named"}, {"manager", path + "/lists?of=missing", "lists"}, {"records", "/roster/row/units?unit=" + s.Units["east1"], "unit"},
				{"inspector", "/reconciliation/untouched?category=interview", "untouched"}, {"records", "/people/" + s.People["anna"] + "/relations", "relations"},
			} {
				if err := tab.Cookie(site.URL, SessionCookie, p.who); err != nil {
					t.Fatal(err)
				}
				look(t, tab, judged(width, lang), site.URL, p.path, fmt.Sprintf("gap-%s-%s-%d", p.name, lang, width))
			}
		}
	}
}
