package web

import (
	"net/http"
	"slices"
	"strconv"

	appselfcheck "plumbline/internal/app/selfcheck"
	"plumbline/internal/fault"
	"plumbline/internal/roster"
	"plumbline/internal/selfcheck"
	"plumbline/internal/web/ui"
)

// completionNewest leads to the newest running campaign.
func (f *Face) completionNewest(c *Call) error {
	if !f.May(c.Actor, "completion.list") {
		return fault.Forbidden("forbidden")
	}
	campaigns, err := f.running(c)
	if err != nil {
		return err
	}
	if len(campaigns) > 0 {
		first := max(0, slices.IndexFunc(campaigns, func(x selfcheck.Campaign) bool { return x.State == selfcheck.CampaignOpen }))
		return c.redirect("/completion/" + campaigns[first].ID)
	}
	v := completionView{Table: ui.Table{Empty: c.T("completion.empty")}}
	return c.Show(completionPage(c.Page("completion.title"), v))
}

// running lists the campaigns that have a roster, newest first.
func (f *Face) running(c *Call) ([]selfcheck.Campaign, error) {
	all, err := f.app.Campaigns(c.Context(), c.Actor)
	if err != nil {
		return nil, err
	}
	var out []selfcheck.Campaign
	for _, x := range all {
		if x.State != selfcheck.CampaignDraft {
			out = append(out, x)
		}
	}
	return out, nil
}

func (f *Face) completionOpen(c *Call) error {
	in := appselfcheck.CompletionInput{ID: c.Param("id"), Near: c.Query("unit"), Only: c.Query("only") == "1", Certified: c.Query("certified") == "1"}
	list, err := f.app.CompletionOf(c.Context(), c.reader(), in)
	if err != nil {
		return err
	}
	campaigns, err := f.running(c)
	if err != nil {
		return err
	}
	v := completionView{}
	for _, x := range campaigns {
		v.Campaigns = append(v.Campaigns, ui.Nav{Text: x.Title, Href: "/completion/" + x.ID, Current: x.ID == list.Campaign.ID})
	}
	t := list.Total
	if in == (appselfcheck.CompletionInput{ID: in.ID}) && len(list.Units) > 0 { // narrowed, the sum of the own rosters means nothing
		v.Stats = []ui.Stat{
			{Label: c.T("completion.owed"), Value: ui.Number(t.Owed)},
			{Label: c.T("completion.filed"), Value: ui.Number(t.Filed()), Note: perMille(t.PerMille()), Tone: "ok"},
			{Label: c.T("completion.left"), Value: ui.Number(t.Missing()), Tone: "warn"},
			{Label: c.T("completion.excused"), Value: ui.Number(t.Excused)},
			{Label: c.T("completion.nil"), Value: perMille(t.NilPerMille())},
		}
	}
	v.Table = ui.Table{Empty: c.T("completion.none"), Cols: []ui.Col{{Text: c.T("field.unit")}, {Text: c.T("completion.owed"), Num: true}, {Text: c.T("completion.filed"), Num: true},
		{Text: c.T("completion.excused"), Num: true}, {Text: c.T("completion.left"), Num: true}, {Text: c.T("completion.share"), Num: true}, {Text: c.T("completion.nil"), Num: true}, {Text: c.T("field.state")}}}
	if in.Certified {
		v.Table.Empty = c.T("completion.uncertified.all")
	}
	for _, u := range list.Units {
		tag := ui.Tag{Tone: "warn", Text: c.T("completion.uncertified")}
		if u.Certified != nil {
			tag = ui.Tag{Tone: "ok", Text: c.T("completion.certified")}
		}
		to := func(n int64, of selfcheck.Owing) ui.Cell {
			return ui.Cell{Text: ui.Number(n), Num: true, Href: owedHref(list.Campaign.ID, u.UnitID, of, false)}
		}
		v.Table.Rows = append(v.Table.Rows, []ui.Cell{
			{Text: u.Name, Sub: c.T("tier." + strconv.Itoa(u.Tier)), Href: "/completion/" + list.Campaign.ID + "/" + u.UnitID},
			to(u.All.Owed, selfcheck.OwedAll), to(u.All.Filed(), selfcheck.OwedFiled), to(u.All.Excused, selfcheck.OwedExcused),
			to(u.All.Missing(), selfcheck.OwedMissing), {Text: perMille(u.All.PerMille()), Num: true}, {Text: perMille(u.All.NilPerMille()), Num: true}, {Tag: &tag},
		})
	}
	p := c.Page("completion.title")
	p.Lead = list.Campaign.Title
	return c.Show(completionPage(p, v))
}

func (f *Face) completionUnit(c *Call) error { return f.showUnit(c, nil) }

func (f *Face) showUnit(c *Call, err error) error {
	errs := c.Errors(err)
	if err != nil && errs == nil {
		return err
	}
	u, openErr := f.app.UnitCompletion(c.Context(), c.reader(), c.Param("id"), c.Param("unit"))
	if openErr != nil {
		return openErr
	}
	base := "/completion/" + u.Campaign.ID + "/" + u.UnitID
	v := unitCompletionView{Base: base, CanCertify: u.MayCertify && u.Campaign.Running()}
	v.Stats = []ui.Stat{
		{Label: c.T("completion.owed"), Value: ui.Number(u.Own.Owed), Href: owedHref(u.Campaign.ID, u.UnitID, selfcheck.OwedAll, true)},
		{Label: c.T("completion.filed"), Value: ui.Number(u.Own.Filed()), Note: perMille(u.Own.PerMille()), Tone: "ok", Href: owedHref(u.Campaign.ID, u.UnitID, selfcheck.OwedFiled, true)},
		{Label: c.T("completion.left"), Value: ui.Number(u.Own.Missing()), Tone: "warn", Href: owedHref(u.Campaign.ID, u.UnitID, selfcheck.OwedMissing, true)},
		{Label: c.T("completion.excused"), Value: ui.Number(u.Own.Excused), Href: owedHref(u.Campaign.ID, u.UnitID, selfcheck.OwedExcused, true)},
		{Label: c.T("completion.nil"), Value: perMille(u.Own.NilPerMille())},
		{Label: c.T("completion.median"), Value: perHalf(u.MedianDoubled)},
		{Label: c.T("completion.similar"), Value: perMille(u.Similar)},
	}
	if cert := u.Certification; cert != nil {
		if v.CanCertify {
			a := c.fill(actForm{ID: "uncertify", Title: c.T("certify.undo"), Help: c.T("certify.undo.help"), Action: base + "/uncertify", Button: "certify.undo",
				Inputs: []ui.Input{{Name: "reason", Label: c.T("field.reason"), Kind: "textarea", Required: true, Max: 1000}}}, errs)
			v.Uncertify = &a
		}
		v.Certified = c.T("certify.by", "Time", f.clock(&cert.CertifiedAt), "Owed", cert.Owed, "Filed", cert.Filed, "Excused", cert.Excused)
	}
	v.Missing, v.Done = f.rosterTable(c, u, u.Missing), f.rosterTable(c, u, u.Done)
	v.Missing.Empty = c.T("completion.missing.none")
	v.Named = u.Names
	p := c.Page("completion.title")
	p.Title, p.Lead, p.Path = c.T("completion.unit.title", "Unit", u.Name), u.Campaign.Title, base
	p.Crumbs = []ui.Link{{Text: c.T("completion.title"), Href: "/completion/" + u.Campaign.ID}}
	status := http.StatusOK
	if err != nil {
		status = StatusOf(err)
	}
	return c.ShowStatus(status, unitCompletionPage(p, v, errs))
}

func perHalf(doubled int64) string {
	if doubled%2 == 0 {
		return strconv.FormatInt(doubled/2, 10)
	}
	return strconv.FormatInt(doubled/2, 10) + ".5"
}

func (f *Face) rosterTable(c *Call, u *appselfcheck.UnitCompletionView, rows []appselfcheck.ReviewRow) ui.Table {
	t := ui.Table{Cols: []ui.Col{{Text: c.T("selfcheck.respondent")}, {Text: c.T("selfcheck.list")}, {Text: c.T("field.state")}, {Text: c.T("selfcheck.filed_at")}, {Text: c.T("field.actions")}}}
	for i := range rows {
		r := &rows[i]
		state := ui.State(c.Lang, "submission", string(r.State))
		cells := []ui.Cell{{Text: r.Name, Sub: r.Number}, {Text: c.T("selfcheck.list." + string(r.Audience))}, {Tag: &state}, {Text: f.clock(r.FiledAt)}, {}}
		if u.MayExcuse && (r.State == selfcheck.Assigned || r.State == selfcheck.Returned) {
			cells[4].Actions = []ui.Action{{Text: c.T("excuse.title"), Href: "/completion/" + u.Campaign.ID + "/" + u.UnitID + "/excuse/" + r.ID}}
		}
		if u.MayExcuse && r.State == selfcheck.Excused {
			cells[4].Actions = []ui.Action{{Text: c.T("restore.title"), Href: "/completion/" + u.Campaign.ID + "/" + u.UnitID + "/restore/" + r.ID}}
		}
		t.Rows = append(t.Rows, cells)
	}
	return t
}

func (f *Face) completionCertify(c *Call) error {
	in := appselfcheck.CertifyInput{CampaignID: c.Param("id"), UnitID: c.Param("unit"), Key: c.Key()}
	if _, err := f.app.Certify(c.Context(), c.Actor, in); err != nil {
		return f.showUnit(c, err)
	}
	return c.Go("/completion/"+in.CampaignID+"/"+in.UnitID, "certify.done")
}

// excusable is the unit of a list that is to be excused or restored, what is wrong with
// the form that err answers, and the page that both come from.
func (f *Face) excusable(c *Call, err error) (u *appselfcheck.UnitCompletionView, errs ui.Errors, back string, _ error) {
	errs = c.Errors(err)
	if err != nil && errs == nil {
		return nil, nil, "", err
	}
	u, err = f.app.UnitCompletion(c.Context(), c.reader(), c.Param("id"), c.Param("unit"))
	switch {
	case err != nil:
		return nil, nil, "", err
	case !u.MayExcuse:
		return nil, nil, "", fault.NotFound()
	}
	return u, errs, "/completion/" + u.Campaign.ID + "/" + u.UnitID, nil
}

func (f *Face) excuseAsk(c *Call) error { return f.showExcuse(c, "", nil) }

func (f *Face) showExcuse(c *Call, reason string, err error) error {
	u, errs, back, openErr := f.excusable(c, err)
	if openErr != nil {
		return openErr
	}
	for i := range u.Missing {
		if r := &u.Missing[i]; r.ID == c.Param("list") {
			p := c.Page("excuse.title")
			p.Narrow, p.Path = true, back+"/excuse/"+r.ID
			p.Crumbs = []ui.Link{{Text: u.Name, Href: back}}
			status := http.StatusOK
			if err != nil {
				status = StatusOf(err)
			}
			return c.ShowStatus(status, excusePage(p, excuseView{Action: back + "/excuse/" + r.ID, Back: back, Name: r.Name, Reason: reason, Version: r.Version}, errs))
		}
	}
	if err != nil { // somebody has filed or excused it meanwhile
		return err
	}
	return fault.NotFound()
}

func (f *Face) excuseDo(c *Call) error {
	in := appselfcheck.ExcuseInput{ID: c.Param("list"), Version: c.Version(), Reason: c.Form("reason"), Key: c.Key()}
	if _, err := f.app.Excuse(c.Context(), c.Actor, in); err != nil {
		return f.showExcuse(c, in.Reason, err)
	}
	return c.Go("/completion/"+c.Param("id")+"/"+c.Param("unit"), "excuse.done")
}

func (f *Face) campaignList(c *Call) error {
	rows, err := f.app.Campaigns(c.Context(), c.Actor)
	if err != nil {
		return err
	}
	t := ui.Table{Empty: c.T("campaign.empty"), Cols: []ui.Col{{Text: c.T("campaign.name")}, {Text: c.T("field.state")}, {Text: c.T("campaign.window")}, {Text: c.T("campaign.period")}}}
	for _, x := range rows {
		state := ui.State(c.Lang, "campaign", string(x.State))
		t.Rows = append(t.Rows, []ui.Cell{{Text: x.Title, Href: "/campaigns/" + x.ID}, {Tag: &state},
			{Text: string(x.OpensOn) + " – " + string(x.ClosesOn)}, {Text: string(x.PeriodFrom) + " – " + string(x.PeriodTo)}})
	}
	p := c.Page("campaign.title")
	if f.May(c.Actor, "campaign.create") {
		p.Actions = []ui.Action{{Text: c.T("campaign.new"), Href: "/campaigns/new", Icon: "plus", Primary: true}}
	}
	return c.Show(campaignListPage(p, t))
}

func (f *Face) campaignNew(c *Call) error {
	if !f.May(c.Actor, "campaign.create") {
		return fault.Forbidden("forbidden")
	}
	return f.showCampaignForm(c, appselfcheck.CampaignInput{OpensOn: f.app.Today(), ClosesOn: f.app.Today().AddMonths(1), PeriodFrom: f.app.Today().AddMonths(-36), PeriodTo: f.app.Today()}, nil)
}

func (f *Face) showCampaignForm(c *Call, in appselfcheck.CampaignInput, err error) error {
	errs := c.Errors(err)
	if err != nil && errs == nil {
		return err
	}
	inputs := []ui.Input{{Name: "title", Label: c.T("campaign.name"), Value: in.Title, Required: true, Max: 120, Error: errs.Of("title")}}
	for _, d := range []struct {
		name  string
		value roster.Date
	}{{"opens_on", in.OpensOn}, {"closes_on", in.ClosesOn}, {"period_from", in.PeriodFrom}, {"period_to", in.PeriodTo}} {
		inputs = append(inputs, ui.Input{Name: d.name, Label: c.T("campaign." + d.name), Kind: "date", Value: string(d.value), Required: true, Error: errs.Of(d.name)})
	}
	p := c.Page("campaign.new")
	p.Narrow, p.Path = true, "/campaigns/new"
	p.Crumbs = []ui.Link{{Text: c.T("campaign.title"), Href: "/campaigns"}}
	status := http.StatusOK
	if err != nil {
		status = StatusOf(err)
	}
	return c.ShowStatus(status, campaignFormPage(p, inputs, errs))
}

func (f *Face) campaignCreate(c *Call) error {
	in := appselfcheck.CampaignInput{Title: c.Form("title"), OpensOn: roster.Date(c.Form("opens_on")), ClosesOn: roster.Date(c.Form("closes_on")),
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

func (f *Face) campaignOpen(c *Call) error { return f.showCampaign(c, appselfcheck.AmendInput{}, nil) }

// campaignNext is the step that comes after each state.
var campaignNext = map[selfcheck.CampaignState]string{
	selfcheck.CampaignDraft: "open", selfcheck.CampaignOpen: "lock", selfcheck.CampaignLocked: "inspect",
	selfcheck.CampaignInspecting: "rectify", selfcheck.CampaignRectifying: "close",
}

var campaignStates = []selfcheck.CampaignState{selfcheck.CampaignDraft, selfcheck.CampaignOpen, selfcheck.CampaignLocked, selfcheck.CampaignInspecting, selfcheck.CampaignRectifying, selfcheck.CampaignClosed}

func (f *Face) showCampaign(c *Call, in appselfcheck.AmendInput, err error) error {
	errs := c.Errors(err)
	if err != nil && errs == nil {
		return err
	}
	x, openErr := f.app.Campaign(c.Context(), c.reader(), c.Param("id"))
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
	if x.State != selfcheck.CampaignDraft && f.May(c.Actor, "completion.list") {
		v.Defs = append(v.Defs, ui.Def{Term: c.T("completion.title"), Text: c.T("selfcheck.view"), Href: "/completion/" + x.ID})
	}
	if x.MayEdit {
		v.Next = campaignNext[x.State]
		v.CanAmend = x.State == selfcheck.CampaignOpen && x.RosterDone
	}
	for _, a := range x.Amendments {
		e := ui.Event{When: string(a.EffectiveOn), Title: a.Person, Text: a.Reason, Tags: []ui.Tag{{Text: c.T("change." + string(a.Change))}}}
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
		status = StatusOf(err)
	}
	return c.ShowStatus(status, campaignPage(p, v, errs))
}

func (f *Face) campaignStep(step string) func(*Call) error {
	return func(c *Call) error {
		in := appselfcheck.CampaignStep{ID: c.Param("id"), Version: c.Version(), Step: step, Key: c.Key()}
		if _, err := f.app.MoveCampaign(c.Context(), c.Actor, in); err != nil {
			return f.showCampaign(c, appselfcheck.AmendInput{}, err)
		}
		return c.Go("/campaigns/"+in.ID, "campaign.moved")
	}
}

func (f *Face) campaignAmend(c *Call) error {
	in := appselfcheck.AmendInput{CampaignID: c.Param("id"), Number: c.Form("number"), Reason: c.Form("reason"), Key: c.Key()}
	if _, err := f.app.AmendRoster(c.Context(), c.Actor, in); err != nil {
		return f.showCampaign(c, in, err)
	}
	return c.Go("/campaigns/"+in.CampaignID, "campaign.amended")
}
