package web_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"plumbline/internal/apptest"
)

var namedInTemplate = regexp.MustCompile(`name="([^"{]+)"`)

// TestNoFieldBearsANameOfTheFrame reads the sources of the pages: only ui.Token
// and page.Call.Fill write the fields of the frame, and no field of the trade begins with
// an underscore. FormFaults says the same of every page that a test is shown.
func TestNoFieldBearsANameOfTheFrame(t *testing.T) {
	ours := map[string]string{"form_token": "ui/form.templ", "request_key": "ui/form.templ"}
	check := func(file, name string) {
		if strings.HasPrefix(name, "_") || slices.Contains(apptest.FrameFields, name) && ours[name] != filepath.ToSlash(file) {
			t.Errorf("%s: a field is named %q, as a field of the frame", file, name)
		}
	}
	fields := 0
	err := filepath.WalkDir(".", func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (file == "assets" || file == "webtest") {
			return fs.SkipDir
		}
		switch {
		case strings.HasSuffix(file, ".templ"):
			raw, err := os.ReadFile(file)
			if err != nil {
				return err
			}
			for _, m := range namedInTemplate.FindAllStringSubmatch(string(raw), -1) {
				check(file, m[1])
			}
		case strings.HasSuffix(file, ".go") && !strings.HasSuffix(file, "_test.go") && filepath.Dir(file) != "ui":
			for _, name := range namesInGo(t, file) {
				fields++
				check(file, name)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if fields < 150 {
		t.Errorf("only %d fields were read in the sources", fields)
	}
}

// namesInGo are the names of fields that a Go file writes: the Name of an
// ui.Input, the first text of a hidden pair, and the name given to ui.Hidden.
func namesInGo(t *testing.T, file string) (names []string) {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	text := func(e ast.Expr) {
		if l, ok := e.(*ast.BasicLit); ok && l.Kind == token.STRING {
			name, _ := strconv.Unquote(l.Value) // the parser has read it
			names = append(names, name)
		}
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.KeyValueExpr:
			if k, ok := n.Key.(*ast.Ident); ok && k.Name == "Name" {
				text(n.Value)
			}
		case *ast.CompositeLit:
			if len(n.Elts) == 2 {
				text(n.Elts[0])
			}
		case *ast.CallExpr:
			if s, ok := n.Fun.(*ast.SelectorExpr); ok && s.Sel.Name == "Hidden" && len(n.Args) > 0 {
				text(n.Args[0])
			}
		}
		return true
	})
	return names
}
