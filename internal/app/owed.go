package app

import (
	"context"

	"plumbline/internal/app/desk"
	"plumbline/internal/fault"
	"plumbline/internal/issue"
	"plumbline/internal/roster"
	"plumbline/internal/selfcheck"
	"plumbline/internal/store"
	"plumbline/seeds"
)

// OwedInput asks for one page of the lists that a unit and all below it owe.
type OwedInput struct {
	selfcheck.OwedFilter
	Cursor string
	Limit  int // 1 to 200, default 50
}

// OwedList is one page of lists: states, and names for those who answer for
// them.
type OwedList struct {
	Campaign selfcheck.Campaign
	UnitName string
	Rows     []ReviewRow
	Total    int64
	Next     string
	Named    bool // whether some row may carry a name
}

// Owed opens the lists behind a number of the completion. Their content is not
// shown, and names only to the head who certifies and the manager who excuses.
func (a *App) Owed(ctx context.Context, who *roster.Actor, in OwedInput) (*OwedList, error) {
	const op = "completion.lists"
	if in.Of == "" {
		in.Of = selfcheck.OwedAll
	}
	if !in.Of.Known() {
		return nil, fault.Invalid("filter_value", "of")
	}
	if in.Limit <= 0 || in.Limit > issuePageMax {
		in.Limit = 50
	}
	after, err := a.OpenCursor(who, op, in.Cursor)
	if err != nil {
		return nil, err
	}
	out := &OwedList{}
	err = a.Read(ctx, who, op, func(ctx context.Context, v *store.View) error {
		sc, err := a.Scope(ctx, v, who, roster.ActList, roster.KindCompletion)
		if err != nil {
			return err
		}
		tree, err := a.Tree(ctx, v)
		if err != nil {
			return err
		}
		c, err := v.Campaign(ctx, in.CampaignID)
		if err != nil {
			return err
		}
		if c.State == selfcheck.CampaignDraft {
			return fault.NotFound()
		}
		out.Campaign = *c
		if in.UnitID != "" || !in.Only {
			if in.UnitID, err = unitInReach(tree, sc, in.UnitID); err != nil {
				return err
			}
		}
		out.UnitName = desk.UnitName(who.Lang, tree.Unit(in.UnitID))
		rows, err := v.CampaignLists(ctx, in.OwedFilter, sc, desk.AfterID(after), in.Limit+1)
		if err != nil {
			return err
		}
		if len(rows) > in.Limit {
			rows = rows[:in.Limit]
			out.Next = a.SealCursor(who, op, []string{rows[in.Limit-1].ID})
		}
		if out.Total, err = v.CampaignListCount(ctx, in.OwedFilter, sc); err != nil {
			return err
		}
		return a.nameOwed(ctx, v, who, rows, out)
	})
	return out, err
}

// nameOwed fills in the rows: names where the reader answers for the unit, and
// figures of the content nowhere.
func (a *App) nameOwed(ctx context.Context, v *store.View, who *roster.Actor, rows []selfcheck.Submission, out *OwedList) error {
	certify, err := a.Scope(ctx, v, who, roster.ActCertify, roster.KindCertification)
	if err != nil {
		return err
	}
	excuse, err := a.Scope(ctx, v, who, roster.ActExcuse, roster.KindSnapshot)
	if err != nil {
		return err
	}
	out.Named = !certify.Empty() || !excuse.Empty()
	if out.Rows, err = a.named(ctx, v, who, rows); err != nil {
		return err
	}
	for i := range out.Rows {
		r := &out.Rows[i]
		r.NilItems, r.DeclaredItems, r.DeclaredIssues, r.Fingerprint = 0, 0, 0, 0
		at := roster.Target{Unit: r.UnitID, Branch: r.BranchID}
		if r.PersonID == "" || certify.Admits(at) || excuse.Admits(at) {
			continue
		}
		r.ID, r.PersonID, r.Name, r.Number, r.FiledBy, r.ReviewedBy = "", desk.HiddenPerson, "", "", "", ""
	}
	return nil
}

// UntouchedInput asks for who has nothing in a category.
type UntouchedInput struct {
	ReconInput
	Category string
	Cursor   string
}

// UntouchedPerson is one of them; the name is for those who see names.
type UntouchedPerson struct {
	PersonID string `json:"person_id"`
	Name     string `json:"person_name"`
	Number   string `json:"personnel_no"`
	UnitID   string `json:"unit_id"`
	UnitName string `json:"unit_name"`
}

// UntouchedList is one page, and how many there are in all.
type UntouchedList struct {
	Unit     string            `json:"unit"`
	UnitName string            `json:"unit_name"`
	Rows     []UntouchedPerson `json:"items"`
	Total    int64             `json:"total"`
	Next     string            `json:"next,omitempty"`
	Named    bool              `json:"-"`
}

// Untouched opens the fourth cell of the comparison, neither declared nor
// found, in one category: who serves there and has nothing.
func (a *App) Untouched(ctx context.Context, who *roster.Actor, in UntouchedInput) (*UntouchedList, error) {
	const op, limit = "reconciliation.untouched", 50
	if err := in.check(); err != nil {
		return nil, err
	}
	leaders, known := false, false
	for _, c := range seeds.Categories() {
		if c.Code == in.Category {
			leaders, known = c.Audience == "leaders", true
		}
	}
	if !known {
		return nil, fault.Invalid("filter_value", "category")
	}
	after, err := a.OpenCursor(who, op, in.Cursor)
	if err != nil {
		return nil, err
	}
	out := &UntouchedList{Rows: []UntouchedPerson{}}
	err = a.Read(ctx, who, op, func(ctx context.Context, v *store.View) error {
		sc, err := a.Scope(ctx, v, who, roster.ActRead, roster.KindReconciliation)
		if err != nil {
			return err
		}
		tree, err := a.Tree(ctx, v)
		if err != nil {
			return err
		}
		if out.Unit, err = unitInReach(tree, sc, in.Unit); err != nil {
			return err
		}
		out.UnitName = desk.UnitName(who.Lang, tree.Unit(out.Unit))
		f := issue.All()
		f.Unit, f.To, f.Category = out.Unit, in.To, in.Category
		rows, err := v.PeopleWithoutIssues(ctx, f, leaders, sc, a.Today(), desk.AfterID(after), limit+1)
		if err != nil {
			return err
		}
		if len(rows) > limit {
			rows = rows[:limit]
			out.Next = a.SealCursor(who, op, []string{rows[limit-1].PersonID})
		}
		if out.Total, err = v.PeopleWithoutIssuesCount(ctx, f, leaders, sc, a.Today()); err != nil {
			return err
		}
		return a.nameUntouched(ctx, v, who, tree, rows, out)
	})
	return out, err
}

func (a *App) nameUntouched(ctx context.Context, v *store.View, who *roster.Actor, tree *roster.Tree, rows []store.PersonWithoutIssues, out *UntouchedList) error {
	named, err := a.namedScope(ctx, v, who, roster.ActRead, roster.KindReconciliation)
	if err != nil {
		return err
	}
	out.Named = !named.Empty()
	for _, r := range rows {
		p := UntouchedPerson{PersonID: desk.HiddenPerson, UnitID: r.UnitID, UnitName: desk.UnitName(who.Lang, tree.Unit(r.UnitID))}
		if named.Admits(roster.Target{Unit: r.UnitID, Branch: r.BranchID, Person: r.PersonID}) {
			p.PersonID, p.Name, p.Number = r.PersonID, r.Name, r.No
		}
		out.Rows = append(out.Rows, p)
	}
	return nil
}
