package store

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"plumbline/internal/roster"
	"plumbline/internal/store/dialect"
	"plumbline/internal/store/engine"
)

// AccountByLogin looks up an account by its case-folded login. It returns nil
// if no row matched.
func (v *View) AccountByLogin(ctx context.Context, folded string) (*roster.Account, error) {
	return engine.One[roster.Account](ctx, v.db.NewSelect().Where("login_folded = ?", folded))
}

// Account reads one account whose person is in scope. An account without a
// person is visible only to those who see everything.
func (v *View) Account(ctx context.Context, id string, sc roster.Scope) (*roster.Account, error) {
	q := v.db.NewSelect().Model((*roster.Account)(nil)).Where("account.id = ?", id)
	q = accountScope(q, sc)
	a := new(roster.Account)
	return a, q.Model(a).Scan(ctx)
}

// accountColumns apply a scope to an account through its person's posting.
var accountColumns = ScopeColumns{ID: "account.id", Unit: "coalesce(p.unit_id, '')", Branch: "coalesce(p.branch_id, '')",
	Person: "account.person_id"}

func accountScope(q *bun.SelectQuery, sc roster.Scope) *bun.SelectQuery {
	return scoped(q.Join("LEFT JOIN people AS p ON p.id = account.person_id"), sc, accountColumns)
}

// AccountRow is one line of the account list.
type AccountRow struct {
	roster.Account
	PersonnelNo string `bun:"personnel_no"`
	PersonName  string `bun:"person_name"`
	UnitID      string `bun:"unit_id"`
}

// AccountFilter narrows the account list.
type AccountFilter struct {
	State string
	Query string // login, personnel number or name
	Role  roster.Role
}

// AccountList lists accounts in scope, ordered by login.
func (v *View) AccountList(ctx context.Context, f AccountFilter, sc roster.Scope, page engine.Page) ([]AccountRow, error) {
	rows := []AccountRow{}
	q := v.db.NewSelect().Model((*roster.Account)(nil)).ColumnExpr("account.*").
		ColumnExpr("coalesce(p.personnel_no, '') AS personnel_no, coalesce(p.name, '') AS person_name, coalesce(p.unit_id, '') AS unit_id")
	q = accountScope(q, sc)
	if f.State != "" {
		q = q.Where("account.state = ?", f.State)
	}
	if f.Query != "" {
		q = q.Where("(account.login_folded = ? OR p.personnel_no = ? OR p.name_folded = ?)", roster.FoldLogin(f.Query),
			roster.FoldNumber(f.Query), roster.FoldName(f.Query))
	}
	if f.Role != "" {
		q = q.Where("EXISTS (SELECT 1 FROM grants AS g WHERE g.account_id = account.id AND g.role = ? AND g.state <> ?)", f.Role,
			roster.GrantRevoked)
	}
	err := engine.Keyset(q, page, false, "account.login_folded").Scan(ctx, &rows)
	return rows, err
}

// AccountsOf lists the accounts of the given people.
func (v *View) AccountsOf(ctx context.Context, personIDs ...string) ([]roster.Account, error) {
	rows := []roster.Account{}
	if len(personIDs) == 0 {
		return rows, nil
	}
	err := v.db.NewSelect().Model(&rows).Where("person_id IN (?)", bun.List(personIDs)).Order("id").Scan(ctx)
	return rows, err
}

// AccountsByID reads accounts that the caller has already authorized.
func (v *View) AccountsByID(ctx context.Context, ids []string) (map[string]*roster.Account, error) {
	out := map[string]*roster.Account{}
	if ids = distinct(ids); len(ids) == 0 {
		return out, nil
	}
	var rows []*roster.Account
	err := v.db.NewSelect().Model(&rows).Where("id IN (?)", bun.List(ids)).Scan(ctx)
	for _, r := range rows {
		out[r.ID] = r
	}
	return out, err
}

// GrantFilter narrows the grant list.
type GrantFilter struct {
	State     string
	Role      roster.Role
	AccountID string
	UnitID    string
}

// grantColumns apply a scope to a grant through its unit. The caller has
// already expanded branches into units.
var grantColumns = ScopeColumns{ID: "id", Unit: "unit_id"}

// GrantList lists the grants at units in scope, newest first.
func (v *View) GrantList(ctx context.Context, f GrantFilter, sc roster.Scope, page engine.Page) ([]roster.Grant, error) {
	rows := []roster.Grant{}
	q := grantWhere(scoped(v.db.NewSelect().Model(&rows), sc, grantColumns), f)
	err := engine.Keyset(q, page, true, "id").Scan(ctx)
	return rows, err
}

// GrantCount counts the rows that GrantList lists.
func (v *View) GrantCount(ctx context.Context, f GrantFilter, sc roster.Scope) (int64, error) {
	return grantWhere(scoped(v.db.NewSelect().Model((*roster.Grant)(nil)), sc, grantColumns), f).Count(ctx)
}

// HoldersByRole counts the accounts that hold each role on the given day.
func (v *View) HoldersByRole(ctx context.Context, today roster.Date, sc roster.Scope) (map[roster.Role]int64, error) {
	var rows []struct {
		Role roster.Role `bun:"role"`
		N    int64       `bun:"n"`
	}
	q := scoped(v.db.NewSelect().TableExpr("grants"), sc, grantColumns).Where("state = ?", roster.GrantLive).
		Where("from_on <= ?", today).Where("(to_on = '' OR to_on >= ?)", today).
		ColumnExpr("role, count(DISTINCT account_id) AS n").GroupExpr("role")
	if err := q.Scan(ctx, &rows); err != nil {
		return nil, err
	}
	out := make(map[roster.Role]int64, len(rows))
	for _, r := range rows {
		out[r.Role] = r.N
	}
	return out, nil
}

func grantWhere(q *bun.SelectQuery, f GrantFilter) *bun.SelectQuery {
	for column, value := range map[string]string{"state": f.State, "role": string(f.Role), "account_id": f.AccountID, "unit_id": f.UnitID} {
		if value != "" {
			q = q.Where("? = ?", bun.Ident(column), value)
		}
	}
	return q
}

// Grant reads one grant in scope.
func (v *View) Grant(ctx context.Context, id string, sc roster.Scope) (*roster.Grant, error) {
	g := new(roster.Grant)
	return g, scoped(v.db.NewSelect().Model(g).Where("id = ?", id), sc, grantColumns).Scan(ctx)
}

// GrantsOf lists every grant of the person across all of their accounts, or of
// the one account if it has no person. Separation-of-duty rules judge this
// list.
func (v *View) GrantsOf(ctx context.Context, a *roster.Account) ([]roster.Grant, error) {
	rows := []roster.Grant{}
	q := v.db.NewSelect().Model(&rows)
	if a.PersonID == "" {
		q = q.Where("account_id = ?", a.ID)
	} else {
		q = q.Where("account_id IN (SELECT id FROM accounts WHERE person_id = ?)", a.PersonID)
	}
	err := q.Order("id").Scan(ctx)
	return rows, err
}

// GrantsAtUnit lists the unrevoked grants of a role at a unit.
func (v *View) GrantsAtUnit(ctx context.Context, unitID string, role roster.Role) ([]roster.Grant, error) {
	rows := []roster.Grant{}
	err := v.db.NewSelect().Model(&rows).Where("unit_id = ? AND role = ? AND state <> ?", unitID, role, roster.GrantRevoked).
		Order("id").Scan(ctx)
	return rows, err
}

// DeputiesOf lists the grants that deputise for the given one.
func (v *View) DeputiesOf(ctx context.Context, grantID string) ([]roster.Grant, error) {
	rows := []roster.Grant{}
	err := v.db.NewSelect().Model(&rows).Where("deputy_of = ?", grantID).OrderExpr("id DESC").Limit(engine.PageMax).Scan(ctx)
	return rows, err
}

// CountGrants counts the unrevoked grants of a role across all units.
func (v *View) CountGrants(ctx context.Context, role roster.Role) (int64, error) {
	return v.db.NewSelect().Model((*roster.Grant)(nil)).Where("role = ? AND state <> ?", role, roster.GrantRevoked).Count(ctx)
}

// Credential reads an account's secrets. It returns nil if none are set.
func (v *View) Credential(ctx context.Context, accountID string) (*roster.Credential, error) {
	return engine.One[roster.Credential](ctx, v.db.NewSelect().Where("account_id = ?", accountID))
}

// SessionNow is a session together with the generations under which its
// authority may be cached.
type SessionNow struct {
	roster.Session
	Authority int64 `bun:"authority"`
	Tree      int64 `bun:"tree"`
}

// SessionNow reads a session by the hash of its token, and the generations with
// it, in one statement because every request needs both. It returns nil if the
// session has ended.
func (s *Store) SessionNow(ctx context.Context, tokenHash string) (*SessionNow, error) {
	var rows []SessionNow
	err := s.ReadNow(ctx, &rows, `SELECT s.token_hash, s.account_id, s.bearer, s.renew, s.scope, s.idle_s, s.created_at, s.seen_at,
	    s.until_at, s.proved_at, s.proof,
  coalesce((SELECT n FROM generations WHERE name = ?), 0) AS authority, coalesce((SELECT n FROM generations WHERE name = ?), 0) AS tree
FROM sessions AS s WHERE s.token_hash = ?`, engine.GenerationAuthority, engine.GenerationTree, tokenHash)
	if err != nil || len(rows) == 0 {
		return nil, engine.Translate(ctx, err)
	}
	return &rows[0], nil
}

// Device reads a device that the account has signed in from. It returns nil if
// the device is unknown.
func (v *View) Device(ctx context.Context, accountID, deviceHash string) (*roster.Device, error) {
	if deviceHash == "" {
		return nil, nil
	}
	return engine.One[roster.Device](ctx, v.db.NewSelect().Where("account_id = ? AND device_hash = ?", accountID, deviceHash))
}

// DeviceKnown reports whether any account has signed in from the device.
func (v *View) DeviceKnown(ctx context.Context, deviceHash string) (bool, error) {
	return v.db.NewSelect().Model((*roster.Device)(nil)).Where("device_hash = ?", deviceHash).Exists(ctx)
}

// DeviceCount counts the devices that an account has signed in from.
func (v *View) DeviceCount(ctx context.Context, accountID string) (int64, error) {
	return v.db.NewSelect().Model((*roster.Device)(nil)).Where("account_id = ?", accountID).Count(ctx)
}

// Attempt reads the failure counter of a login spelling or a source. It returns
// nil if nothing has failed.
func (v *View) Attempt(ctx context.Context, key string) (*roster.SignInAttempt, error) {
	return engine.One[roster.SignInAttempt](ctx, v.db.NewSelect().Where("key = ?", key))
}

// ClearAttempts resets the failure counter of a key, in the same write that
// issues a new code.
func (tx *Tx) ClearAttempts(ctx context.Context, key string) error {
	_, err := tx.db.NewDelete().Model((*roster.SignInAttempt)(nil)).Where("key = ?", key).Exec(ctx)
	return err
}

// PutAttempt stores a failure counter.
func (sx *ScratchTx) PutAttempt(ctx context.Context, a *roster.SignInAttempt) error {
	return sx.Upsert(ctx, a, "key", "failures", "first_at", "last_at", "blocked_until")
}

// PutDevice stores a device's failure counter.
func (sx *ScratchTx) PutDevice(ctx context.Context, d *roster.Device) error {
	return sx.Upsert(ctx, d, "device_hash, account_id", "failures", "seen_at")
}

// LockScratch serializes concurrent transactions that update the same counter.
// SQLite has a single writer anyway.
func (sx *ScratchTx) LockScratch(ctx context.Context) error {
	if sx.s.Dialect() == dialect.SQLite {
		return nil
	}
	_, err := sx.db.NewRaw("SELECT pg_advisory_xact_lock(?)", int64(dialect.ScratchLockKey)).Exec(ctx)
	return err
}

// HeadsWithoutGrant lists, as account and unit, the people whose head link over
// an active unit is in force on the date but who hold no unit-head role there.
func (v *View) HeadsWithoutGrant(ctx context.Context, on roster.Date) ([]HeadRow, error) {
	rows := []HeadRow{}
	err := v.db.NewRaw(`SELECT a.id AS account_id, l.over_unit_id AS unit_id
FROM command_links AS l JOIN accounts AS a ON a.person_id = l.person_id JOIN units AS u ON u.id = l.over_unit_id
WHERE l.kind = ? AND l.from_on <= ? AND (l.to_on = '' OR l.to_on >= ?) AND u.state = ? AND a.state <> ?
  AND NOT EXISTS (SELECT 1 FROM grants AS g WHERE g.account_id = a.id AND g.unit_id = l.over_unit_id AND g.role = ? AND g.state <> ?)
ORDER BY u.tier, u.code, a.id`, roster.LinkHead, on, on, roster.UnitActive, roster.AccountDisabled, roster.RoleUnitHead,
		roster.GrantRevoked).Scan(ctx, &rows)
	return rows, err
}

// HeadRow is a head according to the roster who holds no grant as head.
type HeadRow struct {
	AccountID string `bun:"account_id"`
	UnitID    string `bun:"unit_id"`
}

// WithoutAccount lists the serving people in scope who have no account, ordered
// by id and posted in the given units (nil for all).
func (v *View) WithoutAccount(ctx context.Context, units []string, sc roster.Scope, after string, limit int) ([]roster.Person, error) {
	rows := []roster.Person{}
	q := scoped(v.db.NewSelect().Model(&rows), sc, peopleColumns).
		Where("id > ? AND state = ? AND unit_id <> ''", after, roster.Serving).
		Where("NOT EXISTS (SELECT 1 FROM accounts AS a WHERE a.person_id = person.id)")
	if units != nil {
		q = q.Where("unit_id IN (?)", bun.List(units))
	}
	err := q.Order("id").Limit(int64(limit)).Scan(ctx)
	return rows, err
}

// LoginsTaken returns those of the case-folded logins that are already in use.
func (v *View) LoginsTaken(ctx context.Context, folded []string) ([]string, error) {
	taken := []string{}
	if len(folded) == 0 {
		return taken, nil
	}
	err := v.db.NewSelect().Model((*roster.Account)(nil)).Column("login_folded").
		Where("login_folded IN (?)", bun.List(folded)).Scan(ctx, &taken)
	return taken, err
}

// TakenIntoUse reports whether the holder of an account ever set a password. It
// asks the ledger, because a credential that was cleared later no longer shows
// it.
func (v *View) TakenIntoUse(ctx context.Context, accountID string) (bool, error) {
	set, err := v.db.NewSelect().Model((*engine.LedgerEntry)(nil)).Where("object_id = ?", accountID).
		Where("verb IN ('account.activate', 'account.password_set')").Exists(ctx)
	if err != nil || set {
		return set, err
	}
	return v.db.NewSelect().Model((*roster.Credential)(nil)).Where("account_id = ? AND hash <> ''", accountID).Exists(ctx)
}

// MustAnswer reports whether the person has ever been called to account: served
// with a notice, the subject of a track, or named in a leader question.
func (v *View) MustAnswer(ctx context.Context, person string) (bool, error) {
	for _, q := range []*bun.SelectQuery{
		v.db.NewSelect().TableExpr("issues").Where("person_id = ? AND noticed_at IS NOT NULL", person),
		v.db.NewSelect().TableExpr("tracks").Where("person_id = ?", person),
		v.db.NewSelect().TableExpr("questions").Where("person_id = ?", person),
	} {
		if yes, err := q.Exists(ctx); err != nil || yes {
			return yes, err
		}
	}
	return false, nil
}

// AdministratorsBegan reports whether any administrator has started using an
// account. From then on the operator needs a second person like everybody else.
func (v *View) AdministratorsBegan(ctx context.Context) (bool, error) {
	var n int64
	err := v.db.NewRaw(`SELECT count(*) FROM grants AS g JOIN ledger_entries AS e ON e.object_id = g.account_id
WHERE g.role IN (?) AND e.verb IN ('account.activate', 'account.password_set')`,
		bun.List([]roster.Role{roster.RoleSystemAdmin, roster.RoleSecurityAdmin, roster.RoleAuditAdmin})).Scan(ctx, &n)
	return n > 0, err
}

// codeAlone matches an entry e for a one-time code that a single person vouches
// for. A code agreed to by a second administrator does not match, because its
// write ends with the entry of that agreement; nor does one that the holder
// confirmed from a session.
const codeAlone = `e.account <> e.object_id AND NOT EXISTS (SELECT 1 FROM ledger_entries AS w JOIN proposals AS p ON p.id = w.object_id
  WHERE w.seq = e.seq + 1 AND w.verb = 'proposal.approve' AND p.op = 'account.code' AND p.object_id = e.object_id)`

// openedAlone matches an account a whose latest code was issued by one
// administrator alone. A later confirmation by the holder does not change that:
// whoever took the code could have confirmed it as well. Codes issued by the
// operator on the server do not match.
const openedAlone = `EXISTS (SELECT 1 FROM ledger_entries AS e WHERE e.object_id = a.id AND e.verb = 'account.code'
    AND e.account NOT LIKE 'program:%' AND ` + codeAlone + `
  AND e.seq = (SELECT max(l.seq) FROM ledger_entries AS l WHERE l.object_id = a.id AND l.verb = 'account.code' AND l.account <> a.id))`

// OpenedAlone reports whether the account was opened by one administrator's
// code alone and no code backed by two people has followed.
func (v *View) OpenedAlone(ctx context.Context, accountID string) (bool, error) {
	var n int64
	err := v.db.NewRaw(`SELECT count(*) FROM accounts AS a WHERE a.id = ? AND `+openedAlone, accountID).Scan(ctx, &n)
	return n > 0, err
}

// IssuedCode is a one-time code issued for an account.
type IssuedCode struct {
	At      time.Time `bun:"at"`
	Account string    `bun:"account"` // who issued, agreed to or confirmed it
	Alone   bool      `bun:"alone"`
}

// CodesOf lists the codes issued for an account, oldest first.
func (v *View) CodesOf(ctx context.Context, accountID string) (rows []IssuedCode, err error) {
	err = v.db.NewRaw(`SELECT e.at, e.account, (`+codeAlone+`) AS alone FROM ledger_entries AS e WHERE e.object_id = ?
	    AND e.verb = 'account.code' ORDER BY e.seq`, accountID).Scan(ctx, &rows)
	return rows, err
}

// HoldersBeside counts the people, other than those named, who hold the role at
// one of the units on the date and have an account that can sign in.
func (v *View) HoldersBeside(ctx context.Context, role roster.Role, units []string, on roster.Date, people ...string) (n int64, err error) {
	if len(units) == 0 {
		return 0, nil
	}
	err = v.db.NewRaw(`SELECT count(DISTINCT a.person_id) FROM grants AS g JOIN accounts AS a ON a.id = g.account_id
WHERE g.role = ? AND g.state = ? AND g.from_on <= ? AND (g.to_on = '' OR g.to_on >= ?) AND g.unit_id IN (?)
  AND a.state <> ? AND a.person_id <> '' AND a.person_id NOT IN (?) AND NOT `+openedAlone,
		role, roster.GrantLive, on, on, bun.List(units), roster.AccountDisabled, bun.List(append(people, ""))).Scan(ctx, &n)
	return n, err
}
