package accounts

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"time"

	"plumbline/internal/fault"
	"plumbline/internal/roster"
	"plumbline/internal/store"
)

// ProofInput is the password, typed again.
type ProofInput struct {
	Password string
	Device   string // the token that the device was given before, "" if none
}

// Prove takes the actor's password again and says until when it stands for him.
// A wrong one counts like one at sign-in.
func (a *Logins) Prove(ctx context.Context, who *roster.Actor, in ProofInput) (until time.Time, err error) {
	if _, err := a.Authorize(who, "session.prove"); err != nil {
		return until, err
	}
	if who.Session == "" {
		return until, fault.Unauthenticated()
	}
	if f := Missing(in.Password, "password"); f != nil {
		return until, f
	}
	account, err := a.ownAccount(ctx, who)
	if err != nil {
		return until, err
	}
	wrong := fault.Invalid("proof_wrong", "password")
	if len(in.Password) > typedMost {
		return until, wrong
	}
	found, err := a.checkSecret(ctx, presented{login: account.Login, typed: in.Password, device: in.Device})
	if err != nil {
		return until, err
	}
	if found == nil || found.account.ID != account.ID {
		return until, wrong
	}
	now := a.Store.Now()
	err = a.Store.Scratch(ctx, func(ctx context.Context, sx *store.ScratchTx) error {
		there, err := sx.ProveSession(ctx, who.Session, now, a.markProof(who.Session, now))
		if err == nil && !there {
			return fault.Unauthenticated() // it has ended meanwhile
		}
		return err
	})
	return now.Add(a.ProofTime()), err
}

// Proven gives an unsaved session the proof that a session opened with a password
// has.
func (a *Logins) Proven(s *roster.Session, at time.Time) {
	s.ProvedAt, s.Proof = at, a.markProof(s.TokenHash, at)
}

// markProof authenticates a proof time with the site's key. Somebody who owns the
// database but not the key can change the time but not the mark, so he cannot sign
// for anybody from a browser that was left open. A mark of another session, or of an
// earlier time, opens nothing more.
func (a *Logins) markProof(session string, at time.Time) []byte {
	m := hmac.New(sha256.New, a.proofKey)
	m.Write([]byte(session))
	m.Write(binary.BigEndian.AppendUint64(nil, uint64(at.UnixMicro())))
	return m.Sum(nil)
}

// provedAt returns when the session's holder last gave his password, or the zero
// time if the mark is not ours.
func (a *Logins) provedAt(s *roster.Session) time.Time {
	if !hmac.Equal(s.Proof, a.markProof(s.TokenHash, s.ProvedAt)) {
		return time.Time{}
	}
	return s.ProvedAt
}
