package heads

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"

	"plumbline/internal/app/desk"
	"plumbline/internal/fault"
	"plumbline/internal/kinds"
	"plumbline/internal/ledger"
	"plumbline/internal/roster"
	"plumbline/internal/signer"
	"plumbline/internal/store"
	"plumbline/internal/verbs"
)

// DiskFull reports whether writing waits for room on the disk.
func (h *Heads) DiskFull() bool { return h.Store.Full() }

// Broken is closed when the disk failed under a write and the process must end.
func (h *Heads) Broken() <-chan struct{} { return h.Store.Broken() }

// Frozen tells why writing has stopped; nil while it goes on.
func (h *Heads) Frozen() *store.Freeze { return h.Store.Frozen() }

// rememberedHead is a tree head that somebody remembers.
type rememberedHead struct {
	by string
	ledger.Checkpoint
}

// CheckHead compares the tree in the database with everything that remembers
// an earlier one: the file beside the site, the signer, the checkpoints, this
// process. What does not agree freezes writing. An error says only that
// somebody could not be asked.
func (h *Heads) CheckHead(ctx context.Context) error {
	all, last, errs := h.memories(ctx)
	head, err := h.Store.OnDisk(ctx) // after the memories, so that it holds all of them
	if err != nil {
		return errors.Join(append(errs, err)...)
	}
	err = h.Store.View(ctx, func(ctx context.Context, v *store.View) error {
		for _, m := range all {
			if frozen, err := h.contradicts(ctx, v, m.by, m.Checkpoint, head); frozen || err != nil {
				return err
			}
		}
		if last != nil {
			h.points.moved(*last)
		}
		return nil
	})
	return errors.Join(append(errs, err)...)
}

// memories asks everybody who remembers a head; last is the stored checkpoint.
func (h *Heads) memories(ctx context.Context) (all []rememberedHead, last *ledger.Checkpoint, errs []error) {
	site, there, err := readHead(h.points.headFile)
	if there {
		all = append(all, rememberedHead{store.BySite, site})
	}
	errs = append(errs, err)
	if h.points.signer != nil {
		c, err := h.points.signer.Remembered(ctx)
		if err == nil {
			all = append(all, rememberedHead{store.BySigner, c})
		}
		errs = append(errs, err)
	}
	if acked, ok := h.Store.Acknowledged(); ok {
		all = append(all, rememberedHead{store.ByServer, acked})
	}
	err = h.Store.View(ctx, func(ctx context.Context, v *store.View) error {
		row, err := v.LastCheckpoint(ctx)
		if errors.Is(err, store.ErrNone) {
			return nil
		} else if err != nil {
			return err
		}
		thawed, err := v.LastThaw(ctx)
		if err != nil || !row.At.After(thawed) { // a person has accepted that earlier ones may not hold
			return err
		}
		c := ledger.Checkpoint{Origin: h.Store.Origin(), Size: row.Size}
		copy(c.Root[:], row.Root)
		last = &c
		all = append(all, rememberedHead{store.ByCheckpoint, c})
		return nil
	})
	return all, last, append(errs, err)
}

// contradicts freezes writing if the tree does not contain what is remembered by
// the holder named. The head must have been read later than the memory. A database that goes away
// under the question contradicts nothing: that is an error.
func (h *Heads) contradicts(ctx context.Context, v *store.View, by string, remembered, head ledger.Checkpoint) (frozen bool, err error) {
	f := store.Freeze{By: by, Remembered: remembered, Found: head}
	switch {
	case remembered.Origin != head.Origin:
		f.Code = store.FreezeForeign
	case remembered.Size > head.Size:
		f.Code = store.FreezeShrunk
	default:
		root, err := v.RootAt(ctx, remembered.Size)
		if err == nil && root == remembered.Root {
			return false, nil
		}
		if err != nil && !errors.Is(err, store.ErrDamaged) {
			return false, err
		}
		f.Code = store.FreezeRewritten
	}
	h.freeze(f)
	return true, nil
}

func (h *Heads) freeze(f store.Freeze) {
	if h.Store.Frozen() == nil {
		h.Log.Error("writing is frozen: the ledger is not the one remembered", "code", f.Code, "by", f.By,
			"remembered", f.Remembered.Size, "found", f.Found.Size)
	}
	h.Store.Freeze(f)
}

// freezeOn takes a refusal of the signer for what it is.
func (h *Heads) freezeOn(no *signer.Refusal) {
	code := store.FreezeRewritten
	switch no.Why {
	case signer.Foreign:
		code = store.FreezeForeign
	case signer.Smaller:
		code = store.FreezeShrunk
	}
	h.freeze(store.Freeze{Code: code, By: store.BySigner, Remembered: no.Remembered, Found: no.Asked})
}

// rememberHead writes the acknowledged head into the file beside the site. It
// is not synced: after a power cut an earlier one is as good, the signer's
// memory being the one that counts.
func (h *Heads) rememberHead(head ledger.Checkpoint) error {
	path := h.points.headFile
	if path == "" {
		return nil
	}
	part := fmt.Sprintf("%s.%d.part", path, os.Getpid()) // servers over one database share the file
	if err := os.WriteFile(part, []byte(head.Marshal()), 0o600); err != nil {
		return err
	}
	return os.Rename(part, path)
}

// readHead reads that file; there is false where it was never written.
func readHead(path string) (c ledger.Checkpoint, there bool, err error) {
	if path == "" {
		return c, false, nil
	}
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(raw) == 0 {
		return c, false, nil
	} else if err != nil {
		return c, false, err
	}
	if c, err = ledger.ParseCheckpoint(string(raw)); err != nil {
		return c, false, fmt.Errorf("%s is damaged: %w", path, err)
	}
	return c, true, nil
}

// ThawInput says who lets writing go on and why.
type ThawInput struct {
	Reason string `json:"reason"`
}

// Validate refuses a thaw without a reason.
func (in ThawInput) Validate() error {
	if len([]rune(in.Reason)) < 10 || len([]rune(in.Reason)) > 2000 {
		return fault.Invalid("thaw_reason", "reason")
	}
	return nil
}

// restarter is a signer whose memory can be set from here: the one inside the
// server. One apart is its own operator's to set.
type restarter interface {
	Restart(to ledger.Checkpoint) (kept string, err error)
}

// Thaw lets writing go on from the tree as it stands, and writes into it what
// had been remembered, what was found, and why. What remembered the other tree
// is kept beside its successor, and the files are named. now is the head that
// writing goes on from.
func (h *Heads) Thaw(ctx context.Context, who *roster.Actor,
	in ThawInput) (kept []string, now ledger.Checkpoint, receipt desk.Receipt, err error) {
	f := h.Store.Frozen()
	if _, err := h.Authorize(who, "ledger.thaw"); err != nil {
		return nil, now, receipt, err
	}
	if f == nil {
		return nil, now, receipt, fault.Conflict("not_frozen")
	}
	if f.Code == store.FreezeReplaced || f.Code == store.FreezeForeign {
		return nil, now, receipt, fault.Conflict("thaw_impossible")
	}
	if err := in.Validate(); err != nil {
		return nil, now, receipt, err
	}
	err = h.Store.View(ctx, func(ctx context.Context, v *store.View) error {
		now.Origin = h.Store.Origin()
		now.Size, now.Root, err = v.Head(ctx)
		return err
	})
	if err != nil {
		return nil, now, receipt, fmt.Errorf("the tree is damaged, so nothing can be built on it; restore a backup: %w", err)
	}
	h.Store.Thaw()
	receipt, err = h.Write(ctx, who, desk.Write{Op: verbs.LedgerThaw, Body: in}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		row := &ledger.Thaw{Code: f.Code, Source: f.By, RememberedSize: f.Remembered.Size, RememberedRoot: f.Remembered.Root[:],
			FoundSize: now.Size, FoundRoot: now.Root[:]}
		row.ID = tx.NewID()
		if row.ReasonC, err = tx.PutText(ctx, row.ID, "reason", in.Reason); err != nil {
			return nil, "", err
		}
		return []ledger.Fact{{Verb: verbs.LedgerThaw, Kind: kinds.Thaw, ID: row.ID}}, row.ID, tx.Insert(ctx, row)
	})
	if err != nil {
		h.Store.Freeze(*f)
		return nil, now, receipt, err
	}
	kept, err = h.forget(now)
	return kept, now, receipt, err
}

// forget sets what remembers the other tree to the one that was found.
func (h *Heads) forget(now ledger.Checkpoint) (kept []string, err error) {
	c := &h.points
	c.signing.Lock()
	defer c.signing.Unlock()
	c.known = nil
	c.last.Store(nil)
	if _, there, err := readHead(c.headFile); there || err != nil {
		raw, err := os.ReadFile(c.headFile)
		if err != nil {
			return nil, err
		}
		name, err := keepBeside(c.headFile, raw)
		if err != nil {
			return nil, err
		}
		kept = append(kept, name)
	}
	if r, ok := c.signer.(restarter); ok {
		name, err := r.Restart(now)
		if err != nil {
			return kept, err
		}
		kept = append(kept, name)
	}
	return kept, h.rememberHead(now)
}

// keepBeside writes evidence to the first free name beside path.
func keepBeside(path string, raw []byte) (string, error) {
	for n := 1; ; n++ {
		name := path + ".was-" + strconv.Itoa(n)
		f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if errors.Is(err, fs.ErrExist) {
			continue
		} else if err != nil {
			return "", err
		}
		_, err = f.Write(raw)
		return name, errors.Join(err, f.Sync(), f.Close())
	}
}
