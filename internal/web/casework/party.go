package casework

import (
	"plumbline/internal/app/casework"
	apprecusal "plumbline/internal/app/recusal"
	"plumbline/internal/inquiry"
	"plumbline/internal/web/page"
	"plumbline/internal/web/ui"
)

// partyForm offers to record a party to an issue.
func (f *face) partyForm(c *page.Call, d *casework.IssueDetail, v *issueView) {
	if !d.MayParty {
		return
	}
	var wrong []ui.Option
	v.Parties, wrong = partyDefs(c, d.Parties)
	v.VoidParty = c.VoidForm("/issues/"+d.ID+"/party-voids", nil, wrong, nil)
	var interests []string
	for _, i := range inquiry.Interests {
		interests = append(interests, string(i))
	}
	a := c.Fill(page.ActForm{ID: "party", Title: c.T("case.party.add"), Help: c.T("issue.party.help"),
		Action: "/issues/" + d.ID + "/parties", Button: "case.party.add",
		Inputs: []ui.Input{
			{Name: "person", Label: c.T("roster.column.personnel_no"), Required: true, Max: 40},
			{Name: "interest", Label: c.T("case.party.interest"), Kind: "select", Required: true,
				Options: ui.Codes(c.Lang, "interest", "page.choose", interests...)},
		}}, nil)
	v.AddParty = &a
}

func (f *face) issueParty(c *page.Call) error {
	_, _, err := f.app.AddIssueParty(c.Context(), c.Actor, casework.IssuePartyInput{IssueID: c.Param("id"), Key: c.Key(),
		Person: c.Form("person"), Interest: inquiry.Interest(c.Form("interest"))})
	if err != nil {
		return f.showIssue(c, err)
	}
	return c.Go(page.Local("/issues/"+c.Param("id")), "issue.party.flash")
}

// partyDefs shows parties, and returns those that can be voided as choices.
func partyDefs(c *page.Call, rows []casework.PartyView) (defs []ui.Def, wrong []ui.Option) {
	for _, p := range rows {
		d := ui.Def{Term: c.T("interest." + string(p.Interest)), Text: page.Person(p.Person)}
		if p.VoidedOn != "" {
			d.Text += " · " + c.T("void.tag", "On", string(p.VoidedOn))
		} else if p.Challenge != "" {
			d.Text += " · " + c.T("party.challenge.tag", "State", c.T("state.challenge."+string(p.Challenge)))
		} else {
			wrong = append(wrong, ui.Option{Value: p.ID, Text: d.Term + " · " + d.Text})
		}
		defs = append(defs, d)
	}
	return defs, wrong
}

func (f *face) voidIssueParty(c *page.Call) error {
	if _, _, err := f.app.VoidIssueParty(c.Context(), c.Actor, apprecusal.VoidInput{ID: c.Param("id"), Key: c.Key(),
		Party: c.Form("record"), Reason: c.Form("reason")}); err != nil {
		return f.showIssue(c, err)
	}
	return c.Go(page.Local("/issues/"+c.Param("id")), "proposal.flash.filed")
}

func (f *face) voidCaseParty(c *page.Call) error {
	_, _, err := f.app.VoidCaseParty(c.Context(), c.Actor, apprecusal.VoidInput{ID: c.Param("id"), Key: c.Key(), Party: c.Form("record"),
		Reason: c.Form("reason")})
	if err == nil {
		err = errFiled
	}
	return err
}
