package cli

import (
	"os"
	"path/filepath"
)

// scratchName begins the name of a process's own folder for temporary files.
const scratchName = "plumbline-tmp-"

// ownScratch gives this process a temporary folder of its own and makes it the
// one that everything here writes to, so that what a killed process leaves (an
// export half sent, a large workbook unpacked) is named texts in a place that is
// known: the next start removes folders whose process is gone. leave removes
// this one. Where no folder can be made, the system's is used as before.
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
		_ = os.RemoveAll(folder) // what is left the next start removes
		free()
	}
}
