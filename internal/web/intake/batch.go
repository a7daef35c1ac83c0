package intake

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	appintake "plumbline/internal/app/intake"
	"plumbline/internal/fault"
	"plumbline/internal/intake"
	"plumbline/internal/sheet"
	"plumbline/internal/web/page"
	"plumbline/internal/web/ui"
	"plumbline/internal/words"
	"plumbline/seeds"
)

func sourceOptions(c *page.Call, emptyKey string) []ui.Option {
	var codes []string
	for _, s := range seeds.Sources() {
		codes = append(codes, s.Code)
	}
	return ui.Codes(c.Lang, "source", emptyKey, codes...)
}

func categoryOptions(c *page.Call, emptyKey string) []ui.Option {
	var codes []string
	for _, s := range seeds.Categories() {
		codes = append(codes, s.Code)
	}
	return ui.Codes(c.Lang, "category", emptyKey, codes...)
}

// batchesPage lists the imported files.
func (f *face) batchesPage(c *page.Call) error {
	source := c.Query("source")
	rows, next, err := f.app.Batches(c.Context(), c.Actor, source, c.Query("cursor"), 0)
	if err != nil {
		return err
	}
	p := c.Page("nav.intake")
	p.Lead = c.T("intake.lead")
	if c.May("audit.import") {
		p.Actions = []ui.Action{{Text: c.T("intake.new"), Href: "/audit/new", Icon: "upload", Primary: true}}
	}
	t := ui.Table{Empty: c.T("intake.none"), Cols: []ui.Col{{Text: c.T("intake.file")}, {Text: c.T("intake.source")},
		{Text: c.T("intake.at")}, {Text: c.T("intake.state")},
		{Text: c.T("intake.rows"), Num: true}, {Text: c.T("match.level.exact"), Num: true}, {Text: c.T("match.level.probable"), Num: true},
		{Text: c.T("match.level.ambiguous"), Num: true}, {Text: c.T("match.level.unmatched"),
			Num: true}, {Text: c.T("match.level.rejected"), Num: true}}}
	num := func(n int) ui.Cell { return ui.Cell{Text: ui.Number(n), Num: true} }
	for _, b := range rows {
		tag := batchTag(c.Lang, b.State)
		t.Rows = append(t.Rows, []ui.Cell{
			{Text: b.FileName, Href: "/audit/batches/" + b.ID,
				Sub: b.Ref}, {Text: c.T("source." + b.Source)}, {Text: c.When(b.ImportedAt)}, {Tag: &tag},
			num(b.Rows), num(b.Counts.Exact), num(b.Counts.Probable), num(b.Counts.Ambiguous), num(b.Counts.Unmatched), num(b.Counts.Rejected),
		})
	}
	filters := []ui.Input{{Name: "source", Label: c.T("intake.source"), Kind: "select", Value: source,
		Options: sourceOptions(c, "page.all")}}
	return c.Show(batchesTempl(p, filters, t, pager(c, "/audit", len(rows), -1, next)))
}

// pager keeps the filters of the address and moves its cursor.
func pager(c *page.Call, path string, shown int, total int64, next string) ui.Pager {
	q := c.R.URL.Query()
	with := func(cursor string) string {
		v := url.Values{}
		for name, values := range q {
			if name != "cursor" && len(values) > 0 && values[0] != "" {
				v[name] = values
			}
		}
		if cursor != "" {
			v.Set("cursor", cursor)
		}
		if len(v) == 0 {
			return path
		}
		return path + "?" + v.Encode()
	}
	g := ui.Pager{Shown: shown, Total: total}
	if next != "" {
		g.Next = with(next)
	}
	if q.Get("cursor") != "" {
		g.First = with("")
	}
	return g
}

func batchTag(lang words.Lang, state string) ui.Tag {
	tones := map[string]string{"importing": "info", "stopped": "warn", "imported": "ok", "withdrawing": "warn"}
	return ui.Tag{Tone: tones[state], Text: words.T(lang, "state.batch."+state)}
}

func (f *face) auditUploadPage(c *page.Call) error {
	if !c.May("audit.import") {
		return fault.Forbidden("not_allowed")
	}
	return f.auditUpload(c, http.StatusOK, nil)
}

func (f *face) auditUpload(c *page.Call, status int, errs ui.Errors) error {
	p := c.Page("intake.new")
	p.Lead, p.Narrow = c.T("intake.new.lead"), true
	p.Crumbs = []ui.Link{{Text: c.T("nav.intake"), Href: "/audit"}}
	in := auditUploadView{Source: c.Form("source"), Sheet: c.Form("sheet"), Received: c.Form("received_on"),
		Sources: sourceOptions(c, "page.choose")}
	return c.ShowStatus(status, auditUploadTempl(p, in, errs))
}

// auditFile reads the forms of the dry run. An uploaded file is staged, so that it
// need not be sent again.
func (f *face) auditFile(c *page.Call) (appintake.AuditFile, error) {
	if !c.May("audit.import") {
		return appintake.AuditFile{}, fault.Forbidden("not_allowed")
	}
	in := appintake.AuditFile{
		Upload: c.Form("upload"), Source: c.Form("source"), Sheet: c.Form("sheet"), HeaderRow: int(c.FormInt("header_row")),
		Category: c.Form("category"), ReceivedOn: c.Form("received_on"), Columns: map[string]string{}, Classes: map[string]string{},
	}
	for i := range sheet.MaxColumns {
		n := strconv.Itoa(i)
		if h, to := c.Form("header_"+n), c.Form("column_"+n); h != "" && to != "" {
			in.Columns[h] = to
		}
		if w, to := c.Form("class_word_"+n), c.Form("class_"+n); w != "" && to != "" {
			in.Classes[w] = to
		}
		if w, to, ok := strings.Cut(c.Form("said_"+n), "\n"); ok {
			in.Classes[strings.TrimSpace(w)] = strings.TrimSpace(to)
		}
	}
	file := c.File("file")
	if in.Upload != "" || file == nil {
		if in.Upload == "" {
			return in, fault.Invalid("intake_file_missing", "file")
		}
		return in, nil
	}
	if err := in.Validate(); err != nil {
		return in, err
	}
	var err error
	in.Upload, err = f.app.StageAudit(c.Context(), c.Actor, file.Name, file.Data)
	return in, err
}

func (f *face) auditPreview(c *page.Call) error {
	in, err := f.auditFile(c)
	if err == nil {
		var preview appintake.AuditPreview
		if preview, err = f.app.PreviewAudit(c.Context(), c.Actor, in); err == nil {
			return f.showPreview(c, http.StatusOK, in, preview, nil)
		}
	}
	if errs := c.Errors(err); errs != nil {
		return f.auditUpload(c, page.StatusOf(err), errs)
	}
	return err
}

func (f *face) showPreview(c *page.Call, status int, in appintake.AuditFile, v appintake.AuditPreview, errs ui.Errors) error {
	p := c.Page("intake.preview")
	p.Lead = c.T("intake.preview.lead")
	p.Crumbs = []ui.Link{{Text: c.T("nav.intake"), Href: "/audit"}, {Text: c.T("intake.new"), Href: "/audit/new"}}
	view := auditPreviewView{
		Upload: in.Upload, Source: in.Source, Received: in.ReceivedOn, Imported: v.BatchID, Category: in.Category, Sheet: v.Sheet,
		Counted: v.Problem == nil, Rows: v.Rows, HeaderRow: v.HeaderRow, Categories: categoryOptions(c, "page.choose"),
		Stats: levelStats(c, v.Counts, ""),
	}
	view.Ready = v.Problem == nil && v.BatchID == "" && v.Counts.Rejected < v.Rows
	if len(v.Asked) > 0 {
		view.Asked = c.T("intake.columns.asked", "Columns", strings.Join(v.Asked, c.T("intake.columns.comma")))
	}
	if !slices.ContainsFunc(v.Columns, func(col appintake.AuditColumn) bool { return col.Field == string(intake.EventOn) }) {
		view.NoEvent = c.T("intake.columns.no_event")
	}
	if v.Problem != nil && v.Problem.Code != "intake_columns_unanswered" { // which the sentence above the columns says
		view.Problem = ui.Message(c.Lang, v.Problem)
	}
	for _, field := range intake.Fields {
		view.Fields = append(view.Fields, ui.Option{Value: string(field), Text: c.T("intake.field." + string(field))})
	}
	for _, col := range v.Columns {
		label := col.Letter
		if col.Header != "" {
			label += " · " + col.Header
		}
		fields := view.Fields
		if col.Field == "" {
			fields = append([]ui.Option{{Text: c.T("page.choose")}}, fields...)
		}
		view.Columns = append(view.Columns, columnView{Header: col.Header, Label: label, Field: col.Field, Fields: fields,
			Samples: strings.Join(slices.DeleteFunc(col.Samples, func(s string) bool { return s == "" }), " / ")})
	}
	for i, u := range v.Unknown {
		view.Unknown = append(view.Unknown, unknownView{Word: u.Word, Label: fmt.Sprintf("%s (%s)", u.Word, c.T("page.rows", "Count",
			v.Unknown[i].Rows))})
	}
	n := 0
	for word, category := range in.Classes {
		view.Said = append(view.Said, saidClass{Name: "said_" + strconv.Itoa(n), Value: word + "\n" + category})
		n++
	}
	view.Sheets = []ui.Option{{Text: c.T("page.choose")}}
	for _, s := range v.Sheets {
		view.Sheets = append(view.Sheets, ui.Option{Value: s, Text: s})
	}
	view.Rejected.Cols = []ui.Col{{Text: c.T("intake.error.row")}, {Text: c.T("intake.error.cell")}, {Text: c.T("intake.error.reason")}}
	for _, e := range v.Errors {
		view.Rejected.Rows = append(view.Rejected.Rows, []ui.Cell{{Text: strconv.Itoa(e.Row)}, {Text: e.Cell},
			{Text: ui.Message(c.Lang, e.Fault)}})
	}
	return c.ShowStatus(status, auditPreviewTempl(p, view, errs))
}

// levelStats are the counts of a file; with a batch they link to the lists.
func levelStats(c *page.Call, n appintake.AuditCounts, batch string) []ui.Stat {
	var stats []ui.Stat
	for _, l := range []struct {
		code, tone string
		n          int
	}{{"exact", "ok", n.Exact}, {"probable", "warn", n.Probable}, {"ambiguous", "warn", n.Ambiguous}, {"unmatched", "bad",
		n.Unmatched}, {"rejected", "bad", n.Rejected}} {
		s := ui.Stat{Label: c.T("match.level." + l.code), Value: ui.Number(l.n), Note: c.T("intake.note." + l.code), Tone: l.tone}
		if batch != "" {
			s.Href = "/matches?batch=" + batch + "&level=" + l.code
		}
		stats = append(stats, s)
	}
	return append(stats, ui.Stat{Label: c.T("intake.duplicates"), Value: ui.Number(n.Duplicates), Note: c.T("intake.note.duplicates")})
}

func (f *face) auditImport(c *page.Call) error {
	in, err := f.auditFile(c)
	if err != nil {
		if errs := c.Errors(err); errs != nil {
			return f.auditUpload(c, page.StatusOf(err), errs)
		}
		return err
	}
	out, r, err := f.app.ImportAudit(c.Context(), c.Actor, appintake.ImportInput{AuditFile: in, Key: c.Key()})
	if errs := c.Errors(err); errs != nil {
		v, perr := f.app.PreviewAudit(c.Context(), c.Actor, in)
		if perr != nil {
			return err
		}
		return f.showPreview(c, page.StatusOf(err), in, v, errs)
	}
	if err != nil {
		return err
	}
	if out.Unchanged {
		return c.Go("/audit/batches/"+out.BatchID, "intake.unchanged")
	}
	c.Offer(r)
	return c.Go("/audit/batches/"+out.BatchID, "intake.started")
}

func (f *face) batchPage(c *page.Call) error { return f.showBatch(c, http.StatusOK, nil) }

// refreshSeconds is how often the page of a running import reloads, by a plain
// header, so that it works without scripts.
const refreshSeconds = "3"

func (f *face) showBatch(c *page.Call, status int, errs ui.Errors) error {
	b, err := f.app.Batch(c.Context(), c.Actor, c.Param("id"))
	if err != nil {
		return err
	}
	p := c.Page("intake.batch", "Ref", b.Ref)
	p.Crumbs = []ui.Link{{Text: c.T("nav.intake"), Href: "/audit"}}
	tag := batchTag(c.Lang, b.State)
	running := b.State == "importing" || b.State == "withdrawing"
	v := batchPageView{
		ID: b.ID, Version: b.Version, Running: running, Rejected: b.Counts.Rejected > 0, Done: int64(b.Position), Whole: int64(b.Rows),
		MayCancel:   b.State == "importing" && c.May("batch.cancel"),
		MayResume:   b.State == "stopped" && c.May("batch.resume"),
		MayWithdraw: (b.State == "imported" || b.State == "stopped") && !b.Pending && c.May("batch.withdraw"),
		Pending:     b.Proposal,
		Stats:       levelStats(c, b.Counts, b.ID),
		Defs: []ui.Def{
			{Term: c.T("intake.state"), Tag: &tag},
			{Term: c.T("intake.source"), Text: c.T("source." + b.Source)},
			{Term: c.T("intake.file"), Text: b.FileName},
			{Term: c.T("intake.rows"), Text: c.T("intake.rows_of", "Done", ui.Number(b.Position), "Whole", ui.Number(b.Rows))},
			{Term: c.T("intake.waiting"), Text: ui.Number(*b.Waiting), Href: "/matches?open=1&batch=" + b.ID},
			{Term: c.T("intake.at"), Text: c.When(b.ImportedAt)},
			{Term: c.T("intake.hash"), Text: b.FileHash},
		},
	}
	if b.Reason != "" {
		v.Defs = append(v.Defs, ui.Def{Term: c.T("intake.reason"), Text: b.Reason})
	}
	v.Progress, v.ProgressNote = c.T("intake.progress"), c.T("intake.progress.note")
	if b.State == "withdrawing" {
		v.Progress, v.ProgressNote = c.T("intake.withdraw.progress"), c.T("intake.withdraw.progress.note")
		if b.Job != nil {
			v.Done, v.Whole = min(b.Job.Position, b.Job.Total), b.Job.Total
		}
	}
	if b.State == "stopped" {
		v.Stopped = c.T("intake.stopped_at", "Row", ui.Number(b.Position))
		if b.Job != nil && b.Job.ErrorCode != "" && words.Has("fault."+b.Job.ErrorCode) {
			v.Stopped += " " + c.T("fault."+b.Job.ErrorCode)
		}
	}
	if running {
		c.W.Header().Set("Refresh", refreshSeconds)
	}
	return c.ShowStatus(status, batchTempl(p, v, errs))
}

func (f *face) batchInput(c *page.Call) appintake.BatchInput {
	return appintake.BatchInput{ID: c.Param("id"), Version: c.Version(), Reason: c.Form("reason"), Key: c.Key(),
		Stated: c.Form("stated") != ""}
}

func (f *face) batchCancel(c *page.Call) error {
	_, err := f.app.CancelImport(c.Context(), c.Actor, f.batchInput(c))
	return f.batchDone(c, err, "intake.cancelled")
}

func (f *face) batchResume(c *page.Call) error {
	_, _, err := f.app.ResumeImport(c.Context(), c.Actor, f.batchInput(c))
	return f.batchDone(c, err, "intake.started")
}

func (f *face) batchWithdraw(c *page.Call) error {
	b, _, err := f.app.WithdrawBatch(c.Context(), c.Actor, f.batchInput(c))
	if b.Pending { // it stands until a second inspector agrees
		return f.batchDone(c, err, "proposal.flash.filed")
	}
	return f.batchDone(c, err, "intake.withdraw.started")
}

func (f *face) batchDone(c *page.Call, err error, key string) error {
	if errs := c.Errors(err); errs != nil {
		return f.showBatch(c, page.StatusOf(err), errs)
	}
	if err != nil {
		return err
	}
	return c.Go("/audit/batches/"+c.Param("id"), key)
}

func (f *face) batchErrors(c *page.Call) error {
	file, _, err := f.app.BatchErrors(c.Context(), c.Actor, appintake.ErrorFileInput{ID: c.Param("id"), Format: c.Form("format")},
		appintake.ErrorFileWords{
			Row: c.T("intake.error.row"), Cell: c.T("intake.error.cell"), Reason: c.T("intake.error.reason"), Sheet: c.T("intake.error.sheet"),
			Say: func(code string, args map[string]any) string { return words.Args(c.Lang, "fault."+code, args) },
		})
	if err != nil {
		return err
	}
	c.W.Header().Set("X-Row-Count", strconv.Itoa(file.Rows))
	return c.Download(file.Name, file.Kind, file.Body)
}
