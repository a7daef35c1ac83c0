package cli

import (
	"compress/gzip"
	"io"
	"net/http"
	"strings"
	"sync"
)

// compressLeast is the smallest answer that is worth compressing, in bytes.
const compressLeast = 1 << 10

// compress gzips pages, JSON and scripts for clients that take it. Files of
// ours come compressed already, and downloads are left as they are.
//
// The length of a compressed page tells something of what is in it to whoever
// can have it made with words of his own choice and watch the line (BREACH). The
// form token is masked anew for each answer, cursors are sealed with a fresh
// nonce, and other sites' requests carry no session (SameSite).
func compress(next http.Handler) http.Handler {
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

// takesGzip reads Accept-Encoding as far as we need it.
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
	w, _ := gzip.NewWriterLevel(io.Discard, gzip.BestSpeed) // a known level never fails
	return w
}}

// zipped holds the first bytes of an answer back until it is clear whether it
// is worth compressing.
type zipped struct {
	http.ResponseWriter
	status     int
	headerSent bool // the header has gone out
	held       []byte
	zip        *gzip.Writer
}

// Unwrap gives http.ResponseController the writer below.
func (z *zipped) Unwrap() http.ResponseWriter { return z.ResponseWriter }

// WriteHeader remembers the status; it goes out with the first bytes.
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

// fits reports whether an answer of this kind is compressed at all.
func (z *zipped) fits() bool {
	h := z.Header()
	if h.Get("Content-Encoding") != "" || h.Get("Content-Range") != "" || z.status == http.StatusNoContent || z.status == http.StatusNotModified {
		return false
	}
	kind, _, _ := strings.Cut(h.Get("Content-Type"), ";")
	switch strings.TrimSpace(kind) {
	case "text/html", "text/javascript", "text/css", "image/svg+xml", "application/json", "application/problem+json", "application/openapi+json":
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

// Write compresses once enough has come.
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

// Flush sends what there is.
func (z *zipped) Flush() {
	z.release()
	if z.zip != nil {
		_ = z.zip.Flush() // the client may have gone away
	}
	_ = http.NewResponseController(z.ResponseWriter).Flush()
}

// release sends a short answer as it is.
func (z *zipped) release() {
	if z.zip == nil && !z.headerSent {
		z.sendHeader()
	}
	if len(z.held) > 0 {
		_, _ = z.ResponseWriter.Write(z.held) // the client may have gone away
		z.held = nil
	}
}

func (z *zipped) close() {
	z.release()
	if z.zip != nil {
		_ = z.zip.Close() // the client may have gone away
		zippers.Put(z.zip)
	}
}
