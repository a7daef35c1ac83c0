package casework

import (
	"plumbline/internal/roster"
	"plumbline/internal/web/page"
	"plumbline/internal/web/ui"
	"plumbline/seeds"
)

// due is the cell of a date by which something has to be done.
func due(c *page.Call, on roster.Date, late bool) ui.Cell {
	cell := ui.Cell{Text: string(on)}
	if late {
		cell.Tag = &ui.Tag{Tone: "bad", Text: c.T("rectification.overdue")}
	}
	return cell
}

// categories are the categories, for a filter.
func categories(c *page.Call) []ui.Option {
	opts := []ui.Option{{Text: c.T("page.all")}}
	for _, x := range seeds.Categories() {
		opts = append(opts, ui.Option{Value: x.Code, Text: x.In(string(c.Lang))})
	}
	return opts
}

// period are the two months of a filter, and the unit set by the report's link.
func period(c *page.Call, from, to, unit string) []ui.Input {
	in := []ui.Input{
		{Name: "from", Label: c.T("page.from"), Kind: "month", Value: from},
		{Name: "to", Label: c.T("page.to"), Kind: "month", Value: to},
	}
	if unit != "" {
		in = append(in, ui.Input{Name: "unit", Kind: "hidden", Value: unit})
	}
	return in
}

func categoryName(c *page.Call, code string) string {
	for _, x := range seeds.Categories() {
		if x.Code == code {
			return x.In(string(c.Lang))
		}
	}
	return code
}
