//go:build !linux

package engine

// freeSpace is implemented for Linux only. Elsewhere the database itself
// reports a full disk.
func freeSpace(string) (free, total uint64, ok bool) { return 0, 0, false }
