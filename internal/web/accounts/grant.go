package accounts

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"plumbline/internal/app/accounts"
	"plumbline/internal/roster"
	"plumbline/internal/web/page"
	"plumbline/internal/web/ui"
)

func (f *face) grantsPage(c *page.Call) error {
	q := accounts.GrantQuery{State: c.Query("state"), Role: roster.Role(c.Query("role")), UnitID: c.Query("unit"),
		Cursor: c.Query("cursor")}
	return f.grants(c, q, http.StatusOK, accounts.GrantInput{FromOn: f.app.Today()}, nil)
}

func (f *face) grants(c *page.Call, q accounts.GrantQuery, status int, in accounts.GrantInput, errs ui.Errors) error {
	rows, next, err := f.app.Grants(c.Context(), c.Actor, q)
	if err != nil {
		return err
	}
	units, err := c.UnitOptions("grant.list", "page.all")
	if err != nil {
		return err
	}
	p := c.Page("nav.grants")
	p.Lead = c.T("grant.lead")
	staff, err := f.app.Staffing(c.Context(), c.Actor)
	if err != nil {
		return err
	}
	var none []string
	for _, r := range staff {
		if r.Holders == 0 {
			none = append(none, c.T("role."+string(r.Role)))
		}
	}
	if len(none) > 0 {
		p.Lead += " " + c.T("grant.unstaffed", "Roles", strings.Join(none, c.T("grant.unstaffed.comma")))
	}
	given := append([]ui.Option{{Text: c.T("page.choose")}}, units[1:]...)
	v := grantsView{Give: c.May("grant.create"), In: in, Units: given, Roles: roleOptions(c, "page.choose"),
		Pager: ui.Pager{Shown: len(rows), Total: -1}}
	v.Filters = []ui.Input{
		{Name: "role", Label: c.T("field.role"), Kind: "select", Value: string(q.Role), Options: roleOptions(c, "page.all"), ID: "q-role"},
		{Name: "unit", Label: c.T("field.unit"), Kind: "select", Value: q.UnitID, Options: units, ID: "q-unit"},
		{Name: "state", Label: c.T("field.state"), Kind: "select", Value: q.State,
			Options: ui.Codes(c.Lang, "state.grant", "page.all", roster.GrantProposed, roster.GrantLive,
				roster.GrantRevoked), ID: "q-state"},
	}
	if next != "" {
		v.Pager.Next = address("/grants", "state", q.State, "role", string(q.Role), "unit", q.UnitID, "cursor", next)
	}
	if q.Cursor != "" {
		v.Pager.First = address("/grants", "state", q.State, "role", string(q.Role), "unit", q.UnitID)
	}
	v.Table = f.grantTable(c, rows, "/grants/", "grant.revoke")
	return c.ShowStatus(status, grantsList(p, v, errs))
}

// grantTable lists grants with the acts available on them.
func (f *face) grantTable(c *page.Call, rows []accounts.GrantView, base, revoke string) ui.Table {
	t := ui.Table{Cols: []ui.Col{{Text: c.T("field.person")}, {Text: c.T("field.role")}, {Text: c.T("field.unit")},
		{Text: c.T("page.from")}, {Text: c.T("page.to")}, {Text: c.T("field.state")}, {Text: c.T("field.actions")}}}
	for _, g := range rows {
		state := ui.State(c.Lang, "grant", g.State)
		to := string(g.ToOn)
		if to == "" {
			to = c.T("grant.open_end")
		}
		role := c.T("role." + string(g.Role))
		if g.DeputyOf != "" {
			role = c.T("grant.deputy", "Role", role)
		}
		version := []ui.Pair{{Name: "version", Value: strconv.FormatInt(g.Version, 10)}}
		var acts []ui.Action
		if g.State == roster.GrantProposed && g.GrantedBy != c.Actor.Account && c.May("grant.approve") {
			acts = append(acts, ui.Action{Text: c.T("grant.approve"), Href: base + url.PathEscape(g.ID) + "/approve", Post: true,
				Primary: true, Fields: version})
		}
		if g.State != roster.GrantRevoked && g.AccountID != c.Actor.Account && c.May(revoke) {
			acts = append(acts, ui.Action{Text: c.T("grant.revoke"), Href: base + url.PathEscape(g.ID) + "/revoke", Post: true,
				Fields: version})
		}
		t.Rows = append(t.Rows, []ui.Cell{{Text: g.Name, Sub: g.Login}, {Text: role}, {Text: g.Unit}, {Text: string(g.FromOn)}, {Text: to},
			{Tag: &state}, {Actions: acts}})
	}
	return t
}

func (f *face) grant(c *page.Call) error {
	in := accounts.GrantInput{Login: c.Form("login"), Role: roster.Role(c.Form("role")), UnitID: c.Form("unit"),
		FromOn: roster.Date(c.Form("from")), ToOn: roster.Date(c.Form("to")), Key: c.Key()}
	_, _, err := f.app.Grant(c.Context(), c.Actor, in)
	if errs := c.Errors(err); errs != nil {
		return f.grants(c, accounts.GrantQuery{}, page.StatusOf(err), in, errs)
	}
	if err != nil {
		return err
	}
	if in.Role.Administrator() {
		return c.Go("/grants", "grant.proposed")
	}
	return c.Go("/grants", "grant.given")
}

func (f *face) approveGrant(c *page.Call) error {
	if _, err := f.app.ApproveGrant(c.Context(), c.Actor, c.Param("id"), c.Version()); err != nil {
		return err
	}
	return c.Go("/grants", "grant.approved")
}

func (f *face) revokeGrant(c *page.Call) error {
	if _, err := f.app.RevokeGrant(c.Context(), c.Actor, c.Param("id"), c.Version()); err != nil {
		return err
	}
	return c.Go("/grants", "grant.revoked")
}

func (f *face) deputiesPage(c *page.Call) error {
	return f.deputies(c, http.StatusOK, accounts.DeputyInput{FromOn: f.app.Today()}, nil)
}

func (f *face) deputies(c *page.Call, status int, in accounts.DeputyInput, errs ui.Errors) error {
	rows, err := f.app.Deputies(c.Context(), c.Actor)
	if err != nil {
		return err
	}
	all, err := c.UnitOptions("deputy.list", "page.choose")
	if err != nil {
		return err
	}
	units := all[:1:1]
	for _, o := range all[1:] {
		if c.Actor.HoldsAt(roster.RoleUnitHead, o.Value) {
			units = append(units, o)
		}
	}
	if len(units) == 2 {
		units = units[1:]
	}
	p := c.Page("nav.deputies")
	p.Lead = c.T("deputy.lead")
	v := deputiesView{Name: c.May("deputy.create"), In: in, Units: units, Table: f.grantTable(c, rows, "/deputies/", "deputy.revoke")}
	return c.ShowStatus(status, deputiesList(p, v, errs))
}

func (f *face) nameDeputy(c *page.Call) error {
	in := accounts.DeputyInput{UnitID: c.Form("unit"), PersonnelNo: c.Form("personnel_no"), FromOn: roster.Date(c.Form("from")),
		ToOn: roster.Date(c.Form("to")), Key: c.Key()}
	_, _, err := f.app.NameDeputy(c.Context(), c.Actor, in)
	if errs := c.Errors(err); errs != nil {
		return f.deputies(c, page.StatusOf(err), in, errs)
	}
	if err != nil {
		return err
	}
	return c.Go("/deputies", "deputy.named")
}

func (f *face) revokeDeputy(c *page.Call) error {
	if _, err := f.app.RevokeDeputy(c.Context(), c.Actor, c.Param("id"), c.Version()); err != nil {
		return err
	}
	return c.Go("/deputies", "deputy.revoked")
}
