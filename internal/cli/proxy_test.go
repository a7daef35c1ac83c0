package cli

import (
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"plumbline/internal/front"
)

// TestAProxyThatNobodyNamed: an unknown proxy is reported once, a configured
// one not at all.
func TestAProxyThatNobodyNamed(t *testing.T) {
	ours, err := front.ParseProxies([]string{"10.1.0.0/16"})
	if err != nil {
		t.Fatal(err)
	}
	var out, log strings.Builder
	e := &env{Config: defaults(), out: &out, log: slog.New(slog.NewTextHandler(&log, nil))}
	answered := 0
	h := ours.Strangers(e.sayStranger, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { answered++ }))
	ask := func(peer, header string) {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = peer
		if header != "" {
			r.Header.Set(header, "198.51.100.1")
		}
		h.ServeHTTP(httptest.NewRecorder(), r)
	}
	ask("192.0.2.9:80", "")
	ask("10.1.2.3:80", "X-Forwarded-For")
	if out.String()+log.String() != "" {
		t.Errorf("said without a cause: %s%s", out.String(), log.String())
	}
	ask("127.0.0.1:80", "Forwarded")
	ask("192.0.2.9:80", "X-Forwarded-For")
	if got := out.String(); strings.Count(got, "PROXY") != 1 || !strings.Contains(got, "--trusted-proxy 127.0.0.1") ||
		strings.Contains(got, "198.51.100.1") {
		t.Errorf("printed: %q", got)
	}
	if got := log.String(); strings.Count(got, "\n") != 1 || !strings.Contains(got, "level=WARN") ||
		!strings.Contains(got, "peer=127.0.0.1") {
		t.Errorf("logged: %q", got)
	}
	if answered != 4 {
		t.Errorf("%d of 4 requests were answered", answered)
	}
	for _, c := range []struct {
		addr   string
		secure bool
		named  []string
		want   string
	}{
		{"127.0.0.1", false, nil, ""},
		{"127.0.0.1", true, nil, "PROXY   none is named"},
		{"0.0.0.0", false, nil, "proxy   none is named"},
		{"0.0.0.0", true, []string{"10.1.0.0/16"}, "proxy   10.1.0.0/16: X-Forwarded-For is believed"},
	} {
		out.Reset()
		e.Secure, e.TrustedProxies = c.secure, c.named
		e.sayProxies(&net.TCPAddr{IP: net.ParseIP(c.addr)})
		if got := out.String(); !strings.HasPrefix(got, c.want) || c.want == "" && got != "" {
			t.Errorf("%+v: %q", c, got)
		}
	}
}
