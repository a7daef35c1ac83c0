package heads

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"plumbline/internal/fault"
	"plumbline/internal/ledger"
	"plumbline/internal/roster"
	"plumbline/internal/store"
	"plumbline/internal/witness"
)

// ErrNoCheckpoint says that nothing was signed yet.
var ErrNoCheckpoint = errors.New("there is no signed checkpoint yet; the server signs when it runs")

// witnesses are those who cosign this ledger, each with its feeder.
type witnesses struct {
	targets []witness.Target
	feeders []*witness.Feeder
}

func (h *Heads) setWitnesses(targets []witness.Target, pace witness.Pace) error {
	h.witnesses.targets = targets
	for i, t := range targets {
		for _, other := range targets[:i] {
			if other.Name == t.Name {
				return fmt.Errorf("the witness %s is named twice", t.Name)
			}
		}
		if t.URL == "" {
			continue // reached by stick
		}
		f, err := witness.NewFeeder(t, h.witnessSource(), pace, h.Store.Now, h.Log)
		if err != nil {
			return err
		}
		h.witnesses.feeders = append(h.witnesses.feeders, f)
	}
	return nil
}

// RunWitnesses sends new checkpoints to every witness until ctx ends. Nothing
// waits for a witness: an entry is signed without it and witnessed later.
func (h *Heads) RunWitnesses(ctx context.Context) {
	var all sync.WaitGroup
	for _, f := range h.witnesses.feeders {
		all.Go(func() { f.Run(ctx) })
	}
	all.Wait()
}

// StepWitnesses does once what is due with every witness.
func (h *Heads) StepWitnesses(ctx context.Context) {
	for _, f := range h.witnesses.feeders {
		f.Step(ctx)
	}
}

func (h *Heads) witnessSource() witness.Source {
	return witness.Source{
		Trust: func(ctx context.Context) (t ledger.Trust, err error) {
			err = h.Store.View(ctx, func(ctx context.Context, v *store.View) error {
				t, err = logTrust(ctx, v)
				return err
			})
			return t, err
		},
		Newest: func(ctx context.Context) (size int64, err error) {
			err = h.Store.View(ctx, func(ctx context.Context, v *store.View) error {
				c, err := newestCheckpoint(ctx, v)
				size = c.Size
				return err
			})
			if errors.Is(err, ErrNoCheckpoint) {
				return -1, nil
			}
			return size, err
		},
		Request: h.witnessRequest,
		Known: func(ctx context.Context, name string) (size int64, at time.Time, err error) {
			err = h.Store.View(ctx, func(ctx context.Context, v *store.View) error {
				w, err := v.WitnessedBy(ctx, name)
				size, at = w.Size, w.At
				return err
			})
			return size, at, err
		},
		Save: func(ctx context.Context, size int64, c ledger.Cosignature) error {
			if h.Store.Frozen() != nil {
				return nil // nothing is written then; the witness has it on record
			}
			return h.Store.SaveCosignature(ctx, store.LedgerCosignature{Size: size, Witness: c.Witness, At: c.Time, Line: c.Line})
		},
	}
}

// logTrust gives the keys that this log's checkpoints were signed with.
func logTrust(ctx context.Context, v *store.View) (t ledger.Trust, err error) {
	keys, err := v.LedgerKeys(ctx)
	if err != nil {
		return t, err
	}
	for _, k := range keys {
		if key, err := ledger.NewVerifier(k.VKey); err == nil { // a second line of another kind is not for witnesses
			t.Log = append(t.Log, key)
		}
	}
	return t, nil
}

func newestCheckpoint(ctx context.Context, v *store.View) (store.LedgerCheckpoint, error) {
	rows, err := v.CheckpointsBefore(ctx, 0, 1)
	if err != nil {
		return store.LedgerCheckpoint{}, err
	}
	if len(rows) == 0 {
		return store.LedgerCheckpoint{}, ErrNoCheckpoint
	}
	return rows[0], nil
}

func (h *Heads) witnessRequest(ctx context.Context, old int64) (r *witness.Request, err error) {
	err = h.Store.View(ctx, func(ctx context.Context, v *store.View) error {
		c, err := newestCheckpoint(ctx, v)
		if err != nil {
			return err
		}
		if old < 0 || old > c.Size {
			return fault.NotFound()
		}
		r = &witness.Request{Old: old, Note: []byte(c.Note)}
		if r.Checkpoint, err = ledger.ParseCheckpoint(checkpointText(c.Note)); err != nil {
			return fmt.Errorf("the stored checkpoint of size %d: %w", c.Size, err)
		}
		r.Proof, err = v.Consistency(ctx, old, c.Size)
		return err
	})
	return r, err
}

// CheckpointRequest is an add-checkpoint request (C2SP tlog-witness) from the
// size that a witness stands at to the newest checkpoint: for witnesses who
// ask, and for the stick. Anybody may have it.
func (h *Heads) CheckpointRequest(ctx context.Context, old int64) ([]byte, error) {
	if _, err := h.Authorize(nil, "ledger.request"); err != nil {
		return nil, err
	}
	r, err := h.witnessRequest(ctx, old)
	if errors.Is(err, ErrNoCheckpoint) {
		return nil, fault.NotFound()
	}
	if err != nil {
		return nil, err
	}
	return r.Marshal(), nil
}

// WitnessedUpTo is the largest size that the witness cosigned, 0 if it never
// did.
func (h *Heads) WitnessedUpTo(ctx context.Context, name string) (size int64, err error) {
	err = h.Store.View(ctx, func(ctx context.Context, v *store.View) error {
		w, err := v.WitnessedBy(ctx, name)
		size = w.Size
		return err
	})
	return size, err
}

// WitnessedSize is the number of entries that a witness stands for: those with
// a smaller number are witnessed.
func (h *Heads) WitnessedSize(ctx context.Context) (size int64, err error) {
	err = h.Store.View(ctx, func(ctx context.Context, v *store.View) error {
		size, err = v.WitnessedSize(ctx)
		return err
	})
	return size, err
}

// ImportCosigned takes in a checkpoint that witnesses cosigned elsewhere and
// that came back on a stick. It must be one of this ledger, and the witnesses
// must be among those that the site trusts. It gives the lines that count.
func (h *Heads) ImportCosigned(ctx context.Context, signed []byte) (c ledger.Checkpoint, lines []ledger.Cosignature, err error) {
	trust := ledger.Trust{Quorum: 1}
	for _, t := range h.witnesses.targets {
		key, err := ledger.NewVerifier(t.Key)
		if err != nil {
			return c, nil, err
		}
		trust.Witnesses = append(trust.Witnesses, key)
	}
	err = h.Store.View(ctx, func(ctx context.Context, v *store.View) error {
		log, err := logTrust(ctx, v)
		if err != nil {
			return err
		}
		trust.Log = log.Log
		o, err := ledger.OpenCheckpoint(signed, trust)
		if err != nil {
			return fmt.Errorf("not a checkpoint of this ledger with the signature of a trusted witness: %w", err)
		}
		c, lines = o.Checkpoint, o.Witnesses
		ours, err := v.Checkpoints(ctx, c.Size, 1)
		if err != nil {
			return err
		}
		if len(ours) == 0 || ours[0].Size != c.Size || checkpointText(ours[0].Note) != c.Marshal() {
			return fmt.Errorf("the witness cosigned another tree of %d entries than this ledger has; keep the file and run plumbline verify", c.Size)
		}
		return nil
	})
	if err != nil {
		return c, nil, err
	}
	for _, l := range lines { // a handful
		if err := h.Store.SaveCosignature(ctx, store.LedgerCosignature{Size: c.Size, Witness: l.Witness, At: l.Time,
			Line: l.Line}); err != nil {
			return c, nil, err
		}
	}
	return c, lines, nil
}

// checkpointText is the signed part of a note.
func checkpointText(note string) string {
	for i := 0; i+1 < len(note); i++ {
		if note[i] == '\n' && note[i+1] == '\n' {
			return note[:i+1]
		}
	}
	return note
}

// Standing is how the site stands with one witness.
type Standing = witness.Standing

// Witnesses tells how the site stands with each of its witnesses, for everybody
// who is signed in.
func (h *Heads) Witnesses(ctx context.Context, who *roster.Actor) (out []Standing, err error) {
	err = h.Read(ctx, who, "ledger.witnesses", func(ctx context.Context, v *store.View) error {
		live := map[string]Standing{}
		for _, f := range h.witnesses.feeders {
			s := f.Standing()
			live[s.Name] = s
		}
		for _, t := range h.witnesses.targets { // a handful
			s, ok := live[t.Name]
			if !ok {
				s.Target = t
			}
			w, err := v.WitnessedBy(ctx, t.Name)
			if err != nil {
				return err
			}
			if w.Size > s.Size || s.At.IsZero() {
				s.Size, s.At = w.Size, w.At
			}
			out = append(out, s)
		}
		return nil
	})
	return out, err
}

// WitnessAlarms counts the witnesses whose memory is not this ledger's history.
func (h *Heads) WitnessAlarms() (n int64) {
	for _, f := range h.witnesses.feeders {
		if f.Standing().Trouble == witness.Diverged {
			n++
		}
	}
	return n
}
