package web

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"testing"

	"plumbline/internal/app/people"
	"plumbline/internal/apptest"
)

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
