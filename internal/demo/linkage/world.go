package linkage

import (
	"fmt"
	"strings"

	"plumbline/internal/demo/seeded"
	"plumbline/internal/intake"
	"plumbline/internal/roster"
)

// Script says which kind of force is made.
type Script string

// The scripts. Chinese rosters know the date of birth and police numbers that
// follow the sub-bureau; Latin ones know the year of birth, the day of
// appointment, and badges that follow the rank.
const (
	Han   Script = "han"
	Latin Script = "latin"
)

// Params say what to make.
type Params struct {
	Script Script
	People int // on the roster
	Seed   uint64
}

// name is a name in parts. A name that has no parts stands in given alone.
type name struct {
	family, given, middle, suffix string
	han                           bool
}

// whole writes the name as the roster does.
func (n name) whole() string {
	if n.han {
		return n.family + n.given
	}
	return join(n.given, n.middle, n.family, n.suffix)
}

// key is the same for those who share family name and given name.
func (n name) key() string { return n.family + "/" + n.given }

// held is a number that a person held for a time.
type held struct {
	value    string
	badge    bool
	from, to day
}

// service is a posting.
type service struct {
	unit     int
	rank     string
	main     bool
	from, to day
}

// person is somebody with the whole truth about him. What the roster does not
// know of him is "".
type person struct {
	id, personnel       string
	name                name
	former              *name
	also                []string
	sex, birth          string
	appointed, departed day // departed is open while he serves
	auxiliary           bool
	numbers             []held
	served              []service
}

// World is a force with everything that is true of it.
type World struct {
	Params
	Until  roster.Date // the day on which the roster is drawn
	units  []unit
	people []person         // those of the roster, then as many others as strangers makes of them
	named  map[string][]int // people of the roster by name.key
	called map[string][]int // units by what lists call them
	from   day              // records are about this day and later ones
	until  day
	places bag[int] // units by how many serve there
}

// strangers is how many people the force does not know for each that it knows.
// They bear names as its own people do and are said to serve in its units.
const strangers = 0.25

// Make invents a force.
func Make(p Params) *World {
	d := seeded.New(p.Seed*2 + uint64(len(p.Script)))
	w := &World{Params: p, until: dayOf(2026, 6, 30), from: dayOf(1995, 1, 1)}
	if p.Script == Han {
		w.from = dayOf(2016, 1, 1)
	}
	w.Until = w.until.date()
	w.units = makeUnits(d, p)
	for _, u := range w.units {
		w.places.put(u.at, u.weight)
	}
	total := p.People + int(strangers*float64(p.People))
	w.people = make([]person, total)
	years := 0.0
	for i := range w.people {
		w.recruit(d, &w.people[i])
		years += float64(w.people[i].last(w.until)-w.people[i].appointed) / 365
	}
	rate := (postingsEach - 1 - secondary) * float64(total) / years
	for i := range w.people {
		w.serve(d, &w.people[i], rate)
	}
	w.kin(d)
	order := shuffled(d, total) // ids say nothing about seniority
	for i := range w.people {
		w.people[i].id, w.people[i].personnel = fmt.Sprintf("person-%06d", order[i]), fmt.Sprintf("P%06d", 100000+order[i])
	}
	w.giveNumbers(d)
	w.named, w.called = map[string][]int{}, map[string][]int{}
	for i := range w.people[:p.People] {
		key := w.people[i].name.key()
		w.named[key] = append(w.named[key], i)
	}
	for _, u := range w.units {
		for _, text := range w.wordsFor(u.at) {
			w.called[text] = append(w.called[text], u.at)
		}
	}
	return w
}

// last is the last day of service that can be spoken of.
func (p *person) last(until day) day { return min(p.departed, until) }

// recruit draws the person himself: birth, name, appointment, departure.
func (w *World) recruit(d *seeded.Dice, p *person) {
	p.sex = "m"
	year, women, oldest := d.Between(1966, 2025), 0.24, 63
	if w.Script == Han {
		year, women, oldest = d.Between(1986, 2025), 0.17, 60
	}
	if d.Chance(women) {
		p.sex = "f"
	}
	p.appointed = classDay(d, year)
	age := 20 + min(d.Roll(9), d.Roll(9)) + d.Roll(6)*d.Roll(2)
	birth := dayOf(year-age, d.Between(1, 12), d.Between(1, 28))
	p.departed = w.leave(d, p.appointed, age, oldest)
	born := birth.year()
	if w.Script == Han {
		p.name, p.birth, p.auxiliary = hanName(d, p.sex, born), string(birth.date()), d.Chance(0.2)
	} else {
		p.name, p.birth = latinName(d, p.sex, born), fmt.Sprintf("%04d", born)
	}
	w.otherNames(d, p, born)
	if d.Chance(0.012) { // the roster has gaps
		p.birth = ""
	}
	if d.Chance(0.006) {
		p.sex = ""
	}
}

// classDay is the day on which an academy class of the year was appointed: many
// share it.
func classDay(d *seeded.Dice, year int) day {
	if d.Chance(0.06) { // alone
		return dayOf(year, d.Between(1, 12), d.Between(1, 28))
	}
	month := d.Between(1, 12)
	return dayOf(year, month, 1+(year*7+month*13)%27)
}

// leave draws the last day of service: some leave early, most in their fifties.
func (w *World) leave(d *seeded.Dice, appointed day, age, oldest int) day {
	early := 0.14
	if w.Script == Han {
		early = 0.07
	}
	years := min(18+d.Roll(8)+d.Roll(10), oldest-age)
	switch {
	case d.Chance(early):
		years = 1 + d.Roll(9)
	case w.Script == Han:
		years = oldest - age - d.Roll(3)
	}
	left := appointed + day(years*365+d.Roll(365))
	switch {
	case left >= w.until:
		return open
	case w.Script == Han && left < dayOf(2014, 1, 1): // the roster does not reach further back
		return dayOf(2014, 1, 1) + day(d.Roll(2000))
	}
	return left
}

// otherNames gives some people a former name, a nickname or a second spelling.
func (w *World) otherNames(d *seeded.Dice, p *person, born int) {
	switch {
	case w.Script == Han && d.Chance(0.02) && p.name.family != "":
		n := hanName(d, p.sex, born)
		n.family = p.name.family
		p.former = &n
	case w.Script == Latin && p.sex == "f" && d.Chance(0.08):
		n := p.name
		n.family = latinFamily(d, latin.shares.draw(d))
		p.former = &n
	}
	if w.Script == Han && p.name.family == "" && d.Chance(0.5) {
		_, letters := spelled(p.name)
		p.also = append(p.also, letters)
	}
	if w.Script == Latin && d.Chance(0.06) {
		if short := nick(d, p.name.given); short != "" {
			p.also = append(p.also, join(short, p.name.family))
		}
	}
}

// kin makes sons who bear their father's name: what tells them apart is the
// suffix and the year.
func (w *World) kin(d *seeded.Dice) {
	if w.Script != Latin {
		return
	}
	for range w.People / 250 {
		a, b := &w.people[d.Roll(w.People)], &w.people[d.Roll(w.People)]
		if a.sex != "m" || b.sex != "m" || b.appointed-a.appointed < 20*365 || a.name.suffix != "" {
			continue
		}
		b.name = a.name
		a.name.suffix, b.name.suffix = "Sr", "Jr"
		b.also = nil
	}
}

// Subjects gives people and units as the roster knows them.
func (w *World) Subjects() ([]intake.Subject, []intake.Place) {
	subjects := make([]intake.Subject, w.People)
	for i := range subjects {
		subjects[i] = w.subject(&w.people[i])
	}
	places := make([]intake.Place, len(w.units))
	for i, u := range w.units {
		places[i] = intake.Place{ID: u.id(), Name: u.name, Short: u.short, Code: u.code, Tier: u.tier}
		if u.parent >= 0 {
			places[i].Parent = w.units[u.parent].id()
		}
	}
	return subjects, places
}

func (w *World) subject(p *person) intake.Subject {
	s := intake.Subject{
		ID: p.id, Name: p.name.whole(), Pinyin: roster.Keys(p.name.whole()).Pinyin, Also: p.also, Sex: p.sex, Birth: p.birth,
		Personnel: p.personnel, Appointed: p.appointed.date(), Departed: p.departed.date(),
		Numbers: []intake.Held{{Value: p.personnel}},
	}
	if !p.name.han {
		s.Parts = roster.NameParts{Family: p.name.family, Given: p.name.given, Middle: p.name.middle, Suffix: p.name.suffix}
	}
	if p.former != nil {
		s.Former = append(s.Former, p.former.whole())
	}
	for _, n := range p.numbers {
		s.Numbers = append(s.Numbers, intake.Held{Value: n.value, From: n.from.date(), To: n.to.date()})
	}
	for _, v := range p.served {
		s.Postings = append(s.Postings, intake.Served{Unit: w.units[v.unit].id(), Rank: v.rank, Main: v.main, From: v.from.date(),
			To: v.to.date()})
	}
	return s
}

// join puts words together, leaving out those that are missing.
func join(words ...string) string {
	return strings.Join(strings.Fields(strings.Join(words, " ")), " ")
}
