package linkage

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestApartFromTheMatcher holds what the doc of the package promises: of what
// is matched it takes types and the names of fields, and its own imports bring
// no table in either.
func TestApartFromTheMatcher(t *testing.T) {
	may := map[string][]string{
		"plumbline/internal/intake":      append(declaredIn(t, "../../intake/field.go", "Field"), "Field", "Subject", "Place", "Held", "Served"),
		"plumbline/internal/demo/seeded": {"Dice", "New", "Pick"},
		"plumbline/internal/roster":      {"Date", "NameParts", "Keys"}, // Keys is how every roster spells a name when it is entered
	}
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) < 6 {
		t.Fatalf("%v: %v", files, err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		f := parsed(t, file)
		named := map[string]string{}
		for _, i := range f.Imports {
			path, _ := strconv.Unquote(i.Path.Value)
			if strings.Contains(path, ".") || strings.HasPrefix(path, "plumbline/") && may[path] == nil {
				t.Errorf("%s imports %s", file, path)
			}
			named[path[strings.LastIndexByte(path, '/')+1:]] = path
		}
		ast.Inspect(f, func(n ast.Node) bool {
			s, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			x, ok := s.X.(*ast.Ident)
			if !ok || x.Obj != nil {
				return true
			}
			if allowed := may[named[x.Name]]; allowed != nil && !slices.Contains(allowed, s.Sel.Name) {
				t.Errorf("%s takes %s.%s", file, x.Name, s.Sel.Name)
			}
			return true
		})
	}
}

func parsed(t *testing.T, file string) *ast.File {
	t.Helper()
	src, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	f, err := parser.ParseFile(token.NewFileSet(), file, src, 0)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// declaredIn lists the constants of a type.
func declaredIn(t *testing.T, file, kind string) (names []string) {
	t.Helper()
	ast.Inspect(parsed(t, file), func(n ast.Node) bool {
		if v, ok := n.(*ast.ValueSpec); ok {
			if id, ok := v.Type.(*ast.Ident); ok && id.Name == kind {
				for _, name := range v.Names {
					names = append(names, name.Name)
				}
			}
		}
		return true
	})
	if len(names) < 10 {
		t.Fatalf("%s declares %v", file, names)
	}
	return names
}
