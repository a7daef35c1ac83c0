package selfcheck

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"plumbline/internal/app/desk"
	"plumbline/internal/fault"
	"plumbline/internal/kinds"
	"plumbline/internal/ledger"
	"plumbline/internal/roster"
	"plumbline/internal/selfcheck"
	"plumbline/internal/store"
	"plumbline/internal/verbs"
)

// CampaignInput drafts a campaign.
type CampaignInput struct {
	UnitID     string // the unit that runs it; "" takes where the actor manages campaigns
	Title      string
	OpensOn    roster.Date
	ClosesOn   roster.Date
	PeriodFrom roster.Date
	PeriodTo   roster.Date
	OfficersID string // "" takes the published edition
	LeadersID  string
	Key        string
}

// Validate judges the draft by itself.
func (in CampaignInput) Validate() error {
	for _, d := range []struct {
		field string
		date  roster.Date
	}{{"opens_on", in.OpensOn}, {"closes_on", in.ClosesOn}, {"period_from", in.PeriodFrom}, {"period_to", in.PeriodTo}} {
		if _, err := roster.ParseDate(string(d.date)); err != nil {
			return fault.Invalid("bad_date", d.field)
		}
	}
	if len([]rune(in.Title)) > 120 {
		return fault.Invalid("too_long", "title", "Max", 120)
	}
	return in.campaign().Check()
}

func (in CampaignInput) campaign() selfcheck.Campaign {
	return selfcheck.Campaign{
		UnitID: in.UnitID, Title: strings.TrimSpace(in.Title), State: selfcheck.CampaignDraft,
		OpensOn: in.OpensOn, ClosesOn: in.ClosesOn, PeriodFrom: in.PeriodFrom, PeriodTo: in.PeriodTo,
		OfficersID: in.OfficersID, LeadersID: in.LeadersID,
	}
}

// CreateCampaign drafts a campaign.
func (a *Selfcheck) CreateCampaign(ctx context.Context, who *roster.Actor, in CampaignInput) (string, desk.Receipt, error) {
	if in.UnitID == "" {
		in.UnitID = managesAt(who)
	}
	r, err := a.Write(ctx, who, desk.Write{Op: verbs.CampaignCreate, Key: in.Key, Body: in}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		c := in.campaign()
		if c.UnitID == "" && who.Program { // the operator opens it for the bureau
			tree, err := a.Tree(ctx, &tx.View)
			if err != nil {
				return nil, "", err
			}
			if c.UnitID = tree.Bureau(); c.UnitID == "" {
				return nil, "", fault.Invalid("campaign_no_bureau", "unit")
			}
		}
		sc, err := a.Scope(ctx, &tx.View, who, roster.ActCreate, roster.KindCampaign)
		if err != nil {
			return nil, "", err
		}
		if target, err := a.UnitTarget(ctx, &tx.View, c.UnitID); err != nil || !sc.Admits(target) {
			return nil, "", orNotFound(err)
		}
		lists, err := tx.Checklists(ctx)
		if err != nil {
			return nil, "", err
		}
		c.OfficersID = editionOf(lists, selfcheck.Officers, c.OfficersID)
		c.LeadersID = editionOf(lists, selfcheck.Leaders, c.LeadersID)
		if c.OfficersID == "" || c.LeadersID == "" {
			return nil, "", fault.Invalid("campaign_no_checklist", "checklist")
		}
		c.ID = store.NewShortID()
		if err := tx.Insert(ctx, &c); err != nil {
			return nil, "", err
		}
		return []ledger.Fact{{Verb: verbs.CampaignCreate, Kind: kinds.Campaign, ID: c.ID, Unit: c.UnitID}}, c.ID, nil
	})
	return r.ResultID, r, err
}

// managesAt is the unit where the actor manages campaigns, "" if none.
func managesAt(who *roster.Actor) string {
	for _, h := range who.Held {
		if h.Role == roster.RoleCampaignManager {
			return h.Unit
		}
	}
	return ""
}

// editionOf is the wanted edition if it is published, or the published one.
func editionOf(lists []selfcheck.Checklist, a selfcheck.Audience, want string) string {
	for _, l := range lists {
		if l.Audience == a && l.State == selfcheck.ChecklistPublished && (want == "" || want == l.ID) {
			return l.ID
		}
	}
	return ""
}

// Campaigns lists the campaigns that concern the actor, newest first: those that
// he manages in any state, and the running ones over a unit of his or below it.
func (a *Selfcheck) Campaigns(ctx context.Context, who *roster.Actor) ([]selfcheck.Campaign, error) {
	var out []selfcheck.Campaign
	err := a.Read(ctx, who, "campaign.list", func(ctx context.Context, v *store.View) error {
		manages, err := a.Scope(ctx, v, who, roster.ActEdit, roster.KindCampaign)
		if err != nil {
			return err
		}
		if !manages.Empty() {
			if out, err = v.Campaigns(ctx, manages); err != nil {
				return err
			}
		}
		tree, err := a.Tree(ctx, v)
		if err != nil {
			return err
		}
		running, err := v.RunningCampaigns(ctx)
		if err != nil {
			return err
		}
		for _, c := range running {
			if concerns(tree, who, c.UnitID) && !slices.ContainsFunc(out, func(x selfcheck.Campaign) bool { return x.ID == c.ID }) {
				out = append(out, c)
			}
		}
		slices.SortStableFunc(out, func(x, y selfcheck.Campaign) int {
			return cmp.Or(cmp.Compare(y.OpensOn, x.OpensOn), cmp.Compare(y.ID, x.ID))
		})
		return nil
	})
	return out, err
}

// concerns reports whether a unit of the actor lies under the unit of a
// campaign, or that unit under his.
func concerns(tree *roster.Tree, who *roster.Actor, unit string) bool {
	at := func(mine string) bool { return tree.Under(mine, unit) || tree.Under(unit, mine) }
	return slices.ContainsFunc(who.Units, at) || slices.ContainsFunc(who.Held, func(h roster.Held) bool { return at(h.Unit) })
}

// CampaignView is one campaign with what has been changed on its roster.
type CampaignView struct {
	selfcheck.Campaign
	Amendments []AmendmentView
	MayEdit    bool
}

// Campaign opens one campaign. A draft is there for its managers only.
func (a *Selfcheck) Campaign(ctx context.Context, who *roster.Actor, id string) (*CampaignView, error) {
	var out *CampaignView
	err := a.Read(ctx, who, "campaign.read", func(ctx context.Context, v *store.View) error {
		c, err := v.Campaign(ctx, id)
		if err != nil {
			return err
		}
		manages, err := a.Scope(ctx, v, who, roster.ActEdit, roster.KindCampaign)
		if err != nil {
			return err
		}
		target, err := a.UnitTarget(ctx, v, c.UnitID)
		if err != nil {
			return err
		}
		out = &CampaignView{Campaign: *c, MayEdit: manages.Admits(target)}
		if c.State == selfcheck.CampaignDraft && !out.MayEdit {
			return fault.NotFound()
		}
		if out.MayEdit {
			out.Amendments, err = a.amendments(ctx, v, who, id)
		}
		return err
	})
	return out, err
}

// orNotFound is err, or that the thing is not there.
func orNotFound(err error) error {
	if err == nil {
		return fault.NotFound()
	}
	return err
}

// managed loads a campaign that the actor may manage; otherwise it is not
// there.
func (a *Selfcheck) managed(ctx context.Context, v *store.View, who *roster.Actor, id string, act roster.Act) (*selfcheck.Campaign, error) {
	c, err := v.Campaign(ctx, id)
	if err != nil {
		return nil, err
	}
	sc, err := a.Scope(ctx, v, who, act, roster.KindCampaign)
	if err != nil {
		return nil, err
	}
	if target, err := a.UnitTarget(ctx, v, c.UnitID); err != nil || !sc.Admits(target) {
		return nil, orNotFound(err)
	}
	return c, nil
}
