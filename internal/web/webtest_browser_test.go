package web

import (
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"plumbline/internal/app/desk"
	"plumbline/internal/apptest"
)

// browser is a client that keeps cookies and follows redirects, as a person's
// browser does.
type browser struct {
	t    *testing.T
	base string
	http *http.Client
	at   string // where the last answer came from
	page string
}

func browse(t *testing.T, face http.Handler) *browser {
	t.Helper()
	site := httptest.NewServer(face)
	t.Cleanup(site.Close)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{t: t, base: site.URL, http: &http.Client{Jar: jar}}
}

func (b *browser) take(r *http.Response, err error) int {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	_ = r.Body.Close()
	b.at, b.page = r.Request.URL.Path, string(raw)
	return r.StatusCode
}

func (b *browser) open(path string) int {
	b.t.Helper()
	r, err := http.NewRequest(http.MethodGet, b.base+path, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Accept-Language", "en")
	return b.take(b.http.Do(r))
}

// fill sends the form of the present page that posts to action.
func (b *browser) fill(action string, kv ...string) int {
	b.t.Helper()
	form := regexp.MustCompile(`(?s)<form[^>]*action="` + regexp.QuoteMeta(action) + `".*?</form>`).FindString(b.page)
	if form == "" {
		b.t.Fatalf("no form to %s at %s: %s", action, b.at, plainText(b.page))
	}
	values := url.Values{}
	for _, m := range regexp.MustCompile(`type="hidden" name="([^"]+)" value="([^"]*)"`).FindAllStringSubmatch(form, -1) {
		values.Set(m[1], m[2])
	}
	for i := 0; i+1 < len(kv); i += 2 {
		values.Set(kv[i], kv[i+1])
	}
	r, err := http.NewRequest(http.MethodPost, b.base+action, strings.NewReader(values.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Accept-Language", "en")
	return b.take(b.http.Do(r))
}

func (b *browser) see(want string) {
	b.t.Helper()
	if !strings.Contains(b.page, want) {
		b.t.Errorf("%s does not say %q: %s", b.at, want, plainText(b.page))
	}
}

const ownPassword = "correct horse 42"

// signedIn is a browser in which somebody of the small bureau has signed in
// with a password of his own.
func signedIn(t *testing.T, s *apptest.Site, face http.Handler, login string) *browser {
	t.Helper()
	code, _, _, err := s.App.IssueCode(t.Context(), desk.Program("operator"), s.Account[login])
	if err != nil {
		t.Fatal(err)
	}
	b := browse(t, face)
	b.open(SignInPath)
	b.fill(SignInPath, "login", login, "password", code)
	b.fill(PasswordPath, "new", ownPassword, "again", ownPassword)
	return b
}

// send posts values to a path.
func (b *browser) send(path string, values url.Values) int {
	b.t.Helper()
	r, err := http.NewRequest(http.MethodPost, b.base+path, strings.NewReader(values.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Accept-Language", "en")
	r.Header.Set("Referer", b.base+b.at)
	return b.take(b.http.Do(r))
}

// fields reads the hidden fields of the form on the page that posts to action,
// as a browser would send them.
func (b *browser) fields(action string) url.Values {
	b.t.Helper()
	form := regexp.MustCompile(`(?s)<form method="post" action="` + regexp.QuoteMeta(html.EscapeString(action)) + `".*?</form>`).FindString(b.page)
	if form == "" {
		b.t.Fatalf("no form to %s at %s: %s", action, b.at, plainText(b.page))
	}
	values := url.Values{}
	for _, m := range regexp.MustCompile(`(?s)type="hidden" name="([^"]+)" value="([^"]*)"`).FindAllStringSubmatch(form, -1) {
		name := html.UnescapeString(m[1])
		values[name] = append(values[name], html.UnescapeString(m[2]))
	}
	return values
}
