package web

import (
	"net/url"
	"strings"
	"testing"

	"plumbline/internal/apptest"
	"plumbline/internal/words"
)

// TestRosterPages walks the roster as the records officer does: units, people
// by name without the name in any address, one person, and an import that is
// checked, done, and found to change nothing the second time.
func TestRosterPages(t *testing.T) {
	s := apptest.SQLite(t)
	v := visit(t, s, "records")
	if page := v.get("/units", 200); !strings.Contains(page, "/units/"+s.Units["east1"]) {
		t.Error("the tree lacks a station")
	}
	if page := v.get("/units/"+s.Units["east"], 200); !strings.Contains(page, "东一") {
		t.Error("the unit does not say who heads it")
	}
	found := v.post("/people", url.Values{"query": {"林甲"}}, 200)
	if !strings.Contains(found, "/people/"+s.People["anna"]) || strings.Contains(found, "/people/"+s.People["ben"]) {
		t.Errorf("search: %s", plainText(found))
	}
	if strings.Contains(found, url.QueryEscape("林甲")) {
		t.Error("the name stands in an address")
	}
	person := "/people/" + s.People["anna"]
	if page := v.get(person, 200); !strings.Contains(page, "东二") {
		t.Error("the record does not say who leads the person")
	}
	v.post(person+"/name-keys", url.Values{"version": {"1"}, "pinyin": {"lin jia"}}, 303)
	v.post(person+"/name-keys", url.Values{"version": {"1"}, "pinyin": {"ling jia"}}, 409)
	if found := v.post("/people", url.Values{"query": {"lj"}}, 200); !strings.Contains(found, person) {
		t.Error("the corrected initials are not found")
	}

	file := []byte("人员编号,姓名,人员类别,警号,警衔职级\nN900,单小红,民警,900001,二级警督\nN901,,民警,900002,\nN902,单小兰,辅警,,组长级\n")
	checked := v.in(words.ZH).upload("/roster/people", url.Values{"do": {"check"}}, "file", "people.csv", file, 200)
	if !strings.Contains(checked, words.T(words.ZH, "rosterpage.result.dry")) {
		t.Errorf("check: %s", plainText(checked))
	}
	if found := v.post("/people", url.Values{"query": {"N900"}}, 200); strings.Contains(found, "单小红") {
		t.Error("the check wrote something")
	}
	done := v.upload("/roster/people", url.Values{"do": {"import"}}, "file", "people.csv", file, 200)
	if !strings.Contains(done, words.T(words.EN, "rosterpage.result.done")) || !strings.Contains(done, words.T(words.EN, "fault.required")) {
		t.Errorf("import: %s", plainText(done))
	}
	again := v.upload("/roster/people", url.Values{"do": {"import"}}, "file", "people.csv", file, 200)
	if !strings.Contains(again, words.T(words.EN, "rosterpage.result.none")) {
		t.Errorf("again, with a row that cannot be taken: %s", plainText(again))
	}
	known := []byte("人员编号,姓名,人员类别,警号,警衔职级\nN900,单小红,民警,900001,二级警督\n")
	if again := v.upload("/roster/people", url.Values{"do": {"import"}}, "file", "people.csv", known, 200); !strings.Contains(again, words.T(words.EN, "rosterpage.result.nothing")) {
		t.Errorf("again: %s", plainText(again))
	}
	for lang, rank := range map[words.Lang]string{words.ZH: "二级警督", words.EN: "Supervisor, Second Class"} {
		if found := v.in(lang).post("/people", url.Values{"query": {"sxh"}}, 200); !strings.Contains(found, "单小红") || !strings.Contains(found, rank) {
			t.Errorf("单 was not read as a surname, or there is no rank %s: %s", rank, plainText(found))
		}
	}
	if found := v.post("/people", url.Values{"query": {"sxl"}}, 200); !strings.Contains(found, "组长级") {
		t.Error("a rank of the roster's own is not shown")
	}
	v.upload("/roster/people", url.Values{"do": {"import"}}, "file", "people.xls", []byte("x"), 422)
	v.get("/roster/template/postings?format=xlsx", 200)
	v.as("anna").get("/people", 403)
	v.as("eastinspector").get("/people/"+s.People["dong"], 404)
}
