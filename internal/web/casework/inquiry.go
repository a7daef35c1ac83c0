package casework

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"plumbline/internal/app/casework"
	"plumbline/internal/app/desk"
	"plumbline/internal/inquiry"
	"plumbline/internal/issue"
	"plumbline/internal/roster"
	"plumbline/internal/web/page"
	"plumbline/internal/web/ui"
)

// errFiled says that an act was proposed instead of done.
var errFiled = errors.New("the act was proposed")

func (f *face) caseList(c *page.Call) error {
	filter, err := inquiry.ParseCaseFilter(c.R.URL.Query())
	if err != nil {
		return err
	}
	list, err := f.app.Cases(c.Context(), c.Actor, filter, c.Query("cursor"))
	if err != nil {
		return err
	}
	v := viewCases(c, filter, list)
	p := c.Page("case.title")
	p.Actions = []ui.Action{{Text: c.T("track.title"), Href: "/tracks", Icon: "list-check"}}
	return c.Show(page.ListPage(p, v))
}

func (f *face) trackList(c *page.Call) error {
	filter, err := inquiry.ParseTrackFilter(c.R.URL.Query())
	if err != nil {
		return err
	}
	list, err := f.app.Tracks(c.Context(), c.Actor, filter, c.Query("cursor"))
	if err != nil {
		return err
	}
	p := c.Page("track.title")
	p.Crumbs = []ui.Link{{Text: c.T("case.title"), Href: "/cases"}}
	return c.Show(page.ListPage(p, viewTracks(c, filter, list)))
}

func (f *face) casePage(c *page.Call) error { return f.showCase(c, c.Param("id"), nil, http.StatusOK) }

// showCase shows a case; after a refused form, with the errors and what was typed.
func (f *face) showCase(c *page.Call, id string, errs ui.Errors, status int) error {
	v, err := f.app.Case(c.Context(), c.Actor, id, c.Query("purpose"))
	if e := c.Errors(err); e != nil && e.Of("purpose") != "" {
		return f.askPurpose(c, "/cases/"+id, e)
	}
	if err != nil {
		return err
	}
	p := c.Page("case.one", "Ref", v.Ref)
	p.Crumbs = []ui.Link{{Text: c.T("case.title"), Href: "/cases"}}
	return c.ShowStatus(status, casePage(p, errs, f.viewCase(c, v, errs)))
}

// onCase handles a form of a case page and returns to it.
func (f *face) onCase(flashKey string, do func(c *page.Call) error) func(*page.Call) error {
	return func(c *page.Call) error {
		err, flashKey := do(c), flashKey
		id := c.Form("case")
		if errs := c.InPlace(err); errs != nil {
			return f.showCase(c, id, errs, page.StatusOf(err))
		}
		if errors.Is(err, errFiled) {
			err, flashKey = nil, "proposal.flash.filed"
		}
		if err != nil {
			return err
		}
		return c.Go(page.Local("/cases/"+url.PathEscape(id)), flashKey)
	}
}

// inquiryActions links an issue to its case, its leader questions and possible
// tasks.
func (f *face) inquiryActions(c *page.Call, i *casework.IssueDetail) []ui.Action {
	var out []ui.Action
	switch {
	case i.CaseID != "" && c.May("case.get"):
		out = append(out, ui.Action{Text: c.T("case.title"), Href: "/cases/" + i.CaseID, Icon: "gavel"})
	case i.CaseID == "" && i.State == issue.Clue && i.PersonID != "" && c.May("case.open"):
		out = append(out, ui.Action{Text: c.T("case.open.title"), Href: "/issues/" + i.ID + "/case/new", Icon: "gavel", Primary: true})
	}
	if i.TriagedAt != nil && i.PersonID != "" && i.Severity >= f.app.Pack().Triggers.RepeatSeverity && c.May("question.list") {
		out = append(out, ui.Action{Text: c.T("question.title"), Href: "/questions?issue=" + i.ID, Icon: "message-question"})
	}
	if i.State.Open() && c.May("rectification.create") {
		out = append(out, ui.Action{Text: c.T("rectification.create"), Href: "/issues/" + i.ID + "/rectifications/new", Icon: "tool"})
	}
	return out
}

func (f *face) newCase(c *page.Call) error { return f.showNewCase(c, nil, http.StatusOK) }

func (f *face) showNewCase(c *page.Call, errs ui.Errors, status int) error {
	i, err := f.app.Issue(c.Context(), c.Actor, casework.IssueInput{ID: c.Param("id")})
	if err != nil {
		return err
	}
	p := c.Page("case.open.title")
	p.Lead = c.T("case.open.help")
	p.Narrow = true
	p.Crumbs = []ui.Link{{Text: c.T("nav.issues"), Href: "/issues"}, {Text: i.Ref, Href: "/issues/" + i.ID}}
	form := page.ActForm{
		ID: "open", Action: "/issues/" + i.ID + "/case", Button: "case.open.button", Hidden: [][2]string{{"version",
			strconv.FormatInt(i.Version, 10)}},
		Inputs: []ui.Input{
			{Name: "rule", Label: c.T("track.allegation.rule"), Required: true, Max: 200},
			{Name: "facts", Label: c.T("track.allegation.text"), Kind: "textarea", Required: true, Max: 4000},
		},
	}
	return c.ShowStatus(status, page.ActPage(p, errs, c.Fill(form, errs)))
}

func (f *face) openCase(c *page.Call) error {
	id, _, err := f.app.OpenCase(c.Context(), c.Actor, casework.OpenCaseInput{
		IssueID: c.Param("id"), Key: c.Key(), Version: c.Version(), Rule: c.Form("rule"), Facts: c.Form("facts")})
	if errs := c.InPlace(err); errs != nil {
		return f.showNewCase(c, errs, page.StatusOf(err))
	}
	if err != nil {
		return err
	}
	return c.Go("/cases/"+id, "case.open.flash")
}

func (f *face) closeCase(c *page.Call) error {
	id, _, err := f.app.CloseCase(c.Context(), c.Actor, casework.CloseCaseInput{ID: c.Param("id"), Key: c.Key(), Version: c.Version()})
	if err == nil && id != c.Param("id") {
		return errFiled
	}
	return err
}

func (f *face) addParty(c *page.Call) error {
	_, _, err := f.app.AddParty(c.Context(), c.Actor, casework.PartyInput{
		CaseID: c.Param("id"), Key: c.Key(), Person: c.Form("person"), Interest: inquiry.Interest(c.Form("interest"))})
	return err
}

func (f *face) assignMember(c *page.Call) error {
	_, _, err := f.app.AssignMember(c.Context(), c.Actor, casework.AssignInput{
		TrackID: c.Param("id"), Key: c.Key(), Person: c.Form("person"), Duty: inquiry.MemberDuty(c.Form("duty"))})
	return err
}

// backByTwo is back for acts to which a second person must agree.
func (f *face) backByTwo(do func(ctx context.Context, who *roster.Actor, in casework.BackInput) (string, desk.Receipt, error)) func(*page.Call) error {
	return f.back(func(ctx context.Context, who *roster.Actor, in casework.BackInput) (desk.Receipt, error) {
		_, r, err := do(ctx, who, in)
		if err == nil {
			err = errFiled
		}
		return r, err
	})
}

// back handles an act that takes back something in a case, with a reason.
func (f *face) back(do func(ctx context.Context, who *roster.Actor, in casework.BackInput) (desk.Receipt, error)) func(*page.Call) error {
	return func(c *page.Call) error {
		_, err := do(c.Context(), c.Actor, casework.BackInput{ID: c.Param("id"), Key: c.Key(), Version: c.Version(),
			Reason: c.Form("reason")})
		return err
	}
}

func (f *face) proveTrack(c *page.Call) error {
	proof := func(name string) inquiry.Proof { return inquiry.Proof(c.Form(name)) }
	_, err := f.app.ProveTrack(c.Context(), c.Actor, casework.ProveInput{
		TrackID: c.Param("id"), Key: c.Key(), Version: c.Version(), Duty: proof("duty"), Knowledge: proof("knowledge"), Conduct: proof("conduct"),
		Link: proof("link"), Class: inquiry.Class(c.Form("class")), Result: inquiry.Result(c.Form("result")), Grounds: c.Form("grounds")})
	return err
}

func (f *face) endTrack(c *page.Call) error {
	_, _, err := f.app.EndTrack(c.Context(), c.Actor, casework.EndTrackInput{TrackID: c.Param("id"), Key: c.Key(), Version: c.Version(),
		Ground: c.Form("ground"), Reason: c.Form("reason")})
	return err
}

func (f *face) addAllegation(c *page.Call) error {
	_, _, err := f.app.AddAllegation(c.Context(), c.Actor, casework.AllegationInput{
		TrackID: c.Param("id"), Key: c.Key(), Category: c.Form("category"), Rule: c.Form("rule"), Facts: c.Form("facts")})
	return err
}

func (f *face) decisionInput(c *page.Call) casework.ProposeInput {
	return casework.ProposeInput{TrackID: c.Param("id"), Key: c.Key(), Form: c.Choice("form"), Sanction: c.Form("sanction"),
		Reason: c.Form("reason")}
}

// proposeDecision shows what will be recorded, and records it once confirmed.
func (f *face) proposeDecision(c *page.Call) error {
	if c.Form("confirmed") != "" {
		return f.onCase("decision.propose.flash", f.recordDecision)(c)
	}
	id := c.Form("case")
	d, err := f.app.PreviewDecision(c.Context(), c.Actor, f.decisionInput(c))
	if errs := c.InPlace(err); errs != nil {
		return f.showCase(c, id, errs, page.StatusOf(err))
	}
	if err != nil {
		return err
	}
	p := c.Page("decision.confirm")
	p.Lead, p.Narrow = c.T("decision.confirm.lead"), true
	p.Crumbs = []ui.Link{{Text: c.T("case.title"), Href: "/cases"}, {Text: c.T("button.open"), Href: page.Local("/cases/" +
		url.PathEscape(id))}}
	a := page.ActForm{ID: "propose-" + c.Param("id"), Title: c.T("decision.confirm.button"),
		Action: "/tracks/" + c.Param("id") + "/decisions", Button: "decision.confirm.button", Open: true,
		Hidden: [][2]string{{"case", id}, {"version", strconv.FormatInt(c.Version(), 10)}, {"form", strconv.Itoa(d.Form)},
			{"sanction", d.Sanction}, {"reason", d.Reason}, {"confirmed", "1"}}}
	if d.Unhandled {
		a.Help = c.T("decision.confirm.unhandled")
	}
	return c.Show(page.DefsActsPage(p, nil, page.DefsActsView{Defs: handling(c, d.Form, d.Sanction, d.Months, d.Reason),
		Acts: []page.ActForm{c.Fill(a, nil)}}))
}

// handling describes a decision in full: form, sanction, period, grounds.
func handling(c *page.Call, form int, sanction string, months int, reason string) []ui.Def {
	defs := []ui.Def{{Term: c.T("decision.form"), Text: c.T("form." + strconv.Itoa(form))},
		{Term: c.T("decision.sanction"), Text: c.T("decision.sanction.none")}}
	if sanction != "" {
		defs[1].Text = c.T("sanction." + sanction)
		defs = append(defs, ui.Def{Term: c.T("decision.months"), Text: strconv.Itoa(months)})
	}
	return append(defs, ui.Def{Term: c.T("decision.grounds"), Text: reason})
}

func (f *face) recordDecision(c *page.Call) error {
	_, r, err := f.app.ProposeDecision(c.Context(), c.Actor, f.decisionInput(c))
	c.Offer(r)
	return err
}

func (f *face) resolveTrack(c *page.Call) error {
	_, r, err := f.app.ResolveTrack(c.Context(), c.Actor, casework.ResolveInput{
		ID: c.Param("id"), Key: c.Key(), Version: c.Version(), Members: strings.Fields(c.Form("members"))})
	c.Offer(r)
	return err
}

func (f *face) recommend(c *page.Call) error {
	_, _, err := f.app.Recommend(c.Context(), c.Actor, casework.RecommendInput{
		AllegationID: c.Param("id"), Key: c.Key(), Verdict: inquiry.Verdict(c.Form("verdict")), Standard: inquiry.Standard(c.Form("standard")), Reason: c.Form("reason")})
	return err
}

func (f *face) serveFinding(c *page.Call) error {
	_, err := f.app.ServeFinding(c.Context(), c.Actor, casework.FindingInput{ID: c.Param("id"), Key: c.Key(), Version: c.Version()})
	return err
}

func (f *face) answerReply(c *page.Call) error {
	_, err := f.app.AnswerReply(c.Context(), c.Actor, casework.AnswerInput{ID: c.Param("id"), Key: c.Key(), Version: c.Version(),
		Answer: c.Form("answer")})
	return err
}

func (f *face) confirmFinding(c *page.Call) error {
	r, err := f.app.ConfirmFinding(c.Context(), c.Actor, casework.ConfirmInput{
		ID: c.Param("id"), Key: c.Key(), Version: c.Version(), Verdict: inquiry.Verdict(c.Form("verdict")), Reason: c.Form("reason")})
	c.Offer(r)
	return err
}

func (f *face) myFindings(c *page.Call) error { return f.showMyFindings(c, nil, http.StatusOK) }

func (f *face) showMyFindings(c *page.Call, errs ui.Errors, status int) error {
	rows, err := f.app.MyFindings(c.Context(), c.Actor)
	if err != nil {
		return err
	}
	p := c.Page("finding.mine.title")
	p.Lead = c.T("finding.mine.help")
	p.Narrow = true
	return c.ShowStatus(status, myFindingsPage(p, errs, viewServed(c, rows, errs)))
}

func (f *face) replyFinding(c *page.Call) error {
	_, r, err := f.app.Reply(c.Context(), c.Actor, casework.ReplyInput{
		ID: c.Param("id"), Key: c.Key(), Version: c.Version(), Waive: c.Form("waive") != "", Text: c.Form("text")})
	if errs := c.InPlace(err); errs != nil {
		return f.showMyFindings(c, errs, page.StatusOf(err))
	}
	if err != nil {
		return err
	}
	c.Offer(r)
	return c.Go("/my/findings", "finding.reply.flash")
}

func (f *face) questionList(c *page.Call) error {
	filter, err := inquiry.ParseQuestionFilter(c.R.URL.Query())
	if err != nil {
		return err
	}
	list, err := f.app.Questions(c.Context(), c.Actor, filter, c.Query("cursor"))
	if err != nil {
		return err
	}
	p := c.Page("question.title")
	p.Lead = c.T("question.help")
	return c.Show(page.ListPage(p, viewQuestions(c, filter, list)))
}

func (f *face) questionPage(c *page.Call) error { return f.showQuestion(c, nil, http.StatusOK) }

func (f *face) showQuestion(c *page.Call, errs ui.Errors, status int) error {
	q, err := f.app.Question(c.Context(), c.Actor, c.Param("id"), c.Query("purpose"))
	if e := c.Errors(err); e != nil && e.Of("purpose") != "" {
		return f.askPurpose(c, "/questions/"+c.Param("id"), e)
	}
	if err != nil {
		return err
	}
	p := c.Page("question.one", "Ref", q.Ref)
	p.Lead = c.T("question.help")
	p.Crumbs = []ui.Link{{Text: c.T("question.title"), Href: "/questions"}}
	return c.ShowStatus(status, questionPage(p, errs, viewQuestion(c, q, errs)))
}

// onQuestion handles a form of a question's page and returns to it.
func (f *face) onQuestion(do func(c *page.Call, who *roster.Actor, in casework.QuestionInput) error) func(*page.Call) error {
	return func(c *page.Call) error {
		err := do(c, c.Actor, casework.QuestionInput{ID: c.Param("id"), Key: c.Key(), Version: c.Version(), Reason: c.Form("reason")})
		if errs := c.InPlace(err); errs != nil {
			return f.showQuestion(c, errs, page.StatusOf(err))
		}
		if err != nil {
			return err
		}
		return c.Go("/questions/"+url.PathEscape(c.Param("id")), "question.flash")
	}
}

func (f *face) openLeaderTrack(c *page.Call, who *roster.Actor, in casework.QuestionInput) error {
	_, _, err := f.app.OpenLeaderTrack(c.Context(), who, in)
	return err
}

func (f *face) refuseQuestion(c *page.Call, who *roster.Actor, in casework.QuestionInput) error {
	_, err := f.app.RefuseQuestion(c.Context(), who, in)
	return err
}

func (f *face) approveRefusal(c *page.Call, who *roster.Actor, in casework.QuestionInput) error {
	_, err := f.app.ApproveRefusal(c.Context(), who, in)
	return err
}

func (f *face) rejectRefusal(c *page.Call, who *roster.Actor, in casework.QuestionInput) error {
	_, err := f.app.RejectRefusal(c.Context(), who, in)
	return err
}

// exportCase sends the case as a self-verifying file.
func (f *face) exportCase(c *page.Call) error {
	e, _, err := f.app.ExportCase(c.Context(), c.Actor, casework.CaseExportInput{ID: c.Param("id"), Purpose: c.Form("purpose"),
		Key: c.Key()})
	if err != nil {
		return err
	}
	return c.SendExport(e)
}
