package accounts

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"net/netip"
	"runtime"
	"time"

	"github.com/alexedwards/argon2id"

	"plumbline/internal/app/desk"
	"plumbline/internal/fault"
	"plumbline/internal/kinds"
	"plumbline/internal/ledger"
	"plumbline/internal/roster"
	"plumbline/internal/store"
	"plumbline/internal/verbs"
)

// Guessing. The counter of an account is one, whatever spelling is tried,
// wherever its secret is asked for, and whether the account exists; that of a
// source is wider, because a station sits behind one address. A device that the
// account has signed in from before has an allowance of its own and meets
// neither; nor does a right one-time code meet the source's, which is too long
// to be guessed.
const (
	accountTries = 5
	sourceTries  = 30
	deviceTries  = 10
	firstWait    = 30 * time.Second
	longestWait  = 15 * time.Minute
	accountFades = 24 * time.Hour
	sourceFades  = time.Hour
)

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

// nobodysHash is compared when there is no account, so that the answer takes the
// same time.
const nobodysHash = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$2AN0GzFzUZtcCyGpdLUgIJJsiSKAkVwQmHq63wXj8gM"

// presented is a secret offered for an account, and where it came from.
type presented struct {
	login  string
	typed  string
	codes  bool   // a one-time code will do as well
	device string // the token that the device was given before, "" if none
	source string // network address; "" for who holds a session already: he can guess at one account only
}

// proven is the result of a correct secret.
type proven struct {
	account    *roster.Account
	credential *roster.Credential
	byCode     bool
}

// checkSecret is the only place that compares secrets. It counts the attempt,
// refuses anybody who has guessed too often, and takes the count back if the secret
// is correct. It returns nil without an error for a wrong secret.
func (a *Logins) checkSecret(ctx context.Context, p presented) (*proven, error) {
	t, err := a.countTry(ctx, p)
	if err != nil {
		return nil, err
	}
	byCode, ok, err := a.fits(ctx, t, p)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, a.noteBurst(ctx, t)
	}
	if err := a.Store.Scratch(ctx, func(ctx context.Context, sx *store.ScratchTx) error { return a.forgive(ctx, sx, p, t) }); err != nil {
		return nil, err
	}
	return &proven{t.account, t.credential, byCode}, nil
}

// try is one counted attempt.
type try struct {
	folded     string
	account    *roster.Account
	credential *roster.Credential
	device     *roster.Device // known, and within its allowance
	failures   int64          // of the account's spelling, this attempt included
}

func accountKey(folded string) string { return "a:" + Digest(folded)[:32] }

// sourceKey treats the IPv6 addresses of one subscriber as one source.
func sourceKey(source string) string {
	if at, err := netip.ParseAddr(source); err == nil && at.Unmap().Is6() {
		source = netip.PrefixFrom(at.WithZone(""), 64).Masked().String()
	}
	return "s:" + Digest(source)[:32]
}

func Digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

// countTry refuses an attempt after too many failures. It counts the attempt as
// failed before the secret is compared, so that parallel attempts cannot outrun the
// counter; success takes its own count back.
func (a *Logins) countTry(ctx context.Context, p presented) (*try, error) {
	t := &try{folded: roster.FoldLogin(p.login)}
	now := a.Store.Now()
	err := a.Store.Scratch(ctx, func(ctx context.Context, sx *store.ScratchTx) error {
		*t = try{folded: t.folded}
		if err := sx.LockScratch(ctx); err != nil {
			return err
		}
		if err := t.find(ctx, sx, p); err != nil {
			return err
		}
		if t.device != nil {
			t.device.Failures++
			t.device.SeenAt = now
			return sx.PutDevice(ctx, t.device)
		}
		var err error
		if t.failures, err = countFailure(ctx, sx, accountKey(t.folded), now, accountTries, accountFades); err != nil {
			return err
		}
		if p.source == "" || p.codes && t.codeFits(p.typed, now) {
			return nil
		}
		_, err = countFailure(ctx, sx, sourceKey(p.source), now, sourceTries, sourceFades)
		return err
	})
	return t, err
}

// find reads the account, its secrets and the device.
func (t *try) find(ctx context.Context, sx *store.ScratchTx, p presented) (err error) {
	if t.account, err = sx.AccountByLogin(ctx, t.folded); err != nil || t.account == nil {
		return err
	}
	if t.credential, err = sx.Credential(ctx, t.account.ID); err != nil || p.device == "" {
		return err
	}
	t.device, err = sx.Device(ctx, t.account.ID, Digest(p.device))
	if t.device != nil && t.device.Failures >= deviceTries {
		t.device = nil // it guesses like any other
	}
	return err
}

// usable reports whether any secret can open the account. One that the ledger does
// not commit to cannot.
func (t *try) usable() bool {
	return t.account != nil && t.account.State != roster.AccountDisabled && t.credential != nil
}

// codeFits reports whether what was typed is the account's one-time code.
func (t *try) codeFits(typed string, now time.Time) bool {
	return t.usable() && t.credential.CodeHash != "" && now.Before(t.credential.CodeUntil) &&
		subtle.ConstantTimeCompare([]byte(t.credential.CodeHash), []byte(Digest(FoldCode(typed)))) == 1
}

// countFailure increments a counter, or refuses while it is blocked.
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

// fits compares the secret with the one-time code and the password. It takes the
// time of one hash in every case. Only checkSecret calls it.
func (a *Logins) fits(ctx context.Context, t *try, p presented) (byCode, ok bool, err error) {
	byCode = p.codes && t.codeFits(p.typed, a.Store.Now())
	hash := nobodysHash
	if t.usable() && t.credential.Hash != "" {
		hash = t.credential.Hash
	}
	release, err := hashSlot(ctx)
	if err != nil {
		return false, false, err
	}
	defer release()
	same, err := argon2id.ComparePasswordAndHash(p.typed, hash)
	if err != nil {
		return false, false, fmt.Errorf("compare password: %w", err)
	}
	return byCode, byCode || same && hash != nobodysHash, nil
}

// noteBurst records a burst of failures in the ledger: at the fifth failure and at
// each doubling.
func (a *Logins) noteBurst(ctx context.Context, t *try) error {
	n := t.failures
	for n > accountTries && n%2 == 0 {
		n /= 2
	}
	if n != accountTries {
		return nil
	}
	object := "login:" + Digest(t.folded)[:16] // an unknown name is not kept as it was typed
	if t.account != nil {
		object = t.account.ID
	}
	_, err := a.Store.Update(ctx, store.Call{Account: "program:sign-in", Role: "program", Op: "session.create",
		RequestID: desk.RequestID(ctx)},
		func(context.Context, *store.Tx) ([]ledger.Fact, string, error) {
			return []ledger.Fact{{Verb: verbs.AccountSignInFailures, Kind: kinds.Account, ID: object}}, object, nil
		})
	return err
}

// forgive takes a successful attempt back out of the counters.
func (a *Logins) forgive(ctx context.Context, sx *store.ScratchTx, p presented, t *try) error {
	if err := sx.LockScratch(ctx); err != nil {
		return err
	}
	if t.device != nil {
		t.device.Failures = 0
		return sx.PutDevice(ctx, t.device)
	}
	if _, err := sx.Delete(ctx, (*roster.SignInAttempt)(nil), "key = ?", accountKey(t.folded)); err != nil || p.source == "" {
		return err
	}
	c, err := sx.Attempt(ctx, sourceKey(p.source))
	if err != nil || c == nil || p.codes && t.codeFits(p.typed, a.Store.Now()) { // which the source's counter did not count
		return err
	}
	c.Failures = max(c.Failures-1, 0)
	if c.Failures < sourceTries {
		c.BlockedUntil = c.FirstAt
	}
	return sx.PutAttempt(ctx, c)
}
