package reports

import (
	"context"

	"plumbline/internal/app/desk"
	"plumbline/internal/fault"
	"plumbline/internal/issue"
	"plumbline/internal/roster"
	"plumbline/internal/store"
	"plumbline/seeds"
)

// PeopleWithoutIssuesInput asks who has no issue in a category.
type PeopleWithoutIssuesInput struct {
	ReconInput
	Category string
	Cursor   string
}

// PersonWithoutIssues is one of them; the name is filled in for readers who see
// names.
type PersonWithoutIssues struct {
	PersonID string `json:"person_id"`
	Name     string `json:"person_name"`
	Number   string `json:"personnel_no"`
	UnitID   string `json:"unit_id"`
	UnitName string `json:"unit_name"`
}

// PeopleWithoutIssuesList is one page and the total.
type PeopleWithoutIssuesList struct {
	Unit     string                `json:"unit"`
	UnitName string                `json:"unit_name"`
	Rows     []PersonWithoutIssues `json:"items"`
	Total    int64                 `json:"total"`
	Next     string                `json:"next,omitempty"`
	Named    bool                  `json:"-"`
}

// PeopleWithoutIssues lists the fourth cell of the comparison, neither declared nor
// found, in one category: who serves there and has no issue.
func (a *Reporting) PeopleWithoutIssues(ctx context.Context, who *roster.Actor,
	in PeopleWithoutIssuesInput) (out *PeopleWithoutIssuesList, err error) {
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
	out = &PeopleWithoutIssuesList{Rows: []PersonWithoutIssues{}}
	out.Next, err = a.ReadPage(ctx, who, "reconciliation.untouched", in.Cursor, desk.PageSize, func(ctx context.Context, v *store.View, sc roster.Scope, p *desk.Page) error {
		tree, err := a.Tree(ctx, v)
		if err != nil {
			return err
		}
		if out.Unit, err = desk.UnitInReach(tree, sc, in.Unit); err != nil {
			return err
		}
		out.UnitName = desk.UnitName(who.Lang, tree.Unit(out.Unit))
		f := issue.All()
		f.Unit, f.To, f.Category = out.Unit, in.To, in.Category
		rows, err := v.PeopleWithoutIssues(ctx, f, leaders, sc, a.Today(), p.AfterID(), p.Limit+1)
		if err != nil {
			return err
		}
		rows = desk.Cut(p, rows, func(r store.PersonWithoutIssues) []string { return []string{r.PersonID} })
		if out.Total, err = v.PeopleWithoutIssuesCount(ctx, f, leaders, sc, a.Today()); err != nil {
			return err
		}
		return a.nameUntouched(ctx, v, who, tree, rows, out)
	})
	return out, err
}

func (a *Reporting) nameUntouched(ctx context.Context, v *store.View, who *roster.Actor, tree *roster.Tree,
	rows []store.PersonWithoutIssues, out *PeopleWithoutIssuesList) error {
	named, err := a.NamedScope(ctx, v, who, roster.ActRead, roster.KindReconciliation)
	if err != nil {
		return err
	}
	out.Named = !named.Empty()
	for _, r := range rows {
		p := PersonWithoutIssues{PersonID: desk.HiddenPerson, UnitID: r.UnitID, UnitName: desk.UnitName(who.Lang, tree.Unit(r.UnitID))}
		if named.Admits(roster.Target{Unit: r.UnitID, Branch: r.BranchID, Person: r.PersonID}) {
			p.PersonID, p.Name, p.Number = r.PersonID, r.Name, r.No
		}
		out.Rows = append(out.Rows, p)
	}
	return nil
}
