package engine

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"time"

	"github.com/uptrace/bun"

	"plumbline/internal/ledger"
	"plumbline/internal/roster"
)

// Sessions and secrets are not ledgered rows, because they change and are
// deleted. But they decide who may act, so each is bound to the ledger: the
// entry of the write that created or changed it names it with a digest, and the
// entry that ends it with an empty one. Only these methods write to their
// tables; Verify compares.
const (
	BondSession    = "session"
	BondCredential = "credential"
	bondEncoding   = 1
)

// bondDigest builds a digest over length-prefixed fields.
type bondDigest struct{ b []byte }

func newBond(kind string) *bondDigest {
	d := &bondDigest{}
	return d.text("plumbline bond v1").text(kind)
}

func (d *bondDigest) text(parts ...string) *bondDigest {
	for _, s := range parts {
		d.b = append(binary.AppendUvarint(d.b, uint64(len(s))), s...)
	}
	return d
}

func (d *bondDigest) number(n int64) *bondDigest {
	d.b = binary.AppendVarint(d.b, n)
	return d
}

func (d *bondDigest) flag(is bool) *bondDigest {
	if is {
		return d.number(1)
	}
	return d.number(0)
}

func (d *bondDigest) moment(t time.Time) *bondDigest { return d.number(t.UnixMicro()) }

func (d *bondDigest) sum() ledger.Hash { return sha256.Sum256(d.b) }

// SessionBond covers a session except when it was last seen, which may change
// within its bounds, and when it was proved, which the site's key marks. The
// digest reveals nothing: the form seed is as random as the token.
func SessionBond(s *roster.Session) ledger.After {
	return ledger.After{Kind: BondSession, ID: s.TokenHash, Encoding: bondEncoding,
		Digest: newBond(BondSession).text(s.TokenHash, s.AccountID, s.FormSeed, s.Label, s.Scope).
			flag(s.Bearer).flag(s.Renew).number(s.IdleSeconds).moment(s.CreatedAt).moment(s.UntilAt).sum()}
}

// CredentialBond is the line by which an entry names a password or code, as SessionBond
// does a session.
func CredentialBond(c *roster.Credential) ledger.After {
	return ledger.After{Kind: BondCredential, ID: c.AccountID, Encoding: bondEncoding,
		Digest: newBond(BondCredential).text(string(c.Salt), c.AccountID, c.Hash, c.CodeHash).moment(c.CodeUntil).moment(c.ChangedAt).sum()}
}

// bind makes the write's first fact name the lines in their final state.
func (j *Journal) bind(lines ...ledger.After) {
	for _, line := range lines {
		if i := lineAt(j.bonds, line); i >= 0 {
			j.bonds[i] = line
		} else {
			j.bonds = append(j.bonds, line)
		}
	}
}

// OpenSession stores new sessions.
func (tx *Tx) OpenSession(ctx context.Context, sessions ...*roster.Session) error {
	if _, err := tx.db.NewInsert().Model(&sessions).Exec(ctx); err != nil {
		return err
	}
	for _, s := range sessions {
		tx.Journal.bind(SessionBond(s))
	}
	return nil
}

// EndSession ends one session of an account and reports whether it existed.
func (tx *Tx) EndSession(ctx context.Context, accountID, tokenHash string) (bool, error) {
	n, err := tx.endSessions(ctx, func(q bun.QueryBuilder) bun.QueryBuilder {
		return q.Where("account_id = ? AND token_hash = ?", accountID, tokenHash)
	})
	return n > 0, err
}

// EndSessions ends all sessions of an account except keep.
func (tx *Tx) EndSessions(ctx context.Context, accountID, keep string) error {
	_, err := tx.endSessions(ctx, func(q bun.QueryBuilder) bun.QueryBuilder {
		return q.Where("account_id = ? AND token_hash <> ?", accountID, keep)
	})
	return err
}

// TrimSessions ends an account's expired sessions, and its oldest ones beyond
// most.
func (tx *Tx) TrimSessions(ctx context.Context, accountID string, most int) error {
	running, err := tx.SessionsOf(ctx, accountID, tx.now)
	if err != nil {
		return err
	}
	if _, err := tx.endSessions(ctx, func(q bun.QueryBuilder) bun.QueryBuilder {
		return q.Where("account_id = ? AND until_at <= ?", accountID, tx.now)
	}); err != nil || len(running) <= most {
		return err
	}
	for _, s := range running[most:] {
		if _, err := tx.EndSession(ctx, accountID, s.TokenHash); err != nil {
			return err
		}
	}
	return nil
}

func (tx *Tx) endSessions(ctx context.Context, which func(bun.QueryBuilder) bun.QueryBuilder) (int, error) {
	var gone []string
	if err := tx.db.NewSelect().Model((*roster.Session)(nil)).Column("token_hash").ApplyQueryBuilder(which).
		Order("token_hash").Scan(ctx, &gone); err != nil {
		return 0, err
	}
	for _, hash := range gone {
		tx.Journal.bind(ledger.After{Kind: BondSession, ID: hash, Encoding: bondEncoding})
	}
	if len(gone) == 0 {
		return 0, nil
	}
	_, err := tx.db.NewDelete().Model((*roster.Session)(nil)).ApplyQueryBuilder(which).Exec(ctx)
	return len(gone), err
}

// RenewedSession turns a session that began with a one-time code into an
// ordinary one, proved by the password just set. proof marks that time.
func (tx *Tx) RenewedSession(ctx context.Context, tokenHash string, now, until time.Time, proof []byte) error {
	s, err := tx.Session(ctx, tokenHash)
	if err != nil || s == nil || !s.Renew {
		return err
	}
	s.Renew, s.UntilAt = false, until
	if _, err := tx.db.NewUpdate().Model((*roster.Session)(nil)).Set("renew = ?", false).Set("proved_at = ?", now).
		Set("proof = ?", proof).Set("until_at = ?", until).Where("token_hash = ?", tokenHash).Exec(ctx); err != nil {
		return err
	}
	tx.Journal.bind(SessionBond(s))
	return nil
}

// PutCredential stores an account's secrets as part of the current write.
func (tx *Tx) PutCredential(ctx context.Context, c *roster.Credential) error {
	c.Salt = ledger.NewSalt()
	q := tx.db.NewInsert().Model(c).On("CONFLICT (account_id) DO UPDATE")
	for _, column := range []string{"hash", "code_hash", "code_until", "changed_at", "salt"} {
		q = q.Set("? = EXCLUDED.?", bun.Ident(column), bun.Ident(column))
	}
	if _, err := q.Exec(ctx); err != nil {
		return err
	}
	tx.Journal.bind(CredentialBond(c))
	return nil
}

// PutCredentials stores the secrets of many accounts that have none yet.
func (tx *Tx) PutCredentials(ctx context.Context, cs []roster.Credential) error {
	for i := range cs {
		cs[i].Salt = ledger.NewSalt()
		tx.Journal.bind(CredentialBond(&cs[i]))
	}
	return InsertAll(ctx, tx.s, *tx.raw, cs)
}

// ProveSession records when the holder of a session entered the password, with
// the mark of that time, and reports whether the session exists.
func (sx *ScratchTx) ProveSession(ctx context.Context, tokenHash string, now time.Time, proof []byte) (bool, error) {
	res, err := sx.db.NewUpdate().Model((*roster.Session)(nil)).Set("proved_at = ?", now).Set("proof = ?", proof).
		Where("token_hash = ?", tokenHash).Exec(ctx)
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n > 0, err
}

// ForgetSession ends a session when no entry can be written. Verify accepts a
// missing session.
func (sx *ScratchTx) ForgetSession(ctx context.Context, accountID, tokenHash string) (bool, error) {
	res, err := sx.db.NewDelete().Model((*roster.Session)(nil)).Where("account_id = ? AND token_hash = ?", accountID, tokenHash).Exec(ctx)
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n > 0, err
}

var errBound = errors.New("store: sessions and secrets are written with the entry that names them")

// Session reads a session by the hash of its token. It returns nil if the
// session has ended.
func (v *View) Session(ctx context.Context, tokenHash string) (*roster.Session, error) {
	return One[roster.Session](ctx, v.db.NewSelect().Where("token_hash = ?", tokenHash))
}

// SessionsOf lists an account's unexpired sessions, newest first.
func (v *View) SessionsOf(ctx context.Context, accountID string, now time.Time) ([]roster.Session, error) {
	rows := []roster.Session{}
	err := v.db.NewSelect().Model(&rows).Where("account_id = ? AND until_at > ?", accountID, now).
		OrderExpr("created_at DESC, token_hash").Limit(PageMax).Scan(ctx)
	return rows, err
}
