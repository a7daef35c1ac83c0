package keys

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// backupLayout is the timestamp in a copy's name. Names sort by age.
const backupLayout = "20060102T150405"

const backupPrefix, backupSuffix = "keys-", ".backup"

// Backup writes a copy of the store into a folder and removes copies older than
// keep. A destroyed key is gone for good once the last copy containing it is
// gone. The master key is not in the copy; keep it once, in a safe. Keys are
// made ahead of need, so a copy also covers texts written soon after.
func (s *Store) Backup(ctx context.Context, folder string, now time.Time, keep time.Duration) (file string, removed int, err error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return "", 0, err
	}
	file = filepath.Join(folder, backupPrefix+now.UTC().Format(backupLayout)+backupSuffix)
	if _, err := os.Lstat(file); !notThere(err) {
		return "", 0, fmt.Errorf("%s exists already", file)
	}
	part := file + ".part"
	if err := os.Remove(part); err != nil && !notThere(err) {
		return "", 0, err
	}
	f, err := os.OpenFile(part, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600) // VACUUM INTO fills an empty file
	if err != nil {
		return "", 0, err
	}
	defer func() { _ = os.Remove(part) }() // already gone on success
	if _, err := s.db.ExecContext(ctx, "VACUUM INTO ?", part); err != nil {
		return "", 0, errors.Join(fmt.Errorf("copy the key store: %w", err), f.Close())
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return "", 0, err
	}
	if err := os.Rename(part, file); err != nil {
		return "", 0, err
	}
	if err := syncFolder(folder); err != nil {
		return "", 0, err
	}
	removed, err = prune(folder, now.Add(-keep))
	return file, removed, err
}

// prune removes the copies made before an instant, judged by their names.
func prune(folder string, before time.Time) (removed int, err error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return 0, err
	}
	for _, e := range entries {
		text, ok := strings.CutPrefix(e.Name(), backupPrefix)
		text, backup := strings.CutSuffix(text, backupSuffix)
		if !ok || !backup {
			continue
		}
		made, err := time.Parse(backupLayout, text)
		if err != nil || !made.Before(before) {
			continue
		}
		if err := os.Remove(filepath.Join(folder, e.Name())); err != nil {
			return removed, err
		}
		removed++
	}
	return removed, nil
}
