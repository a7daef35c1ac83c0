package cli

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// childEnv makes the test binary run as the program itself.
const childEnv = "PLUMBLINE_TEST_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(childEnv) != "" {
		os.Exit(Main(os.Args[1:], os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

// child starts the program in a process of its own, so that it can be killed.
func child(t *testing.T, args ...string) (base string, kill func()) {
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
			_ = cmd.Process.Kill() // SIGKILL: nothing is told, nothing is closed
			_ = cmd.Wait()
		})
	}
	t.Cleanup(kill)
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if _, address, ok := strings.Cut(lines.Text(), "serving "); ok {
			go func() { _, _ = io.Copy(io.Discard, out) }()
			return strings.TrimSpace(address), kill
		}
	}
	t.Fatalf("the program ended before it served: %s", errOut.String())
	return "", kill
}

func post(client *http.Client, url, token, key, body string) (int, []byte, error) {
	req, err := http.NewRequest("POST", url, strings.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	if key != "" {
		req.Header.Set("Idempotency-Key", key)
	}
	res, err := client.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	return res.StatusCode, raw, err
}

// TestKilledAtAnyMoment kills the server under clients that write, again and
// again. Every acknowledged write must be there afterwards, none of them twice
// although the clients repeat what they got no answer to, and verify passes.
func TestKilledAtAnyMoment(t *testing.T) {
	db := filepath.Join(t.TempDir(), "site.db")
	if status, _, errOut := run(t, "demo", "--db", db, "--no-serve"); status != 0 {
		t.Fatal(errOut)
	}
	const cycles, clients = 6, 8
	client := &http.Client{Timeout: 10 * time.Second}
	acked := make(map[string]string) // request key → id
	var mu sync.Mutex
	var last string
	for cycle := range cycles {
		base, kill := child(t, "serve", "--db", db, "--addr", "127.0.0.1:0")
		last = base
		status, raw, err := post(client, base+"/api/v1/sessions", "", "", `{"login":"demo-manager","password":"plumb-line-2026"}`)
		var session struct{ Token string }
		if err != nil || status >= 300 || json.Unmarshal(raw, &session) != nil || session.Token == "" {
			t.Fatalf("sign in: %d %s %v", status, raw, err)
		}
		var wg sync.WaitGroup
		count := make(chan struct{}, 10_000)
		for c := range clients {
			wg.Go(func() {
				for n := 0; ; n++ {
					key := fmt.Sprintf("key-%d-%d", c, n) // the same keys in every cycle
					body := fmt.Sprintf(`{"title":"演练 %s","opens_on":"2027-01-01","closes_on":"2027-02-01","period_from":"2026-01-01","period_to":"2026-12-31"}`, key)
					status, raw, err := post(client, base+"/api/v1/campaigns", session.Token, key, body)
					if err != nil {
						return // killed: no answer
					}
					var done struct{ ID string }
					if status != 201 || json.Unmarshal(raw, &done) != nil {
						t.Errorf("%d %s", status, raw)
						return
					}
					mu.Lock()
					if before, ok := acked[key]; ok && before != done.ID {
						t.Errorf("%s was acknowledged as %s and as %s", key, before, done.ID)
					}
					acked[key] = done.ID
					mu.Unlock()
					count <- struct{}{}
				}
			})
		}
		for range 40 + 13*cycle { // somewhere in the middle of the writing
			<-count
		}
		kill()
		wg.Wait()
	}
	if len(acked) < 50 {
		t.Fatalf("only %d writes were acknowledged (last at %s)", len(acked), last)
	}
	if status, out, errOut := run(t, "verify", "--db", db, "--quiet"); status != 0 {
		t.Fatalf("verify: %s %s", out, errOut)
	}
	status, out, errOut := run(t, "campaign", "list", "--db", db, "--output", "json")
	if status != 0 {
		t.Fatal(errOut)
	}
	for key, id := range acked {
		if n := strings.Count(out, `"演练 `+key+`"`); n != 1 {
			t.Errorf("%s (%s) is there %d times", key, id, n)
		}
	}
}
