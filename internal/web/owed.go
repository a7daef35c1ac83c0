package web

import (
	"net/url"

	"plumbline/internal/app/reports"
	appselfcheck "plumbline/internal/app/selfcheck"
	"plumbline/internal/selfcheck"
	"plumbline/internal/web/ui"
)

// owedHref links to the lists behind a completion figure.
func owedHref(campaign, unit string, of selfcheck.Owing, only bool) string {
	q := url.Values{"unit": {unit}, "of": {string(of)}}
	if only {
		q.Set("only", "1")
	}
	return "/campaigns/" + url.PathEscape(campaign) + "/lists?" + q.Encode()
}

// pager continues the open list under the same filter.
func (c *Call) pager(shown int, total int64, next string) ui.Pager {
	g := ui.Pager{Shown: shown, Total: total}
	q := c.R.URL.Query()
	if q.Get("cursor") != "" {
		q.Del("cursor")
		g.First = c.R.URL.Path + "?" + q.Encode()
	}
	if next != "" {
		q.Set("cursor", next)
		g.Next = c.R.URL.Path + "?" + q.Encode()
	}
	return g
}

// owedList shows the lists behind a number of the completion.
func (f *Face) owedList(c *Call) error {
	in := appselfcheck.OwedInput{Cursor: c.Query("cursor"), OwedFilter: selfcheck.OwedFilter{
		CampaignID: c.Param("id"), UnitID: c.Query("unit"), Only: c.Query("only") == "1", Of: selfcheck.Owing(c.Query("of"))}}
	l, err := f.app.Owed(c.Context(), c.reader(), in)
	if err != nil {
		return err
	}
	if !in.Of.Known() {
		in.Of = selfcheck.OwedAll
	}
	p := c.Page("completion.lists." + string(in.Of))
	p.Title += " · " + l.UnitName
	p.Lead = l.Campaign.Title
	p.Crumbs = []ui.Link{{Text: c.T("completion.title"), Href: "/completion/" + l.Campaign.ID}}
	t := ui.Table{Empty: c.T("completion.lists.none"), Cols: []ui.Col{{Text: c.T("selfcheck.respondent")}, {Text: c.T("field.unit")}, {Text: c.T("selfcheck.list")}, {Text: c.T("field.state")}, {Text: c.T("selfcheck.filed_at")}}}
	for i := range l.Rows {
		r := &l.Rows[i]
		state := ui.State(c.Lang, "submission", string(r.State))
		name := r.Name
		if name == "" {
			name = c.T("name.hidden")
		}
		t.Rows = append(t.Rows, []ui.Cell{{Text: name, Sub: r.Number}, {Text: r.Unit}, {Text: c.T("selfcheck.list." + string(r.Audience))}, {Tag: &state}, {Text: f.clock(r.FiledAt)}})
	}
	return c.Show(tablePage(p, "", t, c.pager(len(l.Rows), l.Total, l.Next)))
}

// untouchedList shows who has no issue in a category.
func (f *Face) untouchedList(c *Call) error {
	in := reports.PeopleWithoutIssuesInput{ReconInput: reports.ReconInput{Unit: c.Query("unit"), From: c.Query("from"), To: c.Query("to")}, Category: c.Query("category"), Cursor: c.Query("cursor")}
	l, err := f.app.PeopleWithoutIssues(c.Context(), c.reader(), in)
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
		} else if f.May(c.Actor, "file.read") {
			name.Href = "/people/" + r.PersonID + "/file"
		}
		t.Rows = append(t.Rows, []ui.Cell{name, {Text: r.UnitName}})
	}
	return c.Show(tablePage(p, c.T("recon.untouched.note"), t, c.pager(len(l.Rows), l.Total, l.Next)))
}
