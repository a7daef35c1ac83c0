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
	ending   map[string]roster.Date          // identifier → its last day, by this file
}

func (a *Personnel) loadPeople(ctx context.Context, v *store.View, rows []*rosterRow) (*peopleFacts, error) {
	f := &peopleFacts{accounts: map[string]*roster.Account{}, ending: map[string]roster.Date{}}
	var numbers, held, hashes, ids []string
	for _, r := range rows {
		numbers = append(numbers, roster.FoldNumber(r.get("personnel_no")))
		held = append(held, roster.FoldNumber(r.get("police_no")), roster.FoldNumber(r.get("badge_no")))
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

// planPeople compares the rows with the existing people. A number given up in one
// row may be taken in another, so releases are planned first.
func (a *Personnel) planPeople(ctx context.Context, v *store.View, p *rosterPlan, rows []*rosterRow) error {
	f, err := a.loadPeople(ctx, v, rows)
	if err != nil {
		return err
	}
	named := map[string]bool{}
	wishes := make([]*personWish, len(rows))
	for i, r := range rows {
		w := a.readPerson(r, f)
		if r.bad == nil && named[w.number] {
			r.reject(fault.Invalid("roster_row_twice", "personnel_no"))
		}
		if r.bad == nil && w.before != nil && w.before.UnitID != "" && !p.reaches(w.before.UnitID) {
			r.reject(fault.Invalid("roster_out_of_reach", "personnel_no"))
		}
		if r.bad != nil {
			continue
		}
		named[w.number] = true
		wishes[i] = w
		for _, id := range f.held[w.after.ID] {
			if id.Kind == roster.FormerName || id.ToOn != "" && id.ToOn < p.asOf {
				continue
			}
			if value := w.numbers[id.Kind]; w.after.State == roster.Left || value != "" && roster.FoldNumber(value) != id.Folded {
				f.ending[id.ID] = endOn(id.FromOn, max(w.from, p.asOf))
				if w.from != "" {
					f.ending[id.ID] = endOn(id.FromOn, w.from)
				}
			}
		}
	}
	left := map[string]*personWish{}
	for i, w := range wishes {
		if w == nil {
			continue
		}
		a.checkHolders(p, rows[i], w, f)
		if rows[i].bad != nil {
			continue
		}
		c, ended := a.personChange(p, w, f)
		c.fresh, c.from = w.before == nil, []*rosterRow{rows[i]}
		if w.after.State == roster.Left && w.before != nil {
			left[w.after.ID] = w
			w.change = c
			w.ended = ended
			continue
		}
		p.addOne(c, w.before == nil, ended)
	}
	return a.endService(ctx, v, p, left, f)
}

// personWish is what a row says about a person.
type personWish struct {
	number        string
	before, after *roster.Person
	numbers       map[string]string // kind → value
	former        []string
	from          roster.Date // of new numbers
	change        *change
	ended         int
}

func (a *Personnel) readPerson(r *rosterRow, f *peopleFacts) *personWish {
	w := &personWish{number: roster.FoldNumber(r.identifier("personnel_no")), numbers: map[string]string{}, from: r.date("numbers_from")}
	w.before = f.byNumber[w.number]
	if w.before != nil {
		after := *w.before
		w.after = &after
	} else {
		w.after = &roster.Person{PersonnelNo: w.number, Kind: roster.Officer, State: roster.Serving}
		w.after.ID = store.NewID()
	}
	p := w.after
	if name := r.get("name"); name != p.Name {
		if len([]rune(name)) > 60 {
			r.reject(fault.Invalid("too_long", "name", "Max", 60))
		}
		if w.before != nil {
			w.former = append(w.former, p.Name)
		}
		p.Name = name
		setKeys(p, roster.Keys(name))
	}
	if said := strings.Fields(r.get("pinyin")); len(said) > 0 {
		setKeys(p, roster.KeysOf(roster.FoldName(p.Name), said))
	}
	if kind := r.word("kind", map[string]string{"officer": "kind.officer", "auxiliary": "kind.auxiliary"}); kind != "" {
		p.Kind = roster.PersonKind(kind)
	}
	if sex := r.word("sex", map[string]string{"m": "roster.sex.m male", "f": "roster.sex.f female"}); r.named("sex") {
		p.Sex = sex
	}
	if born := r.date("born_on"); r.named("born_on") {
		p.BornOn = born
	}
	if r.named("rank") {
		p.Rank = r.get("rank")
	}
	if state := r.word("state", map[string]string{"serving": "state.person.serving", "left": "state.person.left"}); state != "" {
		p.State = state
	}
	if id := roster.FoldNumber(r.identifier("national_id")); id != "" {
		p.IDHash, p.IDTail = a.NationalIDHash(id), roster.MaskedTail(id)
		if other := f.national[p.IDHash]; other != "" && other != p.ID {
			r.reject(fault.Invalid("national_id_held", "national_id"))
		}
		f.national[p.IDHash] = p.ID
	}
	for _, kind := range []string{roster.PoliceNo, roster.BadgeNo} {
		if no := r.identifier(kind); no != "" {
			w.numbers[kind] = no
		}
	}
	w.former = append(w.former, strings.FieldsFunc(r.get("former_name"), func(c rune) bool { return strings.ContainsRune("、,;/，；", c) })...)
	return w
}

func setKeys(p *roster.Person, k roster.NameKeys) {
	p.NameFolded, p.Pinyin, p.Initials, p.SortKey = k.Folded, k.Pinyin, k.Initials, k.SortKey
}

// begins is the day from which a new number counts: as given in the row, else always
// for somebody new, else the day of the file.
func (w *personWish) begins(held bool, asOf roster.Date) roster.Date {
	if w.from != "" {
		return w.from
	}
	if held {
		return asOf
	}
	return ""
}

// checkHolders refuses a number that somebody else holds at the same time. A number
// may be reused once its holder has given it up.
func (a *Personnel) checkHolders(p *rosterPlan, r *rosterRow, w *personWish, f *peopleFacts) {
	for kind, value := range w.numbers {
		folded := roster.FoldNumber(value)
		if w.after.State == roster.Left || slices.ContainsFunc(f.held[w.after.ID], func(i *roster.Identifier) bool {
			return i.Kind == kind && i.Folded == folded && (i.ToOn == "" || i.ToOn >= p.asOf)
		}) {
			continue
		}
		hadOne := slices.ContainsFunc(f.held[w.after.ID], func(i *roster.Identifier) bool { return i.Kind == kind })
		from := w.begins(hadOne, p.asOf)
		for _, other := range f.holders[kind+" "+folded] {
			to := other.ToOn
			if end, ok := f.ending[other.ID]; ok {
				to = end
				if w.from == "" && !hadOne { // taken over: it counts from the day after
					from = max(from, end.AddDays(1))
				}
			}
			if other.PersonID != w.after.ID && roster.Overlap(from, "", other.FromOn, to) {
				if w.from == "" && to != "" && !hadOne {
					from = max(from, to.AddDays(1))
					continue
				}
				r.reject(fault.Invalid("number_held", kind))
			}
		}
		if r.bad != nil {
			return
		}
		id := &roster.Identifier{PersonID: w.after.ID, Kind: kind, Value: value, Folded: folded, FromOn: from}
		id.ID = store.NewID()
		f.held[w.after.ID] = append(f.held[w.after.ID], id)
		f.holders[kind+" "+folded] = append(f.holders[kind+" "+folded], id)
	}
}

// personChange collects what a row asks for: the person and his dated numbers and
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
		if end, ok := f.ending[id.ID]; ok && id.ToOn != end {
			after := *id
			after.ToOn = end
			c.saves = append(c.saves, saved{id, &after})
			ended++
		}
	}
	for i, name := range w.former {
		name = strings.TrimSpace(name)
		folded := roster.FoldName(name)
		if folded == "" || folded == w.after.NameFolded || slices.ContainsFunc(f.held[w.after.ID], func(i *roster.Identifier) bool { return i.Kind == roster.FormerName && i.Folded == folded }) {
			continue
		}
		id := &roster.Identifier{PersonID: w.after.ID, Kind: roster.FormerName, Value: name, Folded: folded}
		if i == 0 && w.before != nil && name == w.before.Name {
			id.ToOn = p.asOf.AddDays(-1)
			c.renamed = id
		}
		f.held[w.after.ID] = append(f.held[w.after.ID], id)
		c.inserts = append(c.inserts, id)
	}
	return c, ended
}

type personKey struct {
	name, pinyin, sex, rank, hash, state, sort string
	kind                                       roster.PersonKind
	born                                       roster.Date
}

func personFacts(p *roster.Person) personKey {
	return personKey{p.Name, p.Pinyin, p.Sex, p.Rank, p.IDHash, p.State, p.SortKey, p.Kind, p.BornOn}
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
		for _, x := range postings[id] {
			if x.ToOn == "" || x.ToOn >= p.asOf {
				after := *x
				after.ToOn = endOn(x.FromOn, p.asOf)
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
				after.ToOn = endOn(x.FromOn, p.asOf)
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
		p.addOne(w.change, false, w.ended)
	}
	return nil
}
