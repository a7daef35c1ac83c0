package page

import (
	"strings"

	"plumbline/internal/app/desk"
	"plumbline/internal/roster"
	"plumbline/internal/web/ui"
	"plumbline/internal/words"
	"plumbline/seeds"
)

// Verb names a ledger verb where the catalogue does.
func (c *Call) Verb(verb string) string {
	if key := "verb." + verb; words.Has(key) {
		return c.T(key)
	}
	return verb
}

// Rank translates a police rank; anything else stays as it is in the roster.
func (c *Call) Rank(written string) string {
	if key := "rank." + written; words.Has(key) {
		return c.T(key)
	}
	return written
}

// Between formats the dates of a dated fact; an open end is left out.
func Between(from, to roster.Date) string {
	if from == "" && to == "" {
		return ""
	}
	return string(from) + " – " + string(to)
}

// Person is a name for a table cell; empty for a reader without names.
func Person(n desk.Ref) string {
	if n.Number == "" {
		return n.Name
	}
	return n.Name + " " + n.Number
}

// ChooseCategory are the categories, for a form.
func ChooseCategory(c *Call) []ui.Option {
	opts := []ui.Option{{Text: c.T("page.choose")}}
	for _, x := range seeds.Categories() {
		opts = append(opts, ui.Option{Value: x.Code, Text: x.In(string(c.Lang))})
	}
	return opts
}

// StateOptions are the states of a kind, for a filter.
func StateOptions[S ~string](c *Call, kind string, states []S) []ui.Option {
	codes := make([]string, len(states))
	for i, s := range states {
		codes[i] = string(s)
	}
	return ui.Codes(c.Lang, "state."+kind, "page.all", codes...)
}

// CodesOf are the codes of a group, for a form.
func CodesOf[S ~string](c *Call, group string, codes []S) []ui.Option {
	plain := make([]string, len(codes))
	for i, x := range codes {
		plain[i] = string(x)
	}
	return ui.Codes(c.Lang, group, "page.choose", plain...)
}

// HashGroups formats a hash in groups of eight digits, for comparison by eye.
func HashGroups(hash string) string {
	var parts []string
	for len(hash) > 8 {
		parts, hash = append(parts, hash[:8]), hash[8:]
	}
	return strings.Join(append(parts, hash), " ")
}

// RoleNames lists the actor's roles, each once, in the order of the rules.
func (c *Call) RoleNames() string {
	names := ""
	for _, r := range roster.Roles {
		if c.Actor.Holds(r) {
			if names != "" {
				names += " · "
			}
			names += c.T("role." + string(r))
		}
	}
	return names
}

// ListName names a list of the self-check: whose it is, and of which audience.
func (c *Call) ListName(personID, unit, audience string) string {
	if personID == "" {
		return c.T("selfcheck.list.unit", "Unit", unit)
	}
	return c.T("selfcheck.list." + audience)
}
