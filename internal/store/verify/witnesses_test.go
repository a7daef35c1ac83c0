package verify

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"testing"

	"plumbline/internal/apptest/storetest"
	"plumbline/internal/ledger"
	"plumbline/internal/store/engine"
)

// TestSeveralWitnesses trusts two witnesses that signed independently: neither
// line is invalid for lack of the other, and an invalid line is still reported.
func TestSeveralWitnesses(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *engine.Store) {
		ctx := context.Background()
		const name = "tier.example/w2"
		key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{11}, 32))
		b := newBureau(t, s)
		b.unit("u0")
		b.sign(true)
		b.unit("u1")
		b.sign(true)
		note := func(size int64) []byte {
			var row engine.LedgerCheckpoint
			if err := engine.Writer(s).NewSelect().Model(&row).Where("size = ?", size).Scan(ctx); err != nil {
				t.Fatal(err)
			}
			return []byte(row.Note)
		}
		give := func(size int64, line string) {
			if err := s.SaveCosignature(ctx, engine.LedgerCosignature{Size: size, Witness: name, At: b.at, Line: line}); err != nil {
				t.Fatal(err)
			}
		}
		ev := b.byWitness()
		second, err := ledger.ParseTrust(ledger.CosignerKey(name, key.Public().(ed25519.PublicKey)))
		if err != nil {
			t.Fatal(err)
		}
		ev.Trust.Witnesses, ev.Trust.Quorum = append(ev.Trust.Witnesses, second.Witnesses...), 2

		give(1, b.cosignedBy(name, key, note(1)))
		if v, err := Run(ctx, s, ev, nil); err != nil || !v.OK() || v.Witnessed != 2 {
			t.Errorf("two witnesses, each by itself: %+v %v", v, err)
		}
		give(2, b.cosignedBy(name, key, note(1))) // the line of another checkpoint
		v, err := Run(ctx, s, ev, nil)
		if err != nil || v.Total != 1 || v.Findings[0].What != "witness_signature" || v.Findings[0].ID != name+"/2" {
			t.Errorf("a line that belongs elsewhere: %+v %v", v, err)
		}
	})
}
