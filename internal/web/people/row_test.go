package people_test

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"testing"

	"plumbline/internal/app/people"
	"plumbline/internal/apptest"
	"plumbline/internal/web/webtest"
)

// TestRosterRowAndRelationPages: one row of each table by its form, and who is
// kept from whom.
func TestRosterRowAndRelationPages(t *testing.T) {
	s := apptest.SQLite(t)
	v := webtest.Visit(t, s, "records")
	for _, table := range people.RosterTables {
		v.Get("/roster/row/"+string(table), 200)
		v.Post("/roster/row/"+string(table), nil, 422)
	}
	webtest.Visit(t, s, "inspector").Get("/roster/row/units", 403)
	v.Get("/roster/row/nothing", 404)
	if page := v.Get("/roster/row/units?unit="+s.Units["east1"], 200); !strings.Contains(page, `value="east1"`) || !strings.Contains(page, `value="east"`) {
		t.Errorf("the unit is not filled in: %s", webtest.PlainText(page))
	}
	v.Post("/roster/row/units", url.Values{"code": {"east9"}, "name": {"单位east9"}, "tier": {"3"}, "parent_code": {"east"}}, 303)
	named := url.Values{"code": {"east9"}, "name": {"单位east9"}, "tier": {"3"}}
	for _, said := range []struct{ filled, nameEN, want string }{{"", "East Nine", "East Nine"}, {"", "", "East Nine"},
		{"name_en", "", ""}} {
		named["filled"], named["name_en"] = []string{said.filled}, []string{said.nameEN}
		v.Post("/roster/row/units", named, 303)
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
	if page := v.Get("/units", 200); !strings.Contains(page, "east9") {
		t.Error("the new unit is not listed")
	}
	person := "/people/" + s.People["anna"]
	v.Get(person, 200)
	v.Get("/roster/row/postings?person="+s.People["anna"], 200)
	v.Get(person+"/relations", 200)
	v.Post(person+"/relations", url.Values{"kind": {"relative"}, webtest.FormField: {"declare"}}, 422)
	anna := webtest.Visit(t, s, "anna")
	anna.Get("/my-relations", 200)
	anna.Post("/my-relations", url.Values{"personnel_no": {"1"}, "name": {"某人"}, "kind": {"relative"}, webtest.FormField: {"declare"}}, 422)
	var number string
	rows, _, err := s.App.SearchPeople(context.Background(), s.Actor("records"), people.PeopleQuery{Query: "督察甲"})
	if err != nil || len(rows) != 1 {
		t.Fatal(err)
	}
	number = rows[0].PersonnelNo
	anna.Post("/my-relations", url.Values{"personnel_no": {number}, "name": {"督察甲"}, "kind": {"relative"}}, 303)
	page := v.Get(person+"/relations", 200)
	end := webtest.LinkAction(t, page, "/relations/", "/end")
	form := webtest.FieldsOf(t, page, end)
	v.Post(end, form, 303)
	anna.Post("/people/"+s.People["anna"]+"/relations", nil, 404)
}
