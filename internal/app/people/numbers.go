package people

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"plumbline/internal/fault"
	"plumbline/internal/roster"
	"plumbline/internal/sheet"
	"plumbline/internal/store"
)

// saidNumber is a police or badge number as a row gives it.
type saidNumber struct {
	row                 *rosterRow
	kind, value, folded string
	span
	dated bool               // the row gives its last day or its period
	id    *roster.Identifier // as it will be held
}

var (
	withPeriod = regexp.MustCompile(`^([^(]+)\(([^()]*)\)$`)
	thousands  = regexp.MustCompile(`^\d{1,3}(,\d{3})+$`)
)

// several splits a cell that holds several numbers: A1; A2、A3 / A4.
func several(cell string) []string {
	if !thousands.MatchString(cell) {
		cell = strings.ReplaceAll(cell, ",", ";")
	}
	return pieces(strings.ReplaceAll(cell, " / ", ";"), ";、")
}

// namesIn splits a cell that holds several names. A comma parts Chinese names only:
// in a Latin one it stands after the family name.
func namesIn(cell string) []string {
	marks := ";、/"
	if roster.Han(cell) {
		marks += ","
	}
	return pieces(cell, marks)
}

func pieces(cell, marks string) (out []string) {
	for _, s := range strings.FieldsFunc(cell, func(c rune) bool { return strings.ContainsRune(marks, c) }) {
		if s = strings.TrimSpace(s); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// numbers reads the numbers of a kind in a row, each with the period behind it in
// brackets, as in A1 (2019-01-01~2020-05-31), else with that of the row's columns.
func (r *rosterRow) numbers(kind string) (out []saidNumber) {
	rest := span{r.date("numbers_from"), r.date("numbers_to")}
	for _, text := range several(r.get(kind)) {
		n := saidNumber{row: r, kind: kind, span: rest, dated: rest.to != ""}
		if m := withPeriod.FindStringSubmatch(text); m != nil {
			text, n.dated = m[1], true
			if n.span = r.period(kind, m[2]); r.bad != nil {
				return nil
			}
		}
		value, err := sheet.Identifier(text)
		if err != nil {
			r.reject(fault.As(err).WithField(kind))
			return nil
		}
		if n.to != "" && n.to < n.from {
			r.reject(fault.Invalid("period_reversed", kind))
			return nil
		}
		if n.value, n.folded = value, roster.FoldNumber(value); n.folded != "" {
			out = append(out, n)
		}
	}
	return out
}

// period reads the days of a number; see sheet.Period.
func (r *rosterRow) period(kind, text string) span {
	from, to, err := sheet.Period(text)
	if err != nil {
		r.reject(fault.As(err).WithField(kind))
	}
	return span{roster.Date(from).First(), roster.Date(to).Last()}
}

// days are the days of an identifier by this file.
func (f *peopleFacts) days(id *roster.Identifier) span {
	if s, ok := f.dates[id.ID]; ok {
		return s
	}
	return span{id.FromOn, id.ToOn}
}

// release ends the running numbers of a person that the rows no longer name: those of
// a kind of which they name others, and all of somebody who left.
func (p *rosterPlan) release(w *personWish, f *peopleFacts) {
	for _, id := range f.held[w.after.ID] {
		if !slices.Contains(roster.NumberKinds, id.Kind) || id.ToOn != "" && id.ToOn < p.asOf {
			continue
		}
		others, kept, from := false, false, roster.Date("")
		for _, n := range w.numbers {
			if n.kind == id.Kind {
				others, kept = true, kept || n.folded == id.Folded
				if n.to == "" {
					from = max(from, n.from)
				}
			}
		}
		switch {
		case w.after.State == roster.Left:
			f.dates[id.ID] = span{id.FromOn, endOn(id.FromOn, p.leaves(w.after))}
		case others && !kept:
			f.dates[id.ID] = span{id.FromOn, endOn(id.FromOn, cmp.Or(from, p.asOf))}
		}
	}
}

// placeNumbers decides from when to when the named numbers are held, and flags those
// that somebody else holds at the same time. Numbers with a period come first, then
// those of people who left: a number without either begins when they end.
func (p *rosterPlan) placeNumbers(wishes []*personWish, f *peopleFacts) {
	for turn := range 3 {
		for _, w := range wishes {
			for i := range w.numbers {
				n := &w.numbers[i]
				mine := 2
				if n.dated || n.from != "" {
					mine = 0
				} else if w.after.State == roster.Left {
					mine = 1
				}
				if mine == turn {
					n.id = p.placeNumber(w, n, f)
				}
			}
		}
	}
	for _, w := range wishes {
		for _, n := range w.numbers {
			days := f.days(n.id)
			if slices.ContainsFunc(f.holders[n.kind+" "+n.folded], func(other *roster.Identifier) bool {
				s := f.days(other)
				return other.PersonID != w.after.ID && roster.Overlap(days.from, days.to, s.from, s.to)
			}) {
				n.row.flag(fault.Invalid("number_shared", n.kind))
			}
		}
	}
}

// placeNumber finds the identifier that a named number is, or makes it.
func (p *rosterPlan) placeNumber(w *personWish, n *saidNumber, f *peopleFacts) *roster.Identifier {
	if id := p.heldAlready(w, n, f); id != nil {
		return id
	}
	key := n.kind + " " + n.folded
	id := &roster.Identifier{PersonID: w.after.ID, Kind: n.kind, Value: n.value, Folded: n.folded, FromOn: n.from, ToOn: n.to}
	id.ID = store.NewID()
	hadOne := slices.ContainsFunc(f.held[w.after.ID], func(i *roster.Identifier) bool { return i.Kind == n.kind && i.Version > 0 })
	switch {
	case w.after.State == roster.Left:
		if id.ToOn == "" {
			id.ToOn = endOn(id.FromOn, p.leaves(w.after))
		}
	case n.dated || n.from != "":
	case hadOne:
		id.FromOn = p.asOf
	default:
		for _, other := range f.holders[key] { // taken over: it counts from the day after
			if s := f.days(other); s.to != "" && other.PersonID != w.after.ID {
				id.FromOn = max(id.FromOn, s.to.AddDays(1))
			}
		}
	}
	f.held[w.after.ID], f.holders[key] = append(f.held[w.after.ID], id), append(f.holders[key], id)
	return id
}

// heldAlready finds the named number among those of the person: with the same days,
// or running, or with other days of the same time, which the row then corrects.
func (p *rosterPlan) heldAlready(w *personWish, n *saidNumber, f *peopleFacts) *roster.Identifier {
	left := w.after.State == roster.Left
	same := func(n *saidNumber, s span) bool { return n.from == s.from && (n.to == s.to || left && n.to == "") }
	var near *roster.Identifier
	for _, id := range f.held[w.after.ID] {
		if id.Kind != n.kind || id.Folded != n.folded {
			continue
		}
		s := f.days(id)
		if same(n, s) || !n.dated && (left || s.to == "" || s.to >= p.asOf) {
			return id
		}
		other := slices.ContainsFunc(w.numbers, func(o saidNumber) bool { return o.kind == n.kind && o.folded == n.folded && same(&o, s) })
		if n.dated && id.Version > 0 && !other && (n.from == s.from || roster.Overlap(n.from, n.to, s.from, s.to)) {
			near = id
		}
	}
	if near != nil {
		f.dates[near.ID] = n.span
	}
	return near
}
