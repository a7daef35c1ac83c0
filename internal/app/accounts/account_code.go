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

// opCode opens an account to whoever holds the code. For a newcomer one
// administrator is enough; anybody else would lose his name to him, so that a
// second one agrees, or the person himself on a device where he is signed in.
// An account that one alone opened carries no role, whenever and however the
// role comes: until two stand for a new code, nobody signs in (Actor.Unvouched).
const opCode = "account.code"

// waitingCode is a code that nobody may use yet: what opens, never the code.
type waitingCode struct {
	Digest string `json:"digest"`
}

func (a *Logins) registerCode() {
	a.Register(opCode, approval.Act{Run: a.agreedCode, Show: a.showCode})
}

// IssueCode draws a one-time code for an account. For a newcomer it opens the
// account at once. For anybody else it opens nothing until a second
// administrator or the person himself has agreed: until is then zero and the
// receipt's ResultID the proposal. The code is in the answer and nowhere else.
func (a *Logins) IssueCode(ctx context.Context, who *roster.Actor, accountID string) (code string, until time.Time, rec desk.Receipt, err error) {
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

// opensAlone reports whether one is enough: the account is a newcomer's, who
// never set a password, holds no role and is told of no matter, or the operator sets the site up and
// no administrator has signed in yet.
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

func (a *Logins) proposeCode(ctx context.Context, tx *store.Tx, who *roster.Actor, acc *roster.Account, code string) ([]ledger.Fact, string, error) {
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

// secondAdministrator is the role that agrees to a code: security
// administrators, unless none is there beside the two whom it concerns.
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

// openByCode lets the code open the account: the password, the sessions and the
// failures are forgotten.
func openByCode(ctx context.Context, tx *store.Tx, acc *roster.Account, hash string) (ledger.Fact, time.Time, error) {
	fact := ledger.Fact{Verb: opCode, Kind: string(roster.KindAccount), ID: acc.ID}
	until := tx.Now().Add(CodeLasts)
	if err := tx.PutCredential(ctx, &roster.Credential{AccountID: acc.ID, CodeHash: hash, CodeUntil: until, ChangedAt: tx.Now()}); err != nil {
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

// agreedCode is what a second administrator's word does.
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
func (a *Logins) showCode(ctx context.Context, v *store.View, _ *roster.Actor, p *consent.Proposal, _ []byte) ([]approval.ProposalLine, error) {
	acc, err := v.Account(ctx, p.ObjectID, roster.Scope{All: true})
	if err != nil {
		return nil, err
	}
	names, err := v.PersonNames(ctx, []string{acc.PersonID})
	return []approval.ProposalLine{{Key: "login", Text: acc.Login}, {Key: "holder", Text: names[acc.PersonID]}}, err
}
