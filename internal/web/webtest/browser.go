package webtest

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
	"plumbline/internal/web/page"
)

// Browser is a client that keeps cookies and follows redirects, as a person's
// browser does.
type Browser struct {
	t    *testing.T
	base string
	http *http.Client
	At   string // where the last answer came from
	Page string
}

// Browse opens a browser on the face.
func Browse(t *testing.T, face http.Handler) *Browser {
	t.Helper()
	site := httptest.NewServer(face)
	t.Cleanup(site.Close)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &Browser{t: t, base: site.URL, http: &http.Client{Jar: jar}}
}

func (b *Browser) take(r *http.Response, err error) int {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	_ = r.Body.Close()
	b.At, b.Page = r.Request.URL.Path, string(raw)
	return r.StatusCode
}

// Open asks for a page of the site.
func (b *Browser) Open(path string) int {
	b.t.Helper()
	r, err := http.NewRequest(http.MethodGet, b.base+path, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Accept-Language", "en")
	return b.take(b.http.Do(r))
}

// Fill sends the form of the present page that posts to action.
func (b *Browser) Fill(action string, kv ...string) int {
	b.t.Helper()
	form := regexp.MustCompile(`(?s)<form[^>]*action="` + regexp.QuoteMeta(action) + `".*?</form>`).FindString(b.Page)
	if form == "" {
		b.t.Fatalf("no form to %s at %s: %s", action, b.At, PlainText(b.Page))
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

// See wants the text on the present page.
func (b *Browser) See(want string) {
	b.t.Helper()
	if !strings.Contains(b.Page, want) {
		b.t.Errorf("%s does not say %q: %s", b.At, want, PlainText(b.Page))
	}
}

// OwnPassword is the password of whoever SignedIn has signed in.
const OwnPassword = "correct horse 42"

// SignedIn is a browser in which somebody of the small bureau has signed in
// with a password of his own.
func SignedIn(t *testing.T, s *apptest.Site, face http.Handler, login string) *Browser {
	t.Helper()
	code, _, _, err := s.App.IssueCode(t.Context(), desk.Program("operator"), s.Account[login])
	if err != nil {
		t.Fatal(err)
	}
	b := Browse(t, face)
	b.Open(page.SignInPath)
	b.Fill(page.SignInPath, "login", login, "password", code)
	b.Fill(page.PasswordPath, "new", OwnPassword, "again", OwnPassword)
	return b
}

// Send posts values to a path.
func (b *Browser) Send(path string, values url.Values) int {
	b.t.Helper()
	r, err := http.NewRequest(http.MethodPost, b.base+path, strings.NewReader(values.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Accept-Language", "en")
	r.Header.Set("Referer", b.base+b.At)
	return b.take(b.http.Do(r))
}

// Fields reads the hidden fields of the form on the page that posts to action,
// as a browser would send them.
func (b *Browser) Fields(action string) url.Values {
	b.t.Helper()
	form := regexp.MustCompile(`(?s)<form method="post" action="` + regexp.QuoteMeta(html.EscapeString(action)) + `".*?</form>`).FindString(b.Page)
	if form == "" {
		b.t.Fatalf("no form to %s at %s: %s", action, b.At, PlainText(b.Page))
	}
	values := url.Values{}
	for _, m := range regexp.MustCompile(`(?s)type="hidden" name="([^"]+)" value="([^"]*)"`).FindAllStringSubmatch(form, -1) {
		name := html.UnescapeString(m[1])
		values[name] = append(values[name], html.UnescapeString(m[2]))
	}
	return values
}
