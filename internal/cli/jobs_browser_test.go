package cli

import (
	"database/sql"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"plumbline/internal/apptest/chrome"
	"plumbline/internal/demo"
	"plumbline/internal/sheet"
)

// stage is one person's tab in the story of the three jobs.
type stage struct {
	t    *testing.T
	tab  *chrome.Tab
	base string
	name string
	n    int
}

func enter(t *testing.T, b *chrome.Browser, site *httptest.Server, login string, width int, lang string) *stage {
	t.Helper()
	tab, err := b.Tab(width, lang)
	if err != nil {
		t.Fatal(err)
	}
	s := &stage{t: t, tab: tab, base: site.URL, name: fmt.Sprintf("job-%s-%s-%d", login, lang, width)}
	s.must(tab.SignIn(site.URL, login, demo.Password))
	return s
}

func (s *stage) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatalf("%s, step %d: %v", s.name, s.n, err)
	}
}

// look checks the current page, and saves a screenshot if requested.
func (s *stage) look() {
	s.t.Helper()
	s.n++
	if folder := os.Getenv("PLUMBLINE_SHOTS"); folder != "" {
		s.must(s.tab.Shot(filepath.Join(folder, fmt.Sprintf("%s-%d.png", s.name, s.n))))
	}
	if by, what, err := s.tab.Wide(); err != nil || by > 0 {
		s.t.Errorf("%s, page %d: %d px too wide: %s (%v)", s.name, s.n, by, what, err)
	}
	for _, list := range []func() ([]string, error){s.tab.Wrong, s.tab.Axe} {
		found, err := list()
		s.must(err)
		for _, f := range found {
			s.t.Errorf("%s, page %d: %s", s.name, s.n, f)
		}
	}
}

func (s *stage) text(selector string) string {
	s.t.Helper()
	text, err := s.tab.Text(selector)
	s.must(err)
	return text
}

// The program's three jobs on the demonstration site, as people do them: an
// officer files on a phone, an inspector matches an Excel row to one of two
// people with the same name, and a leader follows a number to the record behind
// it.
func TestTheThreeJobsInABrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("pages are looked at without -short")
	}
	b := chrome.Start(t)
	for _, lang := range []string{"zh-CN", "en"} {
		for _, width := range []int{360, 1440} {
			if os.Getenv("PLUMBLINE_SHOTS") == "" && (width == 360) != (lang == "zh-CN") {
				continue // every page fits all four by its own test; the story is told twice
			}
			t.Run(fmt.Sprint(lang, width), func(t *testing.T) {
				site := demoSite(t)
				fileList(t, b, site, width, lang)
				matchFile(t, b, site, 1800-width, lang)
				readReport(t, b, site, 1800-width, lang)
			})
		}
	}
}

// fileList answers all fifty items, two of them with an issue, leaves and
// returns halfway, submits, and gets a receipt.
func fileList(t *testing.T, b *chrome.Browser, site *httptest.Server, width int, lang string) {
	s := enter(t, b, site, "demo-officer", width, lang)
	s.look()
	s.must(s.tab.Follow(`.panel a.btn-primary`))
	for page := 0; ; page++ {
		path, err := s.tab.Path()
		s.must(err)
		if strings.HasSuffix(path, "/check") {
			break
		}
		if page > 20 {
			t.Fatalf("the list has no end: %s", path)
		}
		if !strings.Contains(path, "/fill") { // the overview
			s.look()
			s.must(s.tab.Follow(`.panel a.btn-primary`))
			continue
		}
		s.must(s.tab.Eval(`for (const r of document.querySelectorAll('input[type=radio][value=nil]')) r.click()`, nil))
		if page < 3 {
			s.must(s.tab.Press(`input[type=radio][value=declare]`))
			s.must(s.tab.Fill(`[name^="d."][name$=".on"]`, "2026-03-09"))
			s.must(s.tab.Fill(`[name^="d."][name$=".text"]`, "出警后当天没有补登记，次日补录。"))
			s.look()
		}
		if page == 3 { // the phone rings: everything is still there
			s.must(s.tab.Until(`document.getElementById("sc-status").textContent ===
				document.getElementById("sc-status").getAttribute("data-saved")`))
			s.must(s.tab.Open(site.URL + "/"))
			s.look()
			s.must(s.tab.Open(site.URL + path))
		}
		s.must(s.tab.Follow(`#sc-form button[value=next]`))
	}
	s.look()
	s.must(s.tab.Follow(`form[action$="/submit"] button[type=submit]`))
	s.look()
	path, err := s.tab.Path()
	s.must(err)
	if !strings.Contains(path, "/receipt") || len(s.text("main")) < 80 {
		t.Errorf("no receipt: %s\n%s", path, s.text("main"))
	}
}

// sameName finds two people with the same name.
func sameName(t *testing.T, file string) string {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+file+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var name string
	if err := db.QueryRow("SELECT name FROM people GROUP BY name HAVING count(*) = 2 ORDER BY name LIMIT 1").Scan(&name); err != nil {
		t.Fatal(err)
	}
	return name
}

func matchFile(t *testing.T, b *chrome.Browser, site *httptest.Server, width int, lang string) {
	s := enter(t, b, site, "demo-inspector", width, lang)
	s.look()
	name := sameName(t, demoFiles[site])
	book := filepath.Join(t.TempDir(), "信访件.xlsx")
	out, err := os.Create(book)
	s.must(err)
	w, err := sheet.NewXLSX(out, "Sheet1")
	s.must(err)
	for _, row := range [][]string{{"2026年信访投诉登记表（演示）"}, {"姓名", "问题类别", "发生时间", "内容"}, {name, "服务态度", "2026年2月3日", "群众反映窗口态度生硬（虚构）"}} {
		s.must(w.Texts(row))
	}
	_, err = w.Close()
	s.must(err)
	s.must(out.Close())
	s.must(s.tab.Open(site.URL + "/audit/new"))
	s.must(s.tab.Eval(`document.querySelector('select[name=source]').value = 'petition'`, nil))
	s.must(s.tab.Attach(`input[type=file]`, book))
	s.must(s.tab.Follow(`form[action="/audit/preview"] button[type=submit]`))
	s.look()
	s.must(s.tab.Eval(`for (const [i, f] of ['name', 'class', 'event_on', 'text'].entries()) {
		const e = document.querySelector('select[name=column_' + i + ']');
		if ([...e.options].some(o => o.value === f)) e.value = f }`, nil))
	for range 2 {
		s.must(s.tab.Eval(`for (const e of document.querySelectorAll('select[name^=class_]')) e.value = 'public_conduct'`, nil))
		s.must(s.tab.Follow(`form[action="/audit/preview"] button[type=submit]:not([formaction])`))
	}
	s.look()
	s.must(s.tab.Follow(`button[formaction="/audit/import"]`))
	demoJobs[site](t)
	path, err := s.tab.Path()
	s.must(err)
	s.must(s.tab.Open(site.URL + path))
	s.look()
	for _, login := range []string{"demo-inspector", "demo-inspector-2"} { // two decide between two of one name
		if login != "demo-inspector" {
			s = enter(t, b, site, login, width, lang)
		}
		s.must(s.tab.Open(site.URL + "/matches?batch=" + strings.TrimPrefix(path, "/audit/batches/")))
		s.look()
		s.must(s.tab.Follow(`main tbody a[href^="/matches/"]`))
		s.look()
		if n := strings.Count(s.text(".side-by-side"), name); n < 2 {
			t.Errorf("%d candidates of the name side by side", n)
		}
		s.must(s.tab.Follow(`.side-by-side form[action$="/decide"] button[type=submit]`))
		s.look()
	}
	s.must(s.tab.Until(`!!document.querySelector('form[action$="/undo"]')`)) // matched, by two
}

func readReport(t *testing.T, b *chrome.Browser, site *httptest.Server, width int, lang string) {
	s := enter(t, b, site, "demo-leader", width, lang)
	s.must(s.tab.Open(site.URL + "/report"))
	s.look()
	number := strings.TrimSpace(s.text(`main td a[href^="/issues?"]`))
	s.must(s.tab.Follow(`main td a[href^="/issues?"]`))
	s.look()
	if text := s.text("main"); !strings.Contains(text, number) {
		t.Errorf("the report says %s, the list behind it: %s", number, text)
	}
	s.must(s.tab.Follow(`main tbody a[href^="/issues/"]`))
	s.look()
	s.must(s.tab.Tick(`input[name=purpose]`))
	s.must(s.tab.Follow(`main form button[type=submit]`))
	s.look()
	var facts int
	s.must(s.tab.Eval(`document.querySelector('[name=purpose]') ? 0 : document.querySelectorAll('main dd').length`, &facts))
	if facts < 8 {
		t.Errorf("the record behind the number tells %d facts: %s", facts, s.text("main"))
	}
}
