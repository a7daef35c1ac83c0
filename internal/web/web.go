// Package web is the HTML face: pages, forms and the assets they load. It
// turns a form into an input of package app and a result into a page; it
// decides nothing about rights, states or figures.
//
// Every page is a Route in a routes_<area>.go file: method, path, the app
// operation it performs, and a handler of the form
//
//	func (f *Face) returnSubmission(c *Call) error {
//		in := app.ReturnInput{ID: c.Param("id"), Version: c.Version(), Reason: c.Form("reason"), Key: c.Key()}
//		_, _, err := f.app.ReturnSubmission(c.Context(), c.Actor, in)
//		if errs := c.Errors(err); errs != nil {
//			return c.ShowStatus(http.StatusUnprocessableEntity, returnForm(c.Page("selfcheck.return.title"), in, errs))
//		}
//		if err != nil {
//			return err
//		}
//		return c.Go("/submissions", "selfcheck.returned")
//	}
//
// A handler returns an error and the face makes the page of it: 404, 403, 409
// and so on, in the reader's language, with the request id. Posts must come
// from our own pages: net/http's cross-origin check and a token of the session
// in the form, both before the handler is called.
package web

import (
	"context"
	"log/slog"
	"net/http"
	"strings"

	"github.com/uptrace/bunrouter"

	"plumbline/internal/app"
	"plumbline/internal/fault"
	"plumbline/internal/roster"
	"plumbline/internal/web/assets"
	"plumbline/internal/words"
)

// Addresses that the face itself leads to.
const (
	SignInPath   = "/signin"
	PasswordPath = "/password" // where a session that began with a one-time code must go
)

// SessionCookie names the cookie of the session, which the API takes too.
const SessionCookie = "plumbline"

// Names of the cookies.
const (
	sessionCookie  = SessionCookie
	visitorCookie  = "plumbline_visitor" // seeds the form token before sign-in
	languageCookie = "plumbline_lang"
	flashCookie    = "plumbline_flash"
)

// Limits of what a form may send, in bytes.
const (
	formLimit   = 512 << 10
	UploadLimit = 21 << 20 // a file of 20 MB and the form around it
)

// Options is what the face needs from the program around it.
type Options struct {
	App *app.App
	// Who identifies the holder of the session, or fails with a fault of kind
	// Unauth.
	Who func(ctx context.Context, session string) (*roster.Actor, error)
	// May says whether any role of the actor allows the operation; App.May if nil.
	May    func(who *roster.Actor, op string) bool
	Log    *slog.Logger
	Secure bool // served over https: cookies say so
	Demo   bool
}

// Face is the HTML face.
type Face struct {
	Options
	app    *app.App
	router *bunrouter.Router
	origin *http.CrossOriginProtection
	routes []Route
}

// New makes the face with all its pages.
func New(o Options) *Face {
	f := &Face{Options: o, app: o.App, origin: http.NewCrossOriginProtection()}
	if f.May == nil {
		f.May = o.App.May
	}
	f.routes = f.allRoutes()
	f.router = bunrouter.New(
		bunrouter.WithNotFoundHandler(f.handler(Route{Public: true, Handler: func(c *Call) error { return fault.NotFound() }})),
		bunrouter.WithMethodNotAllowedHandler(f.handler(Route{Public: true, Handler: (*Call).methodNotAllowed})),
	)
	for _, r := range f.routes {
		h, path := f.handler(r), colons(r.Path)
		f.router.Handle(r.Method, path, h)
		if r.Method == http.MethodGet {
			f.router.Handle(http.MethodHead, path, h)
		}
	}
	return f
}

// ServeHTTP answers for everything that is neither the API nor health.
func (f *Face) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, assets.Prefix) && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
		assets.Serve(w, r)
		return
	}
	f.router.ServeHTTP(w, r)
}

// Routes lists the pages, for tests of the whole table.
func (f *Face) Routes() []Route { return f.routes }

// colons writes {id} the way bunrouter does.
func colons(path string) string {
	return strings.NewReplacer("{", ":", "}", "").Replace(path)
}

// handler is everything that happens around a route's own handler.
func (f *Face) handler(route Route) bunrouter.HandlerFunc {
	return func(w http.ResponseWriter, r bunrouter.Request) error {
		c := newCall(f, w, r, route)
		c.headers()
		defer func() { c.done() }()
		if err := c.before(); err != nil {
			c.fail(err)
			return nil
		}
		if c.answered {
			return nil
		}
		if err := route.Handler(c); err != nil {
			c.fail(err)
		}
		return nil
	}
}

// contentPolicy allows nothing but our own files: no inline script or style, no
// other host. Bootstrap draws arrows and ticks from data: images.
const contentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

func (c *Call) headers() {
	h := c.W.Header()
	h.Set("Content-Security-Policy", contentPolicy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
	h.Set("Cache-Control", "no-store")
	h.Set("Vary", "Accept-Language, Cookie")
	if c.face.Secure {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
}

// before authenticates, authorizes the page's operation, and checks the origin of a
// post; only then is a body read.
func (c *Call) before() error {
	if s := c.cookie(sessionCookie); s != "" {
		who, err := c.face.Who(c.Context(), s)
		switch {
		case err == nil:
			mine := *who
			mine.Lang = string(c.Lang) // names in answers follow the page
			c.Actor, c.seed = &mine, s
		case !fault.Is(err, fault.Unauth):
			return err
		}
	}
	if c.Actor == nil && !c.route.Public {
		return fault.Unauthenticated()
	}
	if c.Actor != nil && c.Actor.MustRenew && !c.route.Renew && !c.route.Public {
		return c.redirect(PasswordPath)
	}
	if c.R.Method != http.MethodGet && c.R.Method != http.MethodHead {
		if err := c.takeForm(); err != nil {
			return err
		}
	}
	return c.prove()
}

// checkOrigin refuses a post that another site's page sends.
func (c *Call) checkOrigin() error {
	if err := c.face.origin.Check(c.R); err != nil {
		return fault.Forbidden("cross_origin").WithCause(err)
	}
	return nil
}

// takeForm reads the form of one of our own pages, which its token shows.
func (c *Call) takeForm() error {
	if err := c.checkOrigin(); err != nil {
		return err
	}
	limit := c.route.Body
	if limit == 0 {
		limit = formLimit
	}
	if err := c.admit(limit); err != nil {
		return err
	}
	c.R.Body = http.MaxBytesReader(c.W, c.R.Body, limit)
	if err := c.parse(); err != nil {
		return err
	}
	if !c.route.NoToken && !c.tokenFits() {
		return fault.Forbidden("form_token")
	}
	return nil
}

// admit authorizes the operation by role and reserves room for the body before a
// byte of it is read: somebody without the right to send a file must not fill the
// memory with it.
func (c *Call) admit(limit int64) (err error) {
	if c.face.app == nil {
		return nil // the frame alone, in its tests
	}
	if c.route.Op != "" && !c.route.Public {
		if err := c.face.app.Admit(c.Actor, c.route.Op); err != nil {
			return err
		}
	}
	size := c.R.ContentLength
	if size > limit {
		return c.tooLarge(nil)
	}
	if size < 0 {
		size = limit
	}
	room, err := c.face.app.Receive(c.Context(), c.Actor, size)
	if err == nil {
		c.done = room
	}
	return err
}

func (c *Call) methodNotAllowed() error {
	var allow []string
	for _, m := range []string{http.MethodGet, http.MethodPost} {
		for _, r := range c.face.routes {
			if r.Method == m && matches(r.Path, c.R.URL.Path) {
				allow = append(allow, m)
				break
			}
		}
	}
	c.W.Header().Set("Allow", strings.Join(allow, ", "))
	c.showFault(http.StatusMethodNotAllowed, words.T(c.Lang, "fault.method_not_allowed"))
	return nil
}

// matches reports whether the path fits the pattern, part by part.
func matches(pattern, path string) bool {
	a, b := strings.Split(pattern, "/"), strings.Split(strings.TrimSuffix(path, "/"), "/")
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] && !strings.HasPrefix(a[i], "{") && !strings.HasPrefix(a[i], ":") {
			return false
		}
	}
	return true
}
