package intake_test

import (
	"net/url"
	"regexp"
	"strings"
	"testing"

	"plumbline/internal/apptest"
	"plumbline/internal/web/page"
	"plumbline/internal/web/webtest"
	"plumbline/internal/words"
)

var matchLink = regexp.MustCompile(`/matches/([0-9a-z-]{26,})`)

// TestAuditPages goes through the pages as two inspectors do: upload, dry run
// with a mapping, import, decide, undo, error file, withdraw.
func TestAuditPages(t *testing.T) {
	s := apptest.SQLite(t)
	v := webtest.Visit(t, s, "inspector")
	v.Get("/audit", 200)
	v.Get("/audit/new", 200)
	file := []byte("谁,警号,单位,事由,发生时间\n林甲,100011,单位east1,服务差,2026-02-01\n林乙,,单位west1,服务差,2026-02-01\n林丙,100014,单位east2,服务差,2026-02-01\n林丁,3.3E+17,x,服务差,2026-02-01\n")

	html := v.Upload("/audit/preview", url.Values{"source": {"petition"}}, "file", "a.xls", file, 422)
	if !strings.Contains(html, ".xlsx") {
		t.Errorf("an old file: %s", webtest.PlainText(html))
	}
	html = v.Upload("/audit/preview", url.Values{"source": {"petition"}}, "file", "名单.csv", file, 200)
	form := webtest.FieldsOf(t, html, "/audit/preview")
	if form.Get("upload") == "" || strings.Contains(html, `formaction="/audit/import"`) {
		t.Fatalf("a file without a class column is ready: %s", webtest.PlainText(html))
	}
	for n, to := range map[string]string{"0": "name", "1": "police_no", "2": "unit", "3": "class", "4": "event_on"} {
		form.Set("column_"+n, to)
	}
	html = v.Post("/audit/preview", form, 200)
	form2 := webtest.FieldsOf(t, html, "/audit/preview")
	if form2.Get("class_word_0") != "服务差" {
		t.Fatalf("the unknown class is not asked for: %s", webtest.PlainText(html))
	}
	for k, x := range form2 {
		form[k] = x
	}
	form.Set("class_0", "public_conduct")
	html = v.Post("/audit/preview", form, 200)
	if !strings.Contains(html, `formaction="/audit/import"`) || !strings.Contains(webtest.PlainText(html), "B5") {
		t.Fatalf("not ready: %s", webtest.PlainText(html))
	}
	v.Post("/audit/import", form, 303)
	batch := v.To()
	if !strings.HasPrefix(batch, "/audit/batches/") {
		t.Fatal(batch)
	}
	if v.Get(batch, 200); v.Last.Header.Get("Refresh") == "" {
		t.Error("the page of a running import does not refresh")
	}
	s.Jobs()
	for _, lang := range words.Langs {
		if page := webtest.PlainText(v.In(lang).Get(batch, 200)); !strings.Contains(page, words.T(lang, "state.batch.imported")) {
			t.Errorf("%s: %s", lang, page)
		}
	}
	if csv := v.Post(batch+"/errors", url.Values{"format": {"csv"}}, 200); !strings.Contains(csv, "3.3E+17") ||
		v.Last.Header.Get("X-Row-Count") != "1" {
		t.Errorf("error file: %s", csv)
	}
	row := matchLink.FindStringSubmatch(v.Get("/matches?level=rejected&batch="+strings.TrimPrefix(batch, "/audit/batches/"), 200))
	if row == nil {
		t.Fatal("the rejected row is on no list")
	}
	for _, lang := range words.Langs {
		page := webtest.PlainText(v.In(lang).Get("/matches/"+row[1], 200))
		if !strings.Contains(page, "3.3E+17") || !strings.Contains(page, words.T(lang, "match.note.rejected", "Cell", "B5", "Reason",
			"")) || strings.Contains(page, words.T(lang, "match.no_candidates")) {
			t.Errorf("%s: the page does not say why the row was rejected: %s", lang, page)
		}
	}
	decidePages(t, v, batch)
	v.Post(batch+"/withdraw", url.Values{"version": {webtest.FieldsOf(t, v.Get(batch, 200), batch+"/withdraw").Get("version")}}, 422)
	v.Post(batch+"/withdraw", url.Values{"version": {webtest.FieldsOf(t, v.Get(batch, 200), batch+"/withdraw").Get("version")},
		"reason": {"导错"}}, 303)
	if page := webtest.PlainText(v.Get(batch, 200)); !strings.Contains(page, "the withdrawal continues") ||
		strings.Contains(page, "the import continues") {
		t.Errorf("while it is withdrawn: %s", page)
	}
	s.Jobs()
	if page := webtest.PlainText(v.Get(batch, 200)); !strings.Contains(page, "导错") {
		t.Errorf("withdrawn: %s", page)
	}
	v.As("eastinspector").Get(batch, 404)
}

func decidePages(t *testing.T, v *webtest.Visitor, batch string) {
	t.Helper()
	id := strings.TrimPrefix(batch, "/audit/batches/")
	find := func(level string) string {
		m := matchLink.FindStringSubmatch(v.Get("/matches?open=1&batch="+id+"&level="+level, 200))
		if m == nil {
			t.Fatalf("no %s match", level)
		}
		return "/matches/" + m[1]
	}
	page := find("probable")
	form := webtest.FieldsOf(t, v.Get(page, 200), page+"/decide")
	if form.Get("person") == "" {
		t.Fatal("no candidate to choose")
	}
	v.Post(page+"/decide", form, 303)
	html := v.Get(page, 200)
	form = webtest.FieldsOf(t, html, page+"/undo")
	v.Post(page+"/undo", form, 422)
	form.Set("reason", "认错人")
	v.Post(page+"/undo", form, 303)

	page = find("ambiguous")
	form = webtest.FieldsOf(t, v.Get(page, 200), page+"/decide")
	form.Set("reason", "看了值班表")
	v.Post(page+"/decide", form, 303)
	if html := v.Get(page, 200); strings.Contains(html, page+`/decide"`) || !strings.Contains(html, "看了值班表") {
		t.Error("the first reviewer may decide again, or does not see what he said")
	}
	second := v.As("inspector2")
	html = second.Get(page, 200)
	if strings.Contains(html, "看了值班表") || !strings.Contains(html, "Name agrees") {
		t.Error("the second reviewer sees what the first said, or no evidence")
	}
	again := webtest.FieldsOf(t, html, page+"/decide")
	second.Post(page+"/decide", again, 303)
	if html := second.Get(page, 200); !strings.Contains(html, page+`/undo"`) {
		t.Errorf("not matched by two: %s", webtest.PlainText(html))
	}
}

// TestUnknownColumnsOnThePage: the page names the columns that nobody knows, has
// nothing chosen for them, and offers the import when each has an answer.
func TestUnknownColumnsOnThePage(t *testing.T) {
	s := apptest.SQLite(t)
	v := webtest.Visit(t, s, "inspector")
	file := []byte("姓名,警号,问题类别,发现时间,神秘列\n林甲,100011,态度生硬,2026-02-01,甲\n")
	html := v.Upload("/audit/preview", url.Values{"source": {"petition"}}, "file", "a.csv", file, 200)
	form := webtest.FieldsOf(t, html, "/audit/preview")
	_, asked, _ := strings.Cut(html, `name="column_4"`)
	asked, _, _ = strings.Cut(asked, "</select>")
	_, known, _ := strings.Cut(html, `name="column_0"`)
	known, _, _ = strings.Cut(known, "</select>")
	choose := words.T(words.EN, "page.choose")
	if !strings.Contains(asked, `<option value=""`) || !strings.Contains(asked, choose) || strings.Contains(known, choose) || strings.Contains(asked, " selected>"+words.T(words.EN, "intake.field.ignore")) {
		t.Errorf("what is chosen: %s", asked)
	}
	if strings.Contains(html, `formaction="/audit/import"`) {
		t.Error("the import is offered with a question open")
	}
	for _, lang := range words.Langs {
		page := v.In(lang).Post("/audit/preview", form, 200)
		for _, text := range []string{words.T(lang, "intake.columns.asked", "Columns", "神秘列"), words.T(lang, "intake.columns.no_event")} {
			if !strings.Contains(page, text) {
				t.Errorf("%s: the page does not say %s", lang, text)
			}
		}
	}
	if page := v.In(words.EN).Post("/audit/import", form, 422); !strings.Contains(page, "神秘列") || !strings.Contains(page, `name="column_4"`) {
		t.Errorf("imported with a question open: %s", webtest.PlainText(page))
	}
	form.Set("column_4", "ignore")
	if page := v.Post("/audit/preview", form, 200); !strings.Contains(page, `formaction="/audit/import"`) || strings.Contains(page, choose+"</option><option value=\"name\"") {
		t.Errorf("answered: %s", webtest.PlainText(page))
	}
	v.Post("/audit/import", form, 303)
}

// TestSeverePages: what one inspector may not set aside is proposed on the pages
// too, and they say so.
func TestSeverePages(t *testing.T) {
	s := apptest.SQLite(t)
	v := webtest.Visit(t, s, "inspector")
	file := []byte("姓名,警号,单位,问题类别,发生时间,严重程度\n林甲,100011,单位east1,态度生硬,2026-02-01,严重\n林乙,,单位east1,态度生硬,2026-02-01,涉嫌犯罪\n")
	html := v.Upload("/audit/preview", url.Values{"source": {"petition"}}, "file", "a.csv", file, 200)
	v.Post("/audit/import", webtest.FieldsOf(t, html, "/audit/preview"), 303)
	batch := v.To()
	s.Jobs()
	find := func(level string) string {
		m := matchLink.FindStringSubmatch(v.Get("/matches?batch="+strings.TrimPrefix(batch, "/audit/batches/")+"&level="+level, 200))
		if m == nil {
			t.Fatalf("no %s match", level)
		}
		return "/matches/" + m[1]
	}
	probable := find("probable")
	for _, lang := range words.Langs {
		page := v.In(lang).Get(probable, 200)
		for _, key := range []string{"match.note.probable_severe", "match.nobody.propose"} {
			if !strings.Contains(page, words.T(lang, key)) {
				t.Errorf("%s: the page does not say %s: %s", lang, key, page)
			}
		}
	}
	form := webtest.FieldsOf(t, v.Get(probable, 200), probable+"/decide")
	form.Del("person")
	form.Set("nobody", "1")
	v.Post(probable+"/decide", form, 303)
	if page := v.Get(probable, 200); strings.Contains(page, probable+`/decide"`) {
		t.Error("one inspector made a severe record nobody's")
	}
	for page, key := range map[string]string{find("exact") + "/undo": "match.note.undo_pending",
		batch + "/withdraw": "intake.withdraw.pending"} {
		shown := page[:strings.LastIndex(page, "/")]
		form := webtest.FieldsOf(t, v.Get(shown, 200), page)
		form.Set("reason", "认错人")
		v.Post(page, form, 303)
		s.Jobs()
		for _, lang := range words.Langs {
			html := v.In(lang).Get(shown, 200)
			if !strings.Contains(webtest.PlainText(html), words.T(lang, key)) || !strings.Contains(html, `href="/proposals/`) || strings.Contains(html, page+`"`) {
				t.Errorf("%s %s: %s", lang, page, webtest.PlainText(html))
			}
		}
	}
}

// A file that is too large is told by how much, on a page that leads on.
func TestAFileTooLarge(t *testing.T) {
	s := apptest.SQLite(t)
	v := webtest.Visit(t, s, "inspector")
	for size, status := range map[int]int{20<<20 + 1: 413, page.UploadLimit: 413, page.UploadLimit + 4<<20: 413} {
		page := webtest.PlainText(v.Upload("/audit/preview", url.Values{"source": {"petition"}}, "file", "a.csv",
			make([]byte, size), status))
		if !strings.Contains(page, "20 MB") {
			t.Errorf("%d bytes: %s", size, page)
		}
	}
}
