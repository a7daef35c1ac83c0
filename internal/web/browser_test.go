package web_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"plumbline/internal/apptest"
	"plumbline/internal/apptest/chrome"
	"plumbline/internal/web/apidoc"
	"plumbline/internal/web/page"
	"plumbline/internal/web/webtest"
	"plumbline/internal/words"
)

// TestPagesInABrowser opens each page without parameters once as each kind of
// reader, at 360 and 1440 px, in both languages: it fits the window, axe-core
// has no objection, no script fails and the policy refuses nothing.
// PLUMBLINE_SHOTS=folder keeps pictures; PLUMBLINE_PAGES=/a,/b looks at these
// only.
func TestPagesInABrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("pages are looked at without -short")
	}
	b := chrome.Start(t)
	s := apptest.SQLite(t)
	v := webtest.Visit(t, s, "")
	mux := http.NewServeMux()
	mux.Handle("/", v.Face)
	mux.HandleFunc(apidoc.Document, func(w http.ResponseWriter, _ *http.Request) { // the API is another face; its page needs a document
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"openapi":"3.1.0","info":{"title":"Plumbline","version":"1"},"paths":{"/units":{"get":{"summary":"Units","responses":{"200":{"description":"ok"}}}}}}`)
	})
	site := httptest.NewServer(mux)
	defer site.Close()
	only := os.Getenv("PLUMBLINE_PAGES")
	by := readers(v, s)
	for _, lang := range words.Langs {
		for _, width := range []int{360, 1440} {
			if only == "" && os.Getenv("PLUMBLINE_REQUIRE") == "" && !webtest.Judged(width, lang) {
				continue // CI looks at all four
			}
			tab, err := b.Tab(width, string(lang))
			if err != nil {
				t.Fatal(err)
			}
			for key, pages := range by {
				if err := tab.Cookie(site.URL, page.SessionCookie, key); err != nil {
					t.Fatal(err)
				}
				for _, path := range pages {
					if only == "" || strings.Contains(","+only+",", ","+path+",") {
						webtest.Look(t, tab, webtest.Judged(width, lang), site.URL, path,
							fmt.Sprintf("%s-%s-%s-%d", strings.Trim(strings.ReplaceAll(path, "/", "_"), "_"), key, lang, width))
					}
				}
			}
		}
	}
}

// readers picks for each page the first named actor to whom it is shown, and
// gives the pages by actor.
func readers(v *webtest.Visitor, s *apptest.Site) map[string][]string {
	by := map[string][]string{}
	for _, r := range v.Face.Routes() {
		if r.Method != http.MethodGet || strings.Contains(r.Path, "{") || r.Public {
			continue
		}
		for _, key := range []string{"chief", "inspector", "manager", "easthead", "records", "security", "system", "audit",
			"reader", "anna"} {
			req := httptest.NewRequest(http.MethodGet, "http://plumbline.test"+r.Path, nil)
			req.AddCookie(&http.Cookie{Name: page.SessionCookie, Value: key})
			w := httptest.NewRecorder()
			v.Face.ServeHTTP(w, req)
			if w.Code == http.StatusOK && strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") {
				by[key] = append(by[key], r.Path)
				break
			}
		}
	}
	return by
}

// TestNewPagesInABrowser looks at the pages that hold forms of several fields.
func TestNewPagesInABrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("pages are looked at without -short")
	}
	b := chrome.Start(t)
	s := apptest.SQLite(t)
	_, path := webtest.OpenCampaign(t, s)
	named := webtest.NamedItem(t, s)
	site := httptest.NewServer(webtest.Visit(t, s, "").Face)
	defer site.Close()
	for _, lang := range words.Langs {
		for _, width := range []int{360, 1440} {
			tab, err := b.Tab(width, string(lang))
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range []struct{ who, path, name string }{
				{"easthead", named, "named"}, {"manager", path + "/lists?of=missing", "lists"}, {"records",
					"/roster/row/units?unit=" + s.Units["east1"], "unit"},
				{"inspector", "/reconciliation/untouched?category=interview", "untouched"}, {"records",
					"/people/" + s.People["anna"] + "/relations", "relations"},
			} {
				if err := tab.Cookie(site.URL, page.SessionCookie, p.who); err != nil {
					t.Fatal(err)
				}
				webtest.Look(t, tab, webtest.Judged(width, lang), site.URL, p.path, fmt.Sprintf("gap-%s-%s-%d", p.name, lang, width))
			}
		}
	}
}
