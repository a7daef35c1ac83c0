package linkage

import (
	"math"
	"sort"
	"strings"
	"time"

	"plumbline/internal/demo/seeded"
	"plumbline/internal/roster"
)

// some counts events that come at random, mean of them on average (Poisson).
func some(d *seeded.Dice, mean float64) int {
	for n := 0; ; n++ {
		if mean += math.Log(1 - d.Unit()); mean <= 0 {
			return n
		}
	}
}

// shuffled gives the numbers from 0 to n-1 in some order.
func shuffled(d *seeded.Dice, n int) []int {
	order := make([]int, n)
	for i := range order {
		j := d.Roll(i + 1)
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

func (b *bag[T]) draw(d *seeded.Dice) T {
	at := d.Unit() * b.upTo[len(b.upTo)-1]
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
