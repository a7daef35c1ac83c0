package ledger

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Receipt proves that one entry is in the ledger: its number, the hash of its
// bytes, the inclusion proof and the signed checkpoint. It holds no content and
// no object, so nobody can be forced to reveal with it what they declared. Its
// form is C2SP tlog-proof, with time and leaf hash in the "extra" line.
type Receipt struct {
	Seq  int64     // number of the entry, from 0
	Time time.Time // of the entry; proven only by the entry's own bytes
	Leaf Hash      // RFC 6962 leaf hash of the entry's bytes
	Path []Hash    // inclusion proof, from the leaf's sibling up
	Note []byte    // signed checkpoint with the cosignatures known so far
}

const (
	receiptHead  = "c2sp.org/tlog-proof@v1"
	receiptExtra = "plumbline receipt v1\n"
	receiptMax   = 80 << 10 // bytes
	pathMax      = 63       // hashes

	cosignatureLen = 8 + 64 // bytes of a witness's line after the key hash: time and Ed25519
	signatureLeast = 60     // bytes of a log's line: Ed25519 has 64, SM2 in ASN.1 seldom below 68
)

// Marshal returns the receipt's text.
func (r *Receipt) Marshal() []byte {
	var b bytes.Buffer
	extra := receiptExtra + "time: " + r.Time.UTC().Format(timeLayout) + "\nleaf: " + base64.StdEncoding.EncodeToString(r.Leaf[:]) + "\n"
	fmt.Fprintf(&b, "%s\nextra %s\nindex %d\n", receiptHead, base64.StdEncoding.EncodeToString([]byte(extra)), r.Seq)
	for _, h := range r.Path {
		b.WriteString(base64.StdEncoding.EncodeToString(h[:]) + "\n")
	}
	b.WriteByte('\n')
	b.Write(r.Note)
	return b.Bytes()
}

// ParseReceipt parses a receipt's text. It accepts only what Marshal writes.
func ParseReceipt(text []byte) (*Receipt, error) {
	if len(text) > receiptMax {
		return nil, errors.New("ledger: the receipt is too long")
	}
	head, signed, found := bytes.Cut(text, []byte("\n\n"))
	lines := strings.Split(string(head), "\n")
	if !found || len(lines) < 3 || len(lines) > 3+pathMax || lines[0] != receiptHead {
		return nil, errors.New("ledger: this is no receipt (C2SP tlog-proof)")
	}
	r := &Receipt{Note: bytes.Clone(signed)}
	if err := plainNote(string(signed)); err != nil {
		return nil, err
	}
	if err := r.parseExtra(lines[1]); err != nil {
		return nil, err
	}
	index, ok := strings.CutPrefix(lines[2], "index ")
	seq, err := parseSize(index)
	if !ok || err != nil {
		return nil, errors.New("ledger: the receipt names no entry")
	}
	r.Seq = seq
	for _, line := range lines[3:] {
		h, err := parseHash(line)
		if err != nil {
			return nil, fmt.Errorf("ledger: proof: %w", err)
		}
		r.Path = append(r.Path, h)
	}
	if !bytes.Equal(r.Marshal(), text) {
		return nil, errors.New("ledger: the receipt is not in canonical form")
	}
	return r, nil
}

// plainNote rejects a note that contains anything but a checkpoint, signature
// lines of the log's own keys and then lines of witnesses, each key once. Trust
// decides which keys count; but a line that can belong to neither is stray,
// even though C2SP lets verifiers skip it.
func plainNote(signed string) error {
	text, signatures, found := strings.Cut(signed, "\n\n")
	c, err := ParseCheckpoint(text + "\n")
	if !found || err != nil {
		return errors.Join(errors.New("ledger: there is no checkpoint in this"), err)
	}
	seen, witnessed := make(map[string]bool), false
	for line := range strings.Lines(signatures) {
		name, sig, _ := strings.Cut(strings.TrimPrefix(strings.TrimSuffix(line, "\n"), signatureMark), " ")
		raw, err := base64.StdEncoding.DecodeString(sig)
		if err != nil || len(raw) < 4 || signatureLine(name, raw) != line {
			return errors.New("ledger: the note has a line that is no signature")
		}
		if name != c.Origin && len(raw) != 4+cosignatureLen || name == c.Origin && len(raw) < 4+signatureLeast {
			return errors.New("ledger: the note has a line that is a signature of neither the log nor a witness")
		}
		key := name + " " + string(raw[:4])
		if seen[key] || witnessed && name == c.Origin {
			return errors.New("ledger: the note has a signature twice, or out of its place")
		}
		witnessed = name != c.Origin
		seen[key] = true
	}
	if len(seen) == 0 {
		return errors.New("ledger: the note has no signature")
	}
	return nil
}

func (r *Receipt) parseExtra(line string) error {
	coded, ok := strings.CutPrefix(line, "extra ")
	raw, err := base64.StdEncoding.DecodeString(coded)
	rest, head := strings.CutPrefix(string(raw), receiptExtra)
	lines := strings.Split(rest, "\n")
	if !ok || err != nil || !head || len(lines) != 3 {
		return errors.New("ledger: the receipt does not say its time and leaf")
	}
	at, isTime := strings.CutPrefix(lines[0], "time: ")
	leaf, isLeaf := strings.CutPrefix(lines[1], "leaf: ")
	if !isTime || !isLeaf {
		return errors.New("ledger: the receipt does not say its time and leaf")
	}
	if r.Time, err = time.Parse(timeLayout, at); err != nil {
		return errors.New("ledger: the receipt's time is damaged")
	}
	r.Leaf, err = parseHash(leaf)
	return err
}

// Check verifies the receipt against trusted keys and returns the checkpoint it
// rests on. It needs no server and no network.
func (r *Receipt) Check(trust Trust) (*Opened, error) {
	o, err := OpenCheckpoint(r.Note, trust)
	if err != nil {
		return nil, err
	}
	if r.Seq < 0 || r.Seq >= o.Size {
		return nil, errors.New("ledger: the receipt's number " + strconv.FormatInt(r.Seq, 10) + " lies beyond its checkpoint")
	}
	if err := CheckInclusion(r.Path, o.Size, o.Root, r.Seq, r.Leaf); err != nil {
		return nil, errors.New("ledger: the receipt's proof does not lead to the signed root")
	}
	return o, nil
}
