package custody

import (
	"net/http"
	"net/url"
	"strconv"

	appcustody "plumbline/internal/app/custody"
	"plumbline/internal/custody"
	"plumbline/internal/fault"
	"plumbline/internal/web/page"
	"plumbline/internal/web/ui"
)

func (f *face) revealList(c *page.Call) error {
	unnoted := c.Query("unnoted") == "1"
	list, err := f.app.Reveals(c.Context(), c.Actor, unnoted, c.Query("cursor"))
	if err != nil {
		return err
	}
	p := c.Page("reveal.title")
	p.Lead = c.T("reveal.lead")
	v := page.ListActsView{Path: "/reveals", Filters: []ui.Input{{Name: "unnoted", Label: c.T("reveal.unnoted"), Kind: "checkbox",
		Checked: unnoted}}}
	v.Table = revealTable(c, f, "/reveals/", list.Rows)
	filter := url.Values{}
	if unnoted {
		filter.Set("unnoted", "1")
	}
	v.Pager = c.PagerOf(v.Path, filter, len(list.Rows), list.Total, list.Next)
	return c.Show(page.ListActsPage(p, nil, v))
}

func revealTable(c *page.Call, f *face, path string, rows []appcustody.RevealRow) ui.Table {
	t := ui.Table{Cols: []ui.Col{{Text: c.T("reveal.ref")}, {Text: c.T("custody.record")}, {Text: c.T("field.unit")},
		{Text: c.T("field.state")}, {Text: c.T("reveal.released")}, {Text: c.T("reveal.expires")}}}
	for _, r := range rows {
		state := ui.State(c.Lang, "reveal", string(r.State))
		t.Rows = append(t.Rows, []ui.Cell{{Text: r.Ref, Href: path + r.ID}, {Text: r.RecordRef}, {Text: r.Unit.Name}, {Tag: &state},
			{Text: c.T("custody.of", "N", r.Released, "All", r.Threshold)}, {Text: c.When(r.ExpiresAt)}})
	}
	return t
}

func (f *face) newReveal(c *page.Call) error { return f.showNewReveal(c, nil, http.StatusOK) }

func (f *face) showNewReveal(c *page.Call, errs ui.Errors, status int) error {
	if !c.May("reveal.ask") {
		return fault.Forbidden("not_allowed")
	}
	p := c.Page("reveal.ask")
	p.Narrow, p.Crumbs = true, []ui.Link{{Text: c.T("reveal.title"), Href: "/reveals"}}
	form := page.ActForm{ID: "ask", Action: "/reveals", Button: "reveal.ask", Help: c.T("reveal.ask.help"), Inputs: []ui.Input{
		{Name: "match", Label: c.T("reveal.match"), Required: true, Max: 40, Value: c.Query("match")},
		{Name: "reason", Label: c.T("field.reason"), Kind: "textarea", Required: true, Max: 4000}}}
	return c.ShowStatus(status, page.ActPage(p, errs, c.Fill(form, errs)))
}

func (f *face) askReveal(c *page.Call) error {
	id, _, err := f.app.AskReveal(c.Context(), c.Actor, appcustody.AskRevealInput{Match: c.Form("match"), Reason: c.Form("reason"),
		Key: c.Key()})
	if errs := c.InPlace(err); errs != nil {
		return f.showNewReveal(c, errs, page.StatusOf(err))
	}
	if err != nil {
		return err
	}
	return c.Go("/reveals/"+id, "reveal.flash.asked")
}

func (f *face) revealPage(c *page.Call) error { return f.showReveal(c, "", nil, http.StatusOK) }

// showReveal shows a reveal; text is the released text, once.
func (f *face) showReveal(c *page.Call, text string, errs ui.Errors, status int) error {
	r, err := f.app.Reveal(c.Context(), c.Actor, c.Param("id"))
	if err != nil {
		return err
	}
	p := c.Page("reveal.one", "Ref", r.Ref)
	p.Crumbs = []ui.Link{{Text: c.T("reveal.title"), Href: "/reveals"}}
	v := f.revealView(c, r.RevealRow, r.Reason)
	if c.May("match.read") {
		v.Defs = append(v.Defs, ui.Def{Term: c.T("reveal.match"), Text: c.T("button.open"), Href: "/matches/" + r.MatchID})
	}
	for i, at := range r.Releases {
		v.Events = append(v.Events, ui.Event{When: c.When(at), Title: c.T("reveal.released.event", "N", i+1)})
	}
	if r.ShownAt != nil {
		v.Events = append(v.Events, ui.Event{When: c.When(*r.ShownAt), Title: c.T("state.reveal.shown")})
	}
	if text != "" {
		v.Block, v.BlockTitle, v.BlockNote = text, c.T("reveal.text"), c.T("reveal.text.note")
	}
	hidden := [][2]string{{"version", strconv.FormatInt(r.Version, 10)}}
	if r.Can["reveal.show"] {
		v.Acts = append(v.Acts, c.Fill(page.ActForm{ID: "show", Title: c.T("reveal.show"), Help: c.T("reveal.show.help"),
			Action: "/reveals/" + r.ID + "/show", Button: "reveal.show", Hidden: hidden, Open: true}, errs))
	}
	if r.Can["reveal.note"] {
		v.Acts = append(v.Acts, c.Fill(page.ActForm{ID: "note", Title: c.T("reveal.note"), Help: c.T("reveal.note.help"),
			Action: "/reveals/" + r.ID + "/note", Button: "reveal.note", Hidden: hidden, Open: true}, errs))
	}
	return c.ShowStatus(status, page.ThingPage(p, errs, v))
}

func (f *face) revealView(c *page.Call, r appcustody.RevealRow, reason string) page.ThingView {
	return page.ThingView{Title: c.T("reveal.title"), Tags: []ui.Tag{ui.State(c.Lang, "reveal", string(r.State))}, Defs: []ui.Def{
		{Term: c.T("custody.record"), Text: r.RecordRef}, {Term: c.T("field.unit"), Text: r.Unit.Name}, {Term: c.T("field.reason"),
			Text: reason},
		{Term: c.T("reveal.released"), Text: c.T("custody.of", "N", r.Released, "All", r.Threshold)}, {Term: c.T("reveal.expires"),
			Text: c.When(r.ExpiresAt)},
	}, Events: []ui.Event{{When: c.When(r.AskedAt), Title: c.T("state.reveal.asked")}}}
}

// showRevealed answers the form with the text itself and not with a redirect: no
// address leads to it again.
func (f *face) showRevealed(c *page.Call) error {
	out, _, err := f.app.ShowReveal(c.Context(), c.Actor, appcustody.RevealInput{ID: c.Param("id"), Key: c.Key(), Version: c.Version()})
	if errs := c.InPlace(err); errs != nil {
		return f.showReveal(c, "", errs, page.StatusOf(err))
	}
	if err != nil {
		return err
	}
	return f.showReveal(c, out.Text, nil, http.StatusOK)
}

func (f *face) noteReveal(c *page.Call) error {
	_, err := f.app.NoteReveal(c.Context(), c.Actor, appcustody.RevealInput{ID: c.Param("id"), Key: c.Key(), Version: c.Version()})
	if errs := c.InPlace(err); errs != nil {
		return f.showReveal(c, "", errs, page.StatusOf(err))
	}
	if err != nil {
		return err
	}
	return c.Go(page.Local("/reveals/"+url.PathEscape(c.Param("id"))), "custody.flash")
}

func (f *face) shareList(c *page.Call) error {
	rows, err := f.app.Shares(c.Context(), c.Actor)
	if err != nil {
		return err
	}
	p := c.Page("share.title")
	p.Lead = c.T("share.lead")
	v := page.ListActsView{Path: "/shares", Table: revealTable(c, f, "/shares/", rows)}
	v.Table.Empty = c.T("share.none")
	return c.Show(page.ListActsPage(p, nil, v))
}

func (f *face) sharePage(c *page.Call) error { return f.showShare(c, nil, http.StatusOK) }

func (f *face) showShare(c *page.Call, errs ui.Errors, status int) error {
	s, err := f.app.Share(c.Context(), c.Actor, c.Param("id"))
	if err != nil {
		return err
	}
	p := c.Page("share.one", "Ref", s.Ref)
	p.Crumbs = []ui.Link{{Text: c.T("share.title"), Href: "/shares"}}
	v := f.revealView(c, s.RevealRow, s.Reason)
	if s.Request != "" {
		v.Block, v.BlockTitle, v.BlockNote = s.Request, c.T("share.request"), c.T("share.request.note")
		v.Acts = append(v.Acts,
			c.Fill(page.ActForm{ID: "release", Title: c.T("share.release"), Help: c.T("share.release.help"),
				Action: "/shares/" + s.ID + "/release", Button: "share.release", Open: true,
				Inputs: []ui.Input{{Name: "response", Label: c.T("share.response"), Kind: "textarea", Required: true, Max: 4000,
					Rows: 8}}}, errs),
			c.Fill(page.ActForm{ID: "refuse", Title: c.T("share.refuse"), Help: c.T("share.refuse.help"),
				Action: "/shares/" + s.ID + "/refuse", Button: "share.refuse"}, errs))
	} else if s.State == custody.RevealAsked || s.State == custody.RevealReleased {
		v.Note = c.T("share.done")
	}
	return c.ShowStatus(status, page.ThingPage(p, errs, v))
}

func (f *face) releaseShare(c *page.Call) error {
	_, err := f.app.ReleaseShare(c.Context(), c.Actor, appcustody.RevealInput{ID: c.Param("id"), Key: c.Key(),
		Response: c.Form("response")})
	return f.shareDone(c, err)
}

func (f *face) refuseShare(c *page.Call) error {
	_, err := f.app.RefuseShare(c.Context(), c.Actor, appcustody.RevealInput{ID: c.Param("id"), Key: c.Key()})
	return f.shareDone(c, err)
}

func (f *face) shareDone(c *page.Call, err error) error {
	if errs := c.InPlace(err); errs != nil {
		return f.showShare(c, errs, page.StatusOf(err))
	}
	if err != nil {
		return err
	}
	return c.Go("/shares", "custody.flash")
}
