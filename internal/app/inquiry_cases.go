package app

import (
	"context"

	"plumbline/internal/inquiry"
	"plumbline/internal/roster"
	"plumbline/internal/store"
)

// CaseRow is one line of the list of cases.
type CaseRow struct {
	ID       string            `json:"id"`
	Ref      string            `json:"ref"`
	Person   Named             `json:"person"`
	Unit     Named             `json:"unit"`
	Category string            `json:"category"`
	Severity int               `json:"severity"`
	EventOn  roster.Date       `json:"event_on"`
	State    inquiry.CaseState `json:"state"`
	OpenedOn roster.Date       `json:"opened_on"`
	DueOn    roster.Date       `json:"due_on"`
	Overdue  bool              `json:"overdue"`
}

// CasePage is one page of the list of cases.
type CasePage struct {
	Rows  []CaseRow `json:"rows"`
	Total int64     `json:"total"`
	Next  string    `json:"next"`
}

// pageSize is how many rows a list shows.
const pageSize = 50

// Cases lists cases in the actor's scope, the newest first.
func (a *App) Cases(ctx context.Context, who *roster.Actor, f inquiry.CaseFilter, cursor string) (out CasePage, err error) {
	out.Rows = []CaseRow{}
	after, err := a.openCursor(who, "case.list", cursor)
	if err != nil {
		return out, err
	}
	err = a.read(ctx, who, "case.list", func(ctx context.Context, v *store.View) error {
		sc, err := a.scope(ctx, v, who, roster.ActList, roster.KindCase)
		if err != nil {
			return err
		}
		today := a.Today()
		if out.Total, err = v.CaseCount(ctx, f, sc, today); err != nil {
			return err
		}
		rows, err := v.CaseList(ctx, f, sc, today, first(after), pageSize+1)
		if err != nil {
			return err
		}
		if len(rows) > pageSize {
			rows = rows[:pageSize]
			out.Next = a.sealCursor(who, "case.list", []string{rows[pageSize-1].ID})
		}
		var people, units []string
		for _, c := range rows {
			people, units = append(people, c.PersonID), append(units, c.UnitID)
		}
		n, err := a.namer(ctx, v, who, people, units)
		if err != nil {
			return err
		}
		named, err := a.namedScope(ctx, v, who, roster.ActList, roster.KindCase)
		if err != nil {
			return err
		}
		for i := range rows {
			r := &rows[i]
			n.hide = !named.Admits(spot(r.ID, r.UnitID, r.BranchID, r.PersonID, r.EventOn))
			out.Rows = append(out.Rows, n.caseRow(r, today))
		}
		return nil
	})
	return out, err
}

func first(after []string) string {
	if len(after) == 0 {
		return ""
	}
	return after[0]
}

func (n namer) caseRow(c *inquiry.Case, today roster.Date) CaseRow {
	return CaseRow{
		ID: c.ID, Ref: c.Ref, Person: n.person(c.PersonID), Unit: n.unit(c.UnitID), Category: c.Category, Severity: c.Severity,
		EventOn: c.EventOn, State: c.State, OpenedOn: c.OpenedOn, DueOn: c.DueOn, Overdue: c.Overdue(today),
	}
}
