// Package intake has the pages of intake: the upload, dry run and import of audit files,
// and the matching of their records to people.
package intake

import (
	"net/http"

	"plumbline/internal/app"
	"plumbline/internal/web/page"
)

// face handles these pages over the application.
type face struct{ app *app.App }

// Routes are the pages of intake.
func Routes(a *app.App) []page.Route {
	f := &face{a}
	return []page.Route{
		{Method: http.MethodGet, Path: "/audit", Op: "batch.list", Handler: f.batchesPage},
		{Method: http.MethodGet, Path: "/audit/new", Op: "audit.import", Handler: f.auditUploadPage},
		{Method: http.MethodPost, Path: "/audit/preview", Op: "audit.preview", Handler: f.auditPreview, Body: page.UploadLimit},
		{Method: http.MethodPost, Path: "/audit/import", Op: "audit.import", Handler: f.auditImport},
		{Method: http.MethodGet, Path: "/audit/batches/{id}", Op: "batch.read", Handler: f.batchPage},
		{Method: http.MethodPost, Path: "/audit/batches/{id}/cancel", Op: "batch.cancel", Handler: f.batchCancel},
		{Method: http.MethodPost, Path: "/audit/batches/{id}/resume", Op: "batch.resume", Handler: f.batchResume},
		{Method: http.MethodPost, Path: "/audit/batches/{id}/withdraw", Op: "batch.withdraw", Handler: f.batchWithdraw},
		{Method: http.MethodPost, Path: "/audit/batches/{id}/errors", Op: "batch.errors", Handler: f.batchErrors},
		{Method: http.MethodGet, Path: "/matches", Op: "match.list", Handler: f.matchesPage},
		{Method: http.MethodGet, Path: "/matches/{id}", Op: "match.read", Handler: f.matchPage},
		{Method: http.MethodPost, Path: "/matches/{id}/decide", Op: "match.decide", Handler: f.matchDecide},
		{Method: http.MethodPost, Path: "/matches/{id}/undo", Op: "match.undo", Handler: f.matchUndo},
	}
}

// Nav are the lines of the navigation that lead to them.
var Nav = []page.NavRow{
	{Place: 36, Key: "nav.intake", Href: "/audit", Icon: "file-import", Op: "batch.list"},
	{Place: 37, Key: "nav.matching", Href: "/matches", Icon: "users", Op: "match.list"},
}
