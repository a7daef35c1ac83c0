package selfcheck

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	appselfcheck "plumbline/internal/app/selfcheck"
	"plumbline/internal/selfcheck"
	"plumbline/internal/web/page"
	"plumbline/internal/web/ui"
)

// reviewNamed lists the items naming a leader that were sent to the reader's tier.
func (f *face) reviewNamed(c *page.Call) error {
	in := appselfcheck.NamedQuery{State: selfcheck.NamedState(c.Query("state")), Cursor: c.Query("cursor")}
	if in.State == "" {
		in.State = selfcheck.NamedWaiting
	}
	list, err := f.app.NamedItems(c.Context(), c.Reader(), in)
	if err != nil {
		return err
	}
	v := reviewListView{Tabs: reviewTabs(c, "named"), Pager: c.Pager(len(list.Rows), list.Total, list.Next)}
	for _, s := range []selfcheck.NamedState{selfcheck.NamedWaiting, selfcheck.NamedReturned, selfcheck.NamedAccepted} {
		v.Under = append(v.Under, ui.Nav{Text: c.T("state.named." + string(s)), Href: "/review/named?state=" + string(s),
			Current: s == in.State})
	}
	v.Table = ui.Table{Empty: c.T("review.named.empty"), Cols: []ui.Col{{Text: c.T("selfcheck.item")}, {Text: c.T("review.named.leader")},
		{Text: c.T("selfcheck.respondent")},
		{Text: c.T("field.unit")}, {Text: c.T("selfcheck.filed_at")}, {Text: c.T("field.state")}}}
	for i := range list.Rows {
		n := &list.Rows[i]
		state := ui.State(c.Lang, "named", string(n.State))
		v.Table.Rows = append(v.Table.Rows, []ui.Cell{
			{Text: strconv.FormatInt(n.ItemNo, 10) + " " + n.Item.Text(string(c.Lang)),
				Href: "/review/named/" + url.PathEscape(selfcheck.NamedID(n.SubmissionID, n.ItemNo))},
			{Text: n.Leader}, {Text: n.Respondent}, {Text: n.Unit}, {Text: c.Clock(n.FiledAt)}, {Tag: &state},
		})
	}
	return c.Show(reviewListPage(c.Page("review.title"), v))
}

func (f *face) namedOpen(c *page.Call) error { return f.showNamed(c, nil) }

func (f *face) showNamed(c *page.Call, err error) error {
	errs := c.Errors(err)
	if err != nil && errs == nil {
		return err
	}
	n, openErr := f.app.NamedItem(c.Context(), c.Reader(), c.Param("id"))
	if openErr != nil {
		return openErr
	}
	base := "/review/named/" + url.PathEscape(c.Param("id"))
	state := ui.State(c.Lang, "named", string(n.State))
	v := page.DefsActsView{Defs: []ui.Def{
		{Term: c.T("review.named.leader"), Text: n.Leader},
		{Term: c.T("selfcheck.respondent"), Text: n.Respondent},
		{Term: c.T("field.unit"), Text: n.Unit},
		{Term: c.T("selfcheck.filed_at"), Text: c.Clock(n.FiledAt)},
		{Term: c.T("field.state"), Tag: &state},
		{Term: c.T("selfcheck.answers"), Text: saidText(c, n)},
	}}
	if n.Reason != "" {
		v.Defs = append(v.Defs, ui.Def{Term: c.T("review.reason"), Text: n.Reason})
	}
	if n.Reply != "" {
		v.Defs = append(v.Defs, ui.Def{Term: c.T("review.named.reply"), Text: n.Reply})
	}
	if n.MayDecide {
		own := [][2]string{{"version", strconv.FormatInt(n.Version, 10)}}
		v.Acts = []page.ActForm{
			c.Fill(page.ActForm{ID: "accept", Title: c.T("review.named.accept"), Help: c.T("review.named.accept.help"),
				Action: base + "/accept", Button: "review.named.accept", Hidden: own, Open: true}, errs),
			c.Fill(page.ActForm{ID: "return", Title: c.T("review.named.return"), Help: c.T("review.named.return.help"),
				Action: base + "/return", Button: "review.named.return", Hidden: own,
				Inputs: []ui.Input{{Name: "reason", Label: c.T("field.reason"), Kind: "textarea", Required: true, Max: 1000}}}, errs),
		}
	}
	p := c.Page("review.named.one")
	p.Title, p.Path = strconv.FormatInt(n.ItemNo, 10)+" "+n.Item.Text(string(c.Lang)), base
	p.Crumbs = []ui.Link{{Text: c.T("review.tab.named"), Href: "/review/named"}}
	status := http.StatusOK
	if err != nil {
		status = page.StatusOf(err)
	}
	return c.ShowStatus(status, page.DefsActsPage(p, errs, v))
}

// saidText is what the respondent said at the item.
func saidText(c *page.Call, n *appselfcheck.NamedItem) string {
	if n.Nil {
		return c.T("selfcheck.answer.nil")
	}
	said := make([]string, len(n.Issues))
	for i, d := range n.Issues {
		said[i] = string(d.EventOn) + " " + d.Text
	}
	return strings.Join(said, "\n")
}

func (f *face) namedAccept(c *page.Call) error {
	if _, err := f.app.AcceptNamed(c.Context(), c.Actor, appselfcheck.NamedDecision{ID: c.Param("id"), Version: c.Version(),
		Key: c.Key()}); err != nil {
		return f.showNamed(c, err)
	}
	return c.Go("/review/named", "review.named.accepted")
}

func (f *face) namedReturn(c *page.Call) error {
	if _, err := f.app.ReturnNamed(c.Context(), c.Actor, appselfcheck.NamedDecision{ID: c.Param("id"), Version: c.Version(),
		Reason: c.Form("reason"), Key: c.Key()}); err != nil {
		return f.showNamed(c, err)
	}
	return c.Go("/review/named", "review.named.returned")
}

// namedReply answers an item that the tier above returned.
func (f *face) namedReply(c *page.Call) error {
	in := appselfcheck.NamedReplyInput{ID: c.Param("id"), ItemNo: c.FormInt("item"), Text: strings.ReplaceAll(c.Form("text"), "\r\n", "\n"),
		Key: c.Key()}
	r, err := f.app.ReplyNamed(c.Context(), c.Actor, in)
	if errs := c.Errors(err); errs != nil {
		for _, text := range errs {
			c.Say("bad", text)
		}
		return c.Redirect("/")
	}
	if err != nil {
		return err
	}
	c.Offer(r)
	return c.Go("/", "review.named.replied")
}
