package reports_test

import (
	"html"
	"net/url"
	"strings"
	"testing"

	"plumbline/internal/apptest"
	"plumbline/internal/inquiry"
	"plumbline/internal/issue"
	"plumbline/internal/rectify"
	"plumbline/internal/web/webtest"
	"plumbline/internal/words"
)

// With a second campaign the reader chooses whose completion he reads, and the
// choice goes with him to the unit below and into the export.
func TestAReportKeepsTheCampaignChosen(t *testing.T) {
	s := apptest.SQLite(t)
	manager, path := webtest.OpenCampaign(t, s)
	first := strings.TrimPrefix(path, "/campaigns/")
	inspector := webtest.Visit(t, s, "inspector")
	if page := inspector.Get("/report", 200); strings.Contains(page, `name="campaign" class`) || strings.Contains(page, "<option value=\""+first) {
		t.Error("a choice of one is offered")
	}
	manager.Post(path+"/lock", url.Values{"version": {webtest.HiddenValue(t, manager.Get(path, 200), "version")}}, 303)
	manager.Post("/campaigns", url.Values{"title": {"第二次自查"}, "opens_on": {"2026-03-02"}, "closes_on": {"2026-03-31"},
		"period_from": {"2024-01-01"}, "period_to": {"2026-02-28"}}, 303)
	second := manager.To()
	manager.Post(second+"/open", url.Values{"version": {webtest.HiddenValue(t, manager.Get(second, 200), "version")}}, 303)
	s.Jobs()
	// A file is of a fixed period that has ended; without one no export is offered.
	s.Issues(apptest.IssueSeed{Name: "a", Source: issue.Audit, Person: "anna", Unit: "east1", Category: "interview", Severity: 1,
		Event: "2026-01-10"})
	page := inspector.Get("/report?period=2026-01&campaign="+first, 200)
	for _, want := range []string{"第二次自查", `<option value="` + first + `" selected`, "/report?campaign=" + first + "&amp;from=", `name="campaign" value="` + first + `"`} {
		if !strings.Contains(page, want) {
			t.Errorf("the report lacks %s", want)
		}
	}
	inspector.Get("/report?campaign=nobody", 404)
}

// What a page shows can be taken out by a button on it; the file says in its
// name how many rows it has, and a rate in it is one that people can read.
func TestExportsAreOfferedAndReadable(t *testing.T) {
	s := apptest.SQLite(t)
	manager, path := webtest.OpenCampaign(t, s)
	s.Jobs()
	manager.Post(path+"/lock", url.Values{"version": {webtest.HiddenValue(t, manager.Get(path, 200), "version")}},
		303) // until then a file hides the completion
	s.Issues(apptest.IssueSeed{Name: "a", Source: issue.Audit, Person: "anna", Unit: "east1", Category: "interview", Severity: 1,
		Event: "2026-01-10"},
		apptest.IssueSeed{Name: "b", Source: issue.Self, Person: "anna", Unit: "east1", Category: "interview", Severity: 2,
			Event: "2026-01-10"})
	v := webtest.Visit(t, s, "inspector")
	page := v.Get("/issues?source=audit", 200)
	if !strings.Contains(page, `action="/issues/export"`) || webtest.HiddenValue(t, page, "filter") != "source=audit" {
		t.Errorf("the list cannot be taken out: %s", webtest.PlainText(page))
	}
	if page = v.Get("/issues?severity=5", 200); strings.Contains(page, "/issues/export") {
		t.Error("an empty list can be taken out")
	}
	if page = v.As("reader").Get("/issues", 200); strings.Contains(page, "/issues/export") {
		t.Error("a leader is offered what he may not do")
	}
	if page = v.Get("/completion/"+strings.TrimPrefix(path, "/campaigns/")+"?certified=1", 200); !strings.Contains(page,
		"No unit has certified yet.") {
		t.Errorf("the list behind no certified unit: %s", webtest.PlainText(page))
	}
	list := v.Post("/issues/export", url.Values{"filter": {"source=audit"}, "format": {"csv"}}, 200)
	if got := v.Last.Header.Get("Content-Disposition"); got != `attachment; filename="issues-1-rows.csv"` || strings.Count(list, "\n") != 2 {
		t.Errorf("%s: %s", got, list)
	}
	file := v.Post("/report/export", url.Values{"format": {"csv"}}, 200)
	if !strings.Contains(file, "Completion,0.0%") || strings.Contains(file, "Completion,0\r") || strings.Contains(file, "Completion,0\n") {
		t.Errorf("the rates in the file: %s", file)
	}
}

// Whoever opens a number finds on the list the words that he followed.
func TestTheReportSaysWhatItsListsSay(t *testing.T) {
	same := map[string]string{
		"report.value.owed": "completion.owed", "report.value.filed": "completion.filed", "report.value.excused": "completion.excused",
		"report.value.missing": "completion.left", "report.value.certified": "completion.certified",
	}
	for _, st := range inquiry.CaseStates {
		same["report.dual.case_"+string(st)] = "state.case." + string(st)
	}
	for _, st := range inquiry.TrackStates {
		same["report.dual.officer_"+string(st)] = "state.track." + string(st)
		same["report.dual.leader_"+string(st)] = "state.track." + string(st)
	}
	for _, st := range inquiry.QuestionStates {
		same["report.dual.question_"+string(st)] = "state.question." + string(st)
	}
	for _, st := range []rectify.State{rectify.Verified, rectify.StruckOff} {
		same["report.rectification."+string(st)] = "state.rectification." + string(st)
	}
	for _, cell := range issue.FourCells {
		same["report.value."+string(cell)] = "cell." + string(cell)
	}
	for _, lang := range words.Langs {
		for number, list := range same {
			if a, b := strings.ToLower(words.T(lang, number)), strings.ToLower(words.T(lang, list)); !strings.HasSuffix(a, b) {
				t.Errorf("%s: %s is %q, on the list %q", lang, number, a, b)
			}
		}
	}
}

// Beside the totals the pages say, in both languages and to every reader, that
// these leave out what he may not see, and no number with it.
func TestThePagesSayWhatTheirTotalsLeaveOut(t *testing.T) {
	s := apptest.SQLite(t)
	s.Issues(apptest.IssueSeed{Name: "a", Source: issue.Audit, Person: "chief", Unit: "bureau", Category: "interview", Severity: 1,
		Event: "2025-12-10"})
	for _, key := range []string{"chief", "reader", "inspector", "eastinspector"} {
		for _, lang := range words.Langs {
			for _, path := range []string{"/report", "/reconciliation"} {
				if page := webtest.Visit(t, s, key).In(lang).Get(path, 200); !strings.Contains(page, `<p class="muted">`+html.EscapeString(words.T(lang, "report.leaves_out.barred"))+"</p>") {
					t.Errorf("%s in %s: %s is not told", path, lang, key)
				}
			}
		}
	}
}
