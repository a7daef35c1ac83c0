package witness

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"plumbline/internal/ledger"
)

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
		Trust: func(context.Context) (ledger.Trust, error) {
			return ledger.Trust{Log: []note.Verifier{v}}, nil
		},
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
	steps("[70 90] local")
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
	// The same, where the backup also says that the witness cosigned so far.
	remembers := &site{t: t, log: l, size: 10, sizes: []int64{10}, saved: []ledger.Cosignature{{Time: clock.now()}}}
	same := feeder(t, remembers, w.Public(), server.URL, clock)
	same.Step(ctx)
	if st := same.Standing(); st.Trouble != Diverged || st.Told != 20 || st.Proof == nil {
		t.Fatalf("an old backup that knows the witness: %+v", st)
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
