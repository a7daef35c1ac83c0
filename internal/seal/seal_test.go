package seal

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

var here = Place{"sealed_fields", "complainant", "r1"}

func keys(t testing.TB, n int) (private []*PrivateKey, to []Recipient) {
	t.Helper()
	for i := range n {
		k, err := NewPrivateKey()
		if err != nil {
			t.Fatal(err)
		}
		private, to = append(private, k), append(to, Recipient{fmt.Sprint("c", i), k.Public()})
	}
	return private, to
}

func TestATextOpensInItsPlaceAlone(t *testing.T) {
	key := &[KeySize]byte{1, 2, 3}
	sealed := Encrypt(key, here, []byte("王某"))
	if got, err := Decrypt(key, here, sealed); err != nil || string(got) != "王某" {
		t.Fatalf("%q %v", got, err)
	}
	for name, p := range map[string]Place{
		"table": {"issues", "complainant", "r1"}, "column": {"sealed_fields", "x", "r1"}, "record": {"sealed_fields", "complainant", "r2"},
		"parts that run together": {"sealed_fieldsc", "omplainant", "r1"},
	} {
		if _, err := Decrypt(key, p, sealed); err == nil {
			t.Errorf("opens under another %s", name)
		}
	}
	if _, err := Decrypt(&[KeySize]byte{1}, here, sealed); err == nil {
		t.Error("opens under another key")
	}
	for i := range sealed {
		bad := bytes.Clone(sealed)
		bad[i] ^= 1
		if _, err := Decrypt(key, here, bad); err == nil {
			t.Fatalf("opens with byte %d changed", i)
		}
	}
	if _, err := Decrypt(key, here, sealed[:10]); err == nil {
		t.Error("a stump opens")
	}
}

// TestTwoOfThreeOpenAndOneDoesNot is a small version of the drill.
func TestTwoOfThreeOpenAndOneDoesNot(t *testing.T) {
	private, to := keys(t, 3)
	cipher, w, err := SealText(here, []byte("举报人"), "s", 2, to)
	if err != nil {
		t.Fatal(err)
	}
	if w, err = ParseWrapping(w.JSON()); err != nil {
		t.Fatal(err)
	}
	var shares []Share
	for i, k := range private {
		s, err := OpenPart(here, "s", w.Part(to[i].ID), k)
		if err != nil {
			t.Fatal(err)
		}
		shares = append(shares, s)
		if _, err := OpenPart(here, "s", w.Part(to[i].ID), private[(i+1)%3]); err == nil {
			t.Error("another custodian opens the share")
		}
		if _, err := OpenPart(here, "other", w.Part(to[i].ID), k); err == nil {
			t.Error("the share opens for another set")
		}
		if _, err := OpenPart(Place{"sealed_fields", "complainant", "r2"}, "s", w.Part(to[i].ID), k); err == nil {
			t.Error("the share opens for another record")
		}
		if _, err := Unwrap(here, w, []Share{s}); err == nil {
			t.Error("one share gives the key")
		}
	}
	for _, pair := range [][2]int{{0, 1}, {0, 2}, {1, 2}, {2, 0}} {
		key, err := Unwrap(here, w, []Share{shares[pair[0]], shares[pair[1]]})
		if err != nil {
			t.Fatalf("%v: %v", pair, err)
		}
		if text, err := OpenText(here, key, cipher); err != nil || string(text) != "举报人" {
			t.Errorf("%v: %q %v", pair, text, err)
		}
	}
	wrong := Share{X: shares[1].X, Y: bytes.Clone(shares[1].Y)}
	wrong.Y[0] ^= 1
	if _, err := Unwrap(here, w, []Share{shares[0], wrong}); err == nil {
		t.Error("a wrong share gives a key")
	}
}

func TestARequestAndItsResponse(t *testing.T) {
	private, to := keys(t, 3)
	asked, askedTo := keys(t, 2)
	_, w, err := SealText(here, []byte("x"), "s", 2, to)
	if err != nil {
		t.Fatal(err)
	}
	q := &Request{Reveal: "v", Ref: "R", Place: here, Set: "s", Part: *w.Part("c1"), PublicKey: askedTo[0].Key.String()}
	if q, err = ParseRequest("Dear custodian,\r\n\r\n" + strings.ReplaceAll(q.Text(), "\n",
		"\r\n> ")[:0] + q.Text() + "\nregards"); err != nil {
		t.Fatal(err)
	}
	if _, err := q.Release(private[0]); err == nil {
		t.Error("another custodian releases the share")
	}
	r, err := q.Release(private[1])
	if err != nil {
		t.Fatal(err)
	}
	if r, err = ParseResponse(r.Text()); err != nil {
		t.Fatal(err)
	}
	want, err := OpenPart(here, "s", w.Part("c1"), private[1])
	if err != nil {
		t.Fatal(err)
	}
	got, err := r.Open(asked[0])
	if err != nil || got.X != want.X || !bytes.Equal(got.Y, want.Y) {
		t.Fatalf("%v", err)
	}
	if _, err := r.Open(asked[1]); err == nil {
		t.Error("the response opens for another request")
	}
	r.Reveal = "w"
	if _, err := r.Open(asked[0]); err == nil {
		t.Error("the response was carried to another reveal")
	}
	for _, bad := range []string{"", "-----BEGIN PLUMBLINE REVEAL RESPONSE-----", q.Text(), r.Text()[:len(r.Text())/2],
		strings.Repeat("x", 1<<17)} {
		if _, err := ParseResponse(bad); err == nil {
			t.Errorf("accepted %.30q", bad)
		}
	}
}

func TestAKeyFileNeedsItsPassphrase(t *testing.T) {
	k, err := NewPrivateKey()
	if err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	if err := WriteKeyFile(&file, k, "correct horse", 10); err != nil {
		t.Fatal(err)
	}
	raw, err := k.Bytes()
	if err != nil || bytes.Contains(file.Bytes(), raw) {
		t.Fatalf("the key lies open in its file: %v", err)
	}
	again, err := ReadKeyFile(file.Bytes(), "correct horse")
	if err != nil || again.Public().String() != k.Public().String() {
		t.Fatal(err)
	}
	if _, err := ReadKeyFile(file.Bytes(), "wrong horse"); err == nil || strings.Contains(err.Error(), "horse") {
		t.Errorf("%v", err)
	}
	p, err := ParsePublic("  " + k.Public().String() + "\n")
	if err != nil || p.Fingerprint() != k.Public().Fingerprint() || len(strings.Fields(p.Fingerprint())) != 8 {
		t.Errorf("%v %v", p, err)
	}
	for _, bad := range []string{"", "PLUMBLINE-CUSTODIAN-1 ", "PLUMBLINE-CUSTODIAN-1 AAAA", k.Public().String()[:60], "age1xyz"} {
		if _, err := ParsePublic(bad); err == nil {
			t.Errorf("%.30q is a key", bad)
		}
	}
}

func BenchmarkSealText(b *testing.B) {
	_, to := keys(b, 3)
	for b.Loop() {
		if _, _, err := SealText(here, []byte("举报人"), "s", 2, to); err != nil {
			b.Fatal(err)
		}
	}
}

func TestDrill(t *testing.T) {
	report, err := Drill(3)
	if err != nil || len(report) != 8 {
		t.Fatalf("%v %v", report, err)
	}
	all, none := 0, 0
	for _, line := range report {
		switch {
		case strings.Contains(line, " 3 of 3 "):
			all++
		case strings.Contains(line, " 0 of 3 "):
			none++
		}
	}
	if all != 4 || none != 4 {
		t.Errorf("%d groups open all and %d none:\n%s", all, none, strings.Join(report, "\n"))
	}
}
