package linkage

import (
	"math"
	"sort"
	"strings"
	"time"

	"plumbline/internal/roster"
)

// dice gives the same throws for the same seed (splitmix64).
type dice struct{ state uint64 }

func (d *dice) next() uint64 {
	d.state += 0x9e3779b97f4a7c15
	z := d.state
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// roll gives a number from 0 to n-1.
func (d *dice) roll(n int) int { return int(d.next() % uint64(n)) }

// unit gives a number in [0, 1).
func (d *dice) unit() float64 { return float64(d.next()>>11) / (1 << 53) }

// chance reports true with probability p.
func (d *dice) chance(p float64) bool { return d.unit() < p }

// between gives a number from low to high, both included.
func (d *dice) between(low, high int) int { return low + d.roll(high-low+1) }

// some counts events that come at random, mean of them on average (Poisson).
func (d *dice) some(mean float64) int {
	for n := 0; ; n++ {
		if mean += math.Log(1 - d.unit()); mean <= 0 {
			return n
		}
	}
}

func pick[T any](d *dice, from []T) T { return from[d.roll(len(from))] }

// shuffled gives the numbers from 0 to n-1 in some order.
func shuffled(d *dice, n int) []int {
	order := make([]int, n)
	for i := range order {
		j := d.roll(i + 1)
		order[i], order[j] = order[j], i
	}
	return order
}

// bag holds things of unequal frequency.
type bag[T any] struct {
	things []T
	upTo   []float64
}

func (b *bag[T]) put(thing T, weight float64) {
	total := weight
	if n := len(b.upTo); n > 0 {
		total += b.upTo[n-1]
	}
	b.things, b.upTo = append(b.things, thing), append(b.upTo, total)
}

func (b *bag[T]) draw(d *dice) T {
	at := d.unit() * b.upTo[len(b.upTo)-1]
	return b.things[sort.SearchFloat64s(b.upTo, at)]
}

// ranked fills a bag from words in falling order of frequency: the weight of
// the n-th is 1/(n+flat), so that a larger flat is a flatter list.
func ranked(words string, flat float64) bag[string] {
	var b bag[string]
	for i, w := range strings.Fields(words) {
		b.put(w, 1/(float64(i+1)+flat))
	}
	return b
}

// day counts days since 1970.
type day int32

// open is the end of what has not ended.
const open day = 1 << 30

func dayOf(year, month, dom int) day {
	return day(time.Date(year, time.Month(month), dom, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

func (d day) time() time.Time { return time.Unix(int64(d)*86400, 0).UTC() }

func (d day) date() roster.Date {
	if d == open {
		return ""
	}
	return roster.Date(d.time().Format(time.DateOnly))
}

func (d day) year() int { return d.time().Year() }

// in reports whether the day lies in a span, both ends included.
func (d day) in(from, to day) bool { return from <= d && d <= to }
