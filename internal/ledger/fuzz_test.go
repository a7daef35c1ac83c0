package ledger

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
)

func FuzzParseReceipt(f *testing.F) {
	c := newCourt(f, 20)
	for _, size := range []int64{1, 2, 7, 20} {
		f.Add(c.receipt(size/2, size).Marshal())
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := ParseReceipt(text)
		if err != nil {
			return
		}
		if !bytes.Equal(r.Marshal(), text) {
			t.Fatal("accepted a text that it would not write")
		}
		if _, err := r.Check(c.trust); err == nil {
			if _, err := c.theirs(text); err != nil {
				t.Fatalf("accepted what the second opinion refuses: %v", err)
			}
		}
	})
}

func FuzzOpenCheckpoint(f *testing.F) {
	c := newCourt(f, 20)
	for _, size := range []int64{0, 1, 20} {
		f.Add(c.honest(c.at(size)))
	}
	f.Fuzz(func(t *testing.T, signed []byte) {
		if cp, err := ParseCheckpoint(string(signed)); err == nil && cp.Marshal() != string(signed) {
			t.Fatal("accepted a text that it would not write")
		}
		o, err := OpenCheckpoint(signed, c.trust)
		if err != nil {
			return
		}
		if o.Size < 0 || o.Size >= int64(len(c.roots)) || o.Root != c.roots[o.Size] {
			t.Fatalf("forged: %+v", o)
		}
		if _, err := c.theirCheckpoint(signed); err != nil {
			t.Fatalf("accepted what the second opinion refuses: %v", err)
		}
	})
}

// FuzzProof reads numbers and hashes from the bytes and asks both
// implementations, which must agree for sizes that both support.
func FuzzProof(f *testing.F) {
	c := newCourt(f, 20)
	seed := func(older, newer int64, path []Hash, a, b Hash) {
		data := binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, uint64(older)), uint64(newer))
		data = append(append(data, a[:]...), b[:]...)
		for _, h := range path {
			data = append(data, h[:]...)
		}
		f.Add(data)
	}
	for _, size := range []int64{1, 6, 20} {
		path, _ := Prove(size, size/2, c.read)
		seed(size/2, size, path, c.leaves[size/2], c.roots[size])
		path, _ = ProveConsistency(size/2, size, c.read)
		seed(size/2, size, path, c.roots[size/2], c.roots[size])
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) < 16+64 || len(data) > 16+64+70*32 {
			return
		}
		older, newer := int64(binary.BigEndian.Uint64(data)), int64(binary.BigEndian.Uint64(data[8:]))
		a, b := Hash(data[16:48]), Hash(data[48:80])
		var ours []Hash
		var theirs [][]byte
		for rest := data[80:]; len(rest) >= 32; rest = rest[32:] {
			ours, theirs = append(ours, Hash(rest)), append(theirs, rest[:32])
		}
		in := CheckInclusion(ours, newer, b, older, a)
		con := CheckConsistency(ours, Checkpoint{"x", older, a}, Checkpoint{"x", newer, b})
		if older < 0 || newer < 0 || older > SizeMax || newer > SizeMax {
			if in == nil || con == nil {
				t.Fatalf("accepted sizes %d and %d", older, newer)
			}
			return
		}
		if second := proof.VerifyInclusion(rfc6962.DefaultHasher, uint64(older), uint64(newer), a[:], theirs,
			b[:]); (in == nil) != (second == nil) {
			t.Fatalf("entry %d of %d: %v, second opinion %v", older, newer, in, second)
		}
		if older == 0 {
			return // the second opinion does not look at the root of nothing
		}
		if second := proof.VerifyConsistency(rfc6962.DefaultHasher, uint64(older), uint64(newer), theirs, a[:],
			b[:]); (con == nil) != (second == nil) {
			t.Fatalf("%d extends %d: %v, second opinion %v", newer, older, con, second)
		}
	})
}
