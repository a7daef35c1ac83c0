package bench

import (
	"context"
	"path/filepath"
	"testing"

	"plumbline/internal/apptest/pgtest"
	"plumbline/internal/demo"
	"plumbline/internal/store/rawbench"
)

// TestBenchEntriesVerify: the ledger that proofs and verification are timed on
// is a true one, on both databases.
func TestBenchEntriesVerify(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { benchEntriesVerify(t, filepath.Join(t.TempDir(), "site.db")) })
	t.Run("postgres", func(t *testing.T) {
		keyFolder = t.TempDir()
		benchEntriesVerify(t, pgtest.DSN(t))
	})
}

func benchEntriesVerify(t *testing.T, dsn string) {
	ctx := context.Background()
	const n = 500
	s, err := open(ctx, dsn, demo.Small, true)
	if err != nil {
		t.Fatal(err)
	}
	if err := rawbench.Entries(ctx, s.store, n, func(int, int) {}); err != nil {
		t.Fatal(err)
	}
	if s, err = reopen(ctx, s); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.store.Close() })
	v, err := s.store.Verify(ctx, nil)
	if err != nil || !v.OK() || v.Entries != n || v.Rows["issue"] != n/5*3 {
		t.Fatalf("%+v: %v", v, err)
	}
	if _, err := s.proof(ctx); err != nil {
		t.Error(err)
	}
}
