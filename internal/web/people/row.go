package people

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"plumbline/internal/app/people"
	"plumbline/internal/fault"
	"plumbline/internal/roster"
	"plumbline/internal/web/page"
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
	"postings.to":         nil,
	"links.from":          nil,
	"links.to":            nil,
	"units.from":          nil,
	"people.numbers_from": nil,
	"people.numbers_to":   nil,
}

// rosterHelp are the fields that say beside the input what may stand in them.
var rosterHelp = map[string]string{
	"people.family_name": "rosterpage.row.parts", "people.police_no": "rosterpage.row.several", "people.badge_no": "rosterpage.row.several",
	"people.nickname": "rosterpage.row.names", "people.born_on": "rosterpage.row.part_date",
	"people.appointed_on": "rosterpage.row.part_date", "people.departed_on": "rosterpage.row.departed",
}

// rosterRowPage is the form of one row of a table, filled with what is known
// of the unit or person it was opened from.
func (f *face) rosterRowPage(c *page.Call) error {
	t := people.RosterTable(c.Param("table"))
	if t.RowOp() == "" {
		return fault.NotFound()
	}
	if !c.May(t.RowOp()) {
		return fault.Forbidden("not_allowed")
	}
	cells := map[string]string{}
	if id := c.Query("unit"); id != "" {
		if err := f.fromUnit(c, t, id, cells); err != nil {
			return err
		}
	}
	if id := c.Query("person"); id != "" {
		who, err := f.app.Person(c.Context(), c.Reader(), id)
		if err != nil {
			return err
		}
		cells["personnel_no"] = who.PersonnelNo
		if t == people.PeopleTable {
			cells["name"], cells["kind"], cells["sex"], cells["rank"], cells["state"] = who.Name, string(who.Kind), who.Sex, who.Rank, who.State
			cells["born_on"], cells["appointed_on"], cells["departed_on"] = string(who.BornOn), string(who.AppointedOn), string(who.DepartedOn)
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

func (f *face) fromUnit(c *page.Call, t people.RosterTable, id string, cells map[string]string) error {
	u, err := f.app.Unit(c.Context(), c.Reader(), id)
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
		up, err := f.app.Unit(c.Context(), c.Reader(), above.id)
		if fault.Is(err, fault.NotFoundKind) {
			continue // out of the reader's reach: he types the code
		} else if err != nil {
			return err // a form that lacks the parent would be saved without one
		}
		cells[above.field] = up.Code
	}
	return nil
}

func (f *face) showRosterRow(c *page.Call, t people.RosterTable, cells map[string]string, filled []string, asOf string, errs ui.Errors,
	status int) error {
	must := t.Must()
	inputs := []ui.Input{{Name: "filled", Kind: "hidden", Value: strings.Join(filled, " ")}}
	for _, field := range t.Columns() {
		in := ui.Input{Name: field, Label: c.T(t.ColumnKey(field)), Value: cells[field], Required: slices.Contains(must, field),
			Error: errs.Of(field), Max: 100, Complete: "off"}
		in.Optional = !in.Required
		if key := rosterHelp[string(t)+"."+field]; key != "" {
			in.Help = c.T(key)
		}
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
	inputs = append(inputs, ui.Input{Name: "as_of", Label: c.T("rosterpage.as_of"), Kind: "date", Value: asOf,
		Help: c.T("rosterpage.row.as_of"), Optional: true, Error: errs.Of("as_of")})
	p := c.Page("rosterpage.row." + string(t))
	p.Lead, p.Narrow, p.Path = c.T("rosterpage.row.help."+string(t)), true, "/roster/row/"+string(t)
	p.Crumbs = []ui.Link{{Text: c.T("rosterpage.nav"), Href: "/roster?table=" + string(t)}}
	return c.ShowStatus(status, page.ActPage(p, errs, page.ActForm{ID: "row", Action: p.Path, Button: "button.save", Inputs: inputs}))
}

func (f *face) rosterRowSave(t people.RosterTable) func(*page.Call) error {
	return func(c *page.Call) error {
		in := people.RosterRow{Table: t, Cells: map[string]string{}, AsOf: roster.Date(c.Form("as_of"))}
		shown := strings.Fields(c.Form("filled"))
		for _, field := range t.Columns() {
			if v := c.Form(field); v != "" || slices.Contains(shown, field) {
				in.Cells[field] = v
			}
		}
		res, err := f.app.SaveRosterRow(c.Context(), c.Actor, in)
		if errs := c.Errors(err); errs != nil {
			return f.showRosterRow(c, t, in.Cells, shown, string(in.AsOf), errs, page.StatusOf(err))
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
