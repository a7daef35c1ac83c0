package casework

import (
	"strconv"

	"plumbline/internal/app/casework"
	"plumbline/internal/inquiry"
	"plumbline/internal/rectify"
	"plumbline/internal/web/page"
	"plumbline/internal/web/ui"
)

// linkText names a command link; empty for a reader who is not told of which kind.
func linkText(c *page.Call, kind string) string {
	if kind == "" {
		return ""
	}
	return c.T("link." + kind)
}

func viewCases(c *page.Call, f inquiry.CaseFilter, p casework.CasePage) page.ListView {
	v := page.ListView{Path: "/cases"}
	v.Filters = append([]ui.Input{
		{Name: "state", Label: c.T("field.state"), Kind: "select", Value: string(f.State),
			Options: page.StateOptions(c, "case", inquiry.CaseStates)},
		{Name: "category", Label: c.T("field.category"), Kind: "select", Value: f.Category, Options: categories(c)},
		{Name: "overdue", Label: c.T("rectification.overdue.only"), Kind: "checkbox", Checked: f.Overdue},
	}, period(c, f.From, f.To, f.UnitID)...)
	v.Table.Empty = c.T("case.none")
	for _, key := range []string{"field.reference", "field.person", "field.unit", "field.category", "field.severity", "field.state",
		"case.opened", "case.due"} {
		v.Table.Cols = append(v.Table.Cols, ui.Col{Text: c.T(key)})
	}
	for _, r := range p.Rows {
		sev, st := ui.Severity(c.Lang, r.Severity), ui.State(c.Lang, "case", string(r.State))
		v.Table.Rows = append(v.Table.Rows, []ui.Cell{
			{Text: r.Ref, Href: "/cases/" + r.ID}, {Text: page.Person(r.Person)}, {Text: r.Unit.Name}, {Text: categoryName(c, r.Category)},
			{Tag: &sev}, {Tag: &st}, {Text: string(r.OpenedOn)}, due(c, r.DueOn, r.Overdue),
		})
	}
	v.Pager = c.PagerOf(v.Path, f.Values(), len(p.Rows), p.Total, p.Next)
	return v
}

func viewTracks(c *page.Call, f inquiry.TrackFilter, p casework.TrackPage) page.ListView {
	v := page.ListView{Path: "/tracks"}
	form := ""
	if f.Form > 0 {
		form = strconv.Itoa(f.Form)
	}
	v.Filters = append([]ui.Input{
		{Name: "side", Label: c.T("track.side"), Kind: "select", Value: string(f.Side),
			Options: ui.Codes(c.Lang, "side", "page.all", "officer", "leader")},
		{Name: "state", Label: c.T("field.state"), Kind: "select", Value: string(f.State),
			Options: page.StateOptions(c, "track", inquiry.TrackStates)},
		{Name: "form", Label: c.T("decision.form"), Kind: "select", Value: form,
			Options: ui.Codes(c.Lang, "form", "page.all", "1", "2", "3", "4")},
		{Name: "check", Label: c.T("track.check"), Kind: "checkbox", Checked: f.Check, Help: c.T("track.check.help")},
	}, period(c, f.From, f.To, f.UnitID)...)
	v.Table.Empty = c.T("track.none")
	for _, key := range []string{"track.side", "field.person", "field.unit", "field.state", "case.opened", "decision.form", "field.date"} {
		v.Table.Cols = append(v.Table.Cols, ui.Col{Text: c.T(key)})
	}
	for _, r := range p.Rows {
		st := trackTag(c, r.State)
		row := []ui.Cell{
			{Text: c.T("side." + string(r.Side)), Href: "/cases/" +
				r.CaseID}, {Text: page.Person(r.Person)}, {Text: r.Unit.Name}, {Tag: &st},
			{Text: string(r.OpenedOn)}, {}, {Text: string(r.DecidedOn)},
		}
		if r.Form > 0 {
			row[5].Text = c.T("form." + strconv.Itoa(r.Form))
		}
		v.Table.Rows = append(v.Table.Rows, row)
	}
	v.Pager = c.PagerOf(v.Path, f.Values(), len(p.Rows), p.Total, p.Next)
	return v
}

func viewQuestions(c *page.Call, f inquiry.QuestionFilter, p casework.QuestionPage) page.ListView {
	v := page.ListView{Path: "/questions"}
	v.Filters = append([]ui.Input{
		{Name: "state", Label: c.T("field.state"), Kind: "select", Value: string(f.State),
			Options: page.StateOptions(c, "question", inquiry.QuestionStates)},
		{Name: "open", Label: c.T("rectification.open.only"), Kind: "checkbox", Checked: f.Open},
		{Name: "overdue", Label: c.T("rectification.overdue.only"), Kind: "checkbox", Checked: f.Overdue},
	}, period(c, f.From, f.To, f.UnitID)...)
	v.Table = questionTable(c, p.Rows)
	v.Pager = c.PagerOf(v.Path, f.Values(), len(p.Rows), p.Total, p.Next)
	return v
}

func questionTable(c *page.Call, rows []casework.QuestionRow) ui.Table {
	t := ui.Table{Empty: c.T("question.none")}
	for _, key := range []string{"field.reference", "question.leader", "field.unit", "question.link", "question.triggers", "field.state",
		"field.deadline"} {
		t.Cols = append(t.Cols, ui.Col{Text: c.T(key)})
	}
	for _, r := range rows {
		st := ui.State(c.Lang, "question", string(r.State))
		st.Tone = questionTone(r.State)
		t.Rows = append(t.Rows, []ui.Cell{
			{Text: r.Ref, Href: "/questions/" + r.ID}, {Text: page.Person(r.Leader)}, {Text: r.Unit.Name}, {Text: linkText(c, r.LinkKind)},
			{Text: triggers(c, r.Triggers)}, {Tag: &st}, due(c, r.DueOn, r.Overdue),
		})
	}
	return t
}

func questionTone(s inquiry.QuestionState) string {
	switch s {
	case inquiry.QuestionRaised:
		return "warn"
	case inquiry.QuestionRefusalProposed:
		return "info"
	case inquiry.QuestionWithdrawn:
		return ""
	}
	return "ok"
}

func triggers(c *page.Call, ts []inquiry.Trigger) string {
	text := ""
	for i, t := range ts {
		if i > 0 {
			text += "；"
		}
		text += c.T("trigger." + string(t))
	}
	return text
}

// questionView is the page of one leader question.
type questionView struct {
	State  ui.Tag
	Defs   []ui.Def
	Reason string
	Acts   []page.ActForm
	Note   string
}

// issueLink links a case, question or task to its issue, for readers who may open
// it; for others the link would be dead.
func issueLink(c *page.Call, id string, can map[string]bool) []ui.Def {
	if !can["issue.read"] {
		return nil
	}
	return []ui.Def{{Term: c.T("case.issue"), Text: c.T("button.open"), Href: "/issues/" + id}}
}

func viewQuestion(c *page.Call, q casework.QuestionView, errs ui.Errors) questionView {
	v := questionView{State: ui.State(c.Lang, "question", string(q.State)), Reason: q.Reason}
	v.State.Tone = questionTone(q.State)
	v.Defs = []ui.Def{
		{Term: c.T("question.leader"), Text: page.Person(q.Leader)}, {Term: c.T("field.unit"), Text: q.Unit.Name},
		{Term: c.T("question.link"), Text: c.T("link." + q.LinkKind)}, {Term: c.T("interest.subject"), Text: page.Person(q.Subject)},
		{Term: c.T("field.event_on"), Text: string(q.EventOn)}, {Term: c.T("question.triggers"), Text: triggers(c, q.Triggers)},
		{Term: c.T("question.raised_on"), Text: string(q.RaisedOn)}, {Term: c.T("field.deadline"), Text: string(q.DueOn)},
	}
	v.Defs = append(v.Defs, issueLink(c, q.IssueID, q.Can)...)
	if q.CaseID != "" {
		v.Defs = append(v.Defs, ui.Def{Term: c.T("case.title"), Text: c.T("button.open"), Href: "/cases/" + q.CaseID})
	}
	base, version := "/questions/"+q.ID, [][2]string{{"version", strconv.FormatInt(q.Version, 10)}}
	add := func(op string, a page.ActForm) {
		if q.Can[op] {
			a.Hidden = version
			v.Acts = append(v.Acts, c.Fill(a, errs))
		}
	}
	switch q.State {
	case inquiry.QuestionRaised:
		if q.CaseID == "" {
			v.Note = c.T("question.needs_case")
		} else {
			add("question.track", page.ActForm{ID: "track", Title: c.T("question.open_track"), Action: base + "/track",
				Button: "question.open_track", Open: true})
		}
		add("question.refuse", page.ActForm{ID: "refuse", Title: c.T("question.refuse"), Action: base + "/refusal",
			Button: "question.refuse.button", Inputs: []ui.Input{
				{Name: "reason", Label: c.T("field.reason"), Kind: "textarea", Required: true, Max: 4000}}})
	case inquiry.QuestionRefusalProposed:
		v.Note = c.T("question.approver", "Tier", tier(c, q.DecideTier))
		add("question.approve", page.ActForm{ID: "approve", Title: c.T("question.approve"), Action: base + "/refusal/approve",
			Button: "question.approve", Open: true})
		add("question.reject", page.ActForm{ID: "reject", Title: c.T("question.reject"), Action: base + "/refusal/reject",
			Button: "question.reject"})
	default:
		v.Note = c.T("question.done")
	}
	return v
}

func tier(c *page.Call, n int) string { return c.T("tier." + strconv.Itoa(max(n, 0))) }

// servedView is one finding as its subject reads it.
type servedView struct {
	Title  string
	State  ui.Tag
	Defs   []ui.Def
	Events []ui.Event
	Act    *page.ActForm
}

func viewServed(c *page.Call, rows []casework.ServedFinding, errs ui.Errors) []servedView {
	var out []servedView
	for _, r := range rows {
		v := servedView{Title: categoryName(c, r.Category) + " · " + string(r.EventOn), State: ui.State(c.Lang, "finding", r.State)}
		verdict := "finding.recommended"
		if r.State == string(inquiry.FindingFinal) {
			verdict = "finding.final"
		}
		v.Defs = []ui.Def{
			{Term: c.T("track.allegation.text"), Text: r.Facts}, {Term: c.T("track.allegation.rule"), Text: r.Rule},
			{Term: c.T(verdict), Text: c.T("finding." + string(r.Verdict))}, {Term: c.T("finding.standard"),
				Text: c.T("standard." + string(r.Standard))},
			{Term: c.T("track.proofs.grounds"), Text: r.Reason},
		}
		if r.MayReply {
			v.Defs = append(v.Defs, ui.Def{Term: c.T("field.deadline"), Text: string(r.ReplyDueOn)})
			a := c.Fill(page.ActForm{ID: "reply-" + r.ID, Title: c.T("finding.reply"), Action: "/my/findings/" + r.ID + "/reply",
				Button: "button.submit", Open: true,
				Hidden: [][2]string{{"version", strconv.FormatInt(r.Version, 10)}},
				Inputs: []ui.Input{
					{Name: "text", Label: c.T("finding.reply"), Kind: "textarea", Max: 4000, Rows: 6},
					{Name: "waive", Label: c.T("finding.reply.waive"), Kind: "checkbox"},
				}}, errs)
			v.Act = &a
		}
		v.Events = replyEvents(c, r.Reply)
		out = append(out, v)
	}
	return out
}

func replyEvents(c *page.Call, r *casework.ServedReply) []ui.Event {
	if r == nil {
		return nil
	}
	if r.Waived {
		return []ui.Event{{When: string(r.FiledOn), Title: c.T("finding.reply.waived")}}
	}
	events := []ui.Event{{When: string(r.FiledOn), Title: c.T("finding.reply"), Text: r.Text}}
	if r.AnsweredOn != "" {
		events = append(events, ui.Event{When: string(r.AnsweredOn), Title: c.T("finding.answer.text"), Text: r.Answer, Tone: "ok"})
	}
	return events
}

// taskTable is the list of rectification tasks.
func taskTable(c *page.Call, rows []casework.RectificationRow) ui.Table {
	t := ui.Table{Empty: c.T("rectification.none")}
	for _, key := range []string{"field.reference", "field.unit", "rectification.lead.title", "field.category", "field.state",
		"rectification.round", "field.deadline"} {
		t.Cols = append(t.Cols, ui.Col{Text: c.T(key), Num: key == "rectification.round"})
	}
	for _, r := range rows {
		st := ui.State(c.Lang, "rectification", string(r.State))
		t.Rows = append(t.Rows, []ui.Cell{
			{Text: r.Ref, Href: "/rectifications/" + r.ID,
				Sub: page.Person(r.Person)}, {Text: r.Unit.Name}, {Text: r.Lead.Name}, {Text: categoryName(c, r.Category)},
			{Tag: &st}, {Text: strconv.Itoa(r.Round), Num: true}, due(c, r.DueOn, r.Overdue),
		})
	}
	return t
}

func viewTasks(c *page.Call, f rectify.Filter, p casework.RectificationPage) page.ListView {
	v := page.ListView{Path: "/rectifications", Table: taskTable(c, p.Rows)}
	v.Filters = append([]ui.Input{
		{Name: "state", Label: c.T("field.state"), Kind: "select", Value: string(f.State),
			Options: page.StateOptions(c, "rectification", rectify.States)},
		{Name: "category", Label: c.T("field.category"), Kind: "select", Value: f.Category, Options: categories(c)},
		{Name: "open", Label: c.T("rectification.open.only"), Kind: "checkbox", Checked: f.Open},
		{Name: "overdue", Label: c.T("rectification.overdue.only"), Kind: "checkbox", Checked: f.Overdue},
	}, period(c, f.From, f.To, f.UnitID)...)
	v.Pager = c.PagerOf(v.Path, f.Values(), len(p.Rows), p.Total, p.Next)
	return v
}
