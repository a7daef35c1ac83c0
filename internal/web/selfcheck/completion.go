package selfcheck

import (
	"net/http"
	"slices"
	"strconv"

	appselfcheck "plumbline/internal/app/selfcheck"
	"plumbline/internal/fault"
	"plumbline/internal/selfcheck"
	"plumbline/internal/web/page"
	"plumbline/internal/web/ui"
)

func perMille(n int64) string {
	return strconv.FormatInt(n/10, 10) + "." + strconv.FormatInt(n%10, 10) + "%"
}

// completionNewest leads to the newest running campaign.
func (f *face) completionNewest(c *page.Call) error {
	if !c.May("completion.list") {
		return fault.Forbidden("forbidden")
	}
	campaigns, err := f.running(c)
	if err != nil {
		return err
	}
	if len(campaigns) > 0 {
		first := max(0, slices.IndexFunc(campaigns, func(x selfcheck.Campaign) bool { return x.State == selfcheck.CampaignOpen }))
		return c.Redirect("/completion/" + campaigns[first].ID)
	}
	v := completionView{Table: ui.Table{Empty: c.T("completion.empty")}}
	return c.Show(completionPage(c.Page("completion.title"), v))
}

// running lists the campaigns that have a roster, newest first.
func (f *face) running(c *page.Call) ([]selfcheck.Campaign, error) {
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

func (f *face) completionOpen(c *page.Call) error {
	in := appselfcheck.CompletionInput{ID: c.Param("id"), Near: c.Query("unit"), Only: c.Query("only") == "1",
		Certified: c.Query("certified") == "1"}
	list, err := f.app.CompletionOf(c.Context(), c.Reader(), in)
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
	v.Table = ui.Table{Empty: c.T("completion.none"), Cols: []ui.Col{{Text: c.T("field.unit")}, {Text: c.T("completion.owed"), Num: true},
		{Text: c.T("completion.filed"), Num: true},
		{Text: c.T("completion.excused"), Num: true}, {Text: c.T("completion.left"), Num: true}, {Text: c.T("completion.share"),
			Num: true}, {Text: c.T("completion.nil"), Num: true}, {Text: c.T("field.state")}}}
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
			to(u.All.Missing(), selfcheck.OwedMissing), {Text: perMille(u.All.PerMille()), Num: true}, {Text: perMille(u.All.NilPerMille()),
				Num: true}, {Tag: &tag},
		})
	}
	p := c.Page("completion.title")
	p.Lead = list.Campaign.Title
	return c.Show(completionPage(p, v))
}

func (f *face) completionUnit(c *page.Call) error { return f.showUnit(c, nil) }

func (f *face) showUnit(c *page.Call, err error) error {
	errs := c.Errors(err)
	if err != nil && errs == nil {
		return err
	}
	u, openErr := f.app.UnitCompletion(c.Context(), c.Reader(), c.Param("id"), c.Param("unit"))
	if openErr != nil {
		return openErr
	}
	base := "/completion/" + u.Campaign.ID + "/" + u.UnitID
	v := unitCompletionView{Base: base, CanCertify: u.MayCertify && u.Campaign.Running()}
	v.Stats = []ui.Stat{
		{Label: c.T("completion.owed"), Value: ui.Number(u.Own.Owed), Href: owedHref(u.Campaign.ID, u.UnitID, selfcheck.OwedAll, true)},
		{Label: c.T("completion.filed"), Value: ui.Number(u.Own.Filed()), Note: perMille(u.Own.PerMille()), Tone: "ok",
			Href: owedHref(u.Campaign.ID, u.UnitID, selfcheck.OwedFiled, true)},
		{Label: c.T("completion.left"), Value: ui.Number(u.Own.Missing()), Tone: "warn",
			Href: owedHref(u.Campaign.ID, u.UnitID, selfcheck.OwedMissing, true)},
		{Label: c.T("completion.excused"), Value: ui.Number(u.Own.Excused),
			Href: owedHref(u.Campaign.ID, u.UnitID, selfcheck.OwedExcused, true)},
		{Label: c.T("completion.nil"), Value: perMille(u.Own.NilPerMille())},
		{Label: c.T("completion.median"), Value: perHalf(u.MedianDoubled)},
		{Label: c.T("completion.similar"), Value: perMille(u.Similar)},
	}
	if cert := u.Certification; cert != nil {
		if v.CanCertify {
			a := c.Fill(page.ActForm{ID: "uncertify", Title: c.T("certify.undo"), Help: c.T("certify.undo.help"),
				Action: base + "/uncertify", Button: "certify.undo",
				Inputs: []ui.Input{{Name: "reason", Label: c.T("field.reason"), Kind: "textarea", Required: true, Max: 1000}}}, errs)
			v.Uncertify = &a
		}
		v.Certified = c.T("certify.by", "Time", c.Clock(&cert.CertifiedAt), "Owed", cert.Owed, "Filed", cert.Filed, "Excused", cert.Excused)
	}
	v.Missing, v.Done = f.rosterTable(c, u, u.Missing), f.rosterTable(c, u, u.Done)
	v.Missing.Empty = c.T("completion.missing.none")
	v.Named = u.Names
	p := c.Page("completion.title")
	p.Title, p.Lead, p.Path = c.T("completion.unit.title", "Unit", u.Name), u.Campaign.Title, base
	p.Crumbs = []ui.Link{{Text: c.T("completion.title"), Href: "/completion/" + u.Campaign.ID}}
	status := http.StatusOK
	if err != nil {
		status = page.StatusOf(err)
	}
	return c.ShowStatus(status, unitCompletionPage(p, v, errs))
}

func perHalf(doubled int64) string {
	if doubled%2 == 0 {
		return strconv.FormatInt(doubled/2, 10)
	}
	return strconv.FormatInt(doubled/2, 10) + ".5"
}

func (f *face) rosterTable(c *page.Call, u *appselfcheck.UnitCompletionView, rows []appselfcheck.ReviewRow) ui.Table {
	t := ui.Table{Cols: []ui.Col{{Text: c.T("selfcheck.respondent")}, {Text: c.T("selfcheck.list")}, {Text: c.T("field.state")},
		{Text: c.T("selfcheck.filed_at")}, {Text: c.T("field.actions")}}}
	for i := range rows {
		r := &rows[i]
		state := ui.State(c.Lang, "submission", string(r.State))
		cells := []ui.Cell{{Text: r.Name, Sub: r.Number}, {Text: c.T("selfcheck.list." + string(r.Audience))}, {Tag: &state},
			{Text: c.Clock(r.FiledAt)}, {}}
		if u.MayExcuse && (r.State == selfcheck.Assigned || r.State == selfcheck.Returned) {
			cells[4].Actions = []ui.Action{{Text: c.T("excuse.title"), Href: "/completion/" + u.Campaign.ID + "/" + u.UnitID +
				"/excuse/" + r.ID}}
		}
		if u.MayExcuse && r.State == selfcheck.Excused {
			cells[4].Actions = []ui.Action{{Text: c.T("restore.title"), Href: "/completion/" + u.Campaign.ID + "/" + u.UnitID +
				"/restore/" + r.ID}}
		}
		t.Rows = append(t.Rows, cells)
	}
	return t
}

func (f *face) completionCertify(c *page.Call) error {
	in := appselfcheck.CertifyInput{CampaignID: c.Param("id"), UnitID: c.Param("unit"), Key: c.Key()}
	if _, err := f.app.Certify(c.Context(), c.Actor, in); err != nil {
		return f.showUnit(c, err)
	}
	return c.Go("/completion/"+in.CampaignID+"/"+in.UnitID, "certify.done")
}

// excusable is the unit of a list that is to be excused or restored, what is wrong with
// the form that err answers, and the page that both come from.
func (f *face) excusable(c *page.Call, err error) (u *appselfcheck.UnitCompletionView, errs ui.Errors, back string, _ error) {
	errs = c.Errors(err)
	if err != nil && errs == nil {
		return nil, nil, "", err
	}
	u, err = f.app.UnitCompletion(c.Context(), c.Reader(), c.Param("id"), c.Param("unit"))
	switch {
	case err != nil:
		return nil, nil, "", err
	case !u.MayExcuse:
		return nil, nil, "", fault.NotFound()
	}
	return u, errs, "/completion/" + u.Campaign.ID + "/" + u.UnitID, nil
}

func (f *face) excuseAsk(c *page.Call) error { return f.showExcuse(c, "", nil) }

func (f *face) showExcuse(c *page.Call, reason string, err error) error {
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
				status = page.StatusOf(err)
			}
			return c.ShowStatus(status, excusePage(p, excuseView{Action: back + "/excuse/" + r.ID, Back: back, Name: r.Name, Reason: reason,
				Version: r.Version}, errs))
		}
	}
	if err != nil { // somebody has filed or excused it meanwhile
		return err
	}
	return fault.NotFound()
}

func (f *face) excuseDo(c *page.Call) error {
	in := appselfcheck.ExcuseInput{ID: c.Param("list"), Version: c.Version(), Reason: c.Form("reason"), Key: c.Key()}
	if _, err := f.app.Excuse(c.Context(), c.Actor, in); err != nil {
		return f.showExcuse(c, in.Reason, err)
	}
	return c.Go("/completion/"+c.Param("id")+"/"+c.Param("unit"), "excuse.done")
}

func (f *face) completionUncertify(c *page.Call) error {
	in := appselfcheck.UndoCertifyInput{CampaignID: c.Param("id"), UnitID: c.Param("unit"), Reason: c.Form("reason"), Key: c.Key()}
	if _, err := f.app.UndoCertify(c.Context(), c.Actor, in); err != nil {
		return f.showUnit(c, err)
	}
	return c.Go("/completion/"+in.CampaignID+"/"+in.UnitID, "certify.undone")
}

func (f *face) restoreAsk(c *page.Call) error { return f.showRestore(c, nil) }

func (f *face) showRestore(c *page.Call, err error) error {
	u, errs, back, openErr := f.excusable(c, err)
	if openErr != nil {
		return openErr
	}
	for i := range u.Done {
		r := &u.Done[i]
		if r.ID != c.Param("list") || r.State != selfcheck.Excused {
			continue
		}
		p := c.Page("restore.title")
		p.Lead, p.Narrow, p.Path = r.Name, true, back+"/restore/"+r.ID
		p.Crumbs = []ui.Link{{Text: u.Name, Href: back}}
		a := c.Fill(page.ActForm{ID: "restore", Help: c.T("restore.help"), Action: p.Path, Button: "restore.title",
			Hidden: [][2]string{{"version", strconv.FormatInt(r.Version, 10)}},
			Inputs: []ui.Input{{Name: "reason", Label: c.T("field.reason"), Kind: "textarea", Required: true, Max: 1000}}}, errs)
		return c.ShowStatus(page.StatusOf(err), page.ActPage(p, errs, a))
	}
	if err != nil {
		return err
	}
	return fault.NotFound()
}

func (f *face) restoreDo(c *page.Call) error {
	in := appselfcheck.ExcuseInput{ID: c.Param("list"), Version: c.Version(), Reason: c.Form("reason"), Key: c.Key()}
	if _, err := f.app.Restore(c.Context(), c.Actor, in); err != nil {
		return f.showRestore(c, err)
	}
	return c.Go("/completion/"+c.Param("id")+"/"+c.Param("unit"), "restore.done")
}
