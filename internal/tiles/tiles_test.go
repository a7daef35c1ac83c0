package tiles

import (
	"bytes"
	"context"
	crand "crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"math/rand"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/transparency-dev/merkle/compact"
	"github.com/transparency-dev/merkle/rfc6962"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"plumbline/internal/ledger"
)

const origin = "bureau.example/log"

// site is a log in memory.
type site struct {
	t       testing.TB
	edge    *ledger.Edge
	nodes   map[int64]ledger.Hash
	entries [][]byte
	roots   map[int64]ledger.Hash
	key     note.Signer
	trust   ledger.Trust
	asked   int // bundles read
}

func newSite(t testing.TB) *site {
	t.Helper()
	s := &site{t: t, nodes: map[int64]ledger.Hash{}, roots: map[int64]ledger.Hash{}}
	s.edge, _ = ledger.NewEdge(0, nil)
	skey, vkey, err := note.GenerateKey(crand.Reader, origin)
	if err != nil {
		t.Fatal(err)
	}
	if s.key, err = note.NewSigner(skey); err != nil {
		t.Fatal(err)
	}
	if s.trust, err = ledger.ParseTrust(vkey); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *site) grow(to int64, more func(seq int64) int) {
	s.t.Helper()
	for s.edge.Size() < to {
		seq := s.edge.Size()
		e := &ledger.Entry{Version: ledger.EntryVersion, Origin: origin, Seq: seq, Time: time.Unix(1_790_000_000+seq, 0), Verb: "x",
			Kind: "k", Object: fmt.Sprint(seq), Prev: -1}
		for i := range more(seq) {
			e.After = append(e.After, ledger.After{Kind: "k", ID: fmt.Sprint(i), Encoding: 1})
		}
		body, err := e.Marshal()
		if err != nil {
			s.t.Fatal(err)
		}
		_, stored, err := s.edge.Append(body)
		if err != nil {
			s.t.Fatal(err)
		}
		for _, n := range stored {
			s.nodes[n.Index] = n.Hash
		}
		s.entries = append(s.entries, body)
	}
	root, err := s.edge.Root()
	if err != nil {
		s.t.Fatal(err)
	}
	s.roots[to] = root
}

func (s *site) source() Source {
	c := ledger.Checkpoint{Origin: origin, Size: s.edge.Size(), Root: s.roots[s.edge.Size()]}
	signed, err := ledger.SignCheckpoint(c, s.key)
	if err != nil {
		s.t.Fatal(err)
	}
	return Source{Checkpoint: c, Note: signed,
		Root: func(_ context.Context, size int64) (ledger.Hash, error) { return s.roots[size], nil },
		Hashes: func(_ context.Context, level int, from int64, n int) (out []ledger.Hash, err error) {
			for i := range int64(n) {
				h, ok := s.nodes[ledger.NodeIndex(level, from+i)]
				if !ok {
					return nil, fmt.Errorf("no node %d of level %d", from+i, level)
				}
				out = append(out, h)
			}
			return out, nil
		},
		Entries: func(_ context.Context, from int64, n int) ([][]byte, error) {
			s.asked++
			return s.entries[from : from+int64(n)], nil
		}}
}

func quiet(int64, int64) {}

func none(int64) int { return 0 }

// TestExportIsReadByOthers exports a growing log into one folder and reads it
// with golang.org/x/mod's tile reader, with transparency-dev's compact ranges
// and with a reader of thirty lines that was written from the standard.
func TestExportIsReadByOthers(t *testing.T) {
	s := newSite(t)
	dir := t.TempDir()
	for _, size := range []int64{0, 1, 200, 256, 700, 66_000} {
		s.grow(size, none)
		before := s.asked
		d, err := Export(context.Background(), dir, s.source(), quiet)
		if err != nil {
			t.Fatal(err)
		}
		if d.Size != size || d.Long != 0 {
			t.Fatalf("%+v", d)
		}
		if size == 700 && s.asked-before != 2 {
			t.Errorf("%d bundles were read again; the first 256 entries were there", s.asked-before)
		}
		if o, err := Check(os.DirFS(dir), s.trust, quiet); err != nil || o.Size != size {
			t.Fatalf("size %d: %v", size, err)
		}
		readByTLog(t, dir, tlog.Tree{N: size, Hash: tlog.Hash(s.roots[size])}, s)
		readByCompactRange(t, dir, size, s.roots[size])
		if size > 0 && readByTheBook(t, dir, size, 0, size) != [32]byte(s.roots[size]) {
			t.Errorf("size %d: the reader by the book finds another root", size)
		}
		again, err := Export(context.Background(), dir, s.source(), quiet)
		if err != nil || again.Before != size || again.Written != 1 { // the checkpoint alone
			t.Errorf("again: %+v %v", again, err)
		}
	}
	_ = filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if strings.HasSuffix(name, ".p") {
			if _, err := os.Stat(strings.TrimSuffix(name, ".p")); err == nil {
				t.Errorf("%s stands beside the full tile", name)
			}
		}
		return nil
	})
}

// tileDir reads tiles for tlog, which puts the height into the path.
type tileDir struct{ dir string }

func (d tileDir) Height() int { return 8 }
func (d tileDir) ReadTiles(tiles []tlog.Tile) (out [][]byte, err error) {
	for _, t := range tiles {
		raw, err := os.ReadFile(filepath.Join(d.dir, strings.Replace(t.Path(), "tile/8/", "tile/", 1)))
		if err != nil {
			return nil, err
		}
		out = append(out, raw)
	}
	return out, nil
}
func (d tileDir) SaveTiles([]tlog.Tile, [][]byte) {}

func readByTLog(t *testing.T, dir string, tree tlog.Tree, s *site) {
	t.Helper()
	if tree.N == 0 {
		return
	}
	r := tlog.TileHashReader(tree, tileDir{dir})
	rng := rand.New(rand.NewSource(tree.N))
	for range 20 {
		seq := rng.Int63n(tree.N)
		p, err := tlog.ProveRecord(tree.N, seq, r)
		if err != nil {
			t.Fatalf("entry %d of %d: %v", seq, tree.N, err)
		}
		if err := tlog.CheckRecord(p, tree.N, tree.Hash, seq, tlog.RecordHash(s.entries[seq])); err != nil {
			t.Fatalf("entry %d of %d: %v", seq, tree.N, err)
		}
	}
}

func readByCompactRange(t *testing.T, dir string, size int64, want ledger.Hash) {
	t.Helper()
	r := (&compact.RangeFactory{Hash: rfc6962.DefaultHasher.HashChildren}).NewEmptyRange(0)
	for e, err := range Entries(os.DirFS(dir), size) {
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Append(rfc6962.DefaultHasher.HashLeaf(e), nil); err != nil {
			t.Fatal(err)
		}
	}
	if size == 0 {
		return
	}
	if root, err := r.GetRootHash(nil); err != nil || !bytes.Equal(root, want[:]) {
		t.Errorf("size %d: compact range gives %x, %v", size, root, err)
	}
}

// readByTheBook computes the root of entries [from, to) from the bundles alone,
// as RFC 6962 words it.
func readByTheBook(t *testing.T, dir string, size, from, to int64) [32]byte {
	if to-from == 1 {
		n := from / 256
		name := fmt.Sprintf("%03d", n)
		raw, err := os.ReadFile(dir + "/tile/entries/" + name)
		if err != nil {
			raw, err = os.ReadFile(fmt.Sprintf("%s/tile/entries/%s.p/%d", dir, name, size%256))
		}
		if err != nil {
			t.Fatal(err)
		}
		for range from % 256 {
			raw = raw[2+binary.BigEndian.Uint16(raw):]
		}
		return sha256.Sum256(append([]byte{0}, raw[2:2+binary.BigEndian.Uint16(raw)]...))
	}
	k := int64(1)
	for k*2 < to-from {
		k *= 2
	}
	if to-from > 1000 { // one reading of a file for each entry would take minutes
		return nodeByTheBook(t, dir, to)
	}
	left, right := readByTheBook(t, dir, size, from, from+k), readByTheBook(t, dir, size, from+k, to)
	return sha256.Sum256(append(append([]byte{1}, left[:]...), right[:]...))
}

// nodeByTheBook computes the root from the level 0 tiles.
func nodeByTheBook(t *testing.T, dir string, size int64) [32]byte {
	var leaves [][32]byte
	for n := int64(0); int64(len(leaves)) < size; n++ {
		raw, err := os.ReadFile(fmt.Sprintf("%s/tile/0/%03d", dir, n))
		if err != nil {
			raw, err = os.ReadFile(fmt.Sprintf("%s/tile/0/%03d.p/%d", dir, n, size%256))
		}
		if err != nil {
			t.Fatal(err)
		}
		for ; len(raw) >= 32; raw = raw[32:] {
			leaves = append(leaves, [32]byte(raw))
		}
	}
	var root func(l [][32]byte) [32]byte
	root = func(l [][32]byte) [32]byte {
		if len(l) == 1 {
			return l[0]
		}
		k := 1
		for k*2 < len(l) {
			k *= 2
		}
		a, b := root(l[:k]), root(l[k:])
		return sha256.Sum256(append(append([]byte{1}, a[:]...), b[:]...))
	}
	return root(leaves)
}

func TestAForgedTileIsFound(t *testing.T) {
	s := newSite(t)
	const size = 66_000
	s.grow(size, none)
	dir := t.TempDir()
	if _, err := Export(context.Background(), dir, s.source(), quiet); err != nil {
		t.Fatal(err)
	}
	tree := tlog.Tree{N: size, Hash: tlog.Hash(s.roots[size])}
	// The shape of CVE-2026-56865: a reader that authenticated fewer tiles than it
	// had fetched took the first ones unseen. Every tile is forged in turn, and
	// an entry below it is asked for.
	for _, tile := range []struct {
		level int
		n     int64
		w     int
	}{{0, 0, 256}, {0, 1, 256}, {0, 255, 256}, {0, 256, 256}, {0, 257, size % 256}, {1, 0, 256}, {1, 1, 1}, {2, 0, 1}} {
		name := filepath.Join(dir, Path(tile.level, tile.n, tile.w))
		good, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		bad := bytes.Clone(good)
		bad[len(bad)-1] ^= 1
		if err := os.WriteFile(name, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Check(os.DirFS(dir), s.trust, quiet); err == nil {
			t.Errorf("%s forged: accepted here", name)
		}
		last := (tile.n*256+int64(tile.w))<<(8*tile.level) - 1 // the leaf below the forged hash
		if _, err := tlog.TileHashReader(tree, tileDir{dir}).ReadHashes([]int64{tlog.StoredHashIndex(8*tile.level,
			last>>(8*tile.level))}); err == nil {
			t.Errorf("%s forged: accepted by tlog", name)
		}
		if err := os.WriteFile(name, good, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	name := filepath.Join(dir, Path(-1, 7, 256))
	raw, _ := os.ReadFile(name)
	for what, bad := range map[string][]byte{"flipped": flip(raw), "cut": raw[:len(raw)-1], "padded": append(bytes.Clone(raw), 0),
		"empty": nil} {
		if err := os.WriteFile(name, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Check(os.DirFS(dir), s.trust, quiet); err == nil {
			t.Errorf("bundle %s: accepted", what)
		}
	}
}

func flip(raw []byte) []byte {
	out := bytes.Clone(raw)
	out[len(out)/2] ^= 1
	return out
}

// TestExportRefusesAnotherHistory: a folder that was filled before the ledger
// was rewritten is evidence and stays as it is.
func TestExportRefusesAnotherHistory(t *testing.T) {
	s := newSite(t)
	dir := t.TempDir()
	s.grow(300, none)
	if _, err := Export(context.Background(), dir, s.source(), quiet); err != nil {
		t.Fatal(err)
	}
	other := newSite(t)
	other.grow(300, func(seq int64) int { return int(seq % 2) })
	other.grow(400, none)
	if _, err := Export(context.Background(), dir, other.source(), quiet); !errors.Is(err, ErrOtherHistory) {
		t.Errorf("%v", err)
	}
	shorter := newSite(t)
	shorter.grow(200, none)
	if _, err := Export(context.Background(), dir, shorter.source(), quiet); !errors.Is(err, ErrOtherHistory) {
		t.Errorf("shorter: %v", err)
	}
	if _, err := Check(os.DirFS(dir), s.trust, quiet); err != nil {
		t.Errorf("the folder was touched: %v", err)
	}
}

// TestExportResumes breaks an export off after some files and takes it up.
func TestExportResumes(t *testing.T) {
	s := newSite(t)
	s.grow(3000, func(seq int64) int {
		if seq == 1000 {
			return 1200 // longer than an entry bundle can hold
		}
		return 0
	})
	dir := t.TempDir()
	src := s.source()
	read := src.Entries
	src.Entries = func(ctx context.Context, from int64, n int) ([][]byte, error) {
		if from >= 1500 {
			return nil, errors.New("the disk is full")
		}
		return read(ctx, from, n)
	}
	if _, err := Export(context.Background(), dir, src, quiet); err == nil {
		t.Fatal("nothing broke off")
	}
	if _, err := os.Stat(filepath.Join(dir, CheckpointFile)); err == nil {
		t.Fatal("a checkpoint over files that are not there")
	}
	before := s.asked
	d, err := Export(context.Background(), dir, s.source(), quiet)
	if err != nil || d.Long != 1 {
		t.Fatalf("%+v %v", d, err)
	}
	if s.asked-before > 7 {
		t.Errorf("%d bundles were read; five were there", s.asked-before)
	}
	if o, err := Check(os.DirFS(dir), s.trust, quiet); err != nil || o.Size != 3000 {
		t.Fatal(err)
	}
}
