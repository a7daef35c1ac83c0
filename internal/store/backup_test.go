package store

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"plumbline/internal/apptest/pgtest"
)

func TestBackup(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	s, err := Open(ctx, filepath.Join(dir, "a.db"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	if _, err := s.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	copied := filepath.Join(dir, "copy.db")
	if err := s.Backup(ctx, copied); err != nil {
		t.Fatal(err)
	}
	st, err := os.Stat(copied)
	if err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("the copy: %v %v", st, err)
	}
	again, err := Open(ctx, copied, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if names, err := again.Migrate(ctx); err != nil || len(names) != 0 {
		t.Errorf("the copy lacks migrations: %v %v", names, err)
	}
	if err := again.Close(); err != nil {
		t.Error(err)
	}
	if err := s.Backup(ctx, copied); err == nil {
		t.Error("a copy overwrote a file")
	}
	if err := s.Backup(ctx, filepath.Join(dir, "no", "such", "folder.db")); err == nil {
		t.Error("a copy into no folder succeeded")
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*.part")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestBackupIsForSQLite(t *testing.T) {
	s, err := Open(context.Background(), pgtest.DSN(t), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	if err := s.Backup(context.Background(), filepath.Join(t.TempDir(), "x")); !errors.Is(err, ErrBackupDialect) {
		t.Errorf("on PostgreSQL: %v", err)
	}
}
