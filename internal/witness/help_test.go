package witness

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"plumbline/internal/ledger"
)

// testLog is a log in memory with its key.
type testLog struct {
	origin string
	vkey   string
	signer note.Signer
	roots  []ledger.Hash
	nodes  map[int64]ledger.Hash
	edge   *ledger.Edge
}

func newLog(t testing.TB, origin string) *testLog {
	t.Helper()
	skey, vkey, err := note.GenerateKey(rand.Reader, origin)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := note.NewSigner(skey)
	if err != nil {
		t.Fatal(err)
	}
	l := &testLog{origin: origin, vkey: vkey, signer: signer}
	l.reset(t)
	return l
}

func (l *testLog) reset(t testing.TB) {
	t.Helper()
	var err error
	if l.edge, err = ledger.NewEdge(0, nil); err != nil {
		t.Fatal(err)
	}
	root, _ := l.edge.Root()
	l.roots, l.nodes = []ledger.Hash{root}, map[int64]ledger.Hash{}
}

// grow adds n entries that begin with the word.
func (l *testLog) grow(t testing.TB, word string, n int) {
	t.Helper()
	for range n {
		_, stored, err := l.edge.Append(fmt.Appendf(nil, "%s %d", word, l.edge.Size()))
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range stored {
			l.nodes[s.Index] = s.Hash
		}
		root, err := l.edge.Root()
		if err != nil {
			t.Fatal(err)
		}
		l.roots = append(l.roots, root)
	}
}

// rebuilt is another tree under the same name and key: what a thief makes.
func (l *testLog) rebuilt(t testing.TB, word string, n int) *testLog {
	t.Helper()
	other := *l
	other.reset(t)
	other.grow(t, word, n)
	return &other
}

func (l *testLog) note(t testing.TB, size int) []byte {
	t.Helper()
	signed, err := ledger.SignCheckpoint(ledger.Checkpoint{Origin: l.origin, Size: int64(size), Root: l.roots[size]}, l.signer)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

func (l *testLog) request(t testing.TB, old, size int) []byte {
	t.Helper()
	proof, err := ledger.ProveConsistency(int64(old), int64(size), func(ix []int64) ([]ledger.Hash, error) {
		out := make([]ledger.Hash, len(ix))
		for i, x := range ix {
			out[i] = l.nodes[x]
		}
		return out, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return (&Request{Old: int64(old), Proof: proof, Note: l.note(t, size)}).Marshal()
}

// testClock is a clock that tests set.
type testClock struct {
	mu sync.Mutex
	at time.Time
}

func (c *testClock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *testClock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

func newClock() *testClock {
	return &testClock{at: time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC)}
}

func open(t testing.TB, dir string, clock *testClock, logs ...*testLog) *Witness {
	t.Helper()
	o := Options{Dir: dir, Name: "audit.example/w1", Clock: clock.now}
	for _, l := range logs {
		o.Logs = append(o.Logs, Log{Origin: l.origin, Keys: []string{l.vkey}, Silence: 15 * time.Minute})
	}
	w, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func add(t testing.TB, w *Witness, body []byte, want int) Answer {
	t.Helper()
	a, err := w.Add(context.Background(), body)
	if err != nil {
		t.Fatal(err)
	}
	if a.Status != want {
		t.Fatalf("answer %d %q, want %d", a.Status, a.Body, want)
	}
	return a
}

// alarms lists the open alarms of the first log by kind.
func alarms(t testing.TB, w *Witness) string {
	t.Helper()
	list, err := w.Status()
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for _, a := range list[0].Alarms {
		if a.Open() {
			kinds = append(kinds, string(a.Kind))
		}
	}
	return strings.Join(kinds, " ")
}
