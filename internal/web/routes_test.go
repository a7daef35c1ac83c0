package web_test

import (
	"strings"
	"testing"

	"plumbline/internal/app"
	"plumbline/internal/apptest"
	"plumbline/internal/web/assets"
	"plumbline/internal/web/webtest"
	"plumbline/internal/words"
)

// TestRoutesNameOperations holds the page table against the table of
// operations: what a page does is an operation, and a page that writes is a POST.
func TestRoutesNameOperations(t *testing.T) {
	f := webtest.Visit(t, apptest.SQLite(t), "").Face
	frame := map[string]bool{"/language": true, "/signin": true, "/signout": true, "/password": true,
		"/verify": true, "/verify/page": true} // a receipt is checked without a session
	seen := map[string]bool{}
	for _, r := range f.Routes() {
		if key := r.Method + " " + r.Path; seen[key] {
			t.Errorf("%s stands twice", key)
		} else {
			seen[key] = true
		}
		if r.Op == "" {
			if !frame[r.Path] && r.Path != "/" {
				t.Errorf("%s %s names no operation", r.Method, r.Path)
			}
			continue
		}
		op, ok := app.RouteOf(r.Op)
		switch {
		case !ok:
			t.Errorf("%s %s: there is no operation %s", r.Method, r.Path, r.Op)
		case op.Write && r.Method == "GET" && !strings.HasSuffix(r.Path, "/new"):
			t.Errorf("GET %s performs %s, which writes", r.Path, r.Op)
		case op.Public != r.Public:
			t.Errorf("%s %s is public: %t, its operation: %t", r.Method, r.Path, r.Public, op.Public)
		}
	}
	for _, n := range f.Nav() {
		if !words.Has(n.Key) || n.Op != "" && !known(n.Op) {
			t.Errorf("navigation %s: no text or no operation %q", n.Key, n.Op)
		}
		if assets.Icon(n.Icon) == "" {
			t.Errorf("navigation %s: there is no icon %q", n.Key, n.Icon)
		}
		if !seen["GET "+n.Href] {
			t.Errorf("navigation %s leads to %s, which is no page", n.Key, n.Href)
		}
	}
}

func known(op string) bool {
	_, ok := app.RouteOf(op)
	return ok
}

// A form with files could not be carried along: none asks for a proof.
func TestNoFormWithFilesAsksForAProof(t *testing.T) {
	for _, r := range webtest.Visit(t, apptest.SQLite(t), "").Face.Routes() {
		if op, ok := app.RouteOf(r.Op); ok && op.Proof && r.Body != 0 {
			t.Errorf("%s %s takes files and asks for a proof", r.Method, r.Path)
		}
	}
}
