package recusal_test

import (
	"net/url"
	"strings"
	"testing"

	"plumbline/internal/apptest"
	"plumbline/internal/issue"
	"plumbline/internal/web/webtest"
)

// A relation and a party recorded by mistake are voided on their pages and stay
// there as history.
func TestVoidingOnThePages(t *testing.T) {
	s := apptest.SQLite(t)
	ids := s.Issues(apptest.IssueSeed{Name: "found", Source: issue.Audit, Person: "anna", Unit: "east1", Category: "interview", Severity: 2,
		Event: "2026-01-10"})
	option := func(page string) string {
		_, rest, ok := strings.Cut(page, `name="record"`)
		_, rest, _ = strings.Cut(rest, `<option value="0`)
		id, _, _ := strings.Cut(rest, `"`)
		if !ok || id == "" {
			t.Fatalf("nothing to choose: %s", webtest.PlainText(page))
		}
		return "0" + id
	}
	v := webtest.Visit(t, s, "records")
	path := "/people/" + s.People["ben"] + "/relations"
	const number = "P0012" // anna
	v.Post(path, url.Values{"personnel_no": {number}, "name": {"林甲"}, "kind": {"relative"}}, 303)
	chosen := option(v.Get(path, 200))
	v.Post(path+"/void", url.Values{webtest.FormField: {"void"}, "record": {chosen}}, 422)
	v.Post(path+"/void", url.Values{webtest.FormField: {"void"}, "record": {chosen}, "reason": {"another of the same name"}}, 303)
	agree(t, s, "body")
	if page := v.Get(path, 200); !strings.Contains(page, "recorded in error, voided") || strings.Contains(page, `name="record"`) {
		t.Errorf("the relation's history: %s", webtest.PlainText(page))
	}

	i := v.As("inspector")
	path = "/issues/" + ids["found"]
	i.Post(path+"/parties", url.Values{"person": {number}, "interest": {"witness"}}, 303)
	chosen = option(i.Get(path, 200))
	if page := i.Post(path+"/party-voids", url.Values{"record": {chosen}}, 422); !strings.Contains(page, "why it was an error") {
		t.Errorf("without a reason: %s", webtest.PlainText(page))
	}
	i.Post(path+"/party-voids", url.Values{"record": {chosen}, "reason": {"wrong person"}}, 303)
	agree(t, s, "body")
	if page := i.Get(path, 200); !strings.Contains(page, "recorded in error, voided") || strings.Contains(page, `name="record"`) {
		t.Errorf("the party's history: %s", webtest.PlainText(page))
	}
}

// agree lets somebody agree, on its page, to what waits for him.
func agree(t *testing.T, s *apptest.Site, key string) {
	t.Helper()
	v := webtest.Visit(t, s, key)
	_, rest, ok := strings.Cut(v.Get("/proposals?waits=1", 200), `href="/proposals/`)
	id, _, _ := strings.Cut(rest, `"`)
	if !ok {
		t.Fatal("nothing waits for " + key)
	}
	page := v.Get("/proposals/"+id, 200)
	webtest.Holds(t, page, "Lifting a bar takes two people", "林甲")
	v.Post("/proposals/"+id+"/approve", webtest.FieldsOf(t, page, "/proposals/"+id+"/approve"), 303)
}
