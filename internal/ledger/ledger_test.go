package ledger

import (
	"flag"
	"os"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var update = flag.Bool("update", false, "rewrite golden files")

func sample() *Entry {
	return &Entry{
		Version: EntryVersion, Origin: "plumbline.example/bureau", Seq: 41,
		Time:  time.Date(2026, 3, 1, 8, 0, 0, 123456000, time.UTC),
		Actor: "0195-a", Role: "officer", Unit: "u-1", Verb: "submission.submit", Kind: "submission",
		Object: "s-1", Prev: 7, Policy: []byte{1, 2}, Request: []byte{3},
		After: []After{{Kind: "submission", ID: "s-1", Encoding: 1, Digest: Hash{9}},
			{Kind: "issue", ID: "i-1", Encoding: 1, Digest: Hash{8}}},
	}
}

func TestEntryBytesAreFrozen(t *testing.T) {
	got, err := sample().Marshal()
	if err != nil {
		t.Fatal(err)
	}
	const file = "testdata/entry.golden"
	if *update {
		os.MkdirAll("testdata", 0o755)
		os.WriteFile(file, got, 0o644)
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Fatalf("the canonical form changed; entries already written could not be verified\ngot:\n%s\nwant:\n%s", got, want)
	}
}

func TestParseAcceptsOnlyCanonicalBytes(t *testing.T) {
	data, _ := sample().Marshal()
	if _, err := ParseEntry(data); err != nil {
		t.Fatal(err)
	}
	for name, bad := range map[string]string{
		"no last newline": strings.TrimSuffix(string(data), "\n"),
		"leading zero":    strings.Replace(string(data), "seq: 41", "seq: 041", 1),
		"swapped lines":   strings.Replace(string(data), "actor: 0195-a\nrole: officer\n", "role: officer\nactor: 0195-a\n", 1),
		"unknown version": strings.Replace(string(data), "version: 1", "version: 2", 1),
		"extra line":      string(data) + "note: x\n",
		"short digest":    strings.Replace(string(data), "CAAA", "", 1),
		"other zone":      strings.Replace(string(data), "123456Z", "123456+00:00", 1),
	} {
		if _, err := ParseEntry([]byte(bad)); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	e := sample()
	e.Unit = "a\nrole: security_admin"
	if _, err := e.Marshal(); err == nil {
		t.Error("a line break in a value was written")
	}
}

type plainRow struct {
	Stamp
	Code   string     `bun:"code"`
	N      int        `bun:"n"`
	On     bool       `bun:"on"`
	At     *time.Time `bun:"at"`
	Branch string     `bun:"branch_id" ledger:"-"`
}

func TestDigestSeesEveryLedgeredColumn(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC)
	base := plainRow{Stamp: Stamp{ID: "a", Version: 1, Salt: []byte("s"), CreatedAt: now, ChangedAt: now}, Code: "c", N: 1}
	want, err := Digest("plain", &base)
	if err != nil {
		t.Fatal(err)
	}
	changes := map[string]func(*plainRow){
		"id":         func(r *plainRow) { r.ID = "b" },
		"version":    func(r *plainRow) { r.Version = 2 },
		"salt":       func(r *plainRow) { r.Salt = []byte("t") },
		"created_at": func(r *plainRow) { r.CreatedAt = now.Add(time.Microsecond) },
		"code":       func(r *plainRow) { r.Code = "d" },
		"n":          func(r *plainRow) { r.N = 2 },
		"on":         func(r *plainRow) { r.On = true },
		"at":         func(r *plainRow) { r.At = &now },
	}
	for name, change := range changes {
		r := base
		change(&r)
		if got, _ := Digest("plain", &r); got == want {
			t.Errorf("a change of %s does not show", name)
		}
	}
	r := base
	r.Branch = "elsewhere"
	if got, _ := Digest("plain", &r); got != want {
		t.Error("a derived column entered the digest")
	}
	if got, _ := Digest("other", &base); got == want {
		t.Error("the kind does not enter the digest")
	}
}

func TestTreeAppendProveCheck(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64Range(1, 300).Draw(t, "n")
		nodes := map[int64]Hash{}
		edge, err := NewEdge(0, nil)
		if err != nil {
			t.Fatal(err)
		}
		var leaves []Hash
		for i := range n {
			leaf, stored, err := edge.Append([]byte{byte(i), byte(i >> 8)})
			if err != nil {
				t.Fatal(err)
			}
			leaves = append(leaves, leaf)
			for _, s := range stored {
				nodes[s.Index] = s.Hash
			}
			if edge, err = NewEdge(edge.Size(), nodes); err != nil {
				t.Fatal(err)
			}
		}
		root, err := edge.Root()
		if err != nil {
			t.Fatal(err)
		}
		seq := rapid.Int64Range(0, n-1).Draw(t, "seq")
		proof, err := Prove(n, seq, func(ix []int64) ([]Hash, error) {
			out := make([]Hash, len(ix))
			for i, x := range ix {
				out[i] = nodes[x]
			}
			return out, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := CheckInclusion(proof, n, root, seq, leaves[seq]); err != nil {
			t.Fatal(err)
		}
		wrong := leaves[seq]
		wrong[0] ^= 1
		if CheckInclusion(proof, n, root, seq, wrong) == nil {
			t.Fatal("a false leaf was accepted")
		}
	})
}

func FuzzParseEntry(f *testing.F) {
	data, _ := sample().Marshal()
	f.Add(data)
	f.Fuzz(func(t *testing.T, data []byte) {
		e, err := ParseEntry(data)
		if err != nil {
			return
		}
		again, err := e.Marshal()
		if err != nil || string(again) != string(data) {
			t.Fatalf("accepted bytes that it would not write")
		}
	})
}
