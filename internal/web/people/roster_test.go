package people_test

import (
	"net/url"
	"strings"
	"testing"

	"plumbline/internal/apptest"
	"plumbline/internal/web/webtest"
	"plumbline/internal/words"
)

// TestRosterPages walks the roster as the records officer does: units, people
// by name without the name in any address, one person, and an import that is
// checked, done, and found to change nothing the second time.
func TestRosterPages(t *testing.T) {
	s := apptest.SQLite(t)
	v := webtest.Visit(t, s, "records")
	if page := v.Get("/units", 200); !strings.Contains(page, "/units/"+s.Units["east1"]) {
		t.Error("the tree lacks a station")
	}
	if page := v.Get("/units/"+s.Units["east"], 200); !strings.Contains(page, "东一") {
		t.Error("the unit does not say who heads it")
	}
	found := v.Post("/people", url.Values{"query": {"林甲"}}, 200)
	if !strings.Contains(found, "/people/"+s.People["anna"]) || strings.Contains(found, "/people/"+s.People["ben"]) {
		t.Errorf("search: %s", webtest.PlainText(found))
	}
	if strings.Contains(found, url.QueryEscape("林甲")) {
		t.Error("the name stands in an address")
	}
	person := "/people/" + s.People["anna"]
	if page := v.Get(person, 200); !strings.Contains(page, "东二") {
		t.Error("the record does not say who leads the person")
	}
	v.Post(person+"/name-keys", url.Values{"version": {"1"}, "pinyin": {"lin jia"}}, 303)
	v.Post(person+"/name-keys", url.Values{"version": {"1"}, "pinyin": {"ling jia"}}, 409)
	if found := v.Post("/people", url.Values{"query": {"lj"}}, 200); !strings.Contains(found, person) {
		t.Error("the corrected initials are not found")
	}

	file := []byte("人员编号,姓名,人员类别,警号,警衔职级\nN900,单小红,民警,900001,二级警督\nN901,,民警,900002,\nN902,单小兰,辅警,,组长级\n")
	checked := v.In(words.ZH).Upload("/roster/people", url.Values{"do": {"check"}}, "file", "people.csv", file, 200)
	if !strings.Contains(checked, words.T(words.ZH, "rosterpage.result.dry")) {
		t.Errorf("check: %s", webtest.PlainText(checked))
	}
	if found := v.Post("/people", url.Values{"query": {"N900"}}, 200); strings.Contains(found, "单小红") {
		t.Error("the check wrote something")
	}
	done := v.Upload("/roster/people", url.Values{"do": {"import"}}, "file", "people.csv", file, 200)
	if !strings.Contains(done, words.T(words.EN, "rosterpage.result.done")) ||
		!strings.Contains(done, words.T(words.EN, "fault.required")) {
		t.Errorf("import: %s", webtest.PlainText(done))
	}
	again := v.Upload("/roster/people", url.Values{"do": {"import"}}, "file", "people.csv", file, 200)
	if !strings.Contains(again, words.T(words.EN, "rosterpage.result.none")) {
		t.Errorf("again, with a row that cannot be taken: %s", webtest.PlainText(again))
	}
	shared := []byte("人员编号,姓名,警号,出生日期\nN903,单小白,900001,1979\nN904,单小黑,900004,1979-05\n")
	for lang, page := range map[words.Lang]string{
		words.ZH: v.In(words.ZH).Upload("/roster/people", url.Values{"do": {"check"}}, "file", "people.csv", shared, 200),
		words.EN: v.In(words.EN).Upload("/roster/people", url.Values{"do": {"check"}}, "file", "people.csv", shared, 200),
	} {
		said := words.T(lang, "fault.number_shared")
		if n := strings.Count(page, said); n != 1 || !strings.Contains(page, words.T(lang, "rosterpage.result.flagged")) {
			t.Errorf("%s: a shared number is said %d times: %s", lang, n, webtest.PlainText(page))
		}
	}
	known := []byte("人员编号,姓名,人员类别,警号,警衔职级\nN900,单小红,民警,900001,二级警督\n")
	if again := v.Upload("/roster/people", url.Values{"do": {"import"}}, "file", "people.csv", known, 200); !strings.Contains(again,
		words.T(words.EN, "rosterpage.result.nothing")) {
		t.Errorf("again: %s", webtest.PlainText(again))
	}
	for lang, rank := range map[words.Lang]string{words.ZH: "二级警督", words.EN: "Supervisor, Second Class"} {
		if found := v.In(lang).Post("/people", url.Values{"query": {"sxh"}}, 200); !strings.Contains(found, "单小红") ||
			!strings.Contains(found, rank) {
			t.Errorf("单 was not read as a surname, or there is no rank %s: %s", rank, webtest.PlainText(found))
		}
	}
	if found := v.Post("/people", url.Values{"query": {"sxl"}}, 200); !strings.Contains(found, "组长级") {
		t.Error("a rank of the roster's own is not shown")
	}
	v.Upload("/roster/people", url.Values{"do": {"import"}}, "file", "people.xls", []byte("x"), 422)
	v.Get("/roster/template/postings?format=xlsx", 200)
	v.As("anna").Get("/people", 403)
	v.As("eastinspector").Get("/people/"+s.People["dong"], 404)
}
