package custody

import (
	"context"
	"strings"
	"time"

	"plumbline/internal/app/desk"
	"plumbline/internal/custody"
	"plumbline/internal/fault"
	"plumbline/internal/issue"
	"plumbline/internal/kinds"
	"plumbline/internal/ledger"
	"plumbline/internal/roster"
	"plumbline/internal/seal"
	"plumbline/internal/store"
	"plumbline/internal/verbs"
)

// SealedView is what a page shows of a sealed field.
type SealedView struct {
	Custodians bool   `json:"sealed"` // false while no custodians are in office: it waits under the record's key
	RevealID   string `json:"reveal_id,omitempty"`
	MayReveal  bool   `json:"may_reveal"`
}

// AskRevealInput asks to reveal the complainant of a matched record.
type AskRevealInput struct {
	Match  string `json:"match"`
	Reason string `json:"reason"`
	Key    string `json:"-"`
}

// Validate judges the input by itself.
func (in AskRevealInput) Validate() error {
	var wrong *fault.Error
	if strings.TrimSpace(in.Match) == "" {
		wrong = fault.Invalid("required", "match")
	}
	return fault.Join(wrong, desk.RequireText("reason", in.Reason))
}

// AskReveal asks the custodians to release one sealed field. It makes a key pair for
// this request alone, to which their shares are sealed.
func (a *Safekeeping) AskReveal(ctx context.Context, who *roster.Actor, in AskRevealInput) (id string, rec desk.Receipt, err error) {
	const op = "reveal.ask"
	rec, err = a.Write(ctx, who, desk.Write{Op: op, Key: in.Key, Body: in}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		sc, err := a.Scope(ctx, &tx.View, who, roster.ActCreate, roster.KindReveal)
		if err != nil {
			return nil, "", err
		}
		m, err := tx.Match(ctx, strings.TrimSpace(in.Match), sc)
		if err != nil {
			return nil, "", asField(err, "match")
		}
		f, err := tx.SealedOf(ctx, m.RecordID, custody.ComplainantField)
		if err != nil {
			return nil, "", err
		}
		if f == nil {
			return nil, "", fault.Invalid("nothing_sealed", "match")
		}
		_, w, err := tx.ReadSealed(ctx, f)
		if fault.Is(err, fault.NotFoundKind) {
			return nil, "", fault.Conflict("expunged_already")
		} else if err != nil {
			return nil, "", err
		}
		if w == nil {
			return nil, "", fault.Conflict("no_custodians")
		}
		key, err := seal.NewPrivateKey()
		if err != nil {
			return nil, "", err
		}
		raw, err := key.Bytes()
		if err != nil {
			return nil, "", err
		}
		defer clear(raw)
		r := &custody.Reveal{
			Ref: issue.NewRef(), SealedID: f.ID, RecordID: f.RecordID, MatchID: m.ID, SetID: f.SetID, UnitID: m.UnitID, PersonID: m.PersonID, EventOn: m.EventOn,
			State: custody.RevealAsked, AskedBy: who.Account, Threshold: w.Threshold, PublicKey: key.Public().String(),
			ExpiresAt: tx.Now().Add(time.Duration(a.Pack().Retention.RevealHours) * time.Hour),
		}
		r.ID = tx.NewID()
		if r.ReasonC, err = tx.PutText(ctx, r.ID, "reason", in.Reason); err != nil {
			return nil, "", err
		}
		if err := tx.PutSecret(ctx, r.ID, "key", raw); err != nil {
			return nil, "", err
		}
		id = r.ID
		return []ledger.Fact{{Verb: op, Kind: kinds.Reveal, ID: r.ID, Unit: r.UnitID}}, r.ID, tx.Insert(ctx, r)
	})
	return desk.PickID(id, rec), rec, err
}

// RevealInput is a step of a reveal. Response is what the custodian's machine
// produced.
type RevealInput struct {
	ID       string `json:"-"`
	Key      string `json:"-"`
	Version  int64  `json:"version,omitempty"`
	Response string `json:"response,omitempty"`
}

// ReleaseShare accepts a custodian's share.
func (a *Safekeeping) ReleaseShare(ctx context.Context, who *roster.Actor, in RevealInput) (desk.Receipt, error) {
	const op = "share.release"
	response, err := seal.ParseResponse(in.Response)
	if err != nil {
		if _, gateErr := a.Authorize(who, op); gateErr != nil {
			return desk.Receipt{}, gateErr
		}
		return desk.Receipt{}, fault.Invalid("reveal_response", "response")
	}
	return a.Write(ctx, who, desk.Write{Op: op, Key: in.Key, Body: in}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		r, c, err := tx.RevealFor(ctx, who.Account, in.ID)
		if err != nil {
			return nil, "", err
		}
		before, err := tx.Releases(ctx, r.ID)
		if err != nil {
			return nil, "", err
		}
		if err := a.opensFor(ctx, &tx.View, r, c, response); err != nil {
			return nil, "", err
		}
		if err := desk.Alter(ctx, tx, r, func(r *custody.Reveal) error { return r.Release(who.Account, before, tx.Now()) }); err != nil {
			return nil, "", err
		}
		release := &custody.Release{RevealID: r.ID, CustodianID: c.ID, AccountID: who.Account}
		release.ID = tx.NewID()
		if err := tx.PutSecret(ctx, r.ID, "share."+c.ID, []byte(response.Text())); err != nil {
			return nil, "", err
		}
		return []ledger.Fact{{Verb: op, Kind: kinds.Reveal, ID: r.ID, Unit: r.UnitID}}, r.ID, tx.Insert(ctx, release)
	})
}

// opensFor refuses a response that does not come from this custodian or does not
// belong to this request.
func (a *Safekeeping) opensFor(ctx context.Context, v *store.View, r *custody.Reveal, c *custody.Custodian, response *seal.Response) error {
	wrong := fault.Invalid("reveal_response", "response")
	if response.Reveal != r.ID || response.Custodian != c.ID {
		return wrong
	}
	key, err := a.revealKey(ctx, v, r)
	if err != nil {
		return err
	}
	share, err := response.Open(key)
	if err != nil {
		return wrong
	}
	clear(share.Y)
	return nil
}

func (a *Safekeeping) revealKey(ctx context.Context, v *store.View, r *custody.Reveal) (*seal.PrivateKey, error) {
	raw, err := v.Secret(ctx, r.ID, "key")
	if fault.Is(err, fault.NotFoundKind) {
		return nil, fault.Conflict("reveal_over", "State", string(r.State))
	} else if err != nil {
		return nil, err
	}
	defer clear(raw)
	return seal.ParsePrivate(raw)
}

// RefuseShare records a custodian's refusal, which ends the reveal.
func (a *Safekeeping) RefuseShare(ctx context.Context, who *roster.Actor, in RevealInput) (desk.Receipt, error) {
	var keys []int64
	rec, err := a.Write(ctx, who, desk.Write{Op: verbs.ShareRefuse, Key: in.Key, Body: in}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		r, _, err := tx.RevealFor(ctx, who.Account, in.ID)
		if err != nil {
			return nil, "", err
		}
		if err := desk.Alter(ctx, tx, r, func(r *custody.Reveal) error { return r.Refuse(tx.Now()) }); err != nil {
			return nil, "", err
		}
		keys, err = dropSecrets(ctx, tx, r)
		return []ledger.Fact{{Verb: verbs.ShareRefuse, Kind: kinds.Reveal, ID: r.ID, Unit: r.UnitID}}, r.ID, err
	})
	if err != nil {
		return rec, err
	}
	return rec, a.Store.Forget(ctx, keys)
}

// dropSecrets deletes the request's key and the shares; the reason stays.
func dropSecrets(ctx context.Context, tx *store.Tx, r *custody.Reveal) ([]int64, error) {
	fields := []string{"key"}
	releases, err := tx.Releases(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	for _, x := range releases {
		fields = append(fields, "share."+x.CustodianID)
	}
	return tx.DropTexts(ctx, r.ID, fields...)
}

// Revealed is an unsealed text on its way to the person who asked for it. It is
// never stored and never logged.
type Revealed struct {
	Text string `json:"text"`
}

// String keeps the text out of anything that formats the value.
func (Revealed) String() string { return "(revealed)" }

func (a *Safekeeping) revealToWrite(ctx context.Context, tx *store.Tx, who *roster.Actor, op string,
	in RevealInput) (*custody.Reveal, error) {
	return desk.Find(ctx, a.Desk, tx, who, op, in.Version, func(sc roster.Scope) (*custody.Reveal, error) {
		return tx.Reveal(ctx,
			in.ID, sc)
	})
}

// ShowReveal unseals the field and shows it, once, to the person who asked. The same
// act destroys the shares and the request's key.
func (a *Safekeeping) ShowReveal(ctx context.Context, who *roster.Actor, in RevealInput) (out Revealed, rec desk.Receipt, err error) {
	const op = "reveal.show"
	var keys []int64
	var text []byte
	rec, err = a.Write(ctx, who, desk.Write{Op: op, Key: in.Key, Body: in}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		r, err := a.revealToWrite(ctx, tx, who, op, in)
		if err != nil {
			return nil, "", err
		}
		after := *r
		if err := after.Show(who.Account, tx.Now()); err != nil {
			return nil, "", err
		}
		if text, err = a.unseal(ctx, &tx.View, r); err != nil {
			return nil, "", err
		}
		if keys, err = dropSecrets(ctx, tx, r); err != nil {
			return nil, "", err
		}
		return []ledger.Fact{{Verb: op, Kind: kinds.Reveal, ID: r.ID, Unit: r.UnitID}}, r.ID, tx.Save(ctx, r, &after)
	})
	if err != nil {
		return out, rec, err
	}
	if rec.Replayed {
		return out, rec, fault.Conflict("reveal_shown")
	}
	out.Text = string(text)
	clear(text)
	if err := a.Store.Forget(ctx, keys); err != nil {
		a.Log.Error("keys of a reveal that is over still stand", "reveal", in.ID, "error", err)
	}
	return out, rec, nil
}

// unseal combines the released shares and opens the field.
func (a *Safekeeping) unseal(ctx context.Context, v *store.View, r *custody.Reveal) ([]byte, error) {
	key, err := a.revealKey(ctx, v, r)
	if err != nil {
		return nil, err
	}
	releases, err := v.Releases(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	var shares []seal.Share
	for _, x := range releases {
		raw, err := v.Secret(ctx, r.ID, "share."+x.CustodianID)
		if err != nil {
			return nil, err
		}
		response, err := seal.ParseResponse(string(raw))
		if err != nil {
			return nil, err
		}
		share, err := response.Open(key)
		if err != nil {
			return nil, err
		}
		defer clear(share.Y)
		shares = append(shares, share)
	}
	f, err := v.SealedByID(ctx, r.SealedID)
	if err != nil {
		return nil, err
	}
	cipher, w, err := v.ReadSealed(ctx, f)
	if fault.Is(err, fault.NotFoundKind) {
		return nil, fault.Conflict("expunged_already")
	} else if err != nil {
		return nil, err
	}
	if w == nil || w.Set != r.SetID {
		return nil, fault.Conflict("reveal_rewrapped") // the field was given to other custodians meanwhile
	}
	record, err := seal.Unwrap(store.PlaceOf(f), w, shares)
	if err != nil {
		return nil, fault.Conflict("reveal_shares")
	}
	defer clear(record[:])
	return seal.OpenText(store.PlaceOf(f), record, cipher)
}

// NoteReveal records that the records officer was told.
func (a *Safekeeping) NoteReveal(ctx context.Context, who *roster.Actor, in RevealInput) (desk.Receipt, error) {
	const op = "reveal.note"
	return a.Write(ctx, who, desk.Write{Op: op, Key: in.Key, Body: in}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		r, err := a.revealToWrite(ctx, tx, who, op, in)
		if err != nil {
			return nil, "", err
		}
		if r.NotedBy != "" {
			return nil, "", store.ErrUnchanged
		}
		err = desk.Alter(ctx, tx, r, func(r *custody.Reveal) error { r.NotedBy = who.Account; return nil })
		return []ledger.Fact{{Verb: op, Kind: kinds.Reveal, ID: r.ID, Unit: r.UnitID}}, r.ID, err
	})
}

// LapseReveals ends expired reveals and destroys their secrets.
func (a *Safekeeping) LapseReveals(ctx context.Context) error {
	var keys []int64
	_, err := a.Write(ctx, desk.Program("custody"), desk.Write{Op: "reveal.note"}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		keys = nil
		rows, err := tx.LapsedReveals(ctx, tx.Now(), 50)
		if err != nil {
			return nil, "", err
		}
		var facts []ledger.Fact
		for i := range rows { // a few
			r := &rows[i]
			if err := desk.Alter(ctx, tx, r, func(r *custody.Reveal) error { r.State = custody.RevealLapsed; return nil }); err != nil {
				return nil, "", err
			}
			ids, err := dropSecrets(ctx, tx, r)
			if err != nil {
				return nil, "", err
			}
			keys = append(keys, ids...)
			facts = append(facts, ledger.Fact{Verb: verbs.RevealLapse, Kind: kinds.Reveal, ID: r.ID, Unit: r.UnitID})
		}
		if len(facts) == 0 {
			return nil, "", store.ErrUnchanged
		}
		return facts, "", nil
	})
	if err != nil {
		if err == store.ErrUnchanged {
			return nil
		}
		return err
	}
	return a.Store.Forget(ctx, keys)
}
