package web

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
	"plumbline/internal/words"
)

// visitor asks pages of a test site as one of its named actors.
//
//	v := visit(t, apptest.SQLite(t), "inspector")
//	page := v.get("/issues", 200)
//	v.post("/issues/"+id+"/triage", url.Values{"severity": {"2"}}, 303)
//
// A form sent with post carries the token, and a request key of its own unless
// it names one.
type visitor struct {
	t    *testing.T
	face *Face
	key  string // whose session; the session of a test is the actor's name
	lang words.Lang
	last *http.Response
}

// visit makes the face of the site; the session of actor KEY is "KEY".
func visit(t *testing.T, s *apptest.Site, key string) *visitor {
	t.Helper()
	face := New(Options{
		App: s.App, Log: slog.New(slog.NewTextHandler(testLog{t}, &slog.HandlerOptions{Level: slog.LevelError})),
		Who: func(_ context.Context, session string) (*roster.Actor, error) {
			if _, ok := s.Account[session]; !ok {
				return nil, fault.Unauthenticated()
			}
			return s.Actor(session), nil
		},
	})
	return &visitor{t: t, face: face, key: key, lang: words.EN}
}

// as is the same face with another actor.
func (v *visitor) as(key string) *visitor {
	c := *v
	c.key = key
	return &c
}

// in is the same visitor in another language.
func (v *visitor) in(lang words.Lang) *visitor {
	c := *v
	c.lang = lang
	return &c
}

func (v *visitor) send(r *http.Request, status int) string {
	v.t.Helper()
	if v.key != "" {
		r.AddCookie(&http.Cookie{Name: SessionCookie, Value: v.key})
	}
	r.Header.Set("Accept-Language", string(v.lang))
	w := httptest.NewRecorder()
	v.face.ServeHTTP(w, r)
	v.last = w.Result()
	html := w.Body.String()
	for _, f := range apptest.FormFaults(html) {
		v.t.Errorf("%s %s as %s: %s", r.Method, r.URL.Path, v.key, f)
	}
	if v.last.StatusCode != status {
		v.t.Fatalf("%s %s as %s: %d to %q, want %d: %s", r.Method, r.URL.Path, v.key, v.last.StatusCode, v.last.Header.Get("Location"), status, plainText(html))
	}
	return html
}

// get asks for a page and wants the status; it gives the HTML.
func (v *visitor) get(path string, status int) string {
	v.t.Helper()
	return v.send(httptest.NewRequest(http.MethodGet, "http://plumbline.test"+path, nil), status)
}

// post sends a form and wants the status; 303 is the answer of one that worked.
func (v *visitor) post(path string, form url.Values, status int) string {
	v.t.Helper()
	r := httptest.NewRequest(http.MethodPost, "http://plumbline.test"+path, strings.NewReader(v.signed(form).Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return v.send(r, status)
}

// upload sends a form with one file.
func (v *visitor) upload(path string, form url.Values, field, name string, content []byte, status int) string {
	v.t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for k, values := range v.signed(form) {
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

// to is where the last answer led.
func (v *visitor) to() string { return v.last.Header.Get("Location") }

// signed adds token and request key to the form.
func (v *visitor) signed(form url.Values) url.Values {
	out := url.Values{"form_token": {FormToken(v.key)}, "request_key": {rand.Text()}}
	for k, x := range form {
		out[k] = x
	}
	return out
}

var tags = regexp.MustCompile(`(?s)<[^>]*>|\s+`)

// plainText is the text of a page, for messages.
func plainText(html string) string {
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
