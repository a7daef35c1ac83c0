package selfcheck

import (
	"context"

	"plumbline/internal/app/desk"
	"plumbline/internal/fault"
	"plumbline/internal/roster"
	"plumbline/internal/selfcheck"
	"plumbline/internal/store"
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

// Owed opens the lists behind a completion figure. It shows no content, and names
// only to the head who certifies and the manager who excuses.
func (a *Selfcheck) Owed(ctx context.Context, who *roster.Actor, in OwedInput) (out *OwedList, err error) {
	const op = "completion.lists"
	if in.Of == "" {
		in.Of = selfcheck.OwedAll
	}
	if !in.Of.Known() {
		return nil, fault.Invalid("filter_value", "of")
	}
	out = &OwedList{}
	out.Next, err = a.ReadPage(ctx, who, op, in.Cursor, in.Limit, func(ctx context.Context, v *store.View, sc roster.Scope, p *desk.Page) error {
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
			if in.UnitID, err = desk.UnitInReach(tree, sc, in.UnitID); err != nil {
				return err
			}
		}
		out.UnitName = desk.UnitName(who.Lang, tree.Unit(in.UnitID))
		rows, err := v.CampaignLists(ctx, in.OwedFilter, sc, p.AfterID(), p.Limit+1)
		if err != nil {
			return err
		}
		rows = desk.Cut(p, rows, func(r selfcheck.Submission) []string { return []string{r.ID} })
		if out.Total, err = v.CampaignListCount(ctx, in.OwedFilter, sc); err != nil {
			return err
		}
		return a.nameOwed(ctx, v, who, rows, out)
	})
	return out, err
}

// nameOwed fills in the rows: names if the reader answers for the unit, and no
// figures about the content.
func (a *Selfcheck) nameOwed(ctx context.Context, v *store.View, who *roster.Actor, rows []selfcheck.Submission, out *OwedList) error {
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
