package attacker

import (
	"cmp"
	"maps"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/optimize/convex/lp"
)

// interval is the smallest and the largest value of a cell that is made of
// parts of atoms, as far as it was found. It is asked of ever more atoms around
// the cell until the interval is wide enough or nothing more is connected, then
// of tables cut out of the whole: some units by some months, in which what one
// cell gains another can lose. Each program holds the rest as it truly is, so
// its values are possible, and so is every one between those of two programs.
func (s *system) interval(part map[int]int, width float64, tables int) [2]float64 {
	if gain := float64(s.swaps(part, int64(math.Ceil(width)))); gain >= width {
		return [2]float64{0, gain}
	}
	atoms, all := s.near(sorted(part), 40)
	out := s.solve(part, atoms)
	widen := func(atoms []int) bool {
		got := s.solve(part, atoms)
		out[0], out[1] = min(out[0], got[0]), max(out[1], got[1])
		return out[1]-out[0] >= width
	}
	if all || out[1]-out[0] >= width {
		return out
	}
	for _, most := range []int{160, 480} {
		if atoms, all = s.near(sorted(part), most); widen(atoms) || all {
			return out
		}
	}
	r := rand.New(rand.NewPCG(uint64(len(part)), uint64(sorted(part)[0])))
	for try := range tables {
		if widen(s.subtable(part, 3+try/3, r)) {
			return out
		}
	}
	return out
}

// swaps counts how wide the interval of a cell is at the least, up to want, by
// exchanges that no visible number shows: what the cell could have more than it
// has, and what it could have less. Each leaves a world that is possible, so no
// program is needed where they are enough.
func (s *system) swaps(part map[int]int, want int64) int64 {
	var width int64 // who shares an atom with others may have all of it, or nothing
	for a, n := range part {
		if n < s.members[a] {
			width += s.value[a]
		}
	}
	more := &exchange{system: s, part: part, by: 1, moved: map[int]int64{}, want: want - width}
	for _, a := range sorted(part) {
		more.direct(a)
	}
	for _, a := range sorted(part) {
		more.searched(a)
	}
	width += more.gain
	less := &exchange{system: s, part: part, by: -1, moved: map[int]int64{}, want: want - width}
	for _, a := range sorted(part) {
		if part[a] == s.members[a] {
			less.searched(a)
		}
	}
	return width + less.gain
}

// exchange is by how much a cell could be more (by 1) or less (by -1), as far as it
// was found, and what each atom has given for that.
type exchange struct {
	*system
	part       map[int]int
	by         int
	moved      map[int]int64
	want, gain int64
}

// left is what an atom could still give: of the cell's own only where it is to be
// less.
func (x *exchange) left(a int) int64 {
	if _, own := x.part[a]; own && x.by > 0 {
		return 0
	}
	return x.value[a] + x.moved[a]
}

// try moves as much as can be from the atoms that shrink to those that grow.
func (x *exchange) try(grow, shrink []int) {
	n := x.want - x.gain
	for i, a := range shrink {
		n = min(n, x.left(a))
		if slices.Contains(shrink[:i], a) || slices.Contains(grow, a) { // an atom gives once
			return
		}
	}
	if n <= 0 || !x.unseen(grow, shrink) {
		return
	}
	x.gain += n
	for _, a := range grow {
		x.moved[a] += n
	}
	for _, a := range shrink {
		x.moved[a] -= n
	}
}

// keysOf are the keys of a side, by their place.
func (x *exchange) keysOf(side string) (keys []int) {
	for i, s := range x.sides {
		if s == side {
			keys = append(keys, i)
		}
	}
	return keys
}

// direct has a unit, in this or another month, give of the cell's key or of one
// that is hidden as well, and take as much of a third key from the cell's unit.
func (x *exchange) direct(a int) {
	v := x.first[a]
	at := func(unit, month string, i int) int { return x.atomOf[variable{unit, month, x.keys[i], v.side}] }
	keys := x.keysOf(v.side)
	for _, takes := range keys {
		back := at(v.unit, v.month, takes)
		for _, month := range x.months {
			for _, unit := range x.units {
				if x.gain >= x.want || x.left(back) <= 0 {
					break
				}
				for _, gives := range keys {
					x.try([]int{a, at(unit, month, takes)}, []int{at(unit, month, gives), back})
				}
			}
		}
	}
}

// The search for an exchange of any shape: how many atoms it may have, how many ways
// on are tried at each, how many in all, and how often it begins anew.
const (
	searchDepth  = 11
	searchWays   = 4
	searchTries  = 300
	searchStarts = 12
)

// searched lets the cell grow or shrink, and mends one number after another that
// this would show: some atom that the number counts does the reverse, until none is
// off. What it finds is checked like any other exchange.
func (x *exchange) searched(a int) {
	r := rand.New(rand.NewPCG(1, uint64(a)))
	for start := 0; x.gain < x.want && start < searchStarts; start++ {
		p := &path{exchange: x, off: map[int]int{}, used: map[int]bool{}, tries: searchTries, r: r}
		if x.by < 0 && x.left(a) <= 0 {
			return
		}
		p.move(a, x.by)
		if p.mend(searchDepth) {
			start = -1
		}
	}
}

// path is one such exchange under way.
type path struct {
	*exchange
	grow, shrink []int
	off          map[int]int // by how much each number is off
	used         map[int]bool
	tries        int
	r            *rand.Rand
}

// move lets an atom grow (1) or shrink (-1).
func (p *path) move(a, by int) {
	p.count(a, by)
	p.used[a] = true
	if by > 0 {
		p.grow = append(p.grow, a)
	} else {
		p.shrink = append(p.shrink, a)
	}
}

// back takes the last move back.
func (p *path) back(a, by int) {
	p.count(a, -by)
	delete(p.used, a)
	if by > 0 {
		p.grow = p.grow[:len(p.grow)-1]
	} else {
		p.shrink = p.shrink[:len(p.shrink)-1]
	}
}

func (p *path) count(a, by int) {
	for _, r := range p.rowsOf[a] {
		if p.off[r] += by; p.off[r] == 0 {
			delete(p.off, r)
		}
	}
}

// after is how many numbers would be off after a move.
func (p *path) after(a, by int) int {
	n := len(p.off)
	for _, r := range p.rowsOf[a] {
		switch p.off[r] {
		case 0:
			n++
		case -by:
			n--
		}
	}
	return n
}

// mend tries to bring every number back, and reports whether it moved something.
func (p *path) mend(depth int) bool {
	if len(p.off) == 0 {
		before := p.gain
		p.try(p.grow, p.shrink)
		return p.gain > before
	}
	if p.tries--; depth == 0 || p.tries < 0 {
		return false
	}
	row := -1 // the number that the fewest can mend
	for r := range p.off {
		if row < 0 || len(p.rows[r]) < len(p.rows[row]) || len(p.rows[r]) == len(p.rows[row]) && r < row {
			row = r
		}
	}
	by := 1
	if p.off[row] > 0 {
		by = -1
	}
	type way struct{ atom, off int }
	var ways []way
	all := p.rows[row]
	for i, from := 0, p.r.IntN(len(all)); i < len(all); i++ { // another of those alike at each start
		b := all[(from+i)%len(all)]
		if _, own := p.part[b]; own || p.used[b] || by < 0 && p.left(b) <= 0 {
			continue
		}
		w := way{b, p.after(b, by)}
		if len(ways) == searchWays && ways[searchWays-1].off <= w.off {
			continue
		}
		at, _ := slices.BinarySearchFunc(ways, w, func(x, y way) int { return cmp.Compare(x.off, y.off+1) }) // behind its equals
		ways = slices.Insert(ways, at, w)
		ways = ways[:min(len(ways), searchWays)]
	}
	for _, w := range ways {
		p.move(w.atom, by)
		if p.mend(depth - 1) {
			return true
		}
		p.back(w.atom, by)
	}
	return false
}

// unseen reports whether every equation holds as many of the atoms that grow as
// of those that shrink by the same.
func (s *system) unseen(grow, shrink []int) bool {
	if s.net == nil {
		s.net = make([]int, len(s.rows))
	}
	count := func(atoms []int, by int) {
		for _, a := range atoms {
			for _, r := range s.rowsOf[a] {
				s.net[r] += by
			}
		}
	}
	count(grow, 1)
	count(shrink, -1)
	same := true
	for _, atoms := range [][]int{grow, shrink} {
		for _, a := range atoms {
			for _, r := range s.rowsOf[a] {
				same = same && s.net[r] == 0
				s.net[r] = 0
			}
		}
	}
	return same
}

// subtableMax is the most atoms of one.
const subtableMax = 420

// subtable are the atoms of a cell, and of some units and some months beside
// its own.
func (s *system) subtable(part map[int]int, side int, r *rand.Rand) []int {
	atoms := sorted(part)
	units, months, keys := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, a := range atoms {
		units[s.first[a].unit], months[s.first[a].month], keys[s.first[a].key] = true, true, true
	}
	draw(units, s.units, len(units)+side, r)
	draw(months, s.months, len(months)+side, r)
	draw(keys, s.keys, len(keys)+2, r)
	return s.cut(atoms, units, months, keys)
}

// draw adds to a set from all until it has n, or nearly.
func draw(set map[string]bool, all []string, n int, r *rand.Rand) {
	for range 50 {
		if len(set) >= n || len(all) == 0 {
			return
		}
		set[all[r.IntN(len(all))]] = true
	}
}

// cut adds the atoms of some units, months and keys, as many as a program takes.
func (s *system) cut(atoms []int, units, months, keys map[string]bool) []int {
	seen := map[int]bool{}
	for _, a := range atoms {
		seen[a] = true
	}
	for _, m := range slices.Sorted(maps.Keys(months)) {
		for _, u := range slices.Sorted(maps.Keys(units)) {
			for i, k := range s.keys {
				if !keys[k] {
					continue
				}
				if a, ok := s.atomOf[variable{u, m, k, s.sides[i]}]; ok && !seen[a] && len(atoms) < subtableMax {
					seen[a] = true
					atoms = append(atoms, a)
				}
			}
		}
	}
	return atoms
}

// near are the atoms that equations connect with some, the nearest first, and
// whether that is all of them.
func (s *system) near(from []int, most int) (atoms []int, all bool) {
	seen, rows := make(map[int]bool), make(map[int]bool)
	add := func(a int) {
		if !seen[a] {
			seen[a] = true
			atoms = append(atoms, a)
		}
	}
	for _, a := range from {
		add(a)
	}
	all = true
	for i := 0; i < len(atoms); i++ {
		for _, r := range s.rowsOf[atoms[i]] {
			if rows[r] {
				continue
			}
			rows[r] = true
			next := slices.Clone(s.rows[r])
			slices.SortStableFunc(next, func(a, b int) int { return cmp.Compare(s.value[b], s.value[a]) }) // large ones leave room
			if row := 6 + most/20; len(next) > row {
				next, all = next[:row], false
			}
			for _, a := range next {
				if len(atoms) >= most {
					return atoms, false
				}
				add(a)
			}
		}
	}
	return atoms, all
}

// solve runs the two programs over some atoms, with all others as they are.
func (s *system) solve(part map[int]int, atoms []int) (out [2]float64) {
	at := make(map[int]int, len(atoms))
	for i, a := range atoms {
		at[a] = i
	}
	var rows [][]float64
	seen := make(map[int]bool)
	for _, a := range atoms {
		for _, r := range s.rowsOf[a] {
			if seen[r] {
				continue
			}
			seen[r] = true
			row := make([]float64, len(atoms)+1)
			for _, b := range s.rows[r] {
				if i, ok := at[b]; ok {
					row[i] = 1
					row[len(atoms)] += float64(s.value[b])
				}
			}
			rows = append(rows, row)
		}
	}
	if rows = independent(rows); len(rows) == 0 { // nothing is said of any
		return [2]float64{0, math.Inf(1)}
	}
	for high := range 2 {
		c := make([]float64, len(atoms))
		var fixed float64
		for a, n := range part {
			whole := n == s.members[a]
			if len(s.rowsOf[a]) == 0 && (high == 1 || whole) { // nothing is said of it
				return [2]float64{0, math.Inf(1)}
			}
			if whole && high == 0 {
				c[at[a]] = 1
			} else if high == 1 {
				c[at[a]] = -1
			}
			fixed += float64(s.value[a])
		}
		if len(rows) >= len(atoms) { // one solution, which is the truth
			for a, n := range part {
				if high == 1 || n == s.members[a] {
					out[high] += float64(s.value[a])
				}
			}
			continue
		}
		a, b := mat.NewDense(len(rows), len(atoms), nil), make([]float64, len(rows))
		for r, row := range rows {
			a.SetRow(r, row[:len(atoms)])
			b[r] = row[len(atoms)]
		}
		best, _, err := lp.Simplex(c, a, b, 1e-9, nil)
		switch {
		case err == lp.ErrUnbounded:
			out[high] = math.Inf(1)
		case err != nil: // not shown to be safe
			out[high] = fixed
		case high == 1:
			out[high] = -best
		default:
			out[high] = best
		}
	}
	return out
}

// independent leaves rows of full rank, by exact elimination: the program is
// told nothing twice.
func independent(rows [][]float64) (out [][]float64) {
	pivots := []int{}
	for _, row := range rows {
		for i, p := range pivots {
			if f := row[p]; f != 0 {
				for c := range row {
					row[c] -= f * out[i][c]
					if math.Abs(row[c]) < 1e-9 {
						row[c] = 0
					}
				}
			}
		}
		p := slices.IndexFunc(row[:len(row)-1], func(v float64) bool { return v != 0 })
		if p < 0 {
			continue
		}
		f := row[p]
		for c := range row {
			row[c] /= f
		}
		out, pivots = append(out, row), append(pivots, p)
	}
	return out
}
