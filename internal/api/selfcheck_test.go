package api

import (
	"fmt"
	"strings"
	"testing"

	"plumbline/internal/apptest"
)

// TestSelfCheckOverHTTP runs a campaign by requests alone: draft, open, save,
// submit once, return, accept, complete.
func TestSelfCheckOverHTTP(t *testing.T) {
	s := apptest.SQLite(t)
	c := callerOf(t, s)
	for _, a := range []string{"officers", "leaders"} {
		c.call("manager", "POST", "/checklists", `{"audience":"`+a+`","seed":true}`, 201)
	}
	made := c.call("manager", "POST", "/campaigns", `{"title":"自查自纠","opens_on":"2026-03-01","closes_on":"2026-03-31","period_from":"2024-01-01","period_to":"2026-02-28"}`, 201)
	campaign := "/campaigns/" + made["id"].(string)
	c.call("anna", "GET", campaign, "", 404)
	c.call("manager", "POST", campaign+"/open", `{"version":7}`, 409)
	c.call("manager", "POST", campaign+"/open", `{"version":1}`, 200)
	s.Jobs()

	lists := c.call("anna", "GET", "/submissions", "", 200)["items"].([]any)
	mine := lists[0].(map[string]any)
	at := "/submissions/" + mine["id"].(string)
	version := fmt.Sprintf("%.0f", mine["version"])
	c.call("ben", "GET", at, "", 404)
	c.call("anna", "PUT", at+"/draft", `{"items":[{"item":5,"seq":2,"nil":true}]}`, 200)
	if p := c.call("anna", "PUT", at+"/draft", `{"items":[{"item":5,"seq":1,"nil":false}]}`, 409); p["code"] != "draft_moved" {
		t.Errorf("an old save: %v", p)
	}
	var rows []string
	for i := 1; i <= 50; i++ {
		rows = append(rows, fmt.Sprintf(`{"item":%d,"nil":true}`, i))
	}
	rows[2] = `{"item":3,"nil":false,"issues":[{"event_on":"2025-06-15","text":"未立案"}]}`
	body := func(rows []string) string {
		return `{"version":` + version + `,"answers":[` + strings.Join(rows, ",") + `]}`
	}
	if p := c.call("anna", "POST", at+"/submit", body(append(append([]string{}, rows[:16]...), rows[17:]...)),
		422); p["code"] != "answer_missing" || p["field"] != "items.17" {
		t.Errorf("a missing answer: %v", p)
	}
	c.call("anna", "POST", at+"/submit", `{"version":99}`, 409)
	first := c.call("anna", "POST", at+"/submit", body(rows), 200, "Idempotency-Key", "tap")
	again := c.call("anna", "POST", at+"/submit", body(rows), 200, "Idempotency-Key", "tap")
	if fmt.Sprint(first["receipt"]) != fmt.Sprint(again["receipt"]) {
		t.Errorf("a double tap made two: %v, %v", first, again)
	}
	if p := c.call("anna", "POST", at+"/submit", body(rows), 409); p["code"] != "already_submitted" ||
		p["args"].(map[string]any)["State"] != "submitted" {
		t.Errorf("a second submit: %v", p)
	}

	review := "/reviews/" + mine["id"].(string)
	c.call("east2head", "GET", review, "", 404)
	seen := c.call("east1head", "GET", review, "", 200)
	if len(seen["answers"].([]any)) != 50 || len(seen["issues"].([]any)) != 1 {
		t.Errorf("the reviewer sees %v", seen)
	}
	c.call("east1head", "POST", review+"/return", `{"version":2,"reason":"请写清经过"}`, 200)
	if l := c.call("anna", "GET", "/todo", "", 200)["lists"].([]any)[0].(map[string]any); l["reason"] != "请写清经过" ||
		l["state"] != "returned" {
		t.Errorf("to-do home after a return: %v", l)
	}
	c.call("anna", "POST", at+"/submit", `{"version":3}`, 200)
	c.call("east1head", "POST", review+"/accept", `{"version":4}`, 200)
	done := c.call("east1head", "GET", campaign+"/completion", "", 200)["total"].(map[string]any)
	if done["accepted"] != 1.0 || done["owed"] != 5.0 {
		t.Errorf("completion: %v", done)
	}
	if p := c.call("east1head", "POST", campaign+"/completion/"+s.Units["east1"]+"/certify", "", 422); p["code"] != "certify_incomplete" {
		t.Errorf("certified too early: %v", p)
	}
}
