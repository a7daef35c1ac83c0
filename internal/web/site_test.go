package web_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"plumbline/internal/app"
	"plumbline/internal/apptest"
	"plumbline/internal/web/page"
	"plumbline/internal/web/webtest"
	"plumbline/internal/words"
)

// TestEveryPageKnowsItsReader opens every page without parameters as every
// named actor, in both languages: it is shown, or refused with a page, and
// never an internal error; and what the navigation offers is shown.
func TestEveryPageKnowsItsReader(t *testing.T) {
	s := apptest.SQLite(t)
	v := webtest.Visit(t, s, "")
	for key := range s.Account {
		who := s.Actor(key)
		for _, r := range v.Face.Routes() {
			if r.Method != http.MethodGet || strings.Contains(r.Path, "{") || r.Public {
				continue
			}
			for _, lang := range words.Langs {
				req := httptest.NewRequest(http.MethodGet, "http://plumbline.test"+r.Path, nil)
				req.AddCookie(&http.Cookie{Name: page.SessionCookie, Value: key})
				req.Header.Set("Accept-Language", string(lang))
				w := httptest.NewRecorder()
				v.Face.ServeHTTP(w, req)
				if w.Code >= 500 {
					t.Errorf("%s as %s in %s: %d", r.Path, key, lang, w.Code)
				}
				offered := false
				for _, n := range v.Face.Nav() {
					offered = offered || n.Href == r.Path && (n.Op == "" || s.App.May(who, n.Op))
				}
				if offered && w.Code != http.StatusOK && w.Code != http.StatusSeeOther {
					t.Errorf("%s as %s: the navigation offers it, and it answers %d: %s", r.Path, key, w.Code,
						webtest.PlainText(w.Body.String()))
				}
				if r.Op != "" && w.Code == http.StatusOK {
					if _, ok := app.RouteOf(r.Op); ok && !s.App.May(who, r.Op) {
						t.Errorf("%s as %s: shown although no role allows %s", r.Path, key, r.Op)
					}
				}
			}
		}
	}
}
