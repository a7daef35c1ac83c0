package selfcheck

import (
	"net/url"

	appselfcheck "plumbline/internal/app/selfcheck"
	"plumbline/internal/selfcheck"
	"plumbline/internal/web/page"
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

// owedList shows the lists behind a number of the completion.
func (f *face) owedList(c *page.Call) error {
	in := appselfcheck.OwedInput{Cursor: c.Query("cursor"), OwedFilter: selfcheck.OwedFilter{
		CampaignID: c.Param("id"), UnitID: c.Query("unit"), Only: c.Query("only") == "1", Of: selfcheck.Owing(c.Query("of"))}}
	l, err := f.app.Owed(c.Context(), c.Reader(), in)
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
	t := ui.Table{Empty: c.T("completion.lists.none"), Cols: []ui.Col{{Text: c.T("selfcheck.respondent")}, {Text: c.T("field.unit")},
		{Text: c.T("selfcheck.list")}, {Text: c.T("field.state")}, {Text: c.T("selfcheck.filed_at")}}}
	for i := range l.Rows {
		r := &l.Rows[i]
		state := ui.State(c.Lang, "submission", string(r.State))
		name := r.Name
		if name == "" {
			name = c.T("name.hidden")
		}
		t.Rows = append(t.Rows, []ui.Cell{{Text: name, Sub: r.Number}, {Text: r.Unit}, {Text: c.T("selfcheck.list." + string(r.Audience))},
			{Tag: &state}, {Text: c.Clock(r.FiledAt)}})
	}
	return c.Show(page.TablePage(p, "", t, c.Pager(len(l.Rows), l.Total, l.Next)))
}
