package store

import "syscall"

// freeSpace tells how many bytes of the folder's file system are free to this
// user, and how many there are.
func freeSpace(folder string) (free, total uint64, ok bool) {
	var st syscall.Statfs_t
	if err := syscall.Statfs(folder, &st); err != nil || st.Bsize <= 0 {
		return 0, 0, false
	}
	return st.Bavail * uint64(st.Bsize), st.Blocks * uint64(st.Bsize), true
}
