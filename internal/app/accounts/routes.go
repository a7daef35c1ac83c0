package accounts

import (
	"plumbline/internal/app/desk"
	"plumbline/internal/roster"
)

// Routes are sign-in, the actor's own sessions, accounts and grants.
var Routes = []desk.Route{
	{Op: "session.create", Method: "POST", Path: "/sessions", Act: roster.ActEdit, Kind: roster.KindSelf, Public: true},
	{Op: "session.read", Method: "GET", Path: "/session", Act: roster.ActRead, Kind: roster.KindSelf},
	{Op: "session.prove", Method: "POST", Path: "/session/proof", Act: roster.ActEdit, Kind: roster.KindSelf},
	{Op: "session.list", Method: "GET", Path: "/sessions", Act: roster.ActRead, Kind: roster.KindSelf},
	{Op: "session.end", Method: "POST", Path: "/sessions/{id}/end", Act: roster.ActEdit, Kind: roster.KindSelf},
	{Op: "session.end_all", Method: "POST", Path: "/sessions/end", Act: roster.ActEdit, Kind: roster.KindSelf},
	{Op: "password.set", Method: "POST", Path: "/password", Act: roster.ActEdit, Kind: roster.KindSelf, Write: true},
	{Op: "account.list", Method: "GET", Path: "/accounts", Act: roster.ActList, Kind: roster.KindAccount},
	{Op: "account.create", Method: "POST", Path: "/accounts", Act: roster.ActCreate, Kind: roster.KindAccount, Write: true, Create: true,
		Status: 201},
	{Op: "account.create_many", Act: roster.ActCreate, Kind: roster.KindAccount, Write: true},
	{Op: "site.setup", Act: roster.ActGrant, Kind: roster.KindGrant, Write: true, Proof: true},
	{Op: "account.code", Method: "POST", Path: "/accounts/{id}/code", Act: roster.ActEdit, Kind: roster.KindAccount, Write: true,
		Proof: true},
	{Op: "account.code_confirm", Method: "POST", Path: "/session/codes/{id}/confirm", Act: roster.ActEdit, Kind: roster.KindSelf,
		Write: true},
	{Op: "account.code_refuse", Method: "POST", Path: "/session/codes/{id}/refuse", Act: roster.ActEdit, Kind: roster.KindSelf,
		Write: true},
	{Op: "account.disable", Method: "POST", Path: "/accounts/{id}/disable", Act: roster.ActEdit, Kind: roster.KindAccount, Write: true},
	{Op: "account.enable", Method: "POST", Path: "/accounts/{id}/enable", Act: roster.ActEdit, Kind: roster.KindAccount, Write: true,
		Proof: true},
	{Op: "grant.list", Method: "GET", Path: "/grants", Act: roster.ActList, Kind: roster.KindGrant},
	{Op: "grant.create", Method: "POST", Path: "/grants", Act: roster.ActGrant, Kind: roster.KindGrant, Write: true, Proof: true,
		Create: true, Status: 201},
	{Op: "grant.heads", Method: "POST", Path: "/grants/heads", Act: roster.ActGrant, Kind: roster.KindGrant, Write: true, Proof: true,
		Create: true},
	{Op: "grant.approve", Method: "POST", Path: "/grants/{id}/approve", Act: roster.ActApprove, Kind: roster.KindGrant, Write: true,
		Proof: true},
	{Op: "grant.revoke", Method: "POST", Path: "/grants/{id}/revoke", Act: roster.ActRevoke, Kind: roster.KindGrant, Write: true},
	{Op: "deputy.list", Method: "GET", Path: "/deputies", Act: roster.ActList, Kind: roster.KindDeputy},
	{Op: "deputy.create", Method: "POST", Path: "/deputies", Act: roster.ActCreate, Kind: roster.KindDeputy, Write: true, Create: true,
		Status: 201},
	{Op: "deputy.revoke", Method: "POST", Path: "/deputies/{id}/revoke", Act: roster.ActRevoke, Kind: roster.KindDeputy, Write: true},
}
