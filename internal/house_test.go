// Package house holds the rules of the house by test: who may import whom,
// where a borrowed library enters, which libraries there are, where time and
// SQL come from, and that every text of a page is in the catalogue.
package house

import (
	"bufio"
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"plumbline/internal/web/assets"
)

const module = "plumbline/"

// pkg is what go list tells of a package.
type pkg struct {
	ImportPath string
	Imports    []string
	Deps       []string
	Dir        string
	Name       string
	GoFiles    []string
}

func list(t *testing.T) map[string]pkg {
	t.Helper()
	c := exec.Command("go", "list", "-json=ImportPath,Imports,Deps,Dir,Name,GoFiles", "./...")
	c.Dir = ".."
	c.Stderr = os.Stderr
	out, err := c.Output()
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]pkg{}
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if len(p.GoFiles) > 0 {
			all[strings.TrimPrefix(p.ImportPath, module)] = p
		}
	}
	if len(all) < 8 {
		t.Fatalf("go list found only %d packages", len(all))
	}
	return all
}

// within reports whether the package is one of the rooms or lies in one.
func within(name string, rooms ...string) bool {
	return slices.ContainsFunc(rooms, func(r string) bool { return name == r || strings.HasPrefix(name, r+"/") })
}

// domain are the rooms that know no database, no web and no clock.
var domain = []string{"internal/fault", "internal/roster", "internal/selfcheck", "internal/intake", "internal/issue", "internal/inquiry",
	"internal/rectify", "internal/rules", "internal/report", "internal/ledger", "internal/slip", "internal/custody", "internal/consent", "internal/seal", "internal/kinds", "internal/verbs"}

// doors says where a borrowed library may be imported, by the start of its path.
var doors = map[string][]string{
	"github.com/uptrace/bun":          {"internal/store"},
	"modernc.org/sqlite":              {"internal/store", "internal/bench"},
	"github.com/jackc/pgx":            {"internal/store", "internal/bench", "internal/apptest"},
	"github.com/casbin/":              {"internal/access"},
	"github.com/danielgtaylor/huma":   {"internal/api"},
	"github.com/uptrace/bunrouter":    {"internal/api", "internal/web"},
	"github.com/a-h/templ":            {"internal/web"},
	"github.com/nicksnyder/go-i18n":   {"internal/words"},
	"github.com/xuri/excelize":        {"internal/sheet"},
	"golang.org/x/text/encoding":      {"internal/sheet"},
	"golang.org/x/mod/sumdb":          {"internal/ledger", "internal/signer", "internal/tiles"}, // tiles: its tests read with tlog
	"github.com/emmansun/gmsm":        {"internal/signer"},
	"codeberg.org/go-pdf/fpdf":        {"internal/paper"},
	"github.com/skip2/go-qrcode":      {"internal/paper"},
	"filippo.io/age":                  {"internal/archive", "internal/seal", "internal/cli"},
	"github.com/spf13/cobra":          {"internal/cli"},
	"github.com/knadh/koanf":          {"internal/cli"},
	"github.com/mozillazg/go-pinyin":  {"internal/roster"},
	"github.com/longbridgeapp/opencc": {"internal/roster"},
	"github.com/hbollon/go-edlib":     {"internal/intake"},
	"database/sql":                    {"internal/store", "internal/bench", "internal/apptest"},
	"github.com/alexedwards/argon2id": {"internal/app/accounts", "internal/account"},
	"github.com/pelletier/go-toml":    {"internal/words", "internal/cli"},
	"plumbline/internal/apptest": {"internal/apptest", "internal/bench",
		"internal/web/webtest"}, // the bench takes its PostgreSQL from pgtest
	"plumbline/internal/store": {"internal/store", "internal/app", "internal/apptest", "internal/cli", "internal/bench",
		"internal/demo"},
	"plumbline/internal/access": {"internal/app", "internal/apptest", "internal/cli", "internal/bench"},
	"plumbline/internal/web":    {"internal/web", "internal/cli", "internal/bench", "internal/apptest"},
	"plumbline/internal/api":    {"internal/api", "internal/cli", "internal/bench", "internal/apptest"},
	"plumbline/internal/cli": {"internal/cli", "cmd/plumbline",
		"internal/ordeal"}, // the guest of the virtual machine is the program itself
	"plumbline/internal/demo":  {"internal/demo", "internal/cli", "internal/bench", "internal/apptest"},
	"plumbline/internal/bench": {"internal/cli"},
	"plumbline/policies": {"internal/access", "internal/bench", "internal/app", "internal/rules", "internal/cli",
		"internal/apptest"},
	"plumbline/internal/store/engine":   {"internal/store", "internal/apptest/storetest"},
	"plumbline/internal/store/verify":   {"internal/store", "internal/cli", "internal/apptest"},
	"plumbline/internal/store/rawbench": {"internal/bench"},
	"plumbline/migrations":              {"internal/store"},
	"testing":                           {"internal/apptest", "internal/bench", "internal/web/webtest"},
	"net/http/httptest":                 {"internal/apptest", "internal/bench", "internal/web/webtest"},
	"github.com/google/go-cmp":          {},
	"github.com/rogpeppe/go-internal":   {},
	"go.uber.org/goleak":                {},
	"pgregory.net/rapid":                {},
	"plumbline/internal/web/webtest":    {},
	"math/rand": {"internal/apptest/attacker", "internal/apptest/poll",
		"internal/bench"}, // seeded, and never for anything secret
	"unsafe":              {"internal/ordeal/guest"}, // loads kernel modules and sets an address
	"reflect":             {"internal/ledger", "internal/store", "internal/api", "internal/app"},
	"golang.org/x/crypto": {"internal/app/accounts", "internal/account"},
}

func TestDoors(t *testing.T) {
	for name, p := range list(t) {
		for _, imported := range p.Imports {
			for lib, rooms := range doors {
				if imported != strings.TrimSuffix(lib, "/") && !strings.HasPrefix(imported, strings.TrimSuffix(lib, "/")+"/") {
					continue
				}
				if lib == "github.com/uptrace/bun" && strings.HasPrefix(imported, "github.com/uptrace/bunrouter") {
					continue
				}
				if !within(name, rooms...) {
					t.Errorf("%s imports %s, whose door is %v", name, imported, rooms)
				}
			}
		}
	}
}

func TestDomainKnowsNoMachinery(t *testing.T) {
	all := list(t)
	for name, p := range all {
		if !within(name, domain...) {
			continue
		}
		for _, dep := range p.Deps {
			switch {
			case dep == "net/http" && name == "internal/intake": // through excelize
			case dep == "net/http" || dep == "database/sql" || strings.HasPrefix(dep, "github.com/uptrace/") ||
				strings.HasPrefix(dep, "github.com/casbin/"):
				t.Errorf("%s depends on %s", name, dep)
			case strings.HasPrefix(dep, module+"internal/") && !within(strings.TrimPrefix(dep, module),
				append(domain, "internal/sheet")...):
				t.Errorf("%s depends on %s, which is no domain room", name, dep)
			}
		}
	}
}

func TestFacesStayAtTheDoor(t *testing.T) {
	all := list(t)
	for name, p := range all {
		if !within(name, "internal/api", "internal/web") {
			continue
		}
		for _, imported := range p.Imports {
			if within(strings.TrimPrefix(imported, module), "internal/store", "internal/access", "internal/cli", "migrations", "policies") {
				t.Errorf("%s imports %s", name, imported)
			}
		}
	}
	for _, imported := range all["internal/access"].Imports {
		if strings.HasPrefix(imported, module) && !within(strings.TrimPrefix(imported, module), "internal/roster", "internal/fault",
			"policies") {
			t.Errorf("internal/access imports %s", imported)
		}
	}
}

// TestNounsOfTheFaceStandAlone: the pages of a noun know the frame and no other
// noun's, only the face knows them all, and the frame knows the desk and no noun.
func TestNounsOfTheFaceStandAlone(t *testing.T) {
	all := list(t)
	shared := []string{"internal/web/page", "internal/web/ui", "internal/web/assets"}
	for name, p := range all {
		if name == "internal/web" || name == "internal/web/webtest" || !within(name, "internal/web") {
			continue
		}
		for _, imported := range p.Imports {
			room := strings.TrimPrefix(imported, module)
			switch {
			case within(room, "internal/web") && !within(room, shared...):
				t.Errorf("%s imports %s, which is another noun's", name, room)
			case imported == "github.com/uptrace/bunrouter":
				t.Errorf("%s imports the router", name)
			case name == "internal/web/page" && within(room, "internal/app") && room != "internal/app/desk":
				t.Errorf("%s imports %s", name, room)
			}
		}
	}
}

func TestEveryPackageSaysWhatItOwns(t *testing.T) {
	for name, p := range list(t) {
		said := false
		for _, file := range p.GoFiles {
			f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, file), nil, parser.ParseComments|parser.PackageClauseOnly)
			if err != nil {
				t.Fatal(err)
			}
			said = said || len(f.Doc.Text()) > 40
		}
		if !said {
			t.Errorf("%s has no paragraph of doc", name)
		}
		if slices.Contains([]string{"models", "utils", "util", "common", "pkg", "services", "repositories", "helpers"}, p.Name) {
			t.Errorf("%s: a package is named after its trade", name)
		}
	}
}

// sources walks over the files of the tree with one of the endings.
func sources(t *testing.T, endings []string, see func(path, text string)) {
	t.Helper()
	n := 0
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := strings.TrimPrefix(filepath.ToSlash(path), "../")
		if d.IsDir() {
			if name == ".git" || name == "bin" || strings.HasSuffix(name, "/testdata") || name == "internal/web/assets/static" ||
				name == "internal/web/assets/licences" {
				return fs.SkipDir
			}
			return nil
		}
		if endings != nil && !slices.Contains(endings, filepath.Ext(path)) {
			return nil
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		n++
		see(name, string(raw))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if n == 0 {
		t.Fatal("no file was scanned")
	}
}

// clocks are the places that may read the clock: where the program is wired,
// what measures or tests it, and the default of the store's option.
var clocks = []string{"internal/store/engine/store.go", "internal/cli", "internal/bench", "internal/apptest"}

// waits is a wait for nothing but the time; one that ends a select is a limit.
var waits = regexp.MustCompile(`(?m)^\s*<-time\.(After|Tick|NewTimer)`)

func TestTimeComesAsAnArgument(t *testing.T) {
	sources(t, []string{".go"}, func(path, text string) {
		if strings.HasSuffix(path, "_test.go") {
			if path != "internal/house_test.go" && (strings.Contains(text, "time.Sleep(") || waits.MatchString(text)) {
				t.Errorf("%s waits for the clock: await the event, or poll another process with apptest/poll", path)
			}
			return
		}
		for _, fn := range selectors(t, path, text, "time") {
			if (fn == "Now" || fn == "Since" || fn == "Until") && !within(path, clocks...) {
				t.Errorf("%s reads the clock with time.%s", path, fn)
			}
			if fn == "Sleep" && !within(path, "internal/bench") {
				t.Errorf("%s sleeps", path)
			}
		}
	})
}

// selectors lists the names that the file uses of the package.
func selectors(t *testing.T, path, text, name string) (used []string) {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), path, text, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(f, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := s.X.(*ast.Ident); ok && x.Name == name && x.Obj == nil {
				used = append(used, s.Sel.Name)
			}
		}
		return true
	})
	return used
}

var statement = regexp.MustCompile("[\"`]\\s*(?i:select\\s+[\\w*(]|insert\\s+into\\s|update\\s+\\w+\\s+set\\s|delete\\s+from\\s|create\\s+(table|index)\\s)")

func TestSQLLivesInStore(t *testing.T) {
	sources(t, []string{".go"}, func(path, text string) {
		if strings.HasSuffix(path, "_test.go") || within(path, "internal/store", "internal/bench", "internal/apptest", "migrations") {
			return
		}
		if m := statement.FindString(text); m != "" {
			t.Errorf("%s holds SQL: %s", path, m)
		}
	})
}

// libraries are the modules that this one may name as its own.
var libraries = []string{
	"codeberg.org/go-pdf/fpdf", "filippo.io/age", "github.com/a-h/templ", "github.com/alexedwards/argon2id", "github.com/alexedwards/scs/v2",
	"github.com/casbin/casbin/v2", "github.com/danielgtaylor/huma/v2", "github.com/google/go-cmp", "github.com/google/uuid", "github.com/jackc/pgx/v5",
	"github.com/knadh/koanf/parsers/toml/v2", "github.com/knadh/koanf/providers/env/v2", "github.com/knadh/koanf/providers/file", "github.com/knadh/koanf/v2",
	"github.com/emmansun/gmsm", "github.com/hbollon/go-edlib", "github.com/longbridgeapp/opencc",
	"github.com/mozillazg/go-pinyin", "github.com/nicksnyder/go-i18n/v2", "github.com/pelletier/go-toml/v2", "github.com/rogpeppe/go-internal", "github.com/skip2/go-qrcode",
	"github.com/spf13/cobra", "github.com/spf13/pflag",
	"github.com/transparency-dev/formats", "github.com/transparency-dev/merkle", // tests only: the second opinion on proofs, receipts and tiles
	"github.com/uptrace/bun", "github.com/uptrace/bun/dialect/pgdialect", "github.com/uptrace/bun/dialect/sqlitedialect", "github.com/uptrace/bunrouter",
	"github.com/xuri/excelize/v2", "go.uber.org/goleak", "golang.org/x/crypto", "golang.org/x/mod", "golang.org/x/sync", "golang.org/x/text", "golang.org/x/term", "modernc.org/sqlite", "pgregory.net/rapid",
}

// TestFactsAreNamedByConstants: what a fact says was done, and to what kind of thing, is
// a constant of verbs and kinds or the name of the operation. A verb that a step
// completes at run time is a sum.
func TestFactsAreNamedByConstants(t *testing.T) {
	facts := 0
	sources(t, []string{".go"}, func(path, text string) {
		if strings.HasSuffix(path, "_test.go") || within(path, "internal/apptest", "internal/store/rawbench") {
			return
		}
		set := token.NewFileSet()
		f, err := parser.ParseFile(set, path, text, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			lit, ok := n.(*ast.CompositeLit)
			if !ok {
				return true
			}
			fields := map[string]ast.Expr{}
			for _, e := range lit.Elts {
				if field, ok := e.(*ast.KeyValueExpr); ok {
					if key, ok := field.Key.(*ast.Ident); ok {
						fields[key.Name] = field.Value
					}
				}
			}
			if fields["Verb"] == nil || fields["Kind"] == nil || fields["ID"] == nil { // in a slice, a fact does not name its type
				return true
			}
			facts++
			for _, name := range []string{"Verb", "Kind"} {
				if _, quoted := fields[name].(*ast.BasicLit); quoted {
					t.Errorf("%s: the fact's %s is a literal; see internal/verbs and internal/kinds", set.Position(fields[name].Pos()), name)
				}
			}
			return true
		})
	})
	if facts < 80 {
		t.Errorf("the scan sees %d facts only", facts)
	}
}

func TestLibraries(t *testing.T) {
	file, err := os.Open("../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	block := ""
	for s := bufio.NewScanner(file); s.Scan(); {
		line := strings.TrimSpace(s.Text())
		switch {
		case strings.HasSuffix(line, "("):
			block = strings.Fields(line)[0]
		case line == ")":
			block = ""
		case block == "require" && line != "" && !strings.Contains(line, "// indirect"):
			if name := strings.Fields(line)[0]; !slices.Contains(libraries, name) {
				t.Errorf("go.mod requires %s, which is not on the list", name)
			}
		case strings.HasPrefix(line, "replace"):
			t.Errorf("go.mod replaces: %s", line)
		}
	}
}

// foreign are words that have no place in this tree: of the machine it was
// built on, and of work left undone.
var foreign = regexp.MustCompile(`/wo` + `rk/|/tmp/te` + `am|\bTO` + `DO\b|\bFIX` + `ME\b|\bXX` + `X\b|(?i:not impl` + `emented|lorem ip` + `sum)`)

func TestNoForeignWords(t *testing.T) {
	sources(t, []string{".go", ".templ", ".md", ".toml", ".sql", ".csv", ".conf", ".css", ".js", ".mod", "", ".json", ".html"}, func(path, text string) {
		if within(path, "internal/web/assets/verifier") { // Go's own glue, as it comes
			return
		}
		if m := foreign.FindString(text); m != "" {
			t.Errorf("%s says %q", path, m)
		}
	})
}

var (
	tag       = regexp.MustCompile(`(?s)<[^>]*>`)
	entity    = regexp.MustCompile(`&[a-z]+;|&#\d+;`)
	shown     = regexp.MustCompile(`(?:aria-label|title|placeholder|alt|content)="([^"]*)"`)
	formats   = strings.NewReplacer("XLSX", "", "CSV", "") // names of file formats are no words of a language
	forbidden = regexp.MustCompile(`(?i)<script>|<script [^>]*>[^<]|<style|\sstyle="|\son(?:click|change|submit|load|input)="`)
)

// TestPagesSpeakThroughTheCatalogue looks at what the generated pages write
// themselves: markup only. Text comes through words.T.
func TestPagesSpeakThroughTheCatalogue(t *testing.T) {
	sources(t, []string{".go"}, func(path, text string) {
		if !strings.HasSuffix(path, "_templ.go") {
			return
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, text, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			fn, ok := n.(*ast.FuncDecl)
			if !ok {
				return true
			}
			html := literals(fn)
			plain := formats.Replace(entity.ReplaceAllString(tag.ReplaceAllString(html, " "), " "))
			if i := strings.IndexFunc(plain, unicode.IsLetter); i >= 0 {
				t.Errorf("%s: %s writes a text of its own: %.60q", path, fn.Name.Name, strings.TrimSpace(plain[i:]))
			}
			for _, m := range shown.FindAllStringSubmatch(html, -1) {
				if strings.IndexFunc(m[1], unicode.IsLetter) >= 0 && !strings.Contains(m[1], "width=device-width") && !strings.HasPrefix(m[1], "{") && m[1] != "same-origin" {
					t.Errorf("%s: %s writes %s", path, fn.Name.Name, m[0])
				}
			}
			if m := forbidden.FindString(html); m != "" {
				t.Errorf("%s: %s writes %q, which the content security policy refuses", path, fn.Name.Name, m)
			}
			return false
		})
	})
}

// literals joins what a generated function writes as it stands.
func literals(fn *ast.FuncDecl) string {
	var b strings.Builder
	ast.Inspect(fn, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || len(call.Args) != 3 {
			return true
		}
		if s, ok := call.Fun.(*ast.SelectorExpr); !ok || s.Sel.Name != "WriteString" {
			return true
		}
		if lit, ok := call.Args[2].(*ast.BasicLit); ok && lit.Kind == token.STRING {
			s, _ := strconv.Unquote(lit.Value)
			b.WriteString(s)
		}
		return true
	})
	return b.String()
}

// TestFacesHoldNoChinese finds a text that was written into a face instead of
// the catalogue.
func TestFacesHoldNoChinese(t *testing.T) {
	sources(t, []string{".go", ".templ"}, func(path, text string) {
		if strings.HasSuffix(path, "_test.go") || within(path, "internal/web/webtest") || !within(path, "internal/web", "internal/api", "internal/app", "internal/access", "internal/store") {
			return
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, text, 0)
		if err != nil {
			for n, line := range strings.Split(text, "\n") { // a page source
				if strings.ContainsFunc(line, func(r rune) bool { return unicode.Is(unicode.Han, r) }) && !strings.HasPrefix(strings.TrimSpace(line), "//") {
					t.Errorf("%s:%d is Chinese: %s", path, n+1, strings.TrimSpace(line))
				}
			}
			return
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING && strings.ContainsFunc(lit.Value, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
				t.Errorf("%s holds a Chinese text: %s", path, lit.Value)
			}
			return true
		})
	})
}

// TestBothReadmesGiveTheSameCommands: what one language tells to type, the
// other tells too.
func TestBothReadmesGiveTheSameCommands(t *testing.T) {
	commands := func(file string) (list []string) {
		raw, err := os.ReadFile(filepath.Join("..", file))
		if err != nil {
			t.Fatal(err)
		}
		inside := false
		for _, line := range strings.Split(string(raw), "\n") {
			if strings.HasPrefix(line, "```") {
				inside = line == "```sh"
				continue
			}
			if code, _, _ := strings.Cut(line, "#"); inside && strings.TrimSpace(code) != "" {
				list = append(list, strings.Join(strings.Fields(code), " "))
			}
		}
		return list
	}
	en, zh := commands("README.md"), commands("README.zh-CN.md")
	if len(en) < 4 || !slices.Equal(en, zh) {
		t.Errorf("the commands differ:\n%s\n\n%s", strings.Join(en, "\n"), strings.Join(zh, "\n"))
	}
}

var iconUse = regexp.MustCompile(`(?:Icon: |[@.]Icon\(|Empty\()"([a-z0-9-]+)"`)

// TestEveryIconHasADrawing: a name without a drawing would leave a gap.
func TestEveryIconHasADrawing(t *testing.T) {
	sources(t, []string{".go", ".templ"}, func(path, text string) {
		if !within(path, "internal/web") || strings.HasSuffix(path, "_test.go") {
			return
		}
		for _, m := range iconUse.FindAllStringSubmatch(text, -1) {
			if assets.Icon(m[1]) == "" {
				t.Errorf("%s: there is no icon %q", path, m[1])
			}
		}
	})
}
