package accounts

import (
	"context"
	"crypto/rand"
	"encoding/base64"
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

// How long things last.
const (
	sessionLasts   = 12 * time.Hour     // a browser's session, at most
	sessionIdle    = 2 * time.Hour      // and at most so long unused
	outsideLasts   = time.Hour          // a session while nothing can be written
	renewLasts     = 30 * time.Minute   // to set a password after a one-time code
	CodeLasts      = 7 * 24 * time.Hour // a one-time code
	seenEvery      = 5 * time.Minute    // how exactly the last use is kept
	sessionsAtMost = 20                 // of one account
	devicesAtMost  = 10
)

// passwordParams are argon2id at 19 MiB, two passes, one lane.
var passwordParams = &argon2id.Params{Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}

// SignInInput is an attempt to sign in.
type SignInInput struct {
	Login    string
	Password string   // or the one-time code
	Device   string   // the token that the device was given before, "" if none
	Source   string   // network address
	Label    string   // what the device calls itself
	Bearer   bool     // for a script: no device
	Scope    []string // of a script's token: operations, or ScopeRead; none for a session like a browser's
	Days     int      // that a token with a scope lasts; 0 for as long as it may
}

// SignedIn is what a successful sign-in gives. Token and Device are shown once.
type SignedIn struct {
	Token  string
	Device string
	Until  time.Time
	Renew  bool // began with a one-time code: set a password first
	Actor  *roster.Actor
}

// SignIn opens a session. To anybody without the secret, all failures look the same.
func (a *Logins) SignIn(ctx context.Context, in SignInInput) (*SignedIn, error) {
	if in.Login == "" || in.Password == "" {
		return nil, fault.Join(Missing(in.Login, "login"), Missing(in.Password, "password"))
	}
	if len(in.Login) > 100 || len(in.Password) > typedMost || !utf8.ValidString(in.Login+in.Password) {
		return nil, errSignIn
	}
	if _, err := a.tokenScope(in); err != nil {
		return nil, err
	}
	found, err := a.checkSecret(ctx, presented{login: in.Login, typed: in.Password, codes: true, device: in.Device, source: in.Source})
	if err != nil {
		return nil, err
	}
	if found == nil {
		return nil, errSignIn
	}
	who, err := a.ActorNamed(ctx, found.account.ID)
	if err != nil {
		return nil, err
	}
	if who.Unvouched {
		return nil, errUnvouched
	}
	return a.openSession(ctx, in, found)
}

var (
	errSignIn = fault.New(fault.Unauth, "sign_in_failed", "")

	// errUnvouched keeps a role from whoever opened a newcomer's account alone
	// and waited for the role to come. It is said to who has the secret.
	errUnvouched = fault.New(fault.Unauth, "code_alone", "")
)

func Missing(value, field string) *fault.Error {
	if strings.TrimSpace(value) == "" {
		return fault.Invalid("required", field)
	}
	return nil
}

func (a *Logins) openSession(ctx context.Context, in SignInInput, found *proven) (*SignedIn, error) {
	now, byCode := a.Store.Now(), found.byCode
	out := &SignedIn{Token: newToken(), Renew: byCode}
	scope, err := a.tokenScope(in)
	if err != nil {
		return nil, err
	}
	most, idle := lasting(in, byCode, scope != "")
	s := &roster.Session{TokenHash: Digest(out.Token), AccountID: found.account.ID, FormSeed: newToken(), Label: label(in.Label),
		Bearer: in.Bearer, Renew: byCode, Scope: scope, IdleSeconds: int64(idle / time.Second), CreatedAt: now, SeenAt: now, UntilAt: now.Add(most)}
	if !byCode {
		a.Proven(s, now)
	}
	if a.unwritable() && !byCode { // the code could not be used up
		s.UntilAt = now.Add(outsideLasts)
		a.outside.add(*s, now)
		a.Log.WarnContext(ctx, "a session was opened without a ledger entry, because nothing can be written; it ends with the process",
			"account", found.account.ID)
	} else if err := a.recordSession(ctx, s, found); err != nil {
		return nil, err
	}
	if !in.Bearer {
		if err = a.Store.Scratch(ctx, func(ctx context.Context, sx *store.ScratchTx) (err error) {
			if out.Device, err = deviceToken(ctx, sx, in.Device); err != nil {
				return err
			}
			return keepDevice(ctx, sx, found.account.ID, out.Device, now)
		}); err != nil {
			return nil, err
		}
	}
	out.Until = s.UntilAt
	out.Actor, err = a.Authenticate(ctx, out.Token)
	return out, err
}

// recordSession stores the session together with the sign-in's ledger entry, uses up
// a one-time code and removes expired sessions.
func (a *Logins) recordSession(ctx context.Context, s *roster.Session, found *proven) error {
	verb := verbs.AccountSignIn
	switch {
	case found.byCode:
		verb = verbs.AccountSignInByCode
	case s.Bearer:
		verb = verbs.AccountToken
	}
	_, err := a.Store.Update(ctx, store.Call{Account: s.AccountID, Op: "session.create", RequestID: desk.RequestID(ctx)}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		c, err := tx.Credential(ctx, s.AccountID)
		if err != nil {
			return nil, "", err
		}
		if c == nil || c.Hash != found.credential.Hash || c.CodeHash != found.credential.CodeHash {
			return nil, "", errSignIn // it was changed, or used up, since it was looked at
		}
		if found.byCode { // a one-time code is good for one time
			c.CodeHash, c.ChangedAt = "", tx.Now()
			if err := tx.PutCredential(ctx, c); err != nil {
				return nil, "", err
			}
		}
		grants, err := tx.GrantsOf(ctx, found.account)
		if err != nil {
			return nil, "", err
		}
		if administers(grants) {
			if day := s.CreatedAt.Add(adminLasts); s.UntilAt.After(day) {
				s.UntilAt = day
			}
			s.IdleSeconds = min(s.IdleSeconds, int64(sessionIdle/time.Second))
		}
		if err := tx.TrimSessions(ctx, s.AccountID, sessionsAtMost-1); err != nil {
			return nil, "", err
		}
		return []ledger.Fact{{Verb: verb, Kind: kinds.Account, ID: s.AccountID}}, s.AccountID, tx.OpenSession(ctx, s)
	})
	return err
}

// deviceToken keeps the token that a device already has, even if it was issued to
// somebody else: the officers of a station share machines. A token that we never
// issued is replaced.
func deviceToken(ctx context.Context, sx *store.ScratchTx, token string) (string, error) {
	if token != "" {
		if known, err := sx.DeviceKnown(ctx, Digest(token)); err != nil || known {
			return token, err
		}
	}
	return newToken(), nil
}

func keepDevice(ctx context.Context, sx *store.ScratchTx, account, device string, now time.Time) error {
	known, err := sx.DeviceCount(ctx, account)
	if err != nil {
		return err
	}
	if known >= devicesAtMost {
		if _, err := sx.Delete(ctx, (*roster.Device)(nil),
			"account_id = ? AND device_hash <> ? AND seen_at = (SELECT min(seen_at) FROM devices WHERE account_id = ?)",
			account, Digest(device), account); err != nil {
			return err
		}
	}
	return sx.PutDevice(ctx, &roster.Device{DeviceHash: Digest(device), AccountID: account, SeenAt: now})
}

// Authenticate returns who holds a session's token. It reads the session each time,
// so an ended one is refused at once.
func (a *Logins) Authenticate(ctx context.Context, token string) (*roster.Actor, error) {
	if token == "" || len(token) > 200 {
		return nil, fault.Unauthenticated()
	}
	hash := Digest(token)
	now := a.Store.Now()
	s, err := a.Store.SessionNow(ctx, hash)
	if err != nil {
		return nil, err
	}
	if s == nil {
		s = a.outside.get(hash)
	}
	if s == nil || !now.Before(s.UntilAt) || now.Sub(s.SeenAt) > time.Duration(s.IdleSeconds)*time.Second {
		return nil, fault.Unauthenticated()
	}
	shared := a.CachedActor(s.Authority, s.Tree, s.AccountID)
	if shared == nil {
		if err := a.Store.View(ctx, func(ctx context.Context, v *store.View) error {
			shared, err = a.ActorOf(ctx, v, s.AccountID)
			return err
		}); err != nil {
			return nil, err
		}
	}
	mine := *shared
	mine.Session, mine.MustRenew, mine.ProvedAt, mine.Scope = hash, s.Renew, a.provedAt(&s.Session), strings.Fields(s.Scope)
	if outlived(&mine, &s.Session, now) {
		return nil, fault.Unauthenticated()
	}
	if mine.Unvouched {
		return nil, errUnvouched
	}
	who, seen := &mine, now.Sub(s.SeenAt) < seenEvery
	if !seen {
		err = a.Store.Scratch(ctx, func(ctx context.Context, sx *store.ScratchTx) error {
			_, err := sx.Update(ctx, (*roster.Session)(nil), "seen_at = ?", "token_hash = ?", now, hash)
			return err
		})
	}
	return who, err
}

// newToken draws 32 random bytes as text.
func newToken() string {
	b := make([]byte, 32)
	rand.Read(b)
	return base64.RawURLEncoding.EncodeToString(b)
}

// codeLetters leaves out letters and digits that are easily misread or misheard.
const codeLetters = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"

// NewCode draws a one-time code of 59 bits, in three groups of four.
func NewCode() string {
	b := make([]byte, 0, 14)
	for len(b) < 14 {
		if len(b) == 4 || len(b) == 9 {
			b = append(b, '-')
		}
		var r [1]byte
		rand.Read(r[:])
		if int(r[0]) < 256/len(codeLetters)*len(codeLetters) {
			b = append(b, codeLetters[int(r[0])%len(codeLetters)])
		}
	}
	return string(b)
}

func FoldCode(s string) string { return roster.FoldNumber(s) }

// label shortens a device's name for display.
func label(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < 0x20 || r == 0x7f {
			return -1
		}
		return r
	}, s)
	if len(s) > 120 {
		s = strings.ToValidUTF8(s[:120], "")
	}
	return s
}

// ActorNamed returns the actor of an account as of today, for programs that act in
// somebody's name: the demo and commands run with --as.
func (a *Logins) ActorNamed(ctx context.Context, accountID string) (who *roster.Actor, err error) {
	err = a.Store.View(ctx, func(ctx context.Context, v *store.View) error {
		who, err = a.ActorOf(ctx, v, accountID)
		return err
	})
	return who, err
}
