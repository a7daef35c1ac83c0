package linkage

import (
	"fmt"
	"maps"
	"strings"

	"plumbline/internal/demo/seeded"
	"plumbline/internal/intake"
	"plumbline/internal/roster"
)

// Set is a kind of list.
type Set string

// The sets. In Clean all that is there is right, though much may be missing.
// OneError has one error in each row. Dirty has any number of them, from none
// up. OffRoster is Clean, but one row in five is about somebody whom the force
// does not know.
const (
	Clean     Set = "clean"
	OneError  Set = "one-error"
	Dirty     Set = "dirty"
	OffRoster Set = "off-roster"
)

// Sets lists every set.
var Sets = []Set{Clean, OneError, Dirty, OffRoster}

// offRoster is the share of rows of OffRoster that are about strangers.
const offRoster = 0.2

// Fields that lists give beside those that every version of the reader knows.
const (
	Suffix    = intake.Field("suffix")
	Appointed = intake.Field("appointed")
)

// Record is a row of a list.
type Record struct {
	Cells  map[intake.Field]string
	On     roster.Date // the day of the event
	Truth  string      // id of the person that the row is about, "" for a stranger
	Errors []Kind      // what was done to the row, in this order

	said *draft
}

// draft is a row in the making.
type draft struct {
	person int
	on     day
	name   name
	style  style
	text   string // in place of the name, "" for none
	number string
	badge  bool
	birth  string
	unit   int // -1 for none
	cells  map[intake.Field]string
	errors []Kind
}

// style is how a list writes names.
type style int

const (
	plain    style = iota // as the roster writes it
	reversed              // family name first, after it a comma, in capitals
	parted                // in columns of its own
)

// rates say how often a cell is filled.
type rates struct {
	number, birth, sex, rank, unit, middle, suffix, appointed, parts, event float64
}

var (
	cleanRates = map[Script]rates{
		Han: {number: 0.62, birth: 0.80, sex: 0.93, rank: 0.70, unit: 0.95, parts: 0.08, event: 1},
		Latin: {number: 0.58, birth: 0.94, sex: 0.97, rank: 0.86, unit: 0.94, middle: 0.72, suffix: 0.65, appointed: 0.84, parts: 0.6,
			event: 1},
	}
	dirtyRates = map[Script]rates{
		Han: {number: 0.52, birth: 0.62, sex: 0.85, rank: 0.55, unit: 0.88, parts: 0.08, event: 0.94},
		Latin: {number: 0.46, birth: 0.82, sex: 0.90, rank: 0.70, unit: 0.82, middle: 0.50, suffix: 0.40, appointed: 0.62, parts: 0.6,
			event: 0.94},
	}
)

// Records draws n rows of a set. The same world gives the same rows.
func (w *World) Records(set Set, n int) []Record {
	seed := w.Seed
	for _, c := range string(w.Script) + string(set) {
		seed = seed*31 + uint64(c) + 0x9e3779b97f4a7c15 // spreads sets and scripts of one seed
	}
	d := seeded.New(seed)
	known, others := w.subjectsOf(d, 0, w.People), w.subjectsOf(d, w.People, len(w.people))
	records := make([]Record, n)
	for i := range records {
		from := known
		if set == OffRoster && d.Chance(offRoster) {
			from = others
		}
		who := from.draw(d)
		records[i] = w.record(d, set, who, i)
	}
	return records
}

// subjectsOf holds those who served while records were made; some draw many
// more of them than others.
func (w *World) subjectsOf(d *seeded.Dice, from, to int) *bag[int] {
	var b bag[int]
	for i := from; i < to; i++ {
		p := &w.people[i]
		first, last := max(p.appointed, w.from), p.last(w.until)
		if days := float64(last-first) + 1; days > 0 {
			u := d.Unit()
			b.put(i, days*(0.1+u*u*u*4))
		}
	}
	return &b
}

func (w *World) record(d *seeded.Dice, set Set, who, row int) Record {
	p := &w.people[who]
	first := max(p.appointed, w.from)
	on := first + day(d.Roll(int(p.last(w.until)-first)+1))
	how := cleanRates[w.Script]
	if set == Dirty {
		how = dirtyRates[w.Script]
	}
	x := w.draft(d, who, on, how)
	switch set {
	case OneError:
		w.spoilOnce(d, x)
	case Dirty:
		w.spoil(d, x)
	}
	r := Record{Cells: w.write(d, x), On: on.date(), Errors: x.errors, said: x}
	w.frame(d, r.Cells, on, row, how)
	if who < w.People {
		r.Truth = p.id
	}
	return r
}

// draft takes what is true of the person on the day, and leaves out as much as
// the rates say.
func (w *World) draft(d *seeded.Dice, who int, on day, how rates) *draft {
	p := &w.people[who]
	x := &draft{person: who, on: on, name: p.name, unit: -1, cells: map[intake.Field]string{}}
	switch {
	case d.Chance(how.parts) && p.name.family != "":
		x.style = parted
	case w.Script == Latin && d.Chance(0.5):
		x.style = reversed
	}
	if !d.Chance(how.middle) {
		x.name.middle = ""
	}
	if !d.Chance(how.suffix) {
		x.name.suffix = ""
	}
	if d.Chance(how.number) {
		x.number, x.badge = p.numberOn(on)
	}
	if p.birth != "" && d.Chance(how.birth) {
		x.birth = p.birth
		if w.Script == Han && d.Chance(0.22) { // the month or the year alone
			x.birth = x.birth[:seeded.Pick(d, []int{4, 7})]
		}
	}
	if p.sex != "" && d.Chance(how.sex) {
		x.cells[intake.Sex] = p.sex
	}
	if rank := w.rankOn(p, on); rank != "" && d.Chance(how.rank) {
		x.cells[intake.Rank] = rank
	}
	if d.Chance(how.unit) {
		x.unit = p.unitOn(on)
	}
	if w.Script == Latin && d.Chance(how.appointed) {
		x.cells[Appointed] = string(p.appointed.date())
	}
	return x
}

// numberOn is the newest number of the day, "" if there is none.
func (p *person) numberOn(on day) (value string, badge bool) {
	for _, n := range p.numbers {
		if on.in(n.from, n.to) {
			value, badge = n.value, n.badge
		}
	}
	return value, badge
}

// unitOn is the unit of the main posting, -1 before the first.
func (p *person) unitOn(on day) int {
	for _, v := range p.served {
		if v.main && on.in(v.from, v.to) {
			return v.unit
		}
	}
	return -1
}

// write puts a draft into cells.
func (w *World) write(d *seeded.Dice, x *draft) map[intake.Field]string {
	c := maps.Clone(x.cells)
	set := func(f intake.Field, text string) {
		if text != "" {
			c[f] = text
		}
	}
	n := x.name
	switch {
	case x.text != "":
		set(intake.Name, x.text)
	case x.style == parted:
		set(intake.FamilyName, n.family)
		set(intake.GivenName, n.given)
		set(intake.MiddleName, n.middle)
		set(Suffix, n.suffix)
	case x.style == reversed:
		set(intake.Name, strings.ToUpper(join(n.family+",", n.given, n.middle, n.suffix)))
	default:
		set(intake.Name, n.whole())
	}
	if x.badge {
		set(intake.BadgeNo, x.number)
	} else {
		set(intake.PoliceNo, x.number)
	}
	set(intake.Birth, birthText(d, x.birth))
	if x.unit >= 0 {
		set(intake.Unit, w.call(d, x.unit))
	}
	if sex := c[intake.Sex]; sex != "" {
		c[intake.Sex] = w.sexText(sex)
	}
	return c
}

// wordsFor lists what lists call a unit, the usual way first.
func (w *World) wordsFor(at int) []string {
	u := &w.units[at]
	if w.Script == Latin {
		words := []string{u.name, u.code}
		if u.short != "" {
			words = append(words, u.short, u.short)
		}
		return words
	}
	if u.tier < 3 {
		return []string{u.name}
	}
	above := w.units[u.parent].name
	return []string{above + u.name, above + u.name, above + u.name, u.name, w.units[0].name + above + u.name}
}

// call writes a unit in one of these ways; a Chinese list now and then gives the
// branch alone.
func (w *World) call(d *seeded.Dice, at int) string {
	if w.Script == Han && w.units[at].tier > 2 && d.Chance(0.1) {
		at = w.branch(at)
	}
	return seeded.Pick(d, w.wordsFor(at))
}

func birthText(d *seeded.Dice, birth string) string {
	if len(birth) != len("2006-01-02") {
		return birth
	}
	return dateText(d, birth)
}

// dateText writes a date in one of the ways of lists.
func dateText(d *seeded.Dice, date string) string {
	year, month, dom := date[:4], strings.TrimPrefix(date[5:7], "0"), strings.TrimPrefix(date[8:], "0")
	switch d.Roll(6) {
	case 0:
		return year + "." + month + "." + dom
	case 1:
		return year + "/" + month + "/" + dom
	case 2:
		return year + date[5:7] + date[8:]
	}
	return date
}

func (w *World) sexText(sex string) string {
	switch {
	case w.Script == Latin:
		return strings.ToUpper(sex)
	case sex == "f":
		return "女"
	}
	return "男"
}

// What lists say that is not about the person, in words of the sources.
var (
	hanClasses   = []string{"态度生硬", "推诿拖延", "殴打辱骂", "泄露个人信息"}
	latinClasses = []string{"Rude manner", "Passed around or delayed", "Beating or abuse", "Personal data leaked"}
)

// frame adds the cells around the person: event, receipt, class, file number.
func (w *World) frame(d *seeded.Dice, c map[intake.Field]string, on day, row int, how rates) {
	if d.Chance(how.event) {
		c[intake.EventOn] = dateText(d, string(on.date()))
	}
	c[intake.ReceivedOn] = string(min(on+day(d.Roll(60)), w.until).date())
	if w.Script == Han {
		c[intake.Class], c[intake.Narrative] = seeded.Pick(d, hanClasses), fmt.Sprintf("虚构事项第%d号", row+1)
		c[intake.Number] = fmt.Sprintf("虚信〔%d〕%d号", on.year(), row+1)
		return
	}
	c[intake.Class], c[intake.Narrative] = seeded.Pick(d, latinClasses), fmt.Sprintf("Invented matter %d", row+1)
	c[intake.Number] = fmt.Sprintf("INV-%d-%06d", on.year(), row+1)
}
