package ledger

import (
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// SizeMax is the largest tree size this program accepts. Larger sizes and
// indexes are rejected before any arithmetic, because shifts near 2^63 do not
// terminate.
const SizeMax = 1 << 48

// Checkpoint is a tree head: what the log's key and the witnesses sign
// (C2SP tlog-checkpoint). Extension lines are not used and not accepted.
type Checkpoint struct {
	Origin string // name of the log
	Size   int64  // leaves, 0 to SizeMax
	Root   Hash   // RFC 6962 Merkle tree head
}

// Marshal returns the note's text: origin, size and root, one per line.
func (c Checkpoint) Marshal() string {
	return c.Origin + "\n" + strconv.FormatInt(c.Size, 10) + "\n" + base64.StdEncoding.EncodeToString(c.Root[:]) + "\n"
}

// ParseCheckpoint parses a note's text. It accepts only what Marshal writes.
func ParseCheckpoint(text string) (Checkpoint, error) {
	lines := strings.Split(text, "\n")
	if len(lines) != 4 || lines[3] != "" {
		return Checkpoint{}, errors.New("ledger: a checkpoint has three lines")
	}
	size, err := parseSize(lines[1])
	if err != nil {
		return Checkpoint{}, fmt.Errorf("ledger: checkpoint size: %w", err)
	}
	root, err := parseHash(lines[2])
	if err != nil {
		return Checkpoint{}, fmt.Errorf("ledger: checkpoint root: %w", err)
	}
	c := Checkpoint{Origin: lines[0], Size: size, Root: root}
	if c.Origin == "" || c.Marshal() != text {
		return Checkpoint{}, errors.New("ledger: the checkpoint is not in canonical form")
	}
	return c, nil
}

// Digits is the checkpoint for a notice board: eight groups of four decimal
// digits, the SHA-256 of the text modulo 10^32. Two different checkpoints share
// digits with a probability of one in 10^32; finding another text with given
// digits takes about 2^106 attempts.
func (c Checkpoint) Digits() string {
	sum := sha256Sum("plumbline notice v1\n" + c.Marshal())
	n := new(big.Int).SetBytes(sum[:])
	n.Mod(n, new(big.Int).Exp(big.NewInt(10), big.NewInt(32), nil))
	digits := fmt.Sprintf("%032s", n.String())
	groups := make([]string, 8)
	for i := range groups {
		groups[i] = digits[4*i : 4*i+4]
	}
	return strings.Join(groups, " ")
}

// Verifier and Signer are the note library's interfaces, implemented by every
// key of the log, a witness or another kind.
type (
	Verifier = note.Verifier
	Signer   = note.Signer
)

// Trust says whose signatures count: any one of the log's keys, and at least
// Quorum of the witnesses.
type Trust struct {
	Log       []note.Verifier
	Witnesses []note.Verifier
	Quorum    int
}

// Opened is a checkpoint with verified signatures.
type Opened struct {
	Checkpoint
	Witnesses []Cosignature // trusted witnesses, in the note's order
}

// SignCheckpoint returns the signed note over a checkpoint.
func SignCheckpoint(c Checkpoint, signers ...note.Signer) ([]byte, error) {
	if _, err := ParseCheckpoint(c.Marshal()); err != nil {
		return nil, err
	}
	return note.Sign(&note.Note{Text: c.Marshal()}, signers...)
}

// ErrUntrusted means that no known key of the log, or too few witnesses, signed
// the checkpoint.
var ErrUntrusted = errors.New("ledger: not signed by the keys that are trusted")

// OpenCheckpoint verifies a signed note: one signature by the log's own key
// under the log's name, and the quorum of witnesses. Signatures by unknown keys
// are ignored (C2SP signed-note). An invalid signature by a known key, or a
// duplicate, is an error.
func OpenCheckpoint(signed []byte, trust Trust) (*Opened, error) {
	if len(signed) > 64<<10 {
		return nil, errors.New("ledger: the note is too long")
	}
	verifiers := append(slices.Clone(trust.Log), trust.Witnesses...)
	n, err := note.Open(signed, note.VerifierList(verifiers...))
	var unverified *note.UnverifiedNoteError
	switch {
	case errors.As(err, &unverified):
		return nil, ErrUntrusted
	case err != nil:
		return nil, fmt.Errorf("ledger: open note: %w", err)
	}
	c, err := ParseCheckpoint(n.Text)
	if err != nil {
		return nil, err
	}
	if err := oneForm(signed, n); err != nil {
		return nil, err
	}
	o := &Opened{Checkpoint: c}
	logs := 0
	for _, s := range n.Sigs {
		if is(s, trust.Log) {
			if s.Name == c.Origin {
				logs++
			}
			continue
		}
		if cs, ok := cosignatureOf(s); ok {
			o.Witnesses = append(o.Witnesses, cs)
		}
	}
	if logs == 0 || len(o.Witnesses) < trust.Quorum {
		return nil, ErrUntrusted
	}
	return o, nil
}

// oneForm rejects a note with two signatures under one key, because the library
// skips the second without checking it, and a signature whose base64 contains
// stray bits. Each signed note thus has exactly one form, and notes can be
// compared byte by byte.
func oneForm(signed []byte, n *note.Note) error {
	_, lines, _ := strings.Cut(string(signed), "\n\n")
	all := append(slices.Clone(n.Sigs), n.UnverifiedSigs...)
	if got := strings.Count(lines, "\n"); got != len(all) {
		return errors.New("ledger: the note carries a signature twice")
	}
	for _, s := range all {
		if _, err := base64.StdEncoding.Strict().DecodeString(s.Base64); err != nil {
			return errors.New("ledger: a signature is not in canonical form")
		}
	}
	return nil
}

func is(s note.Signature, keys []note.Verifier) bool {
	return slices.ContainsFunc(keys, func(v note.Verifier) bool { return v.Name() == s.Name && v.KeyHash() == s.Hash })
}

// parseSize parses a decimal without leading zeroes, 0 to SizeMax.
func parseSize(s string) (int64, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 || n > SizeMax || strconv.FormatInt(n, 10) != s {
		return 0, fmt.Errorf("%.20q is no size", s)
	}
	return n, nil
}

func parseHash(s string) (h Hash, err error) {
	raw, err := base64.StdEncoding.Strict().DecodeString(s)
	if err != nil || len(raw) != len(h) || base64.StdEncoding.EncodeToString(raw) != s {
		return h, fmt.Errorf("%.50q is no hash", s)
	}
	return Hash(raw), nil
}
