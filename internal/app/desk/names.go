package desk

import (
	"context"
	"slices"

	"plumbline/internal/roster"
	"plumbline/internal/store"
)

// HiddenPerson replaces the id of a person whom the reader may not see.
const HiddenPerson = "hidden"

// UnitName is a unit's name in the language; "" for no unit.
func UnitName(lang string, u *roster.Unit) string {
	switch {
	case u == nil:
		return ""
	case lang == "en" && u.NameEN != "":
		return u.NameEN
	}
	return u.Name
}

// Ref is a person or a unit as a face shows it: always the id, and the name only for
// readers who may see names.
type Ref struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Number string `json:"number,omitempty"` // personnel number, or unit code
}

// Names maps ids to names. While Hide is set, people stay nameless: a list opened
// from a report shows no names to a leadership reader.
type Names struct {
	people map[string]store.NameRow
	units  map[string]*roster.Unit
	lang   string
	Hide   bool // shows people without their names
}

// Names looks up the names of people and units by their ids, for the actor's
// language. Whether he may see them is for the caller to judge.
func (d *Desk) Names(ctx context.Context, v *store.View, who *roster.Actor, people, units []string) (n Names, err error) {
	n.lang = who.Lang
	if n.people, err = v.NamesOf(ctx, slices.DeleteFunc(slices.Clone(people), func(s string) bool { return s == "" })); err != nil {
		return n, err
	}
	n.units, err = v.UnitsByID(ctx, units)
	return n, err
}

// Person is a person as the reader may see him.
func (n Names) Person(id string) Ref {
	if id == "" || n.Hide {
		return Ref{}
	}
	p := n.people[id]
	return Ref{ID: id, Name: p.Name, Number: p.PersonnelNo}
}

// Unit is a unit with its name.
func (n Names) Unit(id string) Ref {
	u := n.units[id]
	if u == nil {
		return Ref{ID: id}
	}
	return Ref{ID: id, Name: UnitName(n.lang, u), Number: u.Code}
}

// UnitNames gives the name of every unit in the language.
func (d *Desk) UnitNames(ctx context.Context, v *store.View, lang string) (map[string]string, error) {
	tree, err := d.Tree(ctx, v)
	if err != nil {
		return nil, err
	}
	units := tree.Units()
	out := make(map[string]string, len(units))
	for _, u := range units {
		out[u.ID] = UnitName(lang, u)
	}
	return out, nil
}
