package casework

import (
	"context"

	"plumbline/internal/app/desk"
	"plumbline/internal/inquiry"
	"plumbline/internal/roster"
	"plumbline/internal/store"
)

// TrackRow is one line of the list of tracks. It only tells that the inquiry exists
// and how far it has come.
type TrackRow struct {
	ID        string             `json:"id"`
	CaseID    string             `json:"case_id"`
	Side      inquiry.Side       `json:"side"`
	Person    desk.Ref           `json:"person"`
	Unit      desk.Ref           `json:"unit"`
	State     inquiry.TrackState `json:"state"`
	OpenedOn  roster.Date        `json:"opened_on"`
	Form      int                `json:"form"` // decided form, 0 while there is none
	DecidedOn roster.Date        `json:"decided_on"`
}

// TrackPage is one page of the list of tracks.
type TrackPage struct {
	Rows  []TrackRow `json:"rows"`
	Total int64      `json:"total"`
	Next  string     `json:"next"`
}

// Tracks lists tracks in the actor's scope, newest first: the rows behind the
// report's dual investigations and people dealt with.
func (a *Casework) Tracks(ctx context.Context, who *roster.Actor, f inquiry.TrackFilter, cursor string) (out TrackPage, err error) {
	out.Rows = []TrackRow{}
	out.Next, err = a.ReadPage(ctx, who, "track.list", cursor, desk.PageSize, func(ctx context.Context, v *store.View, sc roster.Scope, p *desk.Page) error {
		if out.Total, err = v.TrackCount(ctx, f, sc); err != nil {
			return err
		}
		rows, err := v.TrackList(ctx, f, sc, p.AfterID(), p.Limit+1)
		if err != nil {
			return err
		}
		rows = desk.Cut(p, rows, func(r inquiry.Track) []string { return []string{r.ID} })
		var ids, people, units []string
		for _, t := range rows {
			ids, people, units = append(ids, t.ID), append(people, t.PersonID), append(units, t.UnitID)
		}
		decisions, err := v.DecisionsOn(ctx, ids)
		if err != nil {
			return err
		}
		n, named, err := a.ListNames(ctx, v, who, roster.KindCase, people, units)
		if err != nil {
			return err
		}
		for i := range rows {
			t := &rows[i]
			n.Hide = !named.Admits(desk.Spot(t.ID, t.UnitID, t.BranchID, t.PersonID, t.EventOn))
			row := TrackRow{ID: t.ID, CaseID: t.CaseID, Side: t.Side, Person: n.Person(t.PersonID), Unit: n.Unit(t.UnitID), State: t.State,
				OpenedOn: t.OpenedOn}
			if d := decisions[t.ID]; d.State == inquiry.DecisionDecided {
				row.Form, row.DecidedOn = d.Form, d.DecidedOn
			}
			out.Rows = append(out.Rows, row)
		}
		return nil
	})
	return out, err
}
