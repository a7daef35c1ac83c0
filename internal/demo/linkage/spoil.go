package linkage

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"plumbline/internal/demo/seeded"
	"plumbline/internal/intake"
)

// Kind is a kind of error.
type Kind string

// The kinds.
const (
	Typo        Kind = "typo"      // a letter wrong, missing or doubled; a character that looks alike
	Swapped     Kind = "swapped"   // two letters or characters next to each other
	SoundsAlike Kind = "sound"     // a character of the same sound
	Scanned     Kind = "scanned"   // a digit of the number misread
	YearOff     Kind = "year"      // the year of birth off by one
	Nickname    Kind = "nickname"  // or a form of address: 老王
	OtherName   Kind = "other"     // a former name
	OtherScript Kind = "script"    // letters for characters, or old forms for new
	Crossed     Kind = "crossed"   // given name in place of the family name
	Cut         Kind = "cut"       // a part of the name is missing
	StaleUnit   Kind = "unit"      // where he served at another time
	StaleRank   Kind = "rank"      // as of another time
	StaleNumber Kind = "number"    // held at another time, perhaps somebody else's by now
	OthersNo    Kind = "colleague" // the number of somebody else
	WrongSex    Kind = "sex"       // the other one
	WrongDay    Kind = "appointed" // day of appointment off
)

// errorRates are how often Dirty makes an error, where the row allows it.
var errorRates = []struct {
	kind       Kind
	han, latin float64
}{
	{Nickname, 0.02, 0.07}, {OtherName, 0.3, 0.3}, {Crossed, 0.015, 0.03}, {Typo, 0.07, 0.07}, {Swapped, 0.03, 0.03},
	{SoundsAlike, 0.1, 0}, {Cut, 0.02, 0.02}, {OtherScript, 0.07, 0}, {StaleNumber, 0.15, 0.1}, {Scanned, 0.09, 0.06},
	{YearOff, 0.07, 0.06}, {StaleUnit, 0.25, 0.2}, {StaleRank, 0.12, 0.1}, {OthersNo, 0.02, 0.02},
	{WrongSex, 0.006, 0.006}, {WrongDay, 0, 0.05},
}

// spoilOnce makes one error, each kind that the row allows being as likely as
// the next.
func (w *World) spoilOnce(d *seeded.Dice, x *draft) {
	kinds := []Kind{Typo, Swapped, Scanned, YearOff}
	if w.Script == Han {
		kinds = append(kinds, SoundsAlike)
	}
	for !w.make(d, x, seeded.Pick(d, kinds)) { // a name can always be mistyped
	}
}

// spoil makes any number of errors.
func (w *World) spoil(d *seeded.Dice, x *draft) {
	for _, e := range errorRates {
		p := e.latin
		if w.Script == Han {
			p = e.han
		}
		if d.Chance(p) {
			w.make(d, x, e.kind)
		}
	}
}

// make makes an error, or reports that the row has no place for it.
func (w *World) make(d *seeded.Dice, x *draft, kind Kind) bool {
	done := false
	switch kind {
	case Typo, Swapped, SoundsAlike:
		done = w.misspell(d, x, kind)
	case Nickname, OtherName, OtherScript, Crossed, Cut:
		done = w.rename(d, x, kind)
	case Scanned:
		x.number, done = misread(d, x.number)
	case YearOff:
		if done = x.birth != ""; done {
			year, _ := strconv.Atoi(x.birth[:4])
			x.birth = fmt.Sprintf("%04d", year+1-2*d.Roll(2)) + x.birth[4:]
		}
	case WrongSex:
		if have := x.cells[intake.Sex]; have != "" {
			x.cells[intake.Sex], done = map[string]string{"m": "f", "f": "m"}[have], true
		}
	case WrongDay:
		if x.cells[Appointed] != "" {
			at := w.people[x.person].appointed
			x.cells[Appointed] = string((at + day(seeded.Pick(d, []int{-365, -30, -1, 1, 7, 31, 365}))).date())
			done = true
		}
	default:
		done = w.outdate(d, x, kind)
	}
	if done {
		x.errors = append(x.errors, kind)
	}
	return done
}

// outdate says something that was true at another time, or of somebody else.
func (w *World) outdate(d *seeded.Dice, x *draft, kind Kind) bool {
	p := &w.people[x.person]
	switch kind {
	case StaleUnit:
		if v := seeded.Pick(d, p.served); x.unit >= 0 && v.unit != p.unitOn(x.on) {
			x.unit = v.unit
			return true
		}
	case StaleRank:
		if v := seeded.Pick(d, p.served); x.cells[intake.Rank] != "" && v.rank != x.cells[intake.Rank] && v.rank != "" {
			x.cells[intake.Rank] = v.rank
			return true
		}
	case StaleNumber:
		if len(p.numbers) > 0 && x.number != "" {
			if n := seeded.Pick(d, p.numbers); n.value != x.number {
				x.number, x.badge = n.value, n.badge
				return true
			}
		}
	case OthersNo:
		other := &w.people[d.Roll(w.People)]
		if value, badge := other.numberOn(x.on); x.number != "" && value != "" && value != x.number {
			x.number, x.badge = value, badge
			return true
		}
	}
	return false
}

// misspell spoils the family name or the given one.
func (w *World) misspell(d *seeded.Dice, x *draft, kind Kind) bool {
	if x.text != "" {
		return false
	}
	part := &x.name.given
	if x.name.family != "" && d.Chance(0.4) {
		part = &x.name.family
	}
	var changed string
	switch {
	case kind == SoundsAlike && part == &x.name.family:
		changed = familyAlike(d, *part)
	case kind == SoundsAlike:
		changed = soundAlike(d, *part)
	case kind == Swapped:
		part, changed = swap(d, x, part)
	case w.Script == Han:
		changed = lookAlike(d, *part)
	default:
		changed = mistype(d, *part)
	}
	if changed == "" || changed == *part {
		return false
	}
	*part = changed
	return true
}

// swap changes the places of two that stand next to each other.
func swap(d *seeded.Dice, x *draft, part *string) (*string, string) {
	if x.name.han {
		part = &x.name.given // nobody writes 阳欧
	}
	runes := []rune(*part)
	for _, i := range shuffled(d, max(len(runes)-1, 0)) {
		a, b := runes[i], runes[i+1]
		if a == b || !unicode.IsLetter(a) || !unicode.IsLetter(b) || i == 0 && !x.name.han {
			continue
		}
		runes[i], runes[i+1] = b, a
		return part, string(runes)
	}
	return part, ""
}

// lookAlike replaces a character by one that the eye takes for it; where the
// tables have none, the last one by any other.
func lookAlike(d *seeded.Dice, s string) string {
	runes := []rune(s)
	for _, i := range shuffled(d, len(runes)) {
		if other := han.alike[runes[i]]; other != 0 {
			runes[i] = other
			return string(runes)
		}
	}
	for have := runes[len(runes)-1]; runes[len(runes)-1] == have; { // or by any other
		runes[len(runes)-1] = []rune(drawFrom(d, han.last, seeded.Pick(d, []string{"m", "f"})))[0]
	}
	return string(runes)
}

// keyboard is where the keys lie.
var keyboard = []string{"qwertyuiop", "asdfghjkl", "zxcvbnm"}

// mistype leaves a letter out, doubles one or hits the key beside it. The first
// letter stays, as it mostly does.
func mistype(d *seeded.Dice, s string) string {
	runes := []rune(s)
	if len(runes) < 3 {
		return ""
	}
	i := d.Between(1, len(runes)-1)
	if !unicode.IsLetter(runes[i]) {
		return ""
	}
	switch d.Roll(3) {
	case 0:
		return string(runes[:i]) + string(runes[i+1:])
	case 1:
		return string(runes[:i]) + string(unicode.ToLower(runes[i])) + string(runes[i:])
	}
	for _, row := range keyboard {
		if at := strings.IndexRune(row, unicode.ToLower(runes[i])); at >= 0 {
			near := at + 1
			if near == len(row) || at > 0 && d.Chance(0.5) {
				near = at - 1
			}
			runes[i] = rune(row[near])
		}
	}
	return string(runes)
}

// misread are the digits that a scanner takes for another.
var misread10 = map[byte]string{'0': "86", '1': "74", '2': "7", '3': "85", '4': "91", '5': "63",
	'6': "850", '7': "12", '8': "036", '9': "47"}

// misread misreads a digit, or now and then changes two digits' places.
func misread(d *seeded.Dice, number string) (string, bool) {
	b := []byte(number)
	for _, i := range shuffled(d, len(b)) {
		if i > 0 && b[i] != b[i-1] && b[i-1] <= '9' && d.Chance(0.25) {
			b[i], b[i-1] = b[i-1], b[i]
			return string(b), true
		}
		if others := misread10[b[i]]; others != "" {
			b[i] = others[d.Roll(len(others))]
			return string(b), true
		}
	}
	return number, false
}

// rename calls the person by something else than his name.
func (w *World) rename(d *seeded.Dice, x *draft, kind Kind) bool {
	p, n := &w.people[x.person], &x.name
	switch {
	case kind == OtherName && p.former != nil:
		n.family, n.given = p.former.family, p.former.given
	case kind == OtherScript && n.han:
		return inAnotherScript(d, x)
	case n.family == "" || x.text != "":
		return false
	case kind == Nickname && n.han:
		x.text = seeded.Pick(d, []string{"老" + n.family, "小" + n.family, n.family + "某", n.family + "某某", n.family + "警官"})
	case kind == Nickname:
		short := nick(d, n.given)
		if short == "" {
			return false
		}
		n.given = short
	case kind == Crossed:
		n.family, n.given = n.given, n.family
	case kind == Cut && n.han:
		runes := []rune(n.given)
		if len(runes) < 2 {
			return false
		}
		n.given = string(runes[:1])
	case kind == Cut:
		return cut(d, n)
	default:
		return false
	}
	return true
}

// cut leaves an initial of the given name, or one half of the family name.
func cut(d *seeded.Dice, n *name) bool {
	if first, last, ok := strings.Cut(n.family, "-"); ok && d.Chance(0.8) {
		n.family = seeded.Pick(d, []string{first, last})
		return true
	}
	if words := strings.Fields(n.family); len(words) > 1 && d.Chance(0.8) {
		n.family = words[len(words)-1]
		return true
	}
	n.given = n.given[:1]
	return true
}

// inAnotherScript writes a name in letters, in old forms, or leaves a mark for
// a character that a machine could not write.
func inAnotherScript(d *seeded.Dice, x *draft) bool {
	n := &x.name
	if old := oldForms(n.family + n.given); old != n.family+n.given && d.Chance(0.3) {
		n.family, n.given = oldForms(n.family), oldForms(n.given)
		return true
	}
	for _, rare := range han.rare {
		if strings.Contains(n.given, rare) && d.Chance(0.6) {
			n.given = strings.Replace(n.given, rare, seeded.Pick(d, []string{"□", "?", "*", "某"}), 1)
			return true
		}
	}
	family, given := spelled(*n)
	if given == "" {
		return false
	}
	x.text = join(family, given)
	switch d.Roll(4) {
	case 0:
		x.text = join(given, family)
	case 1:
		x.text = strings.ToUpper(x.text)
	}
	return true
}
