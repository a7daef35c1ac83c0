package keys

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

func open(t *testing.T, path string) *Store {
	t.Helper()
	s, err := Open(context.Background(), path, true)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func take(t *testing.T, s *Store, n int) []Key {
	t.Helper()
	got, err := s.Take(context.Background(), n)
	if err != nil || len(got) != n {
		t.Fatalf("took %d keys: %v", len(got), err)
	}
	return got
}

func TestKeysAreDurableBeforeTheyAreGiven(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "k")
	s := open(t, path)
	var mu sync.Mutex
	given := map[int64][Size]byte{}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 60 {
				got, err := s.Take(ctx, 21)
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				for _, k := range got {
					if _, twice := given[k.ID]; twice || k.Secret == [Size]byte{} {
						t.Errorf("key %d was given twice, or is empty", k.ID)
					}
					given[k.ID] = k.Secret
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	// Another process reads the file while the first is still open, as after a
	// kill.
	other := open(t, path)
	ids := make([]int64, 0, len(given))
	for id := range given {
		ids = append(ids, id)
	}
	have, err := other.Get(ctx, ids...)
	if err != nil {
		t.Fatal(err)
	}
	for id, want := range given {
		if have[id] == nil || *have[id] != want {
			t.Fatalf("key %d is not on the disk", id)
		}
	}
	if len(given) != 8*60*21 {
		t.Errorf("%d keys", len(given))
	}
	if err := errors.Join(other.Close(), s.Close()); err != nil {
		t.Fatal(err)
	}
}

func TestDestroyedKeysAreNowhere(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	s := open(t, filepath.Join(dir, "k"))
	defer s.Close()
	all := take(t, s, 200)
	if n, err := s.Destroy(ctx, all[3].ID, all[70].ID, all[71].ID, 1<<40); err != nil || n != 3 {
		t.Fatalf("%d destroyed: %v", n, err)
	}
	if n, err := s.Destroy(ctx, all[3].ID); err != nil || n != 0 {
		t.Fatalf("%d destroyed again: %v", n, err)
	}
	check := func(s *Store) {
		t.Helper()
		for i, k := range all {
			have, err := s.Get(ctx, k.ID)
			if err != nil {
				t.Fatal(err)
			}
			gone := i == 3 || i == 70 || i == 71
			if (have[k.ID] == nil) != gone || !gone && *have[k.ID] != k.Secret {
				t.Errorf("key %d: %v", i, have[k.ID] != nil)
			}
		}
	}
	check(s)
	for _, suffix := range []string{"-wal", "-journal"} {
		if info, err := os.Stat(s.Path() + suffix); err == nil && info.Size() > 0 {
			t.Errorf("%s holds %d bytes after a destruction", suffix, info.Size())
		}
	}
	// The pages that held the keys are gone from the file, including the sealed
	// bytes from before the destruction.
	again := open(t, s.Path())
	defer again.Close()
	check(again)
}

func TestOldPagesAreOverwritten(t *testing.T) {
	ctx := context.Background()
	s := open(t, filepath.Join(t.TempDir(), "k"))
	defer s.Close()
	k := take(t, s, 1)[0]
	var before []byte
	if err := s.db.QueryRow("SELECT sealed FROM pages WHERE id = ?", k.ID/pageKeys).Scan(&before); err != nil {
		t.Fatal(err)
	}
	if err := s.truncate(ctx); err != nil {
		t.Fatal(err)
	}
	holds := func() bool {
		for _, suffix := range []string{"", "-wal"} {
			raw, err := os.ReadFile(s.Path() + suffix)
			if err != nil {
				t.Fatal(err)
			}
			if bytes.Contains(raw, before[:64]) {
				return true
			}
		}
		return false
	}
	if !holds() {
		t.Fatal("the search is blind: the page is not found before its destruction")
	}
	if _, err := s.Destroy(ctx, k.ID); err != nil {
		t.Fatal(err)
	}
	if holds() {
		t.Error("the page with the key is still in the file")
	}
}

func TestAStoreIsNeverReplaced(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "k")
	if _, err := Open(ctx, path, false); !errors.Is(err, ErrMissing) {
		t.Fatalf("opened a store that is not there: %v", err)
	}
	if err := os.WriteFile(path+".file", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(ctx, filepath.Join(path+".file", "k"), false); err == nil || errors.Is(err, ErrMissing) {
		t.Fatalf("a place that cannot be looked at holds no store: %v", err)
	}
	s := open(t, path)
	k := take(t, s, 1)[0]
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{path, MasterPath(path)} {
		if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v %v", filepath.Base(file), info.Mode(), err)
		}
	}
	master, err := os.ReadFile(MasterPath(path))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(MasterPath(path)); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(ctx, path, true); !errors.Is(err, ErrMissing) {
		t.Fatalf("opened without its master key: %v", err)
	}
	if err := newMaster(path); err != nil { // another master key
		t.Fatal(err)
	}
	other := open(t, path)
	if _, err := other.Get(ctx, k.ID); err == nil || bytes.Contains([]byte(err.Error()), k.Secret[:]) {
		t.Errorf("a page opened under another master key, or the error shows it: %v", err)
	}
	if err := other.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(MasterPath(path), master[:len(master)-3], 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(ctx, path, true); err == nil {
		t.Error("a master file that was cut was taken")
	}
}
