// Package tiles owns the ledger in its C2SP tlog-tiles form: files of 256
// hashes, bundles of 256 entries and a signed checkpoint, which programs of
// other projects read. It writes them and checks them alone; it knows no
// database. A tile of a full width is never changed once it is written.
package tiles

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"plumbline/internal/ledger"
)

// Width is the number of hashes, or entries, in a full tile: 2^8.
const Width = 256

const (
	height = 8
	// entryMost is the longest entry that an entry bundle can hold: its length
	// is written in two bytes.
	entryMost = 1<<16 - 1
	// CheckpointFile is the name of the signed checkpoint.
	CheckpointFile = "checkpoint"
)

// Path is the path of a hash tile of a level (0 holds the leaves) with w
// hashes; level -1 is a bundle of entries.
func Path(level int, n int64, w int) string {
	kind := "entries"
	if level >= 0 {
		kind = strconv.Itoa(level)
	}
	return path(kind, n, w)
}

// longPath is the path of a bundle that holds an entry too long for the form:
// the same, with lengths of four bytes, in a place that other readers do not
// look into.
func longPath(n int64, w int) string { return path("long-entries", n, w) }

func path(kind string, n int64, w int) string {
	name := fmt.Sprintf("%03d", n%1000)
	for n /= 1000; n > 0; n /= 1000 {
		name = fmt.Sprintf("x%03d/%s", n%1000, name)
	}
	if w < Width {
		name += ".p/" + strconv.Itoa(w)
	}
	return "tile/" + kind + "/" + name
}

// Source is the log that is written out.
type Source struct {
	Checkpoint ledger.Checkpoint
	Note       []byte // the signed checkpoint, with what witnesses signed
	// Root is the root of the tree at an earlier size.
	Root func(ctx context.Context, size int64) (ledger.Hash, error)
	// Hashes reads nodes of the tree by level, counted from the leaves.
	Hashes func(ctx context.Context, level int, from int64, n int) ([]ledger.Hash, error)
	// Entries reads the exact bytes of entries.
	Entries func(ctx context.Context, from int64, n int) ([][]byte, error)
}

// Done says what an export wrote.
type Done struct {
	Size    int64 // entries covered now
	Before  int64 // entries covered before
	Written int   // files
	Long    int   // bundles that hold an entry longer than 65,535 bytes
}

// ErrOtherHistory says that the folder holds another log, or this one before
// it was rewritten.
var ErrOtherHistory = errors.New("the folder holds another history of the log than this site: nothing is written; keep both")

// Export brings the folder up to the checkpoint. What is there in full width
// stays; an export that was broken off is taken up where it ended. The
// checkpoint is written last: what it covers is there.
func Export(ctx context.Context, dir string, src Source, progress func(done, total int64)) (d Done, err error) {
	d.Size = src.Checkpoint.Size
	if d.Before, err = before(ctx, dir, src); err != nil {
		return d, err
	}
	w := &writer{dir: dir, src: src, done: &d}
	for level := 0; level == 0 || d.Size>>(height*level) > 0; level++ {
		if err := w.level(ctx, level, progress); err != nil {
			return d, err
		}
	}
	if err := w.file(CheckpointFile, src.Note, true); err != nil {
		return d, err
	}
	return d, w.sweep()
}

// before reads how far an earlier export came, and compares its tree.
func before(ctx context.Context, dir string, src Source) (int64, error) {
	raw, err := os.ReadFile(filepath.Join(dir, CheckpointFile))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	} else if err != nil {
		return 0, err
	}
	text, _, _ := strings.Cut(string(raw), "\n\n")
	c, err := ledger.ParseCheckpoint(text + "\n")
	if err != nil {
		return 0, fmt.Errorf("%s: %w", filepath.Join(dir, CheckpointFile), err)
	}
	if c.Origin != src.Checkpoint.Origin || c.Size > src.Checkpoint.Size {
		return 0, ErrOtherHistory
	}
	root, err := src.Root(ctx, c.Size)
	if err != nil {
		return 0, err
	}
	if root != c.Root {
		return 0, ErrOtherHistory
	}
	return c.Size, nil
}

type writer struct {
	dir  string
	src  Source
	done *Done
}

// level writes the tiles of one level; with the leaves go the entries.
func (w *writer) level(ctx context.Context, level int, progress func(done, total int64)) error {
	nodes := w.done.Size >> (height * level)
	for n := int64(0); n*Width < nodes; n++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		width := int(min(nodes-n*Width, Width))
		if !w.has(Path(level, n, width)) {
			hashes, err := w.src.Hashes(ctx, height*level, n*Width, width)
			if err != nil {
				return err
			}
			tile := make([]byte, 0, width*len(ledger.Hash{}))
			for _, h := range hashes {
				tile = append(tile, h[:]...)
			}
			if err := w.file(Path(level, n, width), tile, false); err != nil {
				return err
			}
		}
		if level > 0 {
			continue
		}
		if err := w.bundle(ctx, n, width); err != nil {
			return err
		}
		progress(n*Width+int64(width), nodes)
	}
	return nil
}

func (w *writer) has(path string) bool {
	_, err := os.Stat(filepath.Join(w.dir, filepath.FromSlash(path)))
	return err == nil
}

// bundle writes entries, each after its length.
func (w *writer) bundle(ctx context.Context, n int64, width int) error {
	if w.has(Path(-1, n, width)) {
		return nil
	}
	if w.has(longPath(n, width)) {
		w.done.Long++
		return nil
	}
	entries, err := w.src.Entries(ctx, n*Width, width)
	if err != nil {
		return err
	}
	if len(entries) != width {
		return fmt.Errorf("entries %d to %d are not all there", n*Width, n*Width+int64(width)-1)
	}
	long := false
	for _, e := range entries {
		long = long || len(e) > entryMost
	}
	var b bytes.Buffer
	for _, e := range entries {
		if long {
			b.Write(binary.BigEndian.AppendUint32(nil, uint32(len(e))))
		} else {
			b.Write(binary.BigEndian.AppendUint16(nil, uint16(len(e))))
		}
		b.Write(e)
	}
	if long {
		w.done.Long++
		return w.file(longPath(n, width), b.Bytes(), false)
	}
	return w.file(Path(-1, n, width), b.Bytes(), false)
}

// file writes a file whole or not at all.
func (w *writer) file(path string, data []byte, over bool) (err error) {
	name := filepath.Join(w.dir, filepath.FromSlash(path))
	if !over && w.has(path) {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(name), ".part-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }() // gone already when all went well
	_, err = f.Write(data)
	if err = errors.Join(err, f.Chmod(0o644), f.Sync(), f.Close()); err != nil {
		return err
	}
	w.done.Written++
	return os.Rename(f.Name(), name)
}

// sweep takes away partial tiles that a full one has replaced, and what a
// broken off export left.
func (w *writer) sweep() error {
	return filepath.WalkDir(filepath.Join(w.dir, "tile"), func(name string, d fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil
		case err != nil:
			return err
		case d.IsDir() && strings.HasSuffix(name, ".p"):
			if _, err := os.Stat(strings.TrimSuffix(name, ".p")); err != nil {
				return nil
			}
			if err := os.RemoveAll(name); err != nil {
				return err
			}
			return fs.SkipDir
		case strings.HasPrefix(d.Name(), ".part-"):
			return os.Remove(name)
		}
		return nil
	})
}
