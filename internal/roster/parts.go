package roster

import (
	"strings"
	"unicode"
)

// Empty reports whether no part is known.
func (p NameParts) Empty() bool { return p == NameParts{} }

// Whole composes the name as it is written: a Chinese one with the family name first
// and without blanks, another as "given middle family suffix".
func (p NameParts) Whole() string {
	if Han(p.Family + p.Given) {
		return p.Family + p.Middle + p.Given + p.Suffix
	}
	return strings.Join(strings.Fields(p.Given+" "+p.Middle+" "+p.Family+" "+p.Suffix), " ")
}

// Parts are the parts of the person's name: those that the roster gives, else those
// that the form of the whole shows.
func (p *Person) Parts() NameParts {
	parts := NameParts{Family: p.FamilyName, Given: p.GivenName, Middle: p.MiddleName, Suffix: p.NameSuffix}
	if parts.Empty() {
		return PartsOf(p.Name)
	}
	return parts
}

// PartsOf reads the parts that the form of a whole Latin name shows: all of them in
// "FAMILY, GIVEN MIDDLE SUFFIX", else only a suffix at the end.
func PartsOf(name string) (p NameParts) {
	if Han(name) {
		return p
	}
	var pieces [][]string
	for _, piece := range strings.Split(name, ",") {
		words := strings.Fields(piece)
		if n := len(words); n > 0 && (n > 1 || len(pieces) > 0) && p.Suffix == "" {
			if p.Suffix = SuffixOf(words[n-1]); p.Suffix != "" {
				words = words[:n-1]
			}
		}
		if len(words) > 0 {
			pieces = append(pieces, words)
		}
	}
	if len(pieces) != 2 {
		return p
	}
	p.Family, p.Given, p.Middle = strings.Join(pieces[0], " "), pieces[1][0], strings.Join(pieces[1][1:], " ")
	return p
}

// SuffixOf reads a name's suffix: Jr, Sr, II, III or IV; "" if the word is none.
func SuffixOf(word string) string {
	switch strings.ToUpper(strings.Trim(word, " .,")) {
	case "JR", "JNR", "JUNIOR":
		return "Jr"
	case "SR", "SNR", "SENIOR":
		return "Sr"
	case "II", "2ND":
		return "II"
	case "III", "3RD":
		return "III"
	case "IV", "4TH":
		return "IV"
	}
	return ""
}

// Han reports whether a text has a Chinese character in it.
func Han(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Han, r) })
}
