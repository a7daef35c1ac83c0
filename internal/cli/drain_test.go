package cli

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"
)

// listening serves a site that nobody has set up.
func listening(t *testing.T) *httptest.Server {
	t.Helper()
	e := &env{Config: defaults(), out: io.Discard, log: slog.New(slog.DiscardHandler)}
	e.DB = filepath.Join(t.TempDir(), "a.db")
	s, err := e.open(t.Context(), true)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	handler, err := e.handler(s, false)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server
}

// TestARefusedBodyIsNoNextRequest puts requests into a body that is too large.
// The server must not take the unread part of a body for another request:
// behind a proxy it would be somebody else's.
func TestARefusedBodyIsNoNextRequest(t *testing.T) {
	server := listening(t)
	for _, path := range []string{"/api/v1/sessions", "/language"} {
		c, err := net.Dial("tcp", server.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		body := bytes.Repeat([]byte("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"), bodyLimit/37)
		fmt.Fprintf(c, "POST %s HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n", path, len(body))
		_, _ = c.Write(body)                                   // it may be cut off
		_ = c.SetReadDeadline(time.Now().Add(2 * time.Second)) // an answered line may stay open
		answers, _ := io.ReadAll(io.LimitReader(c, 1<<20))
		if n := bytes.Count(answers, []byte("HTTP/1.1 ")); n > 1 {
			t.Errorf("%s: %d answers to one request", path, n)
		}
		_ = c.Close()
	}
}

// TestARefusedUploadIsDrained sends the whole body before reading the
// response, as a browser does. Cut off meanwhile, it would never learn the
// reason.
func TestARefusedUploadIsDrained(t *testing.T) {
	server := listening(t)
	for path, want := range map[string]int{"/audit/preview": http.StatusSeeOther, "/language": http.StatusRequestEntityTooLarge} {
		c, err := net.Dial("tcp", server.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		const size = bodyLimit + 8<<20
		fmt.Fprintf(c, "POST %s HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n", path, size)
		if n, err := io.Copy(c, io.LimitReader(endless{}, size)); err != nil {
			t.Errorf("%s: cut off after %d bytes: %v", path, n, err)
		} else if r, err := http.ReadResponse(bufio.NewReader(c), nil); err != nil || r.StatusCode != want {
			t.Errorf("%s: %v %v, want %d", path, r, err, want)
		}
		_ = c.Close()
	}
}
