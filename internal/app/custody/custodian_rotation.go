package custody

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"

	"plumbline/internal/app/desk"
	"plumbline/internal/custody"
	"plumbline/internal/fault"
	"plumbline/internal/intake"
	"plumbline/internal/kinds"
	"plumbline/internal/ledger"
	"plumbline/internal/roster"
	"plumbline/internal/seal"
	"plumbline/internal/store"
	"plumbline/internal/verbs"
)

// Handing over to new custodians. The server cannot do it alone, because it
// cannot read a key: two of the old custodians open the bundle at a ceremony, on
// a machine of theirs, and what comes back is put in place by a job.

const (
	jobRewrap   = "rewrap_fields"
	rewrapChunk = 100
)

func (a *Safekeeping) registerRewrap() { a.Handle(jobRewrap, a.rewrapStep) }

// CustodyBundle collects the wrapped keys of a set: of the oldest retiring set,
// together with the custodians to wrap to, or, if none is retiring, of the set in
// office, for a drill.
func (a *Safekeeping) CustodyBundle(ctx context.Context, who *roster.Actor) (b *seal.Bundle, err error) {
	err = a.Read(ctx, who, "custody.bundle", func(ctx context.Context, v *store.View) error {
		retiring, err := v.SetsInState(ctx, custody.SetRetiring)
		if err != nil {
			return err
		}
		active, custodians, err := v.ActiveSet(ctx)
		if err != nil {
			return err
		}
		switch {
		case active == nil:
			return fault.Conflict("custodians_none")
		case len(retiring) == 0:
			b = seal.NewBundle(a.Store.Origin(), active.ID)
		default:
			b = seal.NewBundle(a.Store.Origin(), retiring[0].ID)
			b.To, b.Threshold = active.ID, active.Threshold
			for _, c := range custodians {
				b.Custodian = append(b.Custodian, seal.BundleHolder{ID: c.ID, PublicKey: c.PublicKey})
			}
		}
		for after := ""; ; {
			fields, err := v.SealedInSet(ctx, b.From, after, 500)
			if err != nil || len(fields) == 0 {
				return err
			}
			for _, f := range fields { // each is a text of its own record
				after = f.ID
				_, w, err := v.ReadSealed(ctx, f)
				if err != nil {
					return err
				}
				b.Records = append(b.Records, seal.BundledRecord{ID: f.ID, Place: store.PlaceOf(f), Wrapping: w})
			}
		}
	})
	return b, err
}

// Rewrap accepts the result of a ceremony and queues the job that applies it.
// Submitting the same result again resumes that job.
func (a *Safekeeping) Rewrap(ctx context.Context, who *roster.Actor, raw []byte) (desk.Receipt, error) {
	b, err := seal.ParseBundle(raw)
	if err != nil || b.To == "" || b.Origin != a.Store.Origin() {
		return desk.Receipt{}, fault.Invalid("custody_bundle", "bundle")
	}
	sum := sha256.Sum256(raw)
	up := &intake.Upload{ID: store.NewID(), Account: who.Account, FileName: "custody.json", FileHash: hex.EncodeToString(sum[:]), Data: raw,
		CreatedAt: a.Store.Now()}
	if err := a.Store.Scratch(ctx, func(ctx context.Context, sx *store.ScratchTx) error { return sx.AddUpload(ctx, up) }); err != nil {
		return desk.Receipt{}, err
	}
	r, err := a.Write(ctx, who, desk.Write{Op: verbs.CustodyRewrap}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		active, _, err := tx.ActiveSet(ctx)
		if err != nil {
			return nil, "", err
		}
		if active == nil || active.ID != b.To {
			return nil, "", fault.Invalid("custody_bundle", "bundle")
		}
		n, err := tx.SealedCount(ctx, b.From)
		if err != nil {
			return nil, "", err
		}
		job, err := a.NewJob(jobRewrap, up.ID, who, n, nil)
		if err != nil {
			return nil, "", err
		}
		return []ledger.Fact{{Verb: verbs.CustodyRewrap, Kind: kinds.CustodySet, ID: b.To}}, up.ID, tx.AddJob(ctx, job)
	})
	if fault.Is(err, fault.UnavailableKind) {
		return r, err // the job may be there after all, and reads it
	} else if err != nil {
		return r, errors.Join(err, a.Store.DropUploads(ctx, "id = ?", up.ID))
	}
	a.WakeJobs()
	return r, nil
}

// rewrapped is a field with its new wrapping.
type rewrapped struct {
	before, after *custody.SealedField
	texts         []store.Content
	old           string // field of the texts that they replace
}

// swap stores the new wrappings, each row under its own version, and returns the
// keys of the old ones, to be destroyed after the commit.
func swap(ctx context.Context, tx *store.Tx, todo []rewrapped) (keys []int64, err error) {
	var texts []store.Content
	for _, w := range todo {
		ids, err := tx.DropTexts(ctx, w.before.ID, w.old)
		if err != nil {
			return nil, err
		}
		keys, texts = append(keys, ids...), append(texts, w.texts...)
		after := *w.after
		if err := tx.Save(ctx, w.before, &after); err != nil {
			return nil, err
		}
	}
	return keys, tx.PutTexts(ctx, texts)
}

// swapStep writes one chunk of a job with the fact of it, and destroys the old shares
// after the commit.
func (a *Safekeeping) swapStep(ctx context.Context, j *store.Job, op string, todo []rewrapped, fact store.Writing) error {
	var keys []int64
	done := j.Position + int64(len(todo))
	who := &roster.Actor{Account: j.Account, Program: true}
	_, err := a.Write(ctx, who, desk.Write{Op: op}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		var err error
		if keys, err = swap(ctx, tx, todo); err != nil {
			return nil, "", err
		}
		j.Position = done
		if err := a.SaveJobWith(ctx, tx, j); err != nil {
			return nil, "", err
		}
		return fact(ctx, tx)
	})
	if err != nil {
		return err
	}
	return a.Store.Forget(ctx, keys)
}

// rewrapStep applies one chunk. Fields that have been rewrapped belong to the new
// set and are not selected again, so after a crash the job continues where it was.
// The old shares of a chunk are destroyed after its commit.
func (a *Safekeeping) rewrapStep(ctx context.Context, j *store.Job) (bool, error) {
	var b *seal.Bundle
	var todo []rewrapped
	err := a.Store.View(ctx, func(ctx context.Context, v *store.View) error {
		up, err := v.Upload(ctx, j.ObjectID)
		if err != nil {
			return err
		}
		if b, err = seal.ParseBundle(up.Data); err != nil {
			return err
		}
		todo, err = a.rewrapNext(ctx, v, b)
		return err
	})
	if err != nil {
		return false, err
	}
	err = a.swapStep(ctx, j, "custody.rewrap", todo, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		if len(todo) > 0 {
			return []ledger.Fact{{Verb: verbs.CustodyRewrapped, Kind: kinds.CustodySet, ID: b.From}}, "", nil
		}
		return retire(ctx, tx, b.From)
	})
	if err != nil && !errors.Is(err, store.ErrUnchanged) {
		return false, err
	}
	if len(todo) == 0 {
		return true, a.Store.DropUploads(ctx, "id = ?", j.ObjectID)
	}
	return false, nil
}

// rewrapNext prepares the next fields of the old set. A field sealed after the
// ceremony is not in its result and stays with the old custodians.
func (a *Safekeeping) rewrapNext(ctx context.Context, v *store.View, b *seal.Bundle) (todo []rewrapped, err error) {
	custodians, err := v.Custodians(ctx, b.To)
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(custodians))
	for i, c := range custodians {
		ids[i] = c.ID
	}
	byID := make(map[string]*seal.Wrapping, len(b.Records))
	for _, r := range b.Records {
		byID[r.ID] = r.Wrapping
	}
	for after := ""; len(todo) < rewrapChunk; {
		fields, err := v.SealedInSet(ctx, b.From, after, rewrapChunk)
		if err != nil || len(fields) == 0 {
			return todo, err
		}
		for _, f := range fields {
			after = f.ID
			fresh := byID[f.ID]
			if fresh == nil {
				continue
			}
			_, w, err := v.ReadSealed(ctx, f)
			if err != nil {
				return nil, err
			}
			if !fresh.Follows(w, b.To, b.Threshold, ids) {
				return nil, fault.Invalid("custody_bundle", "bundle")
			}
			after := *f
			after.SetID = b.To
			after.Wraps++
			todo = append(todo, rewrapped{f, &after, store.RewrapParts(&after, fresh), store.SharesField(f)})
		}
	}
	return todo, nil
}

// retire ends a set that no longer holds anything.
func retire(ctx context.Context, tx *store.Tx, set string) ([]ledger.Fact, string, error) {
	n, err := tx.SealedCount(ctx, set)
	if err != nil {
		return nil, "", err
	}
	s, err := tx.CustodySet(ctx, set, roster.Scope{All: true})
	if err != nil {
		return nil, "", err
	}
	if n > 0 || s.State != custody.SetRetiring {
		return nil, "", store.ErrUnchanged
	}
	err = desk.Alter(ctx, tx, s, func(s *custody.Set) error { s.State = custody.SetRetired; return nil })
	return []ledger.Fact{{Verb: verbs.CustodyRetire, Kind: kinds.CustodySet, ID: set, Unit: s.UnitID}}, "", err
}
