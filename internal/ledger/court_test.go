package ledger

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"math/rand"
	"slices"
	"testing"
	"time"

	"github.com/transparency-dev/formats/log"
	tdproof "github.com/transparency-dev/formats/proof"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"golang.org/x/mod/sumdb/note"
)

// court holds everything that an honest log, its witnesses and its enemies
// have.
type court struct {
	t      testing.TB
	rng    *rand.Rand
	roots  []Hash
	leaves []Hash
	read   func([]int64) ([]Hash, error)

	log, stranger, otherName note.Signer // the log; another log of the same name; the same key under another name
	witness                  [2]note.Signer
	trust                    Trust
	second                   struct { // the same trust for the second opinion
		log       note.Verifier
		witnesses []note.Verifier
	}
	twin *court // a log of the same name with other entries
}

// byTheBook verifies cosignatures as specified by C2SP tlog-cosignature v1. It
// is written for the second opinion only.
type byTheBook struct {
	name string
	key  ed25519.PublicKey
}

func (b byTheBook) Name() string { return b.name }
func (b byTheBook) KeyHash() uint32 {
	sum := sha256.Sum256(slices.Concat([]byte(b.name), []byte{'\n', 4}, b.key))
	return uint32(sum[0])<<24 | uint32(sum[1])<<16 | uint32(sum[2])<<8 | uint32(sum[3])
}
func (b byTheBook) Verify(text, sig []byte) bool {
	if len(sig) != 72 {
		return false
	}
	var at uint64
	for _, x := range sig[:8] {
		at = at<<8 | uint64(x)
	}
	return ed25519.Verify(b.key, fmt.Appendf(nil, "cosignature/v1\ntime %d\n%s", at, text), sig[8:])
}

const courtOrigin = "bureau.example/log"

func newCourt(t testing.TB, size int) *court {
	t.Helper()
	c := &court{t: t, rng: rand.New(rand.NewSource(20260301))}
	c.roots, c.leaves, c.read = grow(t, size)
	signer := func(name string, seed byte) (note.Signer, string) {
		key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, 32))
		skey := fmt.Sprintf("PRIVATE+KEY+%s+%08x+%s", name, keyHash(name, typeEd25519, key.Public().(ed25519.PublicKey)),
			base64.StdEncoding.EncodeToString(append([]byte{typeEd25519}, key.Seed()...)))
		s, err := note.NewSigner(skey)
		if err != nil {
			t.Fatal(err)
		}
		return s, LogKey(name, key.Public().(ed25519.PublicKey))
	}
	verifier := func(vkey string) note.Verifier {
		v, err := NewVerifier(vkey)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	var vkey string
	c.stranger, _ = signer(courtOrigin, 2)
	c.otherName, _ = signer("other.example/log", 1)
	c.log, vkey = signer(courtOrigin, 1)
	c.trust.Log = []note.Verifier{verifier(vkey)}
	var err error
	if c.second.log, err = note.NewVerifier(vkey); err != nil {
		t.Fatal(err)
	}
	for i := range c.witness {
		name, key := fmt.Sprintf("audit.example/w%d", i), ed25519.NewKeyFromSeed(bytes.Repeat([]byte{byte(10 + i)}, 32))
		if c.witness[i], err = NewCosigner(name, key, func() time.Time { return time.Unix(1_790_000_000, 0) }); err != nil {
			t.Fatal(err)
		}
		vkey := CosignerKey(name, key.Public().(ed25519.PublicKey))
		c.trust.Witnesses = append(c.trust.Witnesses, verifier(vkey))
		c.second.witnesses = append(c.second.witnesses, byTheBook{name, key.Public().(ed25519.PublicKey)})
	}
	c.trust.Quorum = 2 // so that a spoilt cosignature counts
	return c
}

func (c *court) at(size int64) Checkpoint { return Checkpoint{courtOrigin, size, c.roots[size]} }

func (c *court) sign(cp Checkpoint, signers ...note.Signer) []byte {
	c.t.Helper()
	signed, err := note.Sign(&note.Note{Text: cp.Marshal()}, signers...)
	if err != nil {
		c.t.Fatal(err)
	}
	return signed
}

func (c *court) receipt(seq, size int64) *Receipt {
	c.t.Helper()
	path, err := Prove(size, seq, c.read)
	if err != nil {
		c.t.Fatal(err)
	}
	return &Receipt{Seq: seq, Time: time.Unix(1_789_999_000+seq, 0).UTC(), Leaf: c.leaves[seq], Path: path,
		Note: c.sign(c.at(size), c.log, c.witness[0], c.witness[1])}
}

// draw picks a tree size and an entry in it.
func (c *court) draw() (seq, size int64) {
	size = 1 + c.rng.Int63n(int64(len(c.leaves)))
	return c.rng.Int63n(size), size
}

// ours is this program's verdict on a receipt.
func (c *court) ours(text []byte) (*Receipt, error) {
	r, err := ParseReceipt(text)
	if err != nil {
		return nil, err
	}
	_, err = r.Check(c.trust)
	return r, err
}

// theirs is the second opinion on a receipt, with its own parser of the same
// text.
func (c *court) theirs(text []byte) (*tdproof.TLogProof, error) {
	var p tdproof.TLogProof
	if err := p.Unmarshal(text); err != nil {
		return nil, err
	}
	cp, err := c.theirCheckpoint(p.Checkpoint)
	if err != nil {
		return nil, err
	}
	r := &Receipt{}
	if err := r.parseExtra("extra " + base64.StdEncoding.EncodeToString(p.ExtraData)); err != nil {
		return nil, err // the leaf hash stands nowhere else
	}
	path := make([][]byte, len(p.Hashes))
	for i := range p.Hashes {
		path[i] = p.Hashes[i][:]
	}
	return &p, proof.VerifyInclusion(rfc6962.DefaultHasher, p.Index, cp.Size, r.Leaf[:], path, cp.Hash)
}

func (c *court) theirCheckpoint(signed []byte) (*log.Checkpoint, error) {
	cp, _, n, err := log.ParseCheckpoint(signed, courtOrigin, c.second.log, c.second.witnesses...)
	if err != nil {
		return nil, err
	}
	if len(n.Sigs) < 1+c.trust.Quorum {
		return nil, errors.New("too few witnesses")
	}
	return cp, nil
}
