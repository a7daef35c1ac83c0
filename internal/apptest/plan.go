package apptest

import (
	"database/sql"
	"maps"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// Plans gathers the statements of a site on SQLite, each of a shape once.
type Plans struct {
	mu   sync.Mutex
	seen map[string]string // shape → one statement of it
}

// Watched is a site on SQLite whose statements are gathered.
func Watched(t testing.TB) (*Site, *Plans) {
	t.Helper()
	p := &Plans{seen: map[string]string{}}
	return peopled(t, empty(t, filepath.Join(t.TempDir(), "site.db"), true, p.Saw)), p
}

var (
	literal = regexp.MustCompile(`'(?:[^']|'')*'|x'[0-9a-f]*'|\b\d+\b`)
	several = regexp.MustCompile(`\?(?:, *\?)+`)
)

// Saw takes a statement; it is an Options.Watch of the store.
func (p *Plans) Saw(text string) {
	if !strings.HasPrefix(text, "SELECT") && !strings.HasPrefix(text, "UPDATE") && !strings.HasPrefix(text, "DELETE") && !strings.HasPrefix(text, "WITH") {
		return
	}
	shape := several.ReplaceAllString(literal.ReplaceAllString(text, "?"), "?")
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seen[shape] = text
}

// reader opens a site on SQLite that nothing can be written to, until the test ends.
func reader(t testing.TB, dsn string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+dsn+"?_pragma=query_only(1)")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// Lines explains each shape, as shape → the lines of its plan.
func (p *Plans) Lines(t testing.TB, dsn string) map[string][]string {
	t.Helper()
	db := reader(t, dsn)
	p.mu.Lock()
	seen := maps.Clone(p.seen)
	p.mu.Unlock()
	out := make(map[string][]string, len(seen))
	for shape, text := range seen {
		args := make([]any, strings.Count(text, "?")) // of a prepared one; a null is as good as any value
		rows, err := db.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+text, args...)
		if err != nil {
			t.Fatalf("%v in %s", err, text)
		}
		for rows.Next() {
			var id, parent, unused int
			var line string
			if err := rows.Scan(&id, &parent, &unused, &line); err != nil {
				t.Fatal(err)
			}
			out[shape] = append(out[shape], line)
		}
		if err := rows.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// Indexes lists the indexes of a site on SQLite that only make statements faster: not
// those that keep something unique.
func Indexes(t testing.TB, dsn string) []string {
	t.Helper()
	db := reader(t, dsn)
	rows, err := db.QueryContext(t.Context(), "SELECT name FROM sqlite_master WHERE type = 'index' AND sql LIKE 'CREATE INDEX%' ORDER BY name")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		out = append(out, name)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}
