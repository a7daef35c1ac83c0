package accounts

import (
	"context"
	"time"

	"plumbline/internal/app/approval"
	"plumbline/internal/app/desk"
	"plumbline/internal/consent"
	"plumbline/internal/fault"
	"plumbline/internal/ledger"
	"plumbline/internal/roster"
	"plumbline/internal/store"
)

// OwnCode is a one-time code issued for the actor's own account, as reported to him.
type OwnCode struct {
	ID      string        `json:"id"` // "" where one alone issued it
	Version int64         `json:"version"`
	State   consent.State `json:"state"`
	At      time.Time     `json:"at"`             // when it was asked for, or opened the account
	By      string        `json:"by"`             // who asked; "" is the operator at the server
	With    string        `json:"with,omitempty"` // who agreed
	Alone   bool          `json:"alone,omitempty" doc:"One alone issued it; there is nothing to confirm or refuse"`
}

// OwnCodes lists the pending codes for the actor's account and those used in the
// last 30 days. They cannot be dismissed, or whoever signed in with a stolen code
// would dismiss them.
func (a *Logins) OwnCodes(ctx context.Context, v *store.View, who *roster.Actor) (out []OwnCode, err error) {
	rows, err := v.ProposalsOn(ctx, who.Account)
	if err != nil {
		return nil, err
	}
	alone, err := a.ownCodesAlone(ctx, v, who)
	if err != nil || len(rows) == 0 {
		return alone, err
	}
	var people []string
	for _, p := range rows {
		people = append(people, p.ProposedBy, p.SettledBy)
	}
	names, err := v.PersonNames(ctx, people)
	for i := len(rows) - 1; i >= 0; i-- {
		p := &rows[i]
		if p.Op != opCode {
			continue
		}
		c := OwnCode{ID: p.ID, Version: p.Version, State: p.State, At: p.CreatedAt, By: names[p.ProposedBy], With: names[p.SettledBy]}
		if p.State == consent.Approved {
			c.At = *p.SettledAt
		}
		if p.State == consent.Proposed || p.State == consent.Approved && c.At.After(a.Store.Now().AddDate(0, 0, -approval.ToldDays)) {
			out = append(out, c)
		}
	}
	return append(out, alone...), err
}

// ownCodesAlone lists the codes that a single administrator issued for the actor's
// account, until 30 days after the newest one: if somebody else used the account
// before him, he learns who issued the code.
func (a *Logins) ownCodesAlone(ctx context.Context, v *store.View, who *roster.Actor) ([]OwnCode, error) {
	issued, err := v.CodesOf(ctx, who.Account)
	if err != nil || len(issued) == 0 || !issued[len(issued)-1].At.After(a.Store.Now().AddDate(0, 0, -approval.ToldDays)) {
		return nil, err
	}
	var out []OwnCode
	var by []string // accounts
	for i := len(issued) - 1; i >= 0; i-- {
		e := &issued[i]
		if e.Alone {
			out, by = append(out, OwnCode{State: consent.Approved, At: e.At.UTC(), By: e.Account, Alone: true}), append(by, e.Account)
		}
	}
	accounts, err := v.AccountsByID(ctx, by)
	if err != nil {
		return nil, err
	}
	var people []string
	for _, acc := range accounts {
		people = append(people, acc.PersonID)
	}
	names, err := v.PersonNames(ctx, people)
	for i := range out {
		acc := accounts[out[i].By]
		if out[i].By = ""; acc != nil {
			out[i].By = names[acc.PersonID]
		}
	}
	return out, err
}

// ConfirmCode confirms, from one of the actor's own sessions, that he wants the
// code. It shows him a fresh code, invalidates the one that the requester knows, and
// ends his sessions.
func (a *Logins) ConfirmCode(ctx context.Context, who *roster.Actor,
	in approval.ProposalInput) (code string, until time.Time, rec desk.Receipt, err error) {
	code = NewCode()
	rec, err = a.ownWord(ctx, who, "account.code_confirm", in, consent.Agree, func(ctx context.Context, tx *store.Tx, acc *roster.Account) ([]ledger.Fact, error) {
		fact, at, err := openByCode(ctx, tx, acc, Digest(FoldCode(code)))
		until = at
		return []ledger.Fact{fact}, err
	})
	if err != nil {
		return "", time.Time{}, rec, err
	}
	return code, until, rec, nil
}

// RefuseCode refuses a code that somebody else asked for.
func (a *Logins) RefuseCode(ctx context.Context, who *roster.Actor, in approval.ProposalInput) (desk.Receipt, error) {
	return a.ownWord(ctx, who, "account.code_refuse", in, consent.Dissent,
		func(context.Context, *store.Tx, *roster.Account) ([]ledger.Fact, error) { return nil, nil })
}

func (a *Logins) ownWord(ctx context.Context, who *roster.Actor, op string, in approval.ProposalInput, choice consent.Choice,
	then func(ctx context.Context, tx *store.Tx, acc *roster.Account) ([]ledger.Fact, error)) (desk.Receipt, error) {
	return a.Write(ctx, who, desk.Write{Op: op, Body: in}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		p, err := ownProposal(ctx, tx, who, in.ID)
		if err != nil {
			return nil, "", err
		}
		if who.Session == "" {
			return nil, "", fault.Unauthenticated() // his word counts on a device that he holds
		}
		if err := desk.SameVersion(p.Version, in.Version); err != nil {
			return nil, "", err
		}
		acc, err := tx.Account(ctx, who.Account, roster.Scope{All: true})
		if err != nil {
			return nil, "", err
		}
		if err := desk.Alter(ctx, tx, p, func(p *consent.Proposal) error { return p.Own(who.Person, choice, tx.Now()) }); err != nil {
			return nil, "", err
		}
		vote := consent.Vote{ProposalID: p.ID, PersonID: who.Person, Choice: choice, NoteC: ledger.Commitment{}}
		vote.ID = tx.NewID()
		if err := tx.Insert(ctx, &vote); err != nil {
			return nil, "", err
		}
		more, err := then(ctx, tx, acc)
		return append([]ledger.Fact{{Verb: op, Kind: string(roster.KindProposal), ID: p.ID, Unit: p.UnitID}}, more...), p.ID, err
	})
}

func ownProposal(ctx context.Context, tx *store.Tx, who *roster.Actor, id string) (*consent.Proposal, error) {
	rows, err := tx.ProposalsOn(ctx, who.Account)
	if err != nil {
		return nil, err
	}
	for i := range rows { // a few in a career
		if rows[i].ID == id && rows[i].Op == opCode {
			return &rows[i], nil
		}
	}
	return nil, fault.NotFound()
}
