package ledger

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// History links checkpoints of one log: signed notes, smallest tree first, with
// a consistency proof between each two. It contains no entries and no secrets.
// Given a receipt under one of the checkpoints and the digits of another, it is
// all that is needed to tell whether the log was rewritten between them.
type History struct {
	Notes  [][]byte
	Proofs [][]Hash // Proofs[i] leads from Notes[i] to Notes[i+1]
}

const (
	// HistoryHead is the first line of a history's text.
	HistoryHead = "plumbline history v1"
	historyMax  = 4 << 20 // bytes
)

// Marshal returns the history's text.
func (h *History) Marshal() []byte {
	var b bytes.Buffer
	b.WriteString(HistoryHead + "\n")
	for i, n := range h.Notes {
		if i > 0 {
			fmt.Fprintf(&b, "consistency %d\n", len(h.Proofs[i-1]))
			for _, p := range h.Proofs[i-1] {
				b.WriteString(base64.StdEncoding.EncodeToString(p[:]) + "\n")
			}
		}
		fmt.Fprintf(&b, "checkpoint %d\n", bytes.Count(n, []byte("\n")))
		b.Write(n)
	}
	return b.Bytes()
}

// ParseHistory parses a history's text. It accepts only what Marshal writes.
func ParseHistory(text []byte) (*History, error) {
	if len(text) > historyMax {
		return nil, errors.New("ledger: the history is too long")
	}
	lines := strings.SplitAfter(string(text), "\n")
	if lines[0] != HistoryHead+"\n" {
		return nil, errors.New("ledger: this is no history")
	}
	lines = lines[1:]
	take := func(what string) ([]string, error) {
		if len(lines) == 0 {
			return nil, errors.New("ledger: the history is cut off")
		}
		count, ok := strings.CutPrefix(strings.TrimSuffix(lines[0], "\n"), what+" ")
		n, err := strconv.Atoi(count)
		if !ok || err != nil || n < 0 || n >= len(lines) {
			return nil, fmt.Errorf("ledger: the history holds no %s where one should be", what)
		}
		part := lines[1 : 1+n]
		lines = lines[1+n:]
		return part, nil
	}
	h := &History{}
	for len(lines) > 0 && lines[0] != "" {
		if len(h.Notes) > 0 {
			part, err := take("consistency")
			if err != nil {
				return nil, err
			}
			proof := []Hash{}
			for _, line := range part {
				p, err := parseHash(strings.TrimSuffix(line, "\n"))
				if err != nil {
					return nil, fmt.Errorf("ledger: consistency: %w", err)
				}
				proof = append(proof, p)
			}
			h.Proofs = append(h.Proofs, proof)
		}
		part, err := take("checkpoint")
		if err != nil {
			return nil, err
		}
		if err := plainNote(strings.Join(part, "")); err != nil {
			return nil, err
		}
		h.Notes = append(h.Notes, []byte(strings.Join(part, "")))
	}
	if len(h.Notes) == 0 || !bytes.Equal(h.Marshal(), text) {
		return nil, errors.New("ledger: the history is not in canonical form")
	}
	return h, nil
}

// Check verifies every note and every proof, and returns the checkpoints,
// smallest first. All are of one log, each extending the one before. Only the
// last note needs the witnesses, since it contains the earlier ones.
func (h *History) Check(trust Trust) ([]*Opened, error) {
	if len(h.Notes) == 0 || len(h.Proofs) != len(h.Notes)-1 {
		return nil, errors.New("ledger: the history has no beginning or no end")
	}
	out := make([]*Opened, len(h.Notes))
	for i, n := range h.Notes {
		t := trust
		if i < len(h.Notes)-1 {
			t.Quorum = 0
		}
		o, err := OpenCheckpoint(n, t)
		if err != nil {
			return nil, fmt.Errorf("checkpoint %d of the history: %w", i+1, err)
		}
		if i > 0 {
			if err := CheckConsistency(h.Proofs[i-1], out[i-1].Checkpoint, o.Checkpoint); err != nil {
				return nil, fmt.Errorf("from %d to %d entries: %w", out[i-1].Size, o.Size, err)
			}
		}
		out[i] = o
	}
	return out, nil
}
