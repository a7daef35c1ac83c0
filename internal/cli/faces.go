package cli

import (
	"context"
	"fmt"
	"net/http"

	"plumbline/internal/api"
	"plumbline/internal/fault"
	"plumbline/internal/roster"
	"plumbline/internal/web"
)

// faces mounts the pages and the API.
func (e *env) faces(mux *http.ServeMux, s *site, demo bool) error {
	who := func(context.Context, string) (*roster.Actor, error) { return nil, fault.Unauthenticated() }
	json, err := api.New(api.Options{App: s.app, Who: who, SessionCookie: web.SessionCookie, Log: e.log})
	if err != nil {
		return fmt.Errorf("start the API: %w", err)
	}
	mux.Handle(api.Prefix+"/", json)
	mux.Handle("/", web.New(web.Options{App: s.app, Who: who, Log: e.log, Secure: e.Secure, Demo: demo}))
	return nil
}
