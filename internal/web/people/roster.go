package people

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"plumbline/internal/app/people"
	"plumbline/internal/fault"
	"plumbline/internal/roster"
	"plumbline/internal/web/page"
	"plumbline/internal/web/ui"
	"plumbline/internal/words"
)

func unitName(c *page.Call, u *people.UnitView) string {
	if c.Lang == words.EN && u.NameEN != "" {
		return u.NameEN
	}
	return u.Name
}

func (f *face) unitRows(c *page.Call, units []people.UnitView, deep bool) ui.Table {
	t := ui.Table{Cols: []ui.Col{{Text: c.T("field.unit")}, {Text: c.T("roster.column.code")}, {Text: c.T("field.tier")},
		{Text: c.T("field.state")}, {Text: c.T("rosterpage.strength"), Num: true}}}
	for i := range units {
		u := &units[i]
		name := unitName(c, u)
		if deep && u.Depth > 0 {
			name = strings.Repeat("— ", u.Depth) + name
		}
		state := ui.State(c.Lang, "unit", string(u.State))
		strength := ui.Cell{Text: ui.Number(u.Strength), Num: true}
		if c.May("person.search") {
			strength.Href = "/people?unit=" + u.ID
		}
		t.Rows = append(t.Rows, []ui.Cell{{Text: name, Href: "/units/" + u.ID}, {Text: u.Code}, {Text: c.T("tier." + strconv.Itoa(u.Tier))},
			{Tag: &state}, strength})
	}
	return t
}

func (f *face) unitsPage(c *page.Call) error {
	units, err := f.app.Units(c.Context(), c.Reader())
	if err != nil {
		return err
	}
	p := c.Page("nav.units")
	p.Lead = c.T("rosterpage.units.lead")
	if c.May("unit.import") {
		p.Actions = []ui.Action{{Text: c.T("rosterpage.nav"), Href: "/roster", Icon: "file-import"}}
	}
	return c.Show(rosterTable(p, "", f.unitRows(c, units, true), ui.Pager{Shown: len(units), Total: int64(len(units))}))
}

func (f *face) linkRows(c *page.Call, links []people.LinkView, over bool) ui.Table {
	t := ui.Table{Empty: c.T("rosterpage.links.none"), Cols: []ui.Col{{Text: c.T("field.person")}, {Text: c.T("rosterpage.link")},
		{Text: c.T("field.period")}}}
	if over {
		t.Cols[0].Text = c.T("rosterpage.link.over")
	}
	for _, l := range links {
		who := ui.Cell{Text: l.Person}
		if c.May("person.read") {
			who.Href = "/people/" + l.PersonID
		}
		if over {
			who = ui.Cell{Text: l.Over}
			if l.OverUnitID != "" && c.May("unit.read") {
				who.Href = "/units/" + l.OverUnitID
			}
		} else if l.Over != "" {
			who.Sub = l.Over
		}
		t.Rows = append(t.Rows, []ui.Cell{who, {Text: c.T("link." + string(l.Kind))}, {Text: page.Between(l.FromOn, l.ToOn)}})
	}
	return t
}

func (f *face) unitPage(c *page.Call) error {
	u, err := f.app.Unit(c.Context(), c.Reader(), c.Param("id"))
	if err != nil {
		return err
	}
	p := c.Page("nav.units")
	p.Title = unitName(c, &u.UnitView)
	p.Crumbs = []ui.Link{{Text: c.T("nav.units"), Href: "/units"}}
	if c.May("person.search") {
		p.Actions = []ui.Action{{Text: c.T("nav.people"), Href: "/people?unit=" + u.ID, Icon: "users"}}
	}
	for _, t := range []people.RosterTable{people.UnitTable, people.LinkTable} {
		if c.May(t.RowOp()) {
			p.Actions = append(p.Actions, ui.Action{Text: c.T("rosterpage.row." + string(t)),
				Href: "/roster/row/" + string(t) + "?unit=" + u.ID, Icon: "pencil"})
		}
	}
	state := ui.State(c.Lang, "unit", string(u.State))
	v := unitPageView{Defs: []ui.Def{
		{Term: c.T("roster.column.code"), Text: u.Code}, {Term: c.T("field.tier"), Text: c.T("tier." + strconv.Itoa(u.Tier))},
		{Term: c.T("field.state"), Tag: &state}, {Term: c.T("rosterpage.strength"), Text: ui.Number(u.Strength)},
	}}
	if u.SuccessorID != "" {
		v.Defs = append(v.Defs, ui.Def{Term: c.T("rosterpage.successor"), Text: u.Names[u.SuccessorID], Href: "/units/" + u.SuccessorID})
	}
	for _, l := range u.Parents {
		v.Places = append(v.Places, ui.Event{When: page.Between(l.FromOn, l.ToOn), Title: u.Names[l.ParentID]})
	}
	v.Links = f.linkRows(c, u.Links, false)
	v.Children = f.unitRows(c, u.Children, false)
	return c.Show(unitView(p, v))
}

// peoplePage lists the people of a unit, or finds them by a search term, which is
// sent in the body and never appears in an address.
func (f *face) peoplePage(c *page.Call) error {
	in := people.PeopleQuery{UnitID: c.Query("unit"), State: c.Query("state"), Cursor: c.Query("cursor"), Limit: 50}
	searched := c.R.Method == http.MethodPost
	if searched {
		in = people.PeopleQuery{Query: c.Form("query"), UnitID: c.Form("unit"), State: c.Form("state"), Cursor: c.Form("cursor"), Limit: 50}
	}
	rows, next, err := f.app.SearchPeople(c.Context(), c.Reader(), in)
	errs := c.Errors(err)
	if err != nil && errs == nil {
		return err
	}
	units, err := f.app.UnitChoices(c.Context(), c.Reader(), "person.search")
	if err != nil {
		return err
	}
	p := c.Page("nav.people")
	p.Lead = c.T("rosterpage.people.lead")
	v := peopleView{Errs: errs, Query: in.Query, Unit: in.UnitID, State: in.State}
	v.Units = []ui.Option{{Text: c.T("page.all")}}
	for _, u := range units {
		v.Units = append(v.Units, ui.Option{Value: u.ID, Text: strings.Repeat("— ", max(0, u.Tier-1)) + u.Name})
	}
	v.States = []ui.Option{{Text: c.T("page.all")}, {Value: roster.Serving, Text: c.T("state.person.serving")},
		{Value: roster.Left, Text: c.T("state.person.left")}}
	v.Table = ui.Table{Empty: c.T("rosterpage.people.none"), Cols: []ui.Col{{Text: c.T("field.name")},
		{Text: c.T("roster.column.personnel_no")},
		{Text: c.T("field.unit")}, {Text: c.T("roster.column.kind")}, {Text: c.T("field.rank")}, {Text: c.T("field.state")}}}
	for i := range rows {
		r := &rows[i]
		name := ui.Cell{Text: r.Name}
		if c.May("person.read") {
			name.Href = "/people/" + r.ID
		}
		state := ui.State(c.Lang, "person", r.State)
		v.Table.Rows = append(v.Table.Rows, []ui.Cell{name, {Text: r.PersonnelNo}, {Text: r.Unit},
			{Text: c.T("rosterpage.kind." + string(r.Kind))}, {Text: c.Rank(r.Rank)}, {Tag: &state}})
	}
	switch {
	case searched:
		v.Next = next
	default:
		v.Pager = ui.Pager{Shown: len(rows), Total: -1}
		if next != "" {
			v.Pager.Next = "/people?" + url.Values{"unit": {in.UnitID}, "state": {in.State}, "cursor": {next}}.Encode()
		}
		if in.Cursor != "" {
			v.Pager.First = "/people?" + url.Values{"unit": {in.UnitID}, "state": {in.State}}.Encode()
		}
	}
	status := http.StatusOK
	if errs != nil {
		status = http.StatusUnprocessableEntity
	}
	return c.ShowStatus(status, peopleList(p, v))
}

func (f *face) personPage(c *page.Call) error { return f.showPerson(c, nil) }

func (f *face) showPerson(c *page.Call, bad error) error {
	who, err := f.app.Person(c.Context(), c.Reader(), c.Param("id"))
	if err != nil {
		return err
	}
	p := c.Page("nav.people")
	p.Title = who.Name
	p.Crumbs = []ui.Link{{Text: c.T("nav.people"), Href: "/people"}}
	for _, t := range []people.RosterTable{people.PeopleTable, people.PostingTable, people.LinkTable} {
		if c.May(t.RowOp()) {
			p.Actions = append(p.Actions, ui.Action{Text: c.T("rosterpage.row." + string(t)),
				Href: "/roster/row/" + string(t) + "?person=" + who.ID, Icon: "pencil"})
		}
	}
	if c.May("relation.list") {
		p.Actions = append(p.Actions, ui.Action{Text: c.T("relation.list"), Href: "/people/" + who.ID + "/relations", Icon: "users"})
	}
	if c.May("file.read") {
		p.Actions = append(p.Actions, ui.Action{Text: c.T("rosterpage.file"), Href: "/people/" + who.ID + "/file", Icon: "folder-open"})
	}
	v := personView{ID: who.ID, Version: who.Version, Pinyin: who.Pinyin, Edit: c.May("person.edit"), Errs: c.Errors(bad)}
	state := ui.State(c.Lang, "person", who.State)
	v.Defs = []ui.Def{{Term: c.T("roster.column.personnel_no"), Text: who.PersonnelNo},
		{Term: c.T("roster.column.kind"), Text: c.T("rosterpage.kind." + string(who.Kind))},
		{Term: c.T("field.state"), Tag: &state}, {Term: c.T("field.unit"), Text: who.Unit}, {Term: c.T("field.rank"),
			Text: c.Rank(who.Rank)},
		{Term: c.T("roster.column.born_on"), Text: string(who.BornOn)}, {Term: c.T("roster.column.national_id"), Text: who.IDTail}}
	for _, d := range []struct{ field, text string }{{"family_name", who.Parts.Family}, {"given_name", who.Parts.Given},
		{"middle_name", who.Parts.Middle}, {"name_suffix", who.Parts.Suffix}, {"appointed_on", string(who.AppointedOn)},
		{"departed_on", string(who.DepartedOn)}} {
		if d.text != "" {
			v.Defs = append(v.Defs, ui.Def{Term: c.T("roster.column." + d.field), Text: d.text})
		}
	}
	if who.Sex != "" {
		v.Defs = append(v.Defs, ui.Def{Term: c.T("roster.column.sex"), Text: c.T("roster.sex." + who.Sex)})
	}
	v.Postings = ui.Table{Empty: c.T("rosterpage.postings.none"), Cols: []ui.Col{{Text: c.T("field.post")}, {Text: c.T("field.unit")},
		{Text: c.T("field.rank")}, {Text: c.T("field.period")}}}
	v.Numbers = ui.Table{Cols: []ui.Col{{Text: c.T("rosterpage.number")}, {Text: c.T("rosterpage.number.kind")},
		{Text: c.T("field.period")}}}
	for _, d := range who.Dated {
		if d.Kind != "posting" {
			v.Numbers.Rows = append(v.Numbers.Rows, []ui.Cell{{Text: d.Text}, {Text: c.T("roster.column." + d.Kind)},
				{Text: page.Between(d.FromOn, d.ToOn)}})
			continue
		}
		post := d.Text
		if post == "" {
			post = c.T("page.none_value")
		}
		row := []ui.Cell{{Text: post}, {Text: d.Unit}, {Text: c.Rank(d.Rank)}, {Text: page.Between(d.FromOn, d.ToOn)}}
		if d.Team {
			row[0].Tag = &ui.Tag{Tone: "info", Text: c.T("roster.column.team")}
		} else if !d.Main {
			row[0].Tag = &ui.Tag{Text: c.T("rosterpage.side")}
		}
		v.Postings.Rows = append(v.Postings.Rows, row)
	}
	v.Leads, v.Superiors = f.linkRows(c, who.Leads, true), f.linkRows(c, who.Superiors, false)
	status := http.StatusOK
	if bad != nil {
		status = page.StatusOf(bad)
	}
	return c.ShowStatus(status, personRecord(p, v))
}

func (f *face) correctReading(c *page.Call) error {
	_, err := f.app.CorrectNameKeys(c.Context(), c.Actor, people.NameKeysInput{ID: c.Param("id"), Version: c.Version(),
		Pinyin: c.Form("pinyin")})
	if c.Errors(err) != nil {
		return f.showPerson(c, err)
	}
	if err != nil {
		return err
	}
	return c.Go("/people/"+c.Param("id"), "rosterpage.reading.done")
}

func (f *face) rosterImportPage(c *page.Call) error {
	return f.showImport(c, importView{})
}

func (f *face) showImport(c *page.Call, v importView) error {
	status := http.StatusOK
	for _, t := range people.RosterTables {
		if c.May(t.ImportOp()) {
			v.Tables = append(v.Tables, t)
		}
	}
	if len(v.Tables) == 0 {
		return fault.Forbidden("not_allowed")
	}
	if v.Table == "" {
		v.Table = v.Tables[0]
		for _, t := range v.Tables {
			if c.Query("table") == string(t) {
				v.Table = t
			}
		}
	}
	for _, t := range v.Tables {
		v.Tabs = append(v.Tabs, ui.Nav{Text: c.T("roster.table." + string(t)), Href: "/roster?table=" + string(t), Current: t == v.Table})
	}
	if len(v.Errs) > 0 {
		status = http.StatusUnprocessableEntity
	}
	p := c.Page("rosterpage.nav")
	p.Lead = c.T("rosterpage.import.lead")
	return c.ShowStatus(status, rosterImportForm(p, v))
}

func (f *face) rosterTemplate(c *page.Call) error {
	table, format := c.Param("table"), "csv"
	if c.Query("format") == "xlsx" {
		format = "xlsx"
	}
	body, err := f.app.RosterTemplate(c.Actor, people.RosterTable(table), c.Lang, format)
	if err != nil {
		return err
	}
	return c.Download(table+"."+format, people.SheetType(format), body)
}

// rosterImport checks or imports one table, and shows the result row by row.
func (f *face) rosterImport(t people.RosterTable) func(*page.Call) error {
	return func(c *page.Call) error {
		v := importView{Table: t, AsOf: c.Form("as_of"), Sheet: c.Form("sheet"), Leave: c.Form("leave_columns") != ""}
		var err error = fault.Invalid("required", "file")
		if file := c.File("file"); file != nil {
			v.Result, err = f.app.ImportRoster(c.Context(), c.Actor, people.RosterImport{Table: t, Name: file.Name, Data: file.Data,
				Sheet: v.Sheet,
				AsOf:  roster.Date(v.AsOf), DryRun: c.Form("do") != "import", Leave: v.Leave})
		}
		if errs := c.Errors(err); errs != nil {
			v.Errs, v.Ask = errs, fault.As(err).Code == "roster_columns_unanswered"
			return f.showImport(c, v)
		}
		if err != nil {
			return err
		}
		v.result(c)
		v.Ask = v.Result.DryRun && len(v.Result.Ignored) > 0
		return f.showImport(c, v)
	}
}
