package signer

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"plumbline/internal/ledger"
)

// log is a tree to ask signatures for; branch makes another history from a
// size on.
type log struct {
	heads []ledger.Checkpoint
	nodes map[int64]ledger.Hash
}

func newLog(t testing.TB, size, branch int) *log {
	t.Helper()
	l := &log{nodes: map[int64]ledger.Hash{}}
	edge, err := ledger.NewEdge(0, nil)
	if err != nil {
		t.Fatal(err)
	}
	for n := 0; ; n++ {
		root, err := edge.Root()
		if err != nil {
			t.Fatal(err)
		}
		l.heads = append(l.heads, ledger.Checkpoint{Origin: "plumbline/test", Size: int64(n), Root: root})
		if n == size {
			return l
		}
		text := fmt.Sprintf("entry %d", n)
		if n >= branch {
			text += " rewritten"
		}
		_, stored, err := edge.Append([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range stored {
			l.nodes[s.Index] = s.Hash
		}
	}
}

func (l *log) request(t testing.TB, older, newer int) Request {
	t.Helper()
	proof, err := ledger.ProveConsistency(int64(older), int64(newer), func(ix []int64) ([]ledger.Hash, error) {
		out := make([]ledger.Hash, len(ix))
		for i, x := range ix {
			out[i] = l.nodes[x]
		}
		return out, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return Request{Old: int64(older), Proof: proof, Checkpoint: l.heads[newer]}
}

func fresh(t testing.TB) (*Signer, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "site.sign")
	s, made, err := OpenOrMake(path, "", "plumbline/test")
	if err != nil || !made {
		t.Fatal(made, err)
	}
	return s, path
}

func trust(t testing.TB, vkey string) ledger.Trust {
	t.Helper()
	v, err := NewVerifier(vkey)
	if err != nil {
		t.Fatal(err)
	}
	return ledger.Trust{Log: []ledger.Verifier{v}}
}

func TestItSignsWhatExtendsAndNothingElse(t *testing.T) {
	ctx := context.Background()
	honest, forged := newLog(t, 40, 99), newLog(t, 40, 10)
	socket := filepath.Join(t.TempDir(), "s")
	for _, apart := range []bool{false, true} {
		t.Run(fmt.Sprintf("apart=%v", apart), func(t *testing.T) {
			s, path := fresh(t)
			var ask interface {
				Sign(context.Context, Request) (string, error)
				Remembered(context.Context) (ledger.Checkpoint, error)
				Keys(context.Context) ([]string, error)
			} = s
			if apart {
				ask = behind(t, s, socket)
			}
			keys, err := ask.Keys(ctx)
			if err != nil || len(keys) != 1 {
				t.Fatal(keys, err)
			}
			sign := func(r Request) {
				t.Helper()
				lines, err := ask.Sign(ctx, r)
				if err != nil {
					t.Fatal(err)
				}
				o, err := ledger.OpenCheckpoint([]byte(r.Checkpoint.Marshal()+"\n"+lines), trust(t, keys[0]))
				if err != nil || o.Checkpoint != r.Checkpoint {
					t.Fatalf("%v %v", o, err)
				}
				raw, err := os.ReadFile(path + ".state")
				if err != nil || string(raw) != r.Checkpoint.Marshal() {
					t.Fatalf("the state holds %q, %v", raw, err)
				}
			}
			sign(honest.request(t, 0, 7))
			sign(honest.request(t, 7, 20))
			sign(honest.request(t, 20, 20)) // the answer was lost: asked again
			other := honest.request(t, 20, 30)
			other.Checkpoint.Origin = "plumbline/other"
			bent := honest.request(t, 20, 30)
			bent.Proof[0][0] ^= 1
			short := honest.request(t, 20, 30)
			short.Proof = short.Proof[1:]
			false1 := honest.request(t, 20, 30)
			false1.Checkpoint.Root = sha256.Sum256([]byte("other"))
			for name, c := range map[string]struct {
				r   Request
				why string
			}{
				"another log":            {other, Foreign},
				"going back":             {honest.request(t, 7, 19), Smaller},
				"going back to nothing":  {honest.request(t, 0, 0), Smaller},
				"same size, other root":  {forged.request(t, 20, 20), Forked},
				"rewritten":              {forged.request(t, 20, 30), Inconsistent},
				"a bit of the proof":     {bent, Inconsistent},
				"a shorter proof":        {short, Inconsistent},
				"no proof":               {Request{Old: 20, Checkpoint: honest.heads[30]}, Inconsistent},
				"a root made up":         {false1, Inconsistent},
				"proof from elsewhere":   {honest.request(t, 7, 30), Stale},
				"as if from the start":   {honest.request(t, 0, 30), Stale},
				"rewritten from nothing": {forged.request(t, 0, 30), Stale},
			} {
				lines, err := ask.Sign(ctx, c.r)
				var no *Refusal
				if !errors.As(err, &no) || no.Why != c.why || no.Remembered != honest.heads[20] || lines != "" {
					t.Errorf("%s: %q, %v; want %s", name, lines, err, c.why)
				}
			}
			if c, err := ask.Remembered(ctx); err != nil || c != honest.heads[20] {
				t.Errorf("remembers %v, %v", c, err)
			}
			sign(honest.request(t, 20, 40))
		})
	}
}

// behind puts the signer behind a socket.
func behind(t testing.TB, s *Signer, socket string) *Client {
	t.Helper()
	l, err := Listen(socket, false)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(socket); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the socket has mode %v, %v", info.Mode(), err)
	}
	server := &http.Server{Handler: s.Handler(nil)}
	var done sync.WaitGroup
	done.Go(func() { _ = server.Serve(l) })
	c := Dial(socket)
	t.Cleanup(func() {
		c.Close()
		if err := server.Close(); err != nil {
			t.Error(err)
		}
		done.Wait()
	})
	return c
}

func TestItRemembersOverARestart(t *testing.T) {
	ctx := context.Background()
	s, path := fresh(t)
	honest, forged := newLog(t, 20, 99), newLog(t, 20, 3)
	if _, err := s.Sign(ctx, honest.request(t, 0, 10)); err != nil {
		t.Fatal(err)
	}
	again, err := Open(path, "")
	if err != nil {
		t.Fatal(err)
	}
	var no *Refusal
	if _, err := again.Sign(ctx, forged.request(t, 10, 20)); !errors.As(err, &no) || no.Why != Inconsistent {
		t.Errorf("%v", err)
	}
	// A second process on the same key knows what the first signed.
	if _, err := again.Sign(ctx, honest.request(t, 10, 20)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Sign(ctx, honest.request(t, 10, 15)); !errors.As(err, &no) || no.Why != Smaller {
		t.Errorf("%v", err)
	}
}

func TestWithoutItsMemoryItSignsNothing(t *testing.T) {
	s, path := fresh(t)
	honest := newLog(t, 5, 99)
	for name, spoil := range map[string]func() error{
		"damaged": func() error { return os.WriteFile(path+".state", []byte("plumbline/test\n5\n"), 0o600) },
		"empty":   func() error { return os.WriteFile(path+".state", nil, 0o600) },
		"missing": func() error { return os.Remove(path + ".state") },
	} {
		if err := spoil(); err != nil {
			t.Fatal(err)
		}
		if lines, err := s.Sign(context.Background(), honest.request(t, 0, 5)); err == nil || lines != "" {
			t.Errorf("%s: signed", name)
		}
		if _, err := Open(path, ""); err == nil {
			t.Errorf("%s: opened", name)
		}
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path+".state", []byte(honest.heads[5].Marshal()), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Make(path, "plumbline/test"); err == nil {
		t.Error("a key was made beside the memory of another")
	}
}

func TestNoSignatureLeavesBeforeItIsRemembered(t *testing.T) {
	s, path := fresh(t)
	honest := newLog(t, 5, 99)
	if err := os.Mkdir(path+".state.part", 0o700); err != nil { // the new state cannot be written
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(path+".state.part", "x"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if lines, err := s.Sign(context.Background(), honest.request(t, 0, 5)); err == nil || lines != "" {
		t.Errorf("%q, %v", lines, err)
	}
}

func TestTheKeyIsForItsOwnerAlone(t *testing.T) {
	_, path := fresh(t)
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("%v %v", info, err)
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path, ""); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("%v", err)
	}
	if _, err := Open(filepath.Join(t.TempDir(), "none"), ""); !errors.Is(err, ErrNoKey) {
		t.Errorf("%v", err)
	}
	if err := Make(path, "plumbline/test"); err == nil {
		t.Error("a key was overwritten")
	}
	for _, name := range []string{"", "a b", "a+b", "a\nb"} {
		if err := Make(filepath.Join(t.TempDir(), "k"), name); err == nil {
			t.Errorf("a log may be called %q", name)
		}
	}
}

func TestRestartKeepsWhatWasRemembered(t *testing.T) {
	ctx := context.Background()
	s, _ := fresh(t)
	honest, other := newLog(t, 20, 99), newLog(t, 20, 3)
	if _, err := s.Sign(ctx, honest.request(t, 0, 20)); err != nil {
		t.Fatal(err)
	}
	var names []string
	for range 2 {
		kept, err := s.Restart(other.heads[10])
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, kept)
	}
	if raw, err := os.ReadFile(names[0]); err != nil || string(raw) != honest.heads[20].Marshal() || names[0] == names[1] {
		t.Errorf("kept %q as %v, %v", raw, names, err)
	}
	if _, err := s.Sign(ctx, other.request(t, 10, 20)); err != nil {
		t.Error(err)
	}
	foreign := honest.heads[1]
	foreign.Origin = "plumbline/other"
	if _, err := s.Restart(foreign); err == nil {
		t.Error("went on with another log")
	}
}

func TestASocketIsTakenOverOnlyFromTheDead(t *testing.T) {
	s, _ := fresh(t)
	socket := filepath.Join(t.TempDir(), "s")
	behind(t, s, socket)
	if l, err := Listen(socket, false); err == nil {
		t.Errorf("two signers on one socket: %v", l.Close())
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Listen(file, false); err == nil {
		t.Error("a file was replaced by a socket")
	}
	other := filepath.Join(t.TempDir(), "other") // alive, but it cannot be asked
	alive, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: other, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = alive.Close() }()
	if l, err := Listen(other, false); err == nil {
		t.Errorf("a socket that somebody listens on was taken over: %v", l.Close())
	}
	if _, err := Dial(filepath.Join(t.TempDir(), "none")).Keys(context.Background()); err == nil {
		t.Error("nobody answered")
	}
}

func FuzzParseRequest(f *testing.F) {
	l := newLog(f, 20, 99)
	f.Add(string(l.request(f, 7, 20).marshal()))
	f.Add(string(l.request(f, 0, 1).marshal()))
	f.Add("old 9223372036854775807\n\nplumbline/test\n1\nAAAA\n")
	f.Add("old -1\n\n")
	f.Fuzz(func(t *testing.T, body string) {
		r, err := ParseRequest([]byte(body))
		if err == nil && string(r.marshal()) != body {
			t.Errorf("%q reads as %q", body, r.marshal())
		}
	})
}
