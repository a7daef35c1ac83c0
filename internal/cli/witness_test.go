package cli

import (
	"crypto/rand"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"plumbline/internal/ledger"
	"plumbline/internal/witness"
)

// stick exports a checkpoint over a tree of that many leaves, starting from an
// empty witness, as the site does.
func stick(t *testing.T, signer note.Signer, path, word string, size int) {
	t.Helper()
	edge, err := ledger.NewEdge(0, nil)
	if err != nil {
		t.Fatal(err)
	}
	for range size {
		if _, _, err := edge.Append([]byte(word)); err != nil {
			t.Fatal(err)
		}
	}
	root, err := edge.Root()
	if err != nil {
		t.Fatal(err)
	}
	c := ledger.Checkpoint{Origin: signer.Name(), Size: int64(size), Root: root}
	signed, err := ledger.SignCheckpoint(c, signer)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, (&witness.Request{Note: signed, Checkpoint: c}).Marshal(), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestWitnessByStick(t *testing.T) {
	dir := t.TempDir()
	home, file := filepath.Join(dir, "w"), filepath.Join(dir, "stick.txt")
	skey, vkey, err := note.GenerateKey(rand.Reader, "bureau.example/log")
	if err != nil {
		t.Fatal(err)
	}
	signer, err := note.NewSigner(skey)
	if err != nil {
		t.Fatal(err)
	}
	if status, _, errOut := run(t, "witness", "key", "--dir", home); status == 0 || !strings.Contains(errOut, "--name") {
		t.Errorf("a witness without a name: %d %q", status, errOut)
	}
	status, first, errOut := run(t, "witness", "key", "--dir", home, "--name", "audit.example/w1")
	if status != 0 || !strings.Contains(first, "audit.example/w1+") || !strings.Contains(first, "a key was made") {
		t.Fatalf("key: %d %q %q", status, first, errOut)
	}
	if _, again, _ := run(t, "witness", "key", "--dir", home); !strings.HasSuffix(first, again) {
		t.Errorf("another key: %q, then %q", first, again)
	}
	if status, out, errOut := run(t, "witness", "trust", vkey, "--dir", home, "--label", "市局", "--silence",
		"0s"); status != 0 || !strings.Contains(out, "bureau.example/log") {
		t.Fatalf("trust: %d %q %q", status, out, errOut)
	}
	if status, _, _ := run(t, "witness", "trust", vkey, "--dir", home); status == 0 {
		t.Error("a ledger was taken in twice")
	}
	if status, _, _ := run(t, "witness", "trust", "nonsense", "--dir", home); status == 0 {
		t.Error("nonsense was taken for a key")
	}
	if status, out, errOut := run(t, "witness", "status", "--dir", home); status != 0 || !strings.Contains(out, "市局") {
		t.Errorf("status before the first: %d %q %q", status, out, errOut)
	}
	stick(t, signer, file, "entry", 5)
	if status, out, errOut := run(t, "witness", "accept", file, "--dir", home); status != 0 || !strings.Contains(out, "5 entries") {
		t.Fatalf("accept: %d %q %q", status, out, errOut)
	}
	cosigned, err := os.ReadFile(file + ".cosigned")
	if err != nil || strings.Count(string(cosigned), "\n— ") != 2 {
		t.Errorf("%s %v", cosigned, err)
	}
	if status, _, errOut := run(t, "witness", "accept", file, "--dir", home); status == 0 || !strings.Contains(errOut, "--old 5") {
		t.Errorf("accept again: %d %q", status, errOut)
	}
	if status, _, errOut := run(t, "witness", "status", "--dir", home); status != 0 {
		t.Errorf("status: %d %q", status, errOut)
	}
	stick(t, signer, file, "forged", 5)
	if status, _, errOut := run(t, "witness", "accept", file, "--dir", home); status == 0 || !strings.Contains(errOut, "not cosigned") {
		t.Errorf("accept a fork: %d %q", status, errOut)
	}
	status, out, errOut := run(t, "witness", "status", "--dir", home, "--output", "csv")
	at := strings.Index(out, "fork-5-")
	if status == 0 || at < 0 || !strings.Contains(errOut, "alarm") {
		t.Fatalf("status of a fork: %d %q %q", status, out, errOut)
	}
	id, _, _ := strings.Cut(out[at:], ",")
	if status, _, _ := run(t, "witness", "resolve", id, "--dir", home, "--log", "bureau.example/log"); status == 0 {
		t.Error("closed without a reason")
	}
	if status, _, errOut := run(t, "witness", "resolve", id, "--dir", home, "--log", "bureau.example/log", "--why",
		"Auditor A: test"); status != 0 {
		t.Errorf("resolve: %q", errOut)
	}
	if status, _, errOut := run(t, "witness", "status", "--dir", home); status != 0 {
		t.Errorf("status afterwards: %d %q", status, errOut)
	}
}
