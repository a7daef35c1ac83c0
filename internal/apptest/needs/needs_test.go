package needs

import "testing"

func TestRequired(t *testing.T) {
	for _, c := range []struct {
		list, thing string
		want        bool
	}{
		{"all", "postgres", true}, {"chromium,postgres", "postgres", true}, {"chromium postgres", "chromium", true},
		{"chromium", "postgres", false}, {"", "postgres", false},
	} {
		t.Setenv("PLUMBLINE_REQUIRE", c.list)
		if got := Required(c.thing); got != c.want {
			t.Errorf("PLUMBLINE_REQUIRE=%q requires %s: %v, want %v", c.list, c.thing, got, c.want)
		}
	}
}
