package inspection_test

import (
	"net/url"
	"testing"

	"plumbline/internal/apptest"
	"plumbline/internal/web/webtest"
)

// TestInspectionAndUntouchedPages: the inspector's form, and the fourth cell.
func TestInspectionAndUntouchedPages(t *testing.T) {
	s := apptest.SQLite(t)
	v := webtest.Visit(t, s, "inspector")
	v.Get("/inspections", 200)
	v.Post("/inspections", url.Values{"unit_id": {s.Units["east1"]}, "result": {"under_reported"}, webtest.FormField: {"inspect"}}, 422)
	v.Post("/inspections", url.Values{"unit_id": {s.Units["east1"]}, "result": {"under_reported"}, "category": {"interview"},
		"severity": {"2"}, "event_on": {"2026-02-01"}, "text": {"现场核实"}}, 303)
	issue := webtest.LinkTo(t, v.Get("/inspections", 200), "/issues/")
	v.Get(issue, 200)
	v.Post(issue+"/parties", url.Values{"person": {"0"}, "interest": {"witness"}}, 422)
	cell := webtest.LinkTo(t, v.Get("/reconciliation", 200), "/reconciliation/untouched")
	v.Get(cell, 200)
	webtest.Visit(t, s, "reader").Get(cell, 200)
}
