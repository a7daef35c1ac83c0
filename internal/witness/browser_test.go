package witness

import (
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"plumbline/internal/apptest/chrome"
	"plumbline/internal/words"
)

// TestPageInABrowser looks at the page with an alarm and without, on a phone
// and on a desk, in both languages. PLUMBLINE_SHOTS keeps the pictures.
func TestPageInABrowser(t *testing.T) {
	b := chrome.Start(t)
	clock, l, quiet := newClock(), newLog(t, "bureau.example/log"), newLog(t, "second-bureau.example/a-rather-long-name-of-a-log")
	l.grow(t, "entry", 1300)
	w, err := New(Options{Dir: t.TempDir(), Name: "audit.example/w1", Clock: clock.now, Logs: []Log{
		{Origin: l.origin, Keys: []string{l.vkey}, Label: "甲市公安局 Bureau A", Silence: 15 * time.Minute},
		{Origin: quiet.origin, Keys: []string{quiet.vkey}, Label: "乙市公安局 Bureau B", Silence: 15 * time.Minute}}})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(w.Handler())
	defer server.Close()
	look := func(state string) {
		t.Helper()
		for _, lang := range words.Langs {
			for _, width := range []int{360, 1440} {
				clock.add(10 * time.Second) // the limit by source
				tab, err := b.Tab(width, string(lang))
				if err != nil {
					t.Fatal(err)
				}
				if err := tab.Open(server.URL + "/"); err != nil {
					t.Fatal(err)
				}
				if wrong, err := tab.Wrong(); err != nil || len(wrong) > 0 {
					t.Errorf("%s %s %d: %v %v", state, lang, width, wrong, err)
				}
				if over, what, err := tab.Wide(); err != nil || over > 0 {
					t.Errorf("%s %s %d: too wide by %d: %s %v", state, lang, width, over, what, err)
				}
				if found, err := tab.Axe(); err != nil || len(found) > 0 {
					t.Errorf("%s %s %d: %v %v", state, lang, width, found, err)
				}
				if folder := os.Getenv("PLUMBLINE_SHOTS"); folder != "" {
					if err := tab.Shot(filepath.Join(folder, fmt.Sprintf("witness-%s-%s-%d.png", state, lang, width))); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
	}
	add(t, w, l.request(t, 0, 1200), 200)
	look("fine")
	thief := l.rebuilt(t, "forged", 1300)
	add(t, w, thief.request(t, 1200, 1200), 409)
	add(t, w, l.request(t, 1100, 1100), 409)
	clock.add(time.Hour)
	if err := w.Tick(); err != nil {
		t.Fatal(err)
	}
	look("alarm")
}
