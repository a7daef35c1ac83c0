// Package assets owns the files that pages load: style sheets, scripts, the
// icons and the mark. They are vendored and embedded, so that an installation
// asks no other host for anything.
//
// A file is served under a name that holds a hash of its content and may be
// kept by browsers for ever. Vendored: Bootstrap 5.3.9 (style sheet), htmx
// 2.0.11 lowered to Chrome 69 and Safari 12 with `go tool esbuild`, and outline
// icons of Tabler Icons 3.51.0, and swagger-ui-dist 5.32.0 (bundle and style
// sheet, for the page of the API); their licences lie in licences/.
package assets

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"regexp"
	"strconv"
	"strings"
)

//go:embed static
var static embed.FS

//go:embed verifier/verifier.wasm.gz verifier/wasm_exec.js
var verifier embed.FS

//go:embed apidoc
var apidoc embed.FS // kept compressed: read by few, and large

//go:embed icons.svg
var sprite string

// Prefix is the path below which the files are served.
const Prefix = "/assets/"

type file struct {
	url, kind, tag string
	plain, zipped  []byte
}

var (
	byName = map[string]*file{}
	byURL  = map[string]*file{}
	icons  = map[string]string{}
)

func init() {
	names, err := fs.Glob(static, "static/*")
	if err != nil {
		panic(err)
	}
	for _, name := range names {
		body, err := static.ReadFile(name)
		if err != nil {
			panic(err)
		}
		add(name, body, nil)
	}
	glue, err := verifier.ReadFile("verifier/wasm_exec.js")
	if err != nil {
		panic(err)
	}
	add("wasm_exec.js", glue, nil)
	zipped, err := verifier.ReadFile("verifier/verifier.wasm.gz")
	if err != nil {
		panic(err)
	}
	add("verifier.wasm", nil, zipped)
	packed, err := fs.Glob(apidoc, "apidoc/*.gz")
	if err != nil {
		panic(err)
	}
	for _, name := range packed {
		body, err := apidoc.ReadFile(name)
		if err != nil {
			panic(err)
		}
		add(strings.TrimSuffix(name, ".gz"), nil, body)
	}
	for _, m := range regexp.MustCompile(`<symbol id="([^"]+)"[^>]*>(.*?)</symbol>`).FindAllStringSubmatch(sprite, -1) {
		icons[m[1]] = m[2]
	}
}

// add names a file by the hash of its content. One that comes zipped is not
// unpacked before somebody asks for it so.
func add(name string, body, zipped []byte) {
	sum := sha256.Sum256(append(body[:len(body):len(body)], zipped...))
	tag := hex.EncodeToString(sum[:8])
	base, ext := path.Base(name), path.Ext(name)
	f := &file{
		url:   Prefix + strings.TrimSuffix(base, ext) + "." + tag + ext,
		kind:  kind(ext),
		tag:   `"` + tag + `"`,
		plain: body,
	}
	if z := zip(body); zipped != nil {
		f.zipped = zipped
	} else if len(z) < len(body)*9/10 {
		f.zipped = z
	}
	byName[base], byURL[f.url] = f, f
}

// Body is the content of an embedded file, for a page that holds it itself.
func Body(name string) []byte {
	URL(name) // stops at a name that is not embedded
	return byName[name].plain
}

// Zipped is the content packed by gzip.
func Zipped(name string) []byte {
	URL(name)
	return byName[name].zipped
}

// kind is the content type, held here because the machine's own table differs.
func kind(ext string) string {
	switch ext {
	case ".css":
		return "text/css; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".wasm":
		return "application/wasm"
	}
	return mime.TypeByExtension(ext)
}

func zip(body []byte) []byte {
	var b bytes.Buffer
	w, _ := gzip.NewWriterLevel(&b, gzip.BestCompression)
	_, _ = w.Write(body) // a bytes.Buffer takes everything
	_ = w.Close()
	return b.Bytes()
}

// URL is the address of the file, for example of "app.css". A name that is not
// embedded is a mistake of ours and stops the program at its first page.
func URL(name string) string {
	f, ok := byName[name]
	if !ok {
		panic(fmt.Sprintf("assets: no file %q", name))
	}
	return f.url
}

// Icon is the drawing inside a 24 by 24 outline icon, "" if there is none.
func Icon(name string) string { return icons[name] }

// Serve answers GET and HEAD for one asset, and 404 for what is none.
func Serve(w http.ResponseWriter, r *http.Request) {
	f, ok := byURL[r.URL.Path]
	if !ok {
		w.Header().Set("Cache-Control", "no-store")
		http.Error(w, "404", http.StatusNotFound)
		return
	}
	h := w.Header()
	h.Set("Content-Type", f.kind)
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("ETag", f.tag)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Vary", "Accept-Encoding")
	if r.Header.Get("If-None-Match") == f.tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	body := f.plain
	if body == nil && !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") { // kept packed only
		z, err := gzip.NewReader(bytes.NewReader(f.zipped))
		if err == nil {
			body, err = io.ReadAll(z)
		}
		if err != nil {
			http.Error(w, "500", http.StatusInternalServerError)
			return
		}
	} else if f.zipped != nil && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
		body = f.zipped
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // the reader may have gone away
	}
}
