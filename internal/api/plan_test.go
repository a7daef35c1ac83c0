package api

import (
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"plumbline/internal/app"
	"plumbline/internal/apptest"
	"plumbline/internal/demo"
	"plumbline/internal/store"
)

// asked is a value for each parameter by which lists are narrowed and sorted.
var asked = map[string][]string{
	"unit": {"$east", "$east1"}, "only": {"1"}, "category": {"interview"}, "source": {"self", "audit"}, "source_code": {"petition"},
	"state": {"clue", "registered", "submitted", "open"}, "severity": {"1", "3"}, "min_severity": {"2"}, "max_severity": {"1"}, "tier": {"3"},
	"from": {"2026-01"}, "to": {"2026-02"}, "cell": {"both", "self_only", "audit_only", "inspected"}, "disclosure": {"not_disclosed"},
	"concealment": {"question"}, "finding": {"substantiated"}, "form": {"2"}, "person": {"$anna"}, "campaign": {"c"}, "submission": {"s"},
	"record": {"r"}, "case": {"c", "none"}, "live": {"1"}, "open": {"1"}, "sort": {"event", "oldest", "severity"}, "level": {"probable"},
	"batch": {"b"}, "waits": {"1"}, "overdue": {"1"}, "kind": {"issue"}, "account_id": {"a"}, "before": {"9"}, "period": {"2026"},
}

// lists asks for every list, narrowed and sorted by each of its parameters, in the
// name of people who reach all of it, a branch, a station and themselves.
func (c *course) lists() {
	c.Helper()
	paths := c.face.huma.OpenAPI().Paths
	for _, r := range app.Routes {
		if r.Method != "GET" || strings.Contains(r.Path, "{") {
			continue
		}
		takes := map[string]bool{}
		for _, p := range paths[Prefix+r.Path].Get.Parameters {
			takes[p.Name] = true
		}
		var queries []url.Values
		ask := func(q url.Values) {
			if takes["count"] {
				q.Set("count", "true")
			}
			queries = append(queries, q)
		}
		ask(url.Values{})
		for name := range takes {
			for _, v := range asked[name] {
				v = strings.NewReplacer("$east1", c.Units["east1"], "$east", c.Units["east"], "$anna", c.People["anna"]).Replace(v)
				ask(url.Values{name: {v}})
				for _, sort := range asked["sort"] {
					if takes["sort"] {
						ask(url.Values{name: {v}, "sort": {sort}})
					}
				}
			}
		}
		for _, key := range []string{"inspector", "eastinspector", "east1head", "anna", "manager", "reader", able(c.Site, r)} {
			for _, q := range queries {
				if a := send(c.face, key, "GET", Prefix+r.Path+"?"+q.Encode(), ""); a.status >= 500 {
					c.Errorf("%s asks %s?%s: %d %s", key, r.Path, q.Encode(), a.status, a.body)
				}
			}
		}
	}
}

// madeByDemo adds the statements by which a demo is made.
func (c *course) madeByDemo(t *testing.T) {
	folder := t.TempDir()
	clock := demo.NewClock(time.Now, demo.Days)
	st, err := store.Open(t.Context(), filepath.Join(folder, "demo.db"), store.Options{Clock: clock.Now, Watch: c.plans.Saw})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	}()
	if _, err := st.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	a, err := app.New(app.Config{Store: st, Secret: apptest.Secret})
	if err != nil {
		t.Fatal(err)
	}
	if err := (&demo.Maker{App: a, Clock: clock, Size: demo.Small}).Make(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// large are the tables that grow with the bureau and its years, as plans name them.
var large = []string{"issues", "issue", "submissions", "submission", "answer_sheets", "leader_items", "audit_records", "audit_record", "contents",
	"content", "ledger_entries", "ledger_entry", "ledger_hashes", "ledger_hash", "read_logs", "requests", "people", "person", "identifiers", "identifier", "postings", "posting",
	"command_links", "command_link", "accounts", "account", "sessions", "session", "statements", "statement"}

// whole are the statements that may go through all of a large table, and why.
var whole = map[string]string{
	"SELECT count(*) FROM issues":                      "a count by what no counter knows; the page itself is not",
	"ORDER BY seq DESC LIMIT":                          "the newest entries, in the order of the table",
	"SELECT \"id\" FROM people WHERE (state":           "who has left or moved: kept until the roster changes",
	"WHERE (team = TRUE)":                              "the leadership teams: kept until the roster changes",
	"AND (id NOT IN (SELECT \"person_id\" FROM issues": "the fourth cell: who has nothing in a category",
}

// plansAreSound explains every statement of the exercises, the lists and a demo: none
// goes through the whole of a large table but those that say why.
func (c *course) plansAreSound(t *testing.T) {
	c.madeByDemo(t)
	scan := regexp.MustCompile(`^SCAN (\w+)$`)
	excused := map[string]bool{}
	lines := c.plans.Lines(t, c.DSN)
	for shape, plan := range lines {
		for _, l := range plan {
			m := scan.FindStringSubmatch(l)
			if m == nil || !slices.Contains(large, m[1]) {
				continue
			}
			found := false
			for part := range whole {
				if strings.Contains(shape, part) {
					found, excused[part] = true, true
				}
			}
			if !found {
				t.Errorf("goes through all of %s: %s", m[1], shape)
			}
		}
	}
	for part, why := range whole {
		if !excused[part] {
			t.Errorf("nothing goes through a whole table any more because of %q (%s)", part, why)
		}
	}
	c.indexesAreUsed(t, lines)
	if len(lines) < 800 {
		t.Errorf("only %d statements were seen", len(lines))
	}
}

// unseen are the indexes that no statement of the exercises and the demo was planned
// with, and the statement of each: there are too few rows here for it, or nobody asks.
var unseen = map[string]string{
	"decisions_waiting": "whom a proposed decision found against, of all cases: store's dissents",
	"identifiers_value": "a number typed into the search for people",
	"issues_ref":        "an issue by its reference",
	"people_id_hash":    "a person by the number of his identity card, in a roster import",
	"read_logs_open":    "readings whose entry is not yet in a reading digest",
	"read_logs_person":  "who has read what is about a person",
}

// indexesAreUsed refuses an index that no statement was planned with: it costs every
// write and helps nobody.
func (c *course) indexesAreUsed(t *testing.T, plans map[string][]string) {
	used := map[string]bool{}
	through := regexp.MustCompile(`USING (?:COVERING )?INDEX (\w+)`)
	for _, plan := range plans {
		for _, l := range plan {
			if m := through.FindStringSubmatch(l); m != nil {
				used[m[1]] = true
			}
		}
	}
	for _, name := range apptest.Indexes(t, c.DSN) {
		switch _, known := unseen[name]; {
		case !used[name] && !known:
			t.Errorf("no statement uses the index %s: drop it, or say in unseen which one does", name)
		case used[name] && known:
			t.Errorf("the index %s is used: it needs no word in unseen", name)
		}
	}
}
