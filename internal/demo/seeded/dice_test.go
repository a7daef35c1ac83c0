package seeded

import "testing"

// TestTheSameThrows: a seed gives the same throws for ever, for demonstrations and
// figures of earlier versions are compared with those of later ones.
func TestTheSameThrows(t *testing.T) {
	d := New(0)
	for _, want := range []uint64{0xe220a8397b1dcdaf, 0x6e789e6aa1b965f4, 0x06c45d188009454f} { // splitmix64 from 0
		if got := d.Next(); got != want {
			t.Errorf("%x, want %x", got, want)
		}
	}
	for range 1000 {
		if n, u := d.Between(3, 5), d.Unit(); n < 3 || n > 5 || u < 0 || u >= 1 {
			t.Fatal(n, u)
		}
	}
}
