package web

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/a-h/templ"

	"plumbline/internal/fault"
	"plumbline/internal/roster"
	"plumbline/internal/web/page"
	"plumbline/internal/web/ui"
	"plumbline/internal/words"
)

// bench is a face over pages of the test's own.
func bench(log io.Writer, routes ...page.Route) *Face {
	return newFace(Options{
		Who: func(_ context.Context, s string) (*roster.Actor, error) {
			switch s {
			case "good":
				return &roster.Actor{Account: "a", Name: "林若川", Held: []roster.Held{{Role: roster.RoleInspector, Unit: "u"}}}, nil
			case "new":
				return &roster.Actor{Account: "b", MustRenew: true}, nil
			case "broken":
				return nil, errors.New("database gone")
			}
			return nil, fault.Unauthenticated()
		},
		May: func(*roster.Actor, string) bool { return true },
		Log: slog.New(slog.NewTextHandler(log, nil)),
	}, append(routes, language))
}

type sent struct {
	method, path, session, lang, form, origin string
	cookies                                   []*http.Cookie
}

func (s sent) to(f *Face) *http.Response {
	r := httptest.NewRequest(s.method, "http://plumbline.test"+s.path, strings.NewReader(s.form))
	if s.form != "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if s.session != "" {
		r.AddCookie(&http.Cookie{Name: page.SessionCookie, Value: s.session})
	}
	if s.lang != "" {
		r.Header.Set("Accept-Language", s.lang)
	}
	if s.origin != "" {
		r.Header.Set("Origin", s.origin)
	}
	for _, c := range s.cookies {
		r.AddCookie(c)
	}
	w := httptest.NewRecorder()
	f.ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, r *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func hello(c *page.Call) error {
	p := c.Page("nav.home")
	return c.Show(templ.Join(ui.Shell(p), ui.Token(p)))
}

func failing(err error) func(*page.Call) error { return func(*page.Call) error { return err } }

func TestFaultsBecomePages(t *testing.T) {
	var log strings.Builder
	f := bench(&log,
		page.Route{Method: "GET", Path: "/hello", Handler: hello},
		page.Route{Method: "GET", Path: "/gone/{id}", Handler: failing(fault.NotFound())},
		page.Route{Method: "GET", Path: "/no", Handler: failing(fault.Forbidden("forbidden"))},
		page.Route{Method: "GET", Path: "/stale", Handler: failing(fault.Conflict("stale_version"))},
		page.Route{Method: "GET", Path: "/broken", Handler: failing(errors.New("secret detail"))},
	)
	for _, c := range []struct {
		path   string
		status int
		key    string
	}{
		{"/hello", 200, "nav.home"},
		{"/gone/1", 404, "fault.not_found"},
		{"/nowhere", 404, "fault.not_found"},
		{"/no", 403, "fault.forbidden"},
		{"/stale", 409, "fault.stale_version"},
		{"/broken", 500, "fault.internal"},
	} {
		for _, lang := range words.Langs {
			r := sent{method: "GET", path: c.path, session: "good", lang: string(lang)}.to(f)
			html := body(t, r)
			if r.StatusCode != c.status || !strings.Contains(html, words.T(lang, c.key)) {
				t.Errorf("%s in %s: %d, want %d with %s", c.path, lang, r.StatusCode, c.status, c.key)
			}
			if strings.Contains(html, "secret detail") {
				t.Errorf("%s shows the cause", c.path)
			}
			if id := r.Header.Get("X-Request-Id"); id == "" || !strings.Contains(html, id) {
				t.Errorf("%s does not show the request id", c.path)
			}
			if p := r.Header.Get("Content-Security-Policy"); !strings.Contains(p, "script-src 'self'") || strings.Contains(p, "unsafe") {
				t.Errorf("%s: policy %q", c.path, p)
			}
		}
	}
	if n := strings.Count(log.String(), "secret detail"); n != 2 {
		t.Errorf("the cause was logged %d times, want once per request", n)
	}
	// Another's id and an unknown path look the same but for the request id.
	var pages []string
	for _, path := range []string{"/gone/1", "/gone/2", "/nowhere"} {
		r := sent{method: "GET", path: path, session: "good"}.to(f)
		pages = append(pages, strings.ReplaceAll(body(t, r), r.Header.Get("X-Request-Id"), ""))
	}
	if pages[0] != pages[1] || strings.ReplaceAll(pages[0], `aria-current="true"`, "") != strings.ReplaceAll(pages[2], `aria-current="true"`, "") {
		t.Error("two unknown ids look different")
	}
}

func TestHeadAndMethods(t *testing.T) {
	f := bench(io.Discard, page.Route{Method: "GET", Path: "/hello/{id}", Handler: hello})
	if r := (sent{method: "HEAD", path: "/hello/1", session: "good"}).to(f); r.StatusCode != 200 {
		t.Errorf("HEAD: %d", r.StatusCode)
	}
	r := sent{method: "DELETE", path: "/hello/1", session: "good", origin: "http://plumbline.test"}.to(f)
	if r.StatusCode != 405 && r.StatusCode != 403 {
		t.Errorf("DELETE: %d", r.StatusCode)
	}
	r = sent{method: "PATCH", path: "/assets/app.css", session: "good"}.to(f)
	if r.StatusCode == 200 {
		t.Error("an asset takes PATCH")
	}
}

func TestSessions(t *testing.T) {
	f := bench(io.Discard,
		page.Route{Method: "GET", Path: "/hello", Handler: hello},
		page.Route{Method: "GET", Path: "/password", Handler: hello, Renew: true},
		page.Route{Method: "GET", Path: "/signin", Handler: hello, Public: true},
	)
	for _, c := range []struct {
		session, path string
		status        int
		to            string
	}{
		{"", "/hello?a=1", 303, "/signin?next=%2Fhello%3Fa%3D1"},
		{"expired", "/hello", 303, "/signin?next=%2Fhello"},
		{"expired", "/signin", 200, ""},
		{"new", "/hello", 303, "/password"},
		{"new", "/password", 200, ""},
		{"broken", "/hello", 500, ""},
		{"good", "/hello", 200, ""},
	} {
		r := sent{method: "GET", path: c.path, session: c.session}.to(f)
		if r.StatusCode != c.status || r.Header.Get("Location") != c.to {
			t.Errorf("%q at %s: %d to %q, want %d to %q", c.session, c.path, r.StatusCode, r.Header.Get("Location"), c.status, c.to)
		}
	}
}

func TestPostsMustBeOurs(t *testing.T) {
	done := 0
	f := bench(io.Discard,
		page.Route{Method: "GET", Path: "/hello", Handler: hello},
		page.Route{Method: "POST", Path: "/act", Handler: func(c *page.Call) error { done++; return c.Go("/hello", "button.save") }},
		page.Route{Method: "GET", Path: "/signin", Handler: hello, Public: true},
		page.Route{Method: "POST", Path: "/signin", Handler: func(c *page.Call) error { done++; return c.Go("/", "") }, Public: true},
	)
	field := regexp.MustCompile(`name="form_token" value="([^"]+)"`)
	token := field.FindStringSubmatch(body(t, sent{method: "GET", path: "/hello", session: "good"}.to(f)))[1]
	form := url.Values{"form_token": {token}, "x": {"1"}}.Encode()
	for name, c := range map[string]struct {
		sent
		status int
	}{
		"with token":        {sent{form: form, session: "good"}, 303},
		"own origin":        {sent{form: form, session: "good", origin: "http://plumbline.test"}, 303},
		"other origin":      {sent{form: form, session: "good", origin: "http://evil.test"}, 403},
		"no token":          {sent{form: "x=1", session: "good"}, 403},
		"wrong token":       {sent{form: "form_token=x", session: "good"}, 403},
		"control character": {sent{form: form + "&y=%00", session: "good"}, 400},
		"not UTF-8":         {sent{form: form + "&y=%ff", session: "good"}, 400},
		"too much":          {sent{form: form + "&y=" + strings.Repeat("a", 512<<10), session: "good"}, 413},
		"no session":        {sent{form: form}, 303},
	} {
		c.sent.method, c.path = "POST", "/act"
		before := done
		r := c.to(f)
		if r.StatusCode != c.status {
			t.Errorf("%s: %d, want %d", name, r.StatusCode, c.status)
		}
		carried := done > before
		if want := c.status == 303 && c.session != ""; carried != want {
			t.Errorf("%s: carried out %t, want %t", name, carried, want)
		}
	}
	// Before sign-in the token belongs to the visitor.
	r := sent{method: "GET", path: "/signin"}.to(f)
	cookies := r.Cookies()
	form = url.Values{"form_token": {field.FindStringSubmatch(body(t, r))[1]}}.Encode()
	if got := (sent{method: "POST", path: "/signin", form: form, cookies: cookies}).to(f).StatusCode; got != 303 {
		t.Errorf("sign-in with the visitor's token: %d", got)
	}
	if got := (sent{method: "POST", path: "/signin", form: form}).to(f).StatusCode; got != 403 {
		t.Errorf("sign-in without the visitor's cookie: %d", got)
	}
}

func TestFlashIsShownOnce(t *testing.T) {
	f := bench(io.Discard,
		page.Route{Method: "GET", Path: "/hello", Handler: hello},
		page.Route{Method: "GET", Path: "/go", Handler: func(c *page.Call) error { return c.Go("/hello", "button.save") }},
	)
	r := sent{method: "GET", path: "/go", session: "good"}.to(f)
	next := sent{method: "GET", path: "/hello", session: "good", cookies: r.Cookies()}.to(f)
	if !strings.Contains(body(t, next), `role="status">`+words.T(words.ZH, "button.save")) {
		t.Error("the message is not shown")
	}
	gone := false
	for _, c := range next.Cookies() {
		gone = gone || c.Name == "plumbline_flash" && c.MaxAge < 0
	}
	if !gone {
		t.Error("the message is kept")
	}
	forged := sent{method: "GET", path: "/hello", session: "good", cookies: []*http.Cookie{{Name: "plumbline_flash",
		Value: "ok:%%%"}}}.to(f)
	if forged.StatusCode != 200 {
		t.Errorf("a forged message: %d", forged.StatusCode)
	}
}

func TestLanguage(t *testing.T) {
	f := bench(io.Discard)
	r := sent{method: "POST", path: "/language", form: "lang=en&back=/issues?x=1"}.to(f)
	if r.StatusCode != 303 || r.Header.Get("Location") != "/issues?x=1" || r.Cookies()[0].Value != "en" {
		t.Errorf("%d to %q with %v", r.StatusCode, r.Header.Get("Location"), r.Cookies())
	}
	for _, evil := range []string{"//evil.test", "https://evil.test/", `/\evil.test`, "x", "", "/a\nb"} {
		if got := page.Local(evil); got != "/" {
			t.Errorf("Local(%q) = %q", evil, got)
		}
	}
}
