package page

import (
	"context"
	"log/slog"
	"net/http"

	"plumbline/internal/fault"
	"plumbline/internal/roster"
)

// Addresses that the frame itself leads to.
const (
	SignInPath   = "/signin"
	PasswordPath = "/password" // where a session that began with a one-time code must go
)

// Limits of what a form may send, in bytes.
const (
	formLimit   = 512 << 10
	UploadLimit = 21 << 20 // a file of 20 MB and the form around it
)

// Config is what a frame needs from the program around it.
type Config struct {
	Site Site // nil for a frame alone, in its tests
	// Who identifies the holder of the session, or fails with a fault of kind
	// Unauth.
	Who func(ctx context.Context, session string) (*roster.Actor, error)
	// May says whether any role of the actor allows the operation.
	May    func(who *roster.Actor, op string) bool
	Log    *slog.Logger
	Secure bool // served over https: cookies say so
	Demo   bool
	Nav    []NavRow // in their order
}

// Frame serves the pages of a site: it tells who asks, refuses what he may not do
// before a byte of his form is read, and makes a page of every error.
type Frame struct {
	Config
	origin *http.CrossOriginProtection
}

// NewFrame makes a frame.
func NewFrame(c Config) *Frame { return &Frame{Config: c, origin: http.NewCrossOriginProtection()} }

// Serve answers a request with the handler of its route. The param function returns
// the path's parameters by name.
func (f *Frame) Serve(w http.ResponseWriter, r *http.Request, route Route, param func(name string) string) {
	c := newCall(f, w, r, route, param)
	c.headers()
	defer func() { c.done() }()
	if err := c.before(); err != nil {
		c.fail(err)
		return
	}
	if c.answered {
		return
	}
	if err := route.Handler(c); err != nil {
		c.fail(err)
	}
}

// ContentPolicy allows nothing but our own files: no inline script or style, no
// other host. Bootstrap draws arrows and ticks from data: images.
const ContentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

func (c *Call) headers() {
	h := c.W.Header()
	h.Set("Content-Security-Policy", ContentPolicy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
	h.Set("Cache-Control", "no-store")
	h.Set("Vary", "Accept-Language, Cookie")
	if c.frame.Secure {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
}

// before authenticates, authorizes the page's operation, and checks the origin of a
// post; only then is a body read.
func (c *Call) before() error {
	if s := c.cookie(SessionCookie); s != "" {
		who, err := c.frame.Who(c.Context(), s)
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
		return c.Redirect(PasswordPath)
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
	if err := c.frame.origin.Check(c.R); err != nil {
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
	if c.frame.Site == nil {
		return nil // the frame alone, in its tests
	}
	if c.route.Op != "" && !c.route.Public {
		if err := c.frame.Site.Admit(c.Actor, c.route.Op); err != nil {
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
	room, err := c.frame.Site.Receive(c.Context(), c.Actor, size)
	if err == nil {
		c.done = room
	}
	return err
}
