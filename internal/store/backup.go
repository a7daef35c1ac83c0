package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// ErrBackupDialect says that a copy by file is for SQLite only.
var ErrBackupDialect = errors.New("a copy to a file is for SQLite; use pg_dump or a base backup for PostgreSQL")

// Backup writes a whole, consistent copy of a running SQLite database to a
// fresh file, checks it and brings it to the disk. Writers go on meanwhile. The
// copy appears under its name only when it is whole.
func (s *Store) Backup(ctx context.Context, file string) error {
	if s.dialect != SQLite {
		return ErrBackupDialect
	}
	if _, err := os.Lstat(file); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s exists already; a copy never overwrites", file)
	}
	part := file + ".part"
	if err := os.Remove(part); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	// VACUUM INTO fills an empty file, so the copy is never readable by others.
	f, err := os.OpenFile(part, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(part) }() // gone already when all went well
	defer func() { _ = f.Close() }()
	if _, err := s.writer.ExecContext(ctx, "VACUUM INTO ?", part); err != nil {
		return fmt.Errorf("copy the database: %w", err)
	}
	if err := checkCopy(ctx, part); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	return os.Rename(part, file)
}

// checkCopy lets the database look over the copy.
func checkCopy(ctx context.Context, file string) (err error) {
	db, err := sql.Open("sqlite", "file:"+file+"?mode=ro")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	var said string
	if err := db.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&said); err != nil {
		return fmt.Errorf("check the copy: %w", err)
	}
	if said != "ok" {
		return fmt.Errorf("the copy is damaged: %s", said)
	}
	return nil
}
