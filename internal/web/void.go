package web

import (
	"strconv"
	"strings"

	"plumbline/internal/app/casework"
	apprecusal "plumbline/internal/app/recusal"
	"plumbline/internal/web/ui"
)

// voidForm offers to void one of the records as a mistake; nil if there is none.
func (c *Call) voidForm(action string, hidden [][2]string, wrong []ui.Option, errs ui.Errors) *actForm {
	if len(wrong) == 0 {
		return nil
	}
	options := append([]ui.Option{{Text: c.T("page.choose")}}, wrong...)
	a := c.fill(actForm{ID: "void", Title: c.T("void.title"), Help: c.T("void.help"), Action: action, Button: "void.button", Hidden: hidden, Inputs: []ui.Input{
		{Name: "record", Label: c.T("void.record"), Kind: "select", Required: true, Options: options},
		{Name: "reason", Label: c.T("field.reason"), Kind: "textarea", Rows: 2, Required: true},
	}}, errs)
	return &a
}

// partyDefs shows parties, and returns those that can be voided as choices.
func (c *Call) partyDefs(rows []casework.PartyView) (defs []ui.Def, wrong []ui.Option) {
	for _, p := range rows {
		d := ui.Def{Term: c.T("interest." + string(p.Interest)), Text: person(p.Person)}
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

func (f *Face) voidRelation(c *Call) error {
	id, version, _ := strings.Cut(c.Form("record"), " ")
	n, _ := strconv.ParseInt(version, 10, 64) // 0 is refused as no version
	if _, _, err := f.app.VoidRelation(c.Context(), c.Actor, apprecusal.VoidInput{ID: id, Version: n, Key: c.Key(), Reason: c.Form("reason")}); err != nil {
		return f.showRelations(c, err)
	}
	return c.Go(Local("/people/"+c.Param("id")+"/relations"), "proposal.flash.filed")
}

func (f *Face) voidIssueParty(c *Call) error {
	if _, _, err := f.app.VoidIssueParty(c.Context(), c.Actor, apprecusal.VoidInput{ID: c.Param("id"), Key: c.Key(), Party: c.Form("record"), Reason: c.Form("reason")}); err != nil {
		return f.showIssue(c, err)
	}
	return c.Go(Local("/issues/"+c.Param("id")), "proposal.flash.filed")
}

func (f *Face) voidCaseParty(c *Call) error {
	_, _, err := f.app.VoidCaseParty(c.Context(), c.Actor, apprecusal.VoidInput{ID: c.Param("id"), Key: c.Key(), Party: c.Form("record"), Reason: c.Form("reason")})
	if err == nil {
		err = errFiled
	}
	return err
}
