package intake

import (
	"slices"
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
	traits   []traits
	byID     map[string]int
	blocks   map[uint64][]int32
	freq     *frequencies
	places   map[string]Place
	placeNo  map[string]int32
	parent   []int32 // of a place, -1 for none
	branch   []int32 // its unit of tier 2, -1 for none
	byPlace  map[string][]string
}

// traits are a subject made ready for comparing.
type traits struct {
	key                   string // NameKey of the whole name, in simplified characters
	name                  nameForm
	former, also          []nameForm
	sound                 string
	shareName, shareSound float64
	posts                 []post
}

// post is a posting made ready for comparing.
type post struct {
	unit     int32
	rank     string
	from, to roster.Date
}

// NewIndex takes the people and the units.
func NewIndex(subjects []Subject, places []Place) *Index {
	x := &Index{
		subjects: subjects,
		traits:   make([]traits, len(subjects)),
		byID:     make(map[string]int, len(subjects)),
		blocks:   make(map[uint64][]int32, 16*len(subjects)),
		freq:     newFrequencies(len(subjects), len(places)),
		byPlace:  make(map[string][]string, 6*len(places)),
	}
	x.layPlaces(places)
	for i := range subjects {
		x.byID[subjects[i].ID] = i
		x.lay(i)
		x.count(i)
	}
	for i := range subjects {
		t := &x.traits[i]
		t.shareName = x.freq.shareOfName(t.name.whole, &t.name, 1)
		t.shareSound = clamp(max(float64(x.freq.sound[t.sound]-1)-discount, 0)/float64(len(subjects)+1) + 5*t.shareName)
	}
	return x
}

func (x *Index) layPlaces(places []Place) {
	x.places, x.placeNo = make(map[string]Place, len(places)), make(map[string]int32, len(places))
	for i, p := range places {
		x.places[p.ID], x.placeNo[p.ID] = p, int32(i)
	}
	x.parent, x.branch = make([]int32, len(places)), make([]int32, len(places))
	for i, p := range places {
		x.parent[i], x.branch[i] = x.numberOf(p.Parent), -1
		for at := p; ; {
			if at.Tier == 2 {
				x.branch[i] = x.placeNo[at.ID]
			}
			up, ok := x.places[at.Parent]
			if !ok || at.Tier <= 2 {
				break
			}
			at = up
		}
		for _, key := range x.placeKeys(p) {
			x.byPlace[key] = append(x.byPlace[key], p.ID)
		}
	}
}

func (x *Index) numberOf(place string) int32 {
	if n, ok := x.placeNo[place]; ok {
		return n
	}
	return -1
}

// lay makes a subject ready and puts it into its blocks.
func (x *Index) lay(i int) {
	s, t := &x.subjects[i], &x.traits[i]
	t.key, t.sound, t.name = foldName(s.Name), s.Pinyin, formOf(s.Name, s.Parts)
	for _, f := range s.Former {
		t.former = append(t.former, formOf(f, roster.NameParts{}))
	}
	for _, f := range s.Also {
		g := formOf(f, roster.NameParts{})
		if g.family == "" || g.given == "" { // a nickname alone goes with the family name
			g = nameForm{family: t.name.family, given: g.family + g.given, whole: g.family + g.given + t.name.family}
		}
		t.also = append(t.also, g)
	}
	for _, p := range s.Postings {
		if n := x.numberOf(p.Unit); n >= 0 {
			t.posts = append(t.posts, post{n, NameKey(p.Rank), p.From, p.To})
		}
	}
	x.layBlocks(i)
}

// count notes what a subject shares with others.
func (x *Index) count(i int) {
	s, t, q := &x.subjects[i], &x.traits[i], x.freq
	q.name[t.name.whole]++
	q.family[t.name.family]++
	q.given[t.name.given]++
	if t.sound != "" {
		q.sound[t.sound]++
	}
	if t.name.han {
		for _, r := range t.name.given {
			q.part[string(r)]++
			q.parts++
		}
	}
	year := func(m map[string]int, day string, total *int) {
		if len(day) >= wholeYear {
			m[day[:wholeYear]]++
			if len(day) >= wholeDay {
				m[day]++
			}
			*total++
		}
	}
	year(q.birth, s.Birth, &q.born)
	year(q.appointed, string(s.Appointed), &q.begun)
	year(q.departed, string(s.Departed), &q.gone)
	if s.Sex != "" {
		q.sex[s.Sex]++
		q.sexes++
	}
	for _, p := range t.posts {
		q.postings++
		for u, n := p.unit, 0; u >= 0 && n < 8; u, n = x.parent[u], n+1 {
			q.unit[u]++
		}
		if p.rank != "" {
			q.rank[p.rank]++
			q.ranks++
		}
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
	for _, i := range x.block(blockNumber, number) {
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

// placesOf are the numbers of the places that a text may mean.
func (x *Index) placesOf(text string) []int32 {
	if text == "" {
		return nil
	}
	ids := x.Places(text)
	out := make([]int32, len(ids))
	for i, id := range ids {
		out[i] = x.placeNo[id]
	}
	return out
}

// under reports whether a unit is one of the targets or lies below one.
func (x *Index) under(unit int32, targets []int32) bool {
	for n := 0; unit >= 0 && n < 8; unit, n = x.parent[unit], n+1 {
		if slices.Contains(targets, unit) {
			return true
		}
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
