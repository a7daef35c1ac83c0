package witness

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"plumbline/internal/ledger"
)

func TestAnHonestLogGrows(t *testing.T) {
	dir, clock, l := t.TempDir(), newClock(), newLog(t, "bureau.example/log")
	l.grow(t, "entry", 300)
	w := open(t, dir, clock, l)
	if !w.Made() {
		t.Error("the first start made no key")
	}
	trusted, err := ledger.NewVerifier(w.Public())
	if err != nil {
		t.Fatal(err)
	}
	log, _ := ledger.NewVerifier(l.vkey)
	old := 0
	for _, size := range []int{0, 1, 2, 7, 8, 64, 65, 299, 300, 300} {
		clock.add(time.Minute)
		a := add(t, w, l.request(t, old, size), 200)
		o, err := ledger.OpenCheckpoint(append(l.note(t, size), a.Body...),
			ledger.Trust{Log: []note.Verifier{log}, Witnesses: []note.Verifier{trusted}, Quorum: 1})
		if err != nil {
			t.Fatalf("size %d: %v", size, err)
		}
		if !o.Witnesses[0].Time.Equal(clock.now()) {
			t.Errorf("cosigned at %v", o.Witnesses[0].Time)
		}
		old = size
		if size == 8 { // a restart forgets nothing
			w = open(t, dir, clock, l)
			if w.Made() {
				t.Error("the key was made twice")
			}
		}
	}
	a := add(t, w, l.request(t, 8, 300), 409)
	if a.Body != "300\n" || a.Type != "text/x.tlog.size" {
		t.Errorf("conflict %q %q", a.Body, a.Type)
	}
	if got := alarms(t, w); got != "" {
		t.Errorf("alarms: %s", got)
	}
	s, err := w.Status()
	if err != nil || s[0].Size != 300 || len(s[0].Digits) != 39 {
		t.Errorf("%+v %v", s, err)
	}
	n := 0
	if _, err := scan(filepath.Join(w.logs[0].dir, acceptedFile), 0, func(record) { n++ }); err != nil || n != 9 {
		t.Errorf("%d records, %v", n, err)
	}
}

func TestAnswersOfTheProtocol(t *testing.T) {
	clock, l := newClock(), newLog(t, "bureau.example/log")
	l.grow(t, "entry", 20)
	w := open(t, t.TempDir(), clock, l)
	stranger := newLog(t, "other.example/log")
	stranger.grow(t, "entry", 3)
	twin := newLog(t, l.origin) // another site under the same name
	twin.grow(t, "entry", 3)
	good := string(l.request(t, 0, 10))
	signed := string(l.note(t, 10))
	hash := base64.StdEncoding.EncodeToString(make([]byte, 32)) + "\n"
	for name, c := range map[string]struct {
		body   string
		status int
	}{
		"empty":                      {"", 400},
		"no old line":                {"\n" + signed, 400},
		"leading zero":               {strings.Replace(good, "old 0", "old 00", 1), 400},
		"negative":                   {strings.Replace(good, "old 0", "old -1", 1), 400},
		"plus":                       {strings.Replace(good, "old 0", "old +0", 1), 400},
		"beyond any size":            {strings.Replace(good, "old 0", "old 9223372036854775807", 1), 400},
		"two spaces":                 {strings.Replace(good, "old 0", "old  0", 1), 400},
		"carriage return":            {strings.Replace(good, "old 0\n", "old 0\r\n", 1), 400},
		"no empty line":              {strings.Replace(good, "\n\n", "\n", 1), 400},
		"64 proof lines":             {"old 0\n" + strings.Repeat(hash, 64) + "\n" + signed, 400},
		"a short hash":               {"old 0\nAAAA\n\n" + signed, 400},
		"no signature":               {"old 0\n\n" + strings.SplitAfter(signed, "\n\n")[0], 400},
		"a broken signature line":    {strings.Replace(good, "— ", "- ", 1), 400},
		"an extension line":          {strings.Replace(good, "=\n\n", "=\next\n\n", 1), 400},
		"old larger than checkpoint": {strings.Replace(good, "old 0", "old 11", 1), 400},
		"unknown log":                {string(stranger.request(t, 0, 3)), 404},
		"another site, one name":     {string(twin.request(t, 0, 3)), 403},
		"signature over another":     {strings.Replace(good, "\n10\n", "\n11\n", 1), 403},
		"old is wrong":               {strings.Replace(good, "old 0", "old 5", 1), 409},
		"a proof where none is due":  {"old 0\n" + hash + "\n" + signed, 422},
		"too long":                   {good + strings.Repeat("— x AAAAAAAA\n", 4000), 400},
	} {
		a, err := w.Add(context.Background(), []byte(c.body))
		if err != nil || a.Status != c.status {
			t.Errorf("%s: %d %q %v, want %d", name, a.Status, a.Body, err, c.status)
		}
	}
	if got := alarms(t, w); got != "" {
		t.Errorf("nonsense raised %s", got)
	}
	add(t, w, []byte(good), 200)
	add(t, w, []byte("old 10\n"+hash+"\n"+signed), 422)
	// Unknown signatures beside the log's are passed over and not kept.
	with := append(l.request(t, 10, 12), "— nobody.example AAAAAAAAAAAA\n"...)
	add(t, w, with, 200)
	s, err := w.Status()
	if err != nil || strings.Contains(string(s[0].Note), "nobody") || strings.Count(string(s[0].Note), "\n— ") != 2 {
		t.Errorf("%s %v", s[0].Note, err)
	}
}

// TestRace is the race of the specification: a smaller request must not roll a
// larger one back. Two witnesses over one folder stand for two processes.
func TestRace(t *testing.T) {
	dir, clock, l := t.TempDir(), newClock(), newLog(t, "bureau.example/log")
	l.grow(t, "entry", 120)
	pair := []*Witness{open(t, dir, clock, l), open(t, dir, clock, l)}
	add(t, pair[0], l.request(t, 0, 1), 200)
	for size := 1; size < 120; size += 7 {
		var all sync.WaitGroup
		var mu sync.Mutex
		accepted := []int{}
		for i := range 8 {
			next := min(size+1+i, 119)
			body := l.request(t, size, next)
			all.Go(func() {
				a, err := pair[i%2].Add(context.Background(), body)
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err != nil:
					t.Error(err)
				case a.Status == 200:
					accepted = append(accepted, next)
				case a.Status != 409:
					t.Errorf("answer %d", a.Status)
				}
			})
		}
		all.Wait()
		s, err := pair[0].Status()
		if err != nil {
			t.Fatal(err)
		}
		last := int(s[0].Size)
		for _, n := range accepted {
			if n > last || n != accepted[0] {
				t.Fatalf("accepted %v, stands at %d", accepted, last)
			}
		}
		if len(accepted) == 0 {
			t.Fatal("nobody was accepted")
		}
		if last < size+7 && last < 119 {
			add(t, pair[1], l.request(t, last, min(size+7, 119)), 200)
		} else if last > size+7 {
			size = last - 7
		}
	}
}

func TestTornTailAndDamage(t *testing.T) {
	dir, clock, l := t.TempDir(), newClock(), newLog(t, "bureau.example/log")
	l.grow(t, "entry", 40)
	w := open(t, dir, clock, l)
	add(t, w, l.request(t, 0, 10), 200)
	add(t, w, l.request(t, 10, 20), 200)
	path := filepath.Join(w.logs[0].dir, acceptedFile)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	first := strings.Index(string(whole[1:]), "accepted ") + 1
	for cut := first; cut < len(whole); cut += 7 { // a crash inside the second record
		for _, tail := range [][]byte{nil, make([]byte, 50)} {
			if err := os.WriteFile(path, append(whole[:cut:cut], tail...), 0o600); err != nil {
				t.Fatal(err)
			}
			w := open(t, dir, clock, l)
			if s, err := w.Status(); err != nil || s[0].Size != 10 {
				t.Fatalf("cut at %d: %+v %v", cut, s, err)
			}
			add(t, w, l.request(t, 10, 20), 200)
			again := open(t, dir, clock, l)
			if s, err := again.Status(); err != nil || s[0].Size != 20 {
				t.Fatalf("cut at %d and written over: %+v %v", cut, s, err)
			}
		}
	}
	if err := os.WriteFile(path, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	w = open(t, dir, clock, l)
	bad := append([]byte{}, whole...)
	bad[first/2] ^= 1
	if err := os.WriteFile(path, bad, 0o600); err != nil {
		t.Fatal(err)
	}
	o := Options{Dir: dir, Clock: clock.now, Logs: []Log{{Origin: l.origin, Keys: []string{l.vkey}}}}
	if _, err := New(o); err == nil || !strings.Contains(err.Error(), "damaged at byte") {
		t.Errorf("a damaged record: %v", err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Add(context.Background(), l.request(t, 20, 30)); err == nil {
		t.Error("a record that vanished under the witness went unseen")
	}
}

// TestFindingAnOldRecord looks every size up in a long file.
func TestFindingAnOldRecord(t *testing.T) {
	l := newLog(t, "bureau.example/log")
	path := filepath.Join(t.TempDir(), acceptedFile)
	var raw []byte
	const n = 4000
	signed := l.note(t, 0)
	for i := range n {
		c := ledger.Checkpoint{Origin: l.origin, Size: int64(3*i + 1), Root: ledger.Hash{byte(i), byte(i >> 8)}}
		_, sig, _ := strings.Cut(string(signed), "\n\n")
		r := record{At: time.Unix(int64(i), 0), Checkpoint: c, Note: []byte(c.Marshal() + "\n" + strings.Repeat(sig, 1+i%5))}
		raw = append(raw, r.marshal()...)
	}
	torn := append(raw[:len(raw):len(raw)], "accepted torn"...)
	if err := os.WriteFile(path, torn, 0o600); err != nil {
		t.Fatal(err)
	}
	for i := int64(0); i < 3*n+2; i += 29 {
		r, err := recordOf(path, int64(len(raw)), i)
		if err != nil {
			t.Fatal(err)
		}
		if there := i%3 == 1 && i < 3*n; there != (r.Note != nil) || there && r.Size != i {
			t.Fatalf("size %d: %+v", i, r.Checkpoint)
		}
	}
}

func TestKeyAndConfiguration(t *testing.T) {
	clock, l := newClock(), newLog(t, "bureau.example/log")
	dir := t.TempDir()
	if _, err := New(Options{Dir: dir, Clock: clock.now}); err == nil {
		t.Error("a witness without a name")
	}
	for _, name := range []string{"with space", "with+plus"} {
		if _, err := New(Options{Dir: dir, Name: name, Clock: clock.now}); err == nil {
			t.Errorf("a witness called %q", name)
		}
	}
	w := open(t, dir, clock, l)
	info, err := os.Stat(filepath.Join(dir, "key"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info, err)
	}
	if len(Fingerprint(w.Public())) != 39 {
		t.Errorf("fingerprint %q", Fingerprint(w.Public()))
	}
	if _, err := New(Options{Dir: dir, Name: "another.example", Clock: clock.now}); err == nil {
		t.Error("the witness changed its name")
	}
	other := newLog(t, "other.example/log")
	for name, logs := range map[string][]Log{
		"twice":              {{Origin: l.origin, Keys: []string{l.vkey}}, {Origin: l.origin, Keys: []string{l.vkey}}},
		"no key":             {{Origin: l.origin}},
		"another log's key":  {{Origin: l.origin, Keys: []string{other.vkey}}},
		"a damaged key":      {{Origin: l.origin, Keys: []string{"x"}}},
		"a name like a path": {{Origin: "..", Keys: []string{l.vkey}}},
	} {
		if _, err := New(Options{Dir: dir, Clock: clock.now, Logs: logs}); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	_, private, _ := ed25519.GenerateKey(rand.Reader)
	good := ledger.CosignerKey("audit.example/w1", private.Public().(ed25519.PublicKey))
	for _, c := range []struct {
		text string
		ok   bool
	}{{good + "@https://audit.example:8090/", true}, {good, true}, {good + "@ftp://x", false}, {good + "@http://", false},
		{good + "@https://user:word@audit.example", false}, {"x@https://audit.example", false}, {"", false}} {
		got, err := ParseTarget(c.text)
		if (err == nil) != c.ok {
			t.Errorf("%s: %v %v", c.text, got, err)
		}
		if err == nil && (got.Name != "audit.example/w1" || strings.HasSuffix(got.URL, "/")) {
			t.Errorf("%+v", got)
		}
	}
}

// FuzzParseRequest: whatever is accepted is written again byte for byte.
func FuzzParseRequest(f *testing.F) {
	l := newLog(f, "bureau.example/log")
	l.grow(f, "entry", 9)
	f.Add(l.request(f, 0, 9))
	f.Add(l.request(f, 5, 9))
	f.Add(l.request(f, 9, 9))
	f.Add([]byte("old 0\n\n\n"))
	f.Add([]byte("old " + strconv.Itoa(1<<50) + "\n\nx\n1\nAAAA\n\n— x y\n"))
	f.Fuzz(func(t *testing.T, body []byte) {
		r, err := ParseRequest(body)
		if err != nil {
			return
		}
		if got := r.Marshal(); string(got) != string(body) {
			t.Errorf("%q became %q", body, got)
		}
		if r.Old < 0 || len(r.Proof) > proofMax || r.Checkpoint.Size > ledger.SizeMax {
			t.Errorf("%+v", r)
		}
	})
}

func TestAddStopsWithItsContext(t *testing.T) {
	clock, l := newClock(), newLog(t, "bureau.example/log")
	l.grow(t, "entry", 2)
	w := open(t, t.TempDir(), clock, l)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := w.Add(ctx, l.request(t, 0, 2)); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// BenchmarkAdd: one accepted checkpoint, with its two syncs.
func BenchmarkAdd(b *testing.B) {
	clock, l := newClock(), newLog(b, "bureau.example/log")
	l.grow(b, "entry", 2000)
	w := open(b, b.TempDir(), clock, l)
	size := 0
	for b.Loop() {
		next := size + 1
		if next > 2000 {
			b.StopTimer()
			w, size, next = open(b, b.TempDir(), clock, l), 0, 1
			b.StartTimer()
		}
		add(b, w, l.request(b, size, next), 200)
		size = next
	}
}

// BenchmarkReplay: an old note among 100,000 accepted ones.
func BenchmarkReplay(b *testing.B) {
	clock, l := newClock(), newLog(b, "bureau.example/log")
	l.grow(b, "entry", 2)
	dir := b.TempDir()
	w := open(b, dir, clock, l)
	add(b, w, l.request(b, 0, 1), 200)
	path := filepath.Join(w.logs[0].dir, acceptedFile)
	raw, err := os.ReadFile(path)
	if err != nil {
		b.Fatal(err)
	}
	first, _ := parseRecord(raw)
	for i := range 100000 {
		c := ledger.Checkpoint{Origin: l.origin, Size: int64(i + 2)}
		_, sig, _ := strings.Cut(string(first.Note), "\n\n")
		r := record{At: first.At, Checkpoint: c, Note: []byte(c.Marshal() + "\n" + sig)}
		raw = append(raw, r.marshal()...)
	}
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		b.Fatal(err)
	}
	w = open(b, dir, clock, l)
	body := l.request(b, 0, 1)
	for b.Loop() {
		add(b, w, body, 409)
	}
}
