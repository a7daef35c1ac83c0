package tiles

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"iter"

	"plumbline/internal/ledger"
)

// Check reads an exported log alone: it recomputes the tree from the entries'
// bytes, compares every hash tile with it, and the root with the signed
// checkpoint. It gives the checkpoint.
func Check(dir fs.FS, trust ledger.Trust, progress func(done, total int64)) (*ledger.Opened, error) {
	note, err := fs.ReadFile(dir, CheckpointFile)
	if err != nil {
		return nil, err
	}
	o, err := ledger.OpenCheckpoint(note, trust)
	if err != nil {
		return nil, err
	}
	edge, err := ledger.NewEdge(0, nil)
	if err != nil {
		return nil, err
	}
	levels := make([]*level, 0, 6)
	for e, err := range Entries(dir, o.Size) {
		if err != nil {
			return nil, err
		}
		seq := edge.Size()
		parsed, err := ledger.ParseEntry(e)
		if err != nil || parsed.Seq != seq || parsed.Origin != o.Origin {
			return nil, fmt.Errorf("entry %d: the bytes are not this log's entry of that number", seq)
		}
		_, stored, err := edge.Append(e)
		if err != nil {
			return nil, err
		}
		for _, n := range stored {
			at, first := ledger.NodeSpan(n.Index)
			if at%height != 0 {
				continue
			}
			for len(levels) <= at/height {
				levels = append(levels, &level{dir: dir, level: len(levels), nodes: o.Size >> (height * len(levels))})
			}
			if err := levels[at/height].next(first>>at, n.Hash); err != nil {
				return nil, err
			}
		}
		progress(seq+1, o.Size)
	}
	root, err := edge.Root()
	if err != nil {
		return nil, err
	}
	if edge.Size() != o.Size || root != o.Root {
		return nil, errors.New("the entries do not give the signed root: some of them are not those that were signed")
	}
	return o, nil
}

// level is the hash tiles of one level, read as they are needed.
type level struct {
	dir   fs.FS
	level int
	nodes int64
	tile  []byte
}

func (l *level) next(i int64, h ledger.Hash) error {
	n, at := i/Width, i%Width*int64(len(h))
	if at == 0 {
		width := int(min(l.nodes-n*Width, Width))
		tile, err := fs.ReadFile(l.dir, Path(l.level, n, width))
		if err != nil {
			return err
		}
		if len(tile) != width*len(h) {
			return fmt.Errorf("tile %s has %d bytes", Path(l.level, n, width), len(tile))
		}
		l.tile = tile
	}
	if [32]byte(l.tile[at:at+32]) != h {
		return fmt.Errorf("hash %d of level %d does not follow from the entries", i, l.level)
	}
	return nil
}

// Entries gives the bytes of the entries, bundle by bundle.
func Entries(dir fs.FS, size int64) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for n := int64(0); n*Width < size; n++ {
			width := int(min(size-n*Width, Width))
			entries, err := bundle(dir, n, width)
			if err != nil {
				yield(nil, err)
				return
			}
			for _, e := range entries {
				if !yield(e, nil) {
					return
				}
			}
		}
	}
}

func bundle(dir fs.FS, n int64, width int) (entries [][]byte, err error) {
	name, head := Path(-1, n, width), 2
	raw, err := fs.ReadFile(dir, name)
	if errors.Is(err, fs.ErrNotExist) {
		name, head = longPath(n, width), 4
		raw, err = fs.ReadFile(dir, name)
	}
	if err != nil {
		return nil, err
	}
	for range width {
		if len(raw) < head {
			return nil, fmt.Errorf("bundle %s is cut off", name)
		}
		length := int(binary.BigEndian.Uint16(raw))
		if head == 4 {
			length = int(binary.BigEndian.Uint32(raw))
		}
		raw = raw[head:]
		if length > len(raw) {
			return nil, fmt.Errorf("bundle %s is cut off", name)
		}
		entries = append(entries, raw[:length])
		raw = raw[length:]
	}
	if len(raw) != 0 {
		return nil, fmt.Errorf("bundle %s is too long", name)
	}
	return entries, nil
}
