// Package webtest visits the pages of a test site as its named actors do, with a request
// at a time or a browser, and reads what they are shown.
package webtest

import (
	"bytes"
	"context"
	"crypto/rand"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"plumbline/internal/apptest"
	"plumbline/internal/fault"
	"plumbline/internal/roster"
	"plumbline/internal/web"
	"plumbline/internal/web/page"
	"plumbline/internal/words"
)

// Visitor asks pages of a test site as one of its named actors.
//
//	v := webtest.Visit(t, apptest.SQLite(t), "inspector")
//	page := v.Get("/issues", 200)
//	v.Post("/issues/"+id+"/triage", url.Values{"severity": {"2"}}, 303)
//
// A form sent with Post carries the token, and a request key of its own unless
// it names one.
type Visitor struct {
	t    *testing.T
	Face *web.Face
	key  string // whose session; the session of a test is the actor's name
	lang words.Lang
	Last *http.Response
}

// Visit makes the face of the site; the session of actor KEY is "KEY".
func Visit(t *testing.T, s *apptest.Site, key string) *Visitor {
	t.Helper()
	face := web.New(web.Options{
		App: s.App, Log: slog.New(slog.NewTextHandler(testLog{t}, &slog.HandlerOptions{Level: slog.LevelError})),
		Who: func(_ context.Context, session string) (*roster.Actor, error) {
			if _, ok := s.Account[session]; !ok {
				return nil, fault.Unauthenticated()
			}
			return s.Actor(session), nil
		},
	})
	return &Visitor{t: t, Face: face, key: key, lang: words.EN}
}

// As is the same face with another actor.
func (v *Visitor) As(key string) *Visitor {
	c := *v
	c.key = key
	return &c
}

// In is the same visitor in another language.
func (v *Visitor) In(lang words.Lang) *Visitor {
	c := *v
	c.lang = lang
	return &c
}

func (v *Visitor) send(r *http.Request, status int) string {
	v.t.Helper()
	if v.key != "" {
		r.AddCookie(&http.Cookie{Name: page.SessionCookie, Value: v.key})
	}
	r.Header.Set("Accept-Language", string(v.lang))
	w := httptest.NewRecorder()
	v.Face.ServeHTTP(w, r)
	v.Last = w.Result()
	html := w.Body.String()
	for _, f := range apptest.FormFaults(html) {
		v.t.Errorf("%s %s as %s: %s", r.Method, r.URL.Path, v.key, f)
	}
	if v.Last.StatusCode != status {
		v.t.Fatalf("%s %s as %s: %d to %q, want %d: %s", r.Method, r.URL.Path, v.key, v.Last.StatusCode, v.Last.Header.Get("Location"),
			status, PlainText(html))
	}
	return html
}

// Get asks for a page and wants the status; it gives the HTML.
func (v *Visitor) Get(path string, status int) string {
	v.t.Helper()
	return v.send(httptest.NewRequest(http.MethodGet, "http://plumbline.test"+path, nil), status)
}

// Post sends a form and wants the status; 303 is the answer of one that worked.
func (v *Visitor) Post(path string, form url.Values, status int) string {
	v.t.Helper()
	r := httptest.NewRequest(http.MethodPost, "http://plumbline.test"+path, strings.NewReader(v.Signed(form).Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return v.send(r, status)
}

// Upload sends a form with one file.
func (v *Visitor) Upload(path string, form url.Values, field, name string, content []byte, status int) string {
	v.t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for k, values := range v.Signed(form) {
		for _, x := range values {
			_ = w.WriteField(k, x) // a bytes.Buffer takes everything
		}
	}
	part, err := w.CreateFormFile(field, name)
	if err != nil {
		v.t.Fatal(err)
	}
	_, _ = part.Write(content)
	_ = w.Close()
	r := httptest.NewRequest(http.MethodPost, "http://plumbline.test"+path, &b)
	r.Header.Set("Content-Type", w.FormDataContentType())
	return v.send(r, status)
}

// To is where the last answer led.
func (v *Visitor) To() string { return v.Last.Header.Get("Location") }

// Signed adds token and request key to the form.
func (v *Visitor) Signed(form url.Values) url.Values {
	out := url.Values{"form_token": {page.FormToken(v.key)}, "request_key": {rand.Text()}}
	for k, x := range form {
		out[k] = x
	}
	return out
}

var tags = regexp.MustCompile(`(?s)<[^>]*>|\s+`)

// PlainText is the text of a page, for messages.
func PlainText(html string) string {
	if _, main, ok := strings.Cut(html, "<main"); ok {
		html = "<main" + main
	}
	text := strings.Join(strings.Fields(tags.ReplaceAllString(html, " ")), " ")
	if len(text) > 900 {
		text = text[:900]
	}
	return text
}

type testLog struct{ t *testing.T }

func (l testLog) Write(p []byte) (int, error) {
	l.t.Log(strings.TrimSpace(string(p)))
	return len(p), nil
}

var _ io.Writer = testLog{}

// FormField is the field by which a form with others on its page says which one it is.
const FormField = page.FormField
