package accounts

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"

	"plumbline/internal/app/desk"
	"plumbline/internal/fault"
	"plumbline/internal/kinds"
	"plumbline/internal/ledger"
	"plumbline/internal/roster"
	"plumbline/internal/store"
	"plumbline/internal/verbs"
)

// SessionView is one session as its holder sees it.
type SessionView struct {
	ID        string    `json:"id"` // hash of its token: it opens nothing
	Label     string    `json:"label"`
	Bearer    bool      `json:"bearer"`
	Scope     []string  `json:"scope" doc:"Operations that the token may do; empty for all that its holder may"`
	Current   bool      `json:"current"`
	CreatedAt time.Time `json:"created_at"`
	SeenAt    time.Time `json:"seen_at"`
	UntilAt   time.Time `json:"until_at"`
}

// Sessions lists the actor's own sessions, the newest first.
func (a *Logins) Sessions(ctx context.Context, who *roster.Actor) (out []SessionView, err error) {
	out = []SessionView{}
	err = a.Read(ctx, who, "session.list", func(ctx context.Context, v *store.View) error {
		rows, err := v.SessionsOf(ctx, who.Account, a.Store.Now())
		for _, s := range rows {
			out = append(out, SessionView{ID: s.TokenHash, Label: s.Label, Bearer: s.Bearer,
				Scope: append([]string{}, strings.Fields(s.Scope)...), Current: s.TokenHash == who.Session,
				CreatedAt: s.CreatedAt.UTC(), SeenAt: s.SeenAt.UTC(), UntilAt: s.UntilAt.UTC()})
		}
		return err
	})
	return out, err
}

// EndSession ends one of the actor's own sessions at once; "" is the present
// one.
func (a *Logins) EndSession(ctx context.Context, who *roster.Actor, id string) error {
	if who == nil {
		return fault.Unauthenticated()
	}
	verb := verbs.AccountSessionEnd
	if id == "" || id == who.Session { // signing out needs no role and no scope
		id = who.Session
	} else if _, err := a.Authorize(who, "session.end"); err != nil {
		return err
	}
	if id == who.Session {
		verb = verbs.AccountSignOut
	}
	if a.outside.end(who.Account, id) {
		return nil
	}
	if a.unwritable() { // to end is never refused
		return a.Store.Scratch(ctx, func(ctx context.Context, sx *store.ScratchTx) error {
			found, err := sx.ForgetSession(ctx, who.Account, id)
			if err == nil && !found {
				return fault.NotFound()
			}
			return err
		})
	}
	_, err := a.Store.Update(ctx, store.Call{Account: who.Account, Op: "session.end", RequestID: desk.RequestID(ctx)}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		found, err := tx.EndSession(ctx, who.Account, id)
		if err == nil && !found {
			return nil, "", fault.NotFound()
		}
		return []ledger.Fact{{Verb: verb, Kind: kinds.Account, ID: who.Account}}, who.Account, err
	})
	return err
}

// EndSessions ends all of the actor's sessions, including this one, and forgets his
// devices.
func (a *Logins) EndSessions(ctx context.Context, who *roster.Actor) error {
	if _, err := a.Authorize(who, "session.end_all"); err != nil {
		return err
	}
	if err := a.Store.Scratch(ctx, func(ctx context.Context, sx *store.ScratchTx) error {
		_, err := sx.Delete(ctx, (*roster.Device)(nil), "account_id = ?", who.Account)
		return err
	}); err != nil {
		return err
	}
	_, err := a.Write(ctx, who, desk.Write{Op: "session.end_all"}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		return []ledger.Fact{{Verb: verbs.AccountSessionEndAll, Kind: kinds.Account, ID: who.Account}}, who.Account, tx.EndSessions(ctx,
			who.Account, "")
	})
	return err
}

// PasswordInput sets a new password. The old one is asked for, except after a
// one-time code.
type PasswordInput struct {
	Old, New string
	Device   string // the token that the device was given before, "" if none
}

// SetPassword sets the actor's own password, ends his other sessions, and makes
// a new account active. The session goes on.
func (a *Logins) SetPassword(ctx context.Context, who *roster.Actor, in PasswordInput) (desk.Receipt, error) {
	if _, err := a.Authorize(who, "password.set"); err != nil {
		return desk.Receipt{}, err
	}
	account, err := a.ownAccount(ctx, who)
	if err != nil {
		return desk.Receipt{}, err
	}
	var own owner
	if err := a.Store.View(ctx, func(ctx context.Context, v *store.View) (err error) {
		own, err = a.ownerOf(ctx, v, account.ID)
		return err
	}); err != nil {
		return desk.Receipt{}, err
	}
	if err := a.judgePassword(in.New, own); err != nil {
		return desk.Receipt{}, err
	}
	if len(in.Old) > typedMost {
		return desk.Receipt{}, fault.Invalid("password_wrong", "old")
	}
	if !who.MustRenew && !who.Program {
		found, err := a.checkSecret(ctx, presented{login: account.Login, typed: in.Old, device: in.Device})
		if err != nil {
			return desk.Receipt{}, err
		}
		if found == nil || found.account.ID != account.ID {
			return desk.Receipt{}, fault.Invalid("password_wrong", "old")
		}
	}
	return a.setPassword(ctx, who, account.ID, in.New)
}

func (a *Logins) ownAccount(ctx context.Context, who *roster.Actor) (account *roster.Account, err error) {
	err = a.Store.View(ctx, func(ctx context.Context, v *store.View) error {
		account, err = v.Account(ctx, who.Account, roster.Scope{All: true})
		return err
	})
	return account, err
}

func hashPassword(ctx context.Context, password string) (string, error) {
	release, err := hashSlot(ctx)
	if err != nil {
		return "", err
	}
	defer release()
	return argon2id.CreateHash(password, passwordParams)
}

func (a *Logins) setPassword(ctx context.Context, who *roster.Actor, accountID, password string) (desk.Receipt, error) {
	hash, err := hashPassword(ctx, password)
	if err != nil {
		return desk.Receipt{}, err
	}
	rec, err := a.Write(ctx, who, desk.Write{Op: "password.set"}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		before, err := tx.Account(ctx, accountID, roster.Scope{All: true})
		if err != nil {
			return nil, "", err
		}
		fact := ledger.Fact{Verb: verbs.AccountPasswordSet, Kind: kinds.Account, ID: accountID}
		if before.State == roster.AccountNew {
			after := *before
			after.State = roster.AccountActive
			fact.Verb = "account.activate"
			if err := tx.Save(ctx, before, &after); err != nil {
				return nil, "", err
			}
		}
		if err := tx.PutCredential(ctx, &roster.Credential{AccountID: accountID, Hash: hash, CodeUntil: tx.Now(),
			ChangedAt: tx.Now()}); err != nil {
			return nil, "", err
		}
		if err := tx.EndSessions(ctx, accountID, who.Session); err != nil {
			return nil, "", err
		}
		if err := tx.RenewedSession(ctx, who.Session, tx.Now(), tx.Now().Add(sessionLasts),
			a.markProof(who.Session, tx.Now())); err != nil {
			return nil, "", err
		}
		return []ledger.Fact{fact}, accountID, tx.Bump(ctx, store.GenerationAuthority)
	})
	return rec, err
}

// AccountView is an account as administrators see it.
type AccountView struct {
	ID          string `json:"id"`
	Version     int64  `json:"version"`
	Login       string `json:"login"`
	State       string `json:"state"`
	PersonID    string `json:"person_id,omitempty"`
	PersonnelNo string `json:"personnel_no,omitempty"`
	Name        string `json:"name,omitempty"`
	UnitID      string `json:"unit_id,omitempty"`
	Unit        string `json:"unit,omitempty"`
}

// AccountQuery asks for a page of the list of accounts.
type AccountQuery struct {
	State, Query, Cursor string
	Role                 roster.Role
	Limit                int
}

// Accounts lists the accounts of the people in scope.
func (a *Logins) Accounts(ctx context.Context, who *roster.Actor, in AccountQuery) (out []AccountView, next string, err error) {
	out = []AccountView{}
	next, err = a.ReadPage(ctx, who, "account.list", in.Cursor, in.Limit, func(ctx context.Context, v *store.View, sc roster.Scope, p *desk.Page) error {
		rows, err := v.AccountList(ctx, store.AccountFilter{State: in.State, Query: in.Query, Role: in.Role}, sc, p.Rows())
		if err != nil {
			return err
		}
		rows = desk.Cut(p, rows, func(r store.AccountRow) []string { return []string{r.LoginFolded} })
		units, err := a.UnitNames(ctx, v, who.Lang)
		for _, r := range rows {
			out = append(out, AccountView{ID: r.ID, Version: r.Version, Login: r.Login, State: r.State, PersonID: r.PersonID,
				PersonnelNo: r.PersonnelNo, Name: r.PersonName, UnitID: r.UnitID, Unit: units[r.UnitID]})
		}
		return err
	})
	return out, next, err
}

// AccountInput makes an account for somebody on the roster.
type AccountInput struct {
	Login       string `json:"login"`
	PersonnelNo string `json:"personnel_no"`
	Key         string `json:"-"`
}

// Validate judges the input by itself.
func (in AccountInput) Validate() error {
	if err := fault.Join(Missing(in.Login, "login"), Missing(in.PersonnelNo, "personnel_no")); err != nil {
		return err
	}
	return JudgeLogin(in.Login)
}

// JudgeLogin accepts 2 to 40 letters, digits and signs, and refuses names that read
// like a role.
func JudgeLogin(login string) error {
	folded := roster.FoldLogin(login)
	n := utf8.RuneCountInString(folded)
	if n < 2 || n > 40 || strings.ContainsAny(folded, "@/\\:,;\"'<>") {
		return fault.Invalid("login_unusable", "login")
	}
	for _, r := range roster.Roles {
		if folded == string(r) {
			return fault.Invalid("login_unusable", "login")
		}
	}
	return nil
}

// AddAccount creates an account without a password for somebody who has none. A
// second account is refused even if the first is disabled: it could speak in his
// name.
func (a *Logins) AddAccount(ctx context.Context, who *roster.Actor, in AccountInput) (string, desk.Receipt, error) {
	rec, err := a.Write(ctx, who, desk.Write{Op: verbs.AccountCreate, Key: in.Key, Body: in}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		p, err := a.personByNumber(ctx, &tx.View, who, roster.ActCreate, roster.KindAccount, in.PersonnelNo)
		if err != nil {
			return nil, "", err
		}
		if held, err := tx.AccountsOf(ctx, p.ID); err != nil {
			return nil, "", err
		} else if len(held) > 0 {
			return nil, "", fault.Conflict("account_held", "Login", held[0].Login).WithField("personnel_no")
		}
		if taken, err := tx.AccountByLogin(ctx, roster.FoldLogin(in.Login)); err != nil {
			return nil, "", err
		} else if taken != nil {
			return nil, "", fault.Invalid("login_taken", "login")
		}
		acc := NewAccount(tx, in.Login, p.ID)
		return []ledger.Fact{{Verb: verbs.AccountCreate, Kind: kinds.Account, ID: acc.ID, Unit: p.UnitID}}, acc.ID, tx.Insert(ctx, acc)
	})
	return rec.ResultID, rec, err
}

func NewAccount(tx *store.Tx, login, personID string) *roster.Account {
	acc := &roster.Account{Login: strings.TrimSpace(login), LoginFolded: roster.FoldLogin(login), PersonID: personID,
		State: roster.AccountNew}
	acc.ID = tx.NewID()
	return acc
}

// personByNumber finds a person whom the actor's scope admits.
func (a *Logins) personByNumber(ctx context.Context, v *store.View, who *roster.Actor, act roster.Act, kind roster.Kind,
	number string) (*roster.Person, error) {
	sc, err := a.Scope(ctx, v, who, act, kind)
	if err != nil {
		return nil, err
	}
	people, err := v.PeopleNumbered(ctx, []string{roster.FoldNumber(number)})
	if err != nil {
		return nil, err
	}
	p := people[roster.FoldNumber(number)]
	if p == nil || !sc.Admits(roster.Target{ID: p.ID, Unit: p.UnitID, Branch: p.BranchID, Person: p.ID}) {
		return nil, fault.Invalid("person_unknown", "personnel_no")
	}
	return p, nil
}

// accountToEdit loads an account under the actor's scope and stops one administrator
// from taking over another.
func (a *Logins) accountToEdit(ctx context.Context, tx *store.Tx, who *roster.Actor, id string) (*roster.Account, error) {
	sc, err := a.Scope(ctx, &tx.View, who, roster.ActEdit, roster.KindAccount)
	if err != nil {
		return nil, err
	}
	acc, err := tx.Account(ctx, id, sc)
	if err != nil || who.Program {
		return acc, err
	}
	grants, err := tx.GrantsOf(ctx, acc)
	if err != nil {
		return nil, err
	}
	if acc.ID != who.Account && slices.ContainsFunc(grants, func(g roster.Grant) bool { return g.Role.Administrator() && g.State != roster.GrantRevoked }) {
		return nil, fault.Forbidden("account_of_administrator")
	}
	return acc, nil
}

// SetAccountState disables an account, which ends its sessions at once, or
// enables it again.
func (a *Logins) SetAccountState(ctx context.Context, who *roster.Actor, id string, version int64, disabled bool) (desk.Receipt, error) {
	if version == 0 {
		return desk.Receipt{}, fault.VersionRequired()
	}
	op := "account.enable"
	if disabled {
		op = "account.disable"
	}
	return a.Write(ctx, who, desk.Write{Op: op}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		before, err := a.accountToEdit(ctx, tx, who, id)
		if err != nil {
			return nil, "", err
		}
		if before.Version != version {
			return nil, "", fault.Conflict("stale_version", "Current", before.Version)
		}
		if before.ID == who.Account {
			return nil, "", fault.Forbidden("account_own")
		}
		after := *before
		switch {
		case disabled && before.State != roster.AccountDisabled:
			after.State = roster.AccountDisabled
		case !disabled && before.State == roster.AccountDisabled:
			after.State = roster.AccountNew
			if c, err := tx.Credential(ctx, id); err != nil {
				return nil, "", err
			} else if c != nil && c.Hash != "" {
				after.State = roster.AccountActive
			}
		default:
			return nil, "", fault.Conflict("account_state")
		}
		if err := tx.Save(ctx, before, &after); err != nil {
			return nil, "", err
		}
		if err := tx.EndSessions(ctx, id, ""); err != nil {
			return nil, "", err
		}
		return []ledger.Fact{{Verb: op, Kind: kinds.Account, ID: id}}, id, tx.Bump(ctx, store.GenerationAuthority)
	})
}
