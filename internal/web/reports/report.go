package reports

import (
	"net/url"
	"strings"

	"plumbline/internal/app/reports"
	"plumbline/internal/fault"
	"plumbline/internal/issue"
	"plumbline/internal/report"
	"plumbline/internal/web/page"
	"plumbline/internal/web/ui"
)

func reportInput(q func(string) string) reports.ReportInput {
	return reports.ReportInput{Unit: q("unit"), From: q("from"), To: q("to"), Campaign: q("campaign"), Period: q("period")}
}

// reportPage shows the leadership report: figures first, then a chart and a table
// for each section, every number linked to its list.
func (f *face) reportPage(c *page.Call) error {
	in := reportInput(c.Query)
	r, err := f.app.Report(c.Context(), c.Actor, in)
	errs := c.Errors(err)
	if errs != nil { // show the form again with what is wrong, over the open period
		if r, err = f.app.Report(c.Context(), c.Actor, reports.ReportInput{Unit: in.Unit, Campaign: in.Campaign}); err != nil {
			return err
		}
	} else if err != nil {
		return err
	}
	parent, err := f.app.ParentInReport(c.Context(), c.Actor, r.Unit)
	if err != nil {
		return err
	}
	v := reportPageView{Report: r, Errors: errs, Made: r.MadeAt.In(f.app.Zone()).Format("2006-01-02 15:04")}
	v.Filters = reportFilters(c, r, in, errs)
	if len(r.Campaigns) > 1 {
		pick := ui.Input{Name: "campaign", Label: c.T("report.campaign"), Kind: "select", Value: r.Campaign}
		for _, k := range r.Campaigns {
			pick.Options = append(pick.Options, ui.Option{Value: k.ID, Text: k.Title})
		}
		v.Filters = append(v.Filters, pick)
	}
	if in.Unit != "" {
		v.Filters = append(v.Filters, ui.Input{Name: "unit", Kind: "hidden", Value: in.Unit})
	}
	p := c.Page("report.title")
	p.Lead = c.T("report.lead", "Unit", r.UnitName)
	if parent != "" {
		q := url.Values{"unit": {parent}, "from": {r.From}, "to": {r.To}}
		p.Actions = append(p.Actions, ui.Action{Text: c.T("report.unit.up"), Href: "/report?" + q.Encode(), Icon: "arrow-up"})
	}
	if r.Period != "" && c.May("report.export") { // files are of the fixed periods
		p.Actions = append(p.Actions, page.ExportActions(c, "/report/export", ui.Pair{Name: "unit", Value: r.Unit},
			ui.Pair{Name: "period", Value: r.Period}, ui.Pair{Name: "campaign", Value: r.Campaign})...)
	}
	v.Stats = reportStats(c, r)
	for i := range r.Sections {
		v.Sections = append(v.Sections, sectionView(c, r, &r.Sections[i]))
	}
	return c.Show(reportView(p, v))
}

// reportFilters offer the fixed periods, and any months to a reader who may open the
// lists.
func reportFilters(c *page.Call, r *report.Report, in reports.ReportInput, errs ui.Errors) []ui.Input {
	pick := ui.Input{Name: "period", Label: c.T("report.period.pick"), Kind: "select", Value: r.Period, Error: errs.Of("period")}
	if !r.Suppressed {
		pick.Options = []ui.Option{{Text: c.T("report.period.any")}}
	}
	for _, kind := range report.PeriodKinds {
		for i := len(r.Periods) - 1; i >= 0; i-- { // the newest first
			if p := r.Periods[i]; p.Kind == kind {
				pick.Options = append(pick.Options, ui.Option{Value: p.Code,
					Text: c.T("report.period."+kind, "Code", p.Code, "Year", p.From[:4], "Month", strings.TrimPrefix(p.To[5:], "0"),
						"Quarter", p.Code[len(p.Code)-1:], "Title", p.Title)})
			}
		}
	}
	if r.Suppressed {
		return []ui.Input{pick}
	}
	return []ui.Input{pick,
		{Name: "from", Label: c.T("report.from"), Kind: "month", Value: in.From, Error: errs.Of("from")},
		{Name: "to", Label: c.T("report.to"), Kind: "month", Value: in.To, Error: errs.Of("to")},
	}
}

type reportPageView struct {
	Report   *report.Report
	Filters  []ui.Input
	Errors   ui.Errors
	Stats    []ui.Stat
	Sections []reportSectionView
	Made     string
}

type reportSectionView struct {
	Key, Title, Note string
	Wide             bool // over the whole page
	Empty            bool // nothing but noughts
	Series           []string
	Table            ui.Table
}

// listPaths are the pages of the lists that numbers open.
var listPaths = map[report.List]string{
	report.Untouched: "/reconciliation/untouched", report.Categories: "/reconciliation",
	report.Issues: "/issues", report.Rectifications: "/rectifications", report.Cases: "/cases", report.Questions: "/questions", report.Tracks: "/tracks",
}

func hrefOf(n report.Number) string {
	if n.Hidden || n.List == "" {
		return ""
	}
	if n.List == report.Completion || n.List == report.Lists {
		q, err := url.ParseQuery(n.Query)
		if err != nil {
			return ""
		}
		path := "/completion/" + url.PathEscape(q.Get("campaign"))
		if n.List == report.Lists {
			path = "/campaigns/" + url.PathEscape(q.Get("campaign")) + "/lists"
		}
		q.Del("campaign")
		return path + "?" + q.Encode()
	}
	return listPaths[n.List] + "?" + n.Query
}

func reportStats(c *page.Call, r *report.Report) []ui.Stat {
	stat := func(section, code, column string) ui.Stat {
		s := r.Section(section)
		n := s.Value(code, column)
		label := c.T("report.value." + column)
		if section == "rectifications" {
			label = c.T("report.section.rectifications") + " · " + c.T("report.rectification."+code)
		}
		return ui.Stat{Label: label, Value: shown(c, n), Href: hrefOf(n)}
	}
	rate := r.Section("completion").Value(report.TotalCode, "filed_rate")
	nilRate := r.Section("completion").Value(report.TotalCode, "nil_rate")
	return []ui.Stat{
		{Label: c.T("report.value.filed_rate"), Value: rateShown(c, rate), Note: c.T("report.value.nil_rate") + " " +
			rateShown(c, nilRate)},
		stat("issues", "all", "declared"),
		stat("issues", "all", "found"),
		stat("reconciliation", report.TotalCode, "audit_only"),
		stat("rectifications", "overdue", "all"),
	}
}

func shown(c *page.Call, n report.Number) string {
	if n.Hidden {
		return c.T("report.hidden")
	}
	return ui.Number(n.N)
}

func rateShown(c *page.Call, n report.Number) string {
	if n.Hidden {
		return c.T("report.hidden")
	}
	return reports.RateText(n.N)
}

// charted are the sections drawn as bars, by their stacked columns.
var charted = map[string]bool{"units": true, "categories": true, "sources": true, "severities": true, "months": true}

func sectionView(c *page.Call, r *report.Report, s *report.Section) reportSectionView {
	v := reportSectionView{Key: s.Key, Title: c.T("report.section." + s.Key), Wide: len(s.Columns) > 4 || s.Key == "units", Empty: true}
	if s.Key == "completion" && r.Title != "" {
		v.Title += c.T("report.of", "Title", r.Title)
	}
	if s.Key == "reconciliation" && s.Column("neither") >= 0 {
		v.Note = c.T("report.neither.note")
	}
	drawn := charted[s.Key] && len(s.Lines) > 1
	v.Table = ui.Table{Caption: "", Cols: []ui.Col{{Text: c.T("report.export.line")}}, Figures: true}
	if drawn {
		v.Table.Cols = append(v.Table.Cols, ui.Col{})
	}
	for _, col := range s.Columns {
		v.Table.Cols = append(v.Table.Cols, ui.Col{Text: c.T("report.value." + col), Num: true})
		if drawn {
			v.Series = append(v.Series, c.T("report.value."+col))
		}
	}
	lines := s.Lines
	if s.Total != nil {
		lines = append(lines[:len(lines):len(lines)], *s.Total)
	}
	rates := map[string]bool{}
	for _, col := range s.Rates {
		rates[col] = true
	}
	widest := widestOf(s.Lines)
	for i := range lines {
		l := &lines[i]
		head := ui.Cell{Text: reports.LineName(c.Lang, s, l)}
		if l.Name != "" && l.Code != r.Unit && (s.Key == "units" || s.Key == "completion") {
			q := url.Values{"unit": {l.Code}, "from": {r.From}, "to": {r.To}}
			if r.Campaign != "" { // which covers what lies below too
				q.Set("campaign", r.Campaign)
			}
			head.Href = "/report?" + q.Encode()
		}
		row := []ui.Cell{head}
		if drawn {
			row = append(row, meter(l, widest, i < len(s.Lines)))
		}
		for n, val := range l.Values {
			text := shown(c, val)
			if rates[s.Columns[n]] {
				text = rateShown(c, val)
			} else if val.N != 0 || val.Hidden {
				v.Empty = false
			}
			row = append(row, ui.Cell{Text: text, Num: true, Href: hrefOf(val)})
		}
		v.Table.Rows = append(v.Table.Rows, row)
	}
	return v
}

// widestOf is the largest sum of a line, to which bars are drawn.
func widestOf(lines []report.Line) int64 {
	var top int64 = 1
	for i := range lines {
		var sum int64
		for _, val := range lines[i].Values {
			sum += val.N
		}
		top = max(top, sum)
	}
	return top
}

// meter draws a line as a bar; totals and hidden figures have none.
func meter(l *report.Line, widest int64, draw bool) ui.Cell {
	m := &ui.Meter{Max: widest}
	for _, val := range l.Values {
		if val.Hidden || !draw {
			return ui.Cell{}
		}
		m.Parts = append(m.Parts, val.N)
	}
	return ui.Cell{Bar: m}
}

func (f *face) reportExport(c *page.Call) error {
	e, _, err := f.app.ExportReport(c.Context(), c.Actor, reports.ReportExportInput{ReportInput: reportInput(c.Form),
		Format: c.Form("format"), Key: c.Key()})
	if err != nil {
		return err
	}
	return c.SendExport(e)
}

func (f *face) issueExport(c *page.Call) error {
	q, err := url.ParseQuery(c.Form("filter"))
	if err != nil {
		return fault.Shape("shape", "filter")
	}
	filter, err := issue.ParseFilter(q)
	if err != nil {
		return err
	}
	e, _, err := f.app.ExportIssues(c.Context(), c.Actor, reports.IssueExportInput{Filter: filter, Format: c.Form("format"), Key: c.Key()})
	if err != nil {
		return err
	}
	return c.SendExport(e)
}
