package intake

import (
	"strings"
	"unicode"

	"plumbline/internal/roster"
	"plumbline/internal/sheet"
)

// Subject is a person as far as matching needs him, with what was dated.
type Subject struct {
	ID        string
	Name      string
	Parts     roster.NameParts // of Name, where the roster gives them
	Pinyin    string           // full, folded by NameKey
	Former    []string
	Also      []string // nicknames, and names in another script
	Sex       string   // m, f, "" unknown
	Birth     string   // 2006-01-02, 2006-01 or 2006, "" unknown
	National  string   // keyed hash, "" unknown
	Personnel string   // personnel number, which nobody else ever has
	Appointed roster.Date
	Departed  roster.Date // "" while serving
	Numbers   []Held      // personnel, police and badge numbers
	Postings  []Served
}

// Held is a number that somebody held for a time; others may hold it later.
type Held struct {
	Value    string
	From, To roster.Date // inclusive, "" is open
}

// Served is a posting.
type Served struct {
	Unit     string
	Rank     string
	Main     bool
	From, To roster.Date
}

// Place is a unit as far as matching needs it.
type Place struct {
	ID, Name, Short, Code, Parent string
	Tier                          int
}

// Index finds candidates. It is made once per job, and is read-only then, so
// that several goroutines may ask it.
type Index struct {
	subjects []Subject
	byID     map[string]int
	byName   map[string][]int
	byPinyin map[string][]int
	byNumber map[string][]int
	byHash   map[string][]int
	places   map[string]Place
	byPlace  map[string][]string
}

// NewIndex takes the people and the units.
func NewIndex(subjects []Subject, places []Place) *Index {
	x := &Index{
		subjects: subjects,
		byID:     make(map[string]int, len(subjects)),
		byName:   make(map[string][]int, len(subjects)),
		byPinyin: make(map[string][]int, len(subjects)),
		byNumber: make(map[string][]int, 2*len(subjects)),
		byHash:   make(map[string][]int, len(subjects)),
		places:   make(map[string]Place, len(places)),
		byPlace:  make(map[string][]string, 6*len(places)),
	}
	for i := range subjects {
		s := &subjects[i]
		x.byID[s.ID] = i
		put(x.byName, NameKey(s.Name), i)
		for _, f := range s.Former {
			put(x.byName, NameKey(f), i)
		}
		put(x.byPinyin, s.Pinyin, i)
		for _, n := range s.Numbers {
			put(x.byNumber, n.Value, i)
		}
		put(x.byHash, s.National, i)
	}
	for _, p := range places {
		x.places[p.ID] = p
	}
	for _, p := range places {
		for _, key := range x.placeKeys(p) {
			x.byPlace[key] = append(x.byPlace[key], p.ID)
		}
	}
	return x
}

func put(m map[string][]int, key string, i int) {
	if key == "" {
		return
	}
	if list := m[key]; len(list) == 0 || list[len(list)-1] != i {
		m[key] = append(list, i)
	}
}

// placeKeys are the ways in which a list may write a unit: name, short name or
// code, alone or after the names of units above it, the nearest or all.
func (x *Index) placeKeys(p Place) []string {
	var chain [][]string
	for at, n := p, 0; n < 4; n++ {
		names := []string{placeKey(at.Name)}
		if s := placeKey(at.Short); s != "" && s != names[0] {
			names = append(names, s)
		}
		chain = append(chain, names)
		up, ok := x.places[at.Parent]
		if !ok {
			break
		}
		at = up
	}
	seen := map[string]bool{}
	var keys []string
	add := func(k string) {
		if k != "" && !seen[k] {
			seen[k] = true
			keys = append(keys, k)
		}
	}
	add(placeKey(p.Code))
	tails := chain[0]
	for _, t := range tails {
		add(t)
	}
	for _, up := range chain[1:] {
		var longer []string
		for _, u := range up {
			for _, t := range tails {
				add(u + t)
				longer = append(longer, u+t)
			}
			for _, t := range chain[0] {
				add(u + t)
			}
		}
		tails = longer
	}
	return keys
}

func placeKey(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || strings.ContainsRune("-—_/、,>·()（）", r) {
			return -1
		}
		return r
	}, strings.ToLower(sheet.Fold(s)))
}

// Places resolves what a list writes for a unit; several may share a name.
func (x *Index) Places(text string) []string { return x.byPlace[placeKey(text)] }

// UnitCoded is the unit whose code the text is, "" if there is none.
func (x *Index) UnitCoded(text string) string {
	key := placeKey(text)
	for _, id := range x.byPlace[key] {
		if placeKey(x.places[id].Code) == key {
			return id
		}
	}
	return ""
}

// Tier is the unit's tier, 0 if unknown.
func (x *Index) Tier(unit string) int { return x.places[unit].Tier }

// Subject gives a person by id.
func (x *Index) Subject(id string) (*Subject, bool) {
	i, ok := x.byID[id]
	if !ok {
		return nil, false
	}
	return &x.subjects[i], true
}

// ByNumber gives those who ever held a number.
func (x *Index) ByNumber(number string) []string {
	var ids []string
	for _, i := range x.byNumber[number] {
		ids = append(ids, x.subjects[i].ID)
	}
	return ids
}

// UnitOn is where the person served on a day: the main posting, else any, else
// the last one that ended before, else the first; "" if there never was one.
func (s *Subject) UnitOn(day roster.Date) string {
	var any, last, first string
	var ended, began roster.Date
	for _, p := range s.Postings {
		if day.Within(p.From, p.To) {
			if p.Main {
				return p.Unit
			}
			any = p.Unit
		}
		if p.To != "" && p.To < day && p.To >= ended {
			ended, last = p.To, p.Unit
		}
		if first == "" || p.From < began {
			began, first = p.From, p.Unit
		}
	}
	for _, u := range []string{any, last, first} {
		if u != "" {
			return u
		}
	}
	return ""
}

// within reports whether a unit is one of the targets or lies below one.
func (x *Index) within(unit string, targets []string) bool {
	for n := 0; unit != "" && n < 8; n++ {
		for _, t := range targets {
			if t == unit {
				return true
			}
		}
		unit = x.places[unit].Parent
	}
	return false
}

// RankOn is the rank of the posting then, "" if unknown.
func (s *Subject) RankOn(day roster.Date) string {
	for _, p := range s.Postings {
		if day.Within(p.From, p.To) && p.Rank != "" {
			return p.Rank
		}
	}
	return ""
}

// Name is the unit's name, "" if unknown.
func (x *Index) Name(unit string) string { return x.places[unit].Name }
