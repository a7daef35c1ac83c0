package desk

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A page takes one row more than it shows, and only then knows of a next one.
func TestCut(t *testing.T) {
	key := func(s string) []string { return []string{s} }
	for _, c := range []struct {
		rows, want, next []string
	}{
		{nil, nil, nil},
		{[]string{"a"}, []string{"a"}, nil},
		{[]string{"a", "b"}, []string{"a", "b"}, nil},
		{[]string{"a", "b", "c"}, []string{"a", "b"}, []string{"b"}},
	} {
		p := &Page{Limit: 2}
		if diff := cmp.Diff(c.want, Cut(p, c.rows, key)); diff != "" {
			t.Errorf("%v (-want +got):\n%s", c.rows, diff)
		}
		if diff := cmp.Diff(c.next, p.next); diff != "" {
			t.Errorf("%v goes on after (-want +got):\n%s", c.rows, diff)
		}
	}
	if id := (&Page{}).AfterID(); id != "" {
		t.Errorf("the first page starts after %q", id)
	}
}
