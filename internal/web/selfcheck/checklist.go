package selfcheck

import (
	"net/http"
	"strconv"

	appselfcheck "plumbline/internal/app/selfcheck"
	"plumbline/internal/selfcheck"
	"plumbline/internal/web/page"
	"plumbline/internal/web/ui"
)

// checklists lists the editions.
func (f *face) checklists(c *page.Call) error {
	rows, err := f.app.Checklists(c.Context(), c.Actor)
	if err != nil {
		return err
	}
	t := ui.Table{Empty: c.T("checklist.none"), Cols: []ui.Col{{Text: c.T("checklist.name")}, {Text: c.T("selfcheck.list")},
		{Text: c.T("checklist.edition"), Num: true}, {Text: c.T("field.state")}}}
	for i := range rows {
		l := &rows[i]
		state := ui.State(c.Lang, "checklist", string(l.State))
		t.Rows = append(t.Rows, []ui.Cell{{Text: l.Title(string(c.Lang)), Href: "/checklists/" + l.ID},
			{Text: c.T("selfcheck.list." + string(l.Audience))}, {Text: ui.Number(l.Edition), Num: true}, {Tag: &state}})
	}
	p := c.Page("checklist.title")
	p.Lead = c.T("checklist.lead")
	return c.Show(page.TablePage(p, "", t, ui.Pager{Shown: len(rows), Total: int64(len(rows))}))
}

func (f *face) checklistPage(c *page.Call) error { return f.showChecklist(c, nil) }

func (f *face) showChecklist(c *page.Call, err error) error {
	errs := c.Errors(err)
	if err != nil && errs == nil {
		return err
	}
	list, items, openErr := f.app.ChecklistItems(c.Context(), c.Actor, c.Param("id"))
	if openErr != nil {
		return openErr
	}
	details, openErr := f.app.ChecklistDetails(c.Context(), c.Reader(), list.ID)
	if openErr != nil {
		return openErr
	}
	v := page.DefsActsView{Table: ui.Table{Cols: []ui.Col{{Text: c.T("selfcheck.item")}, {Text: c.T("field.category")},
		{Text: c.T("checklist.details")}}}}
	options := make([]ui.Option, 0, len(items))
	for i := range items {
		it := &items[i]
		no := strconv.FormatInt(it.No, 10)
		options = append(options, ui.Option{Value: no, Text: no + " " + it.Text(string(c.Lang))})
		var added string
		for _, d := range details {
			if d.ItemNo != it.No {
				continue
			}
			if added != "" {
				added += "\n"
			}
			added += d.Text + " (" + d.Unit + ")"
		}
		v.Table.Rows = append(v.Table.Rows, []ui.Cell{{Text: no + " " + it.Text(string(c.Lang)), Sub: it.Help(string(c.Lang))},
			{Text: c.T("category." + it.Category)}, {Text: added}})
	}
	if list.State == selfcheck.ChecklistPublished && c.May("checklist.refine") {
		var units []ui.Option
		choices, err := f.app.UnitChoices(c.Context(), c.Reader(), "checklist.refine")
		if err != nil {
			return err
		}
		for _, u := range choices {
			units = append(units, ui.Option{Value: u.ID, Text: u.Name})
		}
		v.Acts = []page.ActForm{c.Fill(page.ActForm{ID: "refine", Title: c.T("checklist.refine"), Help: c.T("checklist.refine.help"),
			Action: "/checklists/" + list.ID + "/details", Button: "checklist.refine",
			Inputs: []ui.Input{
				{Name: "unit_id", Label: c.T("field.unit"), Kind: "select", Options: units, Required: true},
				{Name: "item", Label: c.T("selfcheck.item"), Kind: "select", Options: options, Required: true},
				{Name: "text_zh", Label: c.T("checklist.detail.zh"), Required: true, Max: 300},
				{Name: "text_en", Label: c.T("checklist.detail.en"), Optional: true, Max: 300},
			}}, errs)}
	}
	p := c.Page("checklist.title")
	p.Title, p.Path = list.Title(string(c.Lang)), "/checklists/"+list.ID
	p.Crumbs = []ui.Link{{Text: c.T("checklist.title"), Href: "/checklists"}}
	status := http.StatusOK
	if err != nil {
		status = page.StatusOf(err)
	}
	return c.ShowStatus(status, page.DefsActsPage(p, errs, v))
}

func (f *face) checklistRefine(c *page.Call) error {
	in := appselfcheck.RefineInput{ChecklistID: c.Param("id"), Key: c.Key(), UnitID: c.Form("unit_id"), ItemNo: c.FormInt("item"),
		TextZH: c.Form("text_zh"), TextEN: c.Form("text_en")}
	if _, _, err := f.app.Refine(c.Context(), c.Actor, in); err != nil {
		return f.showChecklist(c, err)
	}
	return c.Go("/checklists/"+in.ChecklistID, "checklist.refined")
}
