package accounts

import (
	"context"

	"plumbline/internal/app/desk"
	"plumbline/internal/fault"
	"plumbline/internal/kinds"
	"plumbline/internal/ledger"
	"plumbline/internal/roster"
	"plumbline/internal/store"
	"plumbline/internal/verbs"
)

// GrantView is a grant as a face shows it.
type GrantView struct {
	ID         string      `json:"id"`
	Version    int64       `json:"version"`
	AccountID  string      `json:"account_id"`
	Login      string      `json:"login"`
	Name       string      `json:"name,omitempty"`
	Role       roster.Role `json:"role"`
	UnitID     string      `json:"unit_id"`
	Unit       string      `json:"unit"`
	FromOn     roster.Date `json:"from"`
	ToOn       roster.Date `json:"to,omitempty"`
	State      string      `json:"state"`
	InForce    bool        `json:"in_force"`
	GrantedBy  string      `json:"granted_by"`
	ApprovedBy string      `json:"approved_by,omitempty"`
	RevokedBy  string      `json:"revoked_by,omitempty"`
	DeputyOf   string      `json:"deputy_of,omitempty"`
}

// GrantQuery asks for a page of the list of grants.
type GrantQuery struct {
	State, AccountID, UnitID, Cursor string
	Role                             roster.Role
	Limit                            int
}

// Grants lists the grants at the units in scope, the newest first.
func (a *Logins) Grants(ctx context.Context, who *roster.Actor, in GrantQuery) (out []GrantView, next string, err error) {
	next, err = a.ReadPageBy(ctx, who, "grant.list", in.Cursor, in.Limit, func(ctx context.Context, v *store.View, p *desk.Page) error {
		sc, _, err := a.UnitScope(ctx, v, who, roster.ActList, roster.KindGrant)
		if err != nil {
			return err
		}
		rows, err := v.GrantList(ctx, store.GrantFilter{State: in.State, Role: in.Role, AccountID: in.AccountID, UnitID: in.UnitID},
			sc, p.Rows())
		if err != nil {
			return err
		}
		rows = desk.Cut(p, rows, func(r roster.Grant) []string { return []string{r.ID} })
		out, err = a.grantViews(ctx, v, who, rows)
		return err
	})
	return out, next, err
}

func (a *Logins) grantViews(ctx context.Context, v *store.View, who *roster.Actor, rows []roster.Grant) ([]GrantView, error) {
	var ids, people []string
	for _, g := range rows {
		ids = append(ids, g.AccountID)
	}
	accounts, err := v.AccountsByID(ctx, ids)
	if err != nil {
		return nil, err
	}
	for _, acc := range accounts {
		people = append(people, acc.PersonID)
	}
	names, err := v.PersonNames(ctx, people)
	if err != nil {
		return nil, err
	}
	units, err := a.UnitNames(ctx, v, who.Lang)
	if err != nil {
		return nil, err
	}
	today := a.Today()
	out := make([]GrantView, 0, len(rows))
	for _, g := range rows {
		view := GrantView{ID: g.ID, Version: g.Version, AccountID: g.AccountID, Role: g.Role, UnitID: g.UnitID, Unit: units[g.UnitID],
			FromOn: g.FromOn, ToOn: g.ToOn, State: g.State, InForce: g.InForce(today), GrantedBy: g.GrantedBy, ApprovedBy: g.ApprovedBy,
			RevokedBy: g.RevokedBy, DeputyOf: g.DeputyOf}
		if acc := accounts[g.AccountID]; acc != nil {
			view.Login, view.Name = acc.Login, names[acc.PersonID]
		}
		out = append(out, view)
	}
	return out, nil
}

// GrantInput grants a role at a unit for a time.
type GrantInput struct {
	Login  string      `json:"login,omitempty"` // of the account; or
	ID     string      `json:"account_id,omitempty"`
	Role   roster.Role `json:"role"`
	UnitID string      `json:"unit_id"`
	FromOn roster.Date `json:"from"`
	ToOn   roster.Date `json:"to,omitempty"`
	Key    string      `json:"-"`
}

// Validate judges the input by itself.
func (in GrantInput) Validate() error {
	if in.ID == "" {
		if f := Missing(in.Login, "login"); f != nil {
			return f
		}
	}
	if err := judgeDates(in.FromOn, in.ToOn); err != nil {
		return err
	}
	return in.wish().Check()
}

func (in GrantInput) wish() roster.GrantWish {
	return roster.GrantWish{Role: in.Role, UnitID: in.UnitID, FromOn: in.FromOn, ToOn: in.ToOn}
}

// judgeDates refuses invalid dates.
func judgeDates(from, to roster.Date) error {
	if _, err := roster.ParseDate(string(from)); err != nil {
		return fault.As(err).WithField("from")
	}
	if _, err := roster.ParseDate(string(to)); err != nil {
		return fault.As(err).WithField("to")
	}
	return nil
}

// Grant grants a role. An administrator's waits for a second security
// administrator.
func (a *Logins) Grant(ctx context.Context, who *roster.Actor, in GrantInput) (string, desk.Receipt, error) {
	rec, err := a.Write(ctx, who, desk.Write{Op: verbs.GrantCreate, Key: in.Key, Body: in}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		sc, tree, err := a.UnitScope(ctx, &tx.View, who, roster.ActGrant, roster.KindGrant)
		if err != nil {
			return nil, "", err
		}
		if u := tree.Unit(in.UnitID); u == nil || !sc.Admits(roster.Target{Unit: in.UnitID}) {
			return nil, "", fault.Invalid("unit_unknown", "unit")
		} else if u.State != roster.UnitActive {
			return nil, "", fault.Invalid("unit_not_active", "unit")
		}
		to, err := a.grantee(ctx, tx, in.ID, in.Login)
		if err != nil {
			return nil, "", err
		}
		if err := roster.MayGrant(who, tree, in.UnitID, to); err != nil {
			return nil, "", err
		}
		g := &roster.Grant{AccountID: to.ID, Role: in.Role, UnitID: in.UnitID, FromOn: in.FromOn, ToOn: in.ToOn,
			State: roster.FirstState(who, in.Role), GrantedBy: who.Account}
		return a.InsertGrant(ctx, tx, to, g, in.wish())
	})
	return rec.ResultID, rec, err
}

// InsertGrant checks the separation of duties and stores the grant.
func (a *Logins) InsertGrant(ctx context.Context, tx *store.Tx, to *roster.Account, g *roster.Grant,
	w roster.GrantWish) ([]ledger.Fact, string, error) {
	held, err := tx.GrantsOf(ctx, to)
	if err != nil {
		return nil, "", err
	}
	if err := roster.Separate(w, held); err != nil {
		return nil, "", err
	}
	g.ID = tx.NewID()
	if err := tx.Insert(ctx, g); err != nil {
		return nil, "", err
	}
	verb := verbs.GrantCreate
	if g.State == roster.GrantProposed {
		verb = verbs.GrantPropose
	}
	return []ledger.Fact{{Verb: verb, Kind: kinds.Grant, ID: g.ID, Unit: g.UnitID}}, g.ID, tx.Bump(ctx, store.GenerationAuthority)
}

func (a *Logins) grantee(ctx context.Context, tx *store.Tx, id, login string) (*roster.Account, error) {
	var to *roster.Account
	if id != "" {
		accounts, err := tx.AccountsByID(ctx, []string{id})
		if err != nil {
			return nil, err
		}
		to = accounts[id]
	} else {
		var err error
		if to, err = tx.AccountByLogin(ctx, roster.FoldLogin(login)); err != nil {
			return nil, err
		}
	}
	if to == nil || to.State == roster.AccountDisabled {
		return nil, fault.Invalid("account_unknown", "login")
	}
	return to, nil
}

// ApproveGrant puts an administrator's grant into force. It takes a second person.
func (a *Logins) ApproveGrant(ctx context.Context, who *roster.Actor, id string, version int64) (desk.Receipt, error) {
	if version == 0 {
		return desk.Receipt{}, fault.VersionRequired()
	}
	return a.Write(ctx, who, desk.Write{Op: verbs.GrantApprove}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		before, to, tree, err := a.grantToChange(ctx, tx, who, roster.ActApprove, id, version)
		if err != nil {
			return nil, "", err
		}
		after, err := roster.Approve(*before, who, tree, to)
		if err != nil {
			return nil, "", err
		}
		held, err := tx.GrantsOf(ctx, to)
		if err != nil {
			return nil, "", err
		}
		others := held[:0]
		for _, g := range held {
			if g.ID != id {
				others = append(others, g)
			}
		}
		if err := roster.Separate(roster.GrantWish{Role: after.Role, UnitID: after.UnitID, FromOn: after.FromOn, ToOn: after.ToOn},
			others); err != nil {
			return nil, "", err
		}
		if err := tx.Save(ctx, before, &after); err != nil {
			return nil, "", err
		}
		return []ledger.Fact{{Verb: verbs.GrantApprove, Kind: kinds.Grant, ID: id, Unit: after.UnitID}}, id, tx.Bump(ctx,
			store.GenerationAuthority)
	})
}

func (a *Logins) grantToChange(ctx context.Context, tx *store.Tx, who *roster.Actor, act roster.Act, id string,
	version int64) (*roster.Grant, *roster.Account, *roster.Tree, error) {
	sc, tree, err := a.UnitScope(ctx, &tx.View, who, act, roster.KindGrant)
	if err != nil {
		return nil, nil, nil, err
	}
	g, err := tx.Grant(ctx, id, sc)
	if err != nil {
		return nil, nil, nil, err
	}
	if g.Version != version {
		return nil, nil, nil, fault.Conflict("stale_version", "Current", g.Version)
	}
	accounts, err := tx.AccountsByID(ctx, []string{g.AccountID})
	if err != nil {
		return nil, nil, nil, err
	}
	if accounts[g.AccountID] == nil {
		return nil, nil, nil, fault.NotFound()
	}
	return g, accounts[g.AccountID], tree, nil
}

// RevokeGrant ends a grant and its deputies today. Nobody revokes his own grant, so
// a dispute between administrators leaves a trace on both sides.
func (a *Logins) RevokeGrant(ctx context.Context, who *roster.Actor, id string, version int64) (desk.Receipt, error) {
	if version == 0 {
		return desk.Receipt{}, fault.VersionRequired()
	}
	return a.Write(ctx, who, desk.Write{Op: "grant.revoke"}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		before, to, tree, err := a.grantToChange(ctx, tx, who, roster.ActRevoke, id, version)
		if err != nil {
			return nil, "", err
		}
		if err := roster.MayGrant(who, tree, before.UnitID, to); err != nil {
			return nil, "", err
		}
		return a.revoke(ctx, tx, who, before, "grant.revoke")
	})
}

func (a *Logins) revoke(ctx context.Context, tx *store.Tx, who *roster.Actor, before *roster.Grant,
	verb string) ([]ledger.Fact, string, error) {
	on := roster.DateOf(tx.Now(), a.Zone())
	after, err := roster.Revoke(*before, who.Account, on)
	if err != nil {
		return nil, "", err
	}
	if err := tx.Save(ctx, before, &after); err != nil {
		return nil, "", err
	}
	deputies, err := tx.DeputiesOf(ctx, before.ID)
	if err != nil {
		return nil, "", err
	}
	for i := range deputies {
		if deputies[i].State == roster.GrantRevoked {
			continue
		}
		ended, err := roster.Revoke(deputies[i], who.Account, on)
		if err != nil {
			return nil, "", err
		}
		if err := tx.Save(ctx, &deputies[i], &ended); err != nil { // one write per deputy: a head has few
			return nil, "", err
		}
	}
	return []ledger.Fact{{Verb: verb, Kind: kinds.Grant, ID: before.ID, Unit: before.UnitID}}, before.ID, tx.Bump(ctx,
		store.GenerationAuthority)
}

// DeputyInput names a head's deputy for a time.
type DeputyInput struct {
	UnitID      string      `json:"unit_id"`
	PersonnelNo string      `json:"personnel_no"`
	FromOn      roster.Date `json:"from"`
	ToOn        roster.Date `json:"to"`
	Key         string      `json:"-"`
}

// Validate judges the input by itself.
func (in DeputyInput) Validate() error {
	if err := fault.Join(Missing(in.UnitID, "unit"), Missing(in.PersonnelNo, "personnel_no"), Missing(string(in.FromOn), "from"),
		Missing(string(in.ToOn), "to")); err != nil {
		return err
	}
	if err := judgeDates(in.FromOn, in.ToOn); err != nil {
		return err
	}
	if in.ToOn < in.FromOn {
		return fault.Invalid("period_reversed", "to")
	}
	return nil
}

// NameDeputy lets a unit head name a dated deputy among those posted in his
// unit.
func (a *Logins) NameDeputy(ctx context.Context, who *roster.Actor, in DeputyInput) (string, desk.Receipt, error) {
	rec, err := a.Write(ctx, who, desk.Write{Op: "deputy.create", Key: in.Key, Body: in}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		on := roster.DateOf(tx.Now(), a.Zone())
		own, err := a.ownHeadGrant(ctx, &tx.View, who, in.UnitID, on)
		if err != nil {
			return nil, "", err
		}
		people, err := tx.PeopleNumbered(ctx, []string{roster.FoldNumber(in.PersonnelNo)})
		if err != nil {
			return nil, "", err
		}
		p := people[roster.FoldNumber(in.PersonnelNo)]
		if p == nil || p.UnitID != in.UnitID {
			return nil, "", fault.Invalid("deputy_not_posted", "personnel_no")
		}
		accounts, err := tx.AccountsOf(ctx, p.ID)
		if err != nil {
			return nil, "", err
		}
		if len(accounts) == 0 || accounts[0].State == roster.AccountDisabled {
			return nil, "", fault.Invalid("account_unknown", "personnel_no")
		}
		w := roster.GrantWish{Role: roster.RoleUnitHead, UnitID: in.UnitID, FromOn: in.FromOn, ToOn: in.ToOn}
		if err := roster.MayDepute(who, *own, w, &accounts[0], true, on); err != nil {
			return nil, "", err
		}
		g := &roster.Grant{AccountID: accounts[0].ID, Role: w.Role, UnitID: w.UnitID, FromOn: w.FromOn, ToOn: w.ToOn,
			State:     roster.GrantLive,
			GrantedBy: who.Account, DeputyOf: own.ID}
		return a.InsertGrant(ctx, tx, &accounts[0], g, w)
	})
	return rec.ResultID, rec, err
}

// ownHeadGrant finds the actor's own grant as head of the unit.
func (a *Logins) ownHeadGrant(ctx context.Context, v *store.View, who *roster.Actor, unit string, on roster.Date) (*roster.Grant, error) {
	grants, err := v.GrantsAtUnit(ctx, unit, roster.RoleUnitHead)
	if err != nil {
		return nil, err
	}
	for i := range grants {
		if grants[i].AccountID == who.Account && grants[i].InForce(on) {
			return &grants[i], nil
		}
	}
	return nil, fault.NotFound()
}

// Deputies lists whom the actor has named as deputies for his units.
func (a *Logins) Deputies(ctx context.Context, who *roster.Actor) (out []GrantView, err error) {
	out = []GrantView{}
	err = a.Read(ctx, who, "deputy.list", func(ctx context.Context, v *store.View) error {
		var rows []roster.Grant
		for _, h := range who.Held { // a head holds one unit, or two
			if h.Role != roster.RoleUnitHead {
				continue
			}
			own, err := a.ownHeadGrant(ctx, v, who, h.Unit, a.Today())
			if fault.Is(err, fault.NotFoundKind) {
				continue
			}
			if err != nil {
				return err
			}
			named, err := v.DeputiesOf(ctx, own.ID)
			if err != nil {
				return err
			}
			rows = append(rows, named...)
		}
		out, err = a.grantViews(ctx, v, who, rows)
		return err
	})
	return out, err
}

// RevokeDeputy ends the term of a deputy whom the actor named.
func (a *Logins) RevokeDeputy(ctx context.Context, who *roster.Actor, id string, version int64) (desk.Receipt, error) {
	if version == 0 {
		return desk.Receipt{}, fault.VersionRequired()
	}
	return a.Write(ctx, who, desk.Write{Op: "deputy.revoke"}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		sc, _, err := a.UnitScope(ctx, &tx.View, who, roster.ActRevoke, roster.KindDeputy)
		if err != nil {
			return nil, "", err
		}
		g, err := tx.Grant(ctx, id, sc)
		if err != nil {
			return nil, "", err
		}
		if g.DeputyOf == "" || g.GrantedBy != who.Account {
			return nil, "", fault.NotFound()
		}
		if g.Version != version {
			return nil, "", fault.Conflict("stale_version", "Current", g.Version)
		}
		return a.revoke(ctx, tx, who, g, "deputy.revoke")
	})
}
