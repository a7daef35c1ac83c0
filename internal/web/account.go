package web

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"plumbline/internal/app/accounts"
	"plumbline/internal/app/approval"
	"plumbline/internal/consent"
	"plumbline/internal/roster"
	"plumbline/internal/web/ui"
)

func (f *Face) accountsPage(c *Call) error {
	return f.accounts(c, accounts.AccountQuery{State: c.Query("state"), Role: roster.Role(c.Query("role")), Cursor: c.Query("cursor")}, http.StatusOK, accounts.AccountInput{}, nil)
}

// accountsSearch finds accounts by name or login. Search terms never appear in an
// address.
func (f *Face) accountsSearch(c *Call) error {
	return f.accounts(c, accounts.AccountQuery{Query: c.Form("q")}, http.StatusOK, accounts.AccountInput{}, nil)
}

func (f *Face) accounts(c *Call, q accounts.AccountQuery, status int, in accounts.AccountInput, errs ui.Errors) error {
	rows, next, err := f.app.Accounts(c.Context(), c.Actor, q)
	if err != nil {
		return err
	}
	p := c.Page("nav.accounts")
	p.Lead = c.T("account.lead")
	v := accountsView{Search: q.Query, Add: f.May(c.Actor, "account.create"), In: in, Pager: ui.Pager{Shown: len(rows), Total: -1}}
	v.Filters = []ui.Input{
		{Name: "state", Label: c.T("field.state"), Kind: "select", Value: q.State, Options: ui.Codes(c.Lang, "state.account", "page.all", roster.AccountNew, roster.AccountActive, roster.AccountDisabled)},
		{Name: "role", Label: c.T("field.role"), Kind: "select", Value: string(q.Role), Options: roleOptions(c, "page.all")},
	}
	if next != "" {
		v.Pager.Next = address("/accounts", "state", q.State, "role", string(q.Role), "cursor", next)
	}
	if q.Cursor != "" {
		v.Pager.First = address("/accounts", "state", q.State, "role", string(q.Role))
	}
	v.Table.Cols = []ui.Col{{Text: c.T("account.login")}, {Text: c.T("field.person")}, {Text: c.T("field.unit")}, {Text: c.T("field.state")}, {Text: c.T("field.actions")}}
	for _, r := range rows {
		state := ui.State(c.Lang, "account", r.State)
		v.Table.Rows = append(v.Table.Rows, []ui.Cell{
			{Text: r.Login}, {Text: r.Name, Sub: r.PersonnelNo}, {Text: r.Unit}, {Tag: &state}, {Actions: f.accountActions(c, r)},
		})
	}
	return c.ShowStatus(status, accountsList(p, v, errs))
}

func (f *Face) accountActions(c *Call, r accounts.AccountView) (list []ui.Action) {
	base, version := "/accounts/"+url.PathEscape(r.ID), []ui.Pair{{Name: "version", Value: strconv.FormatInt(r.Version, 10)}}
	if r.State != roster.AccountDisabled && f.May(c.Actor, "account.code") {
		list = append(list, ui.Action{Text: c.T("account.code"), Href: base + "/code", Post: true})
	}
	switch {
	case r.ID == c.Actor.Account:
	case r.State == roster.AccountDisabled && f.May(c.Actor, "account.enable"):
		list = append(list, ui.Action{Text: c.T("account.enable"), Href: base + "/enable", Post: true, Fields: version})
	case r.State != roster.AccountDisabled && f.May(c.Actor, "account.disable"):
		list = append(list, ui.Action{Text: c.T("account.disable"), Href: base + "/disable", Post: true, Fields: version})
	}
	return list
}

// unitOptions are the units at which the actor may perform the operation, indented
// by tier, after an empty first choice.
func (f *Face) unitOptions(c *Call, op, emptyKey string) ([]ui.Option, error) {
	units, err := f.app.UnitChoices(c.Context(), c.Actor, op)
	if err != nil {
		return nil, err
	}
	options := []ui.Option{{Text: c.T(emptyKey)}}
	for _, u := range units {
		options = append(options, ui.Option{Value: u.ID, Text: strings.Repeat("\u3000", max(0, u.Tier-1)) + u.Name})
	}
	return options, nil
}

// roleOptions are the roles that can be granted, after an empty first choice.
func roleOptions(c *Call, emptyKey string) []ui.Option {
	var codes []string
	for _, r := range roster.Roles {
		if r != roster.RoleOfficer {
			codes = append(codes, string(r))
		}
	}
	return ui.Codes(c.Lang, "role", emptyKey, codes...)
}

// address is a path with those of the given names that have a value.
func address(path string, kv ...string) string {
	q := url.Values{}
	for i := 0; i+1 < len(kv); i += 2 {
		if kv[i+1] != "" {
			q.Set(kv[i], kv[i+1])
		}
	}
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}

func (f *Face) addAccount(c *Call) error {
	in := accounts.AccountInput{Login: c.Form("login"), PersonnelNo: c.Form("personnel_no"), Key: c.Key()}
	_, _, err := f.app.AddAccount(c.Context(), c.Actor, in)
	if errs := c.Errors(err); errs != nil {
		return f.accounts(c, accounts.AccountQuery{}, StatusOf(err), in, errs)
	}
	if err != nil {
		return err
	}
	return c.Go("/accounts?state="+roster.AccountNew, "account.added")
}

// issueCode shows the one-time code in this response and nowhere else.
func (f *Face) issueCode(c *Call) error {
	code, until, _, err := f.app.IssueCode(c.Context(), c.Actor, c.Param("id"))
	if err != nil {
		return err
	}
	p := c.Page("account.code.title")
	p.Narrow, p.Crumbs = true, []ui.Link{{Text: c.T("nav.accounts"), Href: "/accounts"}}
	if until.IsZero() {
		return c.Show(codeView(p, code, "", "/accounts"))
	}
	p.Lead = c.T("account.code.one")
	return c.Show(codeView(p, code, f.moment(until), "/accounts"))
}

// confirmCode shows the holder his own code. His sessions have ended by then.
func (f *Face) confirmCode(c *Call) error {
	code, until, _, err := f.app.ConfirmCode(c.Context(), c.Actor, approval.ProposalInput{ID: c.Param("id"), Version: c.Version()})
	if err != nil {
		return err
	}
	c.SetSession("")
	return c.Show(codeView(c.door("account.code.title"), code, f.moment(until), SignInPath))
}

func (f *Face) refuseCode(c *Call) error {
	if _, err := f.app.RefuseCode(c.Context(), c.Actor, approval.ProposalInput{ID: c.Param("id"), Version: c.Version()}); err != nil {
		return err
	}
	return c.Go("/", "account.code.refused")
}

// codeNotices tells the reader about the codes for his own account.
func (f *Face) codeNotices(c *Call, codes []accounts.OwnCode) (out []codeNotice) {
	for _, x := range codes {
		by := x.By
		if by == "" {
			by = c.T("account.operator")
		}
		n := codeNotice{Text: c.T("account.code.opened", "At", f.moment(x.At), "By", by, "With", x.With)}
		switch {
		case x.Alone:
			n.Text = c.T("account.code.alone", "At", f.moment(x.At), "By", by)
		case x.State == consent.Proposed:
			n = codeNotice{Text: c.T("account.code.asked", "At", f.moment(x.At), "By", by), Base: "/me/codes/" + url.PathEscape(x.ID), Version: x.Version}
		}
		out = append(out, n)
	}
	return out
}

func (f *Face) disableAccount(c *Call) error { return f.accountState(c, true, "account.disabled") }
func (f *Face) enableAccount(c *Call) error  { return f.accountState(c, false, "account.enabled") }

func (f *Face) accountState(c *Call, disabled bool, done string) error {
	if _, err := f.app.SetAccountState(c.Context(), c.Actor, c.Param("id"), c.Version(), disabled); err != nil {
		return err
	}
	return c.Go("/accounts", done)
}

func (f *Face) grantsPage(c *Call) error {
	q := accounts.GrantQuery{State: c.Query("state"), Role: roster.Role(c.Query("role")), UnitID: c.Query("unit"), Cursor: c.Query("cursor")}
	return f.grants(c, q, http.StatusOK, accounts.GrantInput{FromOn: f.app.Today()}, nil)
}

func (f *Face) grants(c *Call, q accounts.GrantQuery, status int, in accounts.GrantInput, errs ui.Errors) error {
	rows, next, err := f.app.Grants(c.Context(), c.Actor, q)
	if err != nil {
		return err
	}
	units, err := f.unitOptions(c, "grant.list", "page.all")
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
	v := grantsView{Give: f.May(c.Actor, "grant.create"), In: in, Units: given, Roles: roleOptions(c, "page.choose"), Pager: ui.Pager{Shown: len(rows), Total: -1}}
	v.Filters = []ui.Input{
		{Name: "role", Label: c.T("field.role"), Kind: "select", Value: string(q.Role), Options: roleOptions(c, "page.all"), ID: "q-role"},
		{Name: "unit", Label: c.T("field.unit"), Kind: "select", Value: q.UnitID, Options: units, ID: "q-unit"},
		{Name: "state", Label: c.T("field.state"), Kind: "select", Value: q.State, Options: ui.Codes(c.Lang, "state.grant", "page.all", roster.GrantProposed, roster.GrantLive, roster.GrantRevoked), ID: "q-state"},
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
func (f *Face) grantTable(c *Call, rows []accounts.GrantView, base, revoke string) ui.Table {
	t := ui.Table{Cols: []ui.Col{{Text: c.T("field.person")}, {Text: c.T("field.role")}, {Text: c.T("field.unit")}, {Text: c.T("page.from")}, {Text: c.T("page.to")}, {Text: c.T("field.state")}, {Text: c.T("field.actions")}}}
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
		if g.State == roster.GrantProposed && g.GrantedBy != c.Actor.Account && f.May(c.Actor, "grant.approve") {
			acts = append(acts, ui.Action{Text: c.T("grant.approve"), Href: base + url.PathEscape(g.ID) + "/approve", Post: true, Primary: true, Fields: version})
		}
		if g.State != roster.GrantRevoked && g.AccountID != c.Actor.Account && f.May(c.Actor, revoke) {
			acts = append(acts, ui.Action{Text: c.T("grant.revoke"), Href: base + url.PathEscape(g.ID) + "/revoke", Post: true, Fields: version})
		}
		t.Rows = append(t.Rows, []ui.Cell{{Text: g.Name, Sub: g.Login}, {Text: role}, {Text: g.Unit}, {Text: string(g.FromOn)}, {Text: to}, {Tag: &state}, {Actions: acts}})
	}
	return t
}

func (f *Face) grant(c *Call) error {
	in := accounts.GrantInput{Login: c.Form("login"), Role: roster.Role(c.Form("role")), UnitID: c.Form("unit"), FromOn: roster.Date(c.Form("from")), ToOn: roster.Date(c.Form("to")), Key: c.Key()}
	_, _, err := f.app.Grant(c.Context(), c.Actor, in)
	if errs := c.Errors(err); errs != nil {
		return f.grants(c, accounts.GrantQuery{}, StatusOf(err), in, errs)
	}
	if err != nil {
		return err
	}
	if in.Role.Administrator() {
		return c.Go("/grants", "grant.proposed")
	}
	return c.Go("/grants", "grant.given")
}

func (f *Face) approveGrant(c *Call) error {
	if _, err := f.app.ApproveGrant(c.Context(), c.Actor, c.Param("id"), c.Version()); err != nil {
		return err
	}
	return c.Go("/grants", "grant.approved")
}

func (f *Face) revokeGrant(c *Call) error {
	if _, err := f.app.RevokeGrant(c.Context(), c.Actor, c.Param("id"), c.Version()); err != nil {
		return err
	}
	return c.Go("/grants", "grant.revoked")
}

func (f *Face) deputiesPage(c *Call) error {
	return f.deputies(c, http.StatusOK, accounts.DeputyInput{FromOn: f.app.Today()}, nil)
}

func (f *Face) deputies(c *Call, status int, in accounts.DeputyInput, errs ui.Errors) error {
	rows, err := f.app.Deputies(c.Context(), c.Actor)
	if err != nil {
		return err
	}
	all, err := f.unitOptions(c, "deputy.list", "page.choose")
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
	v := deputiesView{Name: f.May(c.Actor, "deputy.create"), In: in, Units: units, Table: f.grantTable(c, rows, "/deputies/", "deputy.revoke")}
	return c.ShowStatus(status, deputiesList(p, v, errs))
}

func (f *Face) nameDeputy(c *Call) error {
	in := accounts.DeputyInput{UnitID: c.Form("unit"), PersonnelNo: c.Form("personnel_no"), FromOn: roster.Date(c.Form("from")), ToOn: roster.Date(c.Form("to")), Key: c.Key()}
	_, _, err := f.app.NameDeputy(c.Context(), c.Actor, in)
	if errs := c.Errors(err); errs != nil {
		return f.deputies(c, StatusOf(err), in, errs)
	}
	if err != nil {
		return err
	}
	return c.Go("/deputies", "deputy.named")
}

func (f *Face) revokeDeputy(c *Call) error {
	if _, err := f.app.RevokeDeputy(c.Context(), c.Actor, c.Param("id"), c.Version()); err != nil {
		return err
	}
	return c.Go("/deputies", "deputy.revoked")
}
