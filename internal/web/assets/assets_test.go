package assets

import (
	"compress/gzip"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"regexp"
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
}

// tooNew is syntax that Chrome 69 or iOS 12 lacks, by the form in which it shows
// in a text: at the first of it the browser runs nothing of the file. newer is
// what its library lacks: htmx has Object.fromEntries for those who enumerate a
// request's parameters, which nothing here does. young is what came with 2015, for a
// file that has to run even where none of it is known.
var (
	tooNew = regexp.MustCompile(`\?\.[^0-9]|\?\?|\|\|=|&&=|[.\s{;]#[a-z]\w*\s*[=(;]|\bimport\(|\b[0-9]+n\b|[0-9]_[0-9]|\(\?<[=!]|static ?\{`)
	newer  = regexp.MustCompile(`\bglobalThis\b|\bstructuredClone\b|\.(replaceAll|at|matchAll|fromEntries|allSettled|any|findLast|findLastIndex|hasOwn|toSorted)\(`)
	young  = regexp.MustCompile("=>|\\b(let|const|class|async|await|yield) |catch ?\\{|`|\\.\\.\\.|\\bfor ?\\([^;)]+ of ")
	apart  = regexp.MustCompile(`(?m)//.*$|"(?:\\.|[^"\\\n])*"`)
)

// TestOldBrowsersRead looks through every script of ours, and through htmx. The
// verify page's own is held to the oldest form: it has to get as far as saying
// that the browser cannot run the verifier.
func TestOldBrowsersRead(t *testing.T) {
	for code, want := range map[string]bool{
		"a?.b": true, "a ?? b": true, "a ||= b": true, "class A { #x = 1 }": true, "1n": true, "x.replaceAll(a, b)": true, "/(?<=a)b/": true,
		"a ? .5 : 1": false, "a || b": false, "try { } catch { }": false, "x.replace(a, b)": false, `"#x = 1"`: false, "x.flags(1)": false, "/(?<year>a)/": false, "async () => {}": false,
	} {
		text := apart.ReplaceAllString(code, `""`)
		if found := tooNew.FindString(text) + newer.FindString(text); (found != "") != want {
			t.Errorf("%s: found %q", code, found)
		}
	}
	names, err := fs.Glob(static, "static/*.js")
	if err != nil || len(names) < 5 {
		t.Fatal(names, err)
	}
	for _, name := range names {
		js, err := static.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		code := apart.ReplaceAllString(string(js), `""`)
		if found := tooNew.FindString(code); found != "" {
			t.Errorf("%s uses %q, which Chrome 69 and iOS 12 do not know", name, found)
		}
		if found := newer.FindString(code); name != "static/htmx.js" && found != "" {
			t.Errorf("%s uses %q, which the library of Chrome 69 or iOS 12 lacks", name, found)
		}
		if found := young.FindString(code); name == "static/verify.js" && found != "" {
			t.Errorf("%s uses %q", name, found)
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
