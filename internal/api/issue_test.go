package api

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"plumbline/internal/apptest"
	"plumbline/internal/fault"
	"plumbline/internal/issue"
	"plumbline/internal/roster"
)

// caller asks the API of a test site; the token of actor KEY is "KEY".
type caller struct {
	t    *testing.T
	face *Face
}

func callerOf(t *testing.T, s *apptest.Site) *caller {
	t.Helper()
	face, err := New(Options{App: s.App, SessionCookie: "plumbline", Who: func(_ context.Context, token string) (*roster.Actor, error) {
		if _, ok := s.Account[token]; !ok {
			return nil, fault.Unauthenticated()
		}
		return s.Actor(token), nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	return &caller{t, face}
}

// call sends JSON as the actor, wants the status, and gives the answer. Headers
// come as name and value in turn.
func (c *caller) call(actor, method, path, body string, status int, headers ...string) map[string]any {
	c.t.Helper()
	r := httptest.NewRequest(method, "http://plumbline.test"+Prefix+path, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	r.Header.Set("Authorization", "Bearer "+actor)
	for n := 0; n+1 < len(headers); n += 2 {
		r.Header.Set(headers[n], headers[n+1])
	}
	w := httptest.NewRecorder()
	c.face.ServeHTTP(w, r)
	if w.Code != status {
		c.t.Fatalf("%s %s as %s: %d, want %d: %s", method, path, actor, w.Code, status, w.Body)
	}
	var out map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil {
		c.t.Fatalf("%s %s: %v: %s", method, path, err, w.Body)
	}
	return out
}

func TestIssuesOverHTTP(t *testing.T) {
	s := apptest.SQLite(t)
	ids := s.Issues(
		apptest.IssueSeed{Name: "found", Source: issue.Audit, Person: "anna", Unit: "east1", Category: "interview", Severity: 2,
			Event: "2026-01-12"},
		apptest.IssueSeed{Name: "second", Source: issue.Audit, Person: "anna", Unit: "east1", Category: "interview", Severity: 2,
			Event: "2026-01-13"},
		apptest.IssueSeed{Name: "mine", Source: issue.Self, Person: "anna", Unit: "east1", Category: "gifts_business", Severity: 1,
			Event: "2026-01-10"})
	c := callerOf(t, s)
	page := c.call("inspector", http.MethodGet, "/issues?limit=2&count=true", "", 200)
	if n := len(page["items"].([]any)); n != 2 || page["total"] != 3.0 || page["next"] == nil {
		t.Fatalf("first page: %v", page)
	}
	next := page["next"].(string)
	if rest := c.call("inspector", http.MethodGet, "/issues?limit=2&cursor="+next, "", 200); len(rest["items"].([]any)) != 1 ||
		rest["next"] != nil {
		t.Errorf("second page: %v", rest)
	}
	c.call("inspector", http.MethodGet, "/issues?limit=2&category=interview&cursor="+next, "", 400)
	c.call("eastinspector", http.MethodGet, "/issues?cursor="+next, "", 400)
	c.call("inspector", http.MethodGet, "/issues?state=nonsense", "", 422)
	c.call("anna", http.MethodGet, "/issues", "", 403)
	c.call("nobody", http.MethodGet, "/issues", "", 401)

	path := "/issues/" + ids["found"]
	one := c.call("inspector", http.MethodGet, path, "", 200)
	if one["cell"] != "audit_only" || one["finding"] != "" || one["narrative"] != "narrative of found" {
		t.Errorf("detail: %v", one)
	}
	c.call("anna", http.MethodGet, path, "", 404)
	c.call("inspector", http.MethodPost, path+"/triage", `{"severity":2,"category":"interview"}`, 428)
	c.call("inspector", http.MethodPost, path+"/triage", `{"version":1,"severity":2,"category":"nonsense"}`, 422)
	c.call("inspector", http.MethodPost, path+"/triage", `{"version":1,"severity":9,"category":"interview"}`, 400)
	done := c.call("inspector", http.MethodPost, path+"/triage", `{"severity":2,"category":"interview","decision":"rectify","task":"retrain"}`, 200, "If-Match", `"1"`)
	if done["state"] != "rectifying" || done["version"] != 2.0 || done["receipt"].(map[string]any)["seq"] == nil {
		t.Errorf("triage: %v", done)
	}
	c.call("inspector", http.MethodPost, path+"/triage", `{"severity":2,"category":"interview"}`, 409, "If-Match", "1")
	c.call("inspector", http.MethodPost, "/issues/"+ids["second"]+"/merge", `{"version":1,"into":"`+one["ref"].(string)+`"}`, 200)
	if kept := c.call("inspector", http.MethodGet, path, "", 200); len(kept["linked"].([]any)) != 1 {
		t.Errorf("the duplicate is not linked: %v", kept["linked"])
	}
	c.call("inspector", http.MethodPost, path+"/recurrence", `{"version":2,"of":"NOSUC-HREF0"}`, 422)

	say := `{"kind":"answer","text":"on duty elsewhere"}`
	first := c.call("anna", http.MethodPost, "/my-file/issues/"+ids["mine"]+"/statements", say, 201, "Idempotency-Key", "k")
	again := c.call("anna", http.MethodPost, "/my-file/issues/"+ids["mine"]+"/statements", say, 201, "Idempotency-Key", "k")
	if first["id"] != again["id"] {
		t.Errorf("the same key made two statements: %v %v", first, again)
	}
	c.call("anna", http.MethodPost, "/my-file/issues/"+ids["mine"]+"/statements", `{"kind":"answer","text":"other"}`, 409, "Idempotency-Key", "k")
	recon := c.call("inspector", http.MethodGet, "/reconciliation", "", 200)
	lists := recon["total"].(map[string]any)["lists"].(map[string]any)
	behind := c.call("inspector", http.MethodGet, "/issues?count=true&"+lists["audit_only"].(string), "", 200)
	if cells := recon["total"].(map[string]any)["cells"].(map[string]any); cells["audit_only"] != behind["total"] ||
		behind["total"] != 1.0 {
		t.Errorf("the comparison says %v, the list has %v", cells["audit_only"], behind["total"])
	}
	c.call("reader", http.MethodGet, "/people/"+s.People["anna"]+"/file", "", 422)
	c.call("reader", http.MethodGet, "/people/"+s.People["anna"]+"/file?purpose=complaint", "", 200)
	c.call("east1head", http.MethodGet, "/bulk-corrections", "", 200)
}
