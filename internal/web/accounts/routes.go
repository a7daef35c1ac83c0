// Package accounts has the pages of accounts: sign-in, sessions and one-time codes, and who
// holds which role and stands in for whom.
package accounts

import (
	"net/http"

	"plumbline/internal/app"
	"plumbline/internal/web/page"
)

// face handles these pages over the application.
type face struct{ app *app.App }

// Routes are the pages of accounts.
func Routes(a *app.App) []page.Route {
	f := &face{a}
	return []page.Route{
		{Method: http.MethodGet, Path: page.SignInPath, Op: "session.create", Handler: f.signInPage, Public: true, Renew: true},
		{Method: http.MethodPost, Path: page.SignInPath, Op: "session.create", Handler: f.signIn, Public: true, Renew: true},
		{Method: http.MethodPost, Path: "/signout", Op: "session.end", Handler: f.signOut, Renew: true},
		{Method: http.MethodGet, Path: page.PasswordPath, Op: "session.read", Handler: f.passwordPage, Renew: true},
		{Method: http.MethodPost, Path: page.PasswordPath, Op: "password.set", Handler: f.setPassword, Renew: true},
		{Method: http.MethodGet, Path: "/me", Op: "session.list", Handler: f.mePage},
		{Method: http.MethodPost, Path: "/me/sessions/{id}/end", Op: "session.end", Handler: f.endSession},
		{Method: http.MethodPost, Path: "/me/sessions/end", Op: "session.end_all", Handler: f.endSessions},
		{Method: http.MethodPost, Path: "/me/codes/{id}/confirm", Op: "account.code_confirm", Handler: f.confirmCode},
		{Method: http.MethodPost, Path: "/me/codes/{id}/refuse", Op: "account.code_refuse", Handler: f.refuseCode},
		{Method: http.MethodGet, Path: "/accounts", Op: "account.list", Handler: f.accountsPage},
		{Method: http.MethodPost, Path: "/accounts/search", Op: "account.list", Handler: f.accountsSearch},
		{Method: http.MethodPost, Path: "/accounts", Op: "account.create", Handler: f.addAccount},
		{Method: http.MethodPost, Path: "/accounts/{id}/code", Op: "account.code", Handler: f.issueCode},
		{Method: http.MethodPost, Path: "/accounts/{id}/disable", Op: "account.disable", Handler: f.disableAccount},
		{Method: http.MethodPost, Path: "/accounts/{id}/enable", Op: "account.enable", Handler: f.enableAccount},
		{Method: http.MethodGet, Path: "/grants", Op: "grant.list", Handler: f.grantsPage},
		{Method: http.MethodPost, Path: "/grants", Op: "grant.create", Handler: f.grant},
		{Method: http.MethodPost, Path: "/grants/{id}/approve", Op: "grant.approve", Handler: f.approveGrant},
		{Method: http.MethodPost, Path: "/grants/{id}/revoke", Op: "grant.revoke", Handler: f.revokeGrant},
		{Method: http.MethodGet, Path: "/deputies", Op: "deputy.list", Handler: f.deputiesPage},
		{Method: http.MethodPost, Path: "/deputies", Op: "deputy.create", Handler: f.nameDeputy},
		{Method: http.MethodPost, Path: "/deputies/{id}/revoke", Op: "deputy.revoke", Handler: f.revokeDeputy},
	}
}

// Nav are the lines of the navigation that lead to them.
var Nav = []page.NavRow{
	{Place: 90, Key: "nav.accounts", Href: "/accounts", Icon: "key", Op: "account.list"},
	{Place: 91, Key: "nav.grants", Href: "/grants", Icon: "shield-check", Op: "grant.list"},
	{Place: 92, Key: "nav.deputies", Href: "/deputies", Icon: "users", Op: "deputy.list"},
}
