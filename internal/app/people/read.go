package people

import (
	"context"
	"errors"
	"slices"
	"strings"

	"plumbline/internal/app/accounts"
	"plumbline/internal/app/desk"
	"plumbline/internal/fault"
	"plumbline/internal/kinds"
	"plumbline/internal/ledger"
	"plumbline/internal/roster"
	"plumbline/internal/store"
	"plumbline/internal/verbs"
)

// UnitView is a unit as a face shows it.
type UnitView struct {
	ID          string           `json:"id"`
	Version     int64            `json:"version"`
	Code        string           `json:"code"`
	Name        string           `json:"name"`
	NameEN      string           `json:"name_en,omitempty"`
	Tier        int              `json:"tier"`
	ParentID    string           `json:"parent_id,omitempty"`
	State       roster.UnitState `json:"state"`
	SuccessorID string           `json:"successor_id,omitempty"`
	FromOn      roster.Date      `json:"from,omitempty"`
	ToOn        roster.Date      `json:"to,omitempty"`
	Strength    int64            `json:"strength"` // serving people posted in the unit itself
	Depth       int              `json:"-"`
}

func viewUnit(u *roster.Unit, strength int64) UnitView {
	return UnitView{ID: u.ID, Version: u.Version, Code: u.Code, Name: u.Name, NameEN: u.NameEN, Tier: u.Tier, ParentID: u.ParentID,
		State:       u.State,
		SuccessorID: u.SuccessorID, FromOn: u.FromOn, ToOn: u.ToOn, Strength: strength}
}

// Units lists the units in scope, parents before children.
func (a *Personnel) Units(ctx context.Context, who *roster.Actor) (out []UnitView, err error) {
	out = []UnitView{}
	err = a.Read(ctx, who, "unit.list", func(ctx context.Context, v *store.View) error {
		sc, tree, err := a.UnitScope(ctx, v, who, roster.ActList, roster.KindUnit)
		if err != nil {
			return err
		}
		strength, err := v.StrengthByUnit(ctx)
		if err != nil {
			return err
		}
		for _, u := range tree.Units() {
			if sc.Admits(roster.Target{ID: u.ID, Unit: u.ID}) {
				view := viewUnit(u, strength[u.ID])
				view.Depth = len(tree.Ancestors(u.ID)) - 1
				out = append(out, view)
			}
		}
		return nil
	})
	return out, err
}

// LinkView is a command link with names.
type LinkView struct {
	ID           string          `json:"id"`
	Kind         roster.LinkKind `json:"kind"`
	PersonID     string          `json:"person_id"`
	Person       string          `json:"person"`
	OverUnitID   string          `json:"over_unit_id,omitempty"`
	OverPersonID string          `json:"over_person_id,omitempty"`
	Over         string          `json:"over"`
	FromOn       roster.Date     `json:"from,omitempty"`
	ToOn         roster.Date     `json:"to,omitempty"`
}

// UnitPage is one unit, who commands it, and where it was in the tree over time.
type UnitPage struct {
	UnitView
	Parents  []roster.UnitLink `json:"-"`
	Names    map[string]string `json:"-"` // of units, by id
	Children []UnitView        `json:"children"`
	Links    []LinkView        `json:"links"`
}

// Unit opens one unit.
func (a *Personnel) Unit(ctx context.Context, who *roster.Actor, id string) (page *UnitPage, err error) {
	err = a.Read(ctx, who, "unit.read", func(ctx context.Context, v *store.View) error {
		sc, tree, err := a.UnitScope(ctx, v, who, roster.ActRead, roster.KindUnit)
		if err != nil {
			return err
		}
		u, err := v.Unit(ctx, id, sc)
		if err != nil {
			return err
		}
		strength, err := v.StrengthByUnit(ctx)
		if err != nil {
			return err
		}
		page = &UnitPage{UnitView: viewUnit(u, strength[id]), Children: []UnitView{}}
		for _, c := range tree.Children(id) {
			page.Children = append(page.Children, viewUnit(tree.Unit(c), strength[c]))
		}
		links, err := v.UnitLinks(ctx)
		if err != nil {
			return err
		}
		for _, l := range links {
			if l.UnitID == id {
				page.Parents = append(page.Parents, l)
			}
		}
		over, err := v.LinksOver(ctx, []string{id}, nil)
		if err != nil {
			return err
		}
		if page.Links, err = a.linkViews(ctx, v, who, over); err != nil {
			return err
		}
		page.Names, err = a.UnitNames(ctx, v, who.Lang)
		return err
	})
	return page, err
}

func (a *Personnel) linkViews(ctx context.Context, v *store.View, who *roster.Actor, links []*roster.CommandLink) ([]LinkView, error) {
	var people []string
	for _, l := range links {
		people = append(people, l.PersonID, l.OverPersonID)
	}
	names, err := v.PersonNames(ctx, people)
	if err != nil {
		return nil, err
	}
	units, err := a.UnitNames(ctx, v, who.Lang)
	out := make([]LinkView, 0, len(links))
	for _, l := range links {
		view := LinkView{ID: l.ID, Kind: l.Kind, PersonID: l.PersonID, Person: names[l.PersonID], OverUnitID: l.OverUnitID,
			OverPersonID: l.OverPersonID, Over: units[l.OverUnitID], FromOn: l.FromOn, ToOn: l.ToOn}
		if l.OverPersonID != "" {
			view.Over = names[l.OverPersonID]
		}
		out = append(out, view)
	}
	return out, err
}

// PersonView is a person's roster data; it contains nothing of his file.
type PersonView struct {
	ID          string            `json:"id"`
	Version     int64             `json:"version"`
	PersonnelNo string            `json:"personnel_no"`
	Name        string            `json:"name"`
	Kind        roster.PersonKind `json:"kind"`
	Sex         string            `json:"sex,omitempty"`
	Rank        string            `json:"rank,omitempty"`
	State       string            `json:"state"`
	UnitID      string            `json:"unit_id,omitempty"`
	Unit        string            `json:"unit,omitempty"`
}

// PeopleQuery asks for a page of people. Search terms never appear in an address.
type PeopleQuery struct {
	Query  string
	UnitID string // and the units below it
	State  string
	Kind   roster.PersonKind
	Cursor string
	Limit  int
}

// SearchPeople finds people in scope by characters, pinyin, initials or number.
func (a *Personnel) SearchPeople(ctx context.Context, who *roster.Actor, in PeopleQuery) (out []PersonView, next string, err error) {
	if len(in.Query) > 200 {
		return nil, "", fault.Invalid("too_long", "query", "Max", 60)
	}
	out = []PersonView{}
	next, err = a.ReadPage(ctx, who, "person.search", in.Cursor, in.Limit, func(ctx context.Context, v *store.View, sc roster.Scope, p *desk.Page) error {
		tree, err := a.Tree(ctx, v)
		if err != nil {
			return err
		}
		f := store.PeopleFilter{State: in.State, Kind: in.Kind, Query: strings.TrimSpace(in.Query)}
		if in.UnitID != "" {
			f.Unit = append([]string{}, tree.Subtree(in.UnitID)...)
		}
		rows, err := v.PeopleList(ctx, f, sc, p.Rows())
		if err != nil {
			return err
		}
		rows = desk.Cut(p, rows, func(r roster.Person) []string { return []string{r.SortKey, r.ID} })
		units, err := a.UnitNames(ctx, v, who.Lang)
		for i := range rows {
			out = append(out, viewPerson(&rows[i], units))
		}
		return err
	})
	return out, next, err
}

func viewPerson(p *roster.Person, units map[string]string) PersonView {
	return PersonView{ID: p.ID, Version: p.Version, PersonnelNo: p.PersonnelNo, Name: p.Name, Kind: p.Kind, Sex: p.Sex, Rank: p.Rank,
		State: p.State, UnitID: p.UnitID, Unit: units[p.UnitID]}
}

// DatedFact is a posting, number or name of a person with its dates.
type DatedFact struct {
	Kind   string      `json:"kind"` // posting, police_no, badge_no, former_name, nickname, other_name
	Text   string      `json:"text"`
	UnitID string      `json:"unit_id,omitempty"`
	Unit   string      `json:"unit,omitempty"`
	Rank   string      `json:"rank,omitempty"`
	Team   bool        `json:"team,omitempty"`
	Main   bool        `json:"main,omitempty"`
	FromOn roster.Date `json:"from,omitempty"`
	ToOn   roster.Date `json:"to,omitempty"`
}

// PersonPage is one person with all dated facts about him.
type PersonPage struct {
	PersonView
	Parts       roster.NameParts `json:"name_parts,omitzero"`
	BornOn      roster.Date      `json:"born_on,omitempty"` // a date, a month or a year
	AppointedOn roster.Date      `json:"appointed_on,omitempty"`
	DepartedOn  roster.Date      `json:"departed_on,omitempty"`
	IDTail      string           `json:"national_id,omitempty"` // masked
	Pinyin      string           `json:"pinyin"`                // syllables with blanks
	Dated       []DatedFact      `json:"dated"`
	Leads       []LinkView       `json:"leads"`
	Superiors   []LinkView       `json:"superiors"` // today
}

// Person opens one person's roster facts.
func (a *Personnel) Person(ctx context.Context, who *roster.Actor, id string) (page *PersonPage, err error) {
	err = a.Read(ctx, who, "person.read", func(ctx context.Context, v *store.View) error {
		sc, err := a.Scope(ctx, v, who, roster.ActRead, roster.KindPerson)
		if err != nil {
			return err
		}
		p, err := v.Person(ctx, id, sc)
		if err != nil {
			return err
		}
		page, err = a.personPage(ctx, v, who, p)
		return err
	})
	return page, err
}

func (a *Personnel) personPage(ctx context.Context, v *store.View, who *roster.Actor, p *roster.Person) (*PersonPage, error) {
	units, err := a.UnitNames(ctx, v, who.Lang)
	if err != nil {
		return nil, err
	}
	page := &PersonPage{PersonView: viewPerson(p, units), Parts: p.Parts(), BornOn: p.BornOn, AppointedOn: p.AppointedOn,
		DepartedOn: p.DepartedOn, IDTail: p.IDTail,
		Pinyin: strings.TrimSpace(strings.TrimSuffix(p.SortKey, p.NameFolded)), Dated: []DatedFact{}}
	postings, err := v.PostingsOf(ctx, []string{p.ID})
	if err != nil {
		return nil, err
	}
	var now []string
	for _, x := range postings[p.ID] {
		page.Dated = append(page.Dated, DatedFact{Kind: "posting", Text: x.Post, UnitID: x.UnitID, Unit: units[x.UnitID], Rank: x.Rank,
			Team: x.Team, Main: x.Main, FromOn: x.FromOn, ToOn: x.ToOn})
		if a.Today().Within(x.FromOn, x.ToOn) {
			now = append(now, x.UnitID)
		}
	}
	numbers, err := v.IdentifiersOf(ctx, []string{p.ID})
	if err != nil {
		return nil, err
	}
	for _, x := range numbers[p.ID] {
		page.Dated = append(page.Dated, DatedFact{Kind: x.Kind, Text: x.Value, FromOn: x.FromOn, ToOn: x.ToOn})
	}
	own, err := v.LinksHeldBy(ctx, p.ID)
	if err != nil {
		return nil, err
	}
	if page.Leads, err = a.linkViews(ctx, v, who, own); err != nil {
		return nil, err
	}
	tree, err := a.Tree(ctx, v)
	if err != nil {
		return nil, err
	}
	var above []string
	for _, u := range now {
		above = append(above, tree.Ancestors(u)...)
	}
	over, err := v.LinksOver(ctx, above, []string{p.ID})
	if err != nil {
		return nil, err
	}
	over = slices.DeleteFunc(over, func(l *roster.CommandLink) bool { return l.PersonID == p.ID || !a.Today().Within(l.FromOn, l.ToOn) })
	page.Superiors, err = a.linkViews(ctx, v, who, over)
	return page, err
}

// NameKeysInput corrects how a name is read: syllables separated by spaces.
type NameKeysInput struct {
	ID      string `json:"-"` // "" is the actor himself
	Version int64  `json:"version"`
	Pinyin  string `json:"pinyin"`
}

// Validate judges the input by itself.
func (in NameKeysInput) Validate() error {
	if f := accounts.Missing(in.Pinyin, "pinyin"); f != nil {
		return f
	}
	for _, s := range strings.Fields(in.Pinyin) {
		if k := roster.FoldQuery(s); k == "" || len(k) > 20 || len(in.Pinyin) > 120 {
			return fault.Invalid("pinyin_unreadable", "pinyin")
		}
	}
	return nil
}

// CorrectNameKeys corrects how a name is read: one's own or, for a records officer,
// that of somebody in scope.
func (a *Personnel) CorrectNameKeys(ctx context.Context, who *roster.Actor, in NameKeysInput) (desk.Receipt, error) {
	op := "person.edit"
	if in.ID == "" {
		op = "own.name_keys"
	} else if in.Version == 0 {
		return desk.Receipt{}, fault.VersionRequired()
	}
	rec, err := a.Write(ctx, who, desk.Write{Op: op, Body: in}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		var before *roster.Person
		if in.ID == "" {
			people, err := tx.PeopleByID(ctx, []string{who.Person})
			if err != nil {
				return nil, "", err
			}
			if before = people[who.Person]; before == nil {
				return nil, "", fault.NotFound()
			}
		} else {
			sc, err := a.Scope(ctx, &tx.View, who, roster.ActEdit, roster.KindPerson)
			if err != nil {
				return nil, "", err
			}
			if before, err = tx.Person(ctx, in.ID, sc); err != nil {
				return nil, "", err
			}
			if before.Version != in.Version {
				return nil, "", fault.Conflict("stale_version", "Current", before.Version)
			}
		}
		after := *before
		setKeys(&after, roster.KeysOf(roster.FoldName(after.Name), strings.Fields(in.Pinyin)))
		if after.SortKey == before.SortKey {
			return nil, "", store.ErrUnchanged
		}
		return []ledger.Fact{{Verb: verbs.PersonNameKeys, Kind: kinds.Person, ID: after.ID, Unit: after.UnitID}}, after.ID, tx.Save(ctx,
			before, &after)
	})
	if errors.Is(err, store.ErrUnchanged) {
		return desk.Receipt{}, nil
	}
	return rec, err
}
