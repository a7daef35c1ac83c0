package recusal

import (
	"plumbline/internal/web/page"
	"plumbline/internal/web/ui"
)

// alarmHref links to the object of an alarm.
var alarmHref = map[string]string{"issue": "/issues/", "case": "/cases/", "track": "/cases/", "question": "/questions/",
	"rectification": "/rectifications/", "challenge": "/challenges/"}

// alarmList shows what nobody at its usual unit may handle. A reader who may not
// open the matter learns only that there is one.
func (f *face) alarmList(c *page.Call) error {
	list, err := f.app.Alarms(c.Context(), c.Actor)
	if err != nil {
		return err
	}
	p := c.Page("alarm.title")
	p.Lead = c.T("alarm.lead")
	v := page.ListActsView{Path: "/alarms"}
	v.Table = ui.Table{Empty: c.T("alarm.none"), Cols: []ui.Col{{Text: c.T("alarm.what")}, {Text: c.T("alarm.duty")},
		{Text: c.T("field.unit")}, {Text: c.T("alarm.since")}, {Text: c.T("field.state")}}}
	for _, r := range list.Rows {
		what := ui.Cell{Text: c.T("alarm.what.matter")}
		if r.What != "" {
			what.Text = c.T("alarm.what." + r.What)
		}
		if r.Object != "" {
			what.Href = alarmHref[r.What] + r.Object
		}
		tag := ui.Tag{Tone: "warn", Text: c.T("alarm.next")}
		if r.Blank {
			tag = ui.Tag{Tone: "bad", Text: c.T("alarm.blank")}
		}
		if r.Quorum > 0 {
			tag.Text = c.T("alarm.body", "Members", r.Members, "Quorum", r.Quorum)
		}
		v.Table.Rows = append(v.Table.Rows, []ui.Cell{what, {Text: c.T("alarm.duty." + r.Duty)}, {Text: r.Unit.Name},
			{Text: string(r.RaisedOn)}, {Tag: &tag}})
	}
	v.Pager = ui.Pager{Shown: len(v.Table.Rows), Total: list.Total}
	return c.Show(page.ListActsPage(p, nil, v))
}
