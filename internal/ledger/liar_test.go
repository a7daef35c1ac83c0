package ledger

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/transparency-dev/formats/log"
)

// Liars submit receipts, checkpoints and proofs that are wrong in every way
// that could profit one of them or that once fooled another program. The second
// opinion uses transparency-dev's packages, which share only the standard with
// tlog.
const (
	liarReceipts    = 2600
	liarCheckpoints = 1200
	liarProofs      = 1400 // together more than 5,000
	liarNightly     = 20   // times as many
)

func liars(n int) int {
	if os.Getenv("PLUMBLINE_NIGHTLY") == "1" {
		return n * liarNightly
	}
	return n
}

// A lie turns an honest receipt into another text. It returns nil if it does
// not apply.
type lie struct {
	name string
	tell func(c *court, r *Receipt) []byte
}

func line(text []byte, prefix string, change func(rest string) string) []byte {
	lines := strings.SplitAfter(string(text), "\n")
	for i, l := range lines {
		if rest, ok := strings.CutPrefix(l, prefix); ok {
			lines[i] = prefix + change(strings.TrimSuffix(rest, "\n")) + "\n"
			return []byte(strings.Join(lines, ""))
		}
	}
	return nil
}

// wrongNumbers are the indexes and sizes that liars prefer.
var wrongNumbers = []string{"-1", "00", "01", "+1", "1e3", " 1", "0x1", "", "9223372036854775807", "9223372036854775808",
	"18446744073709551615",
	"18446744073709551616", "281474976710657", "4611686018427387904", "１", "99999999999999999999999999999999"}

func pick[T any](c *court, from []T) T { return from[c.rng.Intn(len(from))] }

// spoil sets a base64 bit that decoding discards.
func spoil(b64 string) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	i := len(strings.TrimRight(b64, "=")) - 1
	if i < 0 || i == len(b64)-1 {
		return b64 + "="
	}
	return b64[:i] + string(alphabet[strings.IndexByte(alphabet, b64[i])|1]) + b64[i+1:]
}

var receiptLies = []lie{
	{"truncated", func(c *court, r *Receipt) []byte { t := r.Marshal(); return t[:c.rng.Intn(len(t))] }},
	{"padded at the end", func(c *court, r *Receipt) []byte {
		return append(r.Marshal(), pick(c, []string{"\n", " ", "x", "\x00", "— \n", "\r\n"})...)
	}},
	{"padded at the front", func(c *court, r *Receipt) []byte {
		return append([]byte(pick(c, []string{"\n", "\ufeff", " "})), r.Marshal()...)
	}},
	{"foreign line ends", func(c *court, r *Receipt) []byte { return bytes.ReplaceAll(r.Marshal(), []byte("\n"), []byte("\r\n")) }},
	{"flipped bit", func(c *court, r *Receipt) []byte {
		t := r.Marshal()
		t[c.rng.Intn(len(t))] ^= 1 << c.rng.Intn(8)
		return t
	}},
	{"wrong index", func(c *court, r *Receipt) []byte {
		n := pick(c, append([]string{fmt.Sprint(r.Seq + 1), fmt.Sprint(r.Seq - 1), fmt.Sprint(r.Seq + 256), fmt.Sprint(r.Seq ^ 1),
			fmt.Sprint(len(c.leaves))}, wrongNumbers...))
		return line(r.Marshal(), "index ", func(string) string { return n })
	}},
	{"another leaf", func(c *court, r *Receipt) []byte {
		r.Leaf = c.leaves[(r.Seq+1+c.rng.Int63n(int64(len(c.leaves)-1)))%int64(len(c.leaves))]
		return r.Marshal()
	}},
	{"the root as leaf", func(c *court, r *Receipt) []byte {
		cp, _ := OpenCheckpoint(r.Note, c.trust)
		if cp.Size == 1 {
			return nil
		}
		r.Leaf, r.Path = cp.Root, nil
		return r.Marshal()
	}},
	{"an inner node as leaf", func(c *court, r *Receipt) []byte {
		if len(r.Path) == 0 {
			return nil
		}
		r.Leaf, r.Path, r.Seq = r.Path[0], r.Path[1:], r.Seq/2
		return r.Marshal()
	}},
	{"empty proof", func(c *court, r *Receipt) []byte {
		if len(r.Path) == 0 {
			return nil
		}
		r.Path = nil
		return r.Marshal()
	}},
	{"longer proof", func(c *court, r *Receipt) []byte {
		r.Path = slices.Insert(slices.Clone(r.Path), c.rng.Intn(len(r.Path)+1), pick(c, c.leaves))
		return r.Marshal()
	}},
	{"endless proof", func(c *court, r *Receipt) []byte {
		r.Path = append(slices.Clone(r.Path), slices.Repeat([]Hash{r.Leaf}, 63+c.rng.Intn(900))...)
		return r.Marshal()
	}},
	{"shorter proof", func(c *court, r *Receipt) []byte {
		if len(r.Path) == 0 {
			return nil
		}
		i := c.rng.Intn(len(r.Path))
		r.Path = slices.Delete(slices.Clone(r.Path), i, i+1)
		return r.Marshal()
	}},
	{"swapped proof", func(c *court, r *Receipt) []byte {
		if len(r.Path) < 2 {
			return nil
		}
		r.Path = slices.Clone(r.Path)
		i := c.rng.Intn(len(r.Path) - 1)
		r.Path[i], r.Path[i+1] = r.Path[i+1], r.Path[i]
		return r.Marshal()
	}},
	{"flipped proof", func(c *court, r *Receipt) []byte {
		if len(r.Path) == 0 {
			return nil
		}
		r.Path = slices.Clone(r.Path)
		r.Path[c.rng.Intn(len(r.Path))][c.rng.Intn(32)] ^= 1 << c.rng.Intn(8)
		return r.Marshal()
	}},
	{"base64 with spare bits", func(c *court, r *Receipt) []byte {
		lines := strings.Split(string(r.Marshal()), "\n")
		for range 50 {
			i := c.rng.Intn(len(lines))
			if f := strings.Fields(lines[i]); len(f) > 0 && strings.HasSuffix(lines[i], "=") {
				lines[i] = strings.TrimSuffix(lines[i], f[len(f)-1]) + spoil(f[len(f)-1])
				return []byte(strings.Join(lines, "\n"))
			}
		}
		return nil
	}},
	{"the checkpoint of another size", func(c *court, r *Receipt) []byte {
		cp, _ := OpenCheckpoint(r.Note, c.trust)
		size := 1 + c.rng.Int63n(int64(len(c.leaves)))
		if size == cp.Size {
			return nil
		}
		r.Note = c.sign(c.at(size), c.log, c.witness[0], c.witness[1])
		return r.Marshal()
	}},
	{"another log of the same name", func(c *court, _ *Receipt) []byte {
		_, size := c.draw()
		r := c.twin.receipt(c.rng.Int63n(size), size)
		r.Note = c.twin.sign(c.twin.at(size), c.stranger, c.witness[0], c.witness[1])
		return r.Marshal()
	}},
	{"a false checkpoint", func(c *court, r *Receipt) []byte {
		cp, _ := OpenCheckpoint(r.Note, c.trust)
		r.Note = tellCheckpoint(c, cp.Checkpoint)
		return r.Marshal()
	}},
	{"a second extra line", func(c *court, r *Receipt) []byte {
		t := r.Marshal()
		i := bytes.Index(t, []byte("extra "))
		j := bytes.Index(t, []byte("index "))
		return slices.Concat(t[:j], t[i:j], t[j:])
	}},
	{"no extra line", func(c *court, r *Receipt) []byte {
		t := r.Marshal()
		return slices.Concat(t[:bytes.Index(t, []byte("extra "))], t[bytes.Index(t, []byte("index ")):])
	}},
}

// onlyTime reports whether a text differs from the honest receipt in the time
// only. A receipt merely reports the time: the entry's bytes prove it, and
// verify compares it where the ledger is available.
func onlyTime(text []byte, honest *Receipt) bool {
	r, err := ParseReceipt(text)
	if err != nil {
		return false
	}
	r.Time = honest.Time
	return bytes.Equal(r.Marshal(), honest.Marshal())
}

func TestLiarReceipts(t *testing.T) {
	c := newCourt(t, 300)
	c.twin = newTwin(c)
	told := make(map[string]int)
	var form int
	for n := 0; n < liars(liarReceipts); {
		seq, size := c.draw()
		honest := c.receipt(seq, size)
		if r, err := c.ours(honest.Marshal()); err != nil || !bytes.Equal(r.Marshal(), honest.Marshal()) {
			t.Fatalf("an honest receipt for %d of %d is refused: %v", seq, size, err)
		}
		if _, err := c.theirs(honest.Marshal()); err != nil {
			t.Fatalf("the second opinion refuses an honest receipt for %d of %d: %v", seq, size, err)
		}
		l := receiptLies[n%len(receiptLies)]
		text := l.tell(c, c.receipt(seq, size))
		if text == nil || bytes.Equal(text, honest.Marshal()) || onlyTime(text, honest) {
			continue // no lie told
		}
		n++
		told[l.name]++
		if _, err := c.ours(text); err == nil {
			t.Fatalf("%s: accepted for %d of %d:\n%s", l.name, seq, size, text)
		}
		p, err := c.theirs(text)
		if err != nil {
			continue
		}
		// The second opinion parses more leniently. Whatever it accepts must be
		// the honest receipt's own statement spelled differently, never another
		// statement.
		form++
		if p.Index != uint64(seq) || !samePath(p.Hashes, honest.Path) || !sameNote(p.Checkpoint, honest.Note) {
			t.Fatalf("%s: the second opinion accepts another statement for %d of %d:\n%s", l.name, seq, size, text)
		}
	}
	for _, l := range receiptLies {
		if told[l.name] == 0 {
			t.Errorf("nobody told the lie %q", l.name)
		}
	}
	t.Logf("%d lies, %d of them only another spelling to the second opinion", liars(liarReceipts), form)
}

func newTwin(c *court) *court {
	twin := *c
	edge, _ := NewEdge(0, nil)
	nodes := map[int64]Hash{}
	root, _ := edge.Root()
	twin.roots, twin.leaves = []Hash{root}, nil
	for i := range c.leaves {
		leaf, stored, err := edge.Append([]byte("rewritten " + strconv.Itoa(i)))
		if err != nil {
			c.t.Fatal(err)
		}
		for _, s := range stored {
			nodes[s.Index] = s.Hash
		}
		root, _ := edge.Root()
		twin.roots, twin.leaves = append(twin.roots, root), append(twin.leaves, leaf)
	}
	twin.read = func(ix []int64) ([]Hash, error) {
		out := make([]Hash, len(ix))
		for i, x := range ix {
			out[i] = nodes[x]
		}
		return out, nil
	}
	return &twin
}

func samePath(a [][32]byte, b []Hash) bool {
	return slices.EqualFunc(a, b, func(x [32]byte, y Hash) bool { return x == y })
}

// sameNote reports whether two notes state the same tree, however they spell
// it.
func sameNote(a, b []byte) bool {
	var x, y log.Checkpoint
	_, errX := x.Unmarshal(a)
	_, errY := y.Unmarshal(b)
	return errX == nil && errY == nil && x.Origin == y.Origin && x.Size == y.Size && bytes.Equal(x.Hash, y.Hash)
}
