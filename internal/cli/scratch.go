package cli

import (
	"os"
	"path/filepath"
)

// scratchName is the prefix of a process's own temporary folder.
const scratchName = "plumbline-tmp-"

// ownScratch creates a temporary folder for this process and makes everything
// here use it. Files left behind by a killed process (a half-sent export, an
// unpacked workbook) may contain names, and this keeps them in a known place:
// the next start removes the folders of dead processes. leave removes this one.
// If no folder can be created, the system's is used.
func ownScratch() (leave func()) {
	base, before := os.TempDir(), os.Getenv("TMPDIR")
	left, _ := filepath.Glob(filepath.Join(base, scratchName+"*"))
	for _, folder := range left {
		removeAbandoned(folder)
	}
	folder, free, err := lockedFolder(base)
	if err != nil {
		return func() {}
	}
	_ = os.Setenv("TMPDIR", folder) // fails for malformed names only
	return func() {
		_ = os.Setenv("TMPDIR", before)
		_ = os.RemoveAll(folder) // the next start removes leftovers
		free()
	}
}
