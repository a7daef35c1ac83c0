package cli

import (
	"os"
	"path/filepath"
	"testing"

	"plumbline/internal/ledger"
	"plumbline/internal/tiles"
)

// A copy that lacks a file is detected. One whose file cannot be read was not
// checked and must not be called false.
func TestAnUnreadCopyIsNotAFalseOne(t *testing.T) {
	dir := t.TempDir()
	ev := &evidence{env: &env{Config: defaults()}}
	trust := ledger.Trust{Log: make([]ledger.Verifier, 1)} // not asked before the checkpoint is read
	p := &proven{}
	if err := p.tiles(dir, trust, ev, nil); err != nil || len(p.Steps) != 1 || p.Steps[0].OK {
		t.Errorf("without its checkpoint: %v %+v", err, p.Steps)
	}
	if err := os.Mkdir(filepath.Join(dir, tiles.CheckpointFile), 0o700); err != nil { // reading it is an error
		t.Fatal(err)
	}
	p = &proven{}
	if err := p.tiles(dir, trust, ev, nil); err == nil || len(p.Steps) != 0 {
		t.Errorf("with an unreadable checkpoint: %v %+v", err, p.Steps)
	}
}
