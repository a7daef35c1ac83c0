package recusal

import (
	"net/http"
	"strconv"

	apprecusal "plumbline/internal/app/recusal"
	"plumbline/internal/recusal"
	"plumbline/internal/web/page"
	"plumbline/internal/web/ui"
)

// challengeList shows the challenges that the tier decides. It names the two people
// and the stated relation and links to neither's file.
func (f *face) challengeList(c *page.Call) error {
	in := recusal.Filter{State: recusal.State(c.Query("state")), Mass: c.Query("mass") == "1"}
	list, err := f.app.Challenges(c.Context(), c.Actor, in)
	if err != nil {
		return err
	}
	p := c.Page("challenge.title")
	p.Lead = c.T("challenge.lead")
	v := page.ListActsView{Path: "/challenges", Filters: []ui.Input{
		{Name: "state", Label: c.T("field.state"), Kind: "select", Value: string(in.State),
			Options: page.StateOptions(c, "challenge", recusal.States)},
		{Name: "mass", Label: c.T("challenge.mass"), Kind: "select", Value: c.Query("mass"),
			Options: []ui.Option{{Text: c.T("page.all")}, {Value: "1", Text: c.T("challenge.mass.only")}}},
	}}
	if list.Mass > 0 {
		v.Note = c.T("challenge.mass.note", "N", list.Mass, "Days", list.Days)
	}
	v.Table = ui.Table{Empty: c.T("challenge.none"), Cols: []ui.Col{{Text: c.T("challenge.official")}, {Text: c.T("challenge.kind")},
		{Text: c.T("challenge.filer")}, {Text: c.T("challenge.unit")}, {Text: c.T("field.state")}}}
	for _, r := range list.Rows {
		state := ui.State(c.Lang, "challenge", string(r.State))
		filer := ui.Cell{Text: page.Person(r.FiledBy), Sub: string(r.FiledOn)}
		if r.Mass {
			filer.Sub = c.T("challenge.mass.tag", "Open", r.Open, "Recent", r.Recent, "Days", list.Days)
		}
		v.Table.Rows = append(v.Table.Rows, []ui.Cell{{Text: page.Person(r.Official), Href: "/challenges/" + r.ID},
			{Text: challengeKind(c, r)}, filer, {Text: r.Unit.Name}, {Tag: &state}})
	}
	v.Pager = ui.Pager{Shown: len(v.Table.Rows), Total: list.Total}
	return c.Show(page.ListActsPage(p, nil, v))
}

// challengeKind names the relation or the interest that was stated.
func challengeKind(c *page.Call, r apprecusal.ChallengeView) string {
	if r.Cause == recusal.CauseParty {
		return c.T("interest." + r.Kind)
	}
	return c.T("relation.kind." + r.Kind)
}

func (f *face) challengePage(c *page.Call) error { return f.showChallenge(c, nil, http.StatusOK) }

func (f *face) showChallenge(c *page.Call, errs ui.Errors, status int) error {
	r, err := f.app.Challenge(c.Context(), c.Actor, c.Param("id"))
	if err != nil {
		return err
	}
	p := c.Page("challenge.one")
	p.Path, p.Crumbs = "/challenges/"+r.ID, []ui.Link{{Text: c.T("challenge.title"), Href: "/challenges"}}
	v := page.ThingView{Title: c.T("challenge.one"), Tags: []ui.Tag{ui.State(c.Lang, "challenge", string(r.State))},
		Note: c.T("challenge.cause." + string(r.Cause))}
	v.Defs = []ui.Def{{Term: c.T("challenge.official"), Text: page.Person(r.Official)}}
	if r.Person.ID != "" {
		v.Defs = append(v.Defs, ui.Def{Term: c.T("challenge.person"), Text: page.Person(r.Person)})
	}
	v.Defs = append(v.Defs, ui.Def{Term: c.T("challenge.kind"), Text: challengeKind(c, r)})
	if r.Grounds != "" {
		v.Defs = append(v.Defs, ui.Def{Term: c.T("challenge.grounds"), Text: r.Grounds})
	}
	v.Defs = append(v.Defs, ui.Def{Term: c.T("challenge.filer"), Text: page.Person(r.FiledBy)},
		ui.Def{Term: c.T("challenge.unit"), Text: r.Unit.Name})
	if r.Mass {
		v.Tags = append(v.Tags, ui.Tag{Tone: "warn", Text: c.T("challenge.mass.tag", "Open", r.Open, "Recent", r.Recent, "Days",
			f.app.Pack().Recusal.Days)})
	}
	v.Events = []ui.Event{{When: string(r.FiledOn), Title: c.T("state.challenge.filed"), By: page.Person(r.FiledBy)}}
	if r.State != recusal.Filed {
		v.Events = append(v.Events, ui.Event{When: string(r.DecidedOn), Title: c.T("state.challenge." + string(r.State)), Text: r.Reason,
			By: page.Person(r.DecidedBy)})
	}
	if r.MayDecide {
		v.Acts = []page.ActForm{c.Fill(page.ActForm{ID: "decide", Title: c.T("challenge.decide"), Help: c.T("challenge.decide.help"),
			Action: "/challenges/" + r.ID + "/decide", Button: "challenge.decide", Open: true,
			Hidden: [][2]string{{"version", strconv.FormatInt(r.Version, 10)}},
			Inputs: []ui.Input{
				{Name: "decision", Label: c.T("challenge.decision"), Kind: "select", Required: true,
					Options: ui.Codes(c.Lang, "challenge.decision", "page.choose", "uphold", "deny")},
				{Name: "reason", Label: c.T("field.reason"), Kind: "textarea", Required: true, Max: 4000},
			}}, errs)}
	}
	return c.ShowStatus(status, page.ThingPage(p, errs, v))
}

func (f *face) decideChallenge(c *page.Call) error {
	id := c.Param("id")
	_, err := f.app.DecideChallenge(c.Context(), c.Actor, apprecusal.ChallengeInput{ID: id, Key: c.Key(), Version: c.Version(),
		Decision: c.Form("decision"), Reason: c.Form("reason")})
	if errs := c.InPlace(err); errs != nil {
		return f.showChallenge(c, errs, page.StatusOf(err))
	}
	if err != nil {
		return err
	}
	if c.Form("decision") == "uphold" {
		return c.Go("/challenges", "challenge.flash.upheld")
	}
	return c.Go("/challenges", "challenge.flash.denied")
}

func (f *face) withdrawChallenge(c *page.Call) error {
	if _, err := f.app.WithdrawChallenge(c.Context(), c.Actor, apprecusal.ChallengeWithdrawal{ID: c.Param("id"), Key: c.Key(),
		Version: c.Version()}); err != nil {
		return err
	}
	return c.Go("/my-relations", "challenge.flash.withdrawn")
}
