package linkage

import (
	"cmp"
	"container/heap"
	"fmt"
	"slices"

	"plumbline/internal/demo/seeded"
)

// issued is a number of a pool and the day until which its last holder has it.
type issued struct {
	number int
	until  day
}

// pool issues numbers of one kind; those given back are issued again.
type pool struct {
	form  string // of the number
	next  int
	given []issued // a heap, the earliest given back first
}

func (p *pool) Len() int           { return len(p.given) }
func (p *pool) Less(i, j int) bool { return p.given[i].until < p.given[j].until }
func (p *pool) Swap(i, j int)      { p.given[i], p.given[j] = p.given[j], p.given[i] }
func (p *pool) Push(x any)         { p.given = append(p.given, x.(issued)) }
func (p *pool) Pop() any {
	last := p.given[len(p.given)-1]
	p.given = p.given[:len(p.given)-1]
	return last
}

// take issues a number from a day to another. Now and then somebody gets one
// that is not back yet, and two people hold it for a time.
func (p *pool) take(d *seeded.Dice, from, to day) string {
	number := p.next
	switch {
	case len(p.given) > 0 && d.Chance(0.02):
		at := d.Roll(len(p.given))
		number, to = p.given[at].number, max(to, p.given[at].until)
		heap.Remove(p, at)
	case len(p.given) > 0 && p.given[0].until+30 < from && d.Chance(0.9):
		number = heap.Pop(p).(issued).number
	default:
		p.next++
	}
	heap.Push(p, issued{number, to})
	return fmt.Sprintf(p.form, number)
}

// stint is a time during which a person holds one number.
type stint struct {
	person   int
	pool     string
	badge    bool
	from, to day
}

// giveNumbers issues the numbers of everybody on the roster, in the order of
// the days. A Latin badge goes with the rank, a Chinese police number with the
// branch, and an auxiliary's badge stays.
func (w *World) giveNumbers(d *seeded.Dice) {
	var stints []stint
	for i := range w.people[:w.People] {
		stints = append(stints, w.stints(d, i)...)
	}
	slices.SortStableFunc(stints, func(a, b stint) int { return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.person, b.person)) })
	pools := w.pools()
	for _, s := range stints {
		p := &w.people[s.person]
		p.numbers = append(p.numbers, held{value: pools[s.pool].take(d, s.from, s.to), badge: s.badge, from: s.from, to: s.to})
	}
}

// pools are the ranges of numbers. Those of the Latin ranks overlap, so that a
// sergeant may wear the number of an officer.
func (w *World) pools() map[string]*pool {
	if w.Script == Latin {
		return map[string]*pool{
			patrol: {form: "%d", next: 2000}, "Detective": {form: "%d", next: 20000}, "Sergeant": {form: "%d", next: 1200},
			"Lieutenant": {form: "%d", next: 200}, "Captain": {form: "%d", next: 10},
		}
	}
	pools := map[string]*pool{"auxiliary": {form: "F%05d", next: 1}}
	for i, u := range w.units {
		if u.tier <= 2 {
			pools[u.id()] = &pool{form: fmt.Sprintf("%02d", 10+len(pools)) + "%04d", next: 1 + i%7}
		}
	}
	return pools
}

func (w *World) stints(d *seeded.Dice, i int) []stint {
	p := &w.people[i]
	var out []stint
	for _, v := range p.served {
		if !v.main {
			continue
		}
		key := v.rank
		switch {
		case p.auxiliary:
			key = "auxiliary"
		case w.Script == Han:
			key = w.units[w.branch(v.unit)].id()
		}
		fresh := len(out) == 0 || d.Chance(0.02) // a lost one is replaced
		if !fresh && key != out[len(out)-1].pool {
			fresh = w.Script == Latin || d.Chance(0.5)
		}
		if !fresh {
			out[len(out)-1].to = v.to
			continue
		}
		if n := len(out); n > 0 && d.Chance(0.02) { // the old one is not asked back at once
			out[n-1].to = min(v.from+day(d.Roll(400)), p.last(w.until))
		}
		out = append(out, stint{person: i, pool: key, badge: w.Script == Latin || p.auxiliary, from: v.from, to: v.to})
	}
	return out
}
