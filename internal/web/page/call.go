package page

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/a-h/templ"

	"plumbline/internal/app/desk"
	"plumbline/internal/fault"
	"plumbline/internal/roster"
	"plumbline/internal/sheet"
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

// RequestID is the id shown on the page and written to the log.
func (c *Call) RequestID() string { return c.W.Header().Get("X-Request-Id") }

// Param returns a path parameter, such as {id}.
func (c *Call) Param(name string) string { return c.param(name) }

// Query returns a query parameter.
func (c *Call) Query(name string) string { return strings.TrimSpace(c.R.URL.Query().Get(name)) }

// Form returns a form value without surrounding space.
func (c *Call) Form(name string) string { return strings.TrimSpace(c.R.PostForm.Get(name)) }

// Ticked returns the values of all ticked boxes of the name.
func (c *Call) Ticked(name string) []string { return c.R.PostForm[name] }

// boxes are the names that a form may send more than once. Any other repeated name
// is refused, or one of its values would be used unseen.
var boxes = map[string]bool{"list": true}

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
		Nav: c.frame.nav(c), Flash: c.flash, Demo: c.frame.Demo, Request: c.RequestID(),
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
		c.SayWith("ok", c.T(flashKey, kv...), c.offered, c.T("receipt.flash"))
	}
	return c.Redirect(path)
}

// Say keeps a message for the next page; kind is ok, warn, bad or info.
func (c *Call) Say(kind, text string) { c.SayWith(kind, text, "", "") }

// SayWith keeps a message with a link to one of our pages.
func (c *Call) SayWith(kind, text, href, linkText string) {
	parts := []string{kind}
	for _, part := range []string{text, href, linkText} {
		if len(part) > 900 {
			part = strings.ToValidUTF8(part[:900], "") + "…"
		}
		parts = append(parts, base64.RawURLEncoding.EncodeToString([]byte(part)))
	}
	if href == "" {
		parts = parts[:2]
	}
	c.SetCookie(flashCookie, strings.Join(parts, ":"), time.Minute)
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

// Errors returns the messages of a fault that the form itself can show: invalid
// input or a conflict. For any other error it returns nil.
func (c *Call) Errors(err error) ui.Errors {
	if err == nil {
		return nil
	}
	switch fault.KindOf(err) {
	case fault.InvalidKind, fault.ConflictKind, fault.ShapeKind, fault.TooLargeKind:
		return ui.ErrorsOf(c.Lang, err)
	}
	return nil
}

// StatusOf is the status of a page that shows what came of a form, for ShowStatus.
func StatusOf(err error) int {
	if err == nil {
		return http.StatusOK
	}
	return fault.KindOf(err).Status()
}

// fail renders the page of an error. An error that is not a fault is logged here,
// once, with the request id.
func (c *Call) fail(err error) {
	f := fault.As(err)
	if f.Kind == fault.Internal || f.Kind == fault.UnavailableKind {
		c.frame.Log.ErrorContext(c.Context(), "page failed", "request", c.RequestID(), "path", c.route.Path, "method", c.R.Method, "error", err)
	}
	if c.answered {
		return // half an answer is out; it cannot be taken back
	}
	if f.Kind == fault.Unauth {
		c.clearCookie(SessionCookie)
		to := SignInPath
		if c.R.Method == http.MethodGet && c.R.URL.Path != "/" {
			to += "?next=" + url.QueryEscape(c.R.URL.RequestURI())
		}
		_ = c.Redirect(to) // cannot fail
		return
	}
	if wait, ok := f.Args["Seconds"]; ok && f.Kind == fault.TooManyKind {
		c.W.Header().Set("Retry-After", fmt.Sprint(wait))
	}
	if f.Code == "proof_needed" {
		if err := c.askProof(nil); err != nil {
			c.frame.Log.ErrorContext(c.Context(), "proof page failed", "request", c.RequestID(), "error", err)
		}
		return
	}
	c.ShowFault(f.Kind.Status(), ui.Message(c.Lang, f))
}

// ShowFault shows a page of nothing but what went wrong.
func (c *Call) ShowFault(status int, text string) {
	c.unmasked = true // the page holds nothing that anybody sent, so its length tells nothing
	p := c.Page("shell.error." + strconv.Itoa(status))
	// The page of an unknown id and that of somebody else's are the same bytes
	// but for the request id: no address and no fresh key.
	p.Bare, p.Flash, p.Keys, p.Path = true, nil, nil, "/"
	if err := c.ShowStatus(status, ui.Fault(p, status, text)); err != nil {
		c.frame.Log.ErrorContext(c.Context(), "error page failed", "request", c.RequestID(), "error", err)
	}
}

// parse reads the form and refuses control characters, invalid UTF-8 and repeated
// fields.
func (c *Call) parse() error {
	var err error
	if strings.HasPrefix(c.R.Header.Get("Content-Type"), "multipart/form-data") {
		err = c.parseParts()
	} else {
		err = c.R.ParseForm()
	}
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return c.tooLarge(err)
	case fault.Is(err, fault.TooLargeKind):
		return err
	case err != nil:
		return fault.Shape("shape", "").WithCause(err)
	}
	for name, values := range c.R.PostForm {
		if len(values) > 1 && !boxes[name] {
			return fault.Shape("field_twice", "")
		}
		for _, v := range values {
			if !utf8.ValidString(v) || strings.ContainsFunc(v, control) {
				return fault.Shape("control_character", name)
			}
		}
	}
	return nil
}

// Limits of a form with a file.
const (
	maxParts = 2000
	maxTexts = formLimit // bytes of all its texts together
)

// parseParts reads a form with a file as it arrives. Unlike net/http it never writes
// the file to disk, where it would be readable.
func (c *Call) parseParts() error {
	r, err := c.R.MultipartReader()
	if err != nil {
		return err
	}
	c.R.PostForm = url.Values{}
	left := int64(maxTexts)
	for range maxParts {
		p, err := r.NextPart()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if p.FileName() != "" || p.Header.Get("Content-Type") == "application/octet-stream" {
			f := &File{Field: p.FormName(), Name: p.FileName()}
			if f.Data, err = sheet.ReadFile(p, c.R.ContentLength); err != nil {
				return err
			}
			if len(f.Data) > 0 {
				if c.file != nil {
					return errors.New("a form has one file")
				}
				c.file = f
			}
			continue
		}
		text, err := io.ReadAll(io.LimitReader(p, left+1))
		if err != nil {
			return err
		}
		if left -= int64(len(text)); left < 0 {
			return fault.TooLarge("too_large")
		}
		c.R.PostForm.Add(p.FormName(), string(text))
	}
	return errors.New("the form has too many parts")
}

// tooLarge states the size limit if a file was sent.
func (c *Call) tooLarge(cause error) error {
	if c.route.Body == UploadLimit {
		return fault.TooLarge("sheet_size", "Limit", sheet.MaxSize>>20).WithCause(cause)
	}
	return fault.TooLarge("too_large").WithCause(cause)
}

func control(r rune) bool { return r < 0x20 && r != '\n' && r != '\r' && r != '\t' || r == 0x7f }

// FormToken is the token that the forms of a session carry, for tests that send one.
func FormToken(session string) string { return (&Call{seed: session}).token() }

// token is the form token: derived from the session, or before sign-in from a
// cookie of the visitor, so that it need not be stored and ends with it. Each
// answer carries it under a fresh mask, so that the length of a compressed page
// tells nothing of it.
func (c *Call) token() string {
	own := c.formKey()
	masked := make([]byte, 2*len(own))
	if !c.unmasked {
		_, _ = rand.Read(masked[:len(own)]) // never fails
	}
	subtle.XORBytes(masked[len(own):], masked[:len(own)], own)
	return base64.RawURLEncoding.EncodeToString(masked)
}

func (c *Call) formKey() []byte {
	if c.seed == "" {
		c.seed = random(18)
		c.SetCookie(visitorCookie, c.seed, 12*time.Hour)
	}
	m := hmac.New(sha256.New, []byte(c.seed))
	_, _ = io.WriteString(m, "plumbline form token") // a hash takes everything
	return m.Sum(nil)[:18]
}

func (c *Call) tokenFits() bool {
	sent := c.R.PostForm.Get("form_token")
	if sent == "" {
		sent = c.R.Header.Get("X-Form-Token")
	}
	masked, err := base64.RawURLEncoding.DecodeString(sent)
	if c.seed == "" || err != nil || len(masked) != 36 {
		return false
	}
	own := make([]byte, 18)
	subtle.XORBytes(own, masked[:18], masked[18:])
	return hmac.Equal(own, c.formKey())
}

// SetCookie stores a value in the browser for a time, or until the browser is closed
// if that is zero. Scripts cannot read it.
func (c *Call) SetCookie(name, value string, keep time.Duration) {
	http.SetCookie(c.W, &http.Cookie{Name: name, Value: value, Path: "/", MaxAge: int(keep.Seconds()), HttpOnly: true, Secure: c.frame.Secure, SameSite: http.SameSiteLaxMode})
}

// SetSession stores the session in the browser; "" removes it.
func (c *Call) SetSession(session string) {
	if session == "" {
		c.clearCookie(SessionCookie)
		return
	}
	c.SetCookie(SessionCookie, session, 0)
}

// Device is the value by which the browser is known to have been used before, or "".
func (c *Call) Device() string { return c.cookie(deviceCookie) }

// SetDevice stores that value in the browser for a year.
func (c *Call) SetDevice(value string) { c.SetCookie(deviceCookie, value, 365*24*time.Hour) }

// Session is the session sent by the browser, or "".
func (c *Call) Session() string { return c.cookie(SessionCookie) }

func (c *Call) clearCookie(name string) {
	http.SetCookie(c.W, &http.Cookie{Name: name, Path: "/", MaxAge: -1, HttpOnly: true, Secure: c.frame.Secure, SameSite: http.SameSiteLaxMode})
}

func (c *Call) cookie(name string) string {
	k, err := c.R.Cookie(name)
	if err != nil || len(k.Value) > 2000 {
		return ""
	}
	return k.Value
}

// takeFlash reads and clears the message left by the previous page.
func (c *Call) takeFlash() {
	v := c.cookie(flashCookie)
	if v == "" || c.R.Method != http.MethodGet || c.R.Header.Get("HX-Request") != "" {
		return
	}
	parts := strings.Split(v, ":")
	plain := make([]string, 4)
	plain[0] = parts[0]
	for i := 1; i < len(parts) && i < len(plain); i++ {
		if raw, err := base64.RawURLEncoding.DecodeString(parts[i]); err == nil && utf8.Valid(raw) {
			plain[i] = string(raw)
		}
	}
	if kind := plain[0]; plain[1] != "" && (kind == "ok" || kind == "warn" || kind == "bad" || kind == "info") {
		c.flash = &ui.Flash{Kind: kind, Text: plain[1]}
		if plain[2] != "" && plain[3] != "" {
			c.flash.Link = ui.Link{Text: plain[3], Href: Local(plain[2])}
		}
	}
	c.clearCookie(flashCookie)
}

// SetLanguage stores the language that the form names and returns to the page before.
func (c *Call) SetLanguage() error {
	c.SetCookie(languageCookie, string(words.Match("", c.Form("lang"))), 365*24*time.Hour)
	return c.Redirect(Local(c.Form("back")))
}

// Local returns the path if it is one of our pages, else the home page.
func Local(path string) string {
	u, err := url.Parse(path)
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || strings.ContainsAny(path, "\\\r\n\t") {
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

// newKey makes a request key for one form.
func newKey() string { return random(15) }

// random is n random bytes as text.
func random(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	return base64.RawURLEncoding.EncodeToString(b)
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
