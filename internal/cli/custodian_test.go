package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"plumbline/internal/seal"
)

// TestACustodiansMachine runs the commands that need no site: a new key, a
// released request, the drill, and a handover.
func TestACustodiansMachine(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	put := func(name, text string) string {
		t.Helper()
		if err := os.WriteFile(at(name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return at(name)
	}
	run := func(status int, args ...string) string {
		t.Helper()
		var out, errs bytes.Buffer
		if got := Main(args, &out, &errs); got != status {
			t.Fatalf("%v: status %d: %s%s", args, got, out.String(), errs.String())
		}
		if strings.Contains(out.String()+errs.String(), "a long passphrase") {
			t.Errorf("%v shows the passphrase", args)
		}
		return out.String() + errs.String()
	}
	words := put("words", "a long passphrase\n")
	run(1, "custodian", "new", at("short.key"), "--passphrase-file", put("few", "short\n"))
	made := run(0, "custodian", "new", at("a.key"), "--passphrase-file", words)
	run(1, "custodian", "new", at("a.key"), "--passphrase-file", words)
	if info, err := os.Stat(at("a.key")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info, err)
	}
	if shown := run(0, "custodian", "show", at("a.key"), "--passphrase-file", words); shown != made {
		t.Errorf("%q, then %q", made, shown)
	}
	public, err := seal.ParsePublic(strings.Split(made, "\n")[0])
	if err != nil {
		t.Fatal(err)
	}
	asked, err := seal.NewPrivateKey()
	if err != nil {
		t.Fatal(err)
	}
	other, err := seal.NewPrivateKey()
	if err != nil {
		t.Fatal(err)
	}
	place := seal.Place{Table: "sealed_fields", Column: "complainant", Record: "r"}
	to := []seal.Recipient{{ID: "a", Key: public}, {ID: "b", Key: other.Public()}, {ID: "c", Key: asked.Public()}}
	_, w, err := seal.SealText(place, []byte("x"), "old", 2, to)
	if err != nil {
		t.Fatal(err)
	}
	q := seal.Request{Reveal: "v", Ref: "REF-1", Place: place, Set: "old", Part: *w.Part("a"), PublicKey: asked.Public().String()}
	said := run(0, "custodian", "release", put("request.txt", q.Text()), "--key", at("a.key"), "--passphrase-file", words)
	r, err := seal.ParseResponse(said)
	if err != nil || !strings.Contains(said, "REF-1") {
		t.Fatalf("%v: %s", err, said)
	}
	if _, err := r.Open(asked); err != nil {
		t.Error(err)
	}
	q.Part = *w.Part("b")
	run(1, "custodian", "release", put("theirs.txt", q.Text()), "--key", at("a.key"), "--passphrase-file", words)
	run(1, "custodian", "release", at("request.txt"), "--key", at("a.key"), "--passphrase-file", put("wrong", "another long phrase\n"))

	if drill := run(0, "custodian", "drill", "--records", "2"); strings.Count(drill, "2 of 2 probes") != 4 ||
		strings.Count(drill, "0 of 2 probes") != 4 {
		t.Error(drill)
	}
	var second bytes.Buffer
	if err := seal.WriteKeyFile(&second, other, "a long passphrase", 10); err != nil {
		t.Fatal(err)
	}
	put("b.key", second.String())
	b := seal.NewBundle("log", "old")
	b.To, b.Threshold = "new", 2
	b.Custodian = []seal.BundleHolder{{ID: "n1", PublicKey: asked.Public().String()}, {ID: "n2", PublicKey: public.String()},
		{ID: "n3", PublicKey: other.Public().String()}}
	b.Records = []seal.BundledRecord{{ID: "f", Place: place, Wrapping: w}}
	put("wrapped.json", string(b.JSON()))
	two := []string{"--key", at("a.key"), "--passphrase-file", words, "--key", at("b.key"), "--passphrase-file", words}
	if out := run(0, append([]string{"custodian", "drill", at("wrapped.json")}, two...)...); !strings.Contains(out,
		"1 of 1 record keys opened") {
		t.Error(out)
	}
	if out := run(0, append([]string{"custodian", "drill", at("wrapped.json")}, two[:4]...)...); !strings.Contains(out,
		"0 of 1 record keys opened") {
		t.Error(out)
	}
	run(1, append([]string{"custodian", "rewrap", at("wrapped.json"), at("none.json")}, two[:4]...)...)
	run(0, append([]string{"custodian", "rewrap", at("wrapped.json"), at("result.json")}, two...)...)
	raw, err := os.ReadFile(at("result.json"))
	if err != nil {
		t.Fatal(err)
	}
	result, err := seal.ParseBundle(raw)
	if err != nil || len(result.Records) != 1 || !result.Records[0].Wrapping.Follows(w, "new", 2, []string{"n1", "n2", "n3"}) {
		t.Errorf("%+v %v", result, err)
	}
}
