package ledger

import (
	"bytes"
	"compress/zlib"
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
)

// receipts makes honest receipts over a tree, some cosigned, and returns the
// trust to check them with.
func receipts(t testing.TB, size int, numbers ...int64) ([]*Receipt, Trust) {
	t.Helper()
	roots, leaves, read := grow(t, size)
	signer, verifier := keys(t, "plumbline/test")
	seed := sha256Sum("a witness of tests")
	key := ed25519.NewKeyFromSeed(seed[:])
	cosigner, err := NewCosigner("witness.example", key, func() time.Time { return time.Unix(1_790_000_000, 0) })
	if err != nil {
		t.Fatal(err)
	}
	witness, err := NewVerifier(CosignerKey("witness.example", key.Public().(ed25519.PublicKey)))
	if err != nil {
		t.Fatal(err)
	}
	var out []*Receipt
	for i, seq := range numbers {
		signers := []note.Signer{signer}
		if i%2 == 0 {
			signers = append(signers, cosigner)
		}
		signed, err := SignCheckpoint(Checkpoint{"plumbline/test", int64(size), roots[size]}, signers...)
		if err != nil {
			t.Fatal(err)
		}
		path, err := Prove(int64(size), seq, read)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, &Receipt{Seq: seq, Time: time.Date(2026, 3, 2, 1, 0, 0, 123456000, time.UTC), Leaf: leaves[seq],
			Path: path, Note: signed})
	}
	return out, Trust{Log: []note.Verifier{verifier}, Witnesses: []note.Verifier{witness}}
}

// pdfOf returns a minimal file that carries the text as a PDF attachment does.
func pdfOf(text []byte) []byte {
	var z bytes.Buffer
	w := zlib.NewWriter(&z)
	_, _ = w.Write(text)
	_ = w.Close()
	return fmt.Appendf(nil, "%%PDF-1.3\n1 0 obj\n<< /Length 5 >>\nstream\nhello\nendstream\nendobj\n2 0 obj\n<< /Type "+
		"/EmbeddedFile /Length %d >>\nstream\n%s\nendstream\nendobj\n", z.Len(), z.Bytes())
}

func TestEveryFormOfAReceiptIsRead(t *testing.T) {
	for _, size := range []int{1, 2, 3, 64, 777} {
		all, trust := receipts(t, size, 0, int64(size-1), int64(size/2))
		for _, r := range all {
			text := r.Marshal()
			code, err := r.Code()
			if err != nil {
				t.Fatal(err)
			}
			mixed := slices.Clone(code)
			slices.Reverse(mixed)
			broken := strings.ToLower(strings.Join(mixed, "\n"))
			for i := 70; i < len(broken); i += 71 {
				broken = broken[:i] + "\r\n " + broken[i:]
			}
			for name, data := range map[string][]byte{
				"text": text, "crlf": bytes.ReplaceAll(text, []byte("\n"), []byte(" \r\n")),
				"pasted":  append([]byte("\xef\xbb\xbf\n\n"), append(text, "\n\n\n"...)...),
				"trimmed": bytes.TrimSpace(text), "code": []byte(strings.Join(code,
					" ")), "code in pieces": []byte(broken), "pdf": pdfOf(text),
			} {
				j := Judge(data, trust)
				if j.Problem != Holds || !bytes.Equal(j.Receipt.Marshal(), text) || !slices.Contains(j.Signers, j.Key) ||
					!strings.HasPrefix(j.Key, "plumbline/test+") {
					t.Errorf("size %d, entry %d, %s: %q", size, r.Seq, name, j.Problem)
				}
			}
		}
	}
}

func TestStatementsSayWhatIsProven(t *testing.T) {
	all, trust := receipts(t, 21, 7, 8)
	for i, want := range [][]string{
		{"+verify.proven.entry", "+verify.proven.signed", "+verify.proven.witness", "+verify.proven.digits",
			"-verify.unproven.content", "-verify.unproven.time"},
		{"+verify.proven.entry", "+verify.proven.signed", "+verify.proven.digits", "-verify.unproven.content",
			"-verify.unproven.time", "-verify.unproven.witness"},
	} {
		var got []string
		for _, s := range Judge(all[i].Marshal(), trust).Statements() {
			got = append(got, map[bool]string{true: "+", false: "-"}[s.Proven]+s.Key)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%d: %v", i, got)
		}
	}
	if s := Judge(all[0].Marshal(), Trust{}).Statements(); s != nil {
		t.Errorf("without a key something is proven: %v", s)
	}
}

func TestALongReceiptHasACodeOfSeveralParts(t *testing.T) {
	all, trust := receipts(t, 9, 4)
	r := *all[0]
	for range 50 {
		r.Path = append(r.Path, r.Leaf)
	}
	code, err := r.Code()
	if err != nil || len(code) < 2 {
		t.Fatalf("%d parts, %v", len(code), err)
	}
	for _, part := range code {
		if len(part) > CodePart || strings.Trim(part, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:/") != "" {
			t.Errorf("a part of %d characters: %.60s", len(part), part)
		}
	}
	if again, err := ParseCode(strings.Join(code, "")); err != nil || !bytes.Equal(again.Marshal(), r.Marshal()) {
		t.Errorf("the parts do not make the receipt again: %v", err)
	}
	if j := Judge([]byte(strings.Join(code, "")), trust); j.Problem != Unproven {
		t.Errorf("a proof that is too long: %q", j.Problem)
	}
	if _, err := ParseCode(code[0]); err == nil {
		t.Error("a part alone is read as a whole receipt")
	}
}

func TestJudgeSaysWhatIsWrong(t *testing.T) {
	all, trust := receipts(t, 21, 7, 8)
	_, stranger := keys(t, "plumbline/test")
	strict := trust
	strict.Quorum = 1
	change := func(f func(r *Receipt)) []byte {
		r := *all[0]
		r.Path = slices.Clone(r.Path)
		f(&r)
		return r.Marshal()
	}
	for _, c := range []struct {
		name  string
		data  []byte
		trust Trust
		want  Problem
	}{
		{"honest", all[0].Marshal(), trust, Holds},
		{"honest and witnessed", all[0].Marshal(), strict, Holds},
		{"not witnessed", all[1].Marshal(), strict, Unwitnessed},
		{"no key", all[0].Marshal(), Trust{}, NoKey},
		{"another key of the same name", all[0].Marshal(), Trust{Log: []note.Verifier{stranger}}, Unsigned},
		{"nothing", nil, trust, Unreadable},
		{"a letter", []byte("Dear Sir"), trust, Unreadable},
		{"a PDF of something else", []byte("%PDF-1.4\nstream\nabc\nendstream\n"), trust, Unreadable},
		{"another number", change(func(r *Receipt) { r.Seq++ }), trust, Unproven},
		{"a number beyond", change(func(r *Receipt) { r.Seq = 21 }), trust, Beyond},
		{"another leaf", change(func(r *Receipt) { r.Leaf[3] ^= 1 }), trust, Unproven},
		{"a changed proof", change(func(r *Receipt) { r.Path[1][0] ^= 1 }), trust, Unproven},
		{"a short proof", change(func(r *Receipt) { r.Path = r.Path[1:] }), trust, Unproven},
		{"another size", change(func(r *Receipt) { r.Note = bytes.Replace(r.Note, []byte("\n21\n"), []byte("\n22\n"), 1) }),
			trust, Unsigned},
		{"no signature", change(func(r *Receipt) { r.Note, _, _ = bytes.Cut(r.Note, []byte("\n\n")) }), trust, Unreadable},
	} {
		if got := Judge(c.data, c.trust).Problem; got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// TestNoChangedReceiptHolds changes single bytes of every form. Whatever still
// verifies must be the original receipt.
func TestNoChangedReceiptHolds(t *testing.T) {
	all, trust := receipts(t, 300, 123, 200)
	random := rand.New(rand.NewPCG(1, 2))
	for _, r := range all {
		text := r.Marshal()
		code, err := r.Code()
		if err != nil {
			t.Fatal(err)
		}
		for _, honest := range [][]byte{text, []byte(strings.Join(code, "\n")), pdfOf(text)} {
			for range 1500 {
				data := bytes.Clone(honest)
				switch at := random.IntN(len(data)); random.IntN(3) {
				case 0:
					data[at] ^= byte(1 + random.IntN(255))
				case 1:
					data = append(data[:at], data[at+1:]...)
				default:
					data = slices.Insert(data, at, byte(32+random.IntN(95)))
				}
				j := Judge(data, trust)
				if j.Problem != Holds {
					continue
				}
				same := j.Receipt.Seq == r.Seq && j.Receipt.Leaf == r.Leaf && j.Opened.Size == 300
				if !same {
					t.Fatalf("a changed receipt holds:\n%s", data)
				}
			}
		}
	}
}

func TestParseTrust(t *testing.T) {
	seed := sha256Sum("seed")
	key := ed25519.NewKeyFromSeed(seed[:]).Public().(ed25519.PublicKey)
	vkey, witness := LogKey("log.example", key), CosignerKey("witness.example", key)
	trust, err := ParseTrust("# of the notice board\n\n " + vkey + "\r\n" + witness + "\n")
	if err != nil || len(trust.Log) != 1 || len(trust.Witnesses) != 1 || trust.Quorum != 1 {
		t.Fatalf("%+v, %v", trust, err)
	}
	if trust.Log[0].Name() != "log.example" || trust.Witnesses[0].Name() != "witness.example" {
		t.Errorf("trusts %s and %s", trust.Log[0].Name(), trust.Witnesses[0].Name())
	}
	if trust, err := ParseTrust("log.example+01020304+gAECAw=="); err != nil || len(trust.Log) != 0 {
		t.Errorf("a key of another algorithm: %+v, %v", trust, err)
	}
	if _, err := ParseTrust(vkey + "x"); err == nil {
		t.Error("a damaged key is trusted")
	}
}

type columnRow struct {
	Stamp
	Name  string     `bun:"name"`
	Count int64      `bun:"count"`
	Yes   bool       `bun:"yes"`
	NoteC Commitment `bun:"note_c"`
	At    time.Time  `bun:"at"`
	Until *time.Time `bun:"until"`
	Not   string     `bun:"not" ledger:"-"`
}

func TestColumnsDigestAsTheRowDoes(t *testing.T) {
	until := time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC)
	for _, row := range []*columnRow{
		{},
		{Stamp: Stamp{ID: "a", Version: 3, Salt: NewSalt(), CreatedAt: until, ChangedAt: until}, Name: "名 with\nline", Count: -5,
			Yes: true, NoteC: Commit("note", NewSalt(), "x"), At: until, Until: &until, Not: "x"},
	} {
		want, err := Digest("thing", row)
		if err != nil {
			t.Fatal(err)
		}
		columns, err := Columns(row, 1)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := DigestColumns("thing", columns); err != nil || got != want {
			t.Errorf("%+v: %x, want %x (%v)", columns, got, want, err)
		}
		packed, err := PackRows([]any{row, row}, 1)
		if err != nil {
			t.Fatal(err)
		}
		if rows, err := UnpackRows(row, 2, packed, 1); err != nil || !slices.Equal(rows[0], columns) || !slices.Equal(rows[1], columns) {
			t.Errorf("two packed rows read as %+v, want twice %+v (%v)", rows, columns, err)
		}
		for _, n := range []int{-1, 0, 1 << 40} {
			if _, err := UnpackRows(row, n, packed, 1); err == nil {
				t.Errorf("two packed rows are read as %d", n)
			}
		}
		for n := range packed {
			if _, err := UnpackRows(row, 2, packed[:n], 1); err == nil {
				t.Fatalf("%d of %d bytes are a whole row", n, len(packed))
			}
		}
		for i := range columns {
			other := slices.Clone(columns)
			switch other[i].Type {
			case "bytes":
				other[i].Value = base64.StdEncoding.EncodeToString([]byte("other"))
			case "bool":
				other[i].Value = map[string]string{"true": "false", "false": "true"}[other[i].Value]
			case "int":
				other[i].Value = "77"
			case "time", "time?":
				other[i].Value = "2025-01-02T03:04:05.000006Z"
			default:
				other[i].Value += "x"
			}
			if got, err := DigestColumns("thing", other); err != nil || got == want {
				t.Errorf("another %s has the same digest (%v)", other[i].Name, err)
			}
		}
	}
	for _, c := range []Column{
		{"a", "int", "+1"}, {"a", "int", "01"}, {"a", "int", "-0"},
		{"a", "bytes", "YQ==\n"}, {"a", "bytes", "YR=="}, {"a", "bytes", "Y\nQ=="},
		{"a", "time", "2026-03-02T01:00:00,000000Z"}, {"a", "time?", "2026-03-02T01:00:00,000000Z"},
	} {
		if _, err := DigestColumns("thing", []Column{c}); err == nil {
			t.Errorf("%s %q has a digest, as its proper form has", c.Type, c.Value)
		}
	}
	if _, err := DigestColumns("thing", []Column{{"a", "float", "1"}}); err == nil {
		t.Error("a type that digests do not know is hashed")
	}
}

// FuzzFindReceipt: whatever form is read, what the key accepts is the entry
// that was signed, and its code reproduces it.
func FuzzFindReceipt(f *testing.F) {
	all, trust := receipts(f, 33, 5)
	honest := all[0]
	code, err := honest.Code()
	if err != nil {
		f.Fatal(err)
	}
	nameless := *honest // a line without a name was once packed as the log's own
	nameless.Note = slices.Concat(honest.Note, []byte("\u2014  AAAAAA==\n"))
	for _, seed := range [][]byte{honest.Marshal(), nameless.Marshal(), []byte(strings.Join(code, "\n")),
		pdfOf(honest.Marshal()), []byte("PLUMBLINE:1:1/2:AA PLUMBLINE:1:2/2:BB"),
		[]byte("\xb2\xb2\xb2\xb2\xb2\xb2\xb2PLUMBLINE:1:"), []byte("\u017f\u0131PLUMBLINE:1:1/1:\u0131"), nil} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r, _, err := FindReceipt(data)
		if err != nil {
			return
		}
		if code, err := r.Code(); err == nil {
			again, err := ParseCode(strings.Join(code, "\n"))
			if err != nil || !bytes.Equal(again.Marshal(), r.Marshal()) {
				t.Errorf("its code does not make it again: %v", err)
			}
		}
		if j := Judge(data, trust); j.Problem == Holds && (j.Receipt.Seq != honest.Seq || j.Receipt.Leaf != honest.Leaf) {
			t.Errorf("another entry is accepted:\n%q", data)
		}
	})
}
