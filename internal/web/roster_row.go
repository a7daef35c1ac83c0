package web

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"plumbline/internal/app/casework"
	"plumbline/internal/app/people"
	apprecusal "plumbline/internal/app/recusal"
	"plumbline/internal/fault"
	"plumbline/internal/inquiry"
	"plumbline/internal/roster"
	"plumbline/internal/web/ui"
)

// rosterChoices are the fields of a roster row that take one of a few codes.
var rosterChoices = map[string][][2]string{ // table.field → code, catalogue key
	"units.tier":          {{"1", "tier.1"}, {"2", "tier.2"}, {"3", "tier.3"}, {"0", "tier.0"}},
	"units.state":         {{"active", "state.unit.active"}, {"merged", "state.unit.merged"}, {"closed", "state.unit.closed"}},
	"people.kind":         {{"officer", "rosterpage.kind.officer"}, {"auxiliary", "rosterpage.kind.auxiliary"}},
	"people.sex":          {{"m", "roster.sex.m"}, {"f", "roster.sex.f"}},
	"people.state":        {{"serving", "state.person.serving"}, {"left", "state.person.left"}},
	"postings.team":       {{"no", "page.no"}, {"yes", "page.yes"}},
	"postings.main":       {{"yes", "page.yes"}, {"no", "page.no"}},
	"links.link":          {{"head", "link.head"}, {"in_charge", "link.in_charge"}, {"point_leader", "link.point_leader"}},
	"postings.from":       nil,
	"people.born_on":      nil,
	"postings.to":         nil,
	"links.from":          nil,
	"links.to":            nil,
	"units.from":          nil,
	"people.numbers_from": nil,
}

// rosterRowPage is the form of one row of a table, filled with what is known
// of the unit or person it was opened from.
func (f *Face) rosterRowPage(c *Call) error {
	t := people.RosterTable(c.Param("table"))
	if t.RowOp() == "" {
		return fault.NotFound()
	}
	if !f.May(c.Actor, t.RowOp()) {
		return fault.Forbidden("not_allowed")
	}
	cells := map[string]string{}
	if id := c.Query("unit"); id != "" {
		if err := f.fromUnit(c, t, id, cells); err != nil {
			return err
		}
	}
	if id := c.Query("person"); id != "" {
		who, err := f.app.Person(c.Context(), c.reader(), id)
		if err != nil {
			return err
		}
		cells["personnel_no"] = who.PersonnelNo
		if t == people.PeopleTable {
			cells["name"], cells["kind"], cells["sex"], cells["born_on"], cells["rank"], cells["state"] = who.Name, string(who.Kind), who.Sex, string(who.BornOn), who.Rank, who.State
		}
	}
	return f.showRosterRow(c, t, cells, filled(t, cells), "", nil, http.StatusOK)
}

// filled lists the fields that were prefilled for the reader. Only if he empties one
// of these does he say something by it.
func filled(t people.RosterTable, cells map[string]string) (out []string) {
	for _, field := range t.Columns() {
		if cells[field] != "" {
			out = append(out, field)
		}
	}
	return out
}

func (f *Face) fromUnit(c *Call, t people.RosterTable, id string, cells map[string]string) error {
	u, err := f.app.Unit(c.Context(), c.reader(), id)
	if err != nil {
		return err
	}
	if t != people.UnitTable {
		cells["unit_code"] = u.Code
		return nil
	}
	cells["code"], cells["name"], cells["name_en"], cells["tier"], cells["state"] = u.Code, u.Name, u.NameEN, strconv.Itoa(u.Tier), string(u.State)
	for _, above := range []struct{ field, id string }{{"parent_code", u.ParentID}, {"successor_code", u.SuccessorID}} {
		if above.id == "" {
			continue
		}
		up, err := f.app.Unit(c.Context(), c.reader(), above.id)
		if fault.Is(err, fault.NotFoundKind) {
			continue // out of the reader's reach: he types the code
		} else if err != nil {
			return err // a form that lacks the parent would be saved without one
		}
		cells[above.field] = up.Code
	}
	return nil
}

func (f *Face) showRosterRow(c *Call, t people.RosterTable, cells map[string]string, filled []string, asOf string, errs ui.Errors, status int) error {
	must := t.Must()
	inputs := []ui.Input{{Name: "filled", Kind: "hidden", Value: strings.Join(filled, " ")}}
	for _, field := range t.Columns() {
		in := ui.Input{Name: field, Label: c.T(t.ColumnKey(field)), Value: cells[field], Required: slices.Contains(must, field), Error: errs.Of(field), Max: 100, Complete: "off"}
		in.Optional = !in.Required
		if codes, ok := rosterChoices[string(t)+"."+field]; ok && codes == nil {
			in.Kind = "date"
		} else if ok {
			in.Kind = "select"
			if !in.Required {
				in.Options = []ui.Option{{Text: c.T("page.choose")}}
			}
			for _, code := range codes {
				in.Options = append(in.Options, ui.Option{Value: code[0], Text: c.T(code[1])})
			}
		}
		inputs = append(inputs, in)
	}
	inputs = append(inputs, ui.Input{Name: "as_of", Label: c.T("rosterpage.as_of"), Kind: "date", Value: asOf, Help: c.T("rosterpage.row.as_of"), Optional: true, Error: errs.Of("as_of")})
	p := c.Page("rosterpage.row." + string(t))
	p.Lead, p.Narrow, p.Path = c.T("rosterpage.row.help."+string(t)), true, "/roster/row/"+string(t)
	p.Crumbs = []ui.Link{{Text: c.T("rosterpage.nav"), Href: "/roster?table=" + string(t)}}
	return c.ShowStatus(status, actPage(p, errs, actForm{ID: "row", Action: p.Path, Button: "button.save", Inputs: inputs}))
}

func (f *Face) rosterRowSave(t people.RosterTable) func(*Call) error {
	return func(c *Call) error {
		in := people.RosterRow{Table: t, Cells: map[string]string{}, AsOf: roster.Date(c.Form("as_of"))}
		shown := strings.Fields(c.Form("filled"))
		for _, field := range t.Columns() {
			if v := c.Form(field); v != "" || slices.Contains(shown, field) {
				in.Cells[field] = v
			}
		}
		res, err := f.app.SaveRosterRow(c.Context(), c.Actor, in)
		if errs := c.Errors(err); errs != nil {
			return f.showRosterRow(c, t, in.Cells, shown, string(in.AsOf), errs, StatusOf(err))
		}
		if err != nil {
			return err
		}
		if res.Proposal != "" {
			return c.Go("/proposals/"+res.Proposal, "proposal.flash.filed")
		}
		key := "rosterpage.row.saved"
		if res.Nothing() {
			key = "rosterpage.row.nothing"
		}
		return c.Go("/roster?table="+string(t), key)
	}
}

func (f *Face) relationInputs(c *Call) []ui.Input {
	return []ui.Input{
		{Name: "personnel_no", Label: c.T("roster.column.personnel_no"), Required: true, Max: 40, Complete: "off"},
		{Name: "name", Label: c.T("field.name"), Required: true, Max: 60, Complete: "off", Help: c.T("relation.name.help")},
		{Name: "kind", Label: c.T("relation.kind"), Kind: "select", Required: true, Options: ui.Codes(c.Lang, "relation.kind", "page.choose", apprecusal.RelationKinds...)},
		{Name: "from", Label: c.T("roster.column.from"), Kind: "date", Optional: true, Help: c.T("relation.from.help")},
		{Name: "grounds", Label: c.T("relation.grounds"), Kind: "textarea", Rows: 2, Optional: true, Max: 4000, Help: c.T("relation.grounds.help")},
	}
}

func (f *Face) relationTable(c *Call, rows []apprecusal.RelationView, may bool) ui.Table {
	t := ui.Table{Empty: c.T("relation.none"), Cols: []ui.Col{{Text: c.T("field.name")}, {Text: c.T("relation.kind")}, {Text: c.T("field.period")}, {Text: c.T("relation.bars")}, {Text: c.T("field.state")}}}
	for _, r := range rows {
		tag := ui.Tag{Tone: "ok", Text: c.T("relation.live")}
		if r.VoidedOn != "" {
			tag = ui.Tag{Text: c.T("void.tag", "On", string(r.VoidedOn))}
		} else if !r.Live {
			tag = ui.Tag{Text: c.T("relation.ended")}
		}
		cells := []ui.Cell{{Text: r.Name, Sub: r.Number}, {Text: c.T("relation.kind." + r.Kind)}, {Text: between(r.FromOn, r.ToOn)}, relationBars(c, r), {Tag: &tag}}
		if may && r.Live && r.ToOn == "" {
			cells[4] = ui.Cell{Tag: &tag, Actions: []ui.Action{{Text: c.T("relation.end"), Href: "/relations/" + r.ID + "/end", Post: true, Fields: []ui.Pair{{Name: "version", Value: strconv.FormatInt(r.Version, 10)}, {Name: "person", Value: c.Param("id")}}}}}
		}
		t.Rows = append(t.Rows, cells)
	}
	return t
}

func (f *Face) myRelations(c *Call) error { return f.showMyRelations(c, nil) }

func (f *Face) showMyRelations(c *Call, err error) error {
	errs := c.inPlace(err)
	if err != nil && errs == nil {
		return err
	}
	rows, listErr := f.app.OwnRelations(c.Context(), c.reader())
	if listErr != nil {
		return listErr
	}
	p := c.Page("relation.title")
	p.Lead, p.Path = c.T("relation.lead"), "/my-relations"
	v := defsActsView{Table: f.relationTable(c, rows, false)}
	v.Acts = []actForm{c.fill(actForm{ID: "declare", Title: c.T("relation.declare"), Help: c.T("relation.declare.help"), Action: "/my-relations", Button: "relation.declare", Inputs: f.relationInputs(c), Open: len(rows) == 0}, errs)}
	return c.ShowStatus(statusOf(err), defsActsPage(p, errs, v))
}

func relationInput(c *Call, person string) apprecusal.RelationInput {
	return apprecusal.RelationInput{PersonID: person, Key: c.Key(), Number: c.Form("personnel_no"), Name: c.Form("name"), Kind: c.Form("kind"), FromOn: roster.Date(c.Form("from")), Grounds: c.Form("grounds")}
}

func (f *Face) declareRelation(c *Call) error {
	if _, _, err := f.app.Declare(c.Context(), c.Actor, relationInput(c, "")); err != nil {
		return f.showMyRelations(c, err)
	}
	return c.Go("/my-relations", "relation.declared")
}

func (f *Face) relations(c *Call) error { return f.showRelations(c, nil) }

func (f *Face) showRelations(c *Call, err error) error {
	errs := c.inPlace(err)
	if err != nil && errs == nil {
		return err
	}
	rows, person, listErr := f.app.Relations(c.Context(), c.reader(), c.Param("id"))
	if listErr != nil {
		return listErr
	}
	p := c.Page("relation.list")
	p.Title += " · " + person.Name
	p.Lead, p.Path = c.T("relation.list.lead"), "/people/"+person.ID+"/relations"
	p.Crumbs = []ui.Link{{Text: c.T("nav.people"), Href: "/people"}, {Text: person.Name, Href: "/people/" + person.ID}}
	v := defsActsView{Table: f.relationTable(c, rows, true)}
	v.Acts = []actForm{c.fill(actForm{ID: "declare", Title: c.T("relation.create"), Action: p.Path, Button: "relation.create", Inputs: f.relationInputs(c), Open: len(rows) == 0}, errs)}
	var wrong []ui.Option
	for _, r := range rows {
		if r.VoidedOn == "" {
			wrong = append(wrong, ui.Option{Value: r.ID + " " + strconv.FormatInt(r.Version, 10), Text: r.Name + " · " + c.T("relation.kind."+r.Kind) + " · " + between(r.FromOn, r.ToOn)})
		}
	}
	if a := c.voidForm("/people/"+person.ID+"/relations/void", nil, wrong, errs); a != nil {
		v.Acts = append(v.Acts, *a)
	}
	return c.ShowStatus(statusOf(err), defsActsPage(p, errs, v))
}

func (f *Face) createRelation(c *Call) error {
	if _, _, err := f.app.Declare(c.Context(), c.Actor, relationInput(c, c.Param("id"))); err != nil {
		return f.showRelations(c, err)
	}
	return c.Go(Local("/people/"+c.Param("id")+"/relations"), "relation.declared")
}

func (f *Face) endRelation(c *Call) error {
	_, _, err := f.app.EndRelation(c.Context(), c.Actor, apprecusal.RelationEnd{ID: c.Param("id"), Key: c.Key(), Version: c.Version()})
	if err != nil {
		return err
	}
	return c.Go(Local("/people/"+c.Form("person")+"/relations"), "proposal.flash.filed")
}

// partyForm offers to record a party to an issue.
func (f *Face) partyForm(c *Call, d *casework.IssueDetail, v *issueView) {
	if !d.MayParty {
		return
	}
	var wrong []ui.Option
	v.Parties, wrong = c.partyDefs(d.Parties)
	v.VoidParty = c.voidForm("/issues/"+d.ID+"/party-voids", nil, wrong, nil)
	var interests []string
	for _, i := range inquiry.Interests {
		interests = append(interests, string(i))
	}
	a := c.fill(actForm{ID: "party", Title: c.T("case.party.add"), Help: c.T("issue.party.help"), Action: "/issues/" + d.ID + "/parties", Button: "case.party.add",
		Inputs: []ui.Input{
			{Name: "person", Label: c.T("roster.column.personnel_no"), Required: true, Max: 40},
			{Name: "interest", Label: c.T("case.party.interest"), Kind: "select", Required: true, Options: ui.Codes(c.Lang, "interest", "page.choose", interests...)},
		}}, nil)
	v.AddParty = &a
}

func (f *Face) issueParty(c *Call) error {
	_, _, err := f.app.AddIssueParty(c.Context(), c.Actor, casework.IssuePartyInput{IssueID: c.Param("id"), Key: c.Key(), Person: c.Form("person"), Interest: inquiry.Interest(c.Form("interest"))})
	if err != nil {
		return f.showIssue(c, err)
	}
	return c.Go(Local("/issues/"+c.Param("id")), "issue.party.flash")
}
