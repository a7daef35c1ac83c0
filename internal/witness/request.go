package witness

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"plumbline/internal/ledger"
)

// Limits of an add-checkpoint request. 63 proof lines and a note with a handful
// of signatures stay far below.
const (
	BodyMax  = 32 << 10 // bytes
	proofMax = 63       // hashes
)

// Request is the body of add-checkpoint: what the client takes for the
// witness's last size, the proof from there, and the signed checkpoint.
type Request struct {
	Old        int64
	Proof      []ledger.Hash
	Note       []byte            // the signed checkpoint as it came
	Checkpoint ledger.Checkpoint // read from the note; nothing is verified
}

// Marshal gives the request's body.
func (r *Request) Marshal() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "old %d\n", r.Old)
	for _, h := range r.Proof {
		b.WriteString(base64.StdEncoding.EncodeToString(h[:]) + "\n")
	}
	b.WriteByte('\n')
	b.Write(r.Note)
	return b.Bytes()
}

// ParseRequest reads a body. It accepts only what Marshal writes, with a
// checkpoint in canonical form and at least one signature line.
func ParseRequest(body []byte) (*Request, error) {
	if len(body) > BodyMax {
		return nil, errors.New("witness: the request is too long")
	}
	head, signed, found := bytes.Cut(body, []byte("\n\n"))
	if !found {
		return nil, errors.New("witness: an empty line must stand before the checkpoint")
	}
	lines := strings.Split(string(head), "\n")
	text, ok := strings.CutPrefix(lines[0], "old ")
	old, err := strconv.ParseInt(text, 10, 64)
	if !ok || err != nil || old < 0 || old > ledger.SizeMax || strconv.FormatInt(old, 10) != text {
		return nil, errors.New("witness: the first line must be the old size")
	}
	if len(lines)-1 > proofMax {
		return nil, fmt.Errorf("witness: a proof has at most %d lines", proofMax)
	}
	r := &Request{Old: old, Note: bytes.Clone(signed)}
	for _, line := range lines[1:] {
		raw, err := base64.StdEncoding.Strict().DecodeString(line)
		if err != nil || len(raw) != len(ledger.Hash{}) || base64.StdEncoding.EncodeToString(raw) != line {
			return nil, errors.New("witness: a proof line must be one hash in base64")
		}
		r.Proof = append(r.Proof, ledger.Hash(raw))
	}
	if r.Checkpoint, _, err = splitNote(signed); err != nil {
		return nil, err
	}
	return r, nil
}

// splitNote reads a signed note without verifying: the checkpoint and the
// signature lines, each with its line feed.
func splitNote(signed []byte) (ledger.Checkpoint, []string, error) {
	text, rest, found := strings.Cut(string(signed), "\n\n")
	if !found || rest == "" || !strings.HasSuffix(rest, "\n") {
		return ledger.Checkpoint{}, nil, errors.New("witness: this is no signed note")
	}
	c, err := ledger.ParseCheckpoint(text + "\n")
	if err != nil {
		return ledger.Checkpoint{}, nil, err
	}
	lines := strings.SplitAfter(rest, "\n")
	lines = lines[:len(lines)-1]
	for _, line := range lines {
		parts := strings.Split(strings.TrimSuffix(line, "\n"), " ")
		if len(parts) != 3 || parts[0] != "—" || parts[1] == "" {
			return ledger.Checkpoint{}, nil, errors.New("witness: a signature line is damaged")
		}
		if raw, err := base64.StdEncoding.DecodeString(parts[2]); err != nil || len(raw) < 5 {
			return ledger.Checkpoint{}, nil, errors.New("witness: a signature line is damaged")
		}
	}
	return c, lines, nil
}

// own keeps of a note the lines that bear the log's name: those of other
// witnesses, and whatever else a client appended, are not this log's word.
func own(c ledger.Checkpoint, lines []string) []byte {
	var b bytes.Buffer
	b.WriteString(c.Marshal() + "\n")
	for _, line := range lines {
		if strings.HasPrefix(line, "— "+c.Origin+" ") {
			b.WriteString(line)
		}
	}
	return b.Bytes()
}
