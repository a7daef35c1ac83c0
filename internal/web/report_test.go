package web

import (
	"net/url"
	"strings"
	"testing"

	"plumbline/internal/apptest"
)

// With a second campaign the reader chooses whose completion he reads, and the
// choice goes with him to the unit below and into the export.
func TestAReportKeepsTheCampaignChosen(t *testing.T) {
	s := apptest.SQLite(t)
	manager, path := openCampaign(t, s)
	first := strings.TrimPrefix(path, "/campaigns/")
	inspector := visit(t, s, "inspector")
	if page := inspector.get("/report", 200); strings.Contains(page, `name="campaign" class`) || strings.Contains(page, "<option value=\""+first) {
		t.Error("a choice of one is offered")
	}
	manager.post(path+"/lock", url.Values{"version": {hiddenValue(t, manager.get(path, 200), "version")}}, 303)
	manager.post("/campaigns", url.Values{"title": {"第二次自查"}, "opens_on": {"2026-03-02"}, "closes_on": {"2026-03-31"}, "period_from": {"2024-01-01"}, "period_to": {"2026-02-28"}}, 303)
	second := manager.to()
	manager.post(second+"/open", url.Values{"version": {hiddenValue(t, manager.get(second, 200), "version")}}, 303)
	s.Jobs()
	page := inspector.get("/report?campaign="+first, 200)
	for _, want := range []string{"第二次自查", `<option value="` + first + `" selected`, "/report?campaign=" + first + "&amp;from=", `name="campaign" value="` + first + `"`} {
		if !strings.Contains(page, want) {
			t.Errorf("the report lacks %s", want)
		}
	}
	inspector.get("/report?campaign=nobody", 404)
}
