package engine

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"plumbline/internal/fault"
	"plumbline/internal/ledger"
)

// smallDisk mounts a file system of the given size in megabytes.
func smallDisk(t *testing.T, size string) string {
	t.Helper()
	folder := t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size="+size, "tmpfs", folder).CombinedOutput(); err != nil {
		if strings.Contains(os.Getenv("PLUMBLINE_REQUIRE"), "all") && os.Geteuid() == 0 {
			t.Fatalf("a small disk is required here: %v: %s", err, out)
		}
		t.Skipf("*** SKIPPED: no small disk can be mounted here: %v: %s ***", err, out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", "-l", folder).CombinedOutput(); err != nil {
			t.Errorf("umount: %v: %s", err, out)
		}
	})
	return folder
}

// onDisk opens a site in that folder with a clock that the test controls.
func onDisk(t *testing.T, folder string) (s *Store, tick func()) {
	t.Helper()
	now := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	s, err := Open(t.Context(), filepath.Join(folder, "site.db"), Options{Clock: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s, func() { now = now.Add(2 * time.Second) }
}

func note(ctx context.Context, s *Store, id, text string) error {
	_, err := s.Update(ctx, Call{Account: "a", Op: "t", RequestID: id}, func(ctx context.Context, tx *Tx) ([]ledger.Fact, string, error) {
		if _, err := tx.PutText(ctx, id, "text", text); err != nil {
			return nil, "", err
		}
		return []ledger.Fact{{Verb: "t", Kind: "campaign", ID: id}}, "", nil
	})
	return err
}

func fillFile(t *testing.T, name string, size int) {
	t.Helper()
	if err := os.WriteFile(name, bytes.Repeat([]byte{1}, size), 0o600); err != nil {
		t.Fatal(err)
	}
}

// Writing stops while there is still space, says why, and resumes when space
// returns. Reading always works.
func TestWritingStopsBeforeTheDiskIsFull(t *testing.T) {
	folder := smallDisk(t, "64m")
	s, tick := onDisk(t, folder)
	ctx := t.Context()
	if err := note(ctx, s, "one", "x"); err != nil {
		t.Fatal(err)
	}
	free, total, ok := freeSpace(folder)
	if !ok || total < 60<<20 {
		t.Fatalf("%d of %d free, %v", free, total, ok)
	}
	filler := filepath.Join(folder, "filler")
	fillFile(t, filler, int(free)-2<<20) // 2 MB left, 3 % of the disk
	tick()
	var f *fault.Error
	if err := note(ctx, s, "two", "x"); !errors.As(err, &f) || f.Code != "disk_full" {
		t.Fatalf("with 2 MB left: %v", err)
	}
	if err := s.View(ctx, func(ctx context.Context, v *View) error {
		e, err := v.EntryAt(ctx, 0)
		if err == nil && e.Seq != 0 {
			err = errors.New("another entry")
		}
		return err
	}); err != nil {
		t.Errorf("reading: %v", err)
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	tick()
	if err := note(ctx, s, "two", "x"); err != nil {
		t.Errorf("with room again: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// If the check comes too late, whatever was acknowledged is still there,
// nothing is half-written, and writing resumes when there is space.
func TestADiskThatIsFullInTheMiddle(t *testing.T) {
	folder := smallDisk(t, "64m")
	s, _ := onDisk(t, folder)
	s.space.look = func(string) (uint64, uint64, bool) { return 0, 0, false } // blind
	ctx := t.Context()
	text := strings.Repeat("一段很长的话。", 20000)
	acknowledged, refused := []string{}, 0
	for i := range 400 {
		id := NewID()
		switch err := note(ctx, s, id, text); {
		case err == nil:
			acknowledged = append(acknowledged, id)
		default:
			refused++
		}
		if refused == 3 {
			break
		}
		if i == 399 {
			t.Fatal("the disk never filled up")
		}
	}
	if len(acknowledged) == 0 {
		t.Fatal("nothing was written at all")
	}
	if err := os.Remove(makeRoom(t, folder)); err != nil {
		t.Fatal(err)
	}
	err := s.View(ctx, func(ctx context.Context, v *View) error {
		size, root, err := v.Head(ctx)
		if err != nil || size != int64(len(acknowledged)) {
			t.Errorf("%d acknowledged, %d refused: %d entries, %v", len(acknowledged), refused, size, err)
		}
		if again, err := v.RootAt(ctx, size); err != nil || again != root {
			t.Errorf("the tree of what was written has another root: %v", err)
		}
		kept, err := v.Texts(ctx, acknowledged...)
		if err != nil || len(kept) != len(acknowledged) {
			t.Errorf("%d acknowledged, %d can be read: %v", len(acknowledged), len(kept), err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// makeRoom enlarges the disk and returns a file to remove.
func makeRoom(t *testing.T, folder string) string {
	t.Helper()
	if out, err := exec.Command("mount", "-o", "remount,size=200m", folder).CombinedOutput(); err != nil {
		t.Fatalf("remount: %v: %s", err, out)
	}
	name := filepath.Join(folder, "x")
	fillFile(t, name, 1)
	return name
}

// The ballast is created once, if there is plenty of space.
func TestBallast(t *testing.T) {
	s, tick := onDisk(t, t.TempDir())
	defer s.Close()
	name, err := s.Ballast()
	if err != nil {
		t.Fatal(err)
	}
	if free, _, _ := freeSpace(filepath.Dir(s.file.Load().path)); free < 16*ballastSize {
		t.Fatalf("%d bytes are free on this disk; a ballast is laid down only where %d are, so make room and run again", free,
			16*ballastSize)
	}
	if info, err := os.Stat(name); err != nil || info.Size() != ballastSize {
		t.Fatalf("%q: %v %v", name, info, err)
	}
	s.space.look = func(string) (uint64, uint64, bool) { return 1 << 20, 1 << 30, true }
	tick()
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
	if again, err := s.Ballast(); again != "" || err != nil {
		t.Errorf("on a full disk: %q %v", again, err)
	}
}
