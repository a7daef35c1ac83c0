package casework

import (
	"net/http"
	"strconv"

	"plumbline/internal/app/casework"
	"plumbline/internal/web/page"
	"plumbline/internal/web/ui"
)

func (f *face) bulkPreview(c *page.Call) error { return f.showBulk(c, false, nil) }

// showBulk previews a bulk correction; with confirm it asks for confirmation.
func (f *face) showBulk(c *page.Call, confirm bool, failed error) error {
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
	b, err := f.app.PreviewBulkCorrection(c.Context(), c.Reader(), casework.BulkInput{Unit: unit, MaxSeverity: most})
	if err != nil {
		return err
	}
	p := c.Page("issue.bulk.title")
	p.Lead = c.T("issue.bulk.lead")
	p.Crumbs = []ui.Link{{Text: c.T("nav.issues"), Href: "/issues"}}
	v := bulkView{Confirm: confirm, Unit: b.Unit, UnitName: b.UnitName, MaxSeverity: strconv.Itoa(b.MaxSeverity),
		Count: min(b.Count, b.Limit), Table: issueTable(c, b.Sample),
		Inputs: []ui.Input{{Name: "max_severity", Label: c.T("issue.bulk.max"), Kind: "select", Value: strconv.Itoa(b.MaxSeverity),
			Options: ui.Codes(c.Lang, "severity", "", "0", "1")},
			{Name: "unit", Kind: "hidden", Value: b.Unit}}}
	for s := 0; s <= b.MaxSeverity; s++ {
		v.Stats = append(v.Stats, ui.Stat{Label: c.T("severity." + strconv.Itoa(s)), Value: ui.Number(b.BySeverity[s])})
	}
	status := http.StatusOK
	if failed != nil {
		status = page.StatusOf(failed)
	}
	return c.ShowStatus(status, bulkPage(p, errs, v))
}

// bulkCorrect asks for confirmation before it corrects: the first button only leads
// to the page that says what will be recorded.
func (f *face) bulkCorrect(c *page.Call) error {
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
func (f *face) showBulkResult(c *page.Call, out casework.BulkResult) error {
	p := c.Page("issue.bulk.result")
	p.Crumbs = []ui.Link{{Text: c.T("nav.issues"), Href: "/issues"}, {Text: c.T("issue.bulk.title"), Href: "/bulk-corrections"}}
	v := bulkResultView{Stats: []ui.Stat{{Label: c.T("issue.bulk.corrected"), Value: ui.Number(out.Corrected)},
		{Label: c.T("issue.bulk.refused"), Value: ui.Number(out.Refused)}},
		Table: ui.Table{Cols: []ui.Col{{Text: c.T("issue.field.ref")}, {Text: c.T("issue.bulk.outcome")}, {Text: c.T("field.severity")},
			{Text: c.T("field.category")},
			{Text: c.T("issue.field.subject")}, {Text: c.T("field.event_on")}}}}
	for _, r := range out.Rows {
		severity, outcome := ui.Severity(c.Lang, r.Severity), ui.Cell{Tag: &ui.Tag{Text: c.T("issue.bulk.row.corrected"), Tone: "ok"}}
		if !r.Corrected {
			outcome = ui.Cell{Tag: &ui.Tag{Text: c.T("issue.bulk.row.refused"), Tone: "bad"}, Sub: ui.Message(c.Lang, r.Why)}
		}
		v.Table.Rows = append(v.Table.Rows, []ui.Cell{{Text: r.Ref, Href: "/issues/" + r.ID}, outcome, {Tag: &severity},
			{Text: c.T("category." + r.Category)}, {Text: subject(c, r.PersonID, r.PersonName),
				Sub: r.UnitName}, {Text: string(r.EventOn)}})
	}
	return c.Show(bulkResultPage(p, v))
}

type bulkView struct {
	Confirm                     bool // asks whether it really shall
	Unit, UnitName, MaxSeverity string
	Count                       int64
	Stats                       []ui.Stat
	Inputs                      []ui.Input
	Table                       ui.Table
}

type bulkResultView struct {
	Stats []ui.Stat
	Table ui.Table
}
