package witness

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"plumbline/internal/ledger"
	"plumbline/internal/words"
)

// A child of this test binary is a witness that is killed in the worst moment:
// the checkpoint is on disk, and nobody was told.
const childDir = "PLUMBLINE_TEST_WITNESS"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		dieBeforeTheAnswer(dir)
	}
	os.Exit(m.Run())
}

func dieBeforeTheAnswer(dir string) {
	body, err := io.ReadAll(os.Stdin)
	if err == nil {
		var w *Witness
		w, err = New(Options{Dir: dir, Clock: newClock().now, Logs: []Log{{Origin: "bureau.example/log",
			Keys: []string{os.Getenv(childDir + "_KEY")}}}})
		if err == nil {
			w.saved = func() { _ = syscall.Kill(os.Getpid(), syscall.SIGKILL); select {} }
			_, err = w.Add(context.Background(), body)
		}
	}
	fmt.Fprintln(os.Stderr, "still alive", err)
	os.Exit(3)
}

func TestKilledBetweenRecordAndAnswer(t *testing.T) {
	dir, clock, l := t.TempDir(), newClock(), newLog(t, "bureau.example/log")
	l.grow(t, "entry", 40)
	add(t, open(t, dir, clock, l), l.request(t, 0, 5), 200)
	for size := 5; size < 40; size += 5 {
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), childDir+"="+dir, childDir+"_KEY="+l.vkey)
		child.Stdin = bytes.NewReader(l.request(t, size, size+5))
		out, err := child.CombinedOutput()
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
			t.Fatalf("the child was not killed: %v %s", err, out)
		}
		// The site heard nothing and asks again as before.
		w := open(t, dir, clock, l)
		a := add(t, w, l.request(t, size, size+5), 409)
		if a.Body != fmt.Sprintf("%d\n", size+5) {
			t.Fatalf("after the kill it stands at %s", a.Body)
		}
		add(t, w, l.rebuilt(t, "forged", size+5).request(t, size+5, size+5), 409)
		if got := alarms(t, w); !strings.HasPrefix(got, "fork") {
			t.Fatalf("another tree of the size that nobody was told of: %q", got)
		}
		add(t, w, l.request(t, size+5, size+5), 200)
	}
}

func TestPullFromAOneWayNetwork(t *testing.T) {
	ctx, clock, l := context.Background(), newClock(), newLog(t, "bureau.example/log")
	l.grow(t, "entry", 30)
	shown, size := l, 10
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		old := 0
		switch r.URL.Path {
		case CheckpointPath:
			_, _ = rw.Write(shown.note(t, size))
		case RequestPath:
			_, _ = fmt.Sscan(r.URL.Query().Get("old"), &old)
			_, _ = rw.Write(shown.request(t, old, size))
		default:
			http.NotFound(rw, r)
		}
	}))
	defer server.Close()
	w, err := New(Options{Dir: t.TempDir(), Name: "audit.example/w1", Clock: clock.now,
		Logs: []Log{{Origin: l.origin, Keys: []string{l.vkey}, Follow: server.URL + "/"}}})
	if err != nil {
		t.Fatal(err)
	}
	pull := func(ok bool, want string) {
		t.Helper()
		if err := w.Pull(ctx, server.Client(), l.origin); (err == nil) != ok {
			t.Errorf("pull: %v", err)
		}
		if got := alarms(t, w); got != want {
			t.Errorf("alarms %q, want %q", got, want)
		}
	}
	pull(true, "")
	pull(true, "")
	size = 25
	pull(true, "")
	size = 10 // on record, but it is what the site shows now
	pull(false, "shrink")
	size = 26
	pull(true, "")
	shown, size = l.rebuilt(t, "forged", 30), 26
	pull(false, "fork")
	size = 30
	pull(false, "inconsistent fork")
	shown = newLog(t, "other.example/log")
	shown.grow(t, "entry", 40)
	pull(false, "inconsistent fork")
	if s, err := w.Status(); err != nil || s[0].Size != 26 {
		t.Errorf("%+v %v", s, err)
	}
}

func TestServerLimits(t *testing.T) {
	clock, l := newClock(), newLog(t, "bureau.example/log")
	l.grow(t, "entry", 30)
	w := open(t, t.TempDir(), clock, l)
	handler := w.Handler()
	ask := func(method, path, from string, body io.Reader) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, path, body)
		r.RemoteAddr = from
		rec := httptest.NewRecorder()
		handler.ServeHTTP(rec, r)
		return rec
	}
	for _, c := range []struct {
		method, path string
		body         io.Reader
		status       int
	}{
		{"POST", "/add-checkpoint", bytes.NewReader(l.request(t, 0, 5)), 200},
		{"GET", "/add-checkpoint", nil, 405},
		{"POST", "/add-checkpoint", strings.NewReader(strings.Repeat("x", BodyMax+1)), 413},
		{"POST", "/", nil, 405},
		{"GET", "/nothing", nil, 404},
		{"GET", "/key", nil, 200},
		{"GET", "/style.css", nil, 200},
		{"GET", "/healthz", nil, 200},
		{"GET", "/note?origin=bureau.example/log", nil, 200},
		{"GET", "/note?origin=x", nil, 404},
	} {
		if rec := ask(c.method, c.path, "192.0.2.1:1", c.body); rec.Code != c.status {
			t.Errorf("%s %s: %d, want %d", c.method, c.path, rec.Code, c.status)
		}
	}
	refused := 0
	for range 2 * rateBurst {
		if ask("GET", "/key", "192.0.2.2:1", nil).Code == 429 {
			refused++
		}
	}
	if refused != rateBurst {
		t.Errorf("%d of %d refused", refused, 2*rateBurst)
	}
	if ask("GET", "/key", "[2001:db8::1]:1", nil).Code != 200 {
		t.Error("another source was refused")
	}
	clock.add(time.Second)
	if ask("GET", "/key", "192.0.2.2:2", nil).Code != 200 {
		t.Error("refused after a second")
	}
	// Many sources fill the table; they do not grow it without end, and full
	// buckets make room again.
	limit := newLimiter(clock.now)
	for i := range rateKeep {
		if !limit.allow(fmt.Sprintf("10.%d.%d.%d:1", i>>16, i>>8&255, i&255)) {
			t.Fatal("refused too early")
		}
	}
	if limit.allow("192.0.2.9:1") {
		t.Error("the table has no end")
	}
	clock.add(time.Minute)
	if !limit.allow("192.0.2.9:1") || len(limit.seen) > 1 {
		t.Errorf("%d sources are kept", len(limit.seen))
	}
}

func TestPage(t *testing.T) {
	clock, l := newClock(), newLog(t, "bureau.example/log")
	l.grow(t, "entry", 30)
	o := Options{Dir: t.TempDir(), Name: "audit.example/w1", Clock: clock.now, Logs: []Log{
		{Origin: l.origin, Keys: []string{l.vkey}, Label: `市局 <"账本">`, Silence: 15 * time.Minute}}}
	w, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	page := func(lang words.Lang) string {
		r := httptest.NewRequest("GET", "/?lang="+string(lang), nil)
		rec := httptest.NewRecorder()
		w.Handler().ServeHTTP(rec, r)
		if rec.Code != 200 || !strings.Contains(rec.Header().Get("Content-Security-Policy"), "default-src 'none'") {
			t.Fatalf("%d %v", rec.Code, rec.Header())
		}
		if text := rec.Body.String(); strings.Contains(text, "witness.") || strings.Contains(text, `<"账本">`) {
			t.Errorf("%s page: %s", lang, text)
		}
		return rec.Body.String()
	}
	for _, lang := range words.Langs {
		if !strings.Contains(page(lang), words.T(lang, "witness.state.waiting")) {
			t.Errorf("%s: the empty page", lang)
		}
	}
	add(t, w, l.request(t, 0, 20), 200)
	digits := strings.Fields((ledger.Checkpoint{Origin: l.origin, Size: 20, Root: l.roots[20]}).Digits())
	for _, lang := range words.Langs {
		text := page(lang)
		for _, want := range append(digits, words.T(lang, "witness.banner.fine"), w.Public()[:30], Fingerprint(w.Public()), "20") {
			if !strings.Contains(text, want) && !strings.Contains(text, strings.ReplaceAll(want, "+", "&#43;")) {
				t.Errorf("%s: %q is missing", lang, want)
			}
		}
	}
	thief := l.rebuilt(t, "forged", 30)
	add(t, w, thief.request(t, 20, 20), 409)
	add(t, w, thief.request(t, 20, 30), 422)
	add(t, w, l.request(t, 15, 15), 409)
	clock.add(16 * time.Minute)
	if err := w.Tick(); err != nil {
		t.Fatal(err)
	}
	for _, lang := range words.Langs {
		text := page(lang)
		for _, want := range []string{"witness.banner.alarm", "witness.alarm.fork", "witness.alarm.inconsistent", "witness.alarm.shrink",
			"witness.alarm.silence"} {
			if !strings.Contains(text, words.T(lang, want)) {
				t.Errorf("%s: %s is missing", lang, want)
			}
		}
	}
	add(t, w, l.request(t, 20, 30), 200)
	for _, lang := range words.Langs {
		if !strings.Contains(page(lang), words.T(lang, "witness.healed")) {
			t.Errorf("%s: closed alarms are not shown", lang)
		}
	}
}
