package ui

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"plumbline/internal/apptest/chrome"
	"plumbline/internal/web/assets"
	"plumbline/internal/words"
)

// everything is a page with each part on it.
func everything(t *testing.T, lang words.Lang) string {
	p := samplePage(lang)
	p.Who = &Who{"林若川", p.T("role.inspector") + " · " + p.T("role.officer")}
	p.Lead = p.T("shell.footer")
	p.Flash = &Flash{Kind: "ok", Text: p.T("button.save")}
	p.Nav = nil
	for i, n := range [][2]string{{"nav.home", "home"}, {"nav.campaigns", "speakerphone"}, {"nav.intake", "file-import"},
		{"nav.issues", "flag"}, {"nav.cases", "scale"}, {"nav.report", "report-analytics"}} {
		p.Nav = append(p.Nav, Nav{p.T(n[0]), "/p" + fmt.Sprint(i), n[1], i == 3, i % 2 * 3})
	}
	three, five, state := Severity(lang, 3), Severity(lang, 5), State(lang, "issue", "rectifying")
	var rows [][]Cell
	for i := range 4 {
		rows = append(rows, []Cell{
			{Text: fmt.Sprintf("Q-7KD%d", i), Href: "/i", Sub: "2026-03-12"}, {Text: p.T("category.favours_interference")},
			{Tag: &three}, {Tag: &state}, {Text: "12,003", Num: true},
			{Actions: []Action{{Text: p.T("button.open"), Href: "/i"}, {Text: p.T("button.accept"), Href: "/a", Post: true,
				Primary: true}}},
		})
	}
	table := Table{Cols: []Col{{Text: p.T("field.reference")}, {Text: p.T("field.category")}, {Text: p.T("field.severity")},
		{Text: p.T("field.state")}, {Text: p.T("field.count"), Num: true}, {Text: p.T("field.actions")}}, Rows: rows}
	ticks := Table{SelectAll: "id", Cols: []Col{{}, {Text: p.T("field.reference")}},
		Rows: [][]Cell{{{Check: &Check{"id", "1", "Q-1"}}, {Text: "Q-1"}}}}
	return render(t, Shell(p),
		Steps([]Step{{p.T("state.campaign.open"), "done"}, {p.T("state.campaign.locked"), "now"}, {p.T("state.campaign.closed"), ""}}),
		Stats([]Stat{{p.T("nav.issues"), "268,048", p.T("role.officer") + " 266,000", "/x", "accent"},
			{p.T("state.issue.closed"), "91.3%", "", "", "ok"}, {p.T("state.issue.rectifying"), "1,204", "", "/y",
				"warn"}, {p.T("state.case.open"), "32", "", "/z", "bad"}}),
		Filters(p, "/issues", []Input{{Name: "category", Label: p.T("field.category"), Kind: "select", Value: "interview",
			Options: Codes(lang, "category", "page.all", "interview", "approval")}, {Name: "from", Label: p.T("page.from"), Kind: "date"}}),
		Tabs(p.T("nav.report"), []Nav{{p.T("nav.issues"), "/t1", "", true, 4}, {p.T("nav.cases"), "/t2", "", false, 0}}),
		inside(Sheet(p.T("nav.issues"), p.T("page.total", "Count", 4)), TableOf(p, table),
			PagerOf(p, Pager{Shown: 4, Total: 1204, Next: "/n", First: "/f"})),
		inside(Sheet(p.T("nav.matching"), ""), TableOf(p, ticks)),
		inside(Sheet(p.T("nav.cases"), ""), TableOf(p, Table{})),
		inside(Panel(p.T("nav.report"), ""), Bars(p, Chart{Title: p.T("nav.report"), Series: []string{p.T("source.self"),
			p.T("source.audit")}, Bars: []Bar{{Label: p.T("category.evidence_property"), Parts: []int64{120, 33},
			Href: "/x"}, {Label: p.T("category.favours_interference"), Parts: []int64{60,
			13}}, {Label: p.T("category.arms_vehicles"), Hidden: true}}}), Progress(p.T("field.unit"), 88, 120)),
		Problems(p, Errors{"reason": p.T("fault.required"), "": p.T("fault.conflict")}),
		inside(Panel(p.T("button.return"), ""), inside(Form(p, "/x"),
			Field(p, Input{Name: "reason", Label: p.T("field.reason"), Kind: "textarea", Help: p.T("page.required"),
				Error: p.T("fault.required"), Required: true}),
			Field(p, Input{Name: "form", Label: p.T("field.outcome"), Kind: "radios", Value: "1",
				Options: Codes(lang, "form", "", "1", "2")}),
			Field(p, Input{Name: "ok", Label: p.T("page.yes"), Kind: "checkbox"}),
			Field(p, Input{Name: "file", Label: p.T("field.file"), Kind: "file", Optional: true}),
			Submit("button.submit", p))),
		inside(Panel(p.T("page.details"), ""), Defs([]Def{{p.T("field.person"), "张三", "/x", nil}, {p.T("field.state"), "", "", &state}}),
			Timeline([]Event{{When: "2026-03-12", Title: p.T("state.issue.registered"), Text: p.T("source.self"), By: p.T("role.officer"),
				Tone: "ok"}, {When: "2026-03-14", Title: p.T("state.issue.triaged"), Tone: "warn", Tags: []Tag{five}}})),
		Confirm(p, "/x", p.T("fault.stale_version"), "button.confirm", "/"),
	)
}

// TestPartsInABrowser looks at every part at both widths and in both languages:
// nothing is wider than the window, axe-core has no objection, and the content
// security policy stops nothing. PLUMBLINE_SHOTS keeps the pictures.
func TestPartsInABrowser(t *testing.T) {
	b := chrome.Start(t)
	for _, lang := range words.Langs {
		html := everything(t, lang)
		site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/" {
				assets.Serve(w, r)
				return
			}
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			w.Header().Set("Content-Security-Policy",
				"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'")
			_, _ = w.Write([]byte(html))
		}))
		for _, width := range []int{360, 768, 1440} {
			tab, err := b.Tab(width, string(lang))
			if err != nil {
				t.Fatal(err)
			}
			if err := tab.Open(site.URL + "/"); err != nil {
				t.Fatal(err)
			}
			if by, what, err := tab.Wide(); err != nil || by > 0 {
				t.Errorf("%s at %d px: %d px too wide: %s (%v)", lang, width, by, what, err)
			}
			found, err := tab.Axe()
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range found {
				t.Errorf("%s at %d px: %s", lang, width, f)
			}
			if wrong, err := tab.Wrong(); err != nil || len(wrong) > 0 {
				t.Errorf("%s at %d px: %v (%v)", lang, width, wrong, err)
			}
			var styled, scripted bool
			if err := tab.Eval(`getComputedStyle(document.querySelector(".panel")).borderTopWidth === "1px" && document.querySelector(".top img").naturalWidth > 0`, &styled); err != nil || !styled {
				t.Errorf("%s at %d px: the sheet or the mark did not load (%v)", lang, width, err)
			}
			if err := tab.Eval(`!!window.htmx && document.activeElement.id === "problems"`, &scripted); err != nil || !scripted {
				t.Errorf("%s at %d px: the scripts did not run (%v)", lang, width, err)
			}
			if folder := os.Getenv("PLUMBLINE_SHOTS"); folder != "" {
				if err := tab.Shot(filepath.Join(folder, fmt.Sprintf("parts-%s-%d.png", lang, width))); err != nil {
					t.Fatal(err)
				}
			}
		}
		site.Close()
	}
}
