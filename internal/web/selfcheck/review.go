package selfcheck

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	appselfcheck "plumbline/internal/app/selfcheck"
	"plumbline/internal/fault"
	"plumbline/internal/selfcheck"
	"plumbline/internal/web/page"
	"plumbline/internal/web/ui"
)

// reviewTabs switch between waiting lists, decided ones, and the items that name a
// leader.
func reviewTabs(c *page.Call, current string) []ui.Nav {
	var tabs []ui.Nav
	for _, s := range []string{"submitted", "returned", "accepted"} {
		tabs = append(tabs, ui.Nav{Text: c.T("review.tab." + s), Href: "/review?state=" + s, Current: s == current})
	}
	return append(tabs, ui.Nav{Text: c.T("review.tab.named"), Href: "/review/named", Current: current == "named"})
}

func (f *face) reviewList(c *page.Call) error {
	state := selfcheck.State(c.Query("state"))
	if state != selfcheck.Returned && state != selfcheck.Accepted {
		state = selfcheck.Submitted
	}
	q := appselfcheck.ReviewQuery{ReviewFilter: selfcheck.ReviewFilter{State: state, UnitID: c.Query("unit")},
		Cursor: c.Query("cursor"), Limit: 50}
	rows, total, next, err := f.app.Reviews(c.Context(), c.Reader(), q)
	if err != nil {
		return err
	}
	v := reviewListView{Tabs: reviewTabs(c, string(state)), Bulk: state == selfcheck.Submitted}
	v.Table = ui.Table{Empty: c.T("review.empty"), Cols: []ui.Col{{Text: c.T("selfcheck.respondent")}, {Text: c.T("field.unit")},
		{Text: c.T("selfcheck.list")},
		{Text: c.T("selfcheck.filed_at")}, {Text: c.T("selfcheck.items")}, {Text: c.T("field.actions")}}}
	if v.Bulk {
		v.Table.SelectAll = "list"
		v.Table.Cols = append([]ui.Col{{}}, v.Table.Cols...)
	}
	for i := range rows {
		r := &rows[i]
		row := []ui.Cell{
			{Text: r.Name, Sub: r.Number, Href: "/review/" + r.ID}, {Text: r.Unit}, {Text: c.T("selfcheck.list." +
				string(r.Audience))}, {Text: c.Clock(r.FiledAt)},
			{Text: c.T("selfcheck.items.value", "Nil", r.NilItems, "Declared", r.DeclaredItems, "Issues", r.DeclaredIssues)},
			{Actions: []ui.Action{{Text: c.T("review.one"), Href: "/review/" + r.ID}}},
		}
		if v.Bulk {
			row = append([]ui.Cell{{Check: &ui.Check{Name: "list", Value: r.ID + ":" + strconv.FormatInt(r.Version, 10),
				Label: r.Name}}}, row...)
		}
		v.Table.Rows = append(v.Table.Rows, row)
	}
	v.Pager = ui.Pager{Shown: len(rows), Total: total}
	if next != "" {
		v.Pager.Next = "/review?" + url.Values{"state": {string(state)}, "unit": {q.UnitID}, "cursor": {next}}.Encode()
	}
	if q.Cursor != "" {
		v.Pager.First = "/review?state=" + string(state)
	}
	return c.Show(reviewListPage(c.Page("review.title"), v))
}

func (f *face) reviewAcceptMany(c *page.Call) error {
	in := appselfcheck.AcceptManyInput{Key: c.Key()}
	for _, chosen := range c.Ticked("list") {
		id, version, _ := strings.Cut(chosen, ":")
		n, err := strconv.ParseInt(version, 10, 64)
		if err != nil {
			return fault.Shape("shape", "list")
		}
		in.Lists = append(in.Lists, appselfcheck.AcceptInput{ID: id, Version: n})
	}
	_, err := f.app.AcceptLists(c.Context(), c.Actor, in)
	if errs := c.Errors(err); errs != nil {
		for _, text := range errs {
			c.Say("bad", text)
		}
		return c.Redirect("/review")
	}
	if err != nil {
		return err
	}
	return c.Go("/review", "review.accepted.many", "Count", len(in.Lists))
}

func (f *face) reviewOpen(c *page.Call) error { return f.showReview(c, "", nil) }

func (f *face) showReview(c *page.Call, reason string, err error) error {
	errs := c.Errors(err)
	if err != nil && errs == nil {
		return err
	}
	r, openErr := f.app.Review(c.Context(), c.Reader(), c.Param("id"))
	if openErr != nil {
		return openErr
	}
	state := ui.State(c.Lang, "submission", string(r.State))
	v := reviewView{Base: "/review/" + r.ID, Version: r.Version, Reason: reason, CanDecide: r.State == selfcheck.Submitted}
	v.Defs = []ui.Def{
		{Term: c.T("selfcheck.respondent"), Text: strings.TrimSpace(r.Name + " " + r.Number)},
		{Term: c.T("field.unit"), Text: r.Unit},
		{Term: c.T("selfcheck.list"), Text: c.T("selfcheck.list." + string(r.Audience))},
		{Term: c.T("field.state"), Tag: &state},
		{Term: c.T("selfcheck.filed_at"), Text: c.Clock(r.FiledAt)},
		{Term: c.T("selfcheck.items"), Text: c.T("selfcheck.items.value", "Nil", r.NilItems, "Declared", r.DeclaredItems, "Issues",
			r.DeclaredIssues)},
	}
	if r.Reason != "" {
		v.Defs = append(v.Defs, ui.Def{Term: c.T("review.reason"), Text: r.Reason})
	}
	v.Answers = answerViews(c, r.Items, r.Answers, r.Issues)
	p := c.Page("review.one")
	p.Title, p.Path = r.Name, v.Base
	p.Crumbs = []ui.Link{{Text: c.T("review.title"), Href: "/review"}}
	status := http.StatusOK
	if err != nil {
		status = page.StatusOf(err)
	}
	return c.ShowStatus(status, reviewPage(p, v, errs))
}

func (f *face) reviewAccept(c *page.Call) error {
	_, err := f.app.AcceptList(c.Context(), c.Actor, appselfcheck.AcceptInput{ID: c.Param("id"), Version: c.Version(), Key: c.Key()})
	if err != nil {
		return f.showReview(c, "", err)
	}
	return c.Go("/review", "review.accepted")
}

func (f *face) reviewReturn(c *page.Call) error {
	in := appselfcheck.ReturnInput{ID: c.Param("id"), Version: c.Version(), Reason: c.Form("reason"), Key: c.Key()}
	if _, err := f.app.ReturnList(c.Context(), c.Actor, in); err != nil {
		return f.showReview(c, in.Reason, err)
	}
	return c.Go("/review", "review.returned")
}
