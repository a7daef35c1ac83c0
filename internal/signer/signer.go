package signer

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"sync"

	"golang.org/x/mod/sumdb/note"

	"plumbline/internal/ledger"
)

// Request asks for a signature over a tree head that extends the tree of size
// Old, which must be the one remembered.
type Request struct {
	Old        int64
	Proof      []ledger.Hash // consistency proof from Old to the checkpoint
	Checkpoint ledger.Checkpoint
}

// Why a request is refused.
const (
	Foreign      = "foreign"      // another log
	Smaller      = "smaller"      // fewer entries than were signed already
	Forked       = "forked"       // as many entries, another root
	Inconsistent = "inconsistent" // the proof does not lead from the one to the other
	Stale        = "stale"        // Old is not what is remembered; ask again with a proof from there
)

// Refusal is a request that was not signed. Only a stale one may be repeated;
// each of the others says that history was rewritten, or that somebody tries.
type Refusal struct {
	Why        string
	Remembered ledger.Checkpoint
	Asked      ledger.Checkpoint
}

// Error says what was remembered and what was asked.
func (r *Refusal) Error() string {
	return fmt.Sprintf("the signer refuses (%s): it signed %d entries with root %s and is asked for %d with root %s", r.Why,
		r.Remembered.Size, short(r.Remembered.Root), r.Asked.Size, short(r.Asked.Root))
}

func short(h ledger.Hash) string { return base64.StdEncoding.EncodeToString(h[:6]) + "…" }

// Signer holds the key. It is safe for concurrent use, also by several
// processes on the same key file.
type Signer struct {
	path    string
	origin  string
	signers []note.Signer
	keys    []string
	mu      sync.Mutex
}

// Origin is the name of the log that the key belongs to.
func (s *Signer) Origin() string { return s.origin }

// Keys lists the verifier keys, that of the log first.
func (s *Signer) Keys(context.Context) ([]string, error) { return s.keys, nil }

// Apart says that the key is in other hands than the server: not here.
func (s *Signer) Apart() bool { return false }

// Remembered is the tree head signed last; of size 0 before the first.
func (s *Signer) Remembered(context.Context) (ledger.Checkpoint, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return readState(s.path)
}

// Sign gives the signature lines for the checkpoint's note, or a *Refusal.
func (s *Signer) Sign(_ context.Context, r Request) (lines string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	unlock, err := lockFile(s.path)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	remembered, err := readState(s.path)
	if err != nil {
		return "", err
	}
	if why := s.objection(remembered, r); why != "" {
		return "", &Refusal{Why: why, Remembered: remembered, Asked: r.Checkpoint}
	}
	if r.Checkpoint != remembered {
		if err := writeState(s.path, r.Checkpoint); err != nil {
			return "", err
		}
	}
	signed, err := ledger.SignCheckpoint(r.Checkpoint, s.signers...)
	if err != nil {
		return "", err
	}
	return string(signed[len(r.Checkpoint.Marshal())+1:]), nil
}

// objection is the reason not to sign, "" for none.
func (s *Signer) objection(remembered ledger.Checkpoint, r Request) string {
	c := r.Checkpoint
	switch {
	case c.Origin != s.origin || remembered.Origin != s.origin:
		return Foreign
	case c.Size < remembered.Size:
		return Smaller
	case c.Size == remembered.Size && c.Root != remembered.Root:
		return Forked
	case r.Old != remembered.Size:
		return Stale
	case ledger.CheckConsistency(r.Proof, remembered, c) != nil:
		return Inconsistent
	}
	return ""
}

// Restart makes the signer forget what it signed and go on from another tree
// head. Only a person may decide it. What was remembered is kept beside the
// state as evidence; its file is named.
func (s *Signer) Restart(to ledger.Checkpoint) (kept string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	unlock, err := lockFile(s.path)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	if to.Origin != s.origin {
		return "", fmt.Errorf("the key belongs to the log %s, not to %s", s.origin, to.Origin)
	}
	return replaceState(s.path, to)
}
