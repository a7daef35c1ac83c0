package desk

import (
	"context"
	"strconv"
	"strings"
	"unicode/utf8"

	"plumbline/internal/fault"
	"plumbline/internal/ledger"
	"plumbline/internal/roster"
	"plumbline/internal/store"
)

// UnitScope is a scope for tables with units but without branches: it lists the
// units of each branch.
func (d *Desk) UnitScope(ctx context.Context, v *store.View, who *roster.Actor, act roster.Act,
	kind roster.Kind) (roster.Scope, *roster.Tree, error) {
	tree, err := d.Tree(ctx, v)
	if err != nil {
		return roster.Scope{}, nil, err
	}
	sc := d.table.Scope(who, act, kind, tree)
	for _, b := range sc.Branches {
		sc.Units = append(sc.Units, tree.Subtree(b)...)
	}
	sc.Branches = nil
	return sc, tree, nil
}

// RequireLine checks a required single-line text.
func RequireLine(field, s string) *fault.Error {
	if f := RequireText(field, s); f != nil {
		return f
	}
	if len([]rune(s)) > 200 {
		return fault.Invalid("too_long", field, "Max", 200)
	}
	return nil
}

// PickID returns the id created by this write, or by the first one when the request
// is repeated.
func PickID(made string, r Receipt) string {
	if made != "" {
		return made
	}
	return r.ResultID
}

// AfterID is the id in the cursor of a list ordered by id; "" on the first page.
func AfterID(after []string) string {
	if len(after) == 0 {
		return ""
	}
	return after[0]
}

// NumberedField names one of several texts that a record keeps under the same field.
func NumberedField(field string, n int64) string { return field + "." + strconv.FormatInt(n, 10) }

// MaxText is the maximum length of a written reason or note, in characters.
const MaxText = 4000

// RequireText checks a required text.
func RequireText(field, s string) *fault.Error {
	s = strings.TrimSpace(s)
	switch {
	case s == "":
		return fault.Invalid("required", field)
	case utf8.RuneCountInString(s) > MaxText:
		return fault.Invalid("too_long", field, "Max", MaxText)
	}
	return nil
}

// SameVersion requires an edit to name the version it edits, which must be the
// current one.
func SameVersion(have, named int64) error {
	switch named {
	case 0:
		return fault.VersionRequired()
	case have:
		return nil
	}
	return fault.Conflict("stale_version", "Current", have)
}

// Alter saves a changed copy of a row and leaves the changed row in its place.
func Alter[T any, P interface {
	*T
	ledger.Row
}](ctx context.Context, tx *store.Tx, row P, change func(P) error) error {
	before, after := *row, *row
	if err := change(P(&after)); err != nil {
		return err
	}
	if err := tx.Save(ctx, P(&before), P(&after)); err != nil {
		return err
	}
	*row = after
	return nil
}

// LowestTier is below every unit: whoever holds no role here decides nothing.
const LowestTier = 9

// Spot is a row in the form that a scope judges.
func Spot(id, unit, branch, person string, on roster.Date) roster.Target {
	return roster.Target{ID: id, Unit: unit, Branch: branch, Person: person, EventOn: on}
}

// Everything is the scope of the program's own work on a batch, once the act itself
// has been allowed.
var Everything = roster.Scope{All: true}

// CheckText refuses a text that is too long, or missing where one is required.
func CheckText(text, code, field string, needed bool) error {
	if n := len([]rune(text)); n > MaxText || (needed && strings.TrimSpace(text) == "") {
		return fault.Invalid(code, field)
	}
	return nil
}

// UnitsLed lists the units that the actor heads, or whose head he stands in for.
func UnitsLed(who *roster.Actor) []string {
	var units []string
	for _, h := range who.Held {
		if h.Role == roster.RoleUnitHead {
			units = append(units, h.Unit)
		}
	}
	return units
}
