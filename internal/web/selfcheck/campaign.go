package selfcheck

import (
	"net/http"

	appselfcheck "plumbline/internal/app/selfcheck"
	"plumbline/internal/fault"
	"plumbline/internal/roster"
	"plumbline/internal/selfcheck"
	"plumbline/internal/web/page"
	"plumbline/internal/web/ui"
)

func (f *face) campaignList(c *page.Call) error {
	rows, err := f.app.Campaigns(c.Context(), c.Actor)
	if err != nil {
		return err
	}
	t := ui.Table{Empty: c.T("campaign.empty"), Cols: []ui.Col{{Text: c.T("campaign.name")}, {Text: c.T("field.state")},
		{Text: c.T("campaign.window")}, {Text: c.T("campaign.period")}}}
	for _, x := range rows {
		state := ui.State(c.Lang, "campaign", string(x.State))
		t.Rows = append(t.Rows, []ui.Cell{{Text: x.Title, Href: "/campaigns/" + x.ID}, {Tag: &state},
			{Text: string(x.OpensOn) + " – " + string(x.ClosesOn)}, {Text: string(x.PeriodFrom) + " – " + string(x.PeriodTo)}})
	}
	p := c.Page("campaign.title")
	if c.May("campaign.create") {
		p.Actions = []ui.Action{{Text: c.T("campaign.new"), Href: "/campaigns/new", Icon: "plus", Primary: true}}
	}
	return c.Show(campaignListPage(p, t))
}

func (f *face) campaignNew(c *page.Call) error {
	if !c.May("campaign.create") {
		return fault.Forbidden("forbidden")
	}
	return f.showCampaignForm(c, appselfcheck.CampaignInput{OpensOn: f.app.Today(), ClosesOn: f.app.Today().AddMonths(1),
		PeriodFrom: f.app.Today().AddMonths(-36), PeriodTo: f.app.Today()}, nil)
}

func (f *face) showCampaignForm(c *page.Call, in appselfcheck.CampaignInput, err error) error {
	errs := c.Errors(err)
	if err != nil && errs == nil {
		return err
	}
	inputs := []ui.Input{{Name: "title", Label: c.T("campaign.name"), Value: in.Title, Required: true, Max: 120, Error: errs.Of("title")}}
	for _, d := range []struct {
		name  string
		value roster.Date
	}{{"opens_on", in.OpensOn}, {"closes_on", in.ClosesOn}, {"period_from", in.PeriodFrom}, {"period_to", in.PeriodTo}} {
		inputs = append(inputs, ui.Input{Name: d.name, Label: c.T("campaign." + d.name), Kind: "date", Value: string(d.value),
			Required: true, Error: errs.Of(d.name)})
	}
	p := c.Page("campaign.new")
	p.Narrow, p.Path = true, "/campaigns/new"
	p.Crumbs = []ui.Link{{Text: c.T("campaign.title"), Href: "/campaigns"}}
	status := http.StatusOK
	if err != nil {
		status = page.StatusOf(err)
	}
	return c.ShowStatus(status, campaignFormPage(p, inputs, errs))
}

func (f *face) campaignCreate(c *page.Call) error {
	in := appselfcheck.CampaignInput{Title: c.Form("title"), OpensOn: roster.Date(c.Form("opens_on")),
		ClosesOn:   roster.Date(c.Form("closes_on")),
		PeriodFrom: roster.Date(c.Form("period_from")), PeriodTo: roster.Date(c.Form("period_to")), Key: c.Key()}
	if err := f.app.EnsureChecklists(c.Context(), c.Actor); err != nil {
		return err
	}
	id, _, err := f.app.CreateCampaign(c.Context(), c.Actor, in)
	if err != nil {
		return f.showCampaignForm(c, in, err)
	}
	return c.Go("/campaigns/"+id, "campaign.created")
}

func (f *face) campaignOpen(c *page.Call) error {
	return f.showCampaign(c, appselfcheck.AmendInput{}, nil)
}

// campaignNext is the step that comes after each state.
var campaignNext = map[selfcheck.CampaignState]string{
	selfcheck.CampaignDraft: "open", selfcheck.CampaignOpen: "lock", selfcheck.CampaignLocked: "inspect",
	selfcheck.CampaignInspecting: "rectify", selfcheck.CampaignRectifying: "close",
}

var campaignStates = []selfcheck.CampaignState{selfcheck.CampaignDraft, selfcheck.CampaignOpen, selfcheck.CampaignLocked,
	selfcheck.CampaignInspecting, selfcheck.CampaignRectifying, selfcheck.CampaignClosed}

func (f *face) showCampaign(c *page.Call, in appselfcheck.AmendInput, err error) error {
	errs := c.Errors(err)
	if err != nil && errs == nil {
		return err
	}
	x, openErr := f.app.Campaign(c.Context(), c.Reader(), c.Param("id"))
	if openErr != nil {
		return openErr
	}
	v := campaignView{Base: "/campaigns/" + x.ID, Version: x.Version, Number: in.Number, Reason: in.Reason}
	mark := "done"
	for _, s := range campaignStates {
		step := ui.Step{Text: c.T("state.campaign." + string(s)), State: mark}
		if s == x.State {
			step.State, mark = "now", ""
		}
		v.Steps = append(v.Steps, step)
	}
	v.Defs = []ui.Def{
		{Term: c.T("campaign.window"), Text: string(x.OpensOn) + " – " + string(x.ClosesOn)},
		{Term: c.T("campaign.period"), Text: string(x.PeriodFrom) + " – " + string(x.PeriodTo)},
	}
	switch {
	case x.State == selfcheck.CampaignOpen && !x.RosterDone:
		v.Defs = append(v.Defs, ui.Def{Term: c.T("campaign.roster_on"), Text: c.T("campaign.roster.running")})
	case x.RosterOn != "":
		v.Defs = append(v.Defs, ui.Def{Term: c.T("campaign.roster_on"), Text: string(x.RosterOn)})
	}
	if x.State != selfcheck.CampaignDraft && c.May("completion.list") {
		v.Defs = append(v.Defs, ui.Def{Term: c.T("completion.title"), Text: c.T("selfcheck.view"), Href: "/completion/" + x.ID})
	}
	if x.MayEdit {
		v.Next = campaignNext[x.State]
		v.CanAmend = x.State == selfcheck.CampaignOpen && x.RosterDone
	}
	for _, a := range x.Amendments {
		e := ui.Event{When: string(a.EffectiveOn), Title: a.Person, Text: a.Reason,
			Tags: []ui.Tag{{Text: c.T("change." + string(a.Change))}}}
		if a.From != "" && a.To != "" {
			e.By = a.From + " → " + a.To
		}
		v.Amendments = append(v.Amendments, e)
	}
	p := c.Page("campaign.title")
	p.Title, p.Path = x.Title, v.Base
	p.Crumbs = []ui.Link{{Text: c.T("campaign.title"), Href: "/campaigns"}}
	status := http.StatusOK
	if err != nil {
		status = page.StatusOf(err)
	}
	return c.ShowStatus(status, campaignPage(p, v, errs))
}

func (f *face) campaignStep(step string) func(*page.Call) error {
	return func(c *page.Call) error {
		in := appselfcheck.CampaignStep{ID: c.Param("id"), Version: c.Version(), Step: step, Key: c.Key()}
		if _, err := f.app.MoveCampaign(c.Context(), c.Actor, in); err != nil {
			return f.showCampaign(c, appselfcheck.AmendInput{}, err)
		}
		return c.Go("/campaigns/"+in.ID, "campaign.moved")
	}
}

func (f *face) campaignAmend(c *page.Call) error {
	in := appselfcheck.AmendInput{CampaignID: c.Param("id"), Number: c.Form("number"), Reason: c.Form("reason"), Key: c.Key()}
	if _, err := f.app.AmendRoster(c.Context(), c.Actor, in); err != nil {
		return f.showCampaign(c, in, err)
	}
	return c.Go("/campaigns/"+in.CampaignID, "campaign.amended")
}
