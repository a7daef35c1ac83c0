package cli

import (
	"bufio"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"
)

// TestARefusedUploadIsHeardOut sends as a browser does, all of it before an
// answer is read: cut off meanwhile, it would never learn the reason.
func TestARefusedUploadIsHeardOut(t *testing.T) {
	e := &env{Config: defaults(), out: io.Discard, log: slog.New(slog.DiscardHandler)}
	e.DB = filepath.Join(t.TempDir(), "a.db")
	s, err := e.open(t.Context(), true)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	handler, err := e.handler(s, false)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	defer server.Close()
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
