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

// opCode issues a one-time code for an account. One administrator can do it for a
// newcomer. For anybody else a second administrator must agree, or the person
// himself on a device where he is signed in: whoever holds the code becomes him. An
// account that one administrator opened alone carries no role, however the role
// comes later: nobody can sign in until two people stand behind a new code
// (Actor.Unvouched).
const opCode = "account.code"

// waitingCode records that a code was asked for and cannot be used yet. It never
// holds the code itself.
type waitingCode struct {
	Digest string `json:"digest"`
}

func (a *Logins) registerCode() {
	a.Register(opCode, approval.Act{Run: a.agreedCode, Show: a.showCode})
}

// IssueCode issues a one-time code for an account. A newcomer's code works at once.
// Any other code works only after a second administrator or the person himself
// agrees; until then the returned time is zero and the receipt's ResultID is the
// proposal. The code appears in the answer and nowhere else.
func (a *Logins) IssueCode(ctx context.Context, who *roster.Actor,
	accountID string) (code string, until time.Time, rec desk.Receipt, err error) {
	code = NewCode()
	rec, err = a.Write(ctx, who, desk.Write{Op: opCode}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		until = time.Time{}
		sc, err := a.Scope(ctx, &tx.View, who, roster.ActEdit, roster.KindAccount)
		if err != nil {
			return nil, "", err
		}
		acc, err := tx.Account(ctx, accountID, sc)
		if err != nil {
			return nil, "", err
		}
		if acc.State == roster.AccountDisabled {
			return nil, "", fault.Conflict("account_disabled")
		}
		alone, err := a.opensAlone(ctx, tx, who, acc)
		if err != nil {
			return nil, "", err
		}
		if !alone {
			return a.proposeCode(ctx, tx, who, acc, code)
		}
		fact, at, err := openByCode(ctx, tx, acc, Digest(FoldCode(code)))
		until = at
		return []ledger.Fact{fact}, acc.ID, err
	})
	if err != nil {
		return "", time.Time{}, rec, err
	}
	return code, until, rec, nil
}

// opensAlone reports whether one administrator is enough: the account belongs to a
// newcomer who never set a password, holds no role and has been notified of nothing,
// or the operator is setting up the site and no administrator has signed in yet.
func (a *Logins) opensAlone(ctx context.Context, tx *store.Tx, who *roster.Actor, acc *roster.Account) (bool, error) {
	known, err := tx.TakenIntoUse(ctx, acc.ID)
	if err != nil {
		return false, err
	}
	grants, err := tx.GrantsOf(ctx, acc)
	if err != nil {
		return false, err
	}
	for _, g := range grants {
		known = known || g.State != roster.GrantRevoked
	}
	if !known && acc.PersonID != "" { // who must answer for something has what another could waive for him
		if known, err = tx.MustAnswer(ctx, acc.PersonID); err != nil {
			return false, err
		}
	}
	if !known || !who.Program {
		return !known, nil
	}
	begun, err := tx.AdministratorsBegan(ctx)
	return !begun, err
}

func (a *Logins) proposeCode(ctx context.Context, tx *store.Tx, who *roster.Actor, acc *roster.Account,
	code string) ([]ledger.Fact, string, error) {
	if acc.PersonID == "" || acc.PersonID == who.Person {
		return nil, "", fault.Forbidden("code_own") // he would ask, and then agree on his own device
	}
	holder, err := tx.Person(ctx, acc.PersonID, roster.Scope{All: true})
	if err != nil {
		return nil, "", err
	}
	p := consent.Proposal{Op: opCode, ObjectKind: string(roster.KindAccount), ObjectID: acc.ID, UnitID: holder.UnitID, Ground: "code",
		DecideTier: desk.LowestTier, Excluded: holder.ID, AskedBy: holder.ID}
	if p.Approver, err = a.secondAdministrator(ctx, tx, who, holder); err != nil {
		return nil, "", err
	}
	return a.Propose(ctx, tx, who, p, waitingCode{Digest(FoldCode(code))}, "")
}

// secondAdministrator returns the role that must agree to a code: the security
// administrators, or another role if there are none besides the two people
// concerned.
func (a *Logins) secondAdministrator(ctx context.Context, tx *store.Tx, who *roster.Actor, holder *roster.Person) (roster.Role, error) {
	tree, err := a.Tree(ctx, &tx.View)
	if err != nil {
		return "", err
	}
	for _, role := range []roster.Role{roster.RoleSecurityAdmin, roster.RoleSystemAdmin} {
		n, err := tx.HoldersBeside(ctx, role, tree.Ancestors(holder.UnitID), roster.DateOf(tx.Now(), a.Zone()), holder.ID, who.Person)
		if err != nil || n > 0 {
			return role, err
		}
	}
	return "", fault.Conflict("code_no_second")
}

// openByCode makes the code valid and clears the password, the sessions and the
// failed attempts.
func openByCode(ctx context.Context, tx *store.Tx, acc *roster.Account, hash string) (ledger.Fact, time.Time, error) {
	fact := ledger.Fact{Verb: opCode, Kind: string(roster.KindAccount), ID: acc.ID}
	until := tx.Now().Add(CodeLasts)
	if err := tx.PutCredential(ctx, &roster.Credential{AccountID: acc.ID, CodeHash: hash, CodeUntil: until,
		ChangedAt: tx.Now()}); err != nil {
		return fact, until, err
	}
	if err := tx.EndSessions(ctx, acc.ID, ""); err != nil {
		return fact, until, err
	}
	if err := tx.Bump(ctx, store.GenerationAuthority); err != nil { // whether two stand for it decides what the account may carry
		return fact, until, err
	}
	return fact, until, tx.ClearAttempts(ctx, accountKey(acc.LoginFolded))
}

// agreedCode issues the code once a second administrator has agreed.
func (a *Logins) agreedCode(ctx context.Context, tx *store.Tx, g approval.Approved) ([]ledger.Fact, error) {
	in, err := approval.Input[waitingCode](g.Input)
	if err != nil {
		return nil, err
	}
	acc, err := tx.Account(ctx, g.Proposal.ObjectID, roster.Scope{All: true})
	if err != nil {
		return nil, err
	}
	if acc.State == roster.AccountDisabled {
		return nil, fault.Conflict("account_disabled")
	}
	fact, _, err := openByCode(ctx, tx, acc, in.Digest)
	return []ledger.Fact{fact}, err
}

// showCode names the account and its holder.
func (a *Logins) showCode(ctx context.Context, v *store.View, _ *roster.Actor, p *consent.Proposal,
	_ []byte) ([]approval.ProposalLine, error) {
	acc, err := v.Account(ctx, p.ObjectID, roster.Scope{All: true})
	if err != nil {
		return nil, err
	}
	names, err := v.PersonNames(ctx, []string{acc.PersonID})
	return []approval.ProposalLine{{Key: "login", Text: acc.Login}, {Key: "holder", Text: names[acc.PersonID]}}, err
}
