package seal

import (
	"crypto/rand"
	"crypto/subtle"
	"errors"
)

// Shamir's secret sharing over GF(256) with the AES polynomial, byte by byte.
// No library is used: the maintained ones bring a server's worth of
// dependencies for these sixty lines. The arithmetic uses no tables and no
// branches on secrets.

// Share is one point of the polynomials. X identifies it, 1 to 255, and Y has
// one byte for each byte of the secret.
type Share struct {
	X byte
	Y []byte
}

var (
	errShares    = errors.New("the shares do not belong together")
	errThreshold = errors.New("a secret is split for a threshold of 2 to 255 among at least as many")
)

// Split makes n shares of a secret. Any threshold of them recover it; fewer
// reveal nothing.
func Split(secret []byte, threshold, n int) ([]Share, error) {
	if threshold < 2 || n < threshold || n > 255 || len(secret) == 0 {
		return nil, errThreshold
	}
	shares := make([]Share, n)
	for i := range shares {
		shares[i] = Share{X: byte(i + 1), Y: make([]byte, len(secret))}
	}
	coefficients := make([]byte, threshold)
	defer clear(coefficients)
	for at, b := range secret {
		rand.Read(coefficients)
		coefficients[0] = b
		for i := range shares {
			y := byte(0)
			for c := threshold - 1; c >= 0; c-- { // Horner
				y = mul(y, shares[i].X) ^ coefficients[c]
			}
			shares[i].Y[at] = y
		}
	}
	return shares, nil
}

// Combine recovers the secret from at least threshold shares. Too few give a
// wrong secret and no error, so the caller must check it.
func Combine(shares []Share) ([]byte, error) {
	if len(shares) < 2 {
		return nil, errShares
	}
	for i, s := range shares {
		if s.X == 0 || len(s.Y) == 0 || len(s.Y) != len(shares[0].Y) {
			return nil, errShares
		}
		for _, before := range shares[:i] {
			if subtle.ConstantTimeByteEq(before.X, s.X) == 1 {
				return nil, errShares
			}
		}
	}
	secret := make([]byte, len(shares[0].Y))
	for i, s := range shares {
		// The Lagrange coefficient at 0: the product of xj / (xj - xi).
		l := byte(1)
		for j, other := range shares {
			if j != i {
				l = mul(l, mul(other.X, inverse(other.X^s.X)))
			}
		}
		for at, y := range s.Y {
			secret[at] ^= mul(l, y)
		}
	}
	return secret, nil
}

// mul multiplies in GF(256) in constant time.
func mul(a, b byte) byte {
	var p byte
	for range 8 {
		p ^= -(b & 1) & a
		carry := -(a >> 7)
		a = a<<1 ^ carry&0x1b
		b >>= 1
	}
	return p
}

// inverse returns a^254, which is the inverse of a, and 0 for 0.
func inverse(a byte) byte {
	b := a
	for range 6 { // 2, 6, 14, 30, 62, 126 …
		b = mul(mul(b, b), a)
	}
	return mul(b, b) // 254
}
