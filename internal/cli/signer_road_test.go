package cli

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"plumbline/internal/apptest/poll"
	"plumbline/internal/demo"
	"plumbline/internal/ledger"
	"plumbline/internal/signer"
)

// aside starts the program in a process of its own, waits until it prints the
// last expected text, and returns the output so far.
func aside(t *testing.T, last string, args ...string) (said string, kill func()) {
	t.Helper()
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), childEnv+"=1")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var errOut bytes.Buffer
	cmd.Stderr = &errOut
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var once sync.Once
	kill = func() {
		once.Do(func() {
			_ = cmd.Process.Kill() // nothing is told, nothing is closed
			_ = cmd.Wait()
		})
	}
	t.Cleanup(kill)
	for lines := bufio.NewScanner(out); lines.Scan(); {
		said += lines.Text() + "\n"
		if strings.Contains(lines.Text(), last) {
			go func() { _, _ = io.Copy(io.Discard, out) }()
			return said, kill
		}
	}
	kill()
	t.Fatalf("the program ended before it said %q: %s %s", last, said, errOut.String())
	return "", nil
}

// answer sends an API request and returns status and body.
func answer(t *testing.T, method, url, token, body string) (int, string) {
	t.Helper()
	req, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(raw)
}

func tokenOf(t *testing.T, base, login string) string {
	t.Helper()
	status, raw := answer(t, "POST", base+"/api/v1/sessions", "", `{"login":"`+login+`","password":"`+demo.Password+`"}`)
	var session struct{ Token string }
	if err := json.Unmarshal([]byte(raw), &session); status >= 300 || err != nil || session.Token == "" {
		t.Fatalf("sign in: %d %s %v", status, raw, err)
	}
	return session.Token
}

const draft = `{"title":"专项","opens_on":"2027-01-01","closes_on":"2027-02-01","period_from":"2026-01-01","period_to":"2026-12-31"}`

func sizeNow(t *testing.T, base, audit string) int64 {
	t.Helper()
	status, raw := answer(t, "GET", base+"/api/v1/ledger/head", audit, "")
	var head struct{ Size int64 }
	if err := json.Unmarshal([]byte(raw), &head); status != 200 || err != nil {
		t.Fatalf("head: %d %s %v", status, raw, err)
	}
	return head.Size
}

// signedUpTo waits until the signed checkpoint covers that many entries, and
// checks it with the verifier key.
func signedUpTo(t *testing.T, base, vkey string, size int64) {
	t.Helper()
	v, err := signer.NewVerifier(vkey)
	if err != nil {
		t.Fatal(err)
	}
	var status int
	var note string
	signed := poll.Until(time.Minute, func() bool {
		if status, note = answer(t, "GET", base+"/api/v1/ledger/checkpoint", "", ""); status != 200 {
			return false
		}
		o, err := ledger.OpenCheckpoint([]byte(note), ledger.Trust{Log: []ledger.Verifier{v}})
		if err != nil {
			t.Fatalf("%v: %s", err, note)
		}
		return o.Size >= size
	})
	if !signed {
		t.Fatalf("not signed up to %d: %d %s", size, status, note)
	}
}

// TestTheManualOfTheSigner runs the commands of docs/signer.md in order: a
// separate signer that is killed and restarted, and an old backup that is
// restored, detected, and thawed by a person and by the signer's own operator.
func TestTheManualOfTheSigner(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join("..", "..", "docs", "signer.md"))
	if err != nil {
		t.Fatal(err)
	}
	chinese, err := os.ReadFile(filepath.Join("..", "..", "docs", "signer.zh-CN.md"))
	if err != nil {
		t.Fatal(err)
	}
	blocks := shell.FindAllStringSubmatch(string(raw), -1)
	if one, other := shell.FindAllString(string(raw), -1), shell.FindAllString(string(chinese), -1); !slices.Equal(one,
		other) || len(one) != 6 {
		t.Fatalf("the two languages give different commands: %v and %v", one, other)
	}
	origin := ""
	args := func(n int) []string {
		line := strings.ReplaceAll(strings.TrimSpace(blocks[n][1]), "LOG-NAME", origin)
		return typed(line)[1:]
	}
	t.Chdir(t.TempDir())
	if err := os.Mkdir("signer", 0o700); err != nil {
		t.Fatal(err)
	}
	if status, _, errOut := run(t, "demo", "--db", "site.db", "--no-serve", "--signer", "unix:signer/socket"); status != 0 {
		t.Fatal(errOut)
	}
	_, out, _ := run(t, args(0)...)
	origin = regexp.MustCompile(`(?m)^log\s+(\S+)$`).FindStringSubmatch(out)[1]
	said, killSigner := aside(t, "fingerprint", args(1)...)
	vkey := keyed.FindStringSubmatch(said)[1]
	if !strings.Contains(said, signer.Fingerprint(vkey)) {
		t.Errorf("the signer says %s", said)
	}
	serve := append(args(2), "--addr", "127.0.0.1:0")
	base, killServer := child(t, serve...)
	manager, audit := tokenOf(t, base, "demo-manager"), tokenOf(t, base, "demo-audit")
	signedUpTo(t, base, vkey, sizeNow(t, base, audit))

	// The signer is killed; writing continues; the signer restarts and catches
	// up.
	killSigner()
	if status, raw := answer(t, "POST", base+"/api/v1/campaigns", manager, draft); status >= 300 {
		t.Fatalf("writing without the signer: %d %s", status, raw)
	}
	wrote := sizeNow(t, base, audit)
	said, killSigner = aside(t, "fingerprint", args(1)...)
	if keyed.FindStringSubmatch(said)[1] != vkey {
		t.Errorf("another key after a restart: %s", said)
	}
	signedUpTo(t, base, vkey, wrote)
	killServer()

	// A copy, more entries, and the copy restored while nothing runs.
	if status, _, errOut := run(t, "verify", "--db", "site.db", "--quiet"); status != 0 {
		t.Fatal(errOut)
	}
	old, err := os.ReadFile("site.db")
	if err != nil {
		t.Fatal(err)
	}
	base, killServer = child(t, serve...)
	manager = tokenOf(t, base, "demo-manager")
	if status, raw := answer(t, "POST", base+"/api/v1/campaigns", manager, draft); status >= 300 {
		t.Fatalf("%d %s", status, raw)
	}
	signedUpTo(t, base, vkey, wrote+1)
	killServer()
	putBack(t, old)
	base, killServer = child(t, serve...)
	frozenEverywhere(t, base)
	killServer()

	if err := os.WriteFile("password.txt", []byte(demo.Password+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	status, out, errOut := run(t, append(args(3), "--signer", "unix:signer/socket")...)
	if status != 0 || !strings.Contains(out, "shrunk") || !strings.Contains(out, "kept as evidence: site.db.head.was-1") {
		t.Fatalf("%d %s %s", status, out, errOut)
	}
	base, killServer = child(t, serve...) // the signer's own operator has not agreed
	frozenEverywhere(t, base)
	killServer()
	head := out[strings.Index(out, origin+"\n"):]
	if err := os.WriteFile("head.txt", []byte(head), 0o600); err != nil {
		t.Fatal(err)
	}
	if status, out, errOut := run(t, args(4)...); status != 0 || !strings.Contains(out, "ledger.sign.state.was-1") {
		t.Fatalf("%d %s %s", status, out, errOut)
	}
	killSigner()
	said, _ = aside(t, "fingerprint", args(5)...)
	base, _ = child(t, serve...)
	manager, audit = tokenOf(t, base, "demo-manager"), tokenOf(t, base, "demo-audit")
	if status, raw := answer(t, "POST", base+"/api/v1/campaigns", manager, draft); status >= 300 {
		t.Fatalf("after the thaw: %d %s", status, raw)
	}
	signedUpTo(t, base, vkey, sizeNow(t, base, audit))
	if status, raw := answer(t, "GET", base+"/readyz", "", ""); status != 200 {
		t.Errorf("%d %s", status, raw)
	}
	_, keys := answer(t, "GET", base+"/api/v1/ledger/key", "", "")
	if strings.Count(keys, "\n") != 2 || !strings.Contains(keys, vkey) {
		t.Errorf("the keys with SM2: %s (%s)", keys, said)
	}
	_, note := answer(t, "GET", base+"/api/v1/ledger/checkpoint", "", "")
	for k := range strings.Lines(keys) {
		v, err := signer.NewVerifier(k)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ledger.OpenCheckpoint([]byte(note), ledger.Trust{Log: []ledger.Verifier{v}}); err != nil {
			t.Errorf("%s: %v", k, err)
		}
	}
}

func putBack(t *testing.T, old []byte) {
	t.Helper()
	for _, ending := range []string{"-wal", "-shm"} {
		if err := os.Remove("site.db" + ending); err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile("site.db", old, 0o600); err != nil {
		t.Fatal(err)
	}
}

// frozenEverywhere: pages, API and readiness all report the freeze, and reading
// works.
func frozenEverywhere(t *testing.T, base string) {
	t.Helper()
	if status, raw := answer(t, "GET", base+"/readyz", "", ""); status != 503 || !strings.Contains(raw, "frozen") {
		t.Errorf("readyz: %d %s", status, raw)
	}
	if status, _ := answer(t, "GET", base+"/healthz", "", ""); status != 200 {
		t.Errorf("healthz: %d", status)
	}
	if status, raw := answer(t, "GET", base+"/signin", "", ""); status != 200 || !strings.Contains(raw, "frozen-bar") {
		t.Errorf("the page does not say it: %d", status)
	}
	manager, audit := tokenOf(t, base, "demo-manager"), tokenOf(t, base, "demo-audit")
	if status, raw := answer(t, "POST", base+"/api/v1/campaigns", manager, draft); status != 503 ||
		!strings.Contains(raw, "ledger_frozen") {
		t.Errorf("a write: %d %s", status, raw)
	}
	if status, raw := answer(t, "GET", base+"/api/v1/campaigns", manager, ""); status != 200 {
		t.Errorf("a read: %d %s", status, raw)
	}
	sizeNow(t, base, audit)
}

// TestAMissingKeyIsNotMadeAgain: a ledger that was signed before does not
// silently get another key.
func TestAMissingKeyIsNotMadeAgain(t *testing.T) {
	t.Chdir(t.TempDir())
	writeSite(t)
	if err := os.Rename("site.db.sign", "elsewhere"); err != nil {
		t.Fatal(err)
	}
	for _, state := range []string{"with its memory", "without"} {
		if status, _, errOut := run(t, "serve", "--db", "site.db", "--addr", "127.0.0.1:0"); status == 0 ||
			!strings.Contains(errOut, "site.db.sign is missing") {
			t.Errorf("%s: %d %s", state, status, errOut)
		}
		if err := os.Remove("site.db.sign.state"); err != nil && state == "with its memory" {
			t.Fatal(err)
		}
	}
	if status, _, errOut := run(t, "signer", "--key", "none", "--socket", "s"); status == 0 || !strings.Contains(errOut, "--origin") {
		t.Errorf("%d %s", status, errOut)
	}
	if status, _, errOut := run(t, "verify", "--db", "site.db", "--quiet"); status != 0 {
		t.Errorf("verify needs no signer: %s", errOut)
	}
	if status, _, _ := run(t, "serve", "--db", "site.db", "--signer", "tcp:1", "--addr", "127.0.0.1:0"); status == 0 {
		t.Error("a signer that is no unix socket")
	}
}
