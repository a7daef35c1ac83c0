package ledger

import (
	"crypto/sha256"
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"
)

// ErrInconsistent means that a tree does not extend an earlier one: history
// between the two was rewritten.
var ErrInconsistent = errors.New("ledger: the newer tree does not contain the older one")

// ProveConsistency proves that the tree of size newer extends the tree of size
// older (RFC 6962, 2.1.2). The proof is empty for older 0 and for equal sizes.
func ProveConsistency(older, newer int64, read func([]int64) ([]Hash, error)) ([]Hash, error) {
	if older < 0 || older > newer || newer > SizeMax {
		return nil, fmt.Errorf("ledger: no tree of size %d extends one of size %d", newer, older)
	}
	if older == 0 || older == newer {
		return nil, nil
	}
	proof, err := tlog.ProveTree(newer, older, hashReader(read))
	if err != nil {
		return nil, fmt.Errorf("prove that %d extends %d: %w", newer, older, err)
	}
	out := make([]Hash, len(proof))
	for i, h := range proof {
		out[i] = Hash(h)
	}
	return out, nil
}

// CheckConsistency verifies a consistency proof between two tree heads of one
// log. It returns ErrInconsistent, or an error that says what is malformed.
func CheckConsistency(proof []Hash, older, newer Checkpoint) error {
	switch {
	case older.Origin != newer.Origin:
		return errors.New("ledger: the two checkpoints belong to different logs")
	case older.Size < 0 || newer.Size > SizeMax || older.Size > newer.Size:
		return ErrInconsistent
	case older.Size == 0:
		if len(proof) != 0 || older.Root != sha256.Sum256(nil) {
			return ErrInconsistent
		}
		if newer.Size == 0 && newer.Root != older.Root {
			return ErrInconsistent
		}
		return nil
	case older.Size == newer.Size:
		if len(proof) != 0 || older.Root != newer.Root {
			return ErrInconsistent
		}
		return nil
	}
	p := make(tlog.TreeProof, len(proof))
	for i, h := range proof {
		p[i] = tlog.Hash(h)
	}
	if err := tlog.CheckTree(p, newer.Size, tlog.Hash(newer.Root), older.Size, tlog.Hash(older.Root)); err != nil {
		return ErrInconsistent
	}
	return nil
}

func hashReader(read func([]int64) ([]Hash, error)) tlog.HashReader {
	return tlog.HashReaderFunc(func(ix []int64) ([]tlog.Hash, error) {
		hashes, err := read(ix)
		if err != nil {
			return nil, err
		}
		out := make([]tlog.Hash, len(hashes))
		for i, h := range hashes {
			out[i] = tlog.Hash(h)
		}
		return out, nil
	})
}
