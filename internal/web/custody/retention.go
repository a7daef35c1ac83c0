package custody

import (
	"net/url"

	appcustody "plumbline/internal/app/custody"
	"plumbline/internal/custody"
	"plumbline/internal/web/page"
	"plumbline/internal/web/ui"
)

// retentionList shows which records are due by age. It proposes nothing by itself.
func (f *face) retentionList(c *page.Call) error {
	in := appcustody.DueInput{Kind: custody.RecordKind(c.Query("kind")), Ready: c.Query("ready") == "1", Cursor: c.Query("cursor")}
	list, err := f.app.Due(c.Context(), c.Actor, in)
	if err != nil {
		return err
	}
	p := c.Page("retention.title")
	p.Lead, p.Crumbs = c.T("retention.lead"), []ui.Link{{Text: c.T("expungement.title"), Href: "/expungements"}}
	ready := ""
	if in.Ready {
		ready = "1"
	}
	v := page.ListActsView{Path: "/retention", Filters: []ui.Input{
		{Name: "kind", Label: c.T("custody.record_kind"), Kind: "select", Value: string(in.Kind),
			Options: ui.Codes(c.Lang, "custody.kind", "", "issue", "audit_record")},
		{Name: "ready", Label: c.T("field.state"), Kind: "select", Value: ready,
			Options: []ui.Option{{Value: "", Text: c.T("retention.all")}, {Value: "1", Text: c.T("retention.ready")}}},
	}}
	v.Table = ui.Table{Cols: []ui.Col{{Text: c.T("custody.record")}, {Text: c.T("field.unit")}, {Text: c.T("retention.rule")},
		{Text: c.T("retention.settled")}, {Text: c.T("retention.due")}, {Text: c.T("field.state")}}}
	for _, d := range list.Rows {
		v.Table.Rows = append(v.Table.Rows, []ui.Cell{
			{Text: d.Ref, Sub: c.T("custody.kind." + string(d.Kind))}, {Text: d.Unit.Name},
			{Text: retentionClass(c, d.Outcome), Sub: c.T("retention.months", "N",
				d.Months)}, {Text: string(d.SettledOn)}, {Text: string(d.DueOn)}, f.dueState(c, d),
		})
	}
	filter := url.Values{}
	if in.Kind != "" {
		filter.Set("kind", string(in.Kind))
	}
	if in.Ready {
		filter.Set("ready", "1")
	}
	v.Pager = c.PagerOf(v.Path, filter, len(list.Rows), list.Total, list.Next)
	rules := ui.Table{Cols: []ui.Col{{Text: c.T("retention.rule")}, {Text: c.T("retention.period"), Num: true}}}
	for _, r := range list.Rules {
		rules.Rows = append(rules.Rows, []ui.Cell{{Text: retentionClass(c, r.Outcome)},
			{Text: c.T("retention.months", "N", r.Months), Num: true}})
	}
	return c.Show(retentionPage(p, v, rules))
}

// dueState says what prevents the expungement, or links to the proposal.
func (f *face) dueState(c *page.Call, d appcustody.DueRow) ui.Cell {
	switch {
	case d.Held:
		held := ui.State(c.Lang, "hold", string(custody.HoldLive))
		return ui.Cell{Tag: &held}
	case d.Pending:
		waits := ui.State(c.Lang, "expungement", string(custody.ExpungementProposed))
		return ui.Cell{Tag: &waits}
	case c.May("expungement.propose"):
		q := url.Values{"kind": {string(d.Kind)}, "record": {d.Ref}, "ground": {string(custody.GroundRetention)}}
		if d.Kind == custody.AuditRecord {
			q.Set("record", d.ID)
		}
		return ui.Cell{Actions: []ui.Action{{Text: c.T("expungement.propose"), Href: "/expungements/new?" + q.Encode()}}}
	}
	return ui.Cell{Text: c.T("retention.ready")}
}

// retentionClass names a class of the retention rules.
func retentionClass(c *page.Call, outcome string) string {
	switch outcome {
	case "":
		return c.T("retention.class.other")
	case "declared", "withdrawn", "unmatched":
		return c.T("retention.class." + outcome)
	}
	return c.T("finding." + outcome)
}
