package app

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"runtime"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"

	"plumbline/internal/fault"
	"plumbline/internal/ledger"
	"plumbline/internal/roster"
	"plumbline/internal/store"
)

// How long things last.
const (
	sessionLasts   = 12 * time.Hour      // a browser's session, at most
	sessionIdle    = 2 * time.Hour       // and at most so long unused
	bearerLasts    = 30 * 24 * time.Hour // a script's token
	renewLasts     = 30 * time.Minute    // to set a password after a one-time code
	codeLasts      = 7 * 24 * time.Hour  // a one-time code
	seenEvery      = 5 * time.Minute     // how exactly the last use is kept
	sessionsAtMost = 20                  // of one account
	devicesAtMost  = 10
)

// Guessing. The counter of an account is one, whatever spelling is tried and
// whether the account exists; that of a source is wider, because a station sits
// behind one address. A device that the account has signed in from before has
// an allowance of its own and meets neither.
const (
	accountTries = 5
	sourceTries  = 30
	deviceTries  = 10
	firstWait    = 30 * time.Second
	longestWait  = 15 * time.Minute
	accountFades = 24 * time.Hour
	sourceFades  = time.Hour
)

// passwordParams are argon2id at 19 MiB, two passes, one lane.
var passwordParams = &argon2id.Params{Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}

// hashing lets one hash run per core: each takes 19 MiB and a core's time.
var hashing = make(chan struct{}, runtime.NumCPU())

func hashSlot(ctx context.Context) (release func(), err error) {
	select {
	case hashing <- struct{}{}:
		return func() { <-hashing }, nil
	case <-ctx.Done():
		return nil, fault.Unavailable("busy").WithCause(ctx.Err())
	}
}

// nobodysHash is compared with where there is no account, so that an answer
// takes the same time.
const nobodysHash = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$2AN0GzFzUZtcCyGpdLUgIJJsiSKAkVwQmHq63wXj8gM"

// SignInInput is an attempt to sign in.
type SignInInput struct {
	Login    string
	Password string // or the one-time code
	Device   string // the token that the device was given before, "" if none
	Source   string // network address
	Label    string // what the device calls itself
	Bearer   bool   // for a script: a token that lasts, and no device
}

// SignedIn is what a successful sign-in gives. Token and Device are shown once.
type SignedIn struct {
	Token  string
	Device string
	Until  time.Time
	Renew  bool // began with a one-time code: set a password first
	Actor  *roster.Actor
}

// SignIn opens a session. Every failure looks the same.
func (a *App) SignIn(ctx context.Context, in SignInInput) (*SignedIn, error) {
	if in.Login == "" || in.Password == "" {
		return nil, fault.Join(missing(in.Login, "login"), missing(in.Password, "password"))
	}
	if len(in.Login) > 100 || len(in.Password) > 500 || !utf8.ValidString(in.Login+in.Password) {
		return nil, errSignIn
	}
	t, err := a.countTry(ctx, in)
	if err != nil {
		return nil, err
	}
	byCode, ok, err := a.fits(ctx, t, in.Password)
	if err != nil {
		return nil, err
	}
	if !ok {
		if err := a.noteBurst(ctx, t); err != nil {
			return nil, err
		}
		return nil, errSignIn
	}
	return a.openSession(ctx, in, t, byCode)
}

var errSignIn = fault.New(fault.Unauth, "sign_in_failed", "")

func missing(value, field string) *fault.Error {
	if strings.TrimSpace(value) == "" {
		return fault.Invalid("required", field)
	}
	return nil
}

// try is one counted attempt.
type try struct {
	folded     string
	account    *roster.Account
	credential *roster.Credential
	device     *roster.Device // known, and within its allowance
	failures   int64          // of the account's spelling, this attempt included
}

func accountKey(folded string) string { return "a:" + digest(folded)[:32] }
func sourceKey(source string) string  { return "s:" + digest(source)[:32] }

func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

// countTry refuses who has guessed too often, and counts the attempt as failed
// before the password is looked at, so that many at once cannot outrun the
// counter. A success takes its own count back.
func (a *App) countTry(ctx context.Context, in SignInInput) (*try, error) {
	t := &try{folded: roster.FoldLogin(in.Login)}
	now := a.store.Now()
	err := a.store.Scratch(ctx, func(ctx context.Context, sx *store.ScratchTx) error {
		*t = try{folded: t.folded}
		if err := sx.LockScratch(ctx); err != nil {
			return err
		}
		var err error
		if t.account, err = sx.AccountByLogin(ctx, t.folded); err != nil {
			return err
		}
		if t.account != nil {
			if t.credential, err = sx.Credential(ctx, t.account.ID); err != nil {
				return err
			}
			if in.Device != "" {
				if t.device, err = sx.Device(ctx, t.account.ID, digest(in.Device)); err != nil {
					return err
				}
			}
		}
		if t.device != nil && t.device.Failures >= deviceTries {
			t.device = nil // it guesses like any other
		}
		if t.device != nil {
			t.device.Failures++
			t.device.SeenAt = now
			return sx.PutDevice(ctx, t.device)
		}
		if t.failures, err = countFailure(ctx, sx, accountKey(t.folded), now, accountTries, accountFades); err != nil {
			return err
		}
		if in.Source == "" {
			return nil
		}
		_, err = countFailure(ctx, sx, sourceKey(in.Source), now, sourceTries, sourceFades)
		return err
	})
	return t, err
}

// countFailure raises a counter, or refuses while it is blocked.
func countFailure(ctx context.Context, sx *store.ScratchTx, key string, now time.Time, tries int64, fades time.Duration) (int64, error) {
	c, err := sx.Attempt(ctx, key)
	if err != nil {
		return 0, err
	}
	if c == nil || now.Sub(c.LastAt) > fades {
		c = &roster.SignInAttempt{Key: key, FirstAt: now, BlockedUntil: now}
	}
	if c.BlockedUntil.After(now) {
		return 0, fault.TooMany("too_many_tries", "Seconds", int(c.BlockedUntil.Sub(now)/time.Second)+1)
	}
	c.Failures++
	c.LastAt = now
	if over := c.Failures - tries; over >= 0 {
		c.BlockedUntil = now.Add(min(longestWait, firstWait<<min(over, 10)))
	}
	return c.Failures, sx.PutAttempt(ctx, c)
}

// fits compares what was typed with the one-time code and the password. It
// takes one hash's time in every case.
func (a *App) fits(ctx context.Context, t *try, typed string) (byCode, ok bool, err error) {
	usable := t.account != nil && t.account.State != roster.AccountDisabled && t.credential != nil
	if usable && t.credential.CodeHash != "" && a.store.Now().Before(t.credential.CodeUntil) {
		byCode = subtle.ConstantTimeCompare([]byte(t.credential.CodeHash), []byte(digest(foldCode(typed)))) == 1
	}
	hash := nobodysHash
	if usable && t.credential.Hash != "" {
		hash = t.credential.Hash
	}
	release, err := hashSlot(ctx)
	if err != nil {
		return false, false, err
	}
	defer release()
	same, err := argon2id.ComparePasswordAndHash(typed, hash)
	if err != nil {
		return false, false, fmt.Errorf("compare password: %w", err)
	}
	return byCode, byCode || same && hash != nobodysHash, nil
}

// noteBurst writes the ledger fact of a burst of failures: at the fifth and at
// each doubling after it.
func (a *App) noteBurst(ctx context.Context, t *try) error {
	n := t.failures
	for n > accountTries && n%2 == 0 {
		n /= 2
	}
	if n != accountTries {
		return nil
	}
	object := "login:" + digest(t.folded)[:16] // an unknown name is not kept as it was typed
	if t.account != nil {
		object = t.account.ID
	}
	_, err := a.store.Update(ctx, store.Call{Account: "program:sign-in", Role: "program", Op: "session.create", RequestID: RequestID(ctx)},
		func(context.Context, *store.Tx) ([]ledger.Fact, string, error) {
			return []ledger.Fact{{Verb: "account.sign_in_failures", Kind: "account", ID: object}}, object, nil
		})
	return err
}

func (a *App) openSession(ctx context.Context, in SignInInput, t *try, byCode bool) (*SignedIn, error) {
	now := a.store.Now()
	out := &SignedIn{Token: newToken(), Until: now.Add(sessionLasts), Renew: byCode}
	if in.Bearer {
		out.Until = now.Add(bearerLasts)
	}
	if byCode {
		out.Until = now.Add(renewLasts)
	}
	s := &roster.Session{TokenHash: digest(out.Token), AccountID: t.account.ID, FormSeed: newToken(), Label: label(in.Label),
		Bearer: in.Bearer, Renew: byCode, CreatedAt: now, SeenAt: now, UntilAt: out.Until}
	if !in.Bearer {
		out.Device = in.Device
		if t.device == nil {
			out.Device = newToken()
		}
	}
	err := a.store.Scratch(ctx, func(ctx context.Context, sx *store.ScratchTx) error {
		if err := sx.LockScratch(ctx); err != nil {
			return err
		}
		if byCode { // a one-time code is good for one time
			c, err := sx.Credential(ctx, t.account.ID)
			if err != nil {
				return err
			}
			if c == nil || c.CodeHash != t.credential.CodeHash {
				return errSignIn
			}
			c.CodeHash, c.ChangedAt = "", now
			if err := sx.PutCredential(ctx, c); err != nil {
				return err
			}
		}
		if err := a.forgive(ctx, sx, in, t); err != nil {
			return err
		}
		if err := trimSessions(ctx, sx, t.account.ID, now); err != nil {
			return err
		}
		if err := sx.Insert(ctx, s); err != nil {
			return err
		}
		if out.Device == "" {
			return nil
		}
		return keepDevice(ctx, sx, t.account.ID, out.Device, now)
	})
	if err != nil {
		return nil, err
	}
	out.Actor, err = a.Authenticate(ctx, out.Token)
	return out, err
}

// forgive takes the count of a successful attempt back.
func (a *App) forgive(ctx context.Context, sx *store.ScratchTx, in SignInInput, t *try) error {
	if t.device != nil {
		return nil // keepDevice sets its counter to nothing
	}
	if _, err := sx.Delete(ctx, (*roster.SignInAttempt)(nil), "key = ?", accountKey(t.folded)); err != nil {
		return err
	}
	c, err := sx.Attempt(ctx, sourceKey(in.Source))
	if err != nil || c == nil || in.Source == "" {
		return err
	}
	c.Failures = max(c.Failures-1, 0)
	if c.Failures < sourceTries {
		c.BlockedUntil = c.FirstAt
	}
	return sx.PutAttempt(ctx, c)
}

// trimSessions drops sessions that have run out, and the oldest of too many.
func trimSessions(ctx context.Context, sx *store.ScratchTx, account string, now time.Time) error {
	if _, err := sx.Delete(ctx, (*roster.Session)(nil), "account_id = ? AND until_at <= ?", account, now); err != nil {
		return err
	}
	running, err := sx.SessionsOf(ctx, account, now)
	if err != nil || len(running) < sessionsAtMost {
		return err
	}
	for _, s := range running[sessionsAtMost-1:] {
		if _, err := sx.Delete(ctx, (*roster.Session)(nil), "token_hash = ?", s.TokenHash); err != nil {
			return err
		}
	}
	return nil
}

func keepDevice(ctx context.Context, sx *store.ScratchTx, account, device string, now time.Time) error {
	known, err := sx.DeviceCount(ctx, account)
	if err != nil {
		return err
	}
	if known >= devicesAtMost {
		if _, err := sx.Delete(ctx, (*roster.Device)(nil), "account_id = ? AND device_hash <> ? AND seen_at = (SELECT min(seen_at) FROM devices WHERE account_id = ?)",
			account, digest(device), account); err != nil {
			return err
		}
	}
	return sx.PutDevice(ctx, &roster.Device{DeviceHash: digest(device), AccountID: account, SeenAt: now})
}

// Authenticate says who holds a session's token. A session that was ended is
// refused at once, because it is read each time.
func (a *App) Authenticate(ctx context.Context, token string) (*roster.Actor, error) {
	if token == "" || len(token) > 200 {
		return nil, fault.Unauthenticated()
	}
	hash := digest(token)
	now := a.store.Now()
	s, err := a.store.SessionNow(ctx, hash)
	if err != nil {
		return nil, err
	}
	if s == nil || !now.Before(s.UntilAt) || !s.Bearer && now.Sub(s.SeenAt) > sessionIdle {
		return nil, fault.Unauthenticated()
	}
	shared := a.actors.get(actorStamp{s.Authority, s.Tree, a.Today()}, s.AccountID)
	if shared == nil {
		if err := a.store.View(ctx, func(ctx context.Context, v *store.View) error {
			shared, err = a.ActorOf(ctx, v, s.AccountID)
			return err
		}); err != nil {
			return nil, err
		}
	}
	mine := *shared
	mine.Session, mine.MustRenew = hash, s.Renew
	who, seen := &mine, now.Sub(s.SeenAt) < seenEvery
	if !seen {
		err = a.store.Scratch(ctx, func(ctx context.Context, sx *store.ScratchTx) error {
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

// codeLetters are those that nobody misreads or mishears.
const codeLetters = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"

// newCode draws a one-time code of 59 bits, in three groups of four.
func newCode() string {
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

func foldCode(s string) string { return roster.FoldNumber(s) }

// label keeps what a device calls itself short enough to show.
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
