package accounts

import (
	"net"
	"net/http"
	"net/url"
	"strings"

	"plumbline/internal/app/accounts"
	"plumbline/internal/fault"
	"plumbline/internal/web/page"
	"plumbline/internal/web/ui"
)

func (f *face) signInPage(c *page.Call) error {
	if c.Actor != nil {
		return c.Redirect(page.Local(c.Query("next")))
	}
	return c.Show(signInForm(c.Door("signin.title"), "", c.Query("next"), nil))
}

func (f *face) signIn(c *page.Call) error {
	in := accounts.SignInInput{
		Login: c.Form("login"), Password: c.R.PostForm.Get("password"), Device: c.Device(),
		Source: source(c.R), Label: c.R.UserAgent(),
	}
	done, err := f.app.SignIn(c.Context(), in)
	if err != nil {
		switch k := fault.KindOf(err); k {
		case fault.Unauth, fault.InvalidKind, fault.TooManyKind:
			return c.ShowStatus(k.Status(), signInForm(c.Door("signin.title"), in.Login, c.Form("next"), ui.ErrorsOf(c.Lang, err)))
		}
		return err
	}
	c.SetSession(done.Token)
	if done.Device != "" {
		c.SetDevice(done.Device)
	}
	next := page.Local(c.Form("next"))
	if done.Renew {
		next = page.PasswordPath
	}
	return c.Redirect(next)
}

// source is the network address that the request came from.
func source(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

func (f *face) signOut(c *page.Call) error {
	if err := f.app.EndSession(c.Context(), c.Actor, ""); err != nil && !fault.Is(err, fault.NotFoundKind) {
		return err
	}
	c.SetSession("")
	return c.Redirect(page.SignInPath)
}

func (f *face) passwordPage(c *page.Call) error {
	return c.Show(passwordForm(c.Door("password.title"), c.Actor.MustRenew, nil))
}

func (f *face) setPassword(c *page.Call) error {
	in := accounts.PasswordInput{Old: c.R.PostForm.Get("old"), New: c.R.PostForm.Get("new"), Device: c.Device()}
	var err error
	if in.New != c.R.PostForm.Get("again") {
		err = fault.Invalid("password_again", "again")
	} else {
		_, err = f.app.SetPassword(c.Context(), c.Actor, in)
	}
	errs := c.Errors(err)
	if fault.Is(err, fault.TooManyKind) {
		errs = ui.ErrorsOf(c.Lang, err)
	}
	if errs != nil {
		return c.ShowStatus(page.StatusOf(err), passwordForm(c.Door("password.title"), c.Actor.MustRenew, errs))
	}
	if err != nil {
		return err
	}
	return c.Go("/", "password.done")
}

// mePage shows who the actor is here and where he is signed in.
func (f *face) mePage(c *page.Call) error {
	sessions, err := f.app.Sessions(c.Context(), c.Actor)
	if err != nil {
		return err
	}
	p := c.Page("me.title")
	p.Crumbs = []ui.Link{{Text: c.T("nav.home"), Href: "/"}}
	p.Actions = []ui.Action{{Text: c.T("password.title"), Href: page.PasswordPath, Icon: "key"},
		{Text: c.T("apidoc.title"), Href: "/docs/api", Icon: "file-text"}}
	defs := []ui.Def{{Term: c.T("field.name"), Text: c.Actor.Name}, {Term: c.T("field.role"), Text: c.RoleNames()}}
	t := ui.Table{Cols: []ui.Col{{Text: c.T("me.device")}, {Text: c.T("me.since")}, {Text: c.T("me.seen")}, {Text: c.T("me.until")},
		{Text: c.T("field.actions")}}}
	for _, s := range sessions {
		what := deviceName(s.Label)
		if what == "" {
			what = c.T("me.unnamed")
		}
		first := ui.Cell{Text: what}
		if s.Bearer {
			first.Sub = c.T("me.bearer")
			if len(s.Scope) > 0 {
				first.Sub = c.T("me.bearer.scope", "Scope", strings.Join(s.Scope, " "))
			}
		}
		end := ui.Cell{Actions: []ui.Action{{Text: c.T("me.end"), Href: "/me/sessions/" + url.PathEscape(s.ID) + "/end", Post: true}}}
		if s.Current {
			end = ui.Cell{Tag: &ui.Tag{Tone: "ok", Text: c.T("me.this")}}
		}
		t.Rows = append(t.Rows, []ui.Cell{first, {Text: c.When(s.CreatedAt)}, {Text: c.When(s.SeenAt)}, {Text: c.When(s.UntilAt)}, end})
	}
	return c.Show(meView(p, defs, t))
}

func (f *face) endSession(c *page.Call) error {
	if err := f.app.EndSession(c.Context(), c.Actor, c.Param("id")); err != nil {
		return err
	}
	return c.Go("/me", "me.ended")
}

func (f *face) endSessions(c *page.Call) error {
	if err := f.app.EndSessions(c.Context(), c.Actor); err != nil {
		return err
	}
	c.SetSession("")
	return c.Go(page.SignInPath, "me.ended_all")
}
