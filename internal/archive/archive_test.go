package archive

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/google/go-cmp/cmp"
)

var made = time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC)

// sample is a small archive and what went into it.
func sample(t testing.TB, to ...age.Recipient) []byte {
	t.Helper()
	var out bytes.Buffer
	h := Header{MadeAt: made, Origin: "plumbline/test", Size: 7,
		Tables: []Table{{"people", []string{"id", "n", "at", "team", "salt", "gone"}}, {"empty", []string{"x"}}}}
	w, err := NewWriter(&out, to, h)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.File("key", 6, strings.NewReader("secret")); err != nil {
		t.Fatal(err)
	}
	w.Begin("people")
	for i := range 40_000 {
		if err := w.Row(row(i)); err != nil {
			t.Fatal(err)
		}
	}
	err = w.End()
	w.Begin("empty")
	if err := errors.Join(err, w.End(), w.Close()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func row(i int) []any {
	return []any{fmt.Sprintf("id-%d 林甲", i), int64(i * -3), made.Add(time.Duration(i) * time.Microsecond), i%2 == 0,
		[]byte{byte(i), 0, 255}, nil}
}

// readAll reads an archive to its end. n is the number of rows read.
func readAll(raw []byte, ids ...age.Identity) (h Header, secret string, rows [][]any, err error) {
	r, err := NewReader(bytes.NewReader(raw), ids...)
	if err != nil {
		return h, "", nil, err
	}
	for {
		p, err := r.Next()
		if errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			return r.Header, secret, rows, nil
		} else if err != nil {
			return r.Header, secret, rows, err
		}
		if p.File != "" {
			raw, err := io.ReadAll(io.LimitReader(r, 1<<20))
			if err != nil {
				return r.Header, secret, rows, err
			}
			secret = string(raw)
			continue
		}
		err = Rows(p.Rows, r.Columns(p.Table), func(v []any) error {
			rows = append(rows, append([]any(nil), v...))
			return nil
		})
		if err != nil {
			return r.Header, secret, rows, err
		}
	}
}

func TestWhatGoesInComesOut(t *testing.T) {
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	other, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	for name, raw := range map[string][]byte{"plain": sample(t), "sealed": sample(t, id.Recipient())} {
		h, secret, rows, err := readAll(raw, id)
		if err != nil || h.Origin != "plumbline/test" || secret != "secret" || len(rows) != 40_000 {
			t.Fatalf("%s: %v %+v %q %d rows", name, err, h, secret, len(rows))
		}
		for i, got := range rows {
			if diff := cmp.Diff(row(i), got); diff != "" {
				t.Fatalf("%s: row %d: %s", name, i, diff)
			}
		}
		if name == "sealed" {
			if bytes.Contains(raw, []byte("secret")) {
				t.Error("the sealed archive shows its content")
			}
			if _, _, _, err := readAll(raw, other); !errors.Is(err, ErrSealed) {
				t.Errorf("somebody else opens it: %v", err)
			}
			if _, _, _, err := readAll(raw); err == nil {
				t.Error("it opens without an identity")
			}
		}
	}
}

// An archive that was truncated, altered or extended never counts as complete.
func TestDamageIsNoticed(t *testing.T) {
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	for name, raw := range map[string][]byte{"plain": sample(t), "sealed": sample(t, id.Recipient())} {
		step := len(raw)/60 + 1
		for n := 0; n < len(raw); n += step {
			if _, _, _, err := readAll(raw[:n], id); err == nil {
				t.Errorf("%s: cut to %d of %d bytes it passes", name, n, len(raw))
			}
			if n < 10 {
				continue // flags and times of the squeezing
			}
			bad := bytes.Clone(raw)
			bad[n] ^= 0x10
			if _, _, _, err := readAll(bad, id); err == nil {
				t.Errorf("%s: changed at %d of %d bytes it passes", name, n, len(raw))
			}
		}
		if _, _, _, err := readAll(append(bytes.Clone(raw), 'x'), id); err == nil {
			t.Errorf("%s: with a byte more it passes", name)
		}
	}
}

func TestAManifestMustAgree(t *testing.T) {
	var out bytes.Buffer
	w, err := NewWriter(&out, nil, Header{Tables: []Table{{"t", []string{"a"}}}})
	if err != nil {
		t.Fatal(err)
	}
	w.Begin("t")
	if err := errors.Join(w.Row([]any{int64(1)}), w.End()); err != nil {
		t.Fatal(err)
	}
	w.parts[1].SHA256 = strings.Repeat("0", 64)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if _, _, _, err := readAll(out.Bytes()); err == nil || !strings.Contains(err.Error(), "damaged") {
		t.Errorf("a part with another hash: %v", err)
	}
}

// FuzzReader: no input crashes the reader, and whatever it accepts reads the
// same again.
func FuzzReader(f *testing.F) {
	var small bytes.Buffer
	w, err := NewWriter(&small, nil, Header{Tables: []Table{{"t", []string{"a", "b"}}}})
	if err != nil {
		f.Fatal(err)
	}
	w.Begin("t")
	if err := errors.Join(w.Row([]any{"x", nil}), w.Row([]any{int64(-5), true}), w.End(),
		w.File("key", 1, strings.NewReader("k")), w.Close()); err != nil {
		f.Fatal(err)
	}
	f.Add(small.Bytes())
	f.Add(small.Bytes()[:small.Len()/2])
	f.Add([]byte("age-encryption.org/v1\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if len(raw) > 1<<16 {
			return
		}
		_, _, rows, err := readAll(raw)
		if err != nil {
			return
		}
		_, _, again, err := readAll(raw)
		if err != nil || len(again) != len(rows) {
			t.Fatalf("read twice it differs: %v", err)
		}
	})
}

// FuzzRows fuzzes the rows of a part without the compression around them.
func FuzzRows(f *testing.F) {
	seed, err := appendRow(nil, row(3))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(seed, 6)
	f.Add([]byte{kindText, 0xff, 0xff, 0xff, 0xff, 0x0f, 'x'}, 1)
	f.Fuzz(func(t *testing.T, raw []byte, columns int) {
		if columns > 64 {
			return
		}
		var again []byte
		if Rows(raw, columns, func(v []any) (err error) { again, err = appendRow(again, v); return err }) != nil {
			return
		}
		var n, m int
		_ = Rows(raw, columns, func([]any) error { n++; return nil })
		if err := Rows(again, columns, func([]any) error { m++; return nil }); err != nil || n != m {
			t.Fatalf("written again: %v, %d rows and %d", err, n, m)
		}
	})
}
