package front

import (
	"compress/gzip"
	"io"
	"net/http"
	"strings"
	"sync"
)

// compressLeast is the smallest response worth compressing, in bytes.
const compressLeast = 1 << 10

// Compress gzips pages, JSON and scripts for clients that accept it. Static
// assets are already compressed, and downloads are left as they are.
//
// The length of a compressed page leaks information to an attacker who can
// inject chosen text and watch the line (BREACH). To prevent that, the form
// token is masked afresh in each response, cursors are sealed with a fresh
// nonce, and cross-site requests carry no session (SameSite).
func Compress(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodHead || !takesGzip(r.Header.Get("Accept-Encoding")) {
			next.ServeHTTP(w, r)
			return
		}
		z := &zipped{ResponseWriter: w, status: http.StatusOK}
		defer z.close()
		next.ServeHTTP(z, r)
	})
}

// takesGzip parses as much of Accept-Encoding as is needed here.
func takesGzip(header string) bool {
	for part := range strings.SplitSeq(header, ",") {
		name, weight, _ := strings.Cut(strings.TrimSpace(part), ";")
		if strings.TrimSpace(name) == "gzip" {
			weight = strings.ReplaceAll(weight, " ", "")
			return weight != "q=0" && weight != "q=0.0" && weight != "q=0.00" && weight != "q=0.000"
		}
	}
	return false
}

var zippers = sync.Pool{New: func() any {
	w, _ := gzip.NewWriterLevel(io.Discard, gzip.BestSpeed) // a valid level never fails
	return w
}}

// zipped holds back the first bytes of a response until it is known to be worth
// compressing.
type zipped struct {
	http.ResponseWriter
	status     int
	headerSent bool // the header has been sent
	held       []byte
	zip        *gzip.Writer
}

// Unwrap returns the underlying writer to http.ResponseController.
func (z *zipped) Unwrap() http.ResponseWriter { return z.ResponseWriter }

// WriteHeader stores the status, which is sent with the first bytes.
func (z *zipped) WriteHeader(status int) {
	if status < 200 {
		z.ResponseWriter.WriteHeader(status)
		return
	}
	if !z.headerSent {
		z.status = status
		if !z.fits() {
			z.sendHeader()
		}
	}
}

// fits reports whether this kind of response is compressed at all.
func (z *zipped) fits() bool {
	h := z.Header()
	if h.Get("Content-Encoding") != "" || h.Get("Content-Range") != "" || z.status == http.StatusNoContent ||
		z.status == http.StatusNotModified {
		return false
	}
	kind, _, _ := strings.Cut(h.Get("Content-Type"), ";")
	switch strings.TrimSpace(kind) {
	case "text/html", "text/javascript", "text/css", "image/svg+xml", "application/json", "application/problem+json",
		"application/openapi+json":
		return h.Get("Content-Disposition") == ""
	}
	return false
}

func (z *zipped) sendHeader() {
	z.headerSent = true
	z.ResponseWriter.WriteHeader(z.status)
}

func (z *zipped) begin() {
	h := z.Header()
	h.Del("Content-Length")
	h.Set("Content-Encoding", "gzip")
	h.Add("Vary", "Accept-Encoding")
	z.zip = zippers.Get().(*gzip.Writer)
	z.zip.Reset(z.ResponseWriter)
	z.sendHeader()
}

// Write starts compressing once enough bytes have arrived.
func (z *zipped) Write(b []byte) (int, error) {
	if z.zip != nil {
		return z.zip.Write(b)
	}
	if !z.headerSent && z.fits() {
		z.held = append(z.held, b...)
		if len(z.held) < compressLeast {
			return len(b), nil
		}
		z.begin()
		if _, err := z.zip.Write(z.held); err != nil {
			return 0, err
		}
		z.held = nil
		return len(b), nil
	}
	if !z.headerSent {
		z.sendHeader()
	}
	return z.ResponseWriter.Write(b)
}

// Flush sends what has been written so far.
func (z *zipped) Flush() {
	z.release()
	if z.zip != nil {
		_ = z.zip.Flush() // the client may have disconnected
	}
	_ = http.NewResponseController(z.ResponseWriter).Flush()
}

// release sends a short response uncompressed.
func (z *zipped) release() {
	if z.zip == nil && !z.headerSent {
		z.sendHeader()
	}
	if len(z.held) > 0 {
		_, _ = z.ResponseWriter.Write(z.held) // the client may have disconnected
		z.held = nil
	}
}

func (z *zipped) close() {
	z.release()
	if z.zip != nil {
		_ = z.zip.Close() // the client may have disconnected
		zippers.Put(z.zip)
	}
}
