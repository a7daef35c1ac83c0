package reports

import (
	"net/http"
	"net/url"

	"plumbline/internal/app/reports"
	"plumbline/internal/issue"
	"plumbline/internal/web/page"
	"plumbline/internal/web/ui"
)

func (f *face) reconPage(c *page.Call) error {
	in := reports.ReconInput{Unit: c.Query("unit"), From: c.Query("from"), To: c.Query("to")}
	r, err := f.app.Reconciliation(c.Context(), c.Reader(), in)
	errs := c.Errors(err)
	if errs != nil {
		in.From, in.To = "", ""
		r, err = f.app.Reconciliation(c.Context(), c.Reader(), in)
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

func (f *face) reconTable(c *page.Call, lines []reports.ReconLine, prefix, unitHref string) ui.Table {
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

func (f *face) reconPeople(c *page.Call) error {
	in := reports.ReconPeopleInput{ReconInput: reports.ReconInput{Unit: c.Query("unit"), From: c.Query("from"), To: c.Query("to")},
		Category: c.Query("category"), Cursor: c.Query("cursor")}
	r, err := f.app.ReconciliationByPerson(c.Context(), c.Reader(), in)
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

// untouchedList shows who has no issue in a category.
func (f *face) untouchedList(c *page.Call) error {
	in := reports.PeopleWithoutIssuesInput{ReconInput: reports.ReconInput{Unit: c.Query("unit"), From: c.Query("from"), To: c.Query("to")},
		Category: c.Query("category"), Cursor: c.Query("cursor")}
	l, err := f.app.PeopleWithoutIssues(c.Context(), c.Reader(), in)
	if err != nil {
		return err
	}
	p := c.Page("recon.untouched")
	p.Title = c.T("category."+in.Category) + " · " + p.Title
	p.Lead = l.UnitName
	p.Crumbs = []ui.Link{{Text: c.T("recon.title"), Href: "/reconciliation?unit=" + url.QueryEscape(l.Unit)}}
	t := ui.Table{Empty: c.T("recon.untouched.none"), Cols: []ui.Col{{Text: c.T("field.name")}, {Text: c.T("field.unit")}}}
	for _, r := range l.Rows {
		name := ui.Cell{Text: r.Name, Sub: r.Number}
		if r.Name == "" {
			name.Text = c.T("name.hidden")
		} else if c.May("file.read") {
			name.Href = "/people/" + r.PersonID + "/file"
		}
		t.Rows = append(t.Rows, []ui.Cell{name, {Text: r.UnitName}})
	}
	return c.Show(page.TablePage(p, c.T("recon.untouched.note"), t, c.Pager(len(l.Rows), l.Total, l.Next)))
}

type reconView struct {
	LeavesOut       string // as of a report
	Filters         []ui.Input
	Stats           []ui.Stat
	Category, Units ui.Table
}
