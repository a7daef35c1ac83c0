package house

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "draw docs/rooms.md anew")

// floors of the house, from the street down. A room is on the first that names it
// or a room around it; what nobody names is the trade.
var floors = []struct {
	name  string
	rooms []string
}{
	{"commands", []string{"cmd", "internal/cli", "internal/bench", "internal/demo"}},
	{"faces", []string{"internal/api", "internal/web", "internal/words"}},
	{"application", []string{"internal/app"}},
	{"database and authority", []string{"internal/store", "internal/access"}},
	{"promises and technologies", []string{"internal/ledger", "internal/seal", "internal/slip", "internal/bundle", "internal/archive",
		"internal/tiles", "internal/signer", "internal/witness", "internal/paper", "internal/sheet"}},
	{"trade", []string{"internal"}},
}

// TestRoomsPicture holds docs/rooms.md to the imports as they are; make docs draws it.
func TestRoomsPicture(t *testing.T) {
	const page = "../docs/rooms.md"
	rooms := list(t)
	for name := range rooms {
		if within(name, "internal/apptest", "internal/ordeal", "internal/insider", "internal/web/assets", "internal/web/webtest",
			"policies", "migrations", "seeds") || name == "internal" {
			delete(rooms, name)
		}
	}
	want := picture(rooms)
	if *update {
		if err := os.WriteFile(page, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if have, err := os.ReadFile(page); err != nil || string(have) != want {
		t.Errorf("docs/rooms.md is not how the rooms are (%v): run make docs", err)
	}
}

// picture draws who imports whom; what a room reaches through another is left out.
func picture(rooms map[string]pkg) string {
	imports := map[string]map[string]bool{}
	for name, p := range rooms {
		imports[name] = map[string]bool{}
		for _, i := range p.Imports {
			if i = strings.TrimPrefix(i, module); i != name && rooms[i].ImportPath != "" {
				imports[name][i] = true
			}
		}
	}
	reach := map[string]map[string]bool{}
	var below func(string) map[string]bool
	below = func(name string) map[string]bool {
		if reach[name] == nil {
			reach[name] = map[string]bool{}
			for i := range imports[name] {
				reach[name][i] = true
				maps.Copy(reach[name], below(i))
			}
		}
		return reach[name]
	}
	var b strings.Builder
	b.WriteString("# The rooms\n\nDrawn from the imports by `make docs`: an arrow is an import, and what a room reaches\n" +
		"through another has none of its own. Which imports are allowed at all is in `internal/house_test.go`.\n\n```mermaid\nflowchart TD\n")
	node := func(name string) string { return strings.NewReplacer("/", "_", "internal/", "").Replace(name) }
	placed := map[string]bool{}
	for i, f := range floors {
		fmt.Fprintf(&b, "  subgraph f%d[%q]\n", i, f.name)
		for _, name := range slices.Sorted(maps.Keys(rooms)) {
			if !placed[name] && within(name, f.rooms...) {
				placed[name] = true
				fmt.Fprintf(&b, "    %s[%q]\n", node(name), strings.TrimPrefix(name, "internal/"))
			}
		}
		b.WriteString("  end\n")
	}
	for _, name := range slices.Sorted(maps.Keys(rooms)) {
		for _, to := range slices.Sorted(maps.Keys(imports[name])) {
			through := false
			for i := range imports[name] {
				through = through || below(i)[to]
			}
			if !through {
				fmt.Fprintf(&b, "  %s --> %s\n", node(name), node(to))
			}
		}
	}
	b.WriteString("```\n")
	return b.String()
}
