package people

import (
	"context"
	"slices"
	"strings"

	"plumbline/internal/fault"
	"plumbline/internal/roster"
	"plumbline/internal/store"
)

// rowOps are the operations that save one row of each table.
var rowOps = map[RosterTable]string{UnitTable: "unit.save", PeopleTable: "person.save", PostingTable: "posting.save",
	LinkTable: "command_link.save"}

// RowOp is the operation that saves one row of the table.
func (t RosterTable) RowOp() string { return rowOps[t] }

// Must lists the required fields of a row.
func (t RosterTable) Must() (out []string) {
	for _, c := range rosterColumns[t] {
		if field, must := strings.CutSuffix(c, "*"); must {
			out = append(out, field)
		}
	}
	return out
}

// RosterRow is one row of a table, as a form or a script gives it.
type RosterRow struct {
	Table RosterTable
	Cells map[string]string // by field
	AsOf  roster.Date       // from when it counts; "" is today
}

// SaveRosterRow creates, changes or ends one unit, person, posting or command link
// by the rules of the import. Unlike a file, a row says nothing about what it does
// not name: only a new main posting ends the previous one, and a new head the
// previous head.
func (a *Personnel) SaveRosterRow(ctx context.Context, who *roster.Actor, in RosterRow) (*RosterResult, error) {
	op, ok := rowOps[in.Table]
	if !ok {
		return nil, fault.NotFound()
	}
	route, err := a.Authorize(who, op)
	if err != nil {
		return nil, err
	}
	r := &rosterRow{number: 1, cells: map[string]string{}}
	for field, cell := range in.Cells {
		if !slices.Contains(in.Table.Columns(), field) {
			return nil, fault.Shape("unknown_field", field)
		}
		r.put(field, cell)
	}
	if f := r.missing(in.Table); f != nil {
		r.reject(f)
	}
	if r.bad != nil {
		return nil, r.bad.Fault
	}
	if in.AsOf == "" {
		in.AsOf = a.Today()
	} else if _, err := roster.ParseDate(string(in.AsOf)); err != nil {
		return nil, fault.As(err).WithField("as_of")
	}
	p := &rosterPlan{RosterResult: &RosterResult{Table: in.Table, Rows: 1}, asOf: in.AsOf, partial: true, self: who.Person}
	err = a.Store.View(ctx, func(ctx context.Context, v *store.View) (err error) {
		if p.tree, err = a.Tree(ctx, v); err != nil {
			return err
		}
		if p.scope, err = a.Scope(ctx, v, who, route.Act, route.Kind); err != nil {
			return err
		}
		if err := a.planRoster(ctx, v, p, []*rosterRow{r}); err != nil {
			return err
		}
		return a.holdPast(ctx, v, p)
	})
	if err != nil {
		return nil, err
	}
	if r.bad != nil {
		return nil, r.bad.Fault
	}
	if err := a.applyRoster(ctx, who, op, p, nil); err != nil {
		return nil, err
	}
	return p.RosterResult, a.proposeRewrite(ctx, who, op, p)
}
