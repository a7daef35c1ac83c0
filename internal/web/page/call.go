package page

import (
	"bytes"
	"context"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"plumbline/internal/app/desk"
	"plumbline/internal/roster"
	"plumbline/internal/web/ui"
	"plumbline/internal/words"
)

// Call is one request: the caller, the language, and what was sent.
type Call struct {
	W     http.ResponseWriter
	R     *http.Request
	Lang  words.Lang
	Actor *roster.Actor // nil on public pages without a session

	frame    *Frame
	route    Route
	param    func(name string) string
	seed     string // what the form token is derived from
	flash    *ui.Flash
	offered  string // page of the receipt that the next message offers
	came     string // page of a form that went by way of the proof, "" for the one that sent it
	answered bool
	unmasked bool // the form token goes out without a mask
	file     *File
	done     func() // gives back the room of the body
}

// File is an uploaded file.
type File struct {
	Field, Name string
	Data        []byte
}

func newCall(f *Frame, w http.ResponseWriter, r *http.Request, route Route, param func(name string) string) *Call {
	c := &Call{W: w, R: r, frame: f, route: route, param: param, done: func() {}}
	c.Lang = words.Match(r.Header.Get("Accept-Language"), c.cookie(languageCookie))
	if w.Header().Get("X-Request-Id") == "" { // the server gives one; a face on its own does too
		w.Header().Set("X-Request-Id", random(9))
	}
	c.seed = c.cookie(visitorCookie)
	c.takeFlash()
	return c
}

// May reports whether a role of the caller allows the operation.
func (c *Call) May(op string) bool { return c.frame.May(c.Actor, op) }

// Context is the request's.
func (c *Call) Context() context.Context { return c.R.Context() }

// T returns a text in the reader's language.
func (c *Call) T(key string, kv ...any) string { return words.T(c.Lang, key, kv...) }

// requestID is the id shown on the page and written to the log.
func (c *Call) requestID() string { return c.W.Header().Get("X-Request-Id") }

// Param returns a path parameter, such as {id}.
func (c *Call) Param(name string) string { return c.param(name) }

// Query returns a query parameter.
func (c *Call) Query(name string) string { return strings.TrimSpace(c.R.URL.Query().Get(name)) }

// Form returns a form value without surrounding space.
func (c *Call) Form(name string) string { return strings.TrimSpace(c.R.PostForm.Get(name)) }

// Ticked returns the values of all ticked boxes of the name.
func (c *Call) Ticked(name string) []string { return c.R.PostForm[name] }

// FormInt returns a whole number of the form, or 0.
func (c *Call) FormInt(name string) int64 {
	n, _ := strconv.ParseInt(c.Form(name), 10, 64)
	return n
}

// Choice returns a chosen number of the form, or -1 if none was chosen: 0 is a
// choice of its own (S0, no handling), and leaving the field out must not make it.
func (c *Call) Choice(name string) int {
	n, err := strconv.Atoi(c.Form(name))
	if err != nil {
		return -1
	}
	return n
}

// Version is the version of the thing that the form edits.
func (c *Call) Version() int64 { return c.FormInt("version") }

// Key is the request key of the form. The same form sent twice has the same key and
// is carried out once.
func (c *Call) Key() string { return c.Form("request_key") }

// File is the file that was sent under the name, nil if there is none.
func (c *Call) File(name string) *File {
	if c.file == nil || c.file.Field != name || len(c.file.Data) == 0 {
		return nil
	}
	return c.file
}

// Page is the frame of a page with the title of the key.
func (c *Call) Page(titleKey string, kv ...any) ui.Page {
	p := ui.Page{
		Lang: c.Lang, Title: c.T(titleKey, kv...), Path: c.R.URL.RequestURI(), Token: c.token(), Keys: newKey,
		Nav: c.frame.nav(c), Flash: c.flash, Demo: c.frame.Demo, Request: c.requestID(),
	}
	if s := c.frame.Site; s != nil {
		p.Frozen, p.Full = s.Frozen(), s.DiskFull()
	}
	if c.R.Method != http.MethodGet && c.R.Method != http.MethodHead {
		if p.Path = back(c.R); c.came != "" {
			p.Path = Local(c.came)
		}
	}
	if c.Actor != nil {
		p.Who = &ui.Who{Name: c.Actor.Name, Roles: c.RoleNames()}
	}
	return p
}

// Show sends a page.
func (c *Call) Show(page templ.Component) error { return c.ShowStatus(http.StatusOK, page) }

// ShowStatus sends a page with a status. The page is rendered completely first, so
// that a failure is an error and never half a page.
func (c *Call) ShowStatus(status int, page templ.Component) error {
	var b bytes.Buffer
	if err := page.Render(c.Context(), &b); err != nil {
		return err
	}
	h := c.W.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", string(c.Lang))
	h.Set("Content-Length", strconv.Itoa(b.Len()))
	c.W.WriteHeader(status)
	c.answered = true
	_, _ = c.W.Write(b.Bytes()) // the reader may have gone away
	return nil
}

// Download sends a file to be saved.
func (c *Call) Download(name, kind string, body []byte) error {
	h := c.W.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	h.Set("Content-Length", strconv.Itoa(len(body)))
	c.W.WriteHeader(http.StatusOK)
	c.answered = true
	_, _ = c.W.Write(body)
	return nil
}

// Answer sends what a script of the page asked for.
func (c *Call) Answer(kind string, body []byte) error {
	c.W.Header().Set("Content-Type", kind)
	c.answered = true
	_, _ = c.W.Write(body) // the reader may have gone away
	return nil
}

// Go redirects after a form, with a success message on the next page; no key, no
// message.
func (c *Call) Go(path, flashKey string, kv ...any) error {
	if flashKey != "" {
		c.sayWith("ok", c.T(flashKey, kv...), c.offered, c.T("receipt.flash"))
	}
	return c.Redirect(path)
}

// Redirect leads to another page of ours.
func (c *Call) Redirect(path string) error {
	c.answered = true
	if c.R.Header.Get("HX-Request") != "" {
		c.W.Header().Set("HX-Redirect", path)
		c.W.WriteHeader(http.StatusNoContent)
		return nil
	}
	http.Redirect(c.W, c.R, path, http.StatusSeeOther)
	return nil
}

// Local returns the path if it is one of our pages, else the home page.
func Local(path string) string {
	u, err := url.Parse(path)
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") ||
		strings.ContainsAny(path, "\\\r\n\t") {
		return "/"
	}
	return path
}

// back returns the page from which a form was sent, if it is one of ours.
func back(r *http.Request) string {
	u, err := url.Parse(r.Referer())
	if err != nil || u.Host != r.Host {
		return "/"
	}
	return Local(u.RequestURI())
}

// Reader is the actor in the language of the page.
func (c *Call) Reader() *roster.Actor {
	who := *c.Actor
	who.Lang = string(c.Lang)
	return &who
}

// Door is the frame of the pages before sign-in.
func (c *Call) Door(titleKey string) ui.Page {
	p := c.Page(titleKey)
	p.Bare, p.Narrow, p.Nav = true, true, nil
	return p
}

// ReceiptPath is the page of a receipt.
func ReceiptPath(seq int64) string { return "/receipts/" + strconv.FormatInt(seq, 10) }

// Offer adds the receipt of what was just recorded to the message of Go.
func (c *Call) Offer(r desk.Receipt) {
	if !r.At.IsZero() {
		c.offered = ReceiptPath(r.Seq)
	}
}
