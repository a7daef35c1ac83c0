package signer

import (
	"context"
	"crypto/ecdsa"
	"crypto/rand"
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/emmansun/gmsm/sm2"

	"plumbline/internal/ledger"
)

func withSM2(t *testing.T) (*Signer, string) {
	t.Helper()
	_, path := fresh(t)
	second := filepath.Join(t.TempDir(), "sm2.key")
	s, err := Open(path, second)
	if err != nil {
		t.Fatal(err)
	}
	return s, second
}

func TestASecondLineOfSM2(t *testing.T) {
	ctx := context.Background()
	s, path := withSM2(t)
	r := newLog(t, 9, 99).request(t, 0, 9)
	lines, err := s.Sign(ctx, r)
	if err != nil || strings.Count(lines, "\n") != 2 {
		t.Fatalf("%q, %v", lines, err)
	}
	keys, _ := s.Keys(ctx)
	note := []byte(r.Checkpoint.Marshal() + "\n" + lines)
	for i, k := range keys { // each key by itself, and a verifier that knows only one ignores the other
		if o, err := ledger.OpenCheckpoint(note, trust(t, k)); err != nil || o.Checkpoint != r.Checkpoint {
			t.Errorf("key %d: %v", i, err)
		}
	}
	both := ledger.Trust{Log: append(trust(t, keys[0]).Log, trust(t, keys[1]).Log...)}
	if _, err := ledger.OpenCheckpoint(note, both); err != nil {
		t.Error(err)
	}
	again, err := Open(s.path, path)
	if err != nil {
		t.Fatal(err)
	}
	if keep, _ := again.Keys(ctx); keep[1] != keys[1] {
		t.Error("the SM2 key is another one after a restart")
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info, err)
	}

	// gmsm's own verifier, on the bytes as they stand in the note.
	line := strings.Fields(strings.Split(lines, "\n")[1])
	raw, err := base64.StdEncoding.DecodeString(line[2])
	if err != nil {
		t.Fatal(err)
	}
	pub := s.signers[1].(*sm2Signer).key.Public().(*ecdsa.PublicKey)
	if !sm2.VerifyASN1WithSM2(pub, []byte("1234567812345678"), []byte(r.Checkpoint.Marshal()), raw[4:]) {
		t.Error("gmsm does not verify what stands in the note")
	}
	if sm2.VerifyASN1WithSM2(pub, nil, []byte(r.Checkpoint.Marshal()+"x"), raw[4:]) {
		t.Error("gmsm verifies anything")
	}
}

func TestSM2LinesThatAreFalse(t *testing.T) {
	ctx := context.Background()
	s, _ := withSM2(t)
	r := newLog(t, 9, 99).request(t, 0, 9)
	lines, err := s.Sign(ctx, r)
	if err != nil {
		t.Fatal(err)
	}
	keys, _ := s.Keys(ctx)
	split := strings.SplitAfter(lines, "\n")
	fields := strings.Fields(split[1])
	raw, err := base64.StdEncoding.DecodeString(fields[2])
	if err != nil {
		t.Fatal(err)
	}
	only := trust(t, keys[1])
	for n := range raw {
		bent := append([]byte{}, raw...)
		bent[n] ^= 1
		note := r.Checkpoint.Marshal() + "\n" + "— " + fields[1] + " " + base64.StdEncoding.EncodeToString(bent) + "\n"
		if _, err := ledger.OpenCheckpoint([]byte(note), only); err == nil {
			t.Fatalf("byte %d changed, and it verifies", n)
		}
	}
	// The Ed25519 line renamed to the SM2 key's id.
	ed, err := base64.StdEncoding.DecodeString(strings.Fields(split[0])[2])
	if err != nil {
		t.Fatal(err)
	}
	swapped := base64.StdEncoding.EncodeToString(append(append([]byte{}, raw[:4]...), ed[4:]...))
	if _, err := ledger.OpenCheckpoint([]byte(r.Checkpoint.Marshal()+"\n— "+fields[1]+" "+swapped+"\n"), only); err == nil {
		t.Error("an Ed25519 signature passes for SM2")
	}
	other, err := sm2.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	stranger := &sm2Signer{name: "plumbline/test", key: other}
	note, err := ledger.SignCheckpoint(r.Checkpoint, stranger)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ledger.OpenCheckpoint(note, only); err == nil {
		t.Error("a stranger's key signs for the log")
	}
}

func TestVerifierKeysThatAreFalse(t *testing.T) {
	s, _ := withSM2(t)
	keys, _ := s.Keys(context.Background())
	parts := strings.SplitN(keys[1], "+", 3)
	raw, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil {
		t.Fatal(err)
	}
	code := base64.StdEncoding.EncodeToString
	for name, vkey := range map[string]string{
		"no key":          "",
		"another name":    "plumbline/other+" + parts[1] + "+" + parts[2],
		"another id":      parts[0] + "+00000000+" + parts[2],
		"off the curve":   parts[0] + "+" + parts[1] + "+" + code(append(append([]byte{}, raw[:len(raw)-1]...), raw[len(raw)-1]^1)),
		"cut":             parts[0] + "+" + parts[1] + "+" + code(raw[:len(raw)-1]),
		"an unknown kind": parts[0] + "+" + parts[1] + "+" + code(append([]byte{0xff}, "somebody/else@v1\nabc"...)),
		"spaces":          "a b+" + parts[1] + "+" + parts[2],
	} {
		if _, err := NewVerifier(vkey); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	file := filepath.Join(t.TempDir(), "ec.key")
	if err := os.WriteFile(file, []byte("no key"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(s.path, file); err == nil {
		t.Error("a file that is no key was read as one")
	}
}
