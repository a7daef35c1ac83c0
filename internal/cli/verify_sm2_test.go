package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"plumbline/internal/ledger"
	"plumbline/internal/signer"
)

// TestTheSM2LineOfAReceiptIsVerifiedAlone signs the checkpoint of a receipt
// with Ed25519 and SM2. A given SM2 key must not be ignored: it suffices on its
// own, an invalid line under it is rejected, and a missing one is reported.
func TestTheSM2LineOfAReceiptIsVerifiedAlone(t *testing.T) {
	h := takeHome(t)
	raw, err := os.ReadFile(h.text)
	if err != nil {
		t.Fatal(err)
	}
	r, err := ledger.ParseReceipt(raw)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := signer.Make(filepath.Join(dir, "sign"), "plumbline/test"); err != nil {
		t.Fatal(err)
	}
	s, err := signer.Open(filepath.Join(dir, "sign"), filepath.Join(dir, "sm2"))
	if err != nil {
		t.Fatal(err)
	}
	keys, err := s.Keys(t.Context())
	if err != nil || len(keys) != 2 {
		t.Fatal(keys, err)
	}
	text, _, _ := strings.Cut(string(r.Note), "\n\n")
	c, err := ledger.ParseCheckpoint(text + "\n")
	if err != nil {
		t.Fatal(err)
	}
	lines, err := s.Sign(t.Context(), signer.Request{Checkpoint: c, Old: 0})
	if err != nil {
		t.Fatal(err)
	}
	own, second, _ := strings.Cut(lines, "\n")
	write := func(name, body string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	with := func(name, signatures string) string {
		r.Note = []byte(text + "\n\n" + signatures)
		return write(name, string(r.Marshal()))
	}
	at := strings.LastIndex(second, " ") + 20
	letter := "A"
	if second[at] == 'A' {
		letter = "B"
	}
	bent := second[:at] + letter + second[at+1:]
	both, alone2 := write("both.keys", strings.Join(keys, "\n")), write("sm2.keys", keys[1])
	for _, try := range []struct {
		name, file, keys, want string
		ok                     bool
	}{
		{"both keys", with("both", lines), both, "SM2 with SM3", true},
		{"SM2 alone", with("both", lines), alone2, "signed the whole ledger", true},
		{"no SM2 line", with("first", own+"\n"), both, "has not signed this receipt", true},
		{"no SM2 line, SM2 alone", with("first", own+"\n"), alone2, "None of the keys", false},
		{"a bent SM2 line", with("bent", own+"\n"+bent), both, "None of the keys", false},
	} {
		status, out := alone(t, nil, "verify", try.file, "--trust", try.keys)
		if (status == 0) != try.ok || !strings.Contains(out, try.want) {
			t.Errorf("%s: status %d, want %q:\n%s", try.name, status, try.want, out)
		}
	}
}
