package cli

import (
	"context"
	"net/http"

	"plumbline/internal/fault"
	"plumbline/internal/roster"
	"plumbline/internal/web"
)

// faces mounts the pages and the API.
func (e *env) faces(mux *http.ServeMux, s *site, demo bool) {
	mux.Handle("/", web.New(web.Options{
		App: s.app, Log: e.log, Secure: e.Secure, Demo: demo,
		Who: func(context.Context, string) (*roster.Actor, error) { return nil, fault.Unauthenticated() },
	}))
}
