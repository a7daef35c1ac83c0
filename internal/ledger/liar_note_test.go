package ledger

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"golang.org/x/mod/sumdb/note"
)

// checkpointLies turn a checkpoint into a note that must be rejected.
var checkpointLies = []struct {
	name string
	tell func(c *court, cp Checkpoint) []byte
}{
	{"truncated", func(c *court, cp Checkpoint) []byte { n := c.honest(cp); return n[:c.rng.Intn(len(n))] }},
	{"padded", func(c *court, cp Checkpoint) []byte {
		return append(c.honest(cp), pick(c, []string{"\n", "x", " ", "— x\n"})...)
	}},
	{"flipped bit", func(c *court, cp Checkpoint) []byte {
		n := c.honest(cp)
		n[c.rng.Intn(len(n))] ^= 1 << c.rng.Intn(8)
		return n
	}},
	{"edited size under the old signatures", func(c *court, cp Checkpoint) []byte {
		return edit(c.honest(cp), 1, pick(c,
			append([]string{"0", fmt.Sprint(cp.Size + 1), fmt.Sprint(cp.Size - 1), fmt.Sprint(cp.Size * 2)}, wrongNumbers...)))
	}},
	{"edited root under the old signatures", func(c *court, cp Checkpoint) []byte {
		other := c.roots[(cp.Size+1+c.rng.Int63n(int64(len(c.roots)-1)))%int64(len(c.roots))]
		return edit(c.honest(cp), 2, base64.StdEncoding.EncodeToString(other[:]))
	}},
	{"signed by the log's own key, but no size", func(c *court, cp Checkpoint) []byte {
		return c.signText(strings.Replace(cp.Marshal(), fmt.Sprintf("\n%d\n", cp.Size), "\n"+pick(c, wrongNumbers)+"\n", 1))
	}},
	{"signed by the log's own key, with extensions", func(c *court, cp Checkpoint) []byte {
		return c.signText(cp.Marshal() + pick(c, []string{"x\n", "\n", "\n\n", cp.Marshal(), "time 1\n"}))
	}},
	{"signed by the log's own key, root misspelt", func(c *court, cp Checkpoint) []byte {
		root := base64.StdEncoding.EncodeToString(cp.Root[:])
		return c.signText(fmt.Sprintf("%s\n%d\n%s\n", cp.Origin, cp.Size,
			pick(c, []string{spoil(root), strings.TrimRight(root, "="), root[:20], root + root, "",
				strings.ReplaceAll(root, "A", "-") + " "})))
	}},
	{"signed by the log's own key, origin of another", func(c *court, cp Checkpoint) []byte {
		cp.Origin = pick(c, []string{"other.example/log", courtOrigin + " ", " " + courtOrigin, courtOrigin + "\u200b", ""})
		return c.signText(cp.Marshal())
	}},
	{"another log of the same name", func(c *court, cp Checkpoint) []byte { return c.sign(cp, c.stranger, c.witness[0], c.witness[1]) }},
	{"the same key under another name", func(c *court, cp Checkpoint) []byte {
		return c.sign(cp, c.otherName, c.witness[0],
			c.witness[1])
	}},
	{"witnesses alone", func(c *court, cp Checkpoint) []byte { return c.sign(cp, c.witness[0], c.witness[1]) }},
	{"too few witnesses", func(c *court, cp Checkpoint) []byte { return c.sign(cp, c.log, c.witness[c.rng.Intn(2)]) }},
	{"an unknown witness", func(c *court, cp Checkpoint) []byte { return c.sign(cp, c.log, c.witness[0], c.otherName) }},
	{"the log's signature twice", func(c *court, cp Checkpoint) []byte { return twice(c.honest(cp), 0) }},
	{"a witness twice", func(c *court, cp Checkpoint) []byte { return twice(c.honest(cp), 1+c.rng.Intn(2)) }},
	{"a witness twice instead of two", func(c *court, cp Checkpoint) []byte { return twice(c.sign(cp, c.log, c.witness[0]), 1) }},
	{"signature of another text", func(c *court, cp Checkpoint) []byte {
		other := c.honest(c.at((cp.Size + 1 + c.rng.Int63n(int64(len(c.roots)-1))) % int64(len(c.roots))))
		lines, theirs := sigLines(c.honest(cp)), sigLines(other)
		i := c.rng.Intn(len(lines))
		lines[i] = theirs[i]
		return []byte(cp.Marshal() + "\n" + strings.Join(lines, ""))
	}},
	{"cosignature of another time", func(c *court, cp Checkpoint) []byte {
		lines := sigLines(c.honest(cp))
		name, b64, _ := strings.Cut(strings.TrimPrefix(strings.TrimSpace(lines[1]), "— "), " ")
		raw, _ := base64.StdEncoding.DecodeString(b64)
		raw[4+c.rng.Intn(8)] ^= 1 << c.rng.Intn(8)
		lines[1] = "— " + name + " " + base64.StdEncoding.EncodeToString(raw) + "\n"
		return []byte(cp.Marshal() + "\n" + strings.Join(lines, ""))
	}},
	{"the log's signature under a witness's name", func(c *court, cp Checkpoint) []byte {
		lines := sigLines(c.honest(cp))
		lines[1] = strings.Replace(lines[0], courtOrigin, c.witness[0].Name(), 1)
		return []byte(cp.Marshal() + "\n" + lines[1] + lines[2])
	}},
	{"base64 with spare bits", func(c *court, cp Checkpoint) []byte {
		lines := sigLines(c.honest(cp))
		i := c.rng.Intn(len(lines))
		f := strings.Fields(lines[i])
		lines[i] = "— " + f[1] + " " + spoil(f[2]) + "\n"
		return []byte(cp.Marshal() + "\n" + strings.Join(lines, ""))
	}},
	{"a hundred strangers", func(c *court, cp Checkpoint) []byte {
		lines := sigLines(c.honest(cp))
		for i := range 99 {
			lines = append(lines, fmt.Sprintf("— s%d AAAAAAAA\n", i))
		}
		return []byte(cp.Marshal() + "\n" + strings.Join(lines, ""))
	}},
	{"too long", func(c *court, cp Checkpoint) []byte {
		return append(c.honest(cp), "— s "+strings.Repeat("AAAA", 17<<10)+"\n"...)
	}},
}

func (c *court) honest(cp Checkpoint) []byte { return c.sign(cp, c.log, c.witness[0], c.witness[1]) }

func (c *court) signText(text string) []byte {
	signed, err := note.Sign(&note.Note{Text: text}, c.log, c.witness[0], c.witness[1])
	if err != nil {
		return nil // not even a note
	}
	return signed
}

// edit replaces one line of a note's text and keeps the signatures.
func edit(signed []byte, i int, with string) []byte {
	lines := strings.Split(string(signed), "\n")
	lines[i] = with
	return []byte(strings.Join(lines, "\n"))
}

func sigLines(signed []byte) []string {
	_, sigs, _ := strings.Cut(string(signed), "\n\n")
	return strings.SplitAfter(strings.TrimSuffix(sigs, "\n")+"\n", "\n")[:strings.Count(sigs, "\n")]
}

func twice(signed []byte, i int) []byte { return append(bytes.Clone(signed), sigLines(signed)[i]...) }

// tellCheckpoint applies one of the lies to the checkpoint.
func tellCheckpoint(c *court, cp Checkpoint) []byte {
	for {
		n := pick(c, checkpointLies).tell(c, cp)
		if n != nil && !bytes.Equal(n, c.honest(cp)) {
			return n
		}
	}
}

func TestLiarCheckpoints(t *testing.T) {
	c := newCourt(t, 300)
	told := make(map[string]int)
	for n := 0; n < liars(liarCheckpoints); {
		cp := c.at(int64(c.rng.Intn(len(c.roots))))
		honest := c.honest(cp)
		if o, err := OpenCheckpoint(honest, c.trust); err != nil || o.Checkpoint != cp || len(o.Witnesses) != 2 {
			t.Fatalf("an honest checkpoint of size %d is refused: %v", cp.Size, err)
		}
		if o, err := c.theirCheckpoint(honest); err != nil || o.Size != uint64(cp.Size) {
			t.Fatalf("the second opinion refuses an honest checkpoint of size %d: %v", cp.Size, err)
		}
		l := checkpointLies[n%len(checkpointLies)]
		lied := l.tell(c, cp)
		if lied == nil || bytes.Equal(lied, honest) {
			continue
		}
		n++
		told[l.name]++
		if o, err := OpenCheckpoint(lied, c.trust); err == nil {
			t.Fatalf("%s: accepted as %+v:\n%s", l.name, o, lied)
		}
		// The second opinion skips repeated signatures, stray bits and
		// extension lines by design. That must not lead it to a different
		// statement, unless the log's own key signed one (a size that no ledger
		// has).
		_, err := c.theirCheckpoint(lied)
		if err == nil && !sameNote(lied, honest) && !strings.HasPrefix(l.name, "signed by the log's own key") {
			t.Fatalf("%s: the second opinion accepts another statement:\n%s", l.name, lied)
		}
	}
	for _, l := range checkpointLies {
		if told[l.name] == 0 {
			t.Errorf("nobody told the lie %q", l.name)
		}
	}
}

// TestUnknownSignaturesAreIgnored checks a requirement of C2SP signed-note: a
// signature by an unknown key neither helps nor harms.
func TestUnknownSignaturesAreIgnored(t *testing.T) {
	c := newCourt(t, 5)
	o, err := OpenCheckpoint(c.sign(c.at(5), c.otherName, c.witness[0], c.log, c.stranger, c.witness[1]), c.trust)
	if err != nil || o.Checkpoint != c.at(5) || len(o.Witnesses) != 2 {
		t.Fatalf("%+v %v", o, err)
	}
}

// TestLiarProofs alters consistency proofs and bare inclusion proofs, whose
// sizes and indexes come from outside as numbers.
func TestLiarProofs(t *testing.T) {
	c := newCourt(t, 300)
	second := func(p []Hash, older, newer Checkpoint) error {
		if older.Size < 0 || newer.Size < 0 {
			return ErrInconsistent
		}
		path := make([][]byte, len(p))
		for i := range p {
			path[i] = p[i][:]
		}
		return proof.VerifyConsistency(rfc6962.DefaultHasher, uint64(older.Size), uint64(newer.Size), path, older.Root[:], newer.Root[:])
	}
	sizes := []int64{-1, 0, 1, 2, 1 << 31, 1<<48 - 1, 1 << 48, 1<<48 + 1, 1 << 62, 1<<63 - 1, -1 << 63}
	told := make(map[int]int)
	for n := 0; n < liars(liarProofs); {
		newer := c.at(1 + c.rng.Int63n(int64(len(c.leaves))))
		older := c.at(c.rng.Int63n(newer.Size + 1))
		p, err := ProveConsistency(older.Size, newer.Size, c.read)
		if err != nil {
			t.Fatal(err)
		}
		if err := CheckConsistency(p, older, newer); err != nil {
			t.Fatalf("%d is refused as an extension of %d: %v", newer.Size, older.Size, err)
		}
		if err := second(p, older, newer); err != nil {
			t.Fatalf("the second opinion refuses %d as an extension of %d: %v", newer.Size, older.Size, err)
		}
		o, w, q := older, newer, slices.Clone(p)
		kind := n % 10
		switch kind {
		case 0: // truncated
			if len(q) == 0 {
				continue
			}
			q = q[:c.rng.Intn(len(q))]
		case 1: // padded
			q = slices.Insert(q, c.rng.Intn(len(q)+1), pick(c, c.leaves))
		case 2: // a wrong hash
			if len(q) == 0 {
				continue
			}
			q[c.rng.Intn(len(q))][c.rng.Intn(32)] ^= 1 << c.rng.Intn(8)
		case 3: // a rewritten past
			o.Root[c.rng.Intn(32)] ^= 1 << c.rng.Intn(8)
		case 4: // a rewritten present
			if w.Size == 0 || o.Size == 0 {
				continue // every tree extends the empty one
			}
			w.Root[c.rng.Intn(32)] ^= 1 << c.rng.Intn(8)
		case 5: // going back
			if o.Size == w.Size {
				continue
			}
			o, w = w, o
		case 6: // sizes out of the air
			if o.Size = pick(c, sizes); o.Size == older.Size || o.Size == 0 && o.Root == c.roots[0] {
				continue
			}
		case 7:
			if w.Size = pick(c, sizes); w.Size == newer.Size || o.Size == 0 {
				continue
			}
		case 8: // from nothing, with another root of nothing
			o = Checkpoint{courtOrigin, 0, pick(c, c.leaves)}
			q = nil
		case 9: // another log
			o.Origin = "other.example/log"
		}
		n++
		told[kind]++
		if err := CheckConsistency(q, o, w); err == nil {
			t.Fatalf("accepted (kind %d): %d extends %d", kind, w.Size, o.Size)
		}
		// From size 0 the second opinion checks no root, and it knows no
		// origins.
		if kind < 8 && o.Size != 0 {
			if err := second(q, o, w); err == nil {
				t.Fatalf("the second opinion accepts (kind %d): %d extends %d", kind, w.Size, o.Size)
			}
		}
	}
	for kind := range 10 {
		if told[kind] == 0 {
			t.Errorf("nobody told the lie %d", kind)
		}
	}
	for _, size := range sizes {
		for _, seq := range sizes {
			if size == 1 && seq == 0 {
				continue
			}
			for _, path := range [][]Hash{nil, {c.leaves[0]}, slices.Repeat([]Hash{c.leaves[0]}, 48),
				slices.Repeat([]Hash{c.leaves[0]}, 63)} {
				if err := CheckInclusion(path, size, c.roots[1], seq, c.leaves[0]); err == nil {
					t.Errorf("entry %d of %d is accepted with %d hashes", seq, size, len(path))
				}
			}
		}
	}
	if err := CheckInclusion(nil, 1, c.roots[1], 0, c.leaves[0]); err != nil {
		t.Errorf("the only entry of a tree of one: %v", err)
	}
}
