package custody

import (
	"net/http"
	"net/url"
	"strconv"

	appcustody "plumbline/internal/app/custody"
	"plumbline/internal/custody"
	"plumbline/internal/web/page"
	"plumbline/internal/web/ui"
)

func (f *face) holdList(c *page.Call) error { return f.showHolds(c, nil, http.StatusOK) }

func (f *face) showHolds(c *page.Call, errs ui.Errors, status int) error {
	rows, err := f.app.Holds(c.Context(), c.Actor)
	if err != nil {
		return err
	}
	p := c.Page("hold.title")
	p.Lead, p.Crumbs = c.T("hold.lead"), []ui.Link{{Text: c.T("expungement.title"), Href: "/expungements"}}
	v := page.ListActsView{Path: "/holds"}
	v.Table.Cols = []ui.Col{{Text: c.T("custody.record")}, {Text: c.T("field.unit")}, {Text: c.T("field.state")},
		{Text: c.T("field.reason")}, {Text: c.T("field.time")}}
	reason := ui.Input{Name: "reason", Label: c.T("field.reason"), Kind: "textarea", Required: true, Max: 4000}
	if c.May("hold.place") {
		v.Acts = append(v.Acts, c.Fill(page.ActForm{ID: "place", Title: c.T("hold.place"), Action: "/holds", Button: "hold.place",
			Inputs: recordInputs(c, reason)}, errs))
	}
	for _, h := range rows {
		state := ui.State(c.Lang, "hold", string(h.State))
		v.Table.Rows = append(v.Table.Rows, []ui.Cell{{Text: h.RecordRef, Sub: c.T("custody.kind." + string(h.RecordKind))},
			{Text: h.Unit.Name}, {Tag: &state}, {Text: h.Reason}, {Text: c.When(h.PlacedAt)}})
		if h.MayLift {
			v.Acts = append(v.Acts, c.Fill(page.ActForm{ID: "lift-" + h.ID, Title: c.T("hold.lift") + " · " + h.RecordRef,
				Action: "/holds/" + h.ID + "/lift", Button: "hold.lift",
				Hidden: [][2]string{{"version", strconv.FormatInt(h.Version, 10)}}, Inputs: []ui.Input{reason}}, errs))
		}
	}
	return c.ShowStatus(status, page.ListActsPage(p, errs, v))
}

func (f *face) placeHold(c *page.Call) error {
	_, _, err := f.app.PlaceHold(c.Context(), c.Actor, appcustody.HoldInput{
		RecordInput: appcustody.RecordInput{Kind: custody.RecordKind(c.Form("record_kind")),
			Record: c.Form("record")}, Reason: c.Form("reason"), Key: c.Key()})
	return f.holdDone(c, err)
}

func (f *face) liftHold(c *page.Call) error {
	id, _, err := f.app.LiftHold(c.Context(), c.Actor, appcustody.LiftInput{ID: c.Param("id"), Key: c.Key(), Version: c.Version(),
		Reason: c.Form("reason")})
	if err == nil {
		return c.Go(page.Local("/proposals/"+url.PathEscape(id)), "proposal.flash.filed")
	}
	return f.holdDone(c, err)
}

func (f *face) holdDone(c *page.Call, err error) error {
	if errs := c.InPlace(err); errs != nil {
		return f.showHolds(c, errs, page.StatusOf(err))
	}
	if err != nil {
		return err
	}
	return c.Go("/holds", "custody.flash")
}
