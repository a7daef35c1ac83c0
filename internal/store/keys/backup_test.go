package keys

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestACopyServesAndIsForgotten restores a copy beside the master key, and
// checks that expired copies are removed.
func TestACopyServesAndIsForgotten(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	s := open(t, filepath.Join(dir, "k"))
	k := take(t, s, 3)
	folder := filepath.Join(dir, "copies")
	day := time.Date(2026, 3, 1, 2, 0, 0, 0, time.UTC)
	first, removed, err := s.Backup(ctx, folder, day, 7*24*time.Hour)
	if err != nil || removed != 0 {
		t.Fatal(removed, err)
	}
	if info, err := os.Stat(first); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info, err)
	}
	if _, err := s.Destroy(ctx, k[1].ID); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Backup(ctx, folder, day, 7*24*time.Hour); err == nil {
		t.Error("a copy was overwritten")
	}
	if err := os.WriteFile(filepath.Join(folder, "keys-notes.backup"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for n := 1; n <= 8; n++ {
		if _, removed, err = s.Backup(ctx, folder, day.AddDate(0, 0, n), 7*24*time.Hour); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := os.Stat(first); !notThere(err) || removed != 1 {
		t.Errorf("the first copy outlived its days: %v, %d removed", err, removed)
	}
	entries, err := os.ReadDir(folder)
	if err != nil || len(entries) != 9 { // eight copies and a file that is none
		t.Errorf("%d files: %v", len(entries), err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(folder, "keys-20260302T020000.backup"), filepath.Join(dir, "k")); err != nil {
		t.Fatal(err)
	}
	back := open(t, filepath.Join(dir, "k"))
	defer back.Close()
	have, err := back.Get(ctx, k[0].ID, k[1].ID, k[2].ID)
	if err != nil || have[k[0].ID] == nil || *have[k[0].ID] != k[0].Secret || have[k[1].ID] != nil || have[k[2].ID] == nil {
		t.Errorf("%v %v", have, err)
	}
}
