//go:build unix

package cli

import (
	"os"
	"path/filepath"
	"testing"

	"plumbline/internal/apptest/pgtest"
)

// TestWhatAKilledProcessLeftIsRemoved: the folder of a dead process is removed
// with everything in it; that of a live one stays.
func TestWhatAKilledProcessLeftIsRemoved(t *testing.T) {
	base := t.TempDir()
	t.Setenv("TMPDIR", base)
	dead, free, err := lockedFolder(base)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dead, "plumbline-export-1"), []byte("texts"), 0o600); err != nil {
		t.Fatal(err)
	}
	free() // what the end of a process does to its locks
	leaveFirst := ownScratch()
	first := os.TempDir()
	if _, err := os.Stat(dead); !os.IsNotExist(err) {
		t.Errorf("the abandoned folder is still there: %v", err)
	}
	if filepath.Dir(first) != base {
		t.Fatalf("temporary files go to %s", first)
	}
	if err := os.WriteFile(filepath.Join(first, "sheet"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("TMPDIR", base) // another process
	leaveSecond := ownScratch()
	if _, err := os.Stat(filepath.Join(first, "sheet")); err != nil {
		t.Errorf("the folder of a living process was touched: %v", err)
	}
	leaveSecond()
	leaveFirst()
	if left, err := os.ReadDir(base); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

// TestAServerStartsInOurScratch: when run by root, bench starts PostgreSQL as
// another user in a folder under ours.
func TestAServerStartsInOurScratch(t *testing.T) {
	pgtest.DSN(t) // skips where there is no PostgreSQL
	defer ownScratch()()
	s, err := pgtest.Start()
	if err != nil {
		t.Fatal(err)
	}
	if filepath.Dir(filepath.Dir(s.Socket())) != os.TempDir() {
		t.Errorf("the server lies in %s, not in %s", s.Socket(), os.TempDir())
	}
	if err := s.Stop(); err != nil {
		t.Errorf("stop: %v", err)
	}
}
