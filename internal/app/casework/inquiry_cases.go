package casework

import (
	"context"

	"plumbline/internal/app/desk"
	"plumbline/internal/inquiry"
	"plumbline/internal/roster"
	"plumbline/internal/store"
)

// CaseRow is one line of the list of cases.
type CaseRow struct {
	ID       string            `json:"id"`
	Ref      string            `json:"ref"`
	Person   desk.Ref          `json:"person"`
	Unit     desk.Ref          `json:"unit"`
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

// Cases lists cases in the actor's scope, the newest first.
func (a *Casework) Cases(ctx context.Context, who *roster.Actor, f inquiry.CaseFilter, cursor string) (out CasePage, err error) {
	out.Rows = []CaseRow{}
	out.Next, err = a.ReadPage(ctx, who, "case.list", cursor, desk.PageSize, func(ctx context.Context, v *store.View, sc roster.Scope, p *desk.Page) error {
		today := a.Today()
		if out.Total, err = v.CaseCount(ctx, f, sc, today); err != nil {
			return err
		}
		rows, err := v.CaseList(ctx, f, sc, today, p.AfterID(), p.Limit+1)
		if err != nil {
			return err
		}
		rows = desk.Cut(p, rows, func(r inquiry.Case) []string { return []string{r.ID} })
		var people, units []string
		for _, c := range rows {
			people, units = append(people, c.PersonID), append(units, c.UnitID)
		}
		n, named, err := a.ListNames(ctx, v, who, roster.KindCase, people, units)
		if err != nil {
			return err
		}
		for i := range rows {
			r := &rows[i]
			n.Hide = !named.Admits(desk.Spot(r.ID, r.UnitID, r.BranchID, r.PersonID, r.EventOn))
			out.Rows = append(out.Rows, caseRow(n, r, today))
		}
		return nil
	})
	return out, err
}

func caseRow(n desk.Names, c *inquiry.Case, today roster.Date) CaseRow {
	return CaseRow{
		ID: c.ID, Ref: c.Ref, Person: n.Person(c.PersonID), Unit: n.Unit(c.UnitID), Category: c.Category, Severity: c.Severity,
		EventOn: c.EventOn, State: c.State, OpenedOn: c.OpenedOn, DueOn: c.DueOn, Overdue: c.Overdue(today),
	}
}
