package custody

import (
	"context"
	"slices"

	"plumbline/internal/app/desk"
	"plumbline/internal/custody"
	"plumbline/internal/fault"
	"plumbline/internal/roster"
	"plumbline/internal/store"
)

// DueInput asks for one page of the records that are due.
type DueInput struct {
	Kind   custody.RecordKind // "" is issues
	Ready  bool               // without what a hold keeps or what is proposed already
	Cursor string
}

// DueRow is one record whose retention period is over.
type DueRow struct {
	Kind      custody.RecordKind `json:"record_kind"`
	ID        string             `json:"id"`
	Ref       string             `json:"ref"`
	Unit      desk.Ref           `json:"unit"`
	Outcome   string             `json:"outcome"` // class of the retention rule
	Months    int                `json:"months"`  // its period
	SettledOn roster.Date        `json:"settled_on"`
	DueOn     roster.Date        `json:"due_on"` // first day on which it may go for age
	Held      bool               `json:"held"`
	Pending   bool               `json:"pending"`
}

// DuePage is one page of them, with the rules that apply.
type DuePage struct {
	Rows  []DueRow        `json:"rows"`
	Total int64           `json:"total"`
	Next  string          `json:"next"`
	Rules []RetentionRule `json:"rules"`
}

// RetentionRule is one period of the rule pack in force.
type RetentionRule struct {
	Outcome string `json:"outcome"` // "" is every other one
	Months  int    `json:"months"`
}

// Due lists the records whose retention period is over, oldest first. Nothing is
// destroyed automatically: an expungement has to be proposed and approved.
func (a *Safekeeping) Due(ctx context.Context, who *roster.Actor, in DueInput) (out DuePage, err error) {
	const op = "retention.list"
	out.Rows = []DueRow{}
	if in.Kind == "" {
		in.Kind = custody.IssueRecord
	}
	if !slices.Contains(custody.RecordKinds, in.Kind) {
		return out, fault.Shape("filter_value", "kind")
	}
	for _, p := range a.Pack().Retention.Periods {
		out.Rules = append(out.Rules, RetentionRule{p.Outcome, p.Months})
	}
	out.Rules = append(out.Rules, RetentionRule{"", a.Pack().Retention.OtherMonths})
	out.Next, err = a.ReadPage(ctx, who, op, in.Cursor, desk.PageSize, func(ctx context.Context, v *store.View, sc roster.Scope, p *desk.Page) error {
		last := ""
		if len(p.After) > 0 {
			if len(p.After) != 2 || p.After[0] != string(in.Kind) {
				return fault.Shape("cursor_unreadable", "cursor")
			}
			last = p.After[1]
		}
		due, err := a.dueRows(ctx, v, in, sc, last, p.Limit+1, &out)
		if err != nil {
			return err
		}
		due = desk.Cut(p, due, func(r custody.Due) []string { return []string{string(in.Kind), r.ID} })
		var units []string
		for _, d := range due {
			units = append(units, d.UnitID)
		}
		n, err := a.Names(ctx, v, who, nil, units)
		for _, d := range due {
			until := a.Pack().Retention.Until(d.Outcome, d.SettledOn.Time())
			out.Rows = append(out.Rows, DueRow{Kind: d.Kind, ID: d.ID, Ref: d.Ref, Unit: n.Unit(d.UnitID), Outcome: d.Outcome,
				Months:    a.Pack().Retention.Months(d.Outcome),
				SettledOn: d.SettledOn, DueOn: roster.DateOf(until, until.Location()), Held: d.Held, Pending: d.Pending})
		}
		return err
	})
	return out, err
}

func (a *Safekeeping) DueQuery(ready bool) store.DueQuery {
	return store.DueQuery{Cutoffs: custody.Cutoffs(a.Pack(), a.Today(), a.Zone()), Ready: ready}
}

// dueRows reads one row more than a page holds, and the total.
func (a *Safekeeping) dueRows(ctx context.Context, v *store.View, in DueInput, sc roster.Scope, after string, limit int,
	out *DuePage) (due []custody.Due, err error) {
	q := a.DueQuery(in.Ready)
	var records []string // those of the audit records too: a hold may lie on them
	from := make(map[string]string)
	if in.Kind == custody.IssueRecord {
		if out.Total, err = v.DueIssueCount(ctx, q, sc); err != nil {
			return nil, err
		}
		rows, err := v.DueIssues(ctx, q, sc, after, limit)
		if err != nil {
			return nil, err
		}
		for i := range rows {
			r := &rows[i]
			records, from[r.ID] = append(records, r.ID, r.RecordID), r.RecordID
			due = append(due, custody.Due{Kind: in.Kind, ID: r.ID, Ref: r.Ref, UnitID: r.UnitID, Outcome: custody.OutcomeOf(r),
				SettledOn: a.settledOn(r)})
		}
	} else {
		if out.Total, err = v.DueMatchCount(ctx, q, sc); err != nil {
			return nil, err
		}
		rows, err := v.DueMatches(ctx, q, sc, after, limit)
		if err != nil {
			return nil, err
		}
		for i := range rows {
			r := &rows[i]
			records, from[r.ID] = append(records, r.RecordID), r.RecordID
			due = append(due, custody.Due{Kind: in.Kind, ID: r.ID, Ref: shortRef(r.RecordID), UnitID: r.UnitID, Outcome: "unmatched",
				SettledOn: roster.DateOf(r.CreatedAt, a.Zone())})
		}
	}
	held, pending, err := v.Detained(ctx, records)
	for i := range due {
		d := &due[i]
		d.Held, d.Pending = held[d.ID] || held[from[d.ID]], pending[d.ID] || pending[from[d.ID]] && in.Kind == custody.AuditRecord
	}
	return due, err
}
