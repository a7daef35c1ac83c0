package api

import (
	"context"
	"net/url"
	"time"

	"plumbline/internal/app/casework"
	"plumbline/internal/app/inspection"
	"plumbline/internal/app/reports"
	"plumbline/internal/issue"
	"plumbline/internal/roster"
)

// FilterQuery is the filter of a list of issues as query parameters. The pages and
// the report's links use the same ones.
type FilterQuery struct {
	Unit        string `query:"unit" doc:"This unit and all below it"`
	Only        string `query:"only" doc:"1: that unit alone"`
	Category    string `query:"category"`
	Source      string `query:"source" doc:"self, audit, inspection"`
	SourceCode  string `query:"source_code" doc:"Audit source, or the checklist of a declared issue"`
	State       string `query:"state"`
	Severity    string `query:"severity" doc:"0 to 5"`
	MinSeverity string `query:"min_severity"`
	MaxSeverity string `query:"max_severity"`
	Tier        string `query:"tier"`
	From        string `query:"from" doc:"Month of the event, 2006-01"`
	To          string `query:"to"`
	Cell        string `query:"cell" doc:"both, self_only, audit_only, counterpart, inspected"`
	Disclosure  string `query:"disclosure"`
	Concealment string `query:"concealment"`
	Finding     string `query:"finding"`
	Form        string `query:"form"`
	Person      string `query:"person"`
	Campaign    string `query:"campaign"`
	Submission  string `query:"submission"`
	Record      string `query:"record"`
	Case        string `query:"case"`
	Live        string `query:"live" doc:"1: without merged, rejected and withdrawn"`
	Open        string `query:"open" doc:"1: something is still to be done"`
	Sort        string `query:"sort" doc:"event, oldest, severity"`
}

func (q FilterQuery) filter() (issue.Filter, error) {
	v := url.Values{}
	for name, value := range map[string]string{
		"unit": q.Unit, "only": q.Only, "category": q.Category, "source": q.Source, "source_code": q.SourceCode, "state": q.State,
		"severity": q.Severity, "min_severity": q.MinSeverity, "max_severity": q.MaxSeverity, "tier": q.Tier, "from": q.From, "to": q.To,
		"cell": q.Cell, "disclosure": q.Disclosure, "concealment": q.Concealment, "finding": q.Finding, "form": q.Form, "person": q.Person,
		"campaign": q.Campaign, "submission": q.Submission, "record": q.Record, "case": q.Case, "live": q.Live, "open": q.Open, "sort": q.Sort,
	} {
		if value != "" {
			v.Set(name, value)
		}
	}
	return issue.ParseFilter(v)
}

// IssuePage is one page of issues.
type IssuePage struct {
	Items []issue.Row `json:"items"`
	Next  string      `json:"next,omitempty"`
	Total *int64      `json:"total,omitempty" doc:"Exact number of rows; where count=1 was asked"`
	Named bool        `json:"named" doc:"Whether the reader sees names"`
}

// IssueView is one issue. Severity, disclosure, finding and form are kept
// apart; an empty finding is no finding yet.
type IssueView struct {
	ID           string                     `json:"id"`
	Version      int64                      `json:"version"`
	Ref          string                     `json:"ref"`
	Source       string                     `json:"source"`
	SourceCode   string                     `json:"source_code"`
	Category     string                     `json:"category"`
	ItemNo       int                        `json:"item_no"`
	Severity     int                        `json:"severity"`
	PersonID     string                     `json:"person_id"`
	PersonName   string                     `json:"person_name"`
	UnitID       string                     `json:"unit_id"`
	UnitName     string                     `json:"unit_name"`
	EventOn      string                     `json:"event_on"`
	ReceivedOn   string                     `json:"received_on"`
	State        string                     `json:"state"`
	Disclosure   string                     `json:"disclosure"`
	Paired       bool                       `json:"paired"`
	Cell         string                     `json:"cell"`
	Concealment  string                     `json:"concealment"`
	Proposed     string                     `json:"concealment_proposed" doc:"Answer that awaits a second person"`
	Finding      string                     `json:"finding"`
	Form         int                        `json:"form"`
	CampaignID   string                     `json:"campaign_id"`
	SubmissionID string                     `json:"submission_id"`
	RecordID     string                     `json:"record_id"`
	CaseID       string                     `json:"case_id"`
	DuplicateOf  string                     `json:"duplicate_of"`
	RecurrenceOf string                     `json:"recurrence_of"`
	TriagedAt    *time.Time                 `json:"triaged_at"`
	NoticedAt    *time.Time                 `json:"noticed_at"`
	SettledAt    *time.Time                 `json:"settled_at"`
	Narrative    string                     `json:"narrative"`
	Linked       []issue.Row                `json:"linked"`
	Statements   []casework.StatementDetail `json:"statements"`
	History      []casework.HistoryLine     `json:"history"`
	May          []issue.Act                `json:"may" doc:"Steps that the reader may take now"`
}

func issueView(d *casework.IssueDetail) IssueView {
	v := IssueView{ID: d.ID, Version: d.Version, Ref: d.Ref, Source: string(d.Source), SourceCode: d.SourceCode, Category: d.Category,
		ItemNo: d.ItemNo, Severity: d.Severity, PersonID: d.PersonID, PersonName: d.PersonName, UnitID: d.UnitID, UnitName: d.UnitName,
		EventOn: string(d.EventOn), ReceivedOn: string(d.Received), State: string(d.State), Disclosure: string(d.Disclosure), Paired: d.Paired,
		Concealment: string(d.Concealment), Proposed: string(d.ConcealAs), Finding: d.Finding, Form: d.Form, CampaignID: d.CampaignID,
		SubmissionID: d.SubmissionID, RecordID: d.RecordID, CaseID: d.CaseID, DuplicateOf: d.DuplicateOf, RecurrenceOf: d.RecurrenceOf,
		TriagedAt: d.TriagedAt, NoticedAt: d.NoticedAt, SettledAt: d.SettledAt, Narrative: d.Narrative, Linked: d.Linked,
		Statements: d.Statements, History: d.History, May: d.May}
	if d.State.Live() {
		v.Cell = string(d.Cell())
	}
	if v.History == nil {
		v.History = []casework.HistoryLine{}
	}
	if v.May == nil {
		v.May = []issue.Act{}
	}
	return v
}

// Stepped is the answer to a step: the state of the issue, and the receipt.
type Stepped struct {
	casework.IssueResult
	Receipt ReceiptView `json:"receipt"`
}

// StepBody is what every step sends.
type StepBody struct {
	Version int64  `json:"version,omitempty" doc:"Unless If-Match names it"`
	Reason  string `json:"reason,omitempty"`
}

func registerIssue(r *registry) {
	a := r.f.App
	handle(r, "issue.list", func(ctx context.Context, c *Call, in *struct {
		FilterQuery
		Cursor string `query:"cursor"`
		Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
		Count  bool   `query:"count" doc:"Count the whole list"`
	}) (IssuePage, error) {
		f, err := in.filter()
		if err != nil {
			return IssuePage{}, err
		}
		list, err := a.Issues(ctx, c.reader(), casework.IssueListInput{Filter: f, Cursor: in.Cursor, Limit: in.Limit, Count: in.Count})
		page := IssuePage{Items: list.Rows, Next: list.Next, Named: list.Named}
		if list.Total >= 0 {
			page.Total = &list.Total
		}
		return page, err
	}, Summary("List issues"))
	handle(r, "issue.read", func(ctx context.Context, c *Call, in *struct {
		ID      string `path:"id"`
		Purpose string `query:"purpose" doc:"Asked of leadership readers: case_review, complaint, appointment, supervision, inspection"`
	}) (IssueView, error) {
		d, err := a.Issue(ctx, c.reader(), casework.IssueInput{ID: in.ID, Purpose: in.Purpose})
		if err != nil {
			return IssueView{}, err
		}
		return issueView(d), nil
	}, Summary("Open an issue"))

	handle(r, "issue.triage", func(ctx context.Context, c *Call, in *struct {
		ID   string `path:"id"`
		Body struct {
			StepBody
			Severity int    `json:"severity" minimum:"0" maximum:"5"`
			Category string `json:"category"`
			Decision string `json:"decision,omitempty" doc:"Empty, correct, rectify, refer or reject"`
			Task     string `json:"task,omitempty" doc:"To rectify: what is to be put right"`
			Lead     string `json:"lead_unit,omitempty" doc:"To rectify: code of the lead department; the issue's own unit if empty"`
			Owner    string `json:"owner,omitempty" doc:"To rectify: personnel number of who answers for the task; he must be able to open it"`
			DueOn    string `json:"due_on,omitempty" doc:"To rectify: the pack's clock if empty"`
		}
	}) (Stepped, error) {
		out, got, err := a.TriageIssue(ctx, c.Actor, casework.TriageIssueInput{Step: c.step(in.ID, in.Body.StepBody),
			Severity: in.Body.Severity, Category: in.Body.Category, Decision: issue.Act(in.Body.Decision),
			Task: in.Body.Task, Lead: in.Body.Lead, Owner: in.Body.Owner, DueOn: roster.Date(in.Body.DueOn)})
		return Stepped{out, receipt(got)}, err
	}, Summary("Grade an issue and decide where it goes"))
	type plain struct {
		ID   string `path:"id"`
		Body StepBody
	}
	handle(r, "issue.reject", func(ctx context.Context, c *Call, in *plain) (Stepped, error) {
		out, got, err := a.RejectIssue(ctx, c.Actor, casework.RejectIssueInput{Step: c.step(in.ID, in.Body)})
		return Stepped{out, receipt(got)}, err
	}, Summary("Set an issue aside; a severe one takes two people"))
	handle(r, "issue.correct", func(ctx context.Context, c *Call, in *plain) (Stepped, error) {
		out, got, err := a.CorrectIssue(ctx, c.Actor, casework.CorrectIssueInput{Step: c.step(in.ID, in.Body)})
		return Stepped{out, receipt(got)}, err
	}, Summary("Correct a slight issue on the spot"))
	handle(r, "issue.withdraw", func(ctx context.Context, c *Call, in *plain) (Stepped, error) {
		out, got, err := a.WithdrawIssue(ctx, c.Actor, casework.WithdrawIssueInput{Step: c.step(in.ID, in.Body)})
		return Stepped{out, receipt(got)}, err
	}, Summary("Take an issue back"))
	handle(r, "issue.reopen", func(ctx context.Context, c *Call, in *plain) (Stepped, error) {
		out, got, err := a.ReopenIssue(ctx, c.Actor, casework.ReopenIssueInput{Step: c.step(in.ID, in.Body)})
		return Stepped{out, receipt(got)}, err
	}, Summary("Take a settled issue up again; the reason is the new evidence"))
	handle(r, "issue.notify", func(ctx context.Context, c *Call, in *plain) (Stepped, error) {
		out, got, err := a.NotifyIssue(ctx, c.Actor, casework.NotifyIssueInput{Step: c.step(in.ID, in.Body)})
		return Stepped{out, receipt(got)}, err
	}, Summary("Tell the subject; the reason is the text that the subject reads"))
	handle(r, "issue.conceal", func(ctx context.Context, c *Call, in *struct {
		ID   string `path:"id"`
		Body struct {
			StepBody
			Answer string `json:"answer" doc:"confirmed or dismissed"`
		}
	}) (Stepped, error) {
		out, got, err := a.ConcealIssue(ctx, c.Actor, casework.ConcealIssueInput{Step: c.step(in.ID, in.Body.StepBody),
			Answer: issue.Concealment(in.Body.Answer)})
		return Stepped{out, receipt(got)}, err
	}, Summary("Answer the concealment question; two people have to agree"))
	handle(r, "issue.merge", func(ctx context.Context, c *Call, in *struct {
		ID   string `path:"id"`
		Body struct {
			StepBody
			Into string `json:"into" doc:"Id or reference of the issue that stays"`
		}
	}) (Stepped, error) {
		out, got, err := a.MergeIssue(ctx, c.Actor, casework.MergeIssueInput{Step: c.step(in.ID, in.Body.StepBody), Into: in.Body.Into})
		return Stepped{out, receipt(got)}, err
	}, Summary("Link a duplicate"))
	handle(r, "issue.recur", func(ctx context.Context, c *Call, in *struct {
		ID   string `path:"id"`
		Body struct {
			StepBody
			Of string `json:"of" doc:"Id or reference of the earlier issue"`
		}
	}) (Stepped, error) {
		out, got, err := a.RecurIssue(ctx, c.Actor, casework.RecurIssueInput{Step: c.step(in.ID, in.Body.StepBody), Of: in.Body.Of})
		return Stepped{out, receipt(got)}, err
	}, Summary("Mark an issue as a recurrence"))
	registerBulk(r)
	registerFile(r)
	registerRecon(r)
}

func (c *Call) step(id string, b StepBody) casework.Step {
	return casework.Step{ID: id, Version: c.Version(b.Version), Reason: b.Reason, Key: c.Key}
}

// reader is the actor in the language of the answer, which determines the names of
// units.
func (c *Call) reader() *roster.Actor {
	who := *c.Actor
	who.Lang = string(c.Lang)
	return &who
}

func registerInspected(r *registry) {
	handle(r, "inspection.list", func(ctx context.Context, c *Call, in *struct {
		Unit   string `query:"unit" doc:"This unit and all below it"`
		Cursor string `query:"cursor"`
	}) (inspection.InspectionPage, error) {
		return r.f.App.Inspections(ctx, c.reader(), in.Unit, in.Cursor)
	}, Summary("What inspectors found, item by item, newest first"))
	handle(r, "inspection.record", func(ctx context.Context, c *Call, in *struct{ Body inspection.InspectInput }) (Done, error) {
		in.Body.Key = c.Key
		id, rc, err := r.f.App.RecordInspection(ctx, c.Actor, in.Body)
		return done(rc, id), err
	}, Summary("Record what was found of one item; a discrepancy becomes an issue"))
}

func registerBulk(r *registry) {
	registerInspected(r)
	a := r.f.App
	handle(r, "issue.bulk_preview", func(ctx context.Context, c *Call, in *struct {
		Unit        string `query:"unit"`
		MaxSeverity int    `query:"max_severity" default:"1" minimum:"0" maximum:"5"`
	}) (casework.BulkPreview, error) {
		return a.PreviewBulkCorrection(ctx, c.reader(), casework.BulkInput{Unit: in.Unit, MaxSeverity: in.MaxSeverity})
	}, Summary("What a bulk correction would correct"))
	handle(r, "issue.bulk_correct", func(ctx context.Context, c *Call, in *struct {
		Body struct {
			Unit        string `json:"unit"`
			MaxSeverity int    `json:"max_severity" minimum:"0" maximum:"5"`
			Count       int64  `json:"count" doc:"The number that the preview showed"`
		}
	}) (struct {
		casework.BulkResult
		Receipt ReceiptView `json:"receipt"`
	}, error) {
		out, got, err := a.BulkCorrect(ctx, c.Actor, casework.BulkCorrectInput{Unit: in.Body.Unit, MaxSeverity: in.Body.MaxSeverity,
			Count: in.Body.Count, Key: c.Key})
		return struct {
			casework.BulkResult
			Receipt ReceiptView `json:"receipt"`
		}{out, receipt(got)}, err
	}, Summary("Correct what the preview showed"))
}

func registerFile(r *registry) {
	a := r.f.App
	handle(r, "file.own", func(ctx context.Context, c *Call, _ *struct{}) (*casework.File, error) {
		return a.OwnFile(ctx, c.reader())
	}, Summary("The reader's own file"))
	handle(r, "file.read", func(ctx context.Context, c *Call, in *struct {
		ID      string `path:"id"`
		Purpose string `query:"purpose" doc:"Asked of leadership readers"`
	}) (*casework.File, error) {
		return a.PersonFile(ctx, c.reader(), casework.FileInput{Person: in.ID, Purpose: in.Purpose})
	}, Summary("A person's file; every opening is logged"))
	type written struct {
		ID      string      `json:"id"`
		Receipt ReceiptView `json:"receipt"`
	}
	handle(r, "file.reply", func(ctx context.Context, c *Call, in *struct {
		ID   string `path:"id"`
		Body struct {
			Kind string `json:"kind" doc:"answer or correction"`
			Text string `json:"text"`
		}
	}) (written, error) {
		id, got, err := a.MakeStatement(ctx, c.Actor, casework.StatementInput{Issue: in.ID, Kind: issue.StatementKind(in.Body.Kind),
			Text: in.Body.Text, Key: c.Key})
		return written{id, receipt(got)}, err
	}, Summary("Answer an issue on one's own file, or ask for correction"))
	download(r, "file.export", func(ctx context.Context, c *Call, in *struct {
		ID   string `path:"id" maxLength:"64"`
		Body struct {
			Purpose string `json:"purpose,omitempty" maxLength:"40" doc:"Code; where opening the file needs one"`
		}
	}) (*File, error) {
		e, _, err := a.ExportFile(ctx, c.Actor, casework.FileExportInput{Person: in.ID, Purpose: in.Body.Purpose, Key: c.Key})
		if err != nil {
			return nil, err
		}
		return fileOf(e), nil
	}, Summary("Somebody's file with its proofs, as a file that verifies alone"))
	download(r, "file.take", func(ctx context.Context, c *Call, _ *struct{}) (*File, error) {
		e, _, err := a.ExportFile(ctx, c.Actor, casework.FileExportInput{Key: c.Key})
		if err != nil {
			return nil, err
		}
		return fileOf(e), nil
	}, Summary("One's own file with its proofs, as a file that verifies alone"))
	handle(r, "statement.list", func(ctx context.Context, c *Call, _ *struct{}) (Paged[casework.AskedCorrection], error) {
		rows, err := a.AskedCorrections(ctx, c.reader())
		return Paged[casework.AskedCorrection]{Items: rows}, err
	}, Summary("Requests for correction that wait for an answer"))
	handle(r, "statement.answer", func(ctx context.Context, c *Call, in *struct {
		ID   string `path:"id"`
		Body struct {
			Version int64  `json:"version,omitempty"`
			State   string `json:"state" doc:"granted or refused"`
			Text    string `json:"text"`
		}
	}) (written, error) {
		got, err := a.AnswerStatement(ctx, c.Actor, casework.AnswerStatementInput{ID: in.ID, Version: c.Version(in.Body.Version),
			State: issue.StatementState(in.Body.State), Text: in.Body.Text, Key: c.Key})
		return written{in.ID, receipt(got)}, err
	}, Summary("Answer a request for correction"))
}

// ReconLineView is one line of the comparison with the query of its lists.
type ReconLineView struct {
	Code  string            `json:"code"`
	Name  string            `json:"name,omitempty"`
	Cells issue.Cells       `json:"cells"`
	Lists map[string]string `json:"lists" doc:"Cell to the query string of the list of issues behind its number"`
}

func reconLine(l reports.ReconLine) ReconLineView {
	v := ReconLineView{Code: l.Code, Name: l.Name, Cells: l.Cells, Lists: map[string]string{}}
	for _, c := range []issue.Cell{issue.Both, issue.SelfOnly, issue.AuditOnly, issue.Counterpart, issue.Inspected} {
		f := l.Filter
		f.Cell = c
		v.Lists[string(c)] = f.Query()
	}
	return v
}

func reconLines(lines []reports.ReconLine) []ReconLineView {
	out := make([]ReconLineView, 0, len(lines))
	for _, l := range lines {
		out = append(out, reconLine(l))
	}
	return out
}

// ReconView is the comparison of a unit and a period.
type ReconView struct {
	Unit       string          `json:"unit"`
	UnitName   string          `json:"unit_name"`
	From       string          `json:"from"`
	To         string          `json:"to"`
	WindowDays int             `json:"window_days"`
	Questions  int64           `json:"questions" doc:"Open concealment questions"`
	LeavesOut  string          `json:"leaves_out" doc:"barred: matters that the caller is barred from are left out of the numbers, whether there are any or not"`
	Total      ReconLineView   `json:"total"`
	ByCategory []ReconLineView `json:"by_category"`
	ByUnit     []ReconLineView `json:"by_unit"`
}

func registerRecon(r *registry) {
	a := r.f.App
	handle(r, "reconciliation.untouched", func(ctx context.Context, c *Call, in *struct {
		Unit     string `query:"unit"`
		From     string `query:"from"`
		To       string `query:"to"`
		Category string `query:"category" required:"true"`
		Cursor   string `query:"cursor"`
	}) (*reports.PeopleWithoutIssuesList, error) {
		return a.PeopleWithoutIssues(ctx, c.reader(), reports.PeopleWithoutIssuesInput{
			ReconInput: reports.ReconInput{Unit: in.Unit, From: in.From, To: in.To}, Category: in.Category, Cursor: in.Cursor})
	}, Summary("Who serves there and has nothing in a category, neither declared nor found"))
	handle(r, "reconciliation.read", func(ctx context.Context, c *Call, in *struct {
		Unit string `query:"unit"`
		From string `query:"from" doc:"Month, 2006-01"`
		To   string `query:"to"`
	}) (*ReconView, error) {
		got, err := a.Reconciliation(ctx, c.reader(), reports.ReconInput{Unit: in.Unit, From: in.From, To: in.To})
		if err != nil {
			return nil, err
		}
		return &ReconView{Unit: got.Unit, UnitName: got.UnitName, From: got.From, To: got.To, WindowDays: got.WindowDays,
			Questions: got.Questions, LeavesOut: got.LeavesOut,
			Total: reconLine(got.Total), ByCategory: reconLines(got.ByCategory), ByUnit: reconLines(got.ByUnit)}, nil
	}, Summary("Declared against found, in four cells"))
	handle(r, "reconciliation.people", func(ctx context.Context, c *Call, in *struct {
		Unit     string `query:"unit"`
		From     string `query:"from"`
		To       string `query:"to"`
		Category string `query:"category"`
		Cursor   string `query:"cursor"`
	}) (Paged[issue.PersonCells], error) {
		got, err := a.ReconciliationByPerson(ctx, c.reader(), reports.ReconPeopleInput{
			ReconInput: reports.ReconInput{Unit: in.Unit, From: in.From, To: in.To}, Category: in.Category, Cursor: in.Cursor})
		if err != nil {
			return Paged[issue.PersonCells]{}, err
		}
		return Paged[issue.PersonCells]{Items: got.Rows, Next: got.Next}, nil
	}, Summary("Declared against found, person by person"))
}
