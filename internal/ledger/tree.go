package ledger

import (
	"fmt"

	"golang.org/x/mod/sumdb/tlog"
)

// StoredHash is one node of the tree under its tlog storage index.
type StoredHash struct {
	Index int64
	Hash  Hash
}

// EdgeIndexes returns the storage indexes of the roots of the complete subtrees
// in a tree of that size: all that is needed to append to it and compute its
// root.
func EdgeIndexes(size int64) []int64 {
	var indexes []int64
	for level := 62; level >= 0; level-- {
		if size&(1<<level) != 0 {
			indexes = append(indexes, tlog.StoredHashIndex(level, size>>level-1))
		}
	}
	return indexes
}

// StoredCount is the number of nodes stored for a tree of that size. Their
// indexes are 0 to StoredCount-1.
func StoredCount(size int64) int64 { return tlog.StoredHashCount(size) }

// NodeIndex is the index of the n'th node of a level, counted from the leaves.
func NodeIndex(level int, n int64) int64 { return tlog.StoredHashIndex(level, n) }

// NodeSpan returns a node's level and the first leaf below it.
func NodeSpan(index int64) (level int, first int64) {
	level, n := tlog.SplitStoredHashIndex(index)
	return level, n << level
}

// Edge is the right edge of a tree: the nodes needed to append to it. It is
// cheap to copy.
type Edge struct {
	size  int64
	nodes map[int64]Hash
}

// NewEdge builds the edge of a tree of that size from the nodes that
// EdgeIndexes lists. It fails if one is missing.
func NewEdge(size int64, nodes map[int64]Hash) (*Edge, error) {
	e := &Edge{size: size, nodes: make(map[int64]Hash)}
	for _, i := range EdgeIndexes(size) {
		h, ok := nodes[i]
		if !ok {
			return nil, fmt.Errorf("ledger: node %d of the tree of size %d is missing", i, size)
		}
		e.nodes[i] = h
	}
	return e, nil
}

// Size is the number of leaves.
func (e *Edge) Size() int64 { return e.size }

// Clone copies the edge, so that a failed commit leaves the original unchanged.
func (e *Edge) Clone() *Edge {
	c := &Edge{size: e.size, nodes: make(map[int64]Hash, len(e.nodes))}
	for i, h := range e.nodes {
		c.nodes[i] = h
	}
	return c
}

// ReadHashes implements tlog.HashReader over the edge.
func (e *Edge) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, idx := range indexes {
		h, ok := e.nodes[idx]
		if !ok {
			return nil, fmt.Errorf("ledger: node %d is not on the edge", idx)
		}
		out[i] = tlog.Hash(h)
	}
	return out, nil
}

// Append adds the entry's bytes as the next leaf and returns the leaf hash and
// the nodes to store.
func (e *Edge) Append(data []byte) (leaf Hash, stored []StoredHash, err error) {
	leaf = LeafHash(data)
	stored, err = e.AppendLeaf(leaf)
	return leaf, stored, err
}

// AppendLeaf is Append for bytes already hashed.
func (e *Edge) AppendLeaf(leaf Hash) (stored []StoredHash, err error) {
	hashes, err := tlog.StoredHashesForRecordHash(e.size, tlog.Hash(leaf), e)
	if err != nil {
		return nil, fmt.Errorf("append leaf %d: %w", e.size, err)
	}
	first := tlog.StoredHashIndex(0, e.size)
	stored = make([]StoredHash, len(hashes))
	for i, h := range hashes {
		stored[i] = StoredHash{Index: first + int64(i), Hash: Hash(h)}
		e.nodes[stored[i].Index] = Hash(h)
	}
	e.size++
	keep := EdgeIndexes(e.size)
	if len(e.nodes) > 2*len(keep)+16 {
		nodes := make(map[int64]Hash, len(keep))
		for _, i := range keep {
			nodes[i] = e.nodes[i]
		}
		e.nodes = nodes
	}
	return stored, nil
}

// Root is the Merkle tree head (RFC 6962). The root of the empty tree is the
// hash of the empty string.
func (e *Edge) Root() (Hash, error) {
	h, err := tlog.TreeHash(e.size, e)
	return Hash(h), err
}

// LeafHash is the RFC 6962 leaf hash of the entry's bytes.
func LeafHash(data []byte) Hash { return Hash(tlog.RecordHash(data)) }

// Prove returns the inclusion proof of leaf seq in the tree of that size,
// reading nodes through read.
func Prove(size, seq int64, read func([]int64) ([]Hash, error)) ([]Hash, error) {
	proof, err := tlog.ProveRecord(size, seq, hashReader(read))
	if err != nil {
		return nil, fmt.Errorf("prove leaf %d of %d: %w", seq, size, err)
	}
	out := make([]Hash, len(proof))
	for i, h := range proof {
		out[i] = Hash(h)
	}
	return out, nil
}

// CheckInclusion verifies an inclusion proof. Sizes beyond SizeMax are
// rejected.
func CheckInclusion(proof []Hash, size int64, root Hash, seq int64, leaf Hash) error {
	if size < 0 || size > SizeMax || seq < 0 || seq >= size {
		return fmt.Errorf("ledger: no tree of size %d has an entry %d", size, seq)
	}
	p := make(tlog.RecordProof, len(proof))
	for i, h := range proof {
		p[i] = tlog.Hash(h)
	}
	return tlog.CheckRecord(p, size, tlog.Hash(root), seq, tlog.Hash(leaf))
}
