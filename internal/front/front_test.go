package front

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestSourceBehindAProxy(t *testing.T) {
	ours, err := ParseProxies([]string{"10.1.0.0/16", "192.0.2.7", "::1"})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ socket, forwarded, want string }{
		{"203.0.113.9:4711", "", "203.0.113.9"},
		{"203.0.113.9:4711", "198.51.100.1", "203.0.113.9"}, // not one of ours: what it says is worth nothing
		{"10.1.2.3:80", "", "10.1.2.3"},
		{"10.1.2.3:80", "198.51.100.1", "198.51.100.1"},
		{"10.1.2.3:80", "6.6.6.6, 198.51.100.1", "198.51.100.1"}, // the client wrote the first
		{"10.1.2.3:80", "198.51.100.1, 192.0.2.7, 10.1.9.9", "198.51.100.1"},
		{"10.1.2.3:80", "10.1.0.1", "10.1.0.1"},
		{"10.1.2.3:80", "198.51.100.1, junk", "10.1.2.3"},
		{"[::1]:80", "2001:db8::5", "2001:db8::5"},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = c.socket
		if c.forwarded != "" {
			r.Header.Set("X-Forwarded-For", c.forwarded)
		}
		if got := ours.source(r); got != c.want {
			t.Errorf("%s forwarding %q: %s, want %s", c.socket, c.forwarded, got, c.want)
		}
	}
	for _, bad := range []string{"10.1", "proxy.example", "10.0.0.0/40"} {
		if _, err := ParseProxies([]string{bad}); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
	// Without the setting the header has no effect.
	var none Proxies
	none.Trust(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.RemoteAddr != "192.0.2.1:1234" {
			t.Errorf("source %s", r.RemoteAddr)
		}
	})).ServeHTTP(httptest.NewRecorder(), func() *http.Request {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set("X-Forwarded-For", "6.6.6.6")
		return r
	}())
}

func TestCompress(t *testing.T) {
	long := strings.Repeat("a page of some length. ", 200)
	answer := func(kind, body, accept, encoding string, status int) *http.Response {
		h := Compress(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", kind)
			if encoding != "" {
				w.Header().Set("Content-Encoding", encoding)
			}
			w.Header().Set("Content-Length", "999")
			w.WriteHeader(status)
			for len(body) > 0 { // in pieces, as templates write
				n := min(100, len(body))
				_, _ = io.WriteString(w, body[:n])
				body = body[n:]
			}
		}))
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set("Accept-Encoding", accept)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w.Result()
	}
	for _, c := range []struct {
		name, kind, body, accept, encoding string
		status                             int
		zipped                             bool
	}{
		{"a page", "text/html; charset=utf-8", long, "br, gzip", "", 200, true},
		{"a problem", "application/problem+json", long, "gzip;q=0.5", "", 422, true},
		{"a short page", "text/html", "short", "gzip", "", 200, false},
		{"a client that takes none", "text/html", long, "", "", 200, false},
		{"a client that refuses", "text/html", long, "gzip;q=0", "", 200, false},
		{"a workbook", "application/vnd.ms-excel", long, "gzip", "", 200, false},
		{"compressed already", "text/css", long, "gzip", "br", 200, false},
		{"nothing", "text/html", "", "gzip", "", 204, false},
	} {
		got := answer(c.kind, c.body, c.accept, c.encoding, c.status)
		body, _ := io.ReadAll(got.Body)
		zipped := got.Header.Get("Content-Encoding") == "gzip"
		if zipped != c.zipped || got.StatusCode != c.status {
			t.Errorf("%s: compressed %v, status %d", c.name, zipped, got.StatusCode)
			continue
		}
		if zipped {
			if got.Header.Get("Content-Length") != "" || got.Header.Get("Vary") != "Accept-Encoding" {
				t.Errorf("%s: headers %v", c.name, got.Header)
			}
			r, err := gzip.NewReader(strings.NewReader(string(body)))
			if err != nil {
				t.Fatal(err)
			}
			body, _ = io.ReadAll(r)
		}
		if string(body) != c.body {
			t.Errorf("%s: %d bytes came of %d", c.name, len(body), len(c.body))
		}
	}
}
