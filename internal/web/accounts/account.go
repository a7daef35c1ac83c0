package accounts

import (
	"net/http"
	"net/url"
	"strconv"

	"plumbline/internal/app/accounts"
	"plumbline/internal/app/approval"
	"plumbline/internal/roster"
	"plumbline/internal/web/page"
	"plumbline/internal/web/ui"
)

func (f *face) accountsPage(c *page.Call) error {
	return f.accounts(c, accounts.AccountQuery{State: c.Query("state"), Role: roster.Role(c.Query("role")), Cursor: c.Query("cursor")},
		http.StatusOK, accounts.AccountInput{}, nil)
}

// accountsSearch finds accounts by name or login. Search terms never appear in an
// address.
func (f *face) accountsSearch(c *page.Call) error {
	return f.accounts(c, accounts.AccountQuery{Query: c.Form("q")}, http.StatusOK, accounts.AccountInput{}, nil)
}

func (f *face) accounts(c *page.Call, q accounts.AccountQuery, status int, in accounts.AccountInput, errs ui.Errors) error {
	rows, next, err := f.app.Accounts(c.Context(), c.Actor, q)
	if err != nil {
		return err
	}
	p := c.Page("nav.accounts")
	p.Lead = c.T("account.lead")
	v := accountsView{Search: q.Query, Add: c.May("account.create"), In: in, Pager: ui.Pager{Shown: len(rows), Total: -1}}
	v.Filters = []ui.Input{
		{Name: "state", Label: c.T("field.state"), Kind: "select", Value: q.State,
			Options: ui.Codes(c.Lang, "state.account", "page.all", roster.AccountNew, roster.AccountActive, roster.AccountDisabled)},
		{Name: "role", Label: c.T("field.role"), Kind: "select", Value: string(q.Role), Options: roleOptions(c, "page.all")},
	}
	if next != "" {
		v.Pager.Next = address("/accounts", "state", q.State, "role", string(q.Role), "cursor", next)
	}
	if q.Cursor != "" {
		v.Pager.First = address("/accounts", "state", q.State, "role", string(q.Role))
	}
	v.Table.Cols = []ui.Col{{Text: c.T("account.login")}, {Text: c.T("field.person")}, {Text: c.T("field.unit")},
		{Text: c.T("field.state")}, {Text: c.T("field.actions")}}
	for _, r := range rows {
		state := ui.State(c.Lang, "account", r.State)
		v.Table.Rows = append(v.Table.Rows, []ui.Cell{
			{Text: r.Login}, {Text: r.Name, Sub: r.PersonnelNo}, {Text: r.Unit}, {Tag: &state}, {Actions: f.accountActions(c, r)},
		})
	}
	return c.ShowStatus(status, accountsList(p, v, errs))
}

func (f *face) accountActions(c *page.Call, r accounts.AccountView) (list []ui.Action) {
	base, version := "/accounts/"+url.PathEscape(r.ID), []ui.Pair{{Name: "version", Value: strconv.FormatInt(r.Version, 10)}}
	if r.State != roster.AccountDisabled && c.May("account.code") {
		list = append(list, ui.Action{Text: c.T("account.code"), Href: base + "/code", Post: true})
	}
	switch {
	case r.ID == c.Actor.Account:
	case r.State == roster.AccountDisabled && c.May("account.enable"):
		list = append(list, ui.Action{Text: c.T("account.enable"), Href: base + "/enable", Post: true, Fields: version})
	case r.State != roster.AccountDisabled && c.May("account.disable"):
		list = append(list, ui.Action{Text: c.T("account.disable"), Href: base + "/disable", Post: true, Fields: version})
	}
	return list
}

// roleOptions are the roles that can be granted, after an empty first choice.
func roleOptions(c *page.Call, emptyKey string) []ui.Option {
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

func (f *face) addAccount(c *page.Call) error {
	in := accounts.AccountInput{Login: c.Form("login"), PersonnelNo: c.Form("personnel_no"), Key: c.Key()}
	_, _, err := f.app.AddAccount(c.Context(), c.Actor, in)
	if errs := c.Errors(err); errs != nil {
		return f.accounts(c, accounts.AccountQuery{}, page.StatusOf(err), in, errs)
	}
	if err != nil {
		return err
	}
	return c.Go("/accounts?state="+roster.AccountNew, "account.added")
}

// issueCode shows the one-time code in this response and nowhere else.
func (f *face) issueCode(c *page.Call) error {
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
	return c.Show(codeView(p, code, c.When(until), "/accounts"))
}

// confirmCode shows the holder his own code. His sessions have ended by then.
func (f *face) confirmCode(c *page.Call) error {
	code, until, _, err := f.app.ConfirmCode(c.Context(), c.Actor, approval.ProposalInput{ID: c.Param("id"), Version: c.Version()})
	if err != nil {
		return err
	}
	c.SetSession("")
	return c.Show(codeView(c.Door("account.code.title"), code, c.When(until), page.SignInPath))
}

func (f *face) refuseCode(c *page.Call) error {
	if _, err := f.app.RefuseCode(c.Context(), c.Actor, approval.ProposalInput{ID: c.Param("id"), Version: c.Version()}); err != nil {
		return err
	}
	return c.Go("/", "account.code.refused")
}

func (f *face) disableAccount(c *page.Call) error { return f.accountState(c, true, "account.disabled") }

func (f *face) enableAccount(c *page.Call) error { return f.accountState(c, false, "account.enabled") }

func (f *face) accountState(c *page.Call, disabled bool, done string) error {
	if _, err := f.app.SetAccountState(c.Context(), c.Actor, c.Param("id"), c.Version(), disabled); err != nil {
		return err
	}
	return c.Go("/accounts", done)
}
