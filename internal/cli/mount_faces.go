package cli

import (
	"fmt"
	"net/http"

	"plumbline/internal/api"
	"plumbline/internal/web"
)

// faces mounts the pages and the API.
func (e *env) faces(mux *http.ServeMux, s *site, demo bool) error {
	json, err := api.New(api.Options{App: s.app, Who: s.app.Authenticate, SessionCookie: web.SessionCookie, Log: e.log})
	if err != nil {
		return fmt.Errorf("start the API: %w", err)
	}
	mux.Handle(api.Prefix+"/", json)
	mux.Handle("/", web.New(web.Options{App: s.app, Who: s.app.Authenticate, Log: e.log, Secure: e.Secure, Demo: demo}))
	return nil
}
