package recusal

import (
	"net/url"
	"strconv"
	"strings"

	apprecusal "plumbline/internal/app/recusal"
	"plumbline/internal/recusal"
	"plumbline/internal/roster"
	"plumbline/internal/web/page"
	"plumbline/internal/web/ui"
)

func (f *face) relationInputs(c *page.Call) []ui.Input {
	return []ui.Input{
		{Name: "personnel_no", Label: c.T("roster.column.personnel_no"), Required: true, Max: 40, Complete: "off"},
		{Name: "name", Label: c.T("field.name"), Required: true, Max: 60, Complete: "off", Help: c.T("relation.name.help")},
		{Name: "kind", Label: c.T("relation.kind"), Kind: "select", Required: true,
			Options: ui.Codes(c.Lang, "relation.kind", "page.choose", apprecusal.RelationKinds...)},
		{Name: "from", Label: c.T("roster.column.from"), Kind: "date", Optional: true, Help: c.T("relation.from.help")},
		{Name: "grounds", Label: c.T("relation.grounds"), Kind: "textarea", Rows: 2, Optional: true, Max: 4000,
			Help: c.T("relation.grounds.help")},
	}
}

func (f *face) relationTable(c *page.Call, rows []apprecusal.RelationView, may bool) ui.Table {
	t := ui.Table{Empty: c.T("relation.none"), Cols: []ui.Col{{Text: c.T("field.name")}, {Text: c.T("relation.kind")},
		{Text: c.T("field.period")}, {Text: c.T("relation.bars")}, {Text: c.T("field.state")}}}
	for _, r := range rows {
		tag := ui.Tag{Tone: "ok", Text: c.T("relation.live")}
		if r.VoidedOn != "" {
			tag = ui.Tag{Text: c.T("void.tag", "On", string(r.VoidedOn))}
		} else if !r.Live {
			tag = ui.Tag{Text: c.T("relation.ended")}
		}
		cells := []ui.Cell{{Text: r.Name, Sub: r.Number}, {Text: c.T("relation.kind." + r.Kind)}, {Text: page.Between(r.FromOn, r.ToOn)},
			relationBars(c, r), {Tag: &tag}}
		if may && r.Live && r.ToOn == "" {
			cells[4] = ui.Cell{Tag: &tag, Actions: []ui.Action{{Text: c.T("relation.end"), Href: "/relations/" + r.ID + "/end", Post: true,
				Fields: []ui.Pair{{Name: "version", Value: strconv.FormatInt(r.Version, 10)}, {Name: "person", Value: c.Param("id")}}}}}
		}
		t.Rows = append(t.Rows, cells)
	}
	return t
}

func (f *face) myRelations(c *page.Call) error { return f.showMyRelations(c, nil) }

func (f *face) showMyRelations(c *page.Call, err error) error {
	errs := c.InPlace(err)
	if err != nil && errs == nil {
		return err
	}
	rows, listErr := f.app.OwnRelations(c.Context(), c.Reader())
	if listErr != nil {
		return listErr
	}
	p := c.Page("relation.title")
	p.Lead, p.Path = c.T("relation.lead"), "/my-relations"
	v := page.DefsActsView{Table: f.relationTable(c, rows, false)}
	v.Acts = []page.ActForm{c.Fill(page.ActForm{ID: "declare", Title: c.T("relation.declare"), Help: c.T("relation.declare.help"),
		Action: "/my-relations", Button: "relation.declare", Inputs: f.relationInputs(c), Open: len(rows) == 0}, errs)}
	return c.ShowStatus(page.StatusOf(err), page.DefsActsPage(p, errs, v))
}

func relationInput(c *page.Call, person string) apprecusal.RelationInput {
	return apprecusal.RelationInput{PersonID: person, Key: c.Key(), Number: c.Form("personnel_no"), Name: c.Form("name"),
		Kind: c.Form("kind"), FromOn: roster.Date(c.Form("from")), Grounds: c.Form("grounds")}
}

func (f *face) declareRelation(c *page.Call) error {
	if _, _, err := f.app.Declare(c.Context(), c.Actor, relationInput(c, "")); err != nil {
		return f.showMyRelations(c, err)
	}
	return c.Go("/my-relations", "relation.declared")
}

func (f *face) relations(c *page.Call) error { return f.showRelations(c, nil) }

func (f *face) showRelations(c *page.Call, err error) error {
	errs := c.InPlace(err)
	if err != nil && errs == nil {
		return err
	}
	rows, person, listErr := f.app.Relations(c.Context(), c.Reader(), c.Param("id"))
	if listErr != nil {
		return listErr
	}
	p := c.Page("relation.list")
	p.Title += " · " + person.Name
	p.Lead, p.Path = c.T("relation.list.lead"), "/people/"+person.ID+"/relations"
	p.Crumbs = []ui.Link{{Text: c.T("nav.people"), Href: "/people"}, {Text: person.Name, Href: "/people/" + person.ID}}
	v := page.DefsActsView{Table: f.relationTable(c, rows, true)}
	v.Acts = []page.ActForm{c.Fill(page.ActForm{ID: "declare", Title: c.T("relation.create"), Action: p.Path, Button: "relation.create",
		Inputs: f.relationInputs(c), Open: len(rows) == 0}, errs)}
	var wrong []ui.Option
	for _, r := range rows {
		if r.VoidedOn == "" {
			wrong = append(wrong, ui.Option{Value: r.ID + " " + strconv.FormatInt(r.Version, 10),
				Text: r.Name + " · " + c.T("relation.kind."+r.Kind) + " · " + page.Between(r.FromOn, r.ToOn)})
		}
	}
	if a := c.VoidForm("/people/"+person.ID+"/relations/void", nil, wrong, errs); a != nil {
		v.Acts = append(v.Acts, *a)
	}
	return c.ShowStatus(page.StatusOf(err), page.DefsActsPage(p, errs, v))
}

func (f *face) createRelation(c *page.Call) error {
	if _, _, err := f.app.Declare(c.Context(), c.Actor, relationInput(c, c.Param("id"))); err != nil {
		return f.showRelations(c, err)
	}
	return c.Go(page.Local("/people/"+c.Param("id")+"/relations"), "relation.declared")
}

func (f *face) endRelation(c *page.Call) error {
	_, _, err := f.app.EndRelation(c.Context(), c.Actor, apprecusal.RelationEnd{ID: c.Param("id"), Key: c.Key(), Version: c.Version()})
	if err != nil {
		return err
	}
	return c.Go(page.Local("/people/"+c.Form("person")+"/relations"), "proposal.flash.filed")
}

// relationBars says how far a relation bars the two people: a declaration about
// oneself takes effect at once, one about the other as far as his challenge has
// gone.
func relationBars(c *page.Call, r apprecusal.RelationView) ui.Cell {
	if len(r.Challenges) == 0 {
		return ui.Cell{Text: c.T("relation.bars.both")}
	}
	cell := ui.Cell{}
	for _, ch := range r.Challenges {
		whose := "relation.bars.holder"
		if ch.OfficialID == r.PersonID {
			whose = "relation.bars.other"
		}
		text := c.T(whose, "State", c.T("state.challenge."+string(ch.State)))
		if cell.Text == "" {
			cell.Text = text
		} else {
			cell.Sub = text
		}
		if ch.Mine && ch.State == recusal.Filed && r.Live {
			cell.Actions = append(cell.Actions, ui.Action{Text: c.T("challenge.withdraw"),
				Href: "/challenges/" + url.PathEscape(ch.ID) + "/withdraw", Post: true, Fields: []ui.Pair{{Name: "version",
					Value: strconv.FormatInt(ch.Version, 10)}}})
		}
	}
	return cell
}

func (f *face) voidRelation(c *page.Call) error {
	id, version, _ := strings.Cut(c.Form("record"), " ")
	n, _ := strconv.ParseInt(version, 10, 64) // 0 is refused as no version
	if _, _, err := f.app.VoidRelation(c.Context(), c.Actor, apprecusal.VoidInput{ID: id, Version: n, Key: c.Key(),
		Reason: c.Form("reason")}); err != nil {
		return f.showRelations(c, err)
	}
	return c.Go(page.Local("/people/"+c.Param("id")+"/relations"), "proposal.flash.filed")
}
