// Package custody has the pages of what is kept: retention, holds and expungement, and the
// sealed names with their custodians and reveals.
package custody

import (
	"net/http"

	"plumbline/internal/app"
	"plumbline/internal/web/page"
)

// face handles these pages over the application.
type face struct{ app *app.App }

// Routes are the pages of custody.
func Routes(a *app.App) []page.Route {
	f := &face{a}
	get, post := http.MethodGet, http.MethodPost
	routes := []page.Route{
		{Method: get, Path: "/expungements", Op: "expungement.list", Handler: f.expungementList},
		{Method: get, Path: "/expungements/new", Op: "expungement.propose", Handler: f.newExpungement},
		{Method: post, Path: "/expungements", Op: "expungement.propose", Handler: f.proposeExpungement},
		{Method: get, Path: "/expungements/{id}", Op: "expungement.get", Handler: f.expungementPage},
		{Method: get, Path: "/retention", Op: "retention.list", Handler: f.retentionList},
		{Method: get, Path: "/holds", Op: "hold.list", Handler: f.holdList},
		{Method: post, Path: "/holds", Op: "hold.place", Handler: f.placeHold},
		{Method: post, Path: "/holds/{id}/lift", Op: "hold.lift", Handler: f.liftHold},
		{Method: get, Path: "/custodians", Op: "custody.list", Handler: f.custodianList},
		{Method: post, Path: "/custodians", Op: "custody.propose", Handler: f.proposeCustodians},
		{Method: post, Path: "/custodians/{id}/approve", Op: "custody.approve", Handler: f.approveCustodians},
		{Method: post, Path: "/custodians/{id}/refuse", Op: "custody.refuse", Handler: f.refuseCustodians},
		{Method: get, Path: "/reveals", Op: "reveal.list", Handler: f.revealList},
		{Method: get, Path: "/reveals/new", Op: "reveal.ask", Handler: f.newReveal},
		{Method: post, Path: "/reveals", Op: "reveal.ask", Handler: f.askReveal},
		{Method: get, Path: "/reveals/{id}", Op: "reveal.get", Handler: f.revealPage},
		{Method: post, Path: "/reveals/{id}/show", Op: "reveal.show", Handler: f.showRevealed},
		{Method: post, Path: "/reveals/{id}/note", Op: "reveal.note", Handler: f.noteReveal},
		{Method: get, Path: "/shares", Op: "share.list", Handler: f.shareList},
		{Method: get, Path: "/shares/{id}", Op: "share.get", Handler: f.sharePage},
		{Method: post, Path: "/shares/{id}/release", Op: "share.release", Handler: f.releaseShare},
		{Method: post, Path: "/shares/{id}/refuse", Op: "share.refuse", Handler: f.refuseShare},
	}
	for _, s := range f.expungementSteps() {
		routes = append(routes, page.Route{Method: post, Path: "/expungements/{id}/" + s.path, Op: s.op, Handler: f.onExpungement(s)})
	}
	return routes
}

// Nav are the lines of the navigation that lead to them.
var Nav = []page.NavRow{
	{Place: 92, Key: "expungement.title", Href: "/expungements", Icon: "trash", Op: "expungement.list"},
	{Place: 93, Key: "custody.title", Href: "/custodians", Icon: "shield-lock", Op: "custody.list"},
	{Place: 37, Key: "reveal.title", Href: "/reveals", Icon: "eye-off", Op: "reveal.list"},
}
