package web

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"plumbline/internal/apptest"
	"plumbline/internal/apptest/chrome"
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
	v := visit(t, s, "")
	mux := http.NewServeMux()
	mux.Handle("/", v.face)
	mux.HandleFunc(apiDocument, func(w http.ResponseWriter, _ *http.Request) { // the API is another face; its page needs a document
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"openapi":"3.1.0","info":{"title":"Plumbline","version":"1"},"paths":{"/units":{"get":{"summary":"Units","responses":{"200":{"description":"ok"}}}}}}`)
	})
	site := httptest.NewServer(mux)
	defer site.Close()
	only := os.Getenv("PLUMBLINE_PAGES")
	by := readers(v, s)
	for _, lang := range words.Langs {
		for _, width := range []int{360, 1440} {
			if only == "" && os.Getenv("PLUMBLINE_REQUIRE") == "" && !judged(width, lang) {
				continue // CI looks at all four
			}
			tab, err := b.Tab(width, string(lang))
			if err != nil {
				t.Fatal(err)
			}
			for key, pages := range by {
				if err := tab.Cookie(site.URL, SessionCookie, key); err != nil {
					t.Fatal(err)
				}
				for _, path := range pages {
					if only == "" || strings.Contains(","+only+",", ","+path+",") {
						look(t, tab, judged(width, lang), site.URL, path, fmt.Sprintf("%s-%s-%s-%d", strings.Trim(strings.ReplaceAll(path, "/", "_"), "_"), key, lang, width))
					}
				}
			}
		}
	}
}

// readers picks for each page the first named actor to whom it is shown, and
// gives the pages by actor.
func readers(v *visitor, s *apptest.Site) map[string][]string {
	by := map[string][]string{}
	for _, r := range v.face.Routes() {
		if r.Method != http.MethodGet || strings.Contains(r.Path, "{") || r.Public {
			continue
		}
		for _, key := range []string{"chief", "inspector", "manager", "easthead", "records", "security", "system", "audit", "reader", "anna"} {
			req := httptest.NewRequest(http.MethodGet, "http://plumbline.test"+r.Path, nil)
			req.AddCookie(&http.Cookie{Name: sessionCookie, Value: key})
			w := httptest.NewRecorder()
			v.face.ServeHTTP(w, req)
			if w.Code == http.StatusOK && strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") {
				by[key] = append(by[key], r.Path)
				break
			}
		}
	}
	return by
}

// look opens one page and reports everything that is wrong with it.
func look(t *testing.T, tab *chrome.Tab, axe bool, base, path, name string) {
	t.Helper()
	if err := tab.Open(base + path); err != nil {
		t.Fatal(err)
	}
	if folder := os.Getenv("PLUMBLINE_SHOTS"); folder != "" {
		if err := tab.Shot(filepath.Join(folder, name+".png")); err != nil {
			t.Fatal(err)
		}
	}
	if by, what, err := tab.Wide(); err != nil || by > 0 {
		t.Errorf("%s: %d px too wide: %s (%v)", name, by, what, err)
	}
	checks := []func() ([]string, error){tab.Wrong}
	if axe {
		checks = append(checks, tab.Axe)
	}
	for _, list := range checks {
		found, err := list()
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range found {
			t.Errorf("%s: %s", name, f)
		}
	}
}

// judged reports whether axe-core reads a page at this width in this language: half
// the time of these tests is its own. Chinese on a phone and English on a desk
// show it each width and each language; that a page fits is looked at in all four.
func judged(width int, lang words.Lang) bool { return (width == 360) == (lang == words.ZH) }
