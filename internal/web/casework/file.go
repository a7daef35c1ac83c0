package casework

import (
	"net/http"
	"net/url"
	"strconv"

	"plumbline/internal/app/casework"
	"plumbline/internal/app/readlog"
	"plumbline/internal/issue"
	"plumbline/internal/web/page"
	"plumbline/internal/web/ui"
)

type fileView struct {
	Tasks, Lists ui.Table
	Stats        []ui.Stat
	Cards        []fileCard
	Kinds        []ui.Option
	Export       *page.ActForm // nil for who may not take the file out
}

type fileCard struct {
	ID, Anchor, Title, When, Narrative, Href string
	State                                    ui.Tag
	Defs                                     []ui.Def
	Said                                     []ui.Event
	Counts, Speak                            bool
}

type askedCard struct{ ID, Version, Title, When, About, Text string }

func (f *face) ownFile(c *page.Call) error { return f.showOwnFile(c, nil) }

func (f *face) showOwnFile(c *page.Call, failed error) error {
	errs := c.Errors(failed)
	if failed != nil && errs == nil {
		return failed
	}
	file, err := f.app.OwnFile(c.Context(), c.Reader())
	if err != nil {
		return err
	}
	p := c.Page("file.own.title")
	p.Lead = c.T("file.own.lead")
	status := http.StatusOK
	if failed != nil {
		status = page.StatusOf(failed)
	}
	return c.ShowStatus(status, filePage(p, errs, f.fileView(c, file, true)))
}

func (f *face) ownFileReply(c *page.Call) error {
	in := casework.StatementInput{Issue: c.Param("id"), Kind: issue.StatementKind(c.Form("kind")), Text: c.Form("text"), Key: c.Key()}
	_, r, err := f.app.MakeStatement(c.Context(), c.Actor, in)
	if err != nil {
		return f.showOwnFile(c, err)
	}
	c.Offer(r)
	return c.Go("/my-file#i-"+url.PathEscape(in.Issue), "file.answer.done")
}

func (f *face) personFile(c *page.Call) error {
	id := c.Param("id")
	file, err := f.app.PersonFile(c.Context(), c.Reader(), casework.FileInput{Person: id, Purpose: c.Query("purpose")})
	if errs := c.Errors(err); errs != nil && errs.Of("purpose") != "" {
		return f.askPurpose(c, "/people/"+id+"/file", errs)
	}
	if err != nil {
		return err
	}
	p := c.Page("file.title", "Name", file.PersonName)
	p.Lead = c.T("file.lead")
	return c.Show(filePage(p, nil, f.fileView(c, file, false)))
}

func (f *face) fileView(c *page.Call, file *casework.File, own bool) fileView {
	v := fileView{Stats: []ui.Stat{
		{Label: c.T("file.total"), Value: ui.Number(len(file.Lines))},
		{Label: c.T("file.open"), Value: ui.Number(file.Open)},
		{Label: c.T("file.counts"), Value: ui.Number(file.Counting)},
	}}
	for _, l := range file.Lines {
		severity := ui.Severity(c.Lang, l.Severity)
		state := ui.State(c.Lang, "issue", string(l.State))
		card := fileCard{ID: l.ID, Anchor: "i-" + l.ID, Title: c.T("category." + l.Category), When: string(l.EventOn), State: state,
			Narrative: l.Narrative,
			Defs: []ui.Def{
				{Term: c.T("field.source"), Text: sourceText(c, l.Source, l.SourceCode)},
				{Term: c.T("field.severity"), Tag: &severity},
				{Term: c.T("issue.field.disclosure"), Text: orDash(disclosureText(c, l.Disclosure, issue.ConcealmentNone))},
				{Term: c.T("issue.field.finding"), Text: findingText(c, l.Finding)},
				{Term: c.T("issue.field.outcome"), Text: formText(c, l.Form)},
				{Term: c.T("field.unit"), Text: l.UnitName},
				{Term: c.T("issue.field.ref"), Text: l.Ref},
			}, Counts: l.Counts, Speak: own && l.MaySpeak}
		if !own {
			card.Href = "/issues/" + l.ID
		}
		if l.Concealment != issue.ConcealmentNone {
			card.Defs = append(card.Defs, ui.Def{Term: c.T("issue.field.concealment"), Text: c.T("concealment." + string(l.Concealment))})
		}
		for _, s := range l.Statements {
			card.Said = append(card.Said, f.statementEvent(c, s))
		}
		v.Cards = append(v.Cards, card)
	}
	v.Tasks = ui.Table{Cols: []ui.Col{{Text: c.T("field.category")}, {Text: c.T("field.state")}, {Text: c.T("file.tasks.lead")},
		{Text: c.T("file.tasks.due")}, {Text: c.T("file.tasks.done")}}}
	for _, t := range file.Tasks {
		head := ui.Cell{Text: c.T("category." + t.Category), Sub: t.Ref}
		if t.ID != "" {
			head.Href = "/rectifications/" + t.ID
		}
		state := ui.State(c.Lang, "rectification", string(t.State))
		v.Tasks.Rows = append(v.Tasks.Rows, []ui.Cell{head, {Tag: &state}, {Text: t.Lead}, {Text: string(t.DueOn)},
			{Text: string(t.DoneOn)}})
	}
	v.Lists = ui.Table{Cols: []ui.Col{{Text: c.T("campaign.name")}, {Text: c.T("selfcheck.list")}, {Text: c.T("field.state")},
		{Text: c.T("selfcheck.first_filed")}, {Text: c.T("selfcheck.filed_at")}}}
	for _, l := range file.Lists {
		head := ui.Cell{Text: l.Campaign}
		if l.ID != "" {
			head.Href = "/selfcheck/" + l.ID
		}
		state := ui.State(c.Lang, "submission", string(l.State))
		v.Lists.Rows = append(v.Lists.Rows, []ui.Cell{head, {Text: c.T("selfcheck.list." + string(l.Audience))}, {Tag: &state},
			{Text: c.Clock(l.FirstFiled)}, {Text: c.Clock(l.FiledAt)}})
	}
	v.Kinds = ui.Codes(c.Lang, "statement", "", string(issue.Answer), string(issue.Correction))
	if file.MayTake && own {
		v.Export = &page.ActForm{ID: "export", Title: c.T("file.export.title"), Help: c.T("file.export.help.own"),
			Action: "/my-file/export", Button: "file.export.button"}
	} else if file.MayTake {
		v.Export = &page.ActForm{ID: "export", Title: c.T("file.export.title"), Help: c.T("file.export.help"),
			Action: "/people/" + file.PersonID + "/file/export", Button: "file.export.button",
			Inputs: []ui.Input{{Name: "purpose", Label: c.T("field.purpose"), Kind: "select", Value: c.Query("purpose"),
				Options: ui.Codes(c.Lang, "purpose", "page.choose", readlog.Purposes...)}}}
	}
	return v
}

// exportFile sends somebody's file as a self-verifying file.
func (f *face) exportFile(c *page.Call) error {
	id := c.Param("id")
	e, _, err := f.app.ExportFile(c.Context(), c.Actor, casework.FileExportInput{Person: id, Purpose: c.Form("purpose"), Key: c.Key()})
	if errs := c.Errors(err); errs != nil && errs.Of("purpose") != "" {
		return f.askPurpose(c, "/people/"+id+"/file", errs)
	}
	if err != nil {
		return err
	}
	return c.SendExport(e)
}

// takeOwnFile sends the actor his own file.
func (f *face) takeOwnFile(c *page.Call) error {
	e, _, err := f.app.ExportFile(c.Context(), c.Actor, casework.FileExportInput{Key: c.Key()})
	if err != nil {
		return err
	}
	return c.SendExport(e)
}

func (f *face) statementList(c *page.Call) error { return f.showStatements(c, nil) }

func (f *face) showStatements(c *page.Call, failed error) error {
	errs := c.Errors(failed)
	if failed != nil && errs == nil {
		return failed
	}
	asked, err := f.app.AskedCorrections(c.Context(), c.Reader())
	if err != nil {
		return err
	}
	var cards []askedCard
	for _, s := range asked {
		cards = append(cards, askedCard{ID: s.ID, Version: strconv.FormatInt(s.Version, 10), Title: s.PersonName + " · " + s.UnitName,
			When:  c.When(s.At),
			About: c.T("issue.detail.title", "Ref", s.IssueRef) + " · " + c.T("field.event_on") + " " + string(s.EventOn), Text: s.Text})
	}
	status := http.StatusOK
	if failed != nil {
		status = page.StatusOf(failed)
	}
	p := c.Page("file.correction.nav")
	return c.ShowStatus(status, statementsPage(p, errs, cards, []ui.Option{
		{Value: string(issue.Granted), Text: c.T("file.correction.grant")}, {Value: string(issue.Refused),
			Text: c.T("file.correction.refuse")}}))
}

func (f *face) statementAnswer(c *page.Call) error {
	in := casework.AnswerStatementInput{ID: c.Param("id"), Version: c.Version(), State: issue.StatementState(c.Form("state")),
		Text: c.Form("text"), Key: c.Key()}
	r, err := f.app.AnswerStatement(c.Context(), c.Actor, in)
	if err != nil {
		return f.showStatements(c, err)
	}
	c.Offer(r)
	return c.Go("/statements", "file.correction.answered")
}
