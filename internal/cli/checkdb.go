package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"plumbline/internal/store"
)

// sqliteMagic begins every SQLite file.
const sqliteMagic = "SQLite format 3\x00"

// mustBeDatabase rejects a --db that is a folder, lies in a folder that does
// not exist, or is another kind of file or another program's database. Its
// errors say what to do, where the driver would give only a number.
func (e *env) mustBeDatabase(ctx context.Context) error {
	if err := e.mustBeFile(); err != nil {
		return err
	}
	if _, err := os.Stat(e.DB); err != nil && store.DialectOf(e.DB) == store.SQLite {
		return nil // it does not exist yet, and checking must not create it
	}
	return store.MustBeOurs(ctx, e.DB)
}

func (e *env) mustHaveFolder() error {
	folder := filepath.Dir(e.DB)
	if at, err := os.Stat(folder); store.DialectOf(e.DB) == store.SQLite && (err != nil || !at.IsDir()) {
		return fmt.Errorf("there is no folder %s for the database; make it, or name another file with --db", folder)
	}
	return nil
}

func (e *env) mustBeFile() error {
	if store.DialectOf(e.DB) != store.SQLite {
		return nil
	}
	st, err := os.Stat(e.DB)
	if errors.Is(err, fs.ErrNotExist) {
		return e.mustHaveFolder()
	}
	if err != nil {
		return err
	}
	if st.IsDir() {
		return fmt.Errorf("%s is a folder; name the file of the database with --db", e.DB)
	}
	f, err := os.Open(e.DB)
	if err != nil {
		return err
	}
	head := make([]byte, len(sqliteMagic))
	n, err := io.ReadFull(f, head)
	if err := f.Close(); err != nil {
		return err
	}
	if n > 0 && (err != nil || string(head) != sqliteMagic) {
		return fmt.Errorf("%s is no database; nothing was changed. Name the file of the database with --db", e.DB)
	}
	return nil
}
