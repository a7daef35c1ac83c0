package cli

import (
	"encoding/json"
	"fmt"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"plumbline/internal/demo"
	"plumbline/internal/web"
)

// The database behind each demoSite server, and its background work.
var (
	demoFiles = map[*httptest.Server]string{}
	demoJobs  = map[*httptest.Server]func(t *testing.T){}
)

// demoSite serves a new small demonstration.
func demoSite(t *testing.T) *httptest.Server {
	t.Helper()
	file := filepath.Join(t.TempDir(), "demo.db")
	if status, _, errs := plumbline(t, "demo", "--db", file, "--no-serve"); status != 0 {
		t.Fatal(errs)
	}
	e := &env{Config: defaults(), out: io.Discard, err: io.Discard, log: slog.New(slog.DiscardHandler)}
	e.DB = file
	s, err := e.open(t.Context(), false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	handler, err := e.handler(s, true)
	if err != nil {
		t.Fatal(err)
	}
	site := httptest.NewServer(handler)
	t.Cleanup(site.Close)
	demoFiles[site] = file
	demoJobs[site] = func(t *testing.T) {
		t.Helper()
		if err := s.app.DrainJobs(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	return site
}

// reads returns a function that reads pages as the given account, in English.
func reads(t *testing.T, site *httptest.Server, login string) func(path string) string {
	t.Helper()
	get := signedIn(t, site, login)
	return func(path string) string {
		t.Helper()
		status, body := get(path)
		if status != http.StatusOK {
			t.Fatalf("%s as %s: %d", path, login, status)
		}
		return body
	}
}

func signedIn(t *testing.T, site *httptest.Server, login string) func(path string) (int, string) {
	t.Helper()
	resp, err := http.Post(site.URL+"/api/v1/sessions", "application/json",
		strings.NewReader(fmt.Sprintf(`{"login":%q,"password":%q}`, login, demo.Password)))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var in struct{ Token string }
	if err := json.NewDecoder(resp.Body).Decode(&in); err != nil || in.Token == "" {
		t.Fatalf("%s cannot sign in: %s %v", login, resp.Status, err)
	}
	return func(path string) (int, string) {
		req, err := http.NewRequest("GET", site.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.AddCookie(&http.Cookie{Name: web.SessionCookie, Value: in.Token})
		req.Header.Set("Accept-Language", "en")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatalf("%s as %s: %v", path, login, err)
		}
		return resp.StatusCode, string(body)
	}
}

var (
	waitingNumber = regexp.MustCompile(`<a class="stat[^"]*" href="([^"]+)"><span>([^<]*)</span> ?<b>([0-9,]+)</b>`)
	listTotal     = regexp.MustCompile(`([0-9,]+) in all`)
)

// Each number on a to-do home opens a list with exactly that many rows, and
// every kind of work reaches those responsible for it.
func TestEveryNumberOnAHomeOpensAsManyRows(t *testing.T) {
	site := demoSite(t)
	seen := make(map[string]bool)
	for _, a := range demo.Accounts() {
		read := reads(t, site, a.Login)
		for _, m := range waitingNumber.FindAllStringSubmatch(read("/"), -1) {
			href, label, number := html.UnescapeString(m[1]), html.UnescapeString(m[2]), m[3]
			seen[label] = true
			if strings.HasPrefix(href, "/completion") || strings.HasPrefix(href, "/my/") {
				continue // these pages show more than what waits
			}
			page := read(href)
			got := fmt.Sprint(strings.Count(page, "<tr>") + strings.Count(page, "<tr ") - strings.Count(page, "<thead"))
			if total := listTotal.FindStringSubmatch(page); total != nil {
				got = total[1]
			}
			if got != number {
				t.Errorf("%s: %q says %s, %s has %s rows", a.Login, label, number, href, got)
			}
		}
	}
	for _, label := range []string{"To review", "Matches to decide", "Audit issues to triage", "Concealment questions to answer",
		"Clues without a case",
		"Leader questions to answer", "Tracks in progress", "Rectifications to verify", "Open rectifications", "Overdue rectifications"} {
		if !seen[label] {
			t.Errorf("on nobody's home: %s", label)
		}
	}
}

var reportLink = regexp.MustCompile(`<td[^>]*>\s*<a href="(/[^"]+)"`)

// Whoever reads the report can open every kind of list that its numbers link
// to.
func TestNoNumberOfTheReportLeadsToARefusal(t *testing.T) {
	site := demoSite(t)
	readers, opened := 0, 0
	for _, a := range demo.Accounts() {
		get := signedIn(t, site, a.Login)
		status, page := get("/report")
		if status != http.StatusOK {
			continue
		}
		readers++
		tried := make(map[string]bool)
		for _, m := range reportLink.FindAllStringSubmatch(page, -1) {
			href := html.UnescapeString(m[1])
			path, _, _ := strings.Cut(href, "?")
			if tried[path] {
				continue
			}
			tried[path] = true
			opened++
			if status, _ := get(href); status != http.StatusOK {
				t.Errorf("%s: %s answers %d", a.Login, href, status)
			}
		}
	}
	if readers < 4 || opened < 5*readers {
		t.Errorf("%d readers opened %d lists", readers, opened)
	}
}
