package web

import (
	"net/http"
	"net/url"
	"strconv"

	"plumbline/internal/app/casework"
	"plumbline/internal/app/readlog"
	"plumbline/internal/app/reports"
	"plumbline/internal/issue"
	"plumbline/internal/web/ui"
	"plumbline/internal/words"
)

func hasText(key string) bool { return words.Has(key) }

func (f *Face) bulkPreview(c *Call) error { return f.showBulk(c, false, nil) }

// showBulk previews a bulk correction; with confirm it asks for confirmation.
func (f *Face) showBulk(c *Call, confirm bool, failed error) error {
	errs := c.Errors(failed)
	if failed != nil && errs == nil {
		return failed
	}
	unit, severity := c.Query("unit"), c.Query("max_severity")
	if c.R.Method == http.MethodPost {
		unit, severity = c.Form("unit"), c.Form("max_severity")
	}
	most, err := strconv.Atoi(severity)
	if err != nil {
		most = f.app.Pack().Review.BulkCorrectMaxSeverity
	}
	b, err := f.app.PreviewBulkCorrection(c.Context(), c.reader(), casework.BulkInput{Unit: unit, MaxSeverity: most})
	if err != nil {
		return err
	}
	p := c.Page("issue.bulk.title")
	p.Lead = c.T("issue.bulk.lead")
	p.Crumbs = []ui.Link{{Text: c.T("nav.issues"), Href: "/issues"}}
	v := bulkView{Confirm: confirm, Unit: b.Unit, UnitName: b.UnitName, MaxSeverity: strconv.Itoa(b.MaxSeverity), Count: min(b.Count, b.Limit), Table: c.issueTable(b.Sample),
		Inputs: []ui.Input{{Name: "max_severity", Label: c.T("issue.bulk.max"), Kind: "select", Value: strconv.Itoa(b.MaxSeverity), Options: ui.Codes(c.Lang, "severity", "", "0", "1")},
			{Name: "unit", Kind: "hidden", Value: b.Unit}}}
	for s := 0; s <= b.MaxSeverity; s++ {
		v.Stats = append(v.Stats, ui.Stat{Label: c.T("severity." + strconv.Itoa(s)), Value: ui.Number(b.BySeverity[s])})
	}
	status := http.StatusOK
	if failed != nil {
		status = StatusOf(failed)
	}
	return c.ShowStatus(status, bulkPage(p, errs, v))
}

// bulkCorrect asks for confirmation before it corrects: the first button only leads
// to the page that says what will be recorded.
func (f *Face) bulkCorrect(c *Call) error {
	if c.Form("confirmed") == "" {
		return f.showBulk(c, true, nil)
	}
	in := casework.BulkCorrectInput{Unit: c.Form("unit"), MaxSeverity: c.Choice("max_severity"), Count: c.FormInt("count"), Key: c.Key()}
	out, _, err := f.app.BulkCorrect(c.Context(), c.Actor, in)
	if err != nil {
		return f.showBulk(c, false, err)
	}
	return f.showBulkResult(c, out)
}

// showBulkResult reports the result for each issue. It is the response to the form
// itself: sent again with the same key, it says the same.
func (f *Face) showBulkResult(c *Call, out casework.BulkResult) error {
	p := c.Page("issue.bulk.result")
	p.Crumbs = []ui.Link{{Text: c.T("nav.issues"), Href: "/issues"}, {Text: c.T("issue.bulk.title"), Href: "/bulk-corrections"}}
	v := bulkResultView{Stats: []ui.Stat{{Label: c.T("issue.bulk.corrected"), Value: ui.Number(out.Corrected)}, {Label: c.T("issue.bulk.refused"), Value: ui.Number(out.Refused)}},
		Table: ui.Table{Cols: []ui.Col{{Text: c.T("issue.field.ref")}, {Text: c.T("issue.bulk.outcome")}, {Text: c.T("field.severity")}, {Text: c.T("field.category")},
			{Text: c.T("issue.field.subject")}, {Text: c.T("field.event_on")}}}}
	for _, r := range out.Rows {
		severity, outcome := ui.Severity(c.Lang, r.Severity), ui.Cell{Tag: &ui.Tag{Text: c.T("issue.bulk.row.corrected"), Tone: "ok"}}
		if !r.Corrected {
			outcome = ui.Cell{Tag: &ui.Tag{Text: c.T("issue.bulk.row.refused"), Tone: "bad"}, Sub: ui.Message(c.Lang, r.Why)}
		}
		v.Table.Rows = append(v.Table.Rows, []ui.Cell{{Text: r.Ref, Href: "/issues/" + r.ID}, outcome, {Tag: &severity},
			{Text: c.T("category." + r.Category)}, {Text: c.subject(r.PersonID, r.PersonName), Sub: r.UnitName}, {Text: string(r.EventOn)}})
	}
	return c.Show(bulkResultPage(p, v))
}

func (f *Face) ownFile(c *Call) error { return f.showOwnFile(c, nil) }

func (f *Face) showOwnFile(c *Call, failed error) error {
	errs := c.Errors(failed)
	if failed != nil && errs == nil {
		return failed
	}
	file, err := f.app.OwnFile(c.Context(), c.reader())
	if err != nil {
		return err
	}
	p := c.Page("file.own.title")
	p.Lead = c.T("file.own.lead")
	status := http.StatusOK
	if failed != nil {
		status = StatusOf(failed)
	}
	return c.ShowStatus(status, filePage(p, errs, f.fileView(c, file, true)))
}

func (f *Face) ownFileReply(c *Call) error {
	in := casework.StatementInput{Issue: c.Param("id"), Kind: issue.StatementKind(c.Form("kind")), Text: c.Form("text"), Key: c.Key()}
	_, r, err := f.app.MakeStatement(c.Context(), c.Actor, in)
	if err != nil {
		return f.showOwnFile(c, err)
	}
	c.Offer(r)
	return c.Go("/my-file#i-"+url.PathEscape(in.Issue), "file.answer.done")
}

func (f *Face) personFile(c *Call) error {
	id := c.Param("id")
	file, err := f.app.PersonFile(c.Context(), c.reader(), casework.FileInput{Person: id, Purpose: c.Query("purpose")})
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

func (f *Face) fileView(c *Call, file *casework.File, own bool) fileView {
	v := fileView{Stats: []ui.Stat{
		{Label: c.T("file.total"), Value: ui.Number(len(file.Lines))},
		{Label: c.T("file.open"), Value: ui.Number(file.Open)},
		{Label: c.T("file.counts"), Value: ui.Number(file.Counting)},
	}}
	for _, l := range file.Lines {
		severity := ui.Severity(c.Lang, l.Severity)
		state := ui.State(c.Lang, "issue", string(l.State))
		card := fileCard{ID: l.ID, Anchor: "i-" + l.ID, Title: c.T("category." + l.Category), When: string(l.EventOn), State: state, Narrative: l.Narrative,
			Defs: []ui.Def{
				{Term: c.T("field.source"), Text: c.sourceText(l.Source, l.SourceCode)},
				{Term: c.T("field.severity"), Tag: &severity},
				{Term: c.T("issue.field.disclosure"), Text: orDash(c.disclosureText(l.Disclosure, issue.ConcealmentNone))},
				{Term: c.T("issue.field.finding"), Text: c.findingText(l.Finding)},
				{Term: c.T("issue.field.outcome"), Text: c.formText(l.Form)},
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
	v.Tasks = ui.Table{Cols: []ui.Col{{Text: c.T("field.category")}, {Text: c.T("field.state")}, {Text: c.T("file.tasks.lead")}, {Text: c.T("file.tasks.due")}, {Text: c.T("file.tasks.done")}}}
	for _, t := range file.Tasks {
		head := ui.Cell{Text: c.T("category." + t.Category), Sub: t.Ref}
		if t.ID != "" {
			head.Href = "/rectifications/" + t.ID
		}
		state := ui.State(c.Lang, "rectification", string(t.State))
		v.Tasks.Rows = append(v.Tasks.Rows, []ui.Cell{head, {Tag: &state}, {Text: t.Lead}, {Text: string(t.DueOn)}, {Text: string(t.DoneOn)}})
	}
	v.Lists = ui.Table{Cols: []ui.Col{{Text: c.T("campaign.name")}, {Text: c.T("selfcheck.list")}, {Text: c.T("field.state")}, {Text: c.T("selfcheck.first_filed")}, {Text: c.T("selfcheck.filed_at")}}}
	for _, l := range file.Lists {
		head := ui.Cell{Text: l.Campaign}
		if l.ID != "" {
			head.Href = "/selfcheck/" + l.ID
		}
		state := ui.State(c.Lang, "submission", string(l.State))
		v.Lists.Rows = append(v.Lists.Rows, []ui.Cell{head, {Text: c.T("selfcheck.list." + string(l.Audience))}, {Tag: &state}, {Text: f.clock(l.FirstFiled)}, {Text: f.clock(l.FiledAt)}})
	}
	v.Kinds = ui.Codes(c.Lang, "statement", "", string(issue.Answer), string(issue.Correction))
	if file.MayTake && own {
		v.Export = &actForm{ID: "export", Title: c.T("file.export.title"), Help: c.T("file.export.help.own"), Action: "/my-file/export", Button: "file.export.button"}
	} else if file.MayTake {
		v.Export = &actForm{ID: "export", Title: c.T("file.export.title"), Help: c.T("file.export.help"), Action: "/people/" + file.PersonID + "/file/export", Button: "file.export.button",
			Inputs: []ui.Input{{Name: "purpose", Label: c.T("field.purpose"), Kind: "select", Value: c.Query("purpose"), Options: ui.Codes(c.Lang, "purpose", "page.choose", readlog.Purposes...)}}}
	}
	return v
}

// exportFile sends somebody's file as a self-verifying file.
func (f *Face) exportFile(c *Call) error {
	id := c.Param("id")
	e, _, err := f.app.ExportFile(c.Context(), c.Actor, casework.FileExportInput{Person: id, Purpose: c.Form("purpose"), Key: c.Key()})
	if errs := c.Errors(err); errs != nil && errs.Of("purpose") != "" {
		return f.askPurpose(c, "/people/"+id+"/file", errs)
	}
	if err != nil {
		return err
	}
	return c.sendExport(e)
}

// takeOwnFile sends the actor his own file.
func (f *Face) takeOwnFile(c *Call) error {
	e, _, err := f.app.ExportFile(c.Context(), c.Actor, casework.FileExportInput{Key: c.Key()})
	if err != nil {
		return err
	}
	return c.sendExport(e)
}

func (f *Face) statementList(c *Call) error { return f.showStatements(c, nil) }

func (f *Face) showStatements(c *Call, failed error) error {
	errs := c.Errors(failed)
	if failed != nil && errs == nil {
		return failed
	}
	asked, err := f.app.AskedCorrections(c.Context(), c.reader())
	if err != nil {
		return err
	}
	var cards []askedCard
	for _, s := range asked {
		cards = append(cards, askedCard{ID: s.ID, Version: strconv.FormatInt(s.Version, 10), Title: s.PersonName + " · " + s.UnitName, When: f.when(s.At),
			About: c.T("issue.detail.title", "Ref", s.IssueRef) + " · " + c.T("field.event_on") + " " + string(s.EventOn), Text: s.Text})
	}
	status := http.StatusOK
	if failed != nil {
		status = StatusOf(failed)
	}
	p := c.Page("file.correction.nav")
	return c.ShowStatus(status, statementsPage(p, errs, cards, []ui.Option{
		{Value: string(issue.Granted), Text: c.T("file.correction.grant")}, {Value: string(issue.Refused), Text: c.T("file.correction.refuse")}}))
}

func (f *Face) statementAnswer(c *Call) error {
	in := casework.AnswerStatementInput{ID: c.Param("id"), Version: c.Version(), State: issue.StatementState(c.Form("state")), Text: c.Form("text"), Key: c.Key()}
	r, err := f.app.AnswerStatement(c.Context(), c.Actor, in)
	if err != nil {
		return f.showStatements(c, err)
	}
	c.Offer(r)
	return c.Go("/statements", "file.correction.answered")
}

func (f *Face) reconPage(c *Call) error {
	in := reports.ReconInput{Unit: c.Query("unit"), From: c.Query("from"), To: c.Query("to")}
	r, err := f.app.Reconciliation(c.Context(), c.reader(), in)
	errs := c.Errors(err)
	if errs != nil {
		in.From, in.To = "", ""
		r, err = f.app.Reconciliation(c.Context(), c.reader(), in)
	}
	if err != nil {
		return err
	}
	p := c.Page("recon.title")
	p.Title += " · " + r.UnitName
	p.Lead = c.T("recon.lead", "Days", r.WindowDays)
	question := r.Total.Filter
	question.Concealment = issue.ConcealmentQuestion
	people := url.Values{}
	for k, v := range map[string]string{"unit": r.Unit, "from": r.From, "to": r.To} {
		if v != "" {
			people.Set(k, v)
		}
	}
	if r.Named {
		p.Actions = []ui.Action{{Text: c.T("recon.by_person"), Href: "/reconciliation/people?" + people.Encode(), Icon: "users"}}
	}
	v := reconView{LeavesOut: r.LeavesOut,
		Filters: []ui.Input{{Name: "unit", Kind: "hidden", Value: r.Unit},
			{Name: "from", Label: c.T("issue.field.from"), Kind: "month", Value: r.From, Placeholder: "2026-01"},
			{Name: "to", Label: c.T("issue.field.to"), Kind: "month", Value: r.To, Placeholder: "2026-12"}},
		Category: f.reconTable(c, r.ByCategory, "category.", ""),
		Units:    f.reconTable(c, r.ByUnit, "", "/reconciliation?"+periodOf(r)),
	}
	for _, cell := range issue.FourCells {
		s := ui.Stat{Label: c.T("cell." + string(cell)), Value: ui.Number(r.Total.Cells.Of(cell)), Href: cellHref(r.Total, cell)}
		if cell == issue.AuditOnly {
			s.Tone = "warn"
		}
		if cell == issue.Neither {
			s.Note = c.T("recon.keys")
		}
		v.Stats = append(v.Stats, s)
	}
	v.Stats = append(v.Stats, ui.Stat{Label: c.T("recon.concealment"), Value: ui.Number(r.Questions), Href: "/issues?" + question.Query()})
	status := http.StatusOK
	if errs != nil {
		status = http.StatusUnprocessableEntity
	}
	return c.ShowStatus(status, reconPage(p, errs, v))
}

func periodOf(r *reports.Recon) string {
	q := url.Values{}
	if r.From != "" {
		q.Set("from", r.From)
	}
	if r.To != "" {
		q.Set("to", r.To)
	}
	return q.Encode()
}

// cellHref leads to the list behind a number; untouched keys have none.
func cellHref(l reports.ReconLine, cell issue.Cell) string {
	f := l.Filter
	if cell == issue.Neither {
		q := url.Values{"unit": {f.Unit}}
		for k, v := range map[string]string{"from": f.From, "to": f.To, "category": f.Category} {
			if v != "" {
				q.Set(k, v)
			}
		}
		switch {
		case f.Person != "", f.Only: // a number of categories, not of people; of a unit alone there is no such page
			return ""
		case f.Category == "":
			return "/reconciliation?" + q.Encode()
		}
		return "/reconciliation/untouched?" + q.Encode()
	}
	f.Cell = cell
	return "/issues?" + f.Query()
}

func (f *Face) reconTable(c *Call, lines []reports.ReconLine, prefix, unitHref string) ui.Table {
	t := ui.Table{Cols: []ui.Col{{Text: c.T("field.category")}}}
	if unitHref != "" {
		t.Cols[0].Text = c.T("field.unit")
	}
	for _, cell := range issue.FourCells {
		t.Cols = append(t.Cols, ui.Col{Text: c.T("cell." + string(cell)), Num: true})
	}
	for _, l := range lines {
		head := ui.Cell{Text: l.Name}
		if prefix != "" {
			head.Text = c.T(prefix + l.Code)
		}
		if unitHref != "" && !l.Only {
			head.Href = unitHref + "&unit=" + url.QueryEscape(l.Code)
		}
		row := []ui.Cell{head}
		for _, cell := range issue.FourCells {
			row = append(row, ui.Cell{Text: ui.Number(l.Cells.Of(cell)), Num: true, Href: cellHref(l, cell)})
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func (f *Face) reconPeople(c *Call) error {
	in := reports.ReconPeopleInput{ReconInput: reports.ReconInput{Unit: c.Query("unit"), From: c.Query("from"), To: c.Query("to")}, Category: c.Query("category"), Cursor: c.Query("cursor")}
	r, err := f.app.ReconciliationByPerson(c.Context(), c.reader(), in)
	if err != nil {
		return err
	}
	p := c.Page("recon.by_person")
	p.Title += " · " + r.UnitName
	p.Crumbs = []ui.Link{{Text: c.T("recon.title"), Href: "/reconciliation?unit=" + url.QueryEscape(r.Unit)}}
	t := ui.Table{Cols: []ui.Col{{Text: c.T("field.name")}}}
	for _, cell := range issue.FourCells {
		t.Cols = append(t.Cols, ui.Col{Text: c.T("cell." + string(cell)), Num: true})
	}
	for _, row := range r.Rows {
		line := reports.ReconLine{Filter: r.Filter}
		line.Filter.Person = row.PersonID
		cells := []ui.Cell{{Text: row.PersonName, Href: "/people/" + row.PersonID + "/file"}}
		for _, n := range []struct {
			cell issue.Cell
			n    int64
		}{{issue.Both, row.Both}, {issue.SelfOnly, row.SelfOnly}, {issue.AuditOnly, row.AuditOnly}, {issue.Neither, row.Neither}} {
			cells = append(cells, ui.Cell{Text: ui.Number(n.n), Num: true, Href: cellHref(line, n.cell)})
		}
		t.Rows = append(t.Rows, cells)
	}
	pager := ui.Pager{Shown: len(r.Rows), Total: -1}
	if r.Next != "" {
		q := c.R.URL.Query()
		q.Set("cursor", r.Next)
		pager.Next = "/reconciliation/people?" + q.Encode()
	}
	return c.Show(reconPeoplePage(p, t, pager))
}
