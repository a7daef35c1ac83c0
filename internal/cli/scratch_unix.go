//go:build unix

package cli

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
)

// scratchLock is the file locked by the process that owns a folder. The lock
// ends with the process, however it ends.
const scratchLock = "lock"

// lockedFolder creates a folder under base with its lock held. It gets its
// final name only then, so that no other process mistakes it for an abandoned
// one.
func lockedFolder(base string) (folder string, free func(), err error) {
	fresh, err := os.MkdirTemp(base, "plumbline-new-*")
	if err != nil {
		return "", nil, err
	}
	lock, err := os.OpenFile(filepath.Join(fresh, scratchLock), os.O_CREATE|os.O_RDWR, 0o600)
	if err == nil {
		err = syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	}
	if err == nil { // a server that bench starts as another user passes through; nobody else may look
		err = os.Chmod(fresh, 0o711)
	}
	folder = filepath.Join(base, scratchName+filepath.Base(fresh)[len("plumbline-new-"):])
	if err == nil {
		err = os.Rename(fresh, folder)
	}
	if err != nil {
		return "", nil, errors.Join(err, os.RemoveAll(fresh))
	}
	return folder, func() { _ = lock.Close() }, nil
}

// removeAbandoned removes a folder whose process is gone.
func removeAbandoned(folder string) {
	lock, err := os.OpenFile(filepath.Join(folder, scratchLock), os.O_RDWR, 0)
	if err != nil {
		return // another user's, or being removed right now
	}
	defer lock.Close()
	if syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil {
		_ = os.RemoveAll(folder)
	}
}
