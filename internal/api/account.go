package api

import (
	"context"
	"net"
	"time"

	"plumbline/internal/app/accounts"
	"plumbline/internal/app/approval"
	"plumbline/internal/app/desk"
	"plumbline/internal/app/people"
	"plumbline/internal/roster"
)

// TokenView is a new session; its token is shown only once.
type TokenView struct {
	Token string    `json:"token" doc:"Send it as Authorization: Bearer. It is shown once."`
	Until time.Time `json:"until"`
	Renew bool      `json:"renew" doc:"The session began with a one-time code: set a password first"`
	Scope []string  `json:"scope" doc:"What the token may do; empty for all that its holder may"`
}

// WhoView is the caller.
type WhoView struct {
	Account string     `json:"account"`
	Person  string     `json:"person,omitempty"`
	Name    string     `json:"name"`
	Unit    string     `json:"unit,omitempty"`
	Renew   bool       `json:"renew"`
	Roles   []HeldView `json:"roles"`
}

// ProofView says until when the password just given is valid as a proof.
type ProofView struct {
	Until time.Time `json:"until" doc:"Acts that ask for a proof are taken until then"`
}

// HeldView is a role at a unit.
type HeldView struct {
	Role string `json:"role"`
	Unit string `json:"unit_id"`
}

// CodeView is a one-time code.
type CodeView struct {
	Code    string      `json:"code" doc:"Shown once; hand it over in person"`
	Until   *time.Time  `json:"until" doc:"null: it opens nothing before a second administrator or the holder agrees"`
	Waits   string      `json:"proposal_id,omitempty" doc:"The proposal that waits for them"`
	Receipt ReceiptView `json:"receipt"`
}

// OK is the answer of an operation that makes no ledger entry.
type OK struct {
	OK bool `json:"ok"`
}

// versioned is the input of an edit by id.
type versioned struct {
	ID   string `path:"id"`
	Body struct {
		Version int64 `json:"version,omitempty"`
	}
}

func source(c *Call) string {
	host, _, err := net.SplitHostPort(c.R.RemoteAddr)
	if err != nil {
		return c.R.RemoteAddr
	}
	return host
}

func registerAccount(r *registry) {
	registerSessions(r)
	a := r.f.App
	handle(r, "account.list", func(ctx context.Context, c *Call, in *struct {
		State  string `query:"state" enum:"new,active,disabled"`
		Role   string `query:"role"`
		Cursor string `query:"cursor"`
		Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
	}) (Paged[accounts.AccountView], error) {
		rows, next, err := a.Accounts(ctx, c.Actor, accounts.AccountQuery{State: in.State, Role: roster.Role(in.Role), Cursor: in.Cursor,
			Limit: in.Limit})
		return Paged[accounts.AccountView]{rows, next}, err
	}, Summary("Accounts of the people in scope"))
	handle(r, "account.create", func(ctx context.Context, c *Call, in *struct {
		Body struct {
			Login       string `json:"login" maxLength:"40"`
			PersonnelNo string `json:"personnel_no" maxLength:"40"`
		}
	}) (Done, error) {
		id, rec, err := a.AddAccount(ctx, c.Actor, accounts.AccountInput{Login: in.Body.Login, PersonnelNo: in.Body.PersonnelNo,
			Key: c.Key})
		return done(rec, id), err
	}, Summary("Make an account for somebody on the roster"))
	handle(r, "account.code", func(ctx context.Context, c *Call, in *ByID) (CodeView, error) {
		return codeView(a.IssueCode(ctx, c.Actor, in.ID))
	}, Versionless, Summary("Issue a one-time code; for anybody but a newcomer it waits for a second administrator or the holder"))
	handle(r, "account.code_confirm", func(ctx context.Context, c *Call, in *versioned) (CodeView, error) {
		return codeView(a.ConfirmCode(ctx, c.Actor, approval.ProposalInput{ID: in.ID, Version: c.Version(in.Body.Version)}))
	}, Summary("Confirm a one-time code for my own account: I am shown a fresh one, and my sessions end"))
	handle(r, "account.code_refuse", func(ctx context.Context, c *Call, in *versioned) (Done, error) {
		rec, err := a.RefuseCode(ctx, c.Actor, approval.ProposalInput{ID: in.ID, Version: c.Version(in.Body.Version)})
		return done(rec, in.ID), err
	}, Summary("Refuse a one-time code for my own account that I did not ask for"))
	for op, disabled := range map[string]bool{"account.disable": true, "account.enable": false} {
		handle(r, op, func(ctx context.Context, c *Call, in *versioned) (Done, error) {
			rec, err := a.SetAccountState(ctx, c.Actor, in.ID, c.Version(in.Body.Version), disabled)
			return done(rec, in.ID), err
		})
	}
	registerGrants(r)
}

func codeView(code string, until time.Time, rec desk.Receipt, err error) (CodeView, error) {
	v := CodeView{Code: code, Receipt: receipt(rec)}
	if until.IsZero() {
		v.Waits = rec.ResultID
	} else {
		v.Until = &until
	}
	return v, err
}

func registerSessions(r *registry) {
	a := r.f.App
	handle(r, "session.create", func(ctx context.Context, c *Call, in *struct {
		Body struct {
			Login    string   `json:"login" maxLength:"100"`
			Password string   `json:"password" maxLength:"500" doc:"The password, or a one-time code"`
			Label    string   `json:"label,omitempty" maxLength:"100" doc:"What the script is called in the list of sessions; asked for with a scope"`
			Scope    []string `json:"scope,omitempty" doc:"What the token may do: operation ids of this document, or read for every operation that only reads. Such a token lasts for days and never sets a password. Without a scope it is a session like a browser's: all that you may, for 12 hours, and 2 hours unused"`
			Days     int      `json:"days,omitempty" minimum:"0" maximum:"30" doc:"How long a token with a scope lasts: 30 days if not said, 24 hours for administrators in any case. It ends when 7 days unused"`
		}
	}) (TokenView, error) {
		s, err := a.SignIn(ctx, accounts.SignInInput{Login: in.Body.Login, Password: in.Body.Password, Label: in.Body.Label,
			Source: source(c), Bearer: true,
			Scope: in.Body.Scope, Days: in.Body.Days})
		if err != nil {
			return TokenView{}, err
		}
		return TokenView{s.Token, s.Until, s.Renew, append([]string{}, s.Actor.Scope...)}, nil
	}, Summary("Sign in: a token for a script"))
	handle(r, "session.read", func(_ context.Context, c *Call, _ *struct{}) (WhoView, error) {
		w := WhoView{Account: c.Actor.Account, Person: c.Actor.Person, Name: c.Actor.Name, Unit: c.Actor.Unit, Renew: c.Actor.MustRenew,
			Roles: []HeldView{}}
		for _, h := range c.Actor.Held {
			w.Roles = append(w.Roles, HeldView{string(h.Role), h.Unit})
		}
		return w, nil
	}, Summary("Who I am"))
	handle(r, "session.prove", func(ctx context.Context, c *Call, in *struct {
		Body struct {
			Password string `json:"password" maxLength:"500"`
		}
	}) (ProofView, error) {
		until, err := a.Prove(ctx, c.Actor, accounts.ProofInput{Password: in.Body.Password})
		return ProofView{until}, err
	}, Summary("Give my password again, for acts that answer proof_needed"))
	handle(r, "session.list", func(ctx context.Context, c *Call, _ *struct{}) (Paged[accounts.SessionView], error) {
		rows, err := a.Sessions(ctx, c.Actor)
		return Paged[accounts.SessionView]{Items: rows}, err
	}, Summary("My sessions"))
	handle(r, "session.end", func(ctx context.Context, c *Call, in *ByID) (OK, error) {
		err := a.EndSession(ctx, c.Actor, in.ID)
		return OK{err == nil}, err
	}, Summary("End one of my sessions at once"))
	handle(r, "session.end_all", func(ctx context.Context, c *Call, _ *struct{}) (OK, error) {
		err := a.EndSessions(ctx, c.Actor)
		return OK{err == nil}, err
	}, Summary("Sign out everywhere and forget my devices"))
	handle(r, "password.set", func(ctx context.Context, c *Call, in *struct {
		Body struct {
			Old string `json:"old,omitempty" maxLength:"500" doc:"Not asked for after a one-time code"`
			New string `json:"new" maxLength:"500"`
		}
	}) (Done, error) {
		rec, err := a.SetPassword(ctx, c.Actor, accounts.PasswordInput{Old: in.Body.Old, New: in.Body.New})
		return done(rec, c.Actor.Account), err
	}, Summary("Set my password; my other sessions end"))
}

func registerGrants(r *registry) {
	a := r.f.App
	handle(r, "grant.list", func(ctx context.Context, c *Call, in *struct {
		State   string `query:"state" enum:"proposed,live,revoked"`
		Role    string `query:"role"`
		Account string `query:"account_id"`
		Unit    string `query:"unit_id"`
		Cursor  string `query:"cursor"`
		Limit   int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
	}) (Paged[accounts.GrantView], error) {
		rows, next, err := a.Grants(ctx, c.Actor, accounts.GrantQuery{State: in.State, Role: roster.Role(in.Role), AccountID: in.Account,
			UnitID: in.Unit, Cursor: in.Cursor, Limit: in.Limit})
		return Paged[accounts.GrantView]{rows, next}, err
	}, Summary("Roles held at the units in scope, the newest first"))
	handle(r, "grant.create", func(ctx context.Context, c *Call, in *struct{ Body accounts.GrantInput }) (Done, error) {
		in.Body.Key = c.Key
		id, rec, err := a.Grant(ctx, c.Actor, in.Body)
		return done(rec, id), err
	}, Summary("Grant a role; an administrator's waits for a second person"))
	handle(r, "grant.heads", func(ctx context.Context, c *Call, _ *struct{}) (struct {
		people.HeadsResult
		Receipt ReceiptView `json:"receipt"`
	}, error) {
		out, rec, err := a.GrantHeads(ctx, c.Actor, c.Key)
		return struct {
			people.HeadsResult
			Receipt ReceiptView `json:"receipt"`
		}{out, receipt(rec)}, err
	}, Summary("Grant the role of unit head to the heads that the roster names"))
	handle(r, "grant.approve", func(ctx context.Context, c *Call, in *versioned) (Done, error) {
		rec, err := a.ApproveGrant(ctx, c.Actor, in.ID, c.Version(in.Body.Version))
		return done(rec, in.ID), err
	}, Summary("Put an administrator's grant into force, as the second person"))
	handle(r, "grant.revoke", func(ctx context.Context, c *Call, in *versioned) (Done, error) {
		rec, err := a.RevokeGrant(ctx, c.Actor, in.ID, c.Version(in.Body.Version))
		return done(rec, in.ID), err
	}, Summary("End a role today"))
	handle(r, "deputy.list", func(ctx context.Context, c *Call, _ *struct{}) (Paged[accounts.GrantView], error) {
		rows, err := a.Deputies(ctx, c.Actor)
		return Paged[accounts.GrantView]{Items: rows}, err
	}, Summary("My deputies"))
	handle(r, "deputy.create", func(ctx context.Context, c *Call, in *struct{ Body accounts.DeputyInput }) (Done, error) {
		in.Body.Key = c.Key
		id, rec, err := a.NameDeputy(ctx, c.Actor, in.Body)
		return done(rec, id), err
	}, Summary("Name a dated deputy from my unit"))
	handle(r, "deputy.revoke", func(ctx context.Context, c *Call, in *versioned) (Done, error) {
		rec, err := a.RevokeDeputy(ctx, c.Actor, in.ID, c.Version(in.Body.Version))
		return done(rec, in.ID), err
	}, Summary("End a deputy"))
}
