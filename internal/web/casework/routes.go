// Package casework has the pages of casework: issues and what is said to them, the file of
// a person, cases with their tracks, findings and leader questions, and rectification
// tasks.
package casework

import (
	"slices"

	"plumbline/internal/app"
	"plumbline/internal/web/page"
)

// face handles these pages over the application.
type face struct{ app *app.App }

// Routes are the pages of casework.
func Routes(a *app.App) []page.Route {
	f := &face{a}
	return slices.Concat(f.issueRoutes(), f.inquiryRoutes(), f.rectifyRoutes())
}

// Nav are the lines of the navigation that lead to them.
var Nav = []page.NavRow{
	{Place: 55, Key: "nav.cases", Href: "/cases", Icon: "gavel", Op: "case.list"},
	{Place: 56, Key: "question.title", Href: "/questions", Icon: "message-question", Op: "question.list"},
	{Place: 18, Key: "finding.mine.title", Href: "/my/findings", Icon: "scale", Op: "finding.mine"},
	{Place: 12, Key: "nav.myfile", Href: "/my-file", Icon: "file-text", Op: "file.own"},
	{Place: 40, Key: "nav.issues", Href: "/issues", Icon: "flag", Op: "issue.list"},
	{Place: 42, Key: "issue.bulk.title", Href: "/bulk-corrections", Icon: "list-check", Op: "issue.bulk_preview"},
	{Place: 46, Key: "file.correction.nav", Href: "/statements", Icon: "message-question", Op: "statement.list"},
	{Place: 60, Key: "nav.rectifications", Href: "/rectifications", Icon: "tool", Op: "rectification.list"},
}
