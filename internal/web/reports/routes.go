// Package reports has the pages of figures: the report and the comparison of what was declared
// with what was found.
package reports

import (
	"net/http"

	"plumbline/internal/app"
	"plumbline/internal/web/page"
)

// face handles these pages over the application.
type face struct{ app *app.App }

// Routes are the pages of figures.
func Routes(a *app.App) []page.Route {
	f := &face{a}
	return []page.Route{
		{Method: http.MethodGet, Path: "/report", Op: "report.read", Handler: f.reportPage},
		{Method: http.MethodPost, Path: "/report/export", Op: "report.export", Handler: f.reportExport},
		{Method: http.MethodPost, Path: "/issues/export", Op: "issue.export", Handler: f.issueExport},
		{Method: http.MethodGet, Path: "/reconciliation", Op: "reconciliation.read", Handler: f.reconPage},
		{Method: http.MethodGet, Path: "/reconciliation/people", Op: "reconciliation.people", Handler: f.reconPeople},
		{Method: http.MethodGet, Path: "/reconciliation/untouched", Op: "reconciliation.untouched", Handler: f.untouchedList},
	}
}

// Nav are the lines of the navigation that lead to them.
var Nav = []page.NavRow{
	{Place: 44, Key: "nav.reconcile", Href: "/reconciliation", Icon: "arrows-exchange", Op: "reconciliation.read"},
	{Place: 60, Key: "nav.report", Href: "/report", Icon: "report-analytics", Op: "report.read"},
}
