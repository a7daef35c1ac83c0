package people

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"plumbline/internal/app/accounts"
	"plumbline/internal/app/desk"
	"plumbline/internal/fault"
	"plumbline/internal/kinds"
	"plumbline/internal/ledger"
	"plumbline/internal/roster"
	"plumbline/internal/store"
	"plumbline/internal/verbs"
)

// SetUpInput names the first administrators by personnel number. A second
// security administrator is optional but wise: without one nobody can approve a
// change of administrators. So is one of the superior authority, who must be
// posted there: nobody inside the bureau may grant above it, and without him
// nobody accepts the bureau's own lists or approves refusals about its leaders.
type SetUpInput struct {
	System, Security, Audit string
	SecondSecurity          string
	AuthoritySecurity       string
}

// Validate judges the input by itself.
func (in SetUpInput) Validate() error {
	seen := map[string]bool{}
	for _, n := range []struct{ field, value string }{{"system", in.System}, {"security", in.Security}, {"audit", in.Audit},
		{"second_security", in.SecondSecurity},
		{"authority_security", in.AuthoritySecurity}} {
		number := roster.FoldNumber(n.value)
		if number == "" {
			if n.field == "second_security" || n.field == "authority_security" {
				continue
			}
			return fault.Invalid("required", n.field)
		}
		if seen[number] {
			return fault.Invalid("setup_people", n.field)
		}
		seen[number] = true
	}
	return nil
}

// NewAccess is an account with its one-time code, which is shown once.
type NewAccess struct {
	AccountID   string      `json:"account_id"`
	Login       string      `json:"login"`
	PersonnelNo string      `json:"personnel_no"`
	Name        string      `json:"name"`
	UnitID      string      `json:"unit_id"`
	Unit        string      `json:"unit"`
	Role        roster.Role `json:"role,omitempty"`
	Code        string      `json:"code,omitempty"`
	Until       time.Time   `json:"until"`
}

// SetUp creates the first administrators of the bureau, and the one of the superior
// authority at the unit where he is posted, each with an account and a one-time
// code, in one write. It refuses once there is any administrator: from then on
// security administrators grant roles.
func (a *Personnel) SetUp(ctx context.Context, in SetUpInput) (out []NewAccess, rec desk.Receipt, err error) {
	who := desk.Program("set-up")
	rec, err = a.Write(ctx, who, desk.Write{Op: verbs.SiteSetup, Body: in}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		out = nil
		for _, r := range []roster.Role{roster.RoleSystemAdmin, roster.RoleSecurityAdmin, roster.RoleAuditAdmin} { // three
			n, err := tx.CountGrants(ctx, r)
			if err != nil {
				return nil, "", err
			}
			if n > 0 {
				return nil, "", fault.Conflict("setup_done")
			}
		}
		tree, err := a.Tree(ctx, &tx.View)
		if err != nil {
			return nil, "", err
		}
		bureau := tree.Bureau()
		if bureau == "" {
			return nil, "", fault.Invalid("setup_no_bureau", "")
		}
		var facts []ledger.Fact
		for _, n := range []struct {
			field, number string
			role          roster.Role
		}{{"system", in.System, roster.RoleSystemAdmin}, {"security", in.Security, roster.RoleSecurityAdmin},
			{"audit", in.Audit, roster.RoleAuditAdmin}, {"second_security", in.SecondSecurity, roster.RoleSecurityAdmin},
			{"authority_security", in.AuthoritySecurity, roster.RoleSecurityAdmin}} { // at most five
			if n.number == "" {
				continue
			}
			access, err := a.firstAdministrator(ctx, tx, tree, n.number, n.role, n.field == "authority_security")
			if err != nil {
				return nil, "", fault.As(err).WithField(n.field)
			}
			out = append(out, *access)
			facts = append(facts, ledger.Fact{Verb: verbs.SiteSetup, Kind: kinds.Account, ID: access.AccountID, Unit: access.UnitID})
		}
		return facts, bureau, tx.Bump(ctx, store.GenerationAuthority)
	})
	if err != nil {
		out = nil
	}
	return out, rec, err
}

func (a *Personnel) firstAdministrator(ctx context.Context, tx *store.Tx, tree *roster.Tree, number string, role roster.Role,
	above bool) (*NewAccess, error) {
	number = roster.FoldNumber(number)
	people, err := tx.PeopleNumbered(ctx, []string{number})
	if err != nil {
		return nil, err
	}
	p := people[number]
	if p == nil || p.State != roster.Serving {
		return nil, fault.Invalid("person_unknown", "")
	}
	at := tree.Bureau()
	if above {
		if at = p.UnitID; tree.Tier(at) != 0 {
			return nil, fault.Invalid("setup_authority", "")
		}
	}
	has, err := tx.AccountsOf(ctx, p.ID)
	if err != nil {
		return nil, err
	}
	var acc *roster.Account
	if len(has) > 0 {
		acc = &has[0]
	} else {
		acc = accounts.NewAccount(tx, strings.ToLower(number), p.ID)
		if err := accounts.JudgeLogin(acc.Login); err != nil {
			return nil, err
		}
		if taken, err := tx.AccountByLogin(ctx, acc.LoginFolded); err != nil {
			return nil, err
		} else if taken != nil {
			return nil, fault.Invalid("login_taken", "")
		}
		if err := tx.Insert(ctx, acc); err != nil {
			return nil, err
		}
	}
	today := roster.DateOf(tx.Now(), a.Zone())
	held, err := tx.GrantsOf(ctx, acc)
	if err != nil {
		return nil, err
	}
	if err := roster.Separate(roster.GrantWish{Role: role, UnitID: at, FromOn: today}, held); err != nil {
		return nil, err
	}
	g := &roster.Grant{AccountID: acc.ID, Role: role, UnitID: at, FromOn: today, State: roster.GrantLive, GrantedBy: "program:set-up"}
	if err := tx.Insert(ctx, g); err != nil {
		return nil, err
	}
	code := accounts.NewCode()
	until := tx.Now().Add(accounts.CodeLasts)
	c := &roster.Credential{AccountID: acc.ID, CodeHash: accounts.Digest(accounts.FoldCode(code)), CodeUntil: until, ChangedAt: tx.Now()}
	if err := tx.PutCredential(ctx, c); err != nil {
		return nil, err
	}
	return &NewAccess{AccountID: acc.ID, Login: acc.Login, PersonnelNo: p.PersonnelNo, Name: p.Name, UnitID: at, Unit: tree.Unit(at).Name,
		Role: role, Code: code, Until: until}, nil
}

// AccountsInput asks for accounts for everybody in service who has none.
type AccountsInput struct {
	UnitID   string // this unit and below; "" for all in reach
	Codes    bool   // draw a one-time code for each
	Progress func(done int)
}

// accountsAtOnce is the number of accounts per write.
const accountsAtOnce = 200

// AddAccounts creates accounts for everybody in reach who is in service and has
// none. The login is the personnel number. Existing accounts are kept, so it can be
// repeated after an import. Logins already in use are skipped and named. Each part
// is a whole write.
func (a *Personnel) AddAccounts(ctx context.Context, who *roster.Actor, in AccountsInput) (made []NewAccess, skipped []string, err error) {
	after := ""
	for {
		var people []roster.Person
		var part []NewAccess
		var passed []string
		write := func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
			part, passed = nil, nil
			tree, err := a.Tree(ctx, &tx.View)
			if err != nil {
				return nil, "", err
			}
			sc := a.Table().Scope(who, roster.ActCreate, roster.KindAccount, tree)
			var units []string
			if in.UnitID != "" {
				if units = tree.Subtree(in.UnitID); units == nil {
					return nil, "", fault.Invalid("unit_unknown", "unit")
				}
			}
			if people, err = tx.WithoutAccount(ctx, units, sc, after, accountsAtOnce); err != nil {
				return nil, "", err
			}
			if len(people) == 0 {
				return nil, "", store.ErrUnchanged
			}
			part, passed, err = a.newAccounts(ctx, tx, tree, people, in.Codes)
			if err != nil {
				return nil, "", err
			}
			if len(part) == 0 {
				return nil, "", store.ErrUnchanged
			}
			return []ledger.Fact{{Verb: verbs.AccountCreateMany, Kind: kinds.Account, ID: part[0].AccountID, Unit: in.UnitID}}, "", nil
		}
		if _, err := a.Write(ctx, who, desk.Write{Op: verbs.AccountCreateMany}, write); err != nil && !errors.Is(err, store.ErrUnchanged) {
			return made, skipped, err
		}
		if len(people) == 0 {
			return made, skipped, nil
		}
		after = people[len(people)-1].ID
		made, skipped = append(made, part...), append(skipped, passed...)
		if in.Progress != nil {
			in.Progress(len(made))
		}
	}
}

func (a *Personnel) newAccounts(ctx context.Context, tx *store.Tx, tree *roster.Tree, people []roster.Person,
	codes bool) (made []NewAccess, skipped []string, err error) {
	logins := make([]string, len(people))
	for i := range people {
		logins[i] = roster.FoldLogin(people[i].PersonnelNo)
	}
	taken, err := tx.LoginsTaken(ctx, logins)
	if err != nil {
		return nil, nil, err
	}
	var opened []*roster.Account
	var secrets []roster.Credential
	until := tx.Now().Add(accounts.CodeLasts)
	for i := range people {
		p := &people[i]
		if slices.Contains(taken, logins[i]) || accounts.JudgeLogin(logins[i]) != nil {
			skipped = append(skipped, p.PersonnelNo)
			continue
		}
		acc := accounts.NewAccount(tx, strings.ToLower(p.PersonnelNo), p.ID)
		opened = append(opened, acc)
		n := NewAccess{AccountID: acc.ID, Login: acc.Login, PersonnelNo: p.PersonnelNo, Name: p.Name, UnitID: p.UnitID}
		if u := tree.Unit(p.UnitID); u != nil {
			n.Unit = u.Name
		}
		if codes {
			n.Code, n.Until = accounts.NewCode(), until
			secrets = append(secrets, roster.Credential{AccountID: acc.ID, CodeHash: accounts.Digest(accounts.FoldCode(n.Code)),
				CodeUntil: until, ChangedAt: tx.Now()})
		}
		made = append(made, n)
	}
	if len(opened) == 0 {
		return made, skipped, nil
	}
	if err := tx.Insert(ctx, opened); err != nil {
		return nil, nil, err
	}
	return made, skipped, tx.PutCredentials(ctx, secrets)
}

// HeadsResult is the result of GrantHeads.
type HeadsResult struct {
	Granted int      `json:"granted"`
	Skipped []string `json:"skipped"` // accounts that the separation of duties forbids, or outside reach
}

// GrantHeads grants the role of unit head to everybody with an account whom the
// roster names as head of an active unit in reach. It can be repeated after an
// import and grants nothing twice.
func (a *Personnel) GrantHeads(ctx context.Context, who *roster.Actor, key string) (HeadsResult, desk.Receipt, error) {
	out := HeadsResult{Skipped: []string{}}
	rec, err := a.Write(ctx, who, desk.Write{Op: "grant.heads", Key: key}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		out = HeadsResult{Skipped: []string{}}
		today := roster.DateOf(tx.Now(), a.Zone())
		_, tree, err := a.UnitScope(ctx, &tx.View, who, roster.ActGrant, roster.KindGrant)
		if err != nil {
			return nil, "", err
		}
		rows, err := tx.HeadsWithoutGrant(ctx, today)
		if err != nil {
			return nil, "", err
		}
		ids := make([]string, len(rows))
		for i, r := range rows {
			ids[i] = r.AccountID
		}
		holders, err := tx.AccountsByID(ctx, ids)
		if err != nil {
			return nil, "", err
		}
		var facts []ledger.Fact
		for _, r := range rows { // some two hundred units
			to := holders[r.AccountID]
			w := roster.GrantWish{Role: roster.RoleUnitHead, UnitID: r.UnitID, FromOn: today}
			held, err := tx.GrantsOf(ctx, to)
			if err != nil {
				return nil, "", err
			}
			if roster.MayGrant(who, tree, r.UnitID, to) != nil || roster.Separate(w, held) != nil {
				out.Skipped = append(out.Skipped, to.Login)
				continue
			}
			fact, _, err := a.accounts.InsertGrant(ctx, tx, to, &roster.Grant{AccountID: to.ID, Role: w.Role, UnitID: w.UnitID,
				FromOn: w.FromOn,
				State:  roster.GrantLive, GrantedBy: who.Account}, w)
			if err != nil {
				return nil, "", err
			}
			facts = append(facts, fact...)
			out.Granted++
		}
		if len(facts) == 0 {
			return nil, "", store.ErrUnchanged
		}
		return facts, "", nil
	})
	if errors.Is(err, store.ErrUnchanged) {
		err = nil
	}
	return out, rec, err
}
