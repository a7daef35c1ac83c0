package webtest

import (
	"os"
	"path/filepath"
	"testing"

	"plumbline/internal/apptest/chrome"
	"plumbline/internal/words"
)

// Look opens one page and reports everything that is wrong with it.
func Look(t *testing.T, tab *chrome.Tab, axe bool, base, path, name string) {
	t.Helper()
	if err := tab.Open(base + path); err != nil {
		t.Fatal(err)
	}
	if folder := os.Getenv("PLUMBLINE_SHOTS"); folder != "" {
		if err := tab.Shot(filepath.Join(folder, name+".png")); err != nil {
			t.Fatal(err)
		}
	}
	if by, what, err := tab.Wide(); err != nil || by > 0 {
		t.Errorf("%s: %d px too wide: %s (%v)", name, by, what, err)
	}
	checks := []func() ([]string, error){tab.Wrong}
	if axe {
		checks = append(checks, tab.Axe)
	}
	for _, list := range checks {
		found, err := list()
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range found {
			t.Errorf("%s: %s", name, f)
		}
	}
}

// Judged reports whether axe-core reads a page at this width in this language: half
// the time of these tests is its own. Chinese on a phone and English on a desk
// show it each width and each language; that a page fits is looked at in all four.
func Judged(width int, lang words.Lang) bool { return (width == 360) == (lang == words.ZH) }
