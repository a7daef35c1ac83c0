package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"plumbline/internal/apptest"
)

// upload sends a file with fields as the actor and wants the status.
func (c *caller) upload(actor, path, name string, data []byte, fields map[string]string, status int) map[string]any {
	c.t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for k, v := range fields {
		_ = w.WriteField(k, v) // a buffer takes everything
	}
	part, err := w.CreateFormFile("file", name)
	if err != nil {
		c.t.Fatal(err)
	}
	_, _ = part.Write(data)
	_ = w.Close()
	r := httptest.NewRequest(http.MethodPost, "http://plumbline.test"+Prefix+path, &b)
	r.Header.Set("Content-Type", w.FormDataContentType())
	r.Header.Set("Authorization", "Bearer "+actor)
	got := httptest.NewRecorder()
	c.face.ServeHTTP(got, r)
	if got.Code != status {
		c.t.Fatalf("%s as %s: %d, want %d: %s", path, actor, got.Code, status, got.Body)
	}
	var out map[string]any
	if err := json.Unmarshal(got.Body.Bytes(), &out); err != nil {
		c.t.Fatal(err)
	}
	return out
}

func TestAuditIntakeOverHTTP(t *testing.T) {
	s := apptest.SQLite(t)
	c := callerOf(t, s)
	file := []byte("姓名,警号,单位,事由,发生时间\n林甲,100011,x,服务差,2026-02-01\n林乙,,x,服务差,2026-02-01\n林丁,3.3E+17,x,服务差,2026-02-01\n")
	fields := map[string]string{"source": "petition", "columns": `{"事由":"class"}`, "classes": `{"服务差":"public_conduct"}`}

	p := c.upload("inspector", "/audit/preview", "a.csv", file, map[string]string{"source": "petition"}, 200)
	if p["problem"].(map[string]any)["code"] != "intake_no_class_column" {
		t.Errorf("%v", p)
	}
	p = c.upload("inspector", "/audit/preview", "a.csv", file, fields, 200)
	if counts := p["counts"].(map[string]any); counts["exact"] != 1.0 || counts["probable"] != 1.0 || counts["rejected"] != 1.0 {
		t.Errorf("%v", p)
	}
	for name, want := range map[string]struct {
		actor, file string
		fields      map[string]string
		status      int
		code        string
	}{
		"unknown field":  {"inspector", "a.csv", map[string]string{"source": "petition", "shoe": "9"}, 400, "unknown_field"},
		"unknown source": {"inspector", "a.csv", map[string]string{"source": "rumour"}, 422, "intake_source_unknown"},
		"old format":     {"inspector", "a.et", map[string]string{"source": "petition"}, 422, "sheet_old"},
		"not his to do":  {"anna", "a.csv", fields, 403, "not_allowed"},
	} {
		if got := c.upload(want.actor, "/audit/batches", want.file, file, want.fields, want.status); got["code"] != want.code {
			t.Errorf("%s: %v", name, got)
		}
	}
	strange := []byte("姓名,警号,问题类别,发生时间,神秘列\n林甲,100011,态度生硬,2026-02-01,甲\n")
	p = c.upload("inspector", "/audit/preview", "q.csv", strange, map[string]string{"source": "petition"}, 200)
	if d := fmt.Sprint(p["unanswered_columns"]); d != "[神秘列]" || p["problem"].(map[string]any)["code"] != "intake_columns_unanswered" {
		t.Errorf("%v", p)
	}
	got := c.upload("inspector", "/audit/batches", "q.csv", strange, map[string]string{"source": "petition"}, 422)
	if got["code"] != "intake_columns_unanswered" || !strings.Contains(fmt.Sprint(got), "神秘列") {
		t.Errorf("%v", got)
	}
	c.upload("inspector", "/audit/batches", "a.csv", bytes.Repeat([]byte("x"), 20<<20+1), fields, 413)

	id := c.upload("inspector", "/audit/batches", "a.csv", file, fields, 202)["batch_id"].(string)
	s.Jobs()
	if b := c.call("inspector", http.MethodGet, "/audit/batches/"+id, "", 200); b["state"] != "imported" || b["waiting"] != 1.0 {
		t.Errorf("%v", b)
	}
	if again := c.upload("inspector", "/audit/batches", "a.csv", file, fields, 202); again["unchanged"] != true || again["batch_id"] != id {
		t.Errorf("%v", again)
	}
	c.call("eastinspector", http.MethodGet, "/audit/batches/"+id, "", 404)

	page := c.call("inspector", http.MethodGet, "/matches?open=true&batch="+id, "", 200)
	m := page["items"].([]any)[0].(map[string]any)["id"].(string)
	v := c.call("inspector", http.MethodGet, "/matches/"+m, "", 200)
	person := v["candidates"].([]any)[0].(map[string]any)["person_id"].(string)
	body := `{"person_id":"` + person + `"}`
	c.call("inspector", http.MethodPost, "/matches/"+m+"/decide", body, 428)
	done := c.call("inspector", http.MethodPost, "/matches/"+m+"/decide", body, 200, "If-Match", `"1"`)
	if done["state"] != "matched" || done["issue_id"] == nil {
		t.Errorf("%v", done)
	}
	c.call("inspector2", http.MethodPost, "/matches/"+m+"/decide", body, 409, "If-Match", `"1"`)
	c.call("inspector", http.MethodPost, "/matches/"+m+"/undo", `{"version":2,"reason":""}`, 422)
	if undone := c.call("inspector", http.MethodPost, "/matches/"+m+"/undo", `{"version":2,"reason":"认错人"}`, 200); undone["state"] != "probable" {
		t.Errorf("%v", undone)
	}
	asProposals(t, s, c)
	r := httptest.NewRequest(http.MethodPost, "http://plumbline.test"+Prefix+"/audit/batches/"+id+"/errors", strings.NewReader(`{"format":"csv"}`))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer inspector")
	w := httptest.NewRecorder()
	c.face.ServeHTTP(w, r)
	if w.Code != 200 || w.Header().Get("X-Row-Count") != "1" || !strings.Contains(w.Body.String(), "3.3E+17") {
		t.Errorf("error file: %d %v %s", w.Code, w.Header(), w.Body)
	}
}

// asProposals takes back what is severe: the answers say that nothing has
// changed yet, and name the proposal; so does the same request again.
func asProposals(t *testing.T, s *apptest.Site, c *caller) {
	t.Helper()
	file := []byte("姓名,警号,单位,事由,发生时间,程度\n林甲,100011,x,服务差,2026-02-05,S4\n无此人,,x,服务差,2026-02-05,S4\n")
	id := c.upload("inspector", "/audit/batches", "s.csv", file, map[string]string{"source": "petition"}, 202)["batch_id"].(string)
	s.Jobs()
	page := c.call("inspector", http.MethodGet, "/matches?state=matched&batch="+id, "", 200)
	m := page["items"].([]any)[0].(map[string]any)["id"].(string)
	for path, state := range map[string]string{"/matches/" + m + "/undo": "matched", "/audit/batches/" + id + "/withdraw": "imported"} {
		version := 1
		if state == "imported" {
			version = int(c.call("inspector", http.MethodGet, "/audit/batches/"+id, "", 200)["version"].(float64))
		}
		for range 2 {
			got := c.call("inspector", http.MethodPost, path, fmt.Sprintf(`{"version":%d,"reason":"认错人"}`, version), 200, "Idempotency-Key", "once "+state)
			proposal, _ := got["proposal_id"].(string)
			if got["state"] != state || got["pending"] != true || proposal == "" {
				t.Fatalf("%s: %v", path, got)
			}
			c.call("inspector2", http.MethodGet, "/proposals/"+proposal, "", 200)
		}
	}
}
