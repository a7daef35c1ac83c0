package cli

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"plumbline/internal/apptest/pgtest"
)

// TestTwoServersOverOneDatabase has two servers write concurrently to one
// PostgreSQL database, with one separate signer: every write is acknowledged
// and signed, nothing freezes, and the ledger verifies.
func TestTwoServersOverOneDatabase(t *testing.T) {
	dsn, folder := pgtest.DSN(t), t.TempDir()
	at := func(name string) string { return filepath.Join(folder, name) }
	site := []string{"--db", dsn, "--key-file", at("site.key"), "--keys", at("site.keys")}
	run := func(args ...string) string {
		t.Helper()
		status, out := alone(t, nil, append(args, site...)...)
		if status != 0 {
			t.Fatalf("%v: status %d\n%s", args, status, out)
		}
		return out
	}
	run("demo", "--no-serve")
	// A trial that becomes a site takes its key along.
	said, _ := aside(t, "fingerprint", "signer", "--key", at("site.sign"), "--socket", at("socket"))
	vkey := regexp.MustCompile(`key +(\S+)`).FindStringSubmatch(said)[1]
	site = append(site, "--signer", "unix:"+at("socket"))
	// A third server that does not share the files beside the database is
	// refused.
	for flag, says := range map[string]string{"--key-file": "secret", "--keys": "key store", "--signer-key": "signing key"} {
		args := append([]string{"serve", "--addr", "127.0.0.1:0"}, site[:6]...)
		if status, out := alone(t, nil, append(args, flag, at("elsewhere"))...); status == 0 || !strings.Contains(out, says) {
			t.Errorf("%s elsewhere: status %d\n%s", flag, status, out)
		}
	}
	var bases [2]string
	for i := range bases {
		bases[i], _ = child(t, append([]string{"serve", "--addr", "127.0.0.1:0"}, site...)...)
	}
	// A session on one server is valid on the other.
	tokens := [2]string{tokenOf(t, bases[1], "demo-manager"), tokenOf(t, bases[0], "demo-manager")}
	audit := tokenOf(t, bases[0], "demo-audit")
	before := sizeNow(t, bases[0], audit)
	const each, clients = 12, 4
	var all sync.WaitGroup
	for i, base := range bases {
		for c := range clients {
			all.Go(func() {
				for n := range each {
					status, raw := answer(t, "POST", base+"/api/v1/campaigns", tokens[i],
						strings.Replace(draft, "专项", fmt.Sprintf("专项%d-%d-%d", i, c, n), 1))
					if status >= 300 {
						t.Errorf("server %d: %d %s", i, status, raw)
						return
					}
				}
			})
		}
	}
	all.Wait()
	size := sizeNow(t, bases[1], audit)
	if size < before+2*each*clients {
		t.Errorf("%d entries after %d writes over %d", size, 2*each*clients, before)
	}
	for _, base := range bases {
		signedUpTo(t, base, vkey, size)
		if status, raw := answer(t, "GET", base+"/readyz", "", ""); status != 200 {
			t.Errorf("%s: %d %s", base, status, raw)
		}
	}
	if said := run("verify", "--quiet", "--key", vkey); !strings.Contains(said, "ok: every record") {
		t.Error(said)
	}
}

// TestPaceIsBounded: an interval that would delay receipts or witnesses is
// rejected before the database is opened.
func TestPaceIsBounded(t *testing.T) {
	for flag, value := range map[string]string{"sign-every": "1m", "witness-every": "10ms", "witness-heartbeat": "48h"} {
		if status, out := alone(t, nil, "serve", "--addr", "127.0.0.1:0", "--"+flag, value); status == 0 ||
			!strings.Contains(out, "--"+flag+" is from") {
			t.Errorf("%s: status %d\n%s", flag, status, out)
		}
	}
	site := filepath.Join(t.TempDir(), "site.db")
	if status, out := alone(t, nil, "demo", "--no-serve", "--db", site); status != 0 {
		t.Fatal(out)
	}
	base, _ := child(t, "serve", "--addr", "127.0.0.1:0", "--db", site, "--sign-every", "500ms", "--witness-heartbeat", "1m")
	if status, out := answer(t, "GET", base+"/readyz", "", ""); status != 200 {
		t.Errorf("%d %s", status, out)
	}
}
