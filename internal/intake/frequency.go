package intake

import (
	"math/bits"
	"strings"

	"plumbline/internal/roster"
)

// frequencies counts how many people of the roster share a value: what it says that
// record and person agree on it.
type frequencies struct {
	people                                    int
	name, sound, family, given, part          map[string]int // part: characters of Chinese given names
	parts                                     int            // characters counted in part
	birth, sex, rank, appointed, departed     map[string]int
	unit                                      []int // postings in it or below it, by place
	postings, born, sexes, ranks, begun, gone int
}

func newFrequencies(people, places int) *frequencies {
	f := &frequencies{people: people, unit: make([]int, places)}
	for _, m := range []*map[string]int{&f.name, &f.sound, &f.family, &f.given} {
		*m = make(map[string]int, people)
	}
	for _, m := range []*map[string]int{&f.part, &f.birth, &f.sex, &f.rank, &f.appointed, &f.departed} {
		*m = make(map[string]int)
	}
	return f
}

// least is the smallest share that is believed: nothing that people share says more.
const least = 1e-7

// discount is what the seen names give up for names that nobody of the roster has: the
// absolute discount of Ney, Essen and Kneser (Computer Speech and Language 8, 1994).
const discount = .75

// shareOfName is how many of all people have a name, seen or not: as many as share it
// here, and else as its parts come together by chance. own leaves out one who has it, for
// it is others who could be mistaken for him.
func (f *frequencies) shareOfName(key string, p *nameForm, own int) float64 {
	n := float64(f.people) + 1
	seen := float64(f.name[key] - own)
	model := f.shareOfFamily(p.family, own) * f.shareOfGiven(p, own)
	types := float64(len(f.name))
	return clamp(max(seen-discount, 0)/n + discount*types/n*3*model)
}

// few is what a value weighs that nobody has: half a person.
const few = .5

func (f *frequencies) shareOfFamily(family string, own int) float64 {
	return (float64(f.family[family]-own) + few) / (float64(f.people) + few*float64(len(f.family)) + 1)
}

func (f *frequencies) shareOfGiven(p *nameForm, own int) float64 {
	n := float64(f.people) + few*float64(len(f.given)) + 1
	whole := max(float64(f.given[p.given]-own)-discount, 0) / n
	if !p.han {
		return whole + few/n
	}
	by := discount * float64(len(f.given)) / n // two-character names are more than the roster has
	for _, r := range p.given {
		by *= (float64(f.part[string(r)]-own) + few) / (float64(f.parts) + few*float64(len(f.part)) + 1)
	}
	return whole + by
}

// shareOf is how many others have one of the values counted.
func shareOf(counts map[string]int, key string, total, own int) float64 {
	return clamp((float64(counts[key]-own) + few) / (float64(total) + few*float64(len(counts)) + 1))
}

func clamp(x float64) float64 { return min(max(x, least), .98) }

// nameForm is a name made ready for comparing.
type nameForm struct {
	whole, family, given, middle string // folded, without blanks, in simplified characters
	suffix                       string
	order                        string // the characters of whole in order
	han                          bool
	inFamily, inGiven, inWhole   letters
}

// letters are the letters that a text has, as bits: what tells apart most texts that are
// not alike, before anybody measures how much.
type letters uint32

func lettersOf(s string) (l letters) {
	for _, b := range []byte(s) {
		l |= 1 << (b & 31)
	}
	return l
}

// apart counts the letters that only one of two texts has.
func (l letters) apart(o letters) int { return bits.OnesCount32(uint32(l ^ o)) }

// formOf makes a name ready. Parts may be empty.
func formOf(name string, p roster.NameParts) nameForm {
	if p.Family == "" && p.Given == "" {
		suffix := p.Suffix
		if p = roster.SplitName(name); p.Suffix == "" {
			p.Suffix = suffix
		}
	}
	n := nameForm{family: foldName(p.Family), given: foldName(p.Given), middle: foldName(p.Middle), suffix: roster.SuffixKey(p.Suffix),
		han: roster.Han(name + p.Family)}
	if n.han {
		n.given, n.middle = n.given+n.middle, ""
		n.whole = n.family + n.given
		if strings.ContainsRune(roster.FoldName(name), '·') { // the given name comes first
			n.whole = n.given + n.family
		}
	} else {
		n.whole = n.given + n.family
	}
	n.order = inOrder(n.whole)
	n.inFamily, n.inGiven, n.inWhole = lettersOf(n.family), lettersOf(n.given), lettersOf(n.whole)
	return n
}

// foldName is NameKey in simplified characters.
func foldName(s string) string { return roster.Simplified(NameKey(s)) }
