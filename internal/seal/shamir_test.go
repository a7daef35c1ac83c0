package seal

import (
	"bytes"
	"crypto/rand"
	"math/bits"
	"testing"
)

// TestTheFieldIsAField tests every pair: the product against slow polynomial
// division, and every inverse.
func TestTheFieldIsAField(t *testing.T) {
	slow := func(a, b int) byte {
		p := 0
		for i := range 8 {
			if b>>i&1 == 1 {
				p ^= a << i
			}
		}
		for p > 255 {
			p ^= 0x11b << (bits.Len(uint(p)) - 9)
		}
		return byte(p)
	}
	for a := range 256 {
		for b := range 256 {
			if got := mul(byte(a), byte(b)); got != slow(a, b) {
				t.Fatalf("%d × %d = %d, want %d", a, b, got, slow(a, b))
			}
		}
		if a > 0 && mul(byte(a), inverse(byte(a))) != 1 {
			t.Fatalf("%d has no inverse", a)
		}
	}
	if inverse(0) != 0 {
		t.Error("0 has an inverse")
	}
}

func TestAnyThresholdSharesGiveTheSecret(t *testing.T) {
	secret := make([]byte, 32)
	rand.Read(secret)
	for _, c := range []struct{ threshold, n int }{{2, 2}, {2, 3}, {3, 5}, {5, 7}} {
		shares, err := Split(secret, c.threshold, c.n)
		if err != nil {
			t.Fatal(err)
		}
		for set := range 1 << c.n {
			var some []Share
			for i := range shares {
				if set>>i&1 == 1 {
					some = append(some, shares[i])
				}
			}
			got, err := Combine(some)
			switch {
			case len(some) < 2:
				if err == nil {
					t.Errorf("%d shares were combined", len(some))
				}
			case err != nil:
				t.Fatal(err)
			case bytes.Equal(got, secret) != (len(some) >= c.threshold):
				t.Errorf("%d of %d with threshold %d: secret %v", len(some), c.n, c.threshold, bytes.Equal(got, secret))
			}
		}
	}
}

// TestOneShareSaysNothing: one share is consistent with every value of the
// secret, so a share of a fixed secret takes every value.
func TestOneShareSaysNothing(t *testing.T) {
	seen := map[byte]int{}
	for range 256 * 40 {
		shares, err := Split([]byte{0x5a}, 2, 3)
		if err != nil {
			t.Fatal(err)
		}
		seen[shares[0].Y[0]]++
	}
	for v := range 256 {
		if n := seen[byte(v)]; n < 5 || n > 120 {
			t.Errorf("value %d came %d times of about 40", v, n)
		}
	}
}

func TestBadSharesAreRefused(t *testing.T) {
	shares, err := Split([]byte("secret"), 2, 3)
	if err != nil {
		t.Fatal(err)
	}
	for name, s := range map[string][]Share{
		"none": nil, "one": shares[:1], "twice": {shares[0], shares[0]}, "x of 0": {shares[0], {X: 0, Y: shares[1].Y}},
		"short": {shares[0], {X: 2, Y: shares[1].Y[:3]}}, "empty": {{X: 1}, {X: 2}},
	} {
		if _, err := Combine(s); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	for _, c := range []struct{ threshold, n int }{{1, 3}, {0, 0}, {3, 2}, {2, 256}} {
		if _, err := Split([]byte("secret"), c.threshold, c.n); err == nil {
			t.Errorf("%d of %d: accepted", c.threshold, c.n)
		}
	}
	if _, err := Split(nil, 2, 3); err == nil {
		t.Error("an empty secret was split")
	}
}
