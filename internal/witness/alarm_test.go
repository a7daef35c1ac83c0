package witness

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"plumbline/internal/ledger"
)

func TestForkIsProvenAndStaysOpen(t *testing.T) {
	dir, clock, l := t.TempDir(), newClock(), newLog(t, "bureau.example/log")
	l.grow(t, "entry", 20)
	w := open(t, dir, clock, l)
	add(t, w, l.request(t, 0, 10), 200)
	add(t, w, l.request(t, 10, 15), 200)
	thief := l.rebuilt(t, "forged", 30)
	for _, size := range []int{15, 10} { // the newest, and an older one on record
		body := thief.request(t, size, size)
		a := add(t, w, body, 409)
		if a.Body != "15\n" {
			t.Errorf("conflict %q", a.Body)
		}
		add(t, w, body, 409)
	}
	if got := alarms(t, w); got != "fork fork" {
		t.Fatalf("alarms: %q", got)
	}
	add(t, w, l.request(t, 15, 20), 200) // the true log goes on
	if got := alarms(t, w); got != "fork fork" {
		t.Errorf("the fork closed itself: %q", got)
	}
	w = open(t, dir, clock, l)
	s, err := w.Status()
	if err != nil {
		t.Fatal(err)
	}
	a := s[0].Alarms[0]
	raw, err := os.ReadFile(filepath.Join(w.logs[0].dir, a.Evidence))
	if err != nil {
		t.Fatal(err)
	}
	// The evidence file proves the fork with the public key alone.
	log, _ := ledger.NewVerifier(l.vkey)
	trust := ledger.Trust{Log: []note.Verifier{log}}
	_, rest, _ := strings.Cut(string(raw), "===\n")
	first, second, _ := strings.Cut(rest, "\n=== request received ===\n")
	_, second, _ = strings.Cut(second, "\n\n")
	one, err := ledger.OpenCheckpoint([]byte(first), trust)
	if err != nil {
		t.Fatalf("%v in %s", err, raw)
	}
	two, err := ledger.OpenCheckpoint([]byte(second), trust)
	if err != nil {
		t.Fatalf("%v in %s", err, raw)
	}
	if one.Size != two.Size || one.Root == two.Root {
		t.Errorf("%v and %v prove no fork", one, two)
	}
	if err := w.Resolve(l.origin, a.ID, " "); err == nil {
		t.Error("closed without a reason")
	}
	if err := w.Resolve(l.origin, a.ID, "Auditor A: key replaced"); err != nil {
		t.Error(err)
	}
	if got := alarms(t, w); got != "fork" {
		t.Errorf("after one was closed: %q", got)
	}
}

func TestStolenKeyRebuildIsFound(t *testing.T) {
	clock, l := newClock(), newLog(t, "bureau.example/log")
	l.grow(t, "entry", 10)
	w := open(t, t.TempDir(), clock, l)
	add(t, w, l.request(t, 0, 10), 200)
	thief := l.rebuilt(t, "forged", 12)
	add(t, w, thief.request(t, 0, 12), 409)
	add(t, w, thief.request(t, 10, 12), 422)
	if got := alarms(t, w); got != "inconsistent" {
		t.Fatalf("alarms: %q", got)
	}
	// A false proof with a true checkpoint raises it too; the log clears it.
	l.grow(t, "entry", 3)
	add(t, w, (&Request{Old: 10, Note: l.note(t, 13)}).Marshal(), 422)
	if got := alarms(t, w); got != "inconsistent inconsistent" {
		t.Fatalf("alarms: %q", got)
	}
	add(t, w, l.request(t, 10, 13), 200)
	if got := alarms(t, w); got != "inconsistent" {
		t.Errorf("alarms: %q", got)
	}
}

func TestShrink(t *testing.T) {
	clock, l := newClock(), newLog(t, "bureau.example/log")
	l.grow(t, "entry", 30)
	w := open(t, t.TempDir(), clock, l)
	add(t, w, l.request(t, 0, 10), 200)
	add(t, w, l.request(t, 10, 20), 200)
	// A replayed message of old raises nothing, an old backup goes on.
	add(t, w, l.request(t, 0, 10), 409)
	if got := alarms(t, w); got != "" {
		t.Fatalf("a replay raised %q", got)
	}
	clock.add(DefaultSettle)
	add(t, w, l.request(t, 10, 10), 409)
	if got := alarms(t, w); got != "shrink" {
		t.Fatalf("alarms: %q", got)
	}
	add(t, w, l.request(t, 20, 20), 200)
	if got := alarms(t, w); got != "" {
		t.Fatalf("the full tree left open %q", got)
	}
	clock.add(DefaultSettle)
	add(t, w, l.request(t, 0, 10), 409) // counted anew after the full tree
	if got := alarms(t, w); got != "" {
		t.Fatalf("a second replay raised %q", got)
	}
	add(t, w, l.request(t, 10, 15), 409) // a size that was never witnessed: at once
	if got := alarms(t, w); got != "shrink" {
		t.Fatalf("alarms: %q", got)
	}
	forged := strings.Replace(string(l.request(t, 0, 12)), "\n12\n", "\n11\n", 1)
	add(t, w, []byte(forged), 403)
	if got := alarms(t, w); got != "shrink" {
		t.Errorf("an unsigned size counted: %q", got)
	}
}

func TestSilence(t *testing.T) {
	dir, clock, l := t.TempDir(), newClock(), newLog(t, "bureau.example/log")
	l.grow(t, "entry", 3)
	w := open(t, dir, clock, l)
	tick := func(want string) {
		t.Helper()
		if err := w.Tick(); err != nil {
			t.Fatal(err)
		}
		if got := alarms(t, w); got != want {
			t.Errorf("alarms %q, want %q", got, want)
		}
	}
	clock.add(15 * time.Minute)
	tick("")
	clock.add(time.Second)
	tick("silence") // nothing since it was followed
	tick("silence")
	add(t, w, l.request(t, 0, 3), 200)
	tick("")
	for range 5 { // heartbeats
		clock.add(14 * time.Minute)
		add(t, w, l.request(t, 3, 3), 200)
		tick("")
	}
	clock.add(time.Hour)
	w = open(t, dir, clock, l) // the witness itself was away
	tick("")
	if s, err := w.Status(); err != nil || !s[0].Silent {
		t.Errorf("status after an hour: %+v %v", s, err)
	}
	clock.add(16 * time.Minute)
	tick("silence")
}
