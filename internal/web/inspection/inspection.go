package inspection

import (
	"net/http"
	"strings"

	"plumbline/internal/app/inspection"
	"plumbline/internal/issue"
	"plumbline/internal/roster"
	"plumbline/internal/web/page"
	"plumbline/internal/web/ui"
)

func (f *face) inspections(c *page.Call) error { return f.showInspections(c, nil) }

func (f *face) showInspections(c *page.Call, err error) error {
	errs := c.Errors(err)
	if err != nil && errs == nil {
		return err
	}
	list, listErr := f.app.Inspections(c.Context(), c.Reader(), c.Query("unit"), c.Query("cursor"))
	if listErr != nil {
		return listErr
	}
	t := ui.Table{Empty: c.T("inspection.none"), Cols: []ui.Col{{Text: c.T("inspection.result")}, {Text: c.T("field.unit")},
		{Text: c.T("field.person")}, {Text: c.T("field.category")}, {Text: c.T("inspection.text")}, {Text: c.T("inspection.on")}}}
	for _, r := range list.Rows {
		tag := ui.Tag{Tone: "warn", Text: c.T("inspection.result." + string(r.Result))}
		if r.Result == issue.Agrees {
			tag.Tone = "ok"
		}
		head := ui.Cell{Tag: &tag}
		if r.IssueID != "" {
			head = ui.Cell{Text: tag.Text, Href: "/issues/" + r.IssueID}
		}
		category := ""
		if r.Category != "" {
			category = c.T("category." + r.Category)
		}
		t.Rows = append(t.Rows, []ui.Cell{head, {Text: r.Unit.Name}, {Text: page.Person(r.Person)}, {Text: category}, {Text: r.Text},
			{Text: string(r.InspectedOn), Sub: r.Inspector.Name}})
	}
	units, listErr := f.app.UnitChoices(c.Context(), c.Reader(), "inspection.record")
	if listErr != nil {
		return listErr
	}
	options := []ui.Option{{Text: c.T("page.choose")}}
	for _, u := range units {
		options = append(options, ui.Option{Value: u.ID, Text: strings.Repeat("— ", max(0, u.Tier-1)) + u.Name})
	}
	results := make([]string, len(issue.InspectionResults))
	for i, r := range issue.InspectionResults {
		results[i] = string(r)
	}
	v := page.DefsActsView{Table: t, Acts: []page.ActForm{c.Fill(page.ActForm{ID: "inspect", Title: c.T("inspection.record"),
		Help: c.T("inspection.help"), Action: "/inspections", Button: "inspection.record",
		Inputs: []ui.Input{
			{Name: "unit_id", Label: c.T("field.unit"), Kind: "select", Options: options, Required: true},
			{Name: "result", Label: c.T("inspection.result"), Kind: "select",
				Options: ui.Codes(c.Lang, "inspection.result", "page.choose", results...), Required: true},
			{Name: "about", Label: c.T("inspection.about"), Help: c.T("inspection.about.help"), Optional: true, Max: 40},
			{Name: "person", Label: c.T("roster.column.personnel_no"), Help: c.T("inspection.person.help"), Optional: true, Max: 40},
			{Name: "category", Label: c.T("field.category"), Kind: "select", Options: page.ChooseCategory(c), Optional: true},
			{Name: "severity", Label: c.T("field.severity"), Kind: "select",
				Options: ui.Codes(c.Lang, "severity", "", "0", "1", "2", "3", "4", "5"), Optional: true},
			{Name: "event_on", Label: c.T("field.event_on"), Kind: "date", Optional: true},
			{Name: "text", Label: c.T("inspection.text"), Kind: "textarea", Required: true, Max: 4000},
		}}, errs)}}
	p := c.Page("inspection.title")
	p.Lead, p.Path = c.T("inspection.lead"), "/inspections"
	status := http.StatusOK
	if err != nil {
		status = page.StatusOf(err)
	}
	return c.ShowStatus(status, inspectionsPage(p, errs, v, c.Pager(len(list.Rows), -1, list.Next)))
}

func (f *face) recordInspection(c *page.Call) error {
	in := inspection.InspectInput{Key: c.Key(), UnitID: c.Form("unit_id"), Person: c.Form("person"),
		Result: issue.InspectionResult(c.Form("result")), About: c.Form("about"),
		Category: c.Form("category"), Severity: c.Choice("severity"), EventOn: roster.Date(c.Form("event_on")), Text: c.Form("text")}
	_, r, err := f.app.RecordInspection(c.Context(), c.Actor, in)
	if err != nil {
		return f.showInspections(c, err)
	}
	c.Offer(r)
	return c.Go("/inspections", "inspection.recorded")
}
