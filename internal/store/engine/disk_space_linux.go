package engine

import "syscall"

// freeSpace returns how many bytes of the folder's file system are available to
// this user, and its total size.
func freeSpace(folder string) (free, total uint64, ok bool) {
	var st syscall.Statfs_t
	if err := syscall.Statfs(folder, &st); err != nil || st.Bsize <= 0 {
		return 0, 0, false
	}
	return st.Bavail * uint64(st.Bsize), st.Blocks * uint64(st.Bsize), true
}
