package keys

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
)

// TestAFullDiskGivesNoKey: a key that could not be written is never handed out,
// each attempt returns the error, earlier keys still open, and it works again
// once there is space.
func TestAFullDiskGivesNoKey(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "k")
	s := open(t, path)
	keys := take(t, s, 1)
	var size int
	if err := s.db.QueryRowContext(ctx, "PRAGMA page_count").Scan(&size); err != nil {
		t.Fatal(err)
	}
	limit := func(pages int) {
		t.Helper()
		var got int
		if err := s.db.QueryRowContext(ctx, fmt.Sprintf("PRAGMA max_page_count = %d", pages)).Scan(&got); err != nil || got != pages {
			t.Fatal(got, err)
		}
	}
	limit(size)
	for range 2 {
		if got, err := s.Take(ctx, 64*pageKeys); err == nil || got != nil {
			t.Fatalf("%d keys of a full disk: %v", len(got), err)
		}
	}
	same(t, path, keys)
	limit(1 << 20)
	keys = append(keys, take(t, s, 64*pageKeys)...)
	given := map[int64]bool{}
	for _, k := range keys {
		if given[k.ID] {
			t.Fatalf("key %d was given twice", k.ID)
		}
		given[k.ID] = true
	}
	same(t, path, keys) // as after a kill: nothing was closed
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	same(t, path, keys)
}
