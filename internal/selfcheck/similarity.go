package selfcheck

import (
	"math/bits"
	"slices"
	"unicode"
)

// similarity gathers a 64-bit similarity hash (simhash over pairs of
// neighbouring letters or characters): texts that share most pairs differ in
// few bits. It is computed at submission because the text may be erased later.
type similarity struct {
	pairs  uint64
	planes [32]uint64 // how many pairs set each bit: bit i of plane k counts 1<<k of those that set bit i
}

func (s *similarity) add(text string) {
	const offset, prime = 14695981039346656037, 1099511628211 // FNV-1a
	var last rune
	for _, r := range text {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			continue
		}
		r = unicode.ToLower(r)
		if last != 0 {
			h := uint64(offset)
			for _, c := range [2]rune{last, r} {
				for range 3 {
					h = (h ^ uint64(c&0xff)) * prime
					c >>= 8
				}
			}
			h ^= h >> 29
			h *= 0xbf58476d1ce4e5b9
			h ^= h >> 32
			s.pairs++
			for k := 0; h != 0; k++ { // add one to each counter whose bit is set, all at once
				s.planes[k], h = s.planes[k]^h, s.planes[k]&h
			}
		}
		last = r
	}
}

func (s *similarity) fingerprint() int64 {
	if s.pairs == 0 {
		return 0
	}
	var f uint64
	for i := range 64 {
		var set uint64
		for k, plane := range s.planes {
			set |= plane >> i & 1 << k
		}
		if 2*set > s.pairs {
			f |= 1 << i
		}
	}
	if f == 0 {
		f = 1
	}
	return int64(f)
}

// nearBits is how many bits two fingerprints may differ in and still count as
// nearly the same text.
const nearBits = 3

// Fingerprint is the similarity hash of one or more texts; 0 for none.
func Fingerprint(texts ...string) int64 {
	var s similarity
	for _, t := range texts {
		s.add(t)
	}
	return s.fingerprint()
}

// Similarity is the share, in per mille, of the lists with text that have a
// near twin among the others of their unit. Lists without text (fingerprint 0)
// are left out. It is shown for the unit and never against a person.
func Similarity(fingerprints []int64) int64 {
	var with []int64
	for _, f := range fingerprints {
		if f != 0 {
			with = append(with, f)
		}
	}
	if len(with) < 2 {
		return 0
	}
	var twins int64
	for i, a := range with {
		for j, b := range with {
			if i != j && bits.OnesCount64(uint64(a)^uint64(b)) <= nearBits {
				twins++
				break
			}
		}
	}
	return twins * 1000 / int64(len(with))
}

// Median is the median of the values, doubled so that it stays a whole number
// (3 and 4 give 7, meaning 3.5); 0 for none.
func Median(values []int64) int64 {
	if len(values) == 0 {
		return 0
	}
	v := slices.Clone(values)
	slices.Sort(v)
	n := len(v)
	return v[(n-1)/2] + v[n/2]
}
