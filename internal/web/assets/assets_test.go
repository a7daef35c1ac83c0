package assets

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func get(t *testing.T, url string, headers ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, url, nil)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	Serve(w, r)
	return w.Result()
}

func TestServe(t *testing.T) {
	url := URL("app.css")
	plain := get(t, url)
	body, _ := io.ReadAll(plain.Body)
	if plain.StatusCode != 200 || !strings.Contains(string(body), ".panel") {
		t.Fatalf("%s: %d, %d bytes", url, plain.StatusCode, len(body))
	}
	if c := plain.Header.Get("Cache-Control"); !strings.Contains(c, "immutable") {
		t.Errorf("Cache-Control %q", c)
	}
	zipped := get(t, url, "Accept-Encoding", "gzip")
	r, err := gzip.NewReader(zipped.Body)
	if err != nil {
		t.Fatal(err)
	}
	if again, _ := io.ReadAll(r); string(again) != string(body) {
		t.Error("the compressed file differs from the plain one")
	}
	if got := get(t, url, "If-None-Match", plain.Header.Get("ETag")).StatusCode; got != 304 {
		t.Errorf("a known file: %d, want 304", got)
	}
	doc := URL("swagger-ui.css") // kept compressed: both ways must give the same
	plain, zipped = get(t, doc), get(t, doc, "Accept-Encoding", "gzip")
	body, _ = io.ReadAll(plain.Body)
	if r, err = gzip.NewReader(zipped.Body); err != nil {
		t.Fatal(err)
	}
	if again, _ := io.ReadAll(r); string(again) != string(body) || len(body) < 100_000 || plain.Header.Get("Content-Encoding") != "" {
		t.Errorf("%s: %d bytes plain, %d bytes unzipped", doc, len(body), len(again))
	}
	for _, wrong := range []string{"/assets/app.css", "/assets/", "/assets/../assets.go", "/assets/app.0000.css"} {
		if got := get(t, wrong).StatusCode; got != 404 {
			t.Errorf("%s: %d, want 404", wrong, got)
		}
	}
}

// TestOldBrowsers holds what Chrome 69 and iOS 12 would not understand in our
// own sheet, and what the content security policy would refuse.
func TestOldBrowsers(t *testing.T) {
	css, _ := static.ReadFile("static/app.css")
	for _, no := range []string{":is(", ":where(", ":has(", "clamp(", "inset:", "aspect-ratio", "@import", "http://", "https://"} {
		if strings.Contains(strings.SplitN(string(css), "*/", 2)[1], no) {
			t.Errorf("app.css uses %s", no)
		}
	}
	for _, name := range []string{"static/htmx.js", "static/app.js", "static/verify.js"} {
		js, _ := static.ReadFile(name)
		for _, no := range []string{"?.", "??="} {
			if strings.Contains(string(js), no) {
				t.Errorf("%s uses %s", name, no)
			}
		}
	}
}

func TestIcons(t *testing.T) {
	if len(icons) < 40 || !strings.Contains(Icon("home"), "<path") {
		t.Fatalf("%d icons, home is %q", len(icons), Icon("home"))
	}
	if Icon("no-such-icon") != "" {
		t.Error("an unknown icon has a drawing")
	}
}
