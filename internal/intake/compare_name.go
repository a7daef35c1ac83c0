package intake

import (
	"slices"
	"strings"

	"github.com/hbollon/go-edlib"

	"plumbline/internal/roster"
)

// inOrder sorts the characters of a name.
func inOrder(s string) string {
	r := []rune(s)
	slices.Sort(r)
	return string(r)
}

// nameSaid is the name of a record made ready: its readings, each whole key that a
// roster may have it under, and how it sounds.
type nameSaid struct {
	forms []nameForm
	keys  []string
	sound string
}

// readyName makes the name of a record ready.
func readyName(f *Facts) nameSaid {
	var n nameSaid
	if len(f.Keys) == 0 {
		return n
	}
	for _, k := range f.Keys {
		n.keys = append(n.keys, roster.Simplified(k))
	}
	one := formOf(f.Name, f.Parts)
	n.forms = append(n.forms, one)
	switch {
	case one.han:
		n.sound = roster.Keys(one.whole).Pinyin
	case f.Parts.Family == "" && !strings.Contains(f.Name, ","):
		if words := strings.Fields(f.Name); len(words) > 1 { // the family name may come first
			n.forms = append(n.forms, formOf("", roster.NameParts{Family: words[0], Given: words[1],
				Middle: strings.Join(words[2:], " "), Suffix: one.suffix}))
		}
	}
	return n
}

// compareName compares the name of a record with those of a person. Of several readings
// and several names the best counts. It returns the reading that did, whose middle name is
// then the record's; nil where it is not the person's present name.
func (x *Index) compareName(n *nameSaid, t *traits, c *comparison) *nameForm {
	if len(n.forms) == 0 || t.name.whole == "" {
		return nil
	}
	if slices.Contains(n.keys, t.key) { // with all that there is of it
		c.set(byName, PointName, true, t.shareName)
		return &t.name
	}
	for i := range n.forms {
		if sameName(&n.forms[i], &t.name) {
			c.set(byName, PointName, true, t.shareName)
			return &n.forms[i]
		}
	}
	if g := t.among(t.former, n); g != nil {
		c.set(byName, PointFormerName, true, x.freq.shareOfName(g.whole, g, 0))
		return nil
	}
	if g := t.among(t.also, n); g != nil {
		c.set(byName, PointOtherName, true, x.freq.shareOfName(g.whole, g, 0))
		return nil
	}
	if t.sound != "" && (n.sound == t.sound || slices.Contains(n.keys, t.sound)) {
		c.set(byName, PointPinyin, true, t.shareSound)
		return nil
	}
	var best comparison
	var by *nameForm
	for i := range n.forms {
		var now comparison
		if f := &n.forms[i]; f.han && t.name.han {
			x.compareHan(f, t, &now)
		} else if !f.han && !t.name.han {
			x.compareLatin(f, t, &now)
		} else if near(f.whole, t.sound) {
			now.set(byName, PointNear, true, max(4*t.shareSound, 1e-4))
		} else {
			now.set(byName, PointName, false, 0)
		}
		if best.grade[byName] == 0 || now.grade[byName] < best.grade[byName] { // the better a grade, the earlier it stands
			best, by = now, &n.forms[i]
		}
	}
	c.grade[byName], c.share[byName] = best.grade[byName], best.share[byName]
	return by
}

// sameName reports whether family and given name agree; middle names are a field of
// their own.
func sameName(a, b *nameForm) bool { return a.family == b.family && a.given == b.given }

// among finds one of a person's other names that the record uses.
func (t *traits) among(names []nameForm, n *nameSaid) *nameForm {
	for i := range names {
		g := &names[i]
		if slices.Contains(n.keys, g.whole) || slices.ContainsFunc(n.forms, func(f nameForm) bool { return sameName(&f, g) }) {
			return g
		}
	}
	return nil
}

// compareHan compares two Chinese names that neither read nor sound the same.
func (x *Index) compareHan(a *nameForm, t *traits, c *comparison) {
	b := &t.name
	if a.order == b.order {
		c.set(byName, PointSwapped, true, clamp(2*t.shareName))
		return
	}
	switch family := x.freq.shareOfFamily(b.family, 1); {
	case a.family == b.family:
		if common := nearHan(a.given, b.given); common != "" {
			c.set(byName, PointNear, true, clamp(2*family*shareOf(x.freq.part, common, x.freq.people, 1)))
		} else {
			c.set(byName, PointFamily, false, clamp(family))
		}
	case a.given == b.given:
		c.set(byName, PointGiven, false, clamp(x.freq.shareOfGiven(b, 1)))
	default:
		c.set(byName, PointName, false, 0)
	}
}

// nearHan is the character that two given names of one family share where they are one
// character apart, one of two written wrongly, left out or added; "" if they are not.
func nearHan(a, b string) string {
	x, y := []rune(a), []rune(b)
	if max(len(x), len(y)) < 2 || max(len(x), len(y))-min(len(x), len(y)) > 1 || edlib.OSADamerauLevenshteinDistance(a, b) != 1 {
		return ""
	}
	for _, r := range x {
		if slices.Contains(y, r) {
			return string(r)
		}
	}
	return ""
}

// compareLatin compares two names in Latin letters that are not the same.
func (x *Index) compareLatin(a *nameForm, t *traits, c *comparison) {
	b, q := &t.name, x.freq
	family, given := q.shareOfFamily(b.family, 1), q.shareOfGiven(b, 1)
	sameFamily, sameGiven := a.family == b.family, a.given == b.given && a.given != ""
	switch {
	case sameFamily && isNickname(a.given, b.given):
		c.set(byName, PointNickname, true, clamp(family*2*(given+shareOf(q.given, a.given, q.people, 0))))
	case sameFamily && isInitial(a.given, b.given):
		c.set(byName, PointInitial, true, clamp(family*.08))
	case a.family == b.given && a.given == b.family:
		c.set(byName, PointSwapped, true, t.shareName)
	case sameFamily && b.middle != "" && (a.given == b.middle || isNickname(a.given, b.middle)):
		c.set(byName, PointSwapped, true, clamp(family*2*shareOf(q.given, b.middle, q.people, 0)))
	case sameFamily && a.inGiven.apart(b.inGiven) <= alikeLetters && near(a.given, b.given):
		c.set(byName, PointNear, true, clamp(family*max(3*given, .004)))
	case sameGiven && nearFamily(a, b):
		c.set(byName, PointNear, true, clamp(given*max(3*family, .001)))
	case a.inWhole.apart(b.inWhole) <= alikeLetters && near(a.family, b.family) && near(a.whole, b.whole):
		c.set(byName, PointNear, true, clamp(max(3*family, .001)*max(3*given, .004)))
	case sameFamily:
		c.set(byName, PointFamily, false, clamp(family))
	case sameGiven:
		c.set(byName, PointGiven, false, clamp(given))
	default:
		c.set(byName, PointName, false, 0)
	}
}

// alike is the Jaro–Winkler similarity from which two spellings may be one name.
const alike = .92

// alikeLetters is how many letters only one of two names has that are still alike.
const alikeLetters = 4

// near reports whether two spellings are a mistake apart: one letter wrong, left out or
// added, two neighbours exchanged, or alike throughout.
func near(a, b string) bool {
	if min(len(a), len(b)) < 3 {
		return false
	}
	return edlib.OSADamerauLevenshteinDistance(a, b) == 1 || edlib.JaroWinklerSimilarity(a, b) >= alike && max(len(a), len(b)) > 5
}

// nearFamily is near, or one of the names of a double-barrelled family name.
func nearFamily(a, b *nameForm) bool {
	if a.inFamily.apart(b.inFamily) <= alikeLetters && near(a.family, b.family) {
		return true
	}
	short, long := a.family, b.family
	if len(short) > len(long) {
		short, long = long, short
	}
	return len(short) >= 4 && len(long)-len(short) >= 3 && (strings.HasPrefix(long, short) || strings.HasSuffix(long, short))
}

// isInitial reports whether one name is the first letter of the other.
func isInitial(a, b string) bool {
	return min(len(a), len(b)) == 1 && a[:1] == b[:1]
}

// nicknames are the usual short forms of English given names, a group a line.
const nicknameText = `
william will bill billy willie liam
robert rob bob bobby robbie bert
richard rick dick rich richie ricky
james jim jimmy jamie
john jack johnny jon jonathan
joseph joe joey
michael mike mick mickey mikey
thomas tom tommy
charles charlie chuck chas
edward ed eddie ned ted teddy
theodore ted teddy theo
daniel dan danny
david dave davey
matthew matt
anthony tony
christopher chris kit topher
nicholas nick nicky
stephen steven steve stevie
gregory greg
jeffrey geoffrey jeff geoff
kenneth ken kenny
ronald ron ronnie
donald don donnie
timothy tim timmy
patrick pat paddy rick
lawrence laurence larry
gerald jerry gerry
raymond ray
samuel sam sammy
benjamin ben benny
alexander alex al sandy xander
albert al bert
frederick fred freddie
francis frank fran
peter pete
philip phillip phil
andrew andy drew
douglas doug
walter walt wally
henry hank harry
harold hal harry
leonard len lenny leo
nathaniel nathan nate nat
zachary zach zack
joshua josh
jacob jake
vincent vince vinnie
eugene gene
elizabeth liz lizzie beth betty eliza betsy lisa
katherine catherine kathryn kate katie kathy cathy kat
margaret maggie meg peggy marge margie
patricia pat patty tricia trish
jennifer jen jenny
jessica jess jessie
rebecca becky becca
susan sue susie suzanne
deborah debra deb debbie
barbara barb barbie babs
dorothy dot dottie
kimberly kim kimmie
christine christina chris tina chrissy kristin
victoria vicky vicki tori
alexandra alex sandra sandy lexi
theresa teresa terry tess
cynthia cindy
jacqueline jackie
judith judy
pamela pam
sandra sandy
stephanie steph
veronica ronnie
virginia ginny
abigail abby
amanda mandy
angela angie
samantha sam
natalie nat
nancy nan
guadalupe lupe
francisco pancho paco frank
jose pepe joe
jesus chuy
ignacio nacho
enrique henry quique
roberto beto robert bob
guillermo memo william bill
maria mary
`

var (
	nicknameLines = strings.Split(strings.TrimSpace(nicknameText), "\n")
	nicknames     = nicknameGroups(nicknameLines)
)

// nicknameGroups gives each name the numbers of its groups.
func nicknameGroups(lines []string) map[string][]int {
	out := make(map[string][]int)
	for i, line := range lines {
		for name := range strings.FieldsSeq(line) {
			out[name] = append(out[name], i)
		}
	}
	return out
}

// isNickname reports whether two different given names are usual forms of one.
func isNickname(a, b string) bool {
	if a == b || a == "" || b == "" {
		return false
	}
	return slices.ContainsFunc(nicknames[a], func(g int) bool { return slices.Contains(nicknames[b], g) })
}
