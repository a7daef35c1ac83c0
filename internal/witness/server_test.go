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

	"golang.org/x/mod/sumdb/note"

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
		w, err = New(Options{Dir: dir, Clock: newClock().now, Logs: []Log{{Origin: "bureau.example/log", Keys: []string{os.Getenv(childDir + "_KEY")}}}})
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

// site is the source of a feeder over a log in memory.
type site struct {
	t     *testing.T
	log   *testLog
	size  int // newest signed checkpoint
	saved []ledger.Cosignature
	sizes []int64
	fail  error
}

func (s *site) source() Source {
	v, err := ledger.NewVerifier(s.log.vkey)
	if err != nil {
		s.t.Fatal(err)
	}
	return Source{
		Trust:  ledger.Trust{Log: []note.Verifier{v}},
		Newest: func(context.Context) (int64, error) { return int64(s.size), nil },
		Request: func(_ context.Context, old int64) (*Request, error) {
			if old > int64(s.size) {
				return nil, fmt.Errorf("no tree of %d", old)
			}
			return ParseRequest(s.log.request(s.t, int(old), s.size))
		},
		Known: func(context.Context, string) (int64, time.Time, error) {
			if len(s.sizes) == 0 {
				return 0, time.Time{}, nil
			}
			return s.sizes[len(s.sizes)-1], s.saved[len(s.saved)-1].Time, nil
		},
		Save: func(_ context.Context, size int64, c ledger.Cosignature) error {
			if s.fail != nil {
				return s.fail
			}
			s.sizes, s.saved = append(s.sizes, size), append(s.saved, c)
			return nil
		},
	}
}

func feeder(t *testing.T, s *site, key, address string, clock *testClock) *Feeder {
	t.Helper()
	target, err := ParseTarget(key + "@" + address)
	if err != nil {
		t.Fatal(err)
	}
	f, err := NewFeeder(target, s.source(), Pace{Every: time.Second, Heartbeat: 5 * time.Minute}, clock.now, nil)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestFeederAgainstTheServer(t *testing.T) {
	ctx, dir, clock, l := context.Background(), t.TempDir(), newClock(), newLog(t, "bureau.example/log")
	l.grow(t, "entry", 100)
	w := open(t, dir, clock, l)
	server := httptest.NewServer(w.Handler())
	defer server.Close()
	s := &site{t: t, log: l, size: 4}
	f := feeder(t, s, w.Public(), server.URL, clock)
	steps := func(want string) {
		t.Helper()
		f.Step(ctx)
		if got := fmt.Sprint(s.sizes, " ", f.Standing().Trouble); got != want {
			t.Fatalf("%s, want %s (%s)", got, want, f.Standing().Detail)
		}
	}
	steps("[4] ")
	steps("[4] ") // nothing new, nothing sent
	clock.add(5 * time.Minute)
	steps("[4 4] ") // heartbeat
	s.size = 50
	steps("[4 4 50] ")
	f = feeder(t, s, w.Public(), server.URL, clock) // the site starts anew
	s.size = 60
	steps("[4 4 50 60] ")
	s.saved, s.sizes = nil, nil // and once without its memory: 409, then the right proof
	f = feeder(t, s, w.Public(), server.URL, clock)
	s.size = 70
	steps("[70] ")
	add(t, w, l.request(t, 70, 80), 200) // another node of the site was quicker
	s.size = 90
	steps("[70 90] ")
	s.fail = errors.New("no room")
	s.size = 95
	steps("[70 90] down")
	s.fail = nil
	steps("[70 90 95] ")

	server.Close()
	s.size = 96
	wait := f.Step(ctx)
	since := f.Standing().Since
	if st := f.Standing(); st.Trouble != Down || st.Size != 95 || since.IsZero() {
		t.Errorf("%+v", st)
	}
	clock.add(time.Hour)
	for range 9 {
		next := f.Step(ctx)
		if next < wait || next > backoffMax {
			t.Errorf("waits %v after %v", next, wait)
		}
		wait = next
	}
	if wait != backoffMax || !f.Standing().Since.Equal(since) {
		t.Errorf("waits %v, down since %v", wait, f.Standing().Since)
	}
}

func TestFeederMeetsTrouble(t *testing.T) {
	ctx, clock, l := context.Background(), newClock(), newLog(t, "bureau.example/log")
	l.grow(t, "entry", 30)
	w := open(t, t.TempDir(), clock, l)
	server := httptest.NewServer(w.Handler())
	defer server.Close()
	add(t, w, l.request(t, 0, 20), 200)

	// A site put back from an old backup: the witness holds a larger tree, and
	// gives the note that proves it.
	old := &site{t: t, log: l, size: 10}
	f := feeder(t, old, w.Public(), server.URL, clock)
	f.Step(ctx)
	if st := f.Standing(); st.Trouble != Diverged || st.Told != 20 || st.Proof == nil {
		t.Fatalf("an old backup: %+v", st)
	}
	// A rebuilt tree of the same and of a larger size.
	for _, size := range []int{20, 25} {
		forged := &site{t: t, log: l.rebuilt(t, "forged", 30), size: size}
		f := feeder(t, forged, w.Public(), server.URL, clock)
		f.Step(ctx)
		if st := f.Standing(); st.Trouble != Diverged || st.Proof == nil || len(forged.saved) > 0 {
			t.Fatalf("a rebuilt tree of %d: %+v", size, st)
		}
	}
	// The true ledger clears its own alarm.
	old.size = 25
	f.Step(ctx)
	if st := f.Standing(); st.Trouble != Fine || st.Size != 25 {
		t.Errorf("afterwards: %+v", st)
	}
	// A key that the witness does not know.
	stranger := newLog(t, "other.example/log")
	stranger.grow(t, "entry", 3)
	f = feeder(t, &site{t: t, log: stranger, size: 3}, w.Public(), server.URL, clock)
	f.Step(ctx)
	if st := f.Standing(); st.Trouble != Refused || !strings.Contains(st.Detail, "404") {
		t.Errorf("an unknown log: %+v", st)
	}
	// A witness with another key than was given.
	imposter := open(t, t.TempDir(), clock, l)
	f = feeder(t, &site{t: t, log: l, size: 30}, imposter.Public(), server.URL, clock)
	f.Step(ctx)
	if st := f.Standing(); st.Trouble != Strange {
		t.Errorf("another key: %+v", st)
	}
}

// TestFeederAgainstLiars: what a broken or hostile witness can say must not
// raise a proven alarm, nor be taken for a cosignature.
func TestFeederAgainstLiars(t *testing.T) {
	ctx, clock, l := context.Background(), newClock(), newLog(t, "bureau.example/log")
	l.grow(t, "entry", 30)
	key := open(t, t.TempDir(), clock, l).Public()
	for name, c := range map[string]struct {
		status     int
		kind, body string
		want       Trouble
	}{
		"a larger size":     {409, "text/x.tlog.size", "1000\n", Diverged},
		"a smaller size":    {409, "text/x.tlog.size", "3\n", Diverged},
		"no size":           {409, "text/x.tlog.size", "many\n", Refused},
		"an endless answer": {200, "text/plain", strings.Repeat("— x AAAAAAAA\n", 4000), Down},
		"nothing":           {200, "text/plain", "", Strange},
		"another signature": {200, "text/plain", "— audit.example/w1 AAAAAAAAAAAA\n", Strange},
		"an error":          {500, "text/plain", "x", Down},
		"a redirect":        {307, "text/plain", "x", Down},
		"too many":          {429, "text/plain", "x", Down},
		"control":           {403, "text/plain", "a\x1b[31mb\nc", Refused},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			rw.Header().Set("Location", "/elsewhere")
			rw.Header().Set("Content-Type", c.kind)
			rw.WriteHeader(c.status)
			_, _ = io.WriteString(rw, c.body)
		}))
		s := &site{t: t, log: l, size: 30}
		f := feeder(t, s, key, server.URL, clock)
		f.Step(ctx)
		st := f.Standing()
		if st.Trouble != c.want || st.Proof != nil || len(s.saved) > 0 || strings.ContainsAny(st.Detail, "\x1b\n") {
			t.Errorf("%s: %+v", name, st)
		}
		server.Close()
	}
}

func TestRunOfTheFeederEnds(t *testing.T) {
	clock, l := newClock(), newLog(t, "bureau.example/log")
	l.grow(t, "entry", 5)
	w := open(t, t.TempDir(), clock, l)
	server := httptest.NewServer(w.Handler())
	defer server.Close()
	s := &site{t: t, log: l, size: 5}
	source := s.source()
	asked := make(chan struct{})
	save := source.Save
	source.Save = func(ctx context.Context, size int64, c ledger.Cosignature) error {
		defer close(asked)
		return save(ctx, size, c)
	}
	target, _ := ParseTarget(w.Public() + "@" + server.URL)
	f, err := NewFeeder(target, source, Pace{}, clock.now, nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { f.Run(ctx); close(done) }()
	<-asked
	cancel()
	<-done
	if f.Standing().Size != 5 {
		t.Errorf("%+v", f.Standing())
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
	w, err := New(Options{Dir: t.TempDir(), Name: "audit.example/w1", Clock: clock.now, Logs: []Log{{Origin: l.origin, Keys: []string{l.vkey}, Follow: server.URL + "/"}}})
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
		for _, want := range []string{"witness.banner.alarm", "witness.alarm.fork", "witness.alarm.inconsistent", "witness.alarm.shrink", "witness.alarm.silence"} {
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
