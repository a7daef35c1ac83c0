package people

import (
	"context"
	"slices"
	"strings"

	"plumbline/internal/fault"
	"plumbline/internal/ledger"
	"plumbline/internal/roster"
	"plumbline/internal/store"
)

// peopleFacts is what the database knows about the people whom a file names.
type peopleFacts struct {
	byNumber map[string]*roster.Person
	held     map[string][]*roster.Identifier // by person
	holders  map[string][]*roster.Identifier // by kind and folded number
	accounts map[string]*roster.Account      // by person
	national map[string]string               // hash → person
	dates    map[string]span                 // identifier → its days, by this file
}

func (a *Personnel) loadPeople(ctx context.Context, v *store.View, rows []*rosterRow) (*peopleFacts, error) {
	f := &peopleFacts{accounts: map[string]*roster.Account{}, dates: map[string]span{}}
	var numbers, held, hashes, ids []string
	for _, r := range rows {
		numbers = append(numbers, roster.FoldNumber(r.get("personnel_no")))
		for _, kind := range roster.NumberKinds {
			for _, n := range r.numbers(kind) {
				held = append(held, n.folded)
			}
		}
		if id := roster.FoldNumber(r.get("national_id")); id != "" {
			hashes = append(hashes, a.NationalIDHash(id))
		}
	}
	var err error
	if f.byNumber, err = v.PeopleNumbered(ctx, numbers); err != nil {
		return nil, err
	}
	for _, p := range f.byNumber {
		ids = append(ids, p.ID)
	}
	if f.held, err = v.IdentifiersOf(ctx, ids); err != nil {
		return nil, err
	}
	if f.holders, err = v.HoldersOf(ctx, held); err != nil {
		return nil, err
	}
	for part := range slices.Chunk(ids, 500) {
		accounts, err := v.AccountsOf(ctx, part...)
		if err != nil {
			return nil, err
		}
		for i := range accounts {
			f.accounts[accounts[i].PersonID] = &accounts[i]
		}
	}
	f.national, err = v.PeopleByIDHash(ctx, hashes)
	return f, err
}

// planPeople compares the rows with the existing people. Further rows of a person
// add numbers and names. A number given up in one row may be taken in another, so
// releases are planned first.
func (a *Personnel) planPeople(ctx context.Context, v *store.View, p *rosterPlan, rows []*rosterRow) error {
	f, err := a.loadPeople(ctx, v, rows)
	if err != nil {
		return err
	}
	wishes := a.readPeople(p, rows, f)
	for _, w := range wishes {
		p.release(w, f)
	}
	p.placeNumbers(wishes, f)
	left := map[string]*personWish{}
	for _, w := range wishes {
		c, ended := a.personChange(p, w, f)
		c.fresh, c.from = w.before == nil, w.rows
		if w.after.State == roster.Left && w.before != nil {
			left[w.after.ID] = w
			w.change, w.ended = c, ended
			continue
		}
		p.addPerson(w, c, ended)
	}
	return a.endService(ctx, v, p, left, f)
}

// personWish is what the rows of a person say.
type personWish struct {
	rows          []*rosterRow
	before, after *roster.Person
	numbers       []saidNumber
	names         []roster.Identifier // kind, value and folded
	change        *change
	ended         int
}

// addPerson appends the change of all rows of a person.
func (p *rosterPlan) addPerson(w *personWish, c *change, ended int) {
	n := len(w.rows)
	switch {
	case c.empty():
		p.add(c, n, 0, 0, ended)
	case w.before == nil:
		p.add(c, n, n, 0, ended)
	default:
		p.add(c, n, 0, n, ended)
	}
}

// readPeople reads the rows into what is wished for each person, in file order.
func (a *Personnel) readPeople(p *rosterPlan, rows []*rosterRow, f *peopleFacts) []*personWish {
	var wishes []*personWish
	named := map[string]*personWish{}
	for _, r := range rows {
		number := roster.FoldNumber(r.identifier("personnel_no"))
		if first := named[number]; first != nil && r.bad == nil {
			a.readAgain(p, r, first, f)
			continue
		}
		w := a.readPerson(p, r, number, f)
		if r.bad == nil && w.before != nil && w.before.UnitID != "" && !p.reaches(w.before.UnitID) {
			r.reject(fault.Invalid("roster_out_of_reach", "personnel_no"))
		}
		if r.bad == nil {
			named[number], wishes = w, append(wishes, w)
		}
	}
	return wishes
}

func (a *Personnel) readPerson(p *rosterPlan, r *rosterRow, number string, f *peopleFacts) *personWish {
	w := &personWish{before: f.byNumber[number], rows: []*rosterRow{r}}
	if w.before != nil {
		after := *w.before
		w.after = &after
	} else {
		w.after = &roster.Person{PersonnelNo: number, Kind: roster.Officer, State: roster.Serving}
		w.after.ID = store.NewID()
	}
	a.readFacts(p, r, w.after, f)
	if w.before != nil && w.before.Name != w.after.Name {
		w.names = append(w.names, roster.Identifier{Kind: roster.FormerName, Value: w.before.Name})
	}
	w.more(r)
	return w
}

// readAgain reads a further row of a person: it adds numbers and names, and must not
// say anything else than the first.
func (a *Personnel) readAgain(p *rosterPlan, r *rosterRow, first *personWish, f *peopleFacts) {
	said := *r
	said.cells = map[string]string{}
	for field, cell := range r.cells {
		if cell != "" {
			said.cells[field] = cell
		}
	}
	again := *first.after
	a.readFacts(p, &said, &again, f)
	if r.bad = said.bad; r.bad == nil && personFacts(&again) != personFacts(first.after) {
		r.reject(fault.Invalid("roster_row_twice", "personnel_no"))
	}
	if r.bad != nil {
		return
	}
	have, names := len(first.numbers), len(first.names)
	if first.more(r); r.bad != nil {
		first.numbers, first.names = first.numbers[:have], first.names[:names]
		return
	}
	first.rows = append(first.rows, r)
}

// more reads the numbers and the other names of a row.
func (w *personWish) more(r *rosterRow) {
	for _, kind := range roster.NumberKinds {
		w.numbers = append(w.numbers, r.numbers(kind)...)
	}
	for _, kind := range roster.NameKinds {
		for _, name := range namesIn(r.get(kind)) {
			w.names = append(w.names, roster.Identifier{Kind: kind, Value: name})
		}
	}
}

// readFacts puts what a row says of a person, but for numbers and other names.
func (a *Personnel) readFacts(plan *rosterPlan, r *rosterRow, p *roster.Person, f *peopleFacts) {
	readName(r, p)
	if kind := r.word("kind", map[string]string{"officer": "kind.officer", "auxiliary": "kind.auxiliary"}); kind != "" {
		p.Kind = roster.PersonKind(kind)
	}
	if sex := r.word("sex", map[string]string{"m": "roster.sex.m male", "f": "roster.sex.f female"}); r.named("sex") {
		p.Sex = sex
	}
	if r.named("rank") {
		p.Rank = r.get("rank")
	}
	if id := roster.FoldNumber(r.identifier("national_id")); id != "" {
		p.IDHash, p.IDTail = a.NationalIDHash(id), roster.MaskedTail(id)
		if other := f.national[p.IDHash]; other != "" && other != p.ID {
			r.reject(fault.Invalid("national_id_held", "national_id"))
		}
		f.national[p.IDHash] = p.ID
	}
	readService(plan, r, p)
}

// readName reads a name that is given whole, in parts or both. The parts of a name
// that has changed go with it.
func readName(r *rosterRow, p *roster.Person) {
	parts := false
	for _, part := range []struct {
		field string
		to    *string
	}{{"family_name", &p.FamilyName}, {"given_name", &p.GivenName}, {"middle_name", &p.MiddleName}, {"name_suffix", &p.NameSuffix}} {
		if r.named(part.field) {
			*part.to, parts = r.get(part.field), true
		}
	}
	if suffix := roster.SuffixOf(p.NameSuffix); suffix != "" {
		p.NameSuffix = suffix
	}
	name := r.get("name")
	if name == "" && parts {
		name = p.Parts().Whole()
	}
	if name == "" && p.Name == "" {
		r.reject(fault.Invalid("required", "name"))
	}
	if len([]rune(name)) > 60 {
		r.reject(fault.Invalid("too_long", "name", "Max", 60))
	}
	if name != "" && name != p.Name {
		p.Name = name
		if !parts {
			p.FamilyName, p.GivenName, p.MiddleName, p.NameSuffix = "", "", "", ""
		}
		setKeys(p, roster.Keys(name))
	}
	if said := strings.Fields(r.get("pinyin")); len(said) > 0 {
		setKeys(p, roster.KeysOf(roster.FoldName(p.Name), said))
	}
}

// readService reads birth, appointment, departure and state, and rejects what
// contradicts itself. A departure that lies in the past says that somebody left.
func readService(plan *rosterPlan, r *rosterRow, p *roster.Person) {
	was := p.State
	for _, date := range []struct {
		field string
		to    *roster.Date
	}{{"born_on", &p.BornOn}, {"appointed_on", &p.AppointedOn}, {"departed_on", &p.DepartedOn}} {
		if day := r.partDate(date.field); r.named(date.field) {
			*date.to = day
		}
	}
	state := r.word("state", map[string]string{"serving": "state.person.serving", "left": "state.person.left"})
	switch {
	case state != "":
		p.State = state
		if was == roster.Left && state == roster.Serving && r.get("departed_on") == "" { // came back
			p.DepartedOn = ""
		}
	case r.get("departed_on") != "" && p.DepartedBy(plan.asOf):
		p.State = roster.Left
	}
	if err := p.Check(plan.asOf); err != nil {
		r.reject(fault.As(err))
	}
}

func setKeys(p *roster.Person, k roster.NameKeys) {
	p.NameFolded, p.Pinyin, p.Initials, p.SortKey = k.Folded, k.Pinyin, k.Initials, k.SortKey
}

// leaves is the day from which somebody who left no longer serves: that of the file,
// or, where a site is being set up, the day after the departure.
func (p *rosterPlan) leaves(who *roster.Person) roster.Date {
	if p.setup && who.DepartedBy(p.asOf) {
		return who.DepartedOn.Last().AddDays(1)
	}
	return p.asOf
}

// personChange collects what the rows ask for: the person and his dated numbers and
// names.
func (a *Personnel) personChange(p *rosterPlan, w *personWish, f *peopleFacts) (*change, int) {
	c, ended := &change{unit: w.after.UnitID}, 0
	switch {
	case w.before == nil:
		c.inserts = append(c.inserts, w.after)
	case personFacts(w.before) != personFacts(w.after):
		c.saves = append(c.saves, saved{w.before, w.after})
	}
	for _, id := range f.held[w.after.ID] {
		if id.Version == 0 {
			c.inserts = append(c.inserts, id)
			continue
		}
		if days, ok := f.dates[id.ID]; ok && days != (span{id.FromOn, id.ToOn}) {
			after := *id
			after.FromOn, after.ToOn = days.from, days.to
			c.saves = append(c.saves, saved{id, &after})
			if days.to != "" && days.to != id.ToOn {
				ended++
			}
		}
	}
	for _, said := range w.names {
		id := &roster.Identifier{PersonID: w.after.ID, Kind: said.Kind, Value: said.Value, Folded: roster.FoldName(said.Value)}
		same := func(i *roster.Identifier) bool { return i.Kind == id.Kind && i.Folded == id.Folded }
		if id.Folded == "" || id.Folded == w.after.NameFolded || slices.ContainsFunc(f.held[w.after.ID], same) {
			continue
		}
		if id.Kind == roster.FormerName && w.before != nil && id.Value == w.before.Name {
			id.ToOn = p.asOf.AddDays(-1)
			c.renamed = id
		}
		f.held[w.after.ID] = append(f.held[w.after.ID], id)
		c.inserts = append(c.inserts, id)
	}
	return c, ended
}

type personKey struct {
	name, pinyin, sort, family, given, middle, suffix string
	sex, rank, hash, state                            string
	kind                                              roster.PersonKind
	born, appointed, departed                         roster.Date
}

// personFacts is all that a row may say of a person, for comparing.
func personFacts(p *roster.Person) personKey {
	return personKey{p.Name, p.Pinyin, p.SortKey, p.FamilyName, p.GivenName, p.MiddleName, p.NameSuffix, p.Sex, p.Rank, p.IDHash, p.State,
		p.Kind, p.BornOn, p.AppointedOn, p.DepartedOn}
}

// endService ends what depends on people who left: postings, command links, and the
// account with its sessions.
func (a *Personnel) endService(ctx context.Context, v *store.View, p *rosterPlan, left map[string]*personWish, f *peopleFacts) error {
	ids := make([]string, 0, len(left))
	for id := range left {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	postings, err := v.PostingsOf(ctx, ids)
	if err != nil {
		return err
	}
	for _, id := range ids {
		w := left[id]
		leaves := p.leaves(w.after)
		for _, x := range postings[id] {
			if x.ToOn == "" || x.ToOn >= p.asOf {
				after := *x
				after.ToOn = endOn(x.FromOn, leaves)
				if after.ToOn == x.ToOn {
					continue
				}
				w.change.saves = append(w.change.saves, saved{x, &after})
				w.ended++
			}
		}
		links, err := v.LinksHeldBy(ctx, id) // few people leave at once
		if err != nil {
			return err
		}
		for _, x := range links {
			if x.ToOn == "" || x.ToOn >= p.asOf {
				after := *x
				after.ToOn = endOn(x.FromOn, leaves)
				if after.ToOn == x.ToOn {
					continue
				}
				w.change.saves = append(w.change.saves, saved{x, &after})
				w.ended++
			}
		}
		if acc := f.accounts[id]; acc != nil && acc.State != roster.AccountDisabled {
			after := *acc
			after.State = roster.AccountDisabled
			w.change.saves = append(w.change.saves, saved{acc, &after})
			w.change.state = append(w.change.state, acc.ID)
		}
		if w.after.UnitID != "" {
			w.after.UnitID = ""
			if !slices.ContainsFunc(w.change.saves, func(s saved) bool { return s.after == ledger.Row(w.after) }) {
				w.change.saves = append(w.change.saves, saved{w.before, w.after})
			}
		}
		p.addPerson(w, w.change, w.ended)
	}
	return nil
}
