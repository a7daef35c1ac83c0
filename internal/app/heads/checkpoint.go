package heads

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"plumbline/internal/fault"
	"plumbline/internal/ledger"
	"plumbline/internal/signer"
	"plumbline/internal/store"
)

// Signer signs tree heads: a *signer.Signer inside this process, or a
// *signer.Client of one apart from it.
type Signer interface {
	Remembered(ctx context.Context) (ledger.Checkpoint, error)
	Sign(ctx context.Context, r signer.Request) (lines string, err error)
	Keys(ctx context.Context) ([]string, error)
	Apart() bool
}

// SignEvery is how much time lies between the starts of two signings, unless
// the site asks for another: a receipt follows its commit within 150 ms, and
// under load one signature covers what came in between.
const SignEvery = 60 * time.Millisecond

const (
	headCheck   = 2 * time.Second // between two looks at the database
	lastSigning = 5 * time.Second // for the signing on the way out
)

// ErrNoSigner says that this process was given no signer.
var ErrNoSigner = errors.New("no signer was set up")

// checkpointer signs the head of the tree after commits, and watches that the
// tree stays what was signed.
type checkpointer struct {
	signer   Signer
	headFile string
	every    time.Duration

	signing sync.Mutex         // one signing at a time; guards known and seen
	known   *ledger.Checkpoint // what the signer remembers, as far as we know
	seen    map[string]bool    // keys that a stored checkpoint was signed with

	running atomic.Bool                       // RunCheckpoints is at work
	last    atomic.Pointer[ledger.Checkpoint] // stored last
	absent  atomic.Pointer[string]            // why the signer does not sign now, nil while it does

	mu   sync.Mutex
	wait chan struct{} // closed when last moves
}

func (c *checkpointer) init(s Signer, headFile string, every time.Duration) {
	c.signer, c.headFile, c.every = s, headFile, every
	if every <= 0 {
		c.every = SignEvery
	}
	c.wait, c.seen = make(chan struct{}), make(map[string]bool)
}

// moved notes a stored checkpoint and wakes who waits for one.
func (c *checkpointer) moved(to ledger.Checkpoint) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if was := c.last.Load(); was != nil && was.Size >= to.Size {
		return
	}
	c.last.Store(&to)
	close(c.wait)
	c.wait = make(chan struct{})
}

func (c *checkpointer) next() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.wait
}

// RunCheckpoints signs after commits until ctx ends, and once more then. Under
// load one checkpoint covers many entries. While the signer is away writing
// goes on; it catches up afterwards.
func (h *Heads) RunCheckpoints(ctx context.Context) {
	c := &h.points
	c.running.Store(true)
	defer c.running.Store(false)
	tick := time.NewTicker(headCheck)
	defer tick.Stop()
	gap := time.NewTimer(0)
	defer gap.Stop()
	saved, last := anchorEvery-1, c.last.Load()
	for {
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastSigning)
			defer cancel()
			h.trySigning(last)
			return
		case <-h.Store.Committed():
		case <-tick.C:
			if err := h.CheckHead(ctx); err != nil && ctx.Err() == nil {
				h.Log.Error("look at the ledger's head", "err", err)
			}
		}
		select {
		case <-ctx.Done():
			continue
		case <-gap.C:
		}
		gap.Reset(c.every)
		h.trySigning(ctx)
		if now := c.last.Load(); now != last {
			last = now
			h.anchor(ctx, &saved)
		}
	}
}

// trySigning signs, and tells the log when the signer goes and when it is back.
func (h *Heads) trySigning(ctx context.Context) {
	err := h.SignHead(ctx)
	if err == nil || errors.Is(err, ErrNoSigner) || h.Store.Frozen() != nil || ctx.Err() != nil {
		if err == nil && h.points.absent.Swap(nil) != nil {
			h.Log.Info("the signer signs again")
		}
		return
	}
	why := err.Error()
	if was := h.points.absent.Swap(&why); was == nil || *was != why {
		h.Log.Error("the head of the ledger is not signed; writing goes on", "err", err)
	}
}

// SignHead signs the head of the tree now, unless a stored checkpoint covers it
// already. A refusal of the signer freezes writing.
func (h *Heads) SignHead(ctx context.Context) error {
	c := &h.points
	if c.signer == nil {
		return ErrNoSigner
	}
	if h.Store.Frozen() != nil {
		return fault.Unavailable("ledger_frozen")
	}
	c.signing.Lock()
	defer c.signing.Unlock()
	for range 3 { // another process with the same key may be ahead of what we know
		absent := c.ask(ctx)
		head, proof, err := h.extension(ctx)
		if err != nil {
			return err
		}
		if h.Store.Frozen() != nil {
			return fault.Unavailable("ledger_frozen")
		}
		if last := c.last.Load(); head.Size == 0 || last != nil && *last == head {
			return absent
		}
		if err := h.rememberHead(head); err != nil {
			h.Log.Error("write down the acknowledged head", "err", err)
		}
		if absent != nil {
			return absent
		}
		lines, err := c.signer.Sign(ctx, signer.Request{Old: c.known.Size, Proof: proof, Checkpoint: head})
		var no *signer.Refusal
		switch {
		case errors.As(err, &no) && (no.Why == signer.Stale || no.Why == signer.Smaller && no.Remembered.Size > c.known.Size):
			c.known = nil
			continue
		case errors.As(err, &no):
			h.freezeOn(no)
			return err
		case err != nil:
			c.known = nil
			return err
		}
		c.known = &head
		return h.keepCheckpoint(ctx, head, lines)
	}
	return errors.New("the signer's memory moves faster than this server can prove")
}

// ask learns what the signer remembers, unless that is known.
func (c *checkpointer) ask(ctx context.Context) error {
	if c.known != nil {
		return nil
	}
	known, err := c.signer.Remembered(ctx)
	if err == nil {
		c.known = &known
	}
	return err
}

// extension reads the present head, and proves that it extends what the signer
// remembers, where that is known. Where it does not, writing is frozen.
func (h *Heads) extension(ctx context.Context) (head ledger.Checkpoint, proof []ledger.Hash, err error) {
	known := h.points.known // read before the head is, so never ahead of it
	err = h.Store.View(ctx, func(ctx context.Context, v *store.View) error {
		head.Origin = h.Store.Origin()
		if head.Size, head.Root, err = v.Head(ctx); err != nil || known == nil {
			return err
		}
		if frozen, err := h.contradicts(ctx, v, store.BySigner, *known, head); frozen || err != nil {
			return err
		}
		proof, err = v.Consistency(ctx, known.Size, head.Size)
		return err
	})
	return head, proof, err
}

// keepCheckpoint stores the signed note, after it has looked at it.
func (h *Heads) keepCheckpoint(ctx context.Context, head ledger.Checkpoint, lines string) error {
	c := &h.points
	keys, err := h.signerKeys(ctx)
	if err != nil {
		return err
	}
	note := head.Marshal() + "\n" + lines
	if err := h.signedBy(note, head, keys[0]); err != nil {
		return fmt.Errorf("what the signer gave is no signature of its key: %w", err)
	}
	fresh := keys
	if c.seen[keys[0]] {
		fresh = nil
	}
	if err := h.Store.SaveCheckpoint(ctx, store.LedgerCheckpoint{Size: head.Size, At: h.Store.Now(), Root: head.Root[:], Note: note},
		fresh...); err != nil {
		return err
	}
	c.seen[keys[0]] = true
	c.moved(head)
	return nil
}

func (h *Heads) signedBy(note string, head ledger.Checkpoint, vkey string) error {
	key, err := signer.NewVerifier(vkey)
	if err != nil {
		return err
	}
	o, err := ledger.OpenCheckpoint([]byte(note), ledger.Trust{Log: []ledger.Verifier{key}})
	if err != nil {
		return err
	}
	if o.Checkpoint != head {
		return errors.New("it signs another tree")
	}
	return nil
}

// signerKeys asks the signer for its verifier keys once.
func (h *Heads) signerKeys(ctx context.Context) ([]string, error) {
	if keys := h.keys.Load(); keys != nil {
		return *keys, nil
	}
	if h.points.signer == nil {
		return nil, ErrNoSigner
	}
	keys, err := h.points.signer.Keys(ctx)
	if err != nil {
		return nil, err
	}
	if len(keys) == 0 {
		return nil, errors.New("the signer has no key")
	}
	h.keys.Store(&keys)
	return keys, nil
}

// WaitCheckpoint returns when a stored checkpoint covers the entry, or with the
// reason why none will before ctx ends. Where nothing signs beside the caller
// it signs itself.
func (h *Heads) WaitCheckpoint(ctx context.Context, seq int64) error {
	c := &h.points
	covered := func() bool { last := c.last.Load(); return last != nil && last.Size > seq }
	for {
		next := c.next()
		if covered() {
			return nil
		}
		if !c.running.Load() {
			err := h.SignHead(ctx)
			var f *fault.Error
			switch {
			case err == nil && covered():
				return nil
			case err == nil:
				return fault.NotFound()
			case errors.Is(err, ErrNoSigner), errors.As(err, &f):
				return err
			}
			return fault.Unavailable("signer_absent").WithCause(err)
		}
		if h.Store.Frozen() != nil {
			return fault.Unavailable("ledger_frozen")
		}
		if c.signer == nil {
			return ErrNoSigner
		}
		if c.absent.Load() != nil {
			return fault.Unavailable("signer_absent")
		}
		select {
		case <-next:
		case <-ctx.Done():
			return fault.Unavailable("signer_absent").WithCause(ctx.Err())
		}
	}
}
