package heads

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
func (h *Heads) SignerMode() string {
	switch s := h.points.signer; {
	case s == nil:
		return SignerNone
	case s.Apart():
		return SignerApart
	}
	return SignerTrial
}

// LedgerState reads the head, the last checkpoints and the keys.
func (h *Heads) LedgerState(ctx context.Context, who *roster.Actor) (st LedgerState, err error) {
	st.Mode, st.Frozen = h.SignerMode(), h.Store.Frozen()
	st.Absent = h.points.absent.Load() != nil
	err = h.Read(ctx, who, "ledger.state", func(ctx context.Context, v *store.View) error {
		st.Origin = h.Store.Origin()
		if st.Size, st.Root, err = v.Head(ctx); err != nil {
			return err
		}
		if st.Signed, err = h.viewCheckpoint(ctx, v)(v.LastCheckpoint(ctx)); err != nil {
			return err
		}
		if st.Witness, err = h.viewCheckpoint(ctx, v)(v.LastWitnessed(ctx, 1)); err != nil {
			return err
		}
		st.Unsigned = st.Size
		if st.Signed != nil {
			st.Unsigned = max(0, st.Size-st.Signed.Size)
		}
		st.Keys, err = h.keyViews(ctx, v)
		return err
	})
	return st, err
}

// viewCheckpoint makes the view of a row just read, nil where there was none.
func (h *Heads) viewCheckpoint(ctx context.Context, v *store.View) func(*store.LedgerCheckpoint, error) (*CheckpointView, error) {
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
		c := ledger.Checkpoint{Origin: h.Store.Origin(), Size: row.Size}
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
func (h *Heads) keyViews(ctx context.Context, v *store.View) ([]KeyView, error) {
	rows, err := v.LedgerKeys(ctx)
	if err != nil {
		return nil, err
	}
	var now []string
	if keys := h.keys.Load(); keys != nil {
		now = *keys
	}
	out := []KeyView{}
	seen := map[string]bool{}
	for _, r := range rows {
		seen[r.VKey] = true
		out = append(out, KeyView{VKey: r.VKey, Fingerprint: signer.Fingerprint(r.VKey), Algorithm: signer.Algorithm(r.VKey),
			Since: r.At.UTC()})
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
func (h *Heads) SignerKeys(ctx context.Context) ([]string, error) { return h.signerKeys(ctx) }

// LedgerCheckpoints lists checkpoints, the largest first; before 0 begins with
// the last.
func (h *Heads) LedgerCheckpoints(ctx context.Context, who *roster.Actor, before int64, limit int) (out []CheckpointView, err error) {
	err = h.Read(ctx, who, "ledger.checkpoints", func(ctx context.Context, v *store.View) error {
		rows, err := v.CheckpointsBefore(ctx, before, min(max(limit, 1), store.PageMax))
		if err != nil {
			return err
		}
		for i := range rows { // a page of at most PageMax, by primary key
			c, err := h.viewCheckpoint(ctx, v)(&rows[i], nil)
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
func (h *Heads) CheckpointNote(ctx context.Context) (note []byte, err error) {
	err = h.Read(ctx, nil, "ledger.checkpoint", func(ctx context.Context, v *store.View) error {
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
func (h *Heads) KeyText(ctx context.Context) (text []byte, err error) {
	err = h.Read(ctx, nil, "ledger.key", func(ctx context.Context, v *store.View) error {
		keys, err := h.keyViews(ctx, v)
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

// Head is the state of the ledger.
type Head struct {
	Origin string      `json:"origin"`
	Size   int64       `json:"size"`
	Root   ledger.Hash `json:"-"`
}

// LedgerHead reads the size and root of the tree.
func (h *Heads) LedgerHead(ctx context.Context, who *roster.Actor) (head Head, err error) {
	err = h.Read(ctx, who, "ledger.head", func(ctx context.Context, v *store.View) error {
		head.Origin = h.Store.Origin()
		head.Size, head.Root, err = v.Head(ctx)
		return err
	})
	return head, err
}

// LedgerEntries reads entries from a sequence number on, oldest first. Those
// about a matter that the actor is barred from are left out: the numbers have
// gaps, and nothing says of a gap why it is there.
func (h *Heads) LedgerEntries(ctx context.Context, who *roster.Actor, from int64, limit int) (rows []store.LedgerEntry, err error) {
	return h.entries(ctx, who, func(ctx context.Context, v *store.View, sc roster.Scope) ([]store.LedgerEntry, error) {
		return v.EntriesFrom(ctx, from, min(max(limit, 1), store.PageMax), sc)
	})
}

// LedgerBefore reads entries below a sequence number, newest first, as
// LedgerEntries does.
func (h *Heads) LedgerBefore(ctx context.Context, who *roster.Actor, before int64, limit int) (rows []store.LedgerEntry, err error) {
	return h.entries(ctx, who, func(ctx context.Context, v *store.View, sc roster.Scope) ([]store.LedgerEntry, error) {
		return v.EntriesBefore(ctx, before, min(max(limit, 1), store.PageMax), sc)
	})
}

func (h *Heads) entries(ctx context.Context, who *roster.Actor,
	read func(context.Context, *store.View, roster.Scope) ([]store.LedgerEntry, error)) (rows []store.LedgerEntry, err error) {
	err = h.Read(ctx, who, "ledger.entries", func(ctx context.Context, v *store.View) error {
		sc, err := h.Scope(ctx, v, who, roster.ActList, roster.KindLedger)
		if err != nil {
			return err
		}
		rows, err = read(ctx, v, sc)
		return err
	})
	return rows, err
}
