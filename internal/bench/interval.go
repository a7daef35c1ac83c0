package bench

import (
	"fmt"
	"math"
	"strings"
)

// z95 is the normal quantile of a two-sided interval of 95 %.
const z95 = 1.959964

// interval gives the 95 % interval of a share of hits among n: Wilson's; where
// there is no hit, or nothing but hits, the exact bound of one side (Clopper and
// Pearson; about 3/n).
func interval(hits, n int) (low, high float64) {
	switch {
	case n == 0:
		return 0, 1
	case hits == 0:
		return 0, 1 - math.Pow(0.05, 1/float64(n))
	case hits == n:
		return math.Pow(0.05, 1/float64(n)), 1
	}
	p, m := float64(hits)/float64(n), float64(n)
	middle := p + z95*z95/(2*m)
	around := z95 * math.Sqrt(p*(1-p)/m+z95*z95/(4*m*m))
	whole := 1 + z95*z95/m
	return (middle - around) / whole, (middle + around) / whole
}

// share writes hits among n in percent, with its interval.
func share(hits, n, digits int) string {
	if n == 0 {
		return "none"
	}
	low, high := interval(hits, n)
	if math.Min(low, 1-high) < 0.0005 && digits < 4 { // the interesting end is close to 0 or 100 %
		digits++
	}
	return fmt.Sprintf("%.*f %% (%.*f to %.*f)", digits, 100*float64(hits)/float64(n), digits, 100*low, digits, 100*high)
}

// prediction is a probability that was said, and whether it came true.
type prediction struct {
	said  float64
	right bool
}

// tenth is what was said between two tenths, and what came true of it.
type tenth struct {
	n, right int
	said     float64 // sum
}

// calibration compares probabilities with what came true: the Brier score (the
// mean square of the difference, 0 is best) and the reliability by tenths.
func calibration(list []prediction) (brier float64, tenths [10]tenth) {
	for _, p := range list {
		is := 0.0
		at := &tenths[min(int(p.said*10), 9)]
		if p.right {
			is = 1
			at.right++
		}
		at.n++
		at.said += p.said
		brier += (p.said - is) * (p.said - is)
	}
	return brier / math.Max(float64(len(list)), 1), tenths
}

// reliability writes the tenths that something was said in.
func reliability(tenths [10]tenth) string {
	var parts []string
	for _, t := range tenths {
		if t.n > 0 {
			parts = append(parts, fmt.Sprintf("said %.3f, was %.3f of %d", t.said/float64(t.n), float64(t.right)/float64(t.n), t.n))
		}
	}
	return strings.Join(parts, "; ")
}
