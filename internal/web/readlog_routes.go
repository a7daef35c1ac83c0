package web

import (
	"net/http"

	"plumbline/internal/app"
	"plumbline/internal/web/page"
)

// readlogRoutes are the pages of readlog.
func readlogRoutes(a *app.App) []page.Route {
	f := &face{a}
	return []page.Route{
		{Method: http.MethodGet, Path: "/budget", Op: "budget.read", Handler: f.budgetPage},
		{Method: http.MethodPost, Path: "/budget/extensions", Op: "budget.extend", Handler: f.extendBudget},
	}
}

// readlogNav are its lines of the navigation.
var readlogNav = []page.NavRow{
	{Place: 93, Key: "budget.title", Href: "/budget", Icon: "eye", Op: "budget.read"},
}
