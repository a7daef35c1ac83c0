package web

import (
	"net/url"
	"testing"

	"plumbline/internal/apptest"
)

// TestInspectionAndUntouchedPages: the inspector's form, and the fourth cell.
func TestInspectionAndUntouchedPages(t *testing.T) {
	s := apptest.SQLite(t)
	v := visit(t, s, "inspector")
	v.get("/inspections", 200)
	v.post("/inspections", url.Values{"unit_id": {s.Units["east1"]}, "result": {"under_reported"}, formField: {"inspect"}}, 422)
	v.post("/inspections", url.Values{"unit_id": {s.Units["east1"]}, "result": {"under_reported"}, "category": {"interview"}, "severity": {"2"}, "event_on": {"2026-02-01"}, "text": {"现场核实"}}, 303)
	issue := linkTo(t, v.get("/inspections", 200), "/issues/")
	v.get(issue, 200)
	v.post(issue+"/parties", url.Values{"person": {"0"}, "interest": {"witness"}}, 422)
	cell := linkTo(t, v.get("/reconciliation", 200), "/reconciliation/untouched")
	v.get(cell, 200)
	visit(t, s, "reader").get(cell, 200)
}
