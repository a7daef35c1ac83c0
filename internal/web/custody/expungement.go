package custody

import (
	"context"
	"net/http"
	"net/url"
	"strconv"

	appcustody "plumbline/internal/app/custody"
	"plumbline/internal/app/desk"
	"plumbline/internal/custody"
	"plumbline/internal/fault"
	"plumbline/internal/roster"
	"plumbline/internal/web/page"
	"plumbline/internal/web/ui"
)

// recordInputs ask which record is meant.
func recordInputs(c *page.Call, more ...ui.Input) []ui.Input {
	return append([]ui.Input{
		{Name: "record_kind", Label: c.T("custody.record_kind"), Kind: "select", Required: true, Value: c.Query("kind"),
			Options: ui.Codes(c.Lang, "custody.kind", "", "issue", "audit_record")},
		{Name: "record", Label: c.T("custody.record"), Required: true, Max: 40, Help: c.T("custody.record.help"), Value: c.Query("record")},
	}, more...)
}

func (f *face) expungementList(c *page.Call) error {
	state := custody.ExpungementState(c.Query("state"))
	list, err := f.app.Expungements(c.Context(), c.Actor, state, c.Query("cursor"))
	if err != nil {
		return err
	}
	p := c.Page("expungement.title")
	p.Lead = c.T("expungement.lead")
	if c.May("expungement.propose") {
		p.Actions = append(p.Actions, ui.Action{Text: c.T("expungement.propose"), Href: "/expungements/new", Icon: "plus"})
	}
	if c.May("retention.list") {
		p.Actions = append(p.Actions, ui.Action{Text: c.T("retention.title"), Href: "/retention"})
	}
	if c.May("hold.list") {
		p.Actions = append(p.Actions, ui.Action{Text: c.T("hold.title"), Href: "/holds"})
	}
	v := page.ListActsView{Path: "/expungements", Filters: []ui.Input{
		{Name: "state", Label: c.T("field.state"), Kind: "select", Value: string(state),
			Options: page.StateOptions(c, "expungement", custody.ExpungementStates)}}}
	v.Table = ui.Table{Cols: []ui.Col{{Text: c.T("custody.record")}, {Text: c.T("field.unit")}, {Text: c.T("expungement.ground")},
		{Text: c.T("field.state")}, {Text: c.T("field.time")}}}
	for _, e := range list.Rows {
		state := ui.State(c.Lang, "expungement", string(e.State))
		v.Table.Rows = append(v.Table.Rows, []ui.Cell{
			{Text: e.RecordRef, Sub: c.T("custody.kind." + string(e.RecordKind)), Href: "/expungements/" + e.ID}, {Text: e.Unit.Name},
			{Text: c.T("expungement.ground." + string(e.Ground))}, {Tag: &state}, {Text: c.When(e.ProposedAt)},
		})
	}
	filter := url.Values{}
	if state != "" {
		filter.Set("state", string(state))
	}
	v.Pager = c.PagerOf(v.Path, filter, len(list.Rows), list.Total, list.Next)
	return c.Show(page.ListActsPage(p, nil, v))
}

func (f *face) newExpungement(c *page.Call) error {
	if !c.May("expungement.propose") {
		return fault.Forbidden("not_allowed")
	}
	return f.showNewExpungement(c, nil, http.StatusOK)
}

func (f *face) showNewExpungement(c *page.Call, errs ui.Errors, status int) error {
	p := c.Page("expungement.propose")
	p.Narrow, p.Crumbs = true, []ui.Link{{Text: c.T("expungement.title"), Href: "/expungements"}}
	form := page.ActForm{ID: "expunge", Action: "/expungements", Button: "expungement.propose", Help: c.T("expungement.propose.help"),
		Inputs: recordInputs(c,
			ui.Input{Name: "ground", Label: c.T("expungement.ground"), Kind: "select", Required: true, Value: c.Query("ground"),
				Options: page.CodesOf(c, "expungement.ground", custody.Grounds)},
			ui.Input{Name: "reason", Label: c.T("field.reason"), Kind: "textarea", Required: true, Max: 4000})}
	return c.ShowStatus(status, page.ActPage(p, errs, c.Fill(form, errs)))
}

func (f *face) proposeExpungement(c *page.Call) error {
	id, _, err := f.app.ProposeExpungement(c.Context(), c.Actor, appcustody.ProposeExpungementInput{
		RecordInput: appcustody.RecordInput{Kind: custody.RecordKind(c.Form("record_kind")), Record: c.Form("record")},
		Ground:      custody.Ground(c.Form("ground")), Reason: c.Form("reason"), Key: c.Key()})
	if errs := c.InPlace(err); errs != nil {
		return f.showNewExpungement(c, errs, page.StatusOf(err))
	}
	if err != nil {
		return err
	}
	return c.Go("/expungements/"+id, "expungement.flash.proposed")
}

func (f *face) expungementPage(c *page.Call) error { return f.showExpungement(c, nil, http.StatusOK) }

func (f *face) showExpungement(c *page.Call, errs ui.Errors, status int) error {
	e, err := f.app.Expungement(c.Context(), c.Actor, c.Param("id"))
	if err != nil {
		return err
	}
	p := c.Page("expungement.one", "Ref", e.Ref)
	p.Crumbs = []ui.Link{{Text: c.T("expungement.title"), Href: "/expungements"}}
	v := page.ThingView{Title: c.T("expungement.title"), Tags: []ui.Tag{ui.State(c.Lang, "expungement", string(e.State))}}
	v.Defs = []ui.Def{
		{Term: c.T("custody.record"), Text: e.RecordRef + " · " + c.T("custody.kind."+string(e.RecordKind))}, {Term: c.T("field.unit"),
			Text: e.Unit.Name},
		{Term: c.T("expungement.ground"), Text: c.T("expungement.ground." + string(e.Ground))}, {Term: c.T("field.reason"), Text: e.Reason},
	}
	v.Events = append(v.Events, ui.Event{When: c.When(e.ProposedAt), Title: c.T("expungement.proposed")})
	for _, at := range e.ApprovedAt {
		v.Events = append(v.Events, ui.Event{When: c.When(at), Title: c.T("expungement.approved")})
	}
	if e.SettledAt != nil {
		v.Events = append(v.Events, ui.Event{When: c.When(*e.SettledAt), Title: c.T("state.expungement." + string(e.State)),
			Text: e.Answer})
	}
	if e.State == custody.ExpungementProposed {
		v.Note = c.T("expungement.waits", "Approvals", e.Approvals, "Approvers", e.Approvers)
	}
	if e.FinalOn != "" {
		v.Note = c.T("expungement.final", "On", string(e.FinalOn), "Records", e.Records)
	}
	hidden := [][2]string{{"version", strconv.FormatInt(e.Version, 10)}}
	for _, s := range f.expungementSteps() {
		if !e.Can[s.op] {
			continue
		}
		a := page.ActForm{ID: s.path, Title: c.T(s.op), Action: "/expungements/" + e.ID + "/" + s.path, Button: s.op, Hidden: hidden,
			Open: len(v.Acts) == 0}
		if s.op == "expungement.approve" {
			if e.Approvals+1 < e.Approvers {
				a.Title, a.Button, a.Help = c.T("expungement.approve.first"), "expungement.approve.first", c.T("expungement.approve.first.help")
			} else {
				a.Help = c.T("expungement.approve.help")
			}
		}
		if s.op == "expungement.refuse" {
			a.Inputs = []ui.Input{{Name: "reason", Label: c.T("field.reason"), Kind: "textarea", Required: true, Max: 4000}}
		}
		v.Acts = append(v.Acts, c.Fill(a, errs))
	}
	return c.ShowStatus(status, page.ThingPage(p, errs, v))
}

type expungementStep struct {
	path, op string
	do       func(ctx context.Context, who *roster.Actor, in appcustody.ExpungementInput) (desk.Receipt, error)
}

func (f *face) expungementSteps() []expungementStep {
	return []expungementStep{
		{"approve", "expungement.approve", f.app.ApproveExpungement},
		{"refuse", "expungement.refuse", f.app.RefuseExpungement},
		{"withdraw", "expungement.withdraw", f.app.WithdrawExpungement},
	}
}

func (f *face) onExpungement(s expungementStep) func(*page.Call) error {
	return func(c *page.Call) error {
		_, err := s.do(c.Context(), c.Actor, appcustody.ExpungementInput{ID: c.Param("id"), Key: c.Key(), Version: c.Version(),
			Reason: c.Form("reason")})
		if errs := c.InPlace(err); errs != nil {
			return f.showExpungement(c, errs, page.StatusOf(err))
		}
		if err != nil {
			return err
		}
		return c.Go(page.Local("/expungements/"+url.PathEscape(c.Param("id"))), "custody.flash")
	}
}
