// Package readlog has the page of what its reader may still open and export today.
package readlog

import (
	"net/http"

	"plumbline/internal/app"
	"plumbline/internal/web/page"
)

// face handles these pages over the application.
type face struct{ app *app.App }

// Routes has the page of the reading budget and its form.
func Routes(a *app.App) []page.Route {
	f := &face{a}
	return []page.Route{
		{Method: http.MethodGet, Path: "/budget", Op: "budget.read", Handler: f.budgetPage},
		{Method: http.MethodPost, Path: "/budget/extensions", Op: "budget.extend", Handler: f.extendBudget},
	}
}

// Nav is the line of the navigation that leads to it.
var Nav = []page.NavRow{
	{Place: 93, Key: "budget.title", Href: "/budget", Icon: "eye", Op: "budget.read"},
}
