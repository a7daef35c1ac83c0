package house

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	docCode = regexp.MustCompile("`([^`\n]+)`")
	docPath = regexp.MustCompile(`^(?:internal|migrations|policies|cmd|script|seeds|docs)/[\w./*-]*$`)
	docName = regexp.MustCompile(`^([a-z]+)\.([A-Z]\w*)$`)
)

// TestDocsNameWhatIsThere holds the pages for contributors to the code: every
// path in them exists, and every room.Name is declared in that room.
func TestDocsNameWhatIsThere(t *testing.T) {
	for _, page := range []string{"docs/adding.md", "docs/architecture.md", "CONTRIBUTING.md"} {
		raw, err := os.ReadFile(filepath.Join("..", page))
		if err != nil {
			t.Fatal(err)
		}
		paths, names := 0, 0
		for _, m := range docCode.FindAllStringSubmatch(string(raw), -1) {
			if docPath.MatchString(m[1]) {
				paths++
				if found, err := filepath.Glob(filepath.Join("..", m[1])); err != nil || len(found) == 0 {
					t.Errorf("%s: there is no %s", page, m[1])
				}
			}
			if n := docName.FindStringSubmatch(m[1]); n != nil && n[1] != "store" && n[1] != "bun" {
				names++
				if !declared(t, n[1], n[2]) {
					t.Errorf("%s: %s declares no %s", page, n[1], n[2])
				}
			}
		}
		if page == "docs/adding.md" && (paths < 30 || names < 8) {
			t.Errorf("%s: only %d paths and %d names were looked at", page, paths, names)
		}
	}
}

// declared looks for a top-level declaration, or a member of a group of them.
func declared(t *testing.T, room, name string) bool {
	t.Helper()
	for _, folder := range []string{room, filepath.Join("app", room), filepath.Join("web", room)} {
		files, err := filepath.Glob(filepath.Join(folder, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			src, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			for line := range strings.Lines(string(src)) {
				if regexp.MustCompile(`^(?:func |type |var |const |\t)`+name+`\b`).MatchString(line) || strings.HasPrefix(line, "func ") && strings.Contains(line, ") "+name+"(") {
					return true
				}
			}
		}
	}
	return false
}
