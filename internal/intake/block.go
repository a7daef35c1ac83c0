package intake

import (
	"hash/maphash"
	"slices"
	"strconv"
	"strings"

	"plumbline/internal/roster"
)

// blocking is a key under which record and person have to agree for them to be compared
// at all, so that a record is compared with some dozens of people and not with all.
type blocking byte

const (
	blockName        blocking = iota // the whole name, in any order of its parts
	blockSound                       // how a Chinese name sounds
	blockOrder                       // its characters, in order
	blockNumber                      // a number ever held
	blockHash                        // the national id
	blockBirth                       // the whole date of birth
	blockFamilyYear                  // family name and year of birth
	blockGivenYear                   // given name and year of birth
	blockFamilyUnit                  // family name and a unit ever served in
	blockGivenUnit                   // given name and a unit
	blockFamilyPart                  // Chinese: family name and one character of the given name
	blockFamilyStart                 // Latin: family name and first letter of the given name
	blockGivenStart                  // Latin: given name and first two letters of the family name
)

// crowd is the size from which a block of a few facts says too little to be worth
// comparing.
const crowd = 150

var blockSeed = maphash.MakeSeed()

func blockKey(b blocking, parts ...string) uint64 {
	var h maphash.Hash
	h.SetSeed(blockSeed)
	_ = h.WriteByte(byte(b))
	for _, p := range parts {
		_, _ = h.WriteString(p)
		_ = h.WriteByte(0)
	}
	return h.Sum64()
}

func (x *Index) block(b blocking, parts ...string) []int32 {
	if slices.Contains(parts, "") {
		return nil
	}
	return x.blocks[blockKey(b, parts...)]
}

func (x *Index) put(i int, b blocking, parts ...string) {
	if slices.Contains(parts, "") {
		return
	}
	key := blockKey(b, parts...)
	if list := x.blocks[key]; len(list) == 0 || list[len(list)-1] != int32(i) {
		x.blocks[key] = append(list, int32(i))
	}
}

// layBlocks puts a subject into its blocks.
func (x *Index) layBlocks(i int) {
	s, t := &x.subjects[i], &x.traits[i]
	x.put(i, blockName, t.key)
	x.put(i, blockSound, t.sound)
	x.put(i, blockHash, s.National)
	x.put(i, blockNumber, s.Personnel)
	for _, n := range s.Numbers {
		x.put(i, blockNumber, n.Value)
	}
	if len(s.Birth) >= wholeDay {
		x.put(i, blockBirth, s.Birth)
	}
	for _, n := range slices.Concat([]nameForm{t.name}, t.former, t.also) {
		x.put(i, blockName, n.whole)
		x.layName(i, &n)
	}
}

func (x *Index) layName(i int, n *nameForm) {
	s, t := &x.subjects[i], &x.traits[i]
	if len(s.Birth) >= wholeYear {
		x.put(i, blockFamilyYear, n.family, s.Birth[:wholeYear])
		x.put(i, blockGivenYear, n.given, s.Birth[:wholeYear])
	}
	for _, p := range t.posts {
		unit := unitKey(p.unit)
		x.put(i, blockFamilyUnit, n.family, unit)
		x.put(i, blockGivenUnit, n.given, unit)
	}
	if n.han {
		x.put(i, blockOrder, n.order)
		if len([]rune(n.given)) > 1 {
			for _, r := range n.given {
				x.put(i, blockFamilyPart, n.family, string(r))
			}
		}
		return
	}
	x.put(i, blockName, n.family+n.given)
	x.put(i, blockFamilyStart, n.family, start(n.given, 1))
	x.put(i, blockGivenStart, n.given, start(n.family, 2))
	if n.middle != "" {
		x.put(i, blockFamilyStart, n.family, start(n.middle, 1))
	}
}

func unitKey(unit int32) string { return strconv.Itoa(int(unit)) }

// start is the first letters of a text that has them.
func start(s string, n int) string {
	if len(s) < n {
		return ""
	}
	return s[:n]
}

// candidates are all whom something in the record touches, as places in subjects.
func (x *Index) candidates(r *said) []int32 { return x.touched(r, x.named(r)) }

// named are those who have the name of the record, or its sound, or one of its numbers.
func (x *Index) named(r *said) []int32 {
	var found []int32
	add := func(b blocking, parts ...string) { found = append(found, x.block(b, parts...)...) }
	for _, k := range r.name.keys {
		add(blockName, k)
		add(blockSound, k)
	}
	for i := range r.name.forms {
		if n := &r.name.forms[i]; !n.han {
			add(blockName, n.family+n.given)
		}
		add(blockName, r.name.forms[i].whole)
	}
	add(blockSound, r.name.sound)
	for _, n := range []string{r.PersonnelNo, r.PoliceNo, r.BadgeNo} {
		add(blockNumber, n)
	}
	add(blockHash, r.hash)
	slices.Sort(found)
	return slices.Compact(found)
}

// touched adds those who have something less in common with the record.
func (x *Index) touched(r *said, named []int32) []int32 {
	found := slices.Clone(named)
	few := func(b blocking, parts ...string) {
		if list := x.block(b, parts...); len(list) <= crowd {
			found = append(found, list...)
		}
	}
	if len(r.Birth) >= wholeDay {
		few(blockBirth, r.Birth)
	}
	for i := range r.name.forms {
		x.byParts(&r.name.forms[i], r, few)
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// byParts asks the blocks of a reading of the name.
func (x *Index) byParts(n *nameForm, r *said, few func(b blocking, parts ...string)) {
	if len(r.Birth) >= wholeYear {
		year := r.Birth[:wholeYear]
		few(blockFamilyYear, n.family, year)
		few(blockGivenYear, n.given, year)
		for _, near := range []string{previous(year), next(year)} {
			few(blockFamilyYear, n.family, near)
		}
	}
	for _, u := range r.units {
		few(blockFamilyUnit, n.family, unitKey(u))
		few(blockGivenUnit, n.given, unitKey(u))
	}
	if n.han {
		few(blockOrder, n.order)
		for _, c := range n.given {
			few(blockFamilyPart, n.family, string(c))
		}
		return
	}
	few(blockFamilyStart, n.family, start(n.given, 1))
	few(blockGivenStart, n.given, start(n.family, 2))
	for _, other := range shortForms(n.given) {
		few(blockFamilyStart, n.family, other)
	}
}

func previous(year string) string {
	return string(roster.Date(year + "-07-01").AddMonths(-12))[:wholeYear]
}
func next(year string) string { return string(roster.Date(year + "-07-01").AddMonths(12))[:wholeYear] }

// shortForms are the first letters of the other usual forms of a given name.
func shortForms(given string) (out []string) {
	for _, g := range nicknames[given] {
		for _, name := range strings.Fields(nicknameLines[g]) {
			if letter := name[:1]; letter != given[:1] && !slices.Contains(out, letter) {
				out = append(out, letter)
			}
		}
	}
	return out
}
