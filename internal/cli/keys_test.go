package cli

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// lines sends each line written to it to a channel.
type lines chan string

func (l lines) Write(b []byte) (int, error) {
	l <- string(b)
	return len(b), nil
}

// TestKeysAreCopiedHourlyAndRotated: the server copies the key store and logs
// every failure, and after a rotation the earlier copies do not open.
func TestKeysAreCopiedHourlyAndRotated(t *testing.T) {
	folder := t.TempDir()
	db, copies := filepath.Join(folder, "site.db"), filepath.Join(folder, "copies")
	run := func(args ...string) (string, int) {
		var out bytes.Buffer
		status := MainIn(context.Background(), append(args, "--db", db), &out, &out)
		return out.String(), status
	}
	if out, status := run("migrate"); status != 0 {
		t.Fatal(out)
	}
	said := make(lines, 4)
	e := &env{Config: defaults(), log: slog.New(slog.NewTextHandler(said, nil))}
	e.DB, e.KeyBackups = db, copies
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	s, err := e.open(ctx, false)
	if err != nil {
		t.Fatal(err)
	}
	turn, ended := make(chan time.Time), make(chan struct{})
	go func() { defer close(ended); e.copyKeysHourly(ctx, s, turn) }()
	if line := <-said; !strings.Contains(line, "key store copied") {
		t.Error(line)
	}
	if err := os.RemoveAll(copies); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(copies, nil, 0o600); err != nil { // where a folder should be
		t.Fatal(err)
	}
	turn <- time.Time{}
	if line := <-said; !strings.Contains(line, "level=ERROR") || !strings.Contains(line, "was not copied") {
		t.Error(line)
	}
	if err := os.Remove(copies); err != nil {
		t.Fatal(err)
	}
	turn <- time.Time{}
	if line := <-said; !strings.Contains(line, "key store copied") {
		t.Error(line)
	}
	stop()
	<-ended
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	master := db + ".keys.master"
	before, err := os.ReadFile(master)
	if err != nil {
		t.Fatal(err)
	}
	if out, status := run("keys", "rotate"); status != 0 || !strings.Contains(out, "under a new master key") {
		t.Fatal(status, out)
	}
	after, err := os.ReadFile(master)
	if err != nil || bytes.Equal(before, after) {
		t.Error("the master key is the same")
	}
	if out, status := run("verify"); status != 0 {
		t.Error(out)
	}
}
