package casework

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"plumbline/internal/app/casework"
	"plumbline/internal/app/readlog"
	"plumbline/internal/issue"
	"plumbline/internal/roster"
	"plumbline/internal/web/page"
	"plumbline/internal/web/ui"
	"plumbline/internal/words"
)

func (f *face) issueList(c *page.Call) error {
	query := c.R.URL.Query()
	filter, err := issue.ParseFilter(query)
	errs := c.Errors(err)
	if err != nil && errs == nil {
		return err
	}
	if err != nil {
		filter = issue.All()
	}
	narrowed := filter.Query() != ""
	list, err := f.app.Issues(c.Context(), c.Reader(), casework.IssueListInput{Filter: filter, Cursor: c.Query("cursor"), Limit: 50,
		Count: narrowed})
	if err != nil {
		return err
	}
	p := c.Page("issue.list.title")
	p.Lead = c.T("issue.list.lead")
	v := issueListView{Tabs: issueTabs(c, filter), Filters: issueFilters(c, filter), Table: issueTable(c, list.Rows), NoNames: !list.Named,
		Pager: ui.Pager{Shown: len(list.Rows), Total: list.Total}}
	v.Table.Empty = c.T("issue.list.empty")
	if len(list.Rows) > 0 && c.May("issue.export") {
		p.Actions = page.ExportActions(c, "/issues/export", ui.Pair{Name: "filter", Value: filter.Query()})
	}
	if list.Next != "" {
		q := filter.Values()
		q.Set("cursor", list.Next)
		v.Pager.Next = "/issues?" + q.Encode()
	}
	if c.Query("cursor") != "" {
		v.Pager.First = "/issues?" + filter.Query()
	}
	status := http.StatusOK
	if errs != nil {
		status = http.StatusUnprocessableEntity
	}
	return c.ShowStatus(status, issueListPage(p, errs, v))
}

// issueTabs are the queues that an inspector works through.
func issueTabs(c *page.Call, now issue.Filter) []ui.Nav {
	tabs := []struct {
		key string
		set func(f *issue.Filter)
	}{
		{"issue.tab.triage", func(f *issue.Filter) { f.State, f.Source, f.Sort = issue.Registered, issue.Audit, issue.BySeverity }},
		{"issue.tab.severe", func(f *issue.Filter) { f.MinSeverity, f.Open, f.Sort = 3, true, issue.BySeverity }},
		{"issue.tab.concealment", func(f *issue.Filter) { f.Concealment, f.Live = issue.ConcealmentQuestion, true }},
		{"issue.tab.open", func(f *issue.Filter) { f.Open = true }},
		{"issue.tab.all", func(f *issue.Filter) {}},
	}
	var out []ui.Nav
	for _, t := range tabs {
		f := issue.All()
		t.set(&f)
		href := "/issues"
		if q := f.Query(); q != "" {
			href += "?" + q
		}
		out = append(out, ui.Nav{Text: c.T(t.key), Href: href, Current: f.Query() == now.Query()})
	}
	return out
}

func codes[T ~string](all []T) []string {
	var out []string
	for _, v := range all {
		out = append(out, string(v))
	}
	return out
}

func issueFilters(c *page.Call, f issue.Filter) []ui.Input {
	lang := c.Lang
	severity := ""
	if f.MaxSeverity >= 0 && f.MinSeverity == f.MaxSeverity {
		severity = strconv.Itoa(f.MinSeverity)
	}
	tier := ""
	if f.Tier >= 0 {
		tier = strconv.Itoa(f.Tier)
	}
	sorts, sorted := ui.Codes(lang, "issue.sort", "", codes(issue.Sorts)...), string(f.Sort)
	sorts[0].Value = "" // the usual order is no filter
	if f.Sort == issue.ByEvent {
		sorted = ""
	}
	in := []ui.Input{
		{Name: "category", Label: c.T("field.category"), Kind: "select", Value: f.Category,
			Options: ui.Codes(lang, "category", "page.all", casework.CategoryCodes()...)},
		{Name: "source", Label: c.T("field.source"), Kind: "select", Value: string(f.Source),
			Options: ui.Codes(lang, "source", "page.all", codes(issue.Sources)...)},
		{Name: "source_code", Label: c.T("issue.field.source_code"), Kind: "select", Value: f.SourceCode,
			Options: append(ui.Codes(lang, "source", "page.all", casework.AuditSourceCodes()...),
				ui.Codes(lang, "list", "", issue.OfficersList, issue.LeadersList)...)},
		{Name: "severity", Label: c.T("field.severity"), Kind: "select", Value: severity,
			Options: ui.Codes(lang, "severity", "page.all", "0", "1", "2", "3", "4", "5")},
		{Name: "state", Label: c.T("field.state"), Kind: "select", Value: string(f.State),
			Options: ui.Codes(lang, "state.issue", "page.all", codes(issue.States)...)},
		{Name: "disclosure", Label: c.T("issue.field.disclosure"), Kind: "select", Value: string(f.Disclosure),
			Options: ui.Codes(lang, "disclosure", "page.all", codes(issue.Disclosures)...)},
		{Name: "cell", Label: c.T("issue.field.cell"), Kind: "select", Value: string(f.Cell),
			Options: ui.Codes(lang, "cell", "page.all", codes([]issue.Cell{issue.Both, issue.SelfOnly, issue.AuditOnly, issue.Counterpart,
				issue.Inspected})...)},
		{Name: "tier", Label: c.T("field.tier"), Kind: "select", Value: tier, Options: ui.Codes(lang, "tier", "page.all", "1", "2", "3")},
		{Name: "from", Label: c.T("issue.field.from"), Kind: "month", Value: f.From, Placeholder: "2026-01"},
		{Name: "to", Label: c.T("issue.field.to"), Kind: "month", Value: f.To, Placeholder: "2026-12"},
		{Name: "sort", Label: c.T("issue.field.sort"), Kind: "select", Value: sorted, Options: sorts},
	}
	// What the form does not show but the address says stays in force.
	rest := f.Values()
	for _, i := range in {
		rest.Del(i.Name)
	}
	for _, name := range []string{"unit", "only", "min_severity", "max_severity", "concealment", "finding", "form", "person", "campaign",
		"submission", "record", "case", "live", "open"} {
		if v := rest.Get(name); v != "" {
			in = append(in, ui.Input{Name: name, Kind: "hidden", Value: v})
		}
	}
	return in
}

// issueTable builds the rows of a list; a person's name links to his issues.
func issueTable(c *page.Call, rows []issue.Row) ui.Table {
	t := ui.Table{Cols: []ui.Col{{Text: c.T("issue.field.ref")}, {Text: c.T("field.severity")}, {Text: c.T("field.category")},
		{Text: c.T("issue.field.subject")},
		{Text: c.T("field.event_on")}, {Text: c.T("field.source")}, {Text: c.T("field.state")}, {Text: c.T("issue.field.finding")}}}
	for _, r := range rows {
		severity, state := ui.Severity(c.Lang, r.Severity), ui.State(c.Lang, "issue", string(r.State))
		t.Rows = append(t.Rows, []ui.Cell{
			{Text: r.Ref, Href: "/issues/" + r.ID},
			{Tag: &severity},
			{Text: c.T("category." + r.Category)},
			{Text: subject(c, r.PersonID, r.PersonName), Sub: r.UnitName},
			{Text: string(r.EventOn)},
			{Text: sourceText(c, r.Source, r.SourceCode), Sub: disclosureText(c, r.Disclosure, r.Concealment)},
			{Tag: &state},
			{Text: findingText(c, r.Finding)},
		})
	}
	return t
}

func subject(c *page.Call, id, name string) string {
	switch {
	case id == "":
		return c.T("issue.of_unit")
	case name == "":
		return "–"
	}
	return name
}

func sourceText(c *page.Call, s issue.Source, code string) string {
	switch {
	case s == issue.Audit && code != "":
		return c.T("source." + code)
	case s == issue.Self && code != "":
		return c.T("source.self") + " · " + c.T("list."+code)
	}
	return c.T("source." + string(s))
}

func disclosureText(c *page.Call, d issue.Disclosure, q issue.Concealment) string {
	switch {
	case q != issue.ConcealmentNone:
		return c.T("concealment." + string(q))
	case d != "":
		return c.T("disclosure." + string(d))
	}
	return ""
}

func findingText(c *page.Call, code string) string {
	if code == "" {
		return c.T("issue.no_finding")
	}
	return c.T("finding." + code)
}

func formText(c *page.Call, form int) string {
	if form == 0 {
		return c.T("issue.no_outcome")
	}
	return c.T("form." + strconv.Itoa(form))
}

func (f *face) issueDetail(c *page.Call) error { return f.showIssue(c, nil) }

// showIssue shows an issue; with a fault, after a refused step.
func (f *face) showIssue(c *page.Call, failed error) error {
	errs := c.Errors(failed)
	if failed != nil && errs == nil {
		return failed
	}
	d, err := f.app.Issue(c.Context(), c.Reader(), casework.IssueInput{ID: c.Param("id"), Purpose: c.Query("purpose")})
	if e := c.Errors(err); e != nil && e.Of("purpose") != "" {
		return f.askPurpose(c, "/issues/"+c.Param("id"), e)
	}
	if err != nil {
		return err
	}
	p := c.Page("issue.detail.title", "Ref", d.Ref)
	p.Crumbs = []ui.Link{{Text: c.T("nav.issues"), Href: "/issues"}}
	if d.MayOpenFile {
		p.Actions = append(p.Actions, ui.Action{Text: c.T("issue.detail.file"), Href: "/people/" + d.PersonID + "/file", Icon: "file-text"})
	}
	p.Actions = append(p.Actions, f.inquiryActions(c, d)...)
	status := http.StatusOK
	if failed != nil {
		status = page.StatusOf(failed)
	}
	return c.ShowStatus(status, issueDetailPage(p, errs, f.issueView(c, d)))
}

// askPurpose asks for the purpose of opening something about a person. The answer is
// put into the address as a code.
func (f *face) askPurpose(c *page.Call, path string, errs ui.Errors) error {
	p := c.Page("file.purpose.title")
	p.Lead, p.Narrow = c.T("file.purpose.lead"), true
	if c.Query("purpose") == "" {
		errs = nil
	}
	return c.Show(purposePage(p, path, errs, ui.Codes(c.Lang, "purpose", "", readlog.Purposes...)))
}

func (f *face) issueView(c *page.Call, d *casework.IssueDetail) issueView {
	severity, state := ui.Severity(c.Lang, d.Severity), ui.State(c.Lang, "issue", string(d.State))
	v := issueView{Base: "/issues/" + d.ID, Version: strconv.FormatInt(d.Version, 10), State: state, Narrative: d.Narrative,
		Erased: d.Erased}
	v.Facts = []ui.Def{
		{Term: c.T("field.severity"), Tag: &severity},
		{Term: c.T("issue.field.disclosure"), Text: orDash(disclosed(c, d))},
		{Term: c.T("issue.field.finding"), Text: findingText(c, d.Finding)},
		{Term: c.T("issue.field.outcome"), Text: formText(c, d.Form)},
	}
	if d.Peak > d.Severity {
		peak := ui.Severity(c.Lang, d.Peak)
		v.Facts = append(v.Facts, ui.Def{Term: c.T("issue.field.peak"), Tag: &peak})
	}
	v.Defs = []ui.Def{
		{Term: c.T("issue.field.subject"), Text: subject(c, d.PersonID, d.PersonName)},
		{Term: c.T("field.unit"), Text: d.UnitName},
		{Term: c.T("field.category"), Text: c.T("category." + d.Category)},
		{Term: c.T("field.source"), Text: sourceText(c, d.Source, d.SourceCode)},
		{Term: c.T("field.event_on"), Text: string(d.EventOn)},
		{Term: c.T(receivedKey(d.Source)), Text: string(d.Received)},
	}
	if d.ItemNo > 0 {
		v.Defs = append(v.Defs, ui.Def{Term: c.T("issue.field.item"), Text: strconv.Itoa(d.ItemNo)})
	}
	if d.TriagedAt != nil {
		v.Defs = append(v.Defs, ui.Def{Term: c.T("issue.field.triaged"), Text: c.When(*d.TriagedAt)})
	}
	if d.NoticedAt != nil {
		v.Defs = append(v.Defs, ui.Def{Term: c.T("issue.field.noticed"), Text: c.When(*d.NoticedAt)})
	}
	if d.Concealment != issue.ConcealmentNone {
		v.Defs = append(v.Defs, ui.Def{Term: c.T("issue.field.concealment"), Text: c.T("concealment." + string(d.Concealment))})
	}
	if d.CaseID != "" {
		v.Defs = append(v.Defs, ui.Def{Term: c.T("nav.cases"), Text: c.T("button.open"), Href: "/cases/" + d.CaseID})
	}
	if d.RejectBy != "" {
		v.Pending = append(v.Pending, c.T("issue.detail.reject_pending"))
	}
	if d.ConcealAs != issue.ConcealmentNone {
		v.Pending = append(v.Pending, c.T("issue.detail.conceal_pending", "Answer", c.T("concealment."+string(d.ConcealAs))))
	}
	v.Linked = issueTable(c, d.Linked)
	for _, s := range d.Statements {
		v.Statements = append(v.Statements, f.statementEvent(c, s))
	}
	for _, h := range d.History {
		v.History = append(v.History, ui.Event{When: c.When(h.At), Title: c.Verb(h.Verb),
			By: c.T("ledger.seq") + " " + strconv.FormatInt(h.Seq, 10)})
	}
	f.issueForms(c, d, &v)
	f.partyForm(c, d, &v)
	return v
}

func disclosed(c *page.Call, d *casework.IssueDetail) string {
	if d.Disclosure == "" {
		return ""
	}
	return c.T("disclosure." + string(d.Disclosure))
}

func orDash(s string) string {
	if s == "" {
		return "–"
	}
	return s
}

func receivedKey(s issue.Source) string {
	if s == issue.Self {
		return "issue.field.declared"
	}
	return "issue.field.received"
}

func (f *face) statementEvent(c *page.Call, s casework.StatementDetail) ui.Event {
	e := ui.Event{When: c.When(s.At), Title: c.T("statement." + string(s.Kind)), Text: s.Text}
	if s.Act != "" && words.Has("act."+string(s.Act)) {
		e.Title += " · " + c.T("act."+string(s.Act))
	}
	if s.Kind == issue.Correction {
		e.Tags = append(e.Tags, ui.Tag{Tone: map[issue.StatementState]string{issue.Asked: "warn", issue.Granted: "ok"}[s.State],
			Text: c.T("statement.state." + string(s.State))})
	}
	if s.Answer != "" {
		e.By = c.T("issue.answered", "Text", s.Answer)
	}
	if s.State == issue.Granted {
		done := make([]string, 0, len(s.Changed))
		for _, h := range s.Changed {
			line := c.When(h.At) + " " + c.Verb(h.Verb)
			if h.Seq >= 0 {
				line += " (" + c.T("ledger.seq") + " " + strconv.FormatInt(h.Seq, 10) + ")"
			}
			done = append(done, line)
		}
		if len(done) == 0 {
			done = []string{c.T("statement.granted.waiting")}
		}
		e.By += " · " + c.T("statement.granted.done", "Text", strings.Join(done, "; "))
	}
	return e
}

// issueForms fills in the steps that the reader may take.
func (f *face) issueForms(c *page.Call, d *casework.IssueDetail, v *issueView) {
	if d.NoCorrect != nil {
		v.Pending = append(v.Pending, ui.Message(c.Lang, d.NoCorrect))
	}
	reason := func(needed bool) ui.Input {
		return ui.Input{Name: "reason", Label: c.T("field.reason"), Kind: "textarea", Rows: 2, Required: needed, Optional: !needed,
			Value: c.Form("reason")}
	}
	for _, act := range d.May {
		s := stepForm{ID: string(act), Action: v.Base + "/" + string(act), Title: c.T("issue." + string(act) + ".title"),
			Button: "issue.button." + string(act)}
		switch act {
		case issue.ActTriage:
			decisions := []ui.Option{{Text: c.T("issue.decision.none")}}
			for _, o := range []issue.Act{issue.ActCorrect, issue.ActRectify, issue.ActRefer, issue.ActReject} {
				decisions = append(decisions, ui.Option{Value: string(o), Text: c.T("act." + string(o))})
			}
			s.Help = c.T("issue.triage.help")
			s.Open = true
			s.Inputs = []ui.Input{
				{Name: "severity", Label: c.T("field.severity"), Kind: "select", Value: typed(c, "severity", strconv.Itoa(d.Severity)),
					Options: ui.Codes(c.Lang, "severity", "", "0", "1", "2", "3", "4", "5")},
				{Name: "category", Label: c.T("field.category"), Kind: "select", Value: typed(c, "category", d.Category),
					Options: ui.Codes(c.Lang, "category", "", casework.CategoryCodes()...)},
				{Name: "decision", Label: c.T("issue.field.decision"), Kind: "select", Value: c.Form("decision"), Options: decisions},
				reason(false),
				{Name: "task", Label: c.T("issue.triage.task"), Kind: "textarea", Rows: 2, Optional: true, Max: 4000, Value: c.Form("task"),
					Help: c.T("issue.triage.task.help")},
				{Name: "lead_unit", Label: c.T("rectification.lead"), Optional: true, Max: 40, Value: c.Form("lead_unit"),
					Help: c.T("rectification.lead.help")},
				{Name: "owner", Label: c.T("rectification.owner"), Optional: true, Max: 40, Value: c.Form("owner")},
				{Name: "due_on", Label: c.T("field.deadline"), Kind: "date", Optional: true, Value: c.Form("due_on"),
					Help: c.T("rectification.due.help")},
			}
		case issue.ActMerge:
			s.Help = c.T("issue.merge.help")
			s.Inputs = []ui.Input{{Name: "into", Label: c.T("issue.field.into"), Required: true, Placeholder: "XXXXX-XXXXX"}, reason(false)}
		case issue.ActReopen:
			s.Inputs = []ui.Input{{Name: "reason", Label: c.T("issue.field.evidence"), Kind: "textarea", Rows: 3, Required: true}}
		case issue.ActCorrect:
			s.Inputs = []ui.Input{reason(false)}
		default:
			s.Inputs = []ui.Input{reason(true)}
		}
		v.Forms = append(v.Forms, s)
	}
	if d.MayConceal {
		v.Forms = append(v.Forms, stepForm{ID: "concealment", Action: v.Base + "/concealment", Title: c.T("issue.conceal.title"),
			Help:   c.T("issue.conceal.help"),
			Button: "issue.button.conceal", Inputs: []ui.Input{{Name: "answer", Label: c.T("issue.field.answer"), Kind: "radios",
				Required: true,
				Options: ui.Codes(c.Lang, "concealment", "", string(issue.ConcealmentConfirmed),
					string(issue.ConcealmentDismissed))}, reason(true)}})
	}
	if d.MayNotify {
		v.Forms = append(v.Forms, stepForm{ID: "notify", Action: v.Base + "/notify", Title: c.T("issue.notify.title"),
			Help: c.T("issue.notify.help"), Button: "issue.button.notify",
			Inputs: []ui.Input{{Name: "reason", Label: c.T("issue.field.told"), Kind: "textarea", Rows: 3, Required: true,
				Value: c.Form("reason")}}})
	}
	if d.MayRecur {
		v.Forms = append(v.Forms, stepForm{ID: "recurrence", Action: v.Base + "/recurrence", Title: c.T("issue.recur.title"),
			Button: "issue.button.recur",
			Inputs: []ui.Input{{Name: "of", Label: c.T("issue.field.of"), Required: true, Placeholder: "XXXXX-XXXXX"}, reason(false)}})
	}
}

// typed returns what was sent in a form that is shown again, else the value.
func typed(c *page.Call, name, value string) string {
	if sent := c.Form(name); sent != "" {
		return sent
	}
	return value
}

// step reads what every form of a step sends.
func step(c *page.Call) casework.Step {
	return casework.Step{ID: c.Param("id"), Version: c.Version(), Reason: c.Form("reason"), Key: c.Key()}
}

// stepped returns to the issue after a step, or shows why it was refused.
func (f *face) stepped(c *page.Call, out casework.IssueResult, err error, doneKey, pendingKey string) error {
	if err != nil {
		return f.showIssue(c, err)
	}
	if out.Pending && pendingKey != "" {
		doneKey = pendingKey
	}
	return c.Go("/issues/"+url.PathEscape(out.ID), doneKey)
}

func (f *face) issueTriage(c *page.Call) error {
	in := casework.TriageIssueInput{Step: step(c), Severity: c.Choice("severity"), Category: c.Form("category"),
		Decision: issue.Act(c.Form("decision")),
		Task:     c.Form("task"), Lead: c.Form("lead_unit"), Owner: c.Form("owner"), DueOn: roster.Date(c.Form("due_on"))}
	out, _, err := f.app.TriageIssue(c.Context(), c.Actor, in)
	return f.stepped(c, out, err, "issue.done.triage", "issue.done.reject_proposed")
}

func (f *face) issueReject(c *page.Call) error {
	out, _, err := f.app.RejectIssue(c.Context(), c.Actor, casework.RejectIssueInput{Step: step(c)})
	return f.stepped(c, out, err, "issue.done.reject", "issue.done.reject_proposed")
}

func (f *face) issueCorrect(c *page.Call) error {
	out, _, err := f.app.CorrectIssue(c.Context(), c.Actor, casework.CorrectIssueInput{Step: step(c)})
	return f.stepped(c, out, err, "issue.done.correct", "")
}

func (f *face) issueMerge(c *page.Call) error {
	out, _, err := f.app.MergeIssue(c.Context(), c.Actor, casework.MergeIssueInput{Step: step(c), Into: c.Form("into")})
	return f.stepped(c, out, err, "issue.done.merge", "proposal.flash.filed")
}

func (f *face) issueRecur(c *page.Call) error {
	out, _, err := f.app.RecurIssue(c.Context(), c.Actor, casework.RecurIssueInput{Step: step(c), Of: c.Form("of")})
	return f.stepped(c, out, err, "issue.done.recur", "")
}

func (f *face) issueWithdraw(c *page.Call) error {
	out, _, err := f.app.WithdrawIssue(c.Context(), c.Actor, casework.WithdrawIssueInput{Step: step(c)})
	return f.stepped(c, out, err, "issue.done.withdraw", "proposal.flash.filed")
}

func (f *face) issueReopen(c *page.Call) error {
	out, _, err := f.app.ReopenIssue(c.Context(), c.Actor, casework.ReopenIssueInput{Step: step(c)})
	return f.stepped(c, out, err, "issue.done.reopen", "")
}

func (f *face) issueNotify(c *page.Call) error {
	out, _, err := f.app.NotifyIssue(c.Context(), c.Actor, casework.NotifyIssueInput{Step: step(c)})
	return f.stepped(c, out, err, "issue.done.notify", "")
}

func (f *face) issueConceal(c *page.Call) error {
	out, r, err := f.app.ConcealIssue(c.Context(), c.Actor, casework.ConcealIssueInput{Step: step(c),
		Answer: issue.Concealment(c.Form("answer"))})
	c.Offer(r)
	return f.stepped(c, out, err, "issue.done.conceal", "issue.done.conceal_proposed")
}
