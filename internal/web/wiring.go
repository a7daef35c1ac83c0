package web

import (
	"net/http"

	"plumbline/internal/app"
	"plumbline/internal/web/accounts"
	"plumbline/internal/web/apidoc"
	"plumbline/internal/web/approval"
	"plumbline/internal/web/casework"
	"plumbline/internal/web/custody"
	"plumbline/internal/web/heads"
	"plumbline/internal/web/home"
	"plumbline/internal/web/inspection"
	"plumbline/internal/web/intake"
	"plumbline/internal/web/page"
	"plumbline/internal/web/people"
	"plumbline/internal/web/readlog"
	"plumbline/internal/web/recusal"
	"plumbline/internal/web/reports"
	"plumbline/internal/web/selfcheck"
)

// language is the one form of the frame itself.
var language = page.Route{
	Method: http.MethodPost, Path: "/language", Handler: (*page.Call).SetLanguage, Public: true, Renew: true, NoToken: true,
}

// nouns are the pages of the site by noun. Of lines of the navigation with one place
// the one named first here stands first.
var nouns = []struct {
	routes func(*app.App) []page.Route
	nav    []page.NavRow
}{
	{readlog.Routes, readlog.Nav},
	{recusal.Routes, recusal.Nav},
	{accounts.Routes, accounts.Nav},
	{custody.Routes, custody.Nav},
	{casework.Routes, casework.Nav},
	{intake.Routes, intake.Nav},
	{inspection.Routes, inspection.Nav},
	{heads.Routes, heads.Nav},
	{approval.Routes, approval.Nav},
	{reports.Routes, reports.Nav},
	{people.Routes, people.Nav},
	{selfcheck.Routes, selfcheck.Nav},
	{home.Routes, home.Nav},
	{apidoc.Routes, nil},
}
