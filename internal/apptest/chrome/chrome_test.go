package chrome

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTab(t *testing.T) {
	b := Start(t)
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", "default-src 'none'; form-action 'self'")
		_, _ = fmt.Fprintf(w, `<!DOCTYPE html><html lang="en"><title>t</title><main>%s %s</main>
			<form method="post" action="/next"><label>Name <input name="name"></label><button>Go</button></form>
			<input id="bare"><p style="color:red">x</p>`, r.Header.Get("Accept-Language"), r.FormValue("name"))
	}))
	defer site.Close()
	tab, err := b.Tab(360, "zh-CN")
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []func() error{
		func() error { return tab.Open(site.URL) },
		func() error { return tab.Fill("input[name=name]", `准绳 "x"`) },
		func() error { return tab.Follow("button") },
	} {
		if err := step(); err != nil {
			t.Fatal(err)
		}
	}
	if text, err := tab.Text("main"); err != nil || text != `zh-CN 准绳 "x"` {
		t.Errorf("the page says %q, %v", text, err)
	}
	if path, err := tab.Path(); err != nil || path != "/next" {
		t.Errorf("at %q, %v", path, err)
	}
	if err := tab.Press("#nothing"); err == nil {
		t.Error("what is not there was pressed")
	}
	found, err := tab.Axe()
	if err != nil {
		t.Fatal(err)
	}
	if all := strings.Join(found, "\n"); !strings.Contains(all, "label") || !strings.Contains(all, "bare") {
		t.Errorf("axe does not object to a field without a label: %s", all)
	}
	if wrong, err := tab.Wrong(); err != nil || len(wrong) == 0 || !strings.Contains(wrong[0], "style-src") {
		t.Errorf("an inline style was not noticed: %v, %v", wrong, err)
	}
	file := filepath.Join(t.TempDir(), "shot.png")
	if err := tab.Shot(file); err != nil {
		t.Fatal(err)
	}
	if raw, err := os.ReadFile(file); err != nil || !strings.HasPrefix(string(raw), "\x89PNG") {
		t.Errorf("no picture: %v", err)
	}
}
