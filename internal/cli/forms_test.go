package cli

import (
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"plumbline/internal/apptest"
	"plumbline/internal/demo"
	"plumbline/internal/web"
)

var pageLink = regexp.MustCompile(`<a [^>]*href="(/[^"#]*)`)

// unvisited lists the pages that no demonstration account is led to, and why.
// The tests of package web check those that are pages in the same way.
var unvisited = map[string]string{
	"/ledger/notice.pdf":                     "a file",
	"/ledger/checkpoint.txt":                 "a file",
	"/ledger/witness.txt":                    "a file",
	"/verify/page":                           "a file",
	"/receipts/{seq}/text":                   "a file",
	"/receipts/{seq}/pdf":                    "a file",
	"/roster/template/{table}":               "a file",
	"/reveals/{id}":                          "the demonstration has no custodians; TestASealedNameThroughThePages",
	"/shares/{id}":                           "the demonstration has no custodians; TestASealedNameThroughThePages",
	"/issues/{id}/case/new":                  "beyond the fourth issue; TestCasePages",
	"/review/named/{id}":                     "beyond the fourth list; TestNamedItemPages",
	"/completion/{id}/{unit}/restore/{list}": "nobody is excused in the first units; TestCompletionListsRestoreAndUncertify",
}

// TestNoFormOfTheDemonstrationHasTwoFieldsOfAName follows every account's links
// through the demonstration and checks every form: no two controls of a form
// share a name, and none uses a reserved name. Every page in the route table
// must have been visited.
func TestNoFormOfTheDemonstrationHasTwoFieldsOfAName(t *testing.T) {
	if testing.Short() {
		t.Skip("the demonstration is walked through without -short")
	}
	site := demoSite(t)
	var patterns []string
	for _, r := range web.New(web.Options{App: apptest.SQLite(t).App, Log: slog.New(slog.DiscardHandler)}).Routes() {
		if r.Method == http.MethodGet {
			patterns = append(patterns, r.Path)
		}
	}
	// An exact path takes precedence over one with a parameter, as in the
	// router.
	slices.SortStableFunc(patterns, func(a, b string) int { return strings.Count(a, "{") - strings.Count(b, "{") })
	seen, wrong := map[string]int{}, map[string]bool{}
	look := func(who, at, page string) {
		for _, f := range apptest.FormFaults(page) {
			if !wrong[f] {
				t.Errorf("%s as %s: %s", at, who, f)
			}
			wrong[f] = true
		}
	}
	look("nobody", "/signin", anonymous(t, site, "/signin"))
	for _, a := range demo.Accounts() {
		get := signedIn(t, site, a.Login)
		often, queue := map[string]int{}, []string{"/"}
		for _, p := range patterns {
			if !strings.Contains(p, "{") {
				queue = append(queue, p)
			}
		}
		done := map[string]bool{}
		for len(queue) > 0 {
			at := queue[0]
			queue = queue[1:]
			pattern := patternOf(patterns, at)
			if done[at] || pattern == "" || often[pattern] >= 4 {
				continue
			}
			done[at] = true
			status, page := get(at)
			if status != http.StatusOK || !strings.HasPrefix(strings.TrimSpace(page), "<!doctype html") {
				continue
			}
			often[pattern]++
			seen[pattern]++
			look(a.Login, at, page)
			if strings.Contains(page, `name="purpose"`) && !strings.Contains(at, "purpose=") {
				queue = append([]string{at + "?purpose=inspection"}, queue...)
			}
			for _, m := range pageLink.FindAllStringSubmatch(page, -1) {
				queue = append(queue, html.UnescapeString(m[1]))
			}
		}
	}
	for _, p := range patterns {
		if seen[p] == 0 && unvisited[p] == "" {
			t.Errorf("no account was shown %s", p)
		}
	}
}

// patternOf returns the route of an address, or "" if there is none.
func patternOf(patterns []string, at string) string {
	u, err := url.Parse(at)
	if err != nil {
		return ""
	}
	parts := strings.Split(strings.TrimSuffix(u.Path, "/"), "/")
	for _, p := range patterns {
		want := strings.Split(strings.TrimSuffix(p, "/"), "/")
		fits := len(want) == len(parts)
		for i := range want {
			fits = fits && (want[i] == parts[i] || strings.HasPrefix(want[i], "{"))
		}
		if fits {
			return p
		}
	}
	return ""
}

func anonymous(t *testing.T, site *httptest.Server, at string) string {
	t.Helper()
	resp, err := http.Get(site.URL + at)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}
