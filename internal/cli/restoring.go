package cli

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"plumbline/internal/store"
)

// restoringList is the suffix of the list of files that a restore is creating.
// A killed process cleans up nothing: the list tells the next restore what it
// may remove, and every other command that there is no site here yet.
const restoringList = ".restoring.list"

// madeList is the list, open and locked while its restore runs.
type madeList struct {
	path  string
	file  *os.File
	names []string
}

// startList removes what a killed restore left behind, prints what it removed,
// and starts a new list.
func startList(ctx context.Context, e *env) (*madeList, error) {
	l := &madeList{path: e.beside(restoringList)}
	var err error
	if l.file, err = os.OpenFile(l.path, os.O_RDWR|os.O_CREATE, 0o600); err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(l.file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(errors.New("another restore into this site is running"), l.file.Close())
	}
	left, err := readList(l.path)
	if err == nil {
		err = e.clearLeft(ctx, left)
	}
	if err == nil {
		err = errors.Join(l.file.Truncate(0), syncFolder(l.path))
	}
	if err != nil {
		return nil, errors.Join(err, l.file.Close())
	}
	return l, nil
}

// clearLeft removes the files of a killed restore, unless it had finished and
// they belong to a site.
func (e *env) clearLeft(ctx context.Context, left []string) error {
	if store.DialectOf(e.DB) == store.Postgres {
		whole, err := store.EmptyUnfinished(ctx, e.DB)
		if err != nil || whole {
			return err
		}
	} else if _, err := os.Lstat(e.DB); !errors.Is(err, fs.ErrNotExist) {
		return err // it has its final name, so it is complete
	}
	for _, name := range left {
		if err := os.Remove(name); errors.Is(err, fs.ErrNotExist) {
			continue
		} else if err != nil {
			return err
		}
		fmt.Fprintf(e.err, "removed %s, which a restore left that did not come to its end\n", name)
	}
	return nil
}

// add records a file on the list before it is created.
func (l *madeList) add(name string) error {
	full, err := filepath.Abs(name)
	if err != nil {
		return err
	}
	if strings.ContainsRune(full, '\n') {
		return fmt.Errorf("a file name with a line break cannot be restored to: %q", full)
	}
	l.names = append(l.names, full)
	_, err = l.file.WriteAt([]byte(strings.Join(l.names, "\n")+"\n"), 0)
	return errors.Join(err, l.file.Sync())
}

// end closes and removes the list. With undo it first removes the files on it.
func (l *madeList) end(undo bool) error {
	var errs []error
	if undo {
		for _, name := range l.names {
			if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
				errs = append(errs, err)
			}
		}
	}
	if len(errs) == 0 { // otherwise the next restore tries again
		errs = append(errs, os.Remove(l.path))
	}
	return errors.Join(append(errs, l.file.Close())...)
}

// readList reads a list. An incomplete last line was still being written, so
// its file does not exist yet.
func readList(path string) (names []string, err error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	whole := raw[:bytes.LastIndexByte(raw, '\n')+1]
	for lines := bufio.NewScanner(bytes.NewReader(whole)); lines.Scan(); {
		names = append(names, lines.Text())
	}
	return names, nil
}

// mustBeWhole refuses to create or open a site where a restore did not finish.
// A fresh database over restored keys would look like the old site.
func (e *env) mustBeWhole() error {
	list := e.beside(restoringList)
	if _, err := os.Lstat(list); errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return err
	}
	if store.DialectOf(e.DB) == store.SQLite {
		if _, err := os.Lstat(e.DB); err == nil {
			return nil
		}
	}
	return fmt.Errorf("a restore into this site did not come to its end, or is still running. "+
		"Run plumbline restore again: it removes what the first one left (listed in %s)", list)
}
