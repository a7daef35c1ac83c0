package api

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"plumbline/internal/app"
	"plumbline/internal/app/desk"
	"plumbline/internal/apptest"
	"plumbline/internal/fault"
	"plumbline/internal/roster"
	"plumbline/internal/store"
)

// face makes the API over a test site; a token is the key of a named actor.
func face(t testing.TB, s *apptest.Site) *Face {
	t.Helper()
	f, err := New(Options{App: s.App, SessionCookie: "plumbline", Who: func(_ context.Context, token string) (*roster.Actor, error) {
		if _, ok := s.Account[token]; !ok {
			return nil, fault.Unauthenticated()
		}
		return s.Actor(token), nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

type answer struct {
	status int
	kind   string
	body   string
}

func send(f *Face, token, method, path, body string, headers ...string) answer {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	f.ServeHTTP(w, r)
	raw, _ := io.ReadAll(w.Result().Body)
	return answer{w.Code, w.Header().Get("Content-Type"), string(raw)}
}

var requestIDField = regexp.MustCompile(`"request_id":"[^"]*"`)

// bare is an answer without what differs between two equal requests.
func (a answer) bare() string {
	return fmt.Sprint(a.status, " ", a.kind, " ", requestIDField.ReplaceAllString(a.body, ""))
}

var parameter = regexp.MustCompile(`\{[^}]+\}`)

func fill(path, id string) string { return Prefix + parameter.ReplaceAllString(path, id) }

const unknownID = "00000000000000000000000000"

// bodies makes the least body that fits each operation's schema.
func bodies(t testing.TB, f *Face) map[string]string {
	t.Helper()
	out := make(map[string]string)
	raw, err := f.OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Paths      map[string]map[string]json.RawMessage
		Components struct{ Schemas map[string]map[string]any }
	}
	if err := json.Unmarshal(raw, &doc); err != nil {
		t.Fatal(err)
	}
	for _, methods := range doc.Paths {
		for _, op := range methods {
			var o struct {
				OperationID string
				RequestBody *struct {
					Content map[string]struct{ Schema map[string]any }
				}
			}
			if err := json.Unmarshal(op, &o); err != nil || o.RequestBody == nil {
				continue
			}
			if c, ok := o.RequestBody.Content["application/json"]; ok {
				b, err := json.Marshal(least(c.Schema, doc.Components.Schemas))
				if err != nil {
					t.Fatal(err)
				}
				out[o.OperationID] = string(b)
			}
		}
	}
	return out
}

func least(schema map[string]any, all map[string]map[string]any) any {
	if ref, ok := schema["$ref"].(string); ok {
		return least(all[ref[strings.LastIndex(ref, "/")+1:]], all)
	}
	if e, ok := schema["enum"].([]any); ok && len(e) > 0 {
		return e[0]
	}
	kind, ok := schema["type"].(string)
	if list, isList := schema["type"].([]any); !ok && isList {
		kind, _ = list[0].(string)
	}
	switch kind {
	case "object":
		out := map[string]any{}
		props, _ := schema["properties"].(map[string]any)
		required, _ := schema["required"].([]any)
		for _, name := range required {
			if p, ok := props[name.(string)].(map[string]any); ok {
				out[name.(string)] = least(p, all)
			}
		}
		return out
	case "array":
		items, _ := schema["items"].(map[string]any)
		out := []any{}
		if n, ok := schema["minItems"].(float64); ok {
			for range int(n) {
				out = append(out, least(items, all))
			}
		}
		return out
	case "integer", "number":
		if n, ok := schema["minimum"].(float64); ok && n > 1 {
			return n
		}
		return 1
	case "boolean":
		return false
	}
	n := 1
	if m, ok := schema["minLength"].(float64); ok {
		n = int(m)
	}
	return strings.Repeat("x", n)
}

// eachRoute runs fn for every operation that the API has.
func eachRoute(t *testing.T, fn func(t *testing.T, r desk.Route)) {
	for _, r := range app.Routes {
		if r.Path != "" {
			t.Run(r.Op, func(t *testing.T) { fn(t, r) })
		}
	}
}

// eachWithoutID runs fn for every operation that names no object; TestExercises
// has the others.
func eachWithoutID(t *testing.T, fn func(t *testing.T, r desk.Route)) {
	eachRoute(t, func(t *testing.T, r desk.Route) {
		if !r.One() {
			fn(t, r)
		}
	})
}

func TestNoOperationWithoutASession(t *testing.T) {
	s := apptest.SQLite(t)
	f := face(t, s)
	fits := bodies(t, f)
	eachWithoutID(t, func(t *testing.T, r desk.Route) {
		if r.Public {
			return
		}
		for _, token := range []string{"", "nobody"} {
			if a := send(f, token, r.Method, Prefix+r.Path, fits[r.Op]); a.status != http.StatusUnauthorized || !strings.Contains(a.body, `"unauthenticated"`) {
				t.Errorf("token %q: %d %s", token, a.status, a.body)
			}
		}
	})
}

func TestNoOperationWithoutAGrant(t *testing.T) {
	s := apptest.SQLite(t)
	f := face(t, s)
	fits := bodies(t, f)
	eachWithoutID(t, func(t *testing.T, r desk.Route) {
		if r.Public {
			return
		}
		for key := range s.Account {
			if s.App.May(s.Actor(key), r.Op) {
				continue
			}
			if a := send(f, key, r.Method, Prefix+r.Path, fits[r.Op]); a.status != http.StatusForbidden {
				t.Fatalf("%s: %d %s", key, a.status, a.body)
			}
		}
	})
}

func TestAnUnknownFieldIsRefused(t *testing.T) {
	s := apptest.SQLite(t)
	f := face(t, s)
	fits := bodies(t, f)
	eachRoute(t, func(t *testing.T, r desk.Route) {
		body, ok := fits[r.Op]
		if !ok || !strings.HasPrefix(body, "{") {
			return
		}
		strange := strings.Replace(body, "{", `{"no_such_field":1,`, 1)
		strange = strings.Replace(strange, ",}", "}", 1)
		a := send(f, able(s, r), r.Method, fill(r.Path, unknownID), strange)
		if a.status != http.StatusBadRequest || !strings.Contains(a.body, `"unknown_field"`) {
			t.Errorf("%d %s", a.status, a.body)
		}
	})
}

// A parameter that the operation does not have is refused: a misspelt filter would
// give all rows.
func TestUnknownParametersAreRefused(t *testing.T) {
	s := apptest.SQLite(t)
	f := face(t, s)
	eachRoute(t, func(t *testing.T, r desk.Route) {
		a := send(f, able(s, r), r.Method, fill(r.Path, unknownID)+"?no_such_parameter=1", "")
		if a.status != http.StatusBadRequest || !strings.Contains(a.body, `"unknown_field"`) {
			t.Errorf("%d %s", a.status, a.body)
		}
	})
}

// able names an actor who may do the operation.
func able(s *apptest.Site, r desk.Route) string {
	for _, key := range []string{"anna", "inspector", "manager", "body", "east1head", "records", "system", "security", "audit",
		"investigator1", "adjudicator", "clue", "lead", "appeals"} {
		if s.App.May(s.Actor(key), r.Op) {
			return key
		}
	}
	return "anna"
}

func TestBadRequestsGetAClearAnswer(t *testing.T) {
	s := apptest.SQLite(t)
	f := face(t, s)
	fits := bodies(t, f)
	eachRoute(t, func(t *testing.T, r desk.Route) {
		key, path := able(s, r), fill(r.Path, unknownID)
		if a := send(f, key, r.Method, path+"?x=%00", fits[r.Op]); a.status != http.StatusBadRequest {
			t.Errorf("NUL in the query: %d %s", a.status, a.body)
		}
		if a := send(f, key, r.Method, path, fits[r.Op], "If-Match", `"three"`); a.status != http.StatusBadRequest {
			t.Errorf("unreadable version: %d %s", a.status, a.body)
		}
		if a := send(f, key, r.Method, path, fits[r.Op], "Idempotency-Key", strings.Repeat("k", 201)); a.status != http.StatusBadRequest {
			t.Errorf("overlong key: %d %s", a.status, a.body)
		}
		if _, ok := fits[r.Op]; !ok {
			return
		}
		for name, body := range map[string]string{
			"no JSON":            "{",
			"10,000 deep":        strings.Repeat(`{"a":`, 10_001) + "1" + strings.Repeat("}", 10_001),
			"an escaped NUL":     `{"reason":"a\u0000b"}`,
			"a list for a thing": "[1]",
		} {
			if a := send(f, key, r.Method, path, body); a.status != http.StatusBadRequest ||
				!strings.HasPrefix(a.kind, "application/problem+json") {
				t.Errorf("%s: %d %s %s", name, a.status, a.kind, a.body)
			}
		}
		if a := send(f, key, r.Method, path, `{"reason":"`+strings.Repeat("x", BodyLimit)+`"}`); a.status != http.StatusRequestEntityTooLarge {
			t.Errorf("a body over the limit: %d %.200s", a.status, a.body)
		}
	})
}

func TestABrokenDatabaseSaysNothing(t *testing.T) {
	s := apptest.SQLite(t)
	f := face(t, s)
	fits := bodies(t, f)
	actors := make(map[string]*roster.Actor)
	for key := range s.Account {
		actors[key] = s.Actor(key)
	}
	f.Who = func(_ context.Context, token string) (*roster.Actor, error) { return actors[token], nil }
	keys := make(map[string]string)
	for _, r := range app.Routes {
		keys[r.Op] = able(s, r)
	}
	if err := s.Store.Close(); err != nil {
		t.Fatal(err)
	}
	eachWithoutID(t, func(t *testing.T, r desk.Route) {
		if r.Op == "session.read" {
			return // says who asks, from the session itself
		}
		a := send(f, keys[r.Op], r.Method, Prefix+r.Path, fits[r.Op])
		if a.status < 400 {
			t.Errorf("%d %s", a.status, a.body)
		}
		for _, leak := range []string{"sql", "database is closed", "SELECT", ".db", "goroutine"} {
			if strings.Contains(a.bare(), leak) { // the request's id is random
				t.Errorf("the answer speaks of %q: %s", leak, a.body)
			}
		}
	})
}

func head(t testing.TB, s *apptest.Site) int64 {
	t.Helper()
	h, err := s.App.LedgerHead(context.Background(), s.Actor("audit"))
	if err != nil {
		t.Fatal(err)
	}
	return h.Size
}

func TestAnUnknownAddressAndMethod(t *testing.T) {
	s := apptest.SQLite(t)
	f := face(t, s)
	if a := send(f, "anna", "GET", Prefix+"/nothing", ""); a.status != 404 || !strings.HasPrefix(a.kind, "application/problem+json") {
		t.Errorf("%d %s", a.status, a.kind)
	}
	if a := send(f, "anna", "DELETE", Prefix+"/issues", ""); a.status != 405 || !strings.HasPrefix(a.kind, "application/problem+json") {
		t.Errorf("%d %s", a.status, a.kind)
	}
	if a := send(f, "", "GET", Prefix+"/openapi.json", ""); a.status != 200 || !bytes.Contains([]byte(a.body), []byte(`"openapi": "3.1`)) {
		t.Errorf("%d %.100s", a.status, a.body)
	}
}

// A schema is named in the letters that OpenAPI allows, by its type or its
// operation, and every reference leads to one: a generator of clients refuses
// the whole document for one bad name.
func TestTheDocumentNamesItsSchemas(t *testing.T) {
	f := face(t, apptest.SQLite(t))
	spec, err := f.OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Components struct{ Schemas map[string]json.RawMessage }
	}
	if err := json.Unmarshal(spec, &doc); err != nil {
		t.Fatal(err)
	}
	if len(doc.Components.Schemas) < 100 {
		t.Errorf("%d schemas", len(doc.Components.Schemas))
	}
	name := regexp.MustCompile(`^[A-Z][A-Za-z]*$`)
	for n := range doc.Components.Schemas {
		if !name.MatchString(n) {
			t.Errorf("a schema is named %q", n)
		}
	}
	for _, m := range regexp.MustCompile(`"\$ref": "#/components/schemas/(.*)"`).FindAllSubmatch(spec, -1) {
		if doc.Components.Schemas[string(m[1])] == nil {
			t.Errorf("a reference to %q leads nowhere", m[1])
		}
	}
}

// The document describes the problems that the face really sends: with a stable
// code, the field and the request id.
func TestTheDocumentDescribesItsProblems(t *testing.T) {
	f := face(t, apptest.SQLite(t))
	spec, err := f.OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Components struct {
			Schemas map[string]struct{ Properties map[string]any }
		}
	}
	if err := json.Unmarshal(spec, &doc); err != nil {
		t.Fatal(err)
	}
	var sent map[string]any
	if err := json.Unmarshal([]byte(send(f, "anna", "POST", Prefix+"/password", `{"old":1,"other":2}`).body), &sent); err != nil {
		t.Fatal(err)
	}
	for name := range sent {
		if doc.Components.Schemas["Problem"].Properties[name] == nil {
			t.Errorf("%s is sent and not described", name)
		}
	}
	if n := bytes.Count(spec, []byte(`"#/components/schemas/Problem"`)); n < 100 {
		t.Errorf("%d answers are described as problems", n)
	}
}

// Who guesses is told in a header, too, when a script may try again.
func TestASlowedGuessIsToldWhenToTryAgain(t *testing.T) {
	f := face(t, apptest.SQLite(t))
	for range 30 {
		r := httptest.NewRequest("POST", Prefix+"/sessions", strings.NewReader(`{"login":"nobody","password":"a guess"}`))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		f.ServeHTTP(w, r)
		if w.Code == 429 {
			if s, err := strconv.Atoi(w.Header().Get("Retry-After")); err != nil || s < 1 {
				t.Errorf("Retry-After: %q", w.Header().Get("Retry-After"))
			}
			return
		}
	}
	t.Error("guessing is not slowed")
}

// TestEveryKindIsExercised: each ledgered kind declares, in package store, the
// kind of the route table under which the exercises reach it. One that no route
// has would be exercised by nothing.
func TestEveryKindIsExercised(t *testing.T) {
	routed := make(map[roster.Kind]bool)
	for _, r := range app.Routes {
		routed[r.Kind] = routed[r.Kind] || r.Path != ""
	}
	for kind, tried := range store.KindExercises() {
		if !routed[tried] {
			t.Errorf("%s is declared to be exercised as %s, and no route has that kind", kind, tried)
		}
	}
}
