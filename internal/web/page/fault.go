package page

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"plumbline/internal/fault"
	"plumbline/internal/web/ui"
)

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
		c.frame.Log.ErrorContext(c.Context(), "page failed", "request", c.requestID(), "path", c.route.Path, "method", c.R.Method,
			"error", err)
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
			c.frame.Log.ErrorContext(c.Context(), "proof page failed", "request", c.requestID(), "error", err)
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
		c.frame.Log.ErrorContext(c.Context(), "error page failed", "request", c.requestID(), "error", err)
	}
}
