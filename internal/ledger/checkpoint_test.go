package ledger

import (
	"crypto/ed25519"
	"crypto/rand"
	"fmt"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
)

// grow builds a tree of that many leaves and returns a reader of its nodes.
func grow(t testing.TB, n int) (roots []Hash, leaves []Hash, read func([]int64) ([]Hash, error)) {
	t.Helper()
	edge, err := NewEdge(0, nil)
	if err != nil {
		t.Fatal(err)
	}
	nodes := make(map[int64]Hash)
	root, _ := edge.Root()
	roots = append(roots, root)
	for i := range n {
		leaf, stored, err := edge.Append(fmt.Appendf(nil, "entry %d", i))
		if err != nil {
			t.Fatal(err)
		}
		leaves = append(leaves, leaf)
		for _, s := range stored {
			nodes[s.Index] = s.Hash
		}
		root, err := edge.Root()
		if err != nil {
			t.Fatal(err)
		}
		roots = append(roots, root)
	}
	return roots, leaves, func(ix []int64) ([]Hash, error) {
		out := make([]Hash, len(ix))
		for i, x := range ix {
			h, ok := nodes[x]
			if !ok {
				return nil, fmt.Errorf("no node %d", x)
			}
			out[i] = h
		}
		return out, nil
	}
}

func keys(t testing.TB, name string) (note.Signer, note.Verifier) {
	t.Helper()
	skey, vkey, err := note.GenerateKey(rand.Reader, name)
	if err != nil {
		t.Fatal(err)
	}
	s, err := note.NewSigner(skey)
	if err != nil {
		t.Fatal(err)
	}
	v, err := NewVerifier(vkey)
	if err != nil {
		t.Fatal(err)
	}
	return s, v
}

func TestConsistencyOfEverySize(t *testing.T) {
	roots, _, read := grow(t, 40)
	for n := range roots {
		for m := range n + 1 {
			older, newer := Checkpoint{"log", int64(m), roots[m]}, Checkpoint{"log", int64(n), roots[n]}
			proof, err := ProveConsistency(older.Size, newer.Size, read)
			if err != nil {
				t.Fatal(err)
			}
			if err := CheckConsistency(proof, older, newer); err != nil {
				t.Fatalf("%d extends %d: %v", n, m, err)
			}
			forged := older
			forged.Root[3] ^= 1
			if err := CheckConsistency(proof, forged, newer); err == nil {
				t.Fatalf("%d is said to extend another tree of size %d", n, m)
			}
			if m < n {
				if err := CheckConsistency(proof, newer, older); err == nil {
					t.Fatalf("a tree of %d is said to extend one of %d", m, n)
				}
			}
		}
	}
}

func TestReceiptWithWitness(t *testing.T) {
	roots, leaves, read := grow(t, 9)
	signer, verifier := keys(t, "bureau.example/log")
	_, private, _ := ed25519.GenerateKey(rand.Reader)
	at := time.Unix(1700000000, 0).UTC()
	cosigner, err := NewCosigner("audit.example/w1", private, func() time.Time { return at })
	if err != nil {
		t.Fatal(err)
	}
	witness, err := NewVerifier(CosignerKey("audit.example/w1", private.Public().(ed25519.PublicKey)))
	if err != nil {
		t.Fatal(err)
	}
	c := Checkpoint{"bureau.example/log", 9, roots[9]}
	signed, err := SignCheckpoint(c, signer, cosigner)
	if err != nil {
		t.Fatal(err)
	}
	path, err := Prove(9, 4, read)
	if err != nil {
		t.Fatal(err)
	}
	r := &Receipt{Seq: 4, Time: at, Leaf: leaves[4], Path: path, Note: signed}
	back, err := ParseReceipt(r.Marshal())
	if err != nil {
		t.Fatal(err)
	}
	trust := Trust{Log: []note.Verifier{verifier}, Witnesses: []note.Verifier{witness}, Quorum: 1}
	o, err := back.Check(trust)
	if err != nil {
		t.Fatal(err)
	}
	if len(o.Witnesses) != 1 || !o.Witnesses[0].Time.Equal(at) || !strings.Contains(string(signed), o.Witnesses[0].Line) {
		t.Errorf("witnesses: %+v", o.Witnesses)
	}
	_, stranger := keys(t, "bureau.example/log")
	for name, tr := range map[string]Trust{
		"another key of the same name": {Log: []note.Verifier{stranger}},
		"witness alone":                {Witnesses: trust.Witnesses, Quorum: 1},
		"quorum of two":                {Log: trust.Log, Witnesses: trust.Witnesses, Quorum: 2},
		"witness not trusted":          {Log: trust.Log, Quorum: 1},
	} {
		if _, err := back.Check(tr); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	back.Seq = 5
	if _, err := back.Check(trust); err == nil {
		t.Error("the proof of entry 4 was taken for entry 5")
	}
}

func TestCheckpointText(t *testing.T) {
	c := Checkpoint{"bureau.example/log", 7, Hash{1}}
	if got, err := ParseCheckpoint(c.Marshal()); err != nil || got != c {
		t.Fatalf("%v %v", got, err)
	}
	if d := c.Digits(); len(d) != 39 || strings.Count(d, " ") != 7 || d == (Checkpoint{"bureau.example/log", 8, Hash{1}}).Digits() {
		t.Errorf("digits %q", d)
	}
	text := c.Marshal()
	for _, bad := range []string{"", text + "\n", text + "extension\n", strings.Replace(text, "7", "07", 1),
		strings.Replace(text, "7", "-1", 1),
		strings.Replace(text, "7", "9223372036854775807", 1), strings.Replace(text, "=", "", 1), "\n7\n" + strings.Split(text,
			"\n")[2] + "\n"} {
		if _, err := ParseCheckpoint(bad); err == nil {
			t.Errorf("accepted %q", bad)
		}
	}
}
