package custody

import (
	"context"
	"time"

	"plumbline/internal/app/approval"
	"plumbline/internal/app/desk"
	"plumbline/internal/consent"
	"plumbline/internal/custody"
	"plumbline/internal/fault"
	"plumbline/internal/kinds"
	"plumbline/internal/ledger"
	"plumbline/internal/roster"
	"plumbline/internal/store"
)

// HoldInput places a legal hold on a record.
type HoldInput struct {
	RecordInput
	Reason string `json:"reason"`
	Key    string `json:"-"`
}

// Validate judges the input by itself.
func (in HoldInput) Validate() error {
	var wrong *fault.Error
	if err := in.validate(); err != nil {
		wrong = fault.As(err)
	}
	return fault.Join(wrong, desk.RequireText("reason", in.Reason))
}

// PlaceHold prevents a record from being expunged until the hold is lifted.
func (a *Safekeeping) PlaceHold(ctx context.Context, who *roster.Actor, in HoldInput) (id string, r desk.Receipt, err error) {
	const op = "hold.place"
	r, err = a.Write(ctx, who, desk.Write{Op: op, Key: in.Key, Body: in}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		sc, err := a.Scope(ctx, &tx.View, who, roster.ActCreate, roster.KindHold)
		if err != nil {
			return nil, "", err
		}
		rec, err := a.record(ctx, &tx.View, in.RecordInput, sc)
		if err != nil {
			return nil, "", asField(err, "record")
		}
		if rec.subject.Erased {
			return nil, "", fault.Conflict("expunged_already")
		}
		h := &custody.Hold{RecordKind: in.Kind, RecordID: rec.id, RecordRef: rec.ref, UnitID: rec.unit, PersonID: rec.person,
			EventOn: rec.eventOn,
			State:   custody.HoldLive, PlacedBy: who.Account, LiftC: ledger.Commitment{}}
		h.ID = tx.NewID()
		if h.ReasonC, err = tx.PutText(ctx, h.ID, "reason", in.Reason); err != nil {
			return nil, "", err
		}
		id = h.ID
		return []ledger.Fact{{Verb: op, Kind: kinds.Hold, ID: h.ID, Unit: h.UnitID}}, h.ID, tx.Insert(ctx, h)
	})
	return desk.PickID(id, r), r, err
}

// LiftInput lifts a hold, with a reason.
type LiftInput struct {
	ID      string `json:"-"`
	Key     string `json:"-"`
	Version int64  `json:"version,omitempty"`
	Reason  string `json:"reason"`
}

// Validate judges the input by itself.
func (in LiftInput) Validate() error { return fault.Join(desk.RequireText("reason", in.Reason)) }

const opHoldLift = "hold.lift"

func (a *Safekeeping) registerHold() {
	a.Register(opHoldLift, approval.Act{Run: approval.Typed(func(in *LiftInput, id string) { in.ID = id }, a.liftHold)})
}

// LiftHold proposes to lift a hold. Whoever placed it cannot, and a second person
// must agree: the hold is what keeps the record from being destroyed. It returns the
// proposal's id.
func (a *Safekeeping) LiftHold(ctx context.Context, who *roster.Actor, in LiftInput) (id string, r desk.Receipt, err error) {
	r, err = a.Write(ctx, who, desk.Write{Op: opHoldLift, Key: in.Key, Body: in}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		h, err := a.holdToLift(ctx, tx, who, in)
		if err != nil {
			return nil, "", err
		}
		probe := *h
		if err := probe.Lift(who.Account); err != nil {
			return nil, "", err
		}
		return a.Propose(ctx, tx, who, consent.Proposal{Op: opHoldLift, ObjectKind: string(roster.KindHold), ObjectID: h.ID,
			MatterID: h.RecordID, UnitID: h.UnitID,
			PersonID: h.PersonID, EventOn: h.EventOn, Ground: "hold", Approver: roster.RoleDecidingBody, DecideTier: desk.LowestTier}, in, in.Reason)
	})
	return r.ResultID, r, err
}

func (a *Safekeeping) holdToLift(ctx context.Context, tx *store.Tx, who *roster.Actor, in LiftInput) (*custody.Hold, error) {
	return desk.Find(ctx, a.Desk, tx, who, opHoldLift, in.Version, func(sc roster.Scope) (*custody.Hold, error) {
		return tx.Hold(ctx,
			in.ID, sc)
	})
}

// liftHold lifts the hold once a second person has agreed.
func (a *Safekeeping) liftHold(ctx context.Context, tx *store.Tx, g approval.Approved, in LiftInput) ([]ledger.Fact, error) {
	h, err := a.holdToLift(ctx, tx, g.Proposer, in)
	if err != nil {
		return nil, err
	}
	err = desk.Alter(ctx, tx, h, func(h *custody.Hold) (err error) {
		if err := h.Lift(g.Proposer.Account); err != nil {
			return err
		}
		h.LiftC, err = tx.PutText(ctx, h.ID, "lift", in.Reason)
		return err
	})
	return []ledger.Fact{{Verb: opHoldLift, Kind: string(roster.KindHold), ID: h.ID, Unit: h.UnitID}}, err
}

// HoldRow is one legal hold.
type HoldRow struct {
	ID         string             `json:"id"`
	Version    int64              `json:"version"`
	RecordKind custody.RecordKind `json:"record_kind"`
	RecordRef  string             `json:"record_ref"`
	Unit       desk.Ref           `json:"unit"`
	State      custody.HoldState  `json:"state"`
	PlacedAt   time.Time          `json:"placed_at"`
	Reason     string             `json:"reason"`
	MayLift    bool               `json:"may_lift"`
}

// Holds lists legal holds in reach, live ones first; at most 200.
func (a *Safekeeping) Holds(ctx context.Context, who *roster.Actor) (out []HoldRow, err error) {
	out = []HoldRow{}
	err = a.Read(ctx, who, "hold.list", func(ctx context.Context, v *store.View) error {
		sc, err := a.Scope(ctx, v, who, roster.ActList, roster.KindHold)
		if err != nil {
			return err
		}
		rows, err := v.Holds(ctx, sc, 200)
		if err != nil {
			return err
		}
		var ids, units []string
		for _, h := range rows {
			ids, units = append(ids, h.ID), append(units, h.UnitID)
		}
		n, err := a.Names(ctx, v, who, nil, units)
		if err != nil {
			return err
		}
		texts, err := v.Texts(ctx, ids...)
		if err != nil {
			return err
		}
		for _, h := range rows {
			out = append(out, HoldRow{ID: h.ID, Version: h.Version, RecordKind: h.RecordKind, RecordRef: h.RecordRef,
				Unit: n.Unit(h.UnitID), State: h.State,
				PlacedAt: h.CreatedAt, Reason: texts[h.ID]["reason"], MayLift: h.State == custody.HoldLive && h.PlacedBy != who.Account &&
					a.May(who, "hold.lift")})
		}
		return nil
	})
	return out, err
}
