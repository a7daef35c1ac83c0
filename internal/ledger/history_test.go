package ledger

import (
	"bytes"
	"testing"
)

// history links the trees of the sizes.
func (c *court) history(sizes ...int64) *History {
	c.t.Helper()
	h := &History{}
	for i, size := range sizes {
		if i > 0 {
			p, err := ProveConsistency(sizes[i-1], size, c.read)
			if err != nil {
				c.t.Fatal(err)
			}
			h.Proofs = append(h.Proofs, p)
		}
		h.Notes = append(h.Notes, c.honest(c.at(size)))
	}
	return h
}

func TestHistory(t *testing.T) {
	c := newCourt(t, 300)
	c.twin = newTwin(c)
	for _, sizes := range [][]int64{{5}, {5, 5}, {1, 2, 3}, {7, 64, 200, 300}, {0, 300}} {
		text := c.history(sizes...).Marshal()
		h, err := ParseHistory(text)
		if err != nil {
			t.Fatalf("%v: %v", sizes, err)
		}
		points, err := h.Check(c.trust)
		if err != nil || len(points) != len(sizes) {
			t.Fatalf("%v: %v", sizes, err)
		}
		for i, p := range points {
			if p.Checkpoint != c.at(sizes[i]) {
				t.Errorf("%v: %+v", sizes, p)
			}
		}
	}
	honest := c.history(7, 64, 200).Marshal()
	for n := 0; n < liars(1500); n++ {
		text := bytes.Clone(honest)
		switch n % 5 {
		case 0:
			text = text[:c.rng.Intn(len(text))]
		case 1:
			text[c.rng.Intn(len(text))] ^= 1 << c.rng.Intn(8)
		case 2:
			i := c.rng.Intn(len(text))
			text = append(append(bytes.Clone(text[:i]), pick(c, []string{"\n", " ", "x", "0", "="})...), text[i:]...)
		case 3: // a fork: the last tree is another log's, under the log's own key
			h := c.history(7, 64, 200)
			h.Notes[2] = c.honest(c.twin.at(200))
			text = h.Marshal()
		case 4: // going back
			h := c.history(7, 64, 200)
			h.Notes[1], h.Notes[2] = h.Notes[2], h.Notes[1]
			text = h.Marshal()
		}
		h, err := ParseHistory(text)
		if err != nil {
			continue
		}
		if _, err := h.Check(c.trust); err == nil && !bytes.Equal(text, honest) && !truth(h, c) {
			t.Fatalf("accepted (kind %d):\n%s", n%5, text)
		}
	}
}

// truth reports whether a history, possibly cut between two checkpoints, states
// only trees of the honest log.
func truth(h *History, c *court) bool {
	points, err := h.Check(c.trust)
	for _, p := range points {
		if p.Checkpoint != c.at(p.Size) {
			return false
		}
	}
	return err == nil
}

func FuzzParseHistory(f *testing.F) {
	c := newCourt(f, 20)
	f.Add(c.history(3, 9, 20).Marshal())
	f.Add(c.history(0, 1).Marshal())
	f.Fuzz(func(t *testing.T, text []byte) {
		h, err := ParseHistory(text)
		if err != nil {
			return
		}
		if !bytes.Equal(h.Marshal(), text) {
			t.Fatal("accepted a text that it would not write")
		}
		points, err := h.Check(c.trust)
		if err != nil {
			return
		}
		for _, p := range points {
			if p.Size >= int64(len(c.roots)) || p.Root != c.roots[p.Size] {
				t.Fatalf("forged: %+v", p)
			}
		}
	})
}
