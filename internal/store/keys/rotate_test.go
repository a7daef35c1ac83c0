package keys

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
)

var errKilled = errors.New("killed")

// same checks that the store opened anew gives every key as it was.
func same(t *testing.T, path string, want []Key) {
	t.Helper()
	s := open(t, path)
	defer s.Close()
	ids := make([]int64, len(want))
	for i, k := range want {
		ids[i] = k.ID
	}
	got, err := s.Get(context.Background(), ids...)
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range want {
		if got[k.ID] == nil || *got[k.ID] != k.Secret {
			t.Fatalf("key %d is lost or another one", k.ID)
		}
	}
}

// TestARotationResumesAfterAKill interrupts a rotation at every possible point.
// Each time every key is still there, and the next run completes it.
func TestARotationResumesAfterAKill(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "k")
	s := open(t, path)
	keys := take(t, s, 3*rotateChunk*pageKeys+1)
	if n, err := s.Destroy(ctx, keys[0].ID); err != nil || n != 1 {
		t.Fatal(n, err)
	}
	keys = keys[1:]
	before, err := os.ReadFile(MasterPath(path))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	places, wrote := 0, 0
	for kill := 0; ; kill++ {
		s := open(t, path)
		seen := 0
		s.stopAt = func(string) error {
			if seen++; seen > kill {
				return errKilled
			}
			return nil
		}
		n, err := s.Rotate(ctx, nil)
		places = max(places, seen)
		if wrote += n; err == nil {
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			break
		}
		if !errors.Is(err, errKilled) {
			t.Fatal(err)
		}
		// As after a kill: another process reads the file and nothing was
		// closed.
		same(t, path, keys)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if wrote < 3*rotateChunk || places < 3 {
		t.Errorf("%d pages, %d places: the rotation was not cut off in its middle", wrote, places)
	}
	same(t, path, keys)
	after, err := os.ReadFile(MasterPath(path))
	if err != nil || bytes.Count(after, []byte("\n")) != 2 || bytes.Contains(after, before[len(masterHeader)+1:]) {
		t.Errorf("the old key is still in the file: %d lines, %v", bytes.Count(after, []byte("\n")), err)
	}
	// The old master key no longer opens anything.
	if err := os.WriteFile(MasterPath(path), before, 0o600); err != nil {
		t.Fatal(err)
	}
	old := open(t, path)
	defer old.Close()
	if _, err := old.Get(ctx, keys[0].ID); !errors.Is(err, ErrMissing) {
		t.Errorf("the old master key: %v", err)
	}
	if _, err := old.Take(ctx, 1); !errors.Is(err, ErrMissing) {
		t.Errorf("keys were made under the old master key: %v", err)
	}
}

// TestARotationBesideAServer: a process that opened the store earlier keeps
// making, reading and destroying keys, under the new master key.
func TestARotationBesideAServer(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "k")
	server, operator := open(t, path), open(t, path)
	keys := take(t, server, 2*rotateChunk*pageKeys)
	places := 0
	operator.stopAt = func(string) error { // in the middle of it
		places++
		keys = append(keys, take(t, server, pageKeys)...)
		return nil
	}
	// A commit and the points within it run under the single writer's lock.
	operator.stopAt = between(operator.stopAt)
	if _, err := operator.Rotate(ctx, nil); err != nil {
		t.Fatal(err)
	}
	if places == 0 {
		t.Fatal("the server did nothing meanwhile")
	}
	if n, err := server.Destroy(ctx, keys[0].ID); err != nil || n != 1 {
		t.Fatal(n, err)
	}
	keys = append(keys[1:], take(t, server, pageKeys)...)
	if err := errors.Join(server.Close(), operator.Close()); err != nil {
		t.Fatal(err)
	}
	same(t, path, keys)
}

// between excludes the points where the rotation holds the writer's lock.
func between(do func(string) error) func(string) error {
	return func(at string) error {
		if at == "begun" || at == "after a commit" {
			return do(at)
		}
		return nil
	}
}
