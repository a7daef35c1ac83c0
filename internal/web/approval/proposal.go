package approval

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"plumbline/internal/app/approval"
	"plumbline/internal/app/desk"
	"plumbline/internal/consent"
	"plumbline/internal/roster"
	"plumbline/internal/web/page"
	"plumbline/internal/web/ui"
	"plumbline/internal/words"
)

// proposedHref links to the object of a proposal.
var proposedHref = map[string]string{"issue": "/issues/", "case": "/cases/", "track": "/tracks/", "match": "/matches/",
	"person": "/people/", "unit": "/units/"}

func (f *face) proposalList(c *page.Call) error {
	filter := approval.ProposalFilter{State: consent.State(c.Query("state")), Waits: c.Query("waits") == "1", Told: c.Query("told") == "1"}
	list, err := f.app.Proposals(c.Context(), c.Actor, filter, c.Query("cursor"))
	if err != nil {
		return err
	}
	p := c.Page("proposal.title")
	p.Lead = c.T("proposal.lead")
	show := ""
	switch {
	case filter.Waits:
		show = "waits"
	case filter.Told:
		show = "told"
	}
	v := page.ListActsView{Path: "/proposals", Filters: []ui.Input{
		{Name: "state", Label: c.T("field.state"), Kind: "select", Value: string(filter.State),
			Options: page.StateOptions(c, "proposal", consent.States)}}}
	if show != "" {
		v.Note = c.T("proposal.only." + show)
	}
	v.Table = ui.Table{Cols: []ui.Col{{Text: c.T("proposal.act")}, {Text: c.T("field.unit")}, {Text: c.T("proposal.heard")},
		{Text: c.T("field.state")}, {Text: c.T("field.time")}}}
	for _, r := range list.Rows {
		state := ui.State(c.Lang, "proposal", string(r.State))
		v.Table.Rows = append(v.Table.Rows, []ui.Cell{
			{Text: c.T("proposal.op." + r.Op), Sub: r.Ref, Href: "/proposals/" + r.ID}, {Text: r.Unit.Name},
			{Text: strconv.Itoa(r.Heard) + " / " + strconv.Itoa(r.Wanted)}, {Tag: &state}, {Text: c.When(r.ProposedAt)},
		})
	}
	q := url.Values{}
	if filter.State != "" {
		q.Set("state", string(filter.State))
	}
	if show != "" {
		q.Set(show, "1")
	}
	v.Pager = c.PagerOf(v.Path, q, len(list.Rows), list.Total, list.Next)
	return c.Show(page.ListActsPage(p, nil, v))
}

func (f *face) proposalPage(c *page.Call) error { return f.showProposal(c, nil, http.StatusOK) }

func (f *face) showProposal(c *page.Call, errs ui.Errors, status int) error {
	x, err := f.app.Proposal(c.Context(), c.Actor, c.Param("id"))
	if err != nil {
		return err
	}
	p := c.Page("proposal.one", "Ref", x.Ref)
	p.Crumbs = []ui.Link{{Text: c.T("proposal.title"), Href: "/proposals"}}
	v := page.ThingView{Title: c.T("proposal.op." + x.Op), Tags: []ui.Tag{ui.State(c.Lang, "proposal", string(x.State))}}
	v.Defs = []ui.Def{{Term: c.T("proposal.ground"), Text: c.T("proposal.ground." + x.Ground)},
		{Term: c.T("field.unit"), Text: x.Unit.Name}}
	if x.Subject.ID != "" {
		v.Defs = append(v.Defs, ui.Def{Term: c.T("proposal.subject"), Text: x.Subject.Name})
	}
	for _, l := range x.Lines {
		text := l.Text
		if l.TextKey != "" {
			text = c.T(l.TextKey)
		}
		v.Defs = append(v.Defs, ui.Def{Term: c.T("proposal.line." + l.Key), Text: text})
	}
	if x.Proposer.ID != "" && x.Proposer.Name == "" {
		x.Proposer.Name = c.T("account.operator")
	}
	if x.Reason != "" {
		v.Defs = append(v.Defs, ui.Def{Term: c.T("field.reason"), Text: x.Reason})
	}
	v.Defs = append(v.Defs, ui.Def{Term: c.T("proposal.by"), Text: x.Proposer.Name})
	v.Events = append(v.Events, ui.Event{When: c.When(x.ProposedAt), Title: c.T("proposal.event.proposed"), Text: x.Proposer.Name})
	var waitFor []string
	for _, vote := range x.Votes {
		if vote.Choice == "" {
			waitFor = append(waitFor, vote.Person.Name)
			continue
		}
		v.Events = append(v.Events, ui.Event{When: c.When(*vote.At), Title: c.T("proposal.choice."+string(vote.Choice)) + " · " +
			vote.Person.Name, Text: vote.Note})
	}
	switch {
	case x.State != consent.Proposed:
		v.Events = append(v.Events, ui.Event{When: c.When(*x.SettledAt), Title: c.T("state.proposal." + string(x.State))})
	case len(waitFor) > 0:
		v.Note = c.T("proposal.waits.members", "Names", strings.Join(waitFor, " · "))
	default:
		v.Note = c.T("proposal.waits", "Role", roleName(c, x.Approver), "Heard", x.Heard, "Wanted", x.Wanted)
	}
	if href := proposedHref[x.ObjectKind]; href != "" {
		p.Actions = append(p.Actions, ui.Action{Text: c.T("proposal.open"), Href: href + x.ObjectID})
	}
	hidden := [][2]string{{"version", strconv.FormatInt(x.Version, 10)}}
	for _, s := range f.proposalSteps() {
		if !x.Can[s.op] {
			continue
		}
		key := s.op
		if x.Members && s.path != "withdraw" {
			key += ".member"
		}
		a := page.ActForm{ID: s.path, Title: c.T(key), Action: "/proposals/" + x.ID + "/" + s.path, Button: key, Hidden: hidden,
			Open: len(v.Acts) == 0}
		if s.path != "withdraw" {
			a.Help = c.T(key + ".help")
			a.Inputs = []ui.Input{{Name: "note", Label: c.T("proposal.note"), Kind: "textarea", Required: s.path == "refuse", Max: 4000}}
		}
		v.Acts = append(v.Acts, c.Fill(a, errs))
	}
	if len(v.Acts) == 0 && x.State == consent.Proposed && x.Why != nil && !x.Yours {
		v.Note += " " + words.Args(c.Lang, "fault."+x.Why.Code, x.Why.Args)
	}
	return c.ShowStatus(status, page.ThingPage(p, errs, v))
}

func roleName(c *page.Call, r roster.Role) string { return c.T("role." + string(r)) }

type proposalStep struct {
	path, op string
	do       func(ctx context.Context, who *roster.Actor, in approval.ProposalInput) (desk.Receipt, error)
}

func (f *face) proposalSteps() []proposalStep {
	return []proposalStep{
		{"approve", "proposal.approve", f.app.ApproveProposal},
		{"refuse", "proposal.refuse", f.app.RefuseProposal},
		{"withdraw", "proposal.withdraw", f.app.WithdrawProposal},
	}
}

func (f *face) onProposal(s proposalStep) func(*page.Call) error {
	return func(c *page.Call) error {
		_, err := s.do(c.Context(), c.Actor, approval.ProposalInput{ID: c.Param("id"), Key: c.Key(), Version: c.Version(),
			Note: c.Form("note")})
		if errs := c.InPlace(err); errs != nil {
			return f.showProposal(c, errs, page.StatusOf(err))
		}
		if err != nil {
			return err
		}
		return c.Go(page.Local("/proposals/"+url.PathEscape(c.Param("id"))), "proposal.flash."+s.path)
	}
}
