package linkage

import (
	"slices"
	"strings"

	"plumbline/internal/intake"
)

// Fitting lists the people of the roster of whom everything holds that a row
// says, as of its day, by id. What either side does not know fits. A clean row
// that fits two people names neither, and a stranger whom somebody fits cannot
// be told from him: this is how far any matching of these rows can go.
func (w *World) Fitting(r *Record) []string {
	var ids []string
	for _, i := range w.named[r.said.name.key()] {
		if w.fits(&w.people[i], r) {
			ids = append(ids, w.people[i].id)
		}
	}
	return ids
}

func (w *World) fits(p *person, r *Record) bool {
	x := r.said
	if x.text != "" || !x.on.in(p.appointed, p.departed) || !nameFits(p.name, x.name) {
		return false
	}
	if x.number != "" && !slices.ContainsFunc(p.numbers, func(n held) bool {
		return n.value == x.number && n.badge == x.badge && x.on.in(n.from, n.to)
	}) {
		return false
	}
	if p.birth != "" && !strings.HasPrefix(p.birth, x.birth) {
		return false
	}
	if sex := x.cells[intake.Sex]; sex != "" && p.sex != "" && sex != p.sex {
		return false
	}
	if on := x.cells[Appointed]; on != "" && on != string(p.appointed.date()) {
		return false
	}
	if rank := x.cells[intake.Rank]; rank != "" && rank != w.rankOn(p, x.on) {
		return false
	}
	text := r.Cells[intake.Unit]
	return text == "" || slices.ContainsFunc(p.served, func(v service) bool {
		return x.on.in(v.from, v.to) && w.below(v.unit, w.called[text])
	})
}

// nameFits compares what two names both have beside family and given.
func nameFits(have, said name) bool {
	return (have.middle == "" || said.middle == "" || have.middle == said.middle) &&
		(have.suffix == "" || said.suffix == "" || have.suffix == said.suffix)
}

// below reports whether a unit is one of the others or below one of them.
func (w *World) below(at int, others []int) bool {
	for ; at >= 0; at = w.units[at].parent {
		if slices.Contains(others, at) {
			return true
		}
	}
	return false
}
