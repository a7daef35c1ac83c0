package app

import (
	"context"
	"errors"
	"time"

	"plumbline/internal/fault"
	"plumbline/internal/ledger"
	"plumbline/internal/roster"
	"plumbline/internal/signer"
	"plumbline/internal/store"
)

// In whose hands the signing key is.
const (
	SignerNone  = "none"  // nobody signs
	SignerTrial = "trial" // this process: key and server are in the same hands
	SignerApart = "apart" // another process, which may be another user's
)

// KeyView is a verifier key of the log with what to compare it by.
type KeyView struct {
	VKey        string    `json:"vkey"`
	Fingerprint string    `json:"fingerprint"`
	Algorithm   string    `json:"algorithm"`      // Ed25519, or SM2 for the second line
	Since       time.Time `json:"since,omitzero"` // zero: it has signed nothing yet
	Now         bool      `json:"now"`            // the signer signs with it today
}

// CheckpointView is a signed tree head.
type CheckpointView struct {
	Size      int64     `json:"size"`
	At        time.Time `json:"at"`
	Root      []byte    `json:"root"`
	Digits    string    `json:"digits"`
	Note      string    `json:"note"`
	Witnesses []string  `json:"witnesses"` // names of those whose lines are under it
}

// LedgerState is what everybody who is signed in may know of the ledger.
type LedgerState struct {
	Head
	Mode     string
	Absent   bool            // the signer does not sign now; writing goes on
	Signed   *CheckpointView // nil before the first
	Unsigned int64           // entries beyond it
	Witness  *CheckpointView // the last one that a witness signed; nil if none did
	Keys     []KeyView
	Frozen   *store.Freeze
}

// SignerMode says in whose hands the key is.
func (a *App) SignerMode() string {
	switch s := a.points.signer; {
	case s == nil:
		return SignerNone
	case s.Apart():
		return SignerApart
	}
	return SignerTrial
}

// LedgerState reads the head, the last checkpoints and the keys.
func (a *App) LedgerState(ctx context.Context, who *roster.Actor) (st LedgerState, err error) {
	st.Mode, st.Frozen = a.SignerMode(), a.Store.Frozen()
	st.Absent = a.points.absent.Load() != nil
	err = a.Read(ctx, who, "ledger.state", func(ctx context.Context, v *store.View) error {
		st.Origin = a.Store.Origin()
		if st.Size, st.Root, err = v.Head(ctx); err != nil {
			return err
		}
		if st.Signed, err = a.viewCheckpoint(ctx, v)(v.LastCheckpoint(ctx)); err != nil {
			return err
		}
		if st.Witness, err = a.viewCheckpoint(ctx, v)(v.LastWitnessed(ctx, 1)); err != nil {
			return err
		}
		st.Unsigned = st.Size
		if st.Signed != nil {
			st.Unsigned = max(0, st.Size-st.Signed.Size)
		}
		st.Keys, err = a.keyViews(ctx, v)
		return err
	})
	return st, err
}

// viewCheckpoint makes the view of a row just read, nil where there was none.
func (a *App) viewCheckpoint(ctx context.Context, v *store.View) func(*store.LedgerCheckpoint, error) (*CheckpointView, error) {
	return func(row *store.LedgerCheckpoint, err error) (*CheckpointView, error) {
		if errors.Is(err, store.ErrNone) {
			return nil, nil
		} else if err != nil {
			return nil, err
		}
		lines, err := v.Cosignatures(ctx, row.Size)
		if err != nil {
			return nil, err
		}
		c := ledger.Checkpoint{Origin: a.Store.Origin(), Size: row.Size}
		copy(c.Root[:], row.Root)
		out := &CheckpointView{Size: row.Size, At: row.At.UTC(), Root: row.Root, Digits: c.Digits(), Note: row.Note, Witnesses: []string{}}
		for _, l := range lines {
			out.Note += l.Line
			out.Witnesses = append(out.Witnesses, l.Witness)
		}
		return out, nil
	}
}

// keyViews lists the keys that signed, and those of a signer that has not yet.
func (a *App) keyViews(ctx context.Context, v *store.View) ([]KeyView, error) {
	rows, err := v.LedgerKeys(ctx)
	if err != nil {
		return nil, err
	}
	var now []string
	if keys := a.keys.Load(); keys != nil {
		now = *keys
	}
	out := []KeyView{}
	seen := map[string]bool{}
	for _, r := range rows {
		seen[r.VKey] = true
		out = append(out, KeyView{VKey: r.VKey, Fingerprint: signer.Fingerprint(r.VKey), Algorithm: signer.Algorithm(r.VKey), Since: r.At.UTC()})
	}
	for _, k := range now {
		if !seen[k] {
			out = append(out, KeyView{VKey: k, Fingerprint: signer.Fingerprint(k), Algorithm: signer.Algorithm(k)})
		}
	}
	for i := range out {
		for _, k := range now {
			out[i].Now = out[i].Now || k == out[i].VKey
		}
	}
	return out, nil
}

// SignerKeys lists the verifier keys that the signer signs with now.
func (a *App) SignerKeys(ctx context.Context) ([]string, error) { return a.signerKeys(ctx) }

// LedgerCheckpoints lists checkpoints, the largest first; before 0 begins with
// the last.
func (a *App) LedgerCheckpoints(ctx context.Context, who *roster.Actor, before int64, limit int) (out []CheckpointView, err error) {
	err = a.Read(ctx, who, "ledger.checkpoints", func(ctx context.Context, v *store.View) error {
		rows, err := v.CheckpointsBefore(ctx, before, min(max(limit, 1), store.PageMax))
		if err != nil {
			return err
		}
		for i := range rows { // a page of at most PageMax, by primary key
			c, err := a.viewCheckpoint(ctx, v)(&rows[i], nil)
			if err != nil {
				return err
			}
			out = append(out, *c)
		}
		return nil
	})
	return out, err
}

// CheckpointNote is the last signed checkpoint with its cosignatures, as the
// text of C2SP tlog-checkpoint. Anybody may have it.
func (a *App) CheckpointNote(ctx context.Context) (note []byte, err error) {
	err = a.Read(ctx, nil, "ledger.checkpoint", func(ctx context.Context, v *store.View) error {
		c, err := v.LastCheckpoint(ctx)
		if err != nil {
			return err
		}
		note, err = v.SignedNote(ctx, c)
		return err
	})
	return note, err
}

// KeyText lists the verifier keys of the log, one a line. Anybody may have it.
func (a *App) KeyText(ctx context.Context) (text []byte, err error) {
	err = a.Read(ctx, nil, "ledger.key", func(ctx context.Context, v *store.View) error {
		keys, err := a.keyViews(ctx, v)
		if err != nil {
			return err
		}
		if len(keys) == 0 {
			return fault.NotFound()
		}
		for _, k := range keys {
			text = append(text, k.VKey+"\n"...)
		}
		return nil
	})
	return text, err
}
