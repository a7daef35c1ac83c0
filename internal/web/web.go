// Package web is the HTML face: the pages of every noun in one site, and the files they
// load. Package page says what a page is and what happens around it; each noun has its
// pages in a package of its own, named as its area of package app is. Web puts them
// together and decides nothing about rights, states or figures.
package web

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"strings"

	"github.com/uptrace/bunrouter"

	"plumbline/internal/app"
	"plumbline/internal/fault"
	"plumbline/internal/roster"
	"plumbline/internal/web/assets"
	"plumbline/internal/web/page"
	"plumbline/internal/words"
)

// SessionCookie names the cookie of the session, which the API takes too.
const SessionCookie = page.SessionCookie

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
	frame  *page.Frame
	router *bunrouter.Router
	routes []page.Route
}

// New makes the face with all its pages.
func New(o Options) *Face {
	routes := []page.Route{language}
	for _, n := range nouns {
		routes = append(routes, n.routes(o.App)...)
	}
	return newFace(o, routes)
}

// newFace makes a face of these pages.
func newFace(o Options, routes []page.Route) *Face {
	c := page.Config{Who: o.Who, May: o.May, Log: o.Log, Secure: o.Secure, Demo: o.Demo}
	if o.App != nil {
		c.Site = site{o.App}
	}
	if c.May == nil {
		c.May = o.App.May
	}
	for _, n := range nouns {
		c.Nav = append(c.Nav, n.nav...)
	}
	slices.SortStableFunc(c.Nav, func(a, b page.NavRow) int { return a.Place - b.Place })
	f := &Face{frame: page.NewFrame(c), routes: routes}
	f.router = bunrouter.New(
		bunrouter.WithNotFoundHandler(f.handler(page.Route{Public: true, Handler: func(*page.Call) error { return fault.NotFound() }})),
		bunrouter.WithMethodNotAllowedHandler(f.handler(page.Route{Public: true, Handler: f.methodNotAllowed})),
	)
	for _, r := range routes {
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
func (f *Face) Routes() []page.Route { return f.routes }

// Nav lists the lines of the navigation, for the same tests.
func (f *Face) Nav() []page.NavRow { return f.frame.Nav }

// colons writes {id} the way bunrouter does.
func colons(path string) string {
	return strings.NewReplacer("{", ":", "}", "").Replace(path)
}

func (f *Face) handler(route page.Route) bunrouter.HandlerFunc {
	return func(w http.ResponseWriter, r bunrouter.Request) error {
		f.frame.Serve(w, r.Request, route, r.Params().ByName)
		return nil
	}
}

func (f *Face) methodNotAllowed(c *page.Call) error {
	var allow []string
	for _, m := range []string{http.MethodGet, http.MethodPost} {
		if slices.ContainsFunc(f.routes, func(r page.Route) bool { return r.Method == m && matches(r.Path, c.R.URL.Path) }) {
			allow = append(allow, m)
		}
	}
	c.W.Header().Set("Allow", strings.Join(allow, ", "))
	c.ShowFault(http.StatusMethodNotAllowed, words.T(c.Lang, "fault.method_not_allowed"))
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
