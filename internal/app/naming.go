package app

import (
	"context"
	"slices"

	"plumbline/internal/roster"
	"plumbline/internal/store"
)

// Named is a person or a unit as a face shows it: the id always, the name only
// to those who may see names.
type Named struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Number string `json:"number,omitempty"` // personnel number, or unit code
}

// namer puts names beside ids. While hide is set, people stay nameless: a list
// opened from a report shows a leadership reader no names.
type namer struct {
	people map[string]store.NameRow
	units  map[string]*roster.Unit
	en     bool
	hide   bool
}

func (a *App) namer(ctx context.Context, v *store.View, who *roster.Actor, people, units []string) (n namer, err error) {
	n.en = who.Lang == "en"
	if n.people, err = v.NamesOf(ctx, slices.DeleteFunc(slices.Clone(people), func(s string) bool { return s == "" })); err != nil {
		return n, err
	}
	n.units, err = v.UnitsByID(ctx, units)
	return n, err
}

func (n namer) person(id string) Named {
	if id == "" {
		return Named{}
	}
	if n.hide {
		return Named{}
	}
	p := n.people[id]
	return Named{ID: id, Name: p.Name, Number: p.PersonnelNo}
}

func (n namer) unit(id string) Named {
	u := n.units[id]
	if u == nil {
		return Named{ID: id}
	}
	name := u.Name
	if n.en && u.NameEN != "" {
		name = u.NameEN
	}
	return Named{ID: id, Name: name, Number: u.Code}
}
