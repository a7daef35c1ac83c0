package paper

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"plumbline/internal/ledger"
	"plumbline/internal/words"
)

// signed makes a receipt for one entry of a tree of that size.
func signed(t testing.TB, size, seq int64) (*ledger.Receipt, *ledger.Opened, ledger.Trust) {
	t.Helper()
	edge, _ := ledger.NewEdge(0, nil)
	nodes := map[int64]ledger.Hash{}
	var leaf ledger.Hash
	for i := range size {
		h, stored, err := edge.Append(fmt.Appendf(nil, "entry %d", i))
		if err != nil {
			t.Fatal(err)
		}
		if i == seq {
			leaf = h
		}
		for _, s := range stored {
			nodes[s.Index] = s.Hash
		}
	}
	root, err := edge.Root()
	if err != nil {
		t.Fatal(err)
	}
	path, err := ledger.Prove(size, seq, func(ix []int64) ([]ledger.Hash, error) {
		out := make([]ledger.Hash, len(ix))
		for i, x := range ix {
			out[i] = nodes[x]
		}
		return out, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	skey, vkey, err := note.GenerateKey(rand.Reader, "bureau.example")
	if err != nil {
		t.Fatal(err)
	}
	signer, err := note.NewSigner(skey)
	if err != nil {
		t.Fatal(err)
	}
	trust, err := ledger.ParseTrust(vkey)
	if err != nil {
		t.Fatal(err)
	}
	text, err := ledger.SignCheckpoint(ledger.Checkpoint{Origin: "bureau.example", Size: size, Root: root}, signer)
	if err != nil {
		t.Fatal(err)
	}
	r := &ledger.Receipt{Seq: seq, Time: time.Date(2026, 3, 2, 1, 2, 3, 456000, time.UTC), Leaf: leaf, Path: path, Note: text}
	o, err := r.Check(trust)
	if err != nil {
		t.Fatal(err)
	}
	return r, o, trust
}

func TestAPaperReceiptVerifies(t *testing.T) {
	zone := time.FixedZone("", 8*3600)
	r, o, trust := signed(t, 20000, 12345)
	for _, lang := range words.Langs {
		pdf, err := Receipt(lang, r, o, zone)
		if err != nil {
			t.Fatal(err)
		}
		if j := ledger.Judge(pdf, trust); j.Problem != ledger.Holds || j.Form != ledger.FormPDF || j.Receipt.Seq != 12345 {
			t.Errorf("%s: %q in the form %q", lang, j.Problem, j.Form)
		}
		if len(pdf) > 200<<10 {
			t.Errorf("%s: %d bytes: the font was not cut down", lang, len(pdf))
		}
		if folder := os.Getenv("PLUMBLINE_SHOTS"); folder != "" { // to look at
			if err := os.WriteFile(filepath.Join(folder, "receipt-"+string(lang)+".pdf"), pdf, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestTheFontHasEveryCharacter: what the catalogue says can be printed.
func TestTheFontHasEveryCharacter(t *testing.T) {
	raw, err := font()
	if err != nil {
		t.Fatal(err)
	}
	has := characters(t, raw)
	if !has['准'] || has['𠮷'] {
		t.Fatal("the font's table of characters was not read")
	}
	for _, lang := range words.Langs {
		for _, key := range words.Keys(lang) {
			for _, r := range words.T(lang, key) {
				if r >= ' ' && !has[r] {
					t.Errorf("%s in %s: the font lacks %q", key, lang, r)
				}
			}
		}
	}
}

func TestQRPictures(t *testing.T) {
	r, _, _ := signed(t, 20000, 777)
	codes, err := r.Code()
	if err != nil {
		t.Fatal(err)
	}
	for _, code := range codes {
		raw, err := QR(code, 3)
		if err != nil {
			t.Fatal(err)
		}
		p, err := png.Decode(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		if w := p.Bounds().Dx(); w%3 != 0 || w/3 > 105 {
			t.Errorf("%d pixels: more than a telephone shows sharply", w)
		}
	}
	if _, err := QR(string(make([]byte, 9000)), 3); err == nil {
		t.Error("a text that no QR code holds was drawn")
	}
}

// characters reads the font's table of format 4.
func characters(t *testing.T, raw []byte) map[rune]bool {
	t.Helper()
	u16 := func(at int) int { return int(raw[at])<<8 | int(raw[at+1]) }
	u32 := func(at int) int { return u16(at)<<16 | u16(at+2) }
	has := map[rune]bool{}
	for i := range u16(4) {
		if string(raw[12+16*i:16+16*i]) != "cmap" {
			continue
		}
		cmap := u32(12 + 16*i + 8)
		for j := range u16(cmap + 2) {
			sub := cmap + u32(cmap+4+8*j+4)
			if u16(sub) != 4 {
				continue
			}
			n := u16(sub+6) / 2
			for k := range n {
				end, start := u16(sub+14+2*k), u16(sub+16+2*n+2*k)
				for c := start; c <= end && c != 0xffff; c++ {
					has[rune(c)] = true
				}
			}
		}
	}
	return has
}

func TestWrapLosesNothing(t *testing.T) {
	measure := func(s string) (w float64) {
		for _, r := range s {
			w++
			if wide(r) {
				w++
			}
		}
		return w
	}
	squeeze := func(s string) string { return strings.Join(strings.Fields(s), "") }
	for _, lang := range words.Langs {
		for _, key := range words.Keys(lang) {
			text := words.T(lang, key)
			for _, width := range []float64{6, 17, 40} {
				lines := wrap(text, width, measure)
				if squeeze(strings.Join(lines, "")) != squeeze(text) {
					t.Fatalf("%q at %v became %q", text, width, lines)
				}
				for _, l := range lines {
					if measure(l) > width {
						t.Errorf("%q is wider than %v", l, width)
					}
				}
			}
		}
	}
	if got := wrap("删除、改动（或）挪动。", 8, measure); !slices.Equal(got, []string{"删除、改", "动（或）", "挪动。"}) {
		t.Errorf("%q", got)
	}
}
