package casework_test

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"plumbline/internal/app/casework"
	"plumbline/internal/apptest"
	"plumbline/internal/bundle"
	"plumbline/internal/issue"
	"plumbline/internal/web/webtest"
	"plumbline/internal/words"
)

func TestIssuePages(t *testing.T) {
	s := apptest.SQLite(t)
	ids := s.Issues(
		apptest.IssueSeed{Name: "severe", Source: issue.Audit, Person: "anna", Unit: "east1", Category: "force_restraint", Severity: 4,
			Event: "2026-01-12"},
		apptest.IssueSeed{Name: "slight", Source: issue.Self, Person: "anna", Unit: "east1", Category: "interview", Severity: 1,
			Event: "2026-01-10"})
	v := webtest.Visit(t, s, "inspector")
	page := v.Get("/issues?sort=severity", 200)
	for _, want := range []string{"Use of force and restraint", "S4 Very serious", "林甲", "Concealment question", "No finding yet",
		"/issues/" + ids["severe"]} {
		if !strings.Contains(page, want) {
			t.Errorf("the list lacks %q: %s", want, webtest.PlainText(page))
		}
	}
	if page = v.Get("/issues?severity=1", 200); strings.Contains(page, ids["severe"]) || !strings.Contains(page, "1 in all") {
		t.Errorf("the filter does not narrow, or the count is missing: %s", webtest.PlainText(page))
	}
	v.Get("/issues?state=nonsense", 422)

	path := "/issues/" + ids["severe"]
	if page = v.In(words.ZH).Get(path, 200); !strings.Contains(page, "四项事实") || !strings.Contains(page, "narrative of severe") {
		t.Errorf("detail: %s", webtest.PlainText(page))
	}
	page = v.Post(path+"/triage", url.Values{"version": {"1"}, "severity": {"4"}, "category": {"force_restraint"}, "decision": {"rectify"},
		"task": {"retrain"}}, 422)
	if !strings.Contains(page, "must first be referred as a clue") {
		t.Errorf("the refusal is not explained: %s", webtest.PlainText(page))
	}
	v.Post(path+"/triage", url.Values{"version": {"1"}, "severity": {"4"}, "category": {"force_restraint"}, "decision": {"refer"}}, 303)
	page = v.Post(path+"/triage", url.Values{"version": {"1"}, "severity": {"4"}, "category": {"force_restraint"}}, 409)
	if !strings.Contains(page, "Referred as a clue") {
		t.Errorf("a stale form does not show what is current: %s", webtest.PlainText(page))
	}
	v.As("anna").Get(path, 404)

	// A leader sees no name before giving a purpose.
	leader := v.As("reader")
	if page = leader.Get("/issues", 200); strings.Contains(page, "林甲") || !strings.Contains(page, "shows no names") {
		t.Errorf("a leader's list: %s", webtest.PlainText(page))
	}
	if page = leader.Get(path, 200); strings.Contains(page, "narrative of severe") || !strings.Contains(page, "Appointment") {
		t.Errorf("opened without a purpose: %s", webtest.PlainText(page))
	}
	if page = leader.Get(path+"?purpose=appointment", 200); !strings.Contains(page, "narrative of severe") {
		t.Errorf("opened with a purpose: %s", webtest.PlainText(page))
	}
	if page = leader.Get("/people/"+s.People["anna"]+"/file", 200); strings.Contains(page, "林甲") {
		t.Errorf("a file without a purpose: %s", webtest.PlainText(page))
	}
	if page = leader.Get("/people/"+s.People["anna"]+"/file?purpose=supervision", 200); !strings.Contains(page, "林甲") {
		t.Errorf("a file with a purpose: %s", webtest.PlainText(page))
	}
}

// A file is taken out by the form on its page; a leader names what for.
func TestTakingAFileOut(t *testing.T) {
	s := apptest.SQLite(t)
	s.Issues(apptest.IssueSeed{Name: "mine", Source: issue.Self, Person: "anna", Unit: "east1", Category: "interview", Severity: 1,
		Event: "2026-01-10"})
	path := "/people/" + s.People["anna"] + "/file"
	v := webtest.Visit(t, s, "inspector")
	if page := v.In(words.ZH).Get(path, 200); !strings.Contains(page, `action="`+path+`/export"`) || !strings.Contains(page, "下载证明包") {
		t.Errorf("no form on the page: %s", webtest.PlainText(page))
	}
	if raw := v.Post(path+"/export", url.Values{}, 200); !strings.HasPrefix(raw, bundle.Head) ||
		!strings.Contains(raw, "narrative of mine") {
		t.Errorf("the inspector's download: %.200s", raw)
	}
	leader := v.As("reader")
	if page := leader.Post(path+"/export", url.Values{}, 200); strings.Contains(page, "narrative") ||
		!strings.Contains(page, "Appointment") {
		t.Errorf("a leader without a purpose: %s", webtest.PlainText(page))
	}
	if raw := leader.Post(path+"/export", url.Values{"purpose": {"supervision"}}, 200); !strings.HasPrefix(raw, bundle.Head) {
		t.Errorf("a leader's download: %.200s", raw)
	}
	anna := v.As("anna")
	if page := anna.Get("/my-file", 200); !strings.Contains(page, `action="/my-file/export"`) {
		t.Errorf("no form on one's own page: %s", webtest.PlainText(page))
	}
	if raw := anna.Post("/my-file/export", url.Values{}, 200); !strings.HasPrefix(raw, bundle.Head) {
		t.Errorf("one's own download: %.200s", raw)
	}
	anna.Post(path+"/export", url.Values{}, 404)
}

func TestFilePages(t *testing.T) {
	s := apptest.SQLite(t)
	ids := s.Issues(
		apptest.IssueSeed{Name: "mine", Source: issue.Self, Person: "anna", Unit: "east1", Category: "interview", Severity: 1,
			Event: "2026-01-10"},
		apptest.IssueSeed{Name: "found", Source: issue.Audit, Person: "anna", Unit: "east1", Category: "traffic_alcohol", Severity: 2,
			Event: "2026-01-12"})
	v := webtest.Visit(t, s, "anna")
	page := v.Get("/my-file", 200)
	if !strings.Contains(page, "narrative of mine") || strings.Contains(page, "Traffic") {
		t.Errorf("own file: %s", webtest.PlainText(page))
	}
	say := url.Values{"kind": {"correction"}, "text": {"wrong day"}}
	v.Post("/my-file/issues/"+ids["found"]+"/statements", say, 404)
	v.Post("/my-file/issues/"+ids["mine"]+"/statements", url.Values{"kind": {"answer"}}, 422)
	v.Post("/my-file/issues/"+ids["mine"]+"/statements", say, 303)
	if page = v.As("records").Get("/statements", 200); !strings.Contains(page, "wrong day") ||
		!strings.Contains(page, "Issue "+refOf(t, s, ids["mine"])) || strings.Contains(page, "narrative of") {
		t.Errorf("requests: %s", webtest.PlainText(page))
	}
	v.Get("/statements", 403)
}

func TestReconciliationAndBulkPages(t *testing.T) {
	s := apptest.SQLite(t)
	mine := s.Issues(
		apptest.IssueSeed{Name: "mine", Source: issue.Self, Person: "anna", Unit: "east1", Category: "interview", Severity: 1,
			Event: "2026-01-10"},
		apptest.IssueSeed{Name: "found", Source: issue.Audit, Person: "anna", Unit: "east1", Category: "traffic_alcohol", Severity: 2,
			Event: "2026-01-12"})
	v := webtest.Visit(t, s, "inspector")
	page := v.In(words.ZH).Get("/reconciliation", 200)
	for _, want := range []string{"仅核查", "cell=audit_only", "交通与饮酒", "按单位"} {
		if !strings.Contains(page, want) {
			t.Errorf("the comparison lacks %q: %s", want, webtest.PlainText(page))
		}
	}
	if page = v.Get("/reconciliation/people", 200); !strings.Contains(page, "林甲") {
		t.Errorf("by person: %s", webtest.PlainText(page))
	}
	v.Get("/reconciliation?from=x", 422)
	head := v.As("east1head")
	if page = head.Get("/bulk-corrections", 200); !strings.Contains(page, "Correct all 1") {
		t.Errorf("preview: %s", webtest.PlainText(page))
	}
	// The first button asks; nothing is recorded until it is confirmed.
	form := url.Values{"unit": {s.Units["east1"]}, "max_severity": {"1"}, "count": {"1"}}
	if page = head.Post("/bulk-corrections", form, 200); !strings.Contains(page, "Yes, record 1 as corrected") || !strings.Contains(page, `name="confirmed"`) {
		t.Errorf("no question: %s", webtest.PlainText(page))
	}
	if page = head.Get("/bulk-corrections", 200); !strings.Contains(page, "Correct all 1") {
		t.Errorf("corrected without a confirmation: %s", webtest.PlainText(page))
	}
	form.Set("confirmed", "1")
	form.Set("count", "2")
	if page = head.Post("/bulk-corrections", form, 409); !strings.Contains(page, "Preview again") {
		t.Errorf("a wrong number: %s", webtest.PlainText(page))
	}
	form.Set("count", "1")
	if page = head.Post("/bulk-corrections", form, 200); !strings.Contains(page, "Issue by issue") ||
		!strings.Contains(page, refOf(t, s, mine["mine"])) {
		t.Errorf("no result by row: %s", webtest.PlainText(page))
	}
	if page = head.Get("/bulk-corrections", 200); !strings.Contains(page, "nothing to correct in bulk") {
		t.Errorf("afterwards: %s", webtest.PlainText(page))
	}
	v.Get("/bulk-corrections", 403)
}

// refOf is what people call an issue.
func refOf(t *testing.T, s *apptest.Site, id string) string {
	t.Helper()
	d, err := s.App.Issue(context.Background(), s.Actor("inspector"), casework.IssueInput{ID: id})
	if err != nil {
		t.Fatal(err)
	}
	return d.Ref
}
