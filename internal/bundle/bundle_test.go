package bundle

import (
	"testing"

	"plumbline/internal/ledger"
	"plumbline/internal/slip"
)

// FuzzParse feeds the reader of bundles; what it makes of the bytes must never
// be believed without a key, and never crash.
func FuzzParse(f *testing.F) {
	b := &Bundle{Version: Version, Kind: "case", ID: "c", Ref: "R", Checkpoint: "o\n1\nAAAA\n\n— o AAAA\n",
		Entries: []Entry{{Seq: 0, Body: "version: 1\n", Path: [][]byte{make([]byte, 32)}}},
		Rows:    []slip.OpenRow{{Kind: "case", ID: "c", Columns: []ledger.Column{{Name: "id", Type: "text", Value: "c"}}}},
		Texts:   []slip.OpenText{{Record: "c", Field: "f", Salt: make([]byte, 32), Value: "v"}}}
	raw, err := b.Marshal()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	trust, err := ledger.ParseTrust("o+5f9c2e1a+AQ")
	if err == nil {
		f.Fatal("a key without a key")
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		b, err := Parse(raw)
		if err != nil {
			return
		}
		if _, err := b.Check(trust); err == nil {
			t.Fatal("believed without a key")
		}
		if again, err := b.Marshal(); err != nil || len(again) == 0 {
			t.Fatalf("cannot be written again: %v", err)
		}
	})
}
