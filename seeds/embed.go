// Package seeds carries the reference data that a new site starts from: the
// conduct categories, the audit sources with their class mappings, the two
// checklists of 50 items, and the organisation of the invented demo bureau.
// It only holds and decodes files; loading them is a user act and goes through
// app methods, never through SQL. Everything that names a place or a person
// here is invented.
package seeds

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"sync"
)

//go:embed *.json
var files embed.FS

// A Label is one name in both languages.
type Label struct {
	ZH string `json:"zh"`
	EN string `json:"en"`
}

// In gives the label in lang ("en" for English, anything else for Chinese).
func (l Label) In(lang string) string {
	if lang == "en" {
		return l.EN
	}
	return l.ZH
}

// A Category says what kind of conduct an issue is about. Audience is "both",
// or "leaders" for the five that appear on the leaders' checklist only.
type Category struct {
	Code     string `json:"code"`
	Audience string `json:"audience"`
	Label
}

// A Source is one of the places that audit records come from, with the mapping
// of its own classes to our categories.
type Source struct {
	Code string `json:"code"`
	Label
	Classes []Class `json:"classes"`
}

// A Class is a source's own word for a kind of problem.
type Class struct {
	Class    string `json:"class"`
	EN       string `json:"en"`
	Category string `json:"category"`
}

// A Checklist is the seed of one checklist version, in both languages.
type Checklist struct {
	Code     string `json:"code"`
	Audience string `json:"audience"` // officers, leaders
	Version  int    `json:"version"`
	Title    Label  `json:"title"`
	Items    []Item `json:"items"`
}

// An Item is one question of a checklist. Severity is the default (0 to 3) that
// a declared issue gets before triage looks at it.
type Item struct {
	No       int    `json:"no"`
	Category string `json:"category"`
	Severity int    `json:"severity"`
	Text     Label  `json:"text"`
	Help     Label  `json:"help"`
}

// An Organisation is the invented bureau of the demo: units in the three tiers
// under one superior authority, and characters to make names from.
type Organisation struct {
	Units      []Unit  `json:"units"`
	Surnames   []Label `json:"surnames"`
	GivenNames []Label `json:"given_names"`
	Posts      []Label `json:"posts"`
	Ranks      []Label `json:"ranks"`
}

// A Unit is one unit of the invented bureau; Parent is the code of the unit
// above it, empty for the superior authority.
type Unit struct {
	Code   string `json:"code"`
	Parent string `json:"parent"`
	Tier   int    `json:"tier"`
	Kind   string `json:"kind"` // authority, bureau, sub_bureau, office, station, squad
	Label
}

// Categories gives the 18 categories in their fixed order.
var Categories = sync.OnceValue(func() []Category { return load[[]Category]("categories.json") })

// Sources gives the eight audit sources in their fixed order.
var Sources = sync.OnceValue(func() []Source { return load[[]Source]("sources.json") })

// Officers is the checklist that every person on the roster owes.
var Officers = sync.OnceValue(func() Checklist { return load[Checklist]("checklist-officers.json") })

// Leaders is the checklist that members of a leadership team owe as well, and
// every unit for its team as a body.
var Leaders = sync.OnceValue(func() Checklist { return load[Checklist]("checklist-leaders.json") })

// Bureau is the invented organisation of the demo.
var Bureau = sync.OnceValue(func() Organisation { return load[Organisation]("organisation.json") })

// load decodes one embedded file. The files are compiled in, so a bad one is a
// broken build and panics at first use; the tests read every file.
func load[T any](name string) T {
	b, err := files.ReadFile(name)
	if err != nil {
		panic(fmt.Sprintf("seeds: %v", err))
	}
	var v T
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&v); err != nil {
		panic(fmt.Sprintf("seeds: decode %s: %v", name, err))
	}
	return v
}
