package readlog

import (
	"plumbline/internal/app/readlog"
	"plumbline/internal/web/page"
	"plumbline/internal/web/ui"
)

// budgetPage shows what the reader may still open and export today, and lets him ask
// for more.
func (f *face) budgetPage(c *page.Call) error { return f.showBudget(c, nil) }

func (f *face) showBudget(c *page.Call, errs ui.Errors) error {
	b, err := f.app.Budget(c.Context(), c.Actor)
	if err != nil {
		return err
	}
	p := c.Page("budget.title")
	p.Lead = c.T("budget.lead", "Renews", string(b.RenewsOn))
	v := page.ListActsView{Table: ui.Table{Figures: true, Cols: []ui.Col{{Text: c.T("budget.what")}, {Text: c.T("budget.used"), Num: true},
		{Text: c.T("budget.allowed"), Num: true}}}}
	for _, l := range []struct {
		key  string
		line readlog.BudgetLine
	}{{"openings", b.Openings}, {"exports", b.Exports}} {
		v.Table.Rows = append(v.Table.Rows, []ui.Cell{{Text: c.T("budget." + l.key)}, {Text: ui.Number(l.line.Used), Num: true},
			{Text: ui.Number(l.line.Allowed), Num: true}})
	}
	switch {
	case b.Pending:
		v.Note = c.T("budget.pending")
	case b.Extended > 0:
		v.Note = c.T("budget.extended")
	}
	if !b.Pending {
		v.Acts = []page.ActForm{{ID: "extend", Title: c.T("budget.ask"), Help: c.T("budget.ask.help"), Action: "/budget/extensions",
			Button: "budget.ask", Open: len(errs) > 0,
			Inputs: []ui.Input{{Name: "reason", Label: c.T("field.reason"), Kind: "textarea", Value: c.Form("reason"), Required: true,
				Max: 4000, Error: errs.Of("reason")}}}}
	}
	return c.Show(page.ListActsPage(p, errs, v))
}

func (f *face) extendBudget(c *page.Call) error {
	_, _, err := f.app.ExtendBudget(c.Context(), c.Actor, readlog.ExtendBudgetInput{Reason: c.Form("reason"), Key: c.Key()})
	if errs := c.Errors(err); errs != nil {
		return f.showBudget(c, errs)
	}
	if err != nil {
		return err
	}
	return c.Go("/budget", "budget.flash")
}
