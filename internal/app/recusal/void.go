package recusal

import (
	"context"
	"slices"
	"strings"

	"plumbline/internal/app/desk"
	"plumbline/internal/inquiry"
	"plumbline/internal/ledger"
	"plumbline/internal/roster"
	"plumbline/internal/store"
)

// The kinds of record that can be voided.
const (
	voidRelation = "relation"
	voidParty    = "party"
)

// VoidInput says that a relation, or a party to an issue or case, was recorded by
// mistake. The record keeps its history but no longer bars anybody.
type VoidInput struct {
	ID      string `json:"-"` // of the relation, the issue or the case
	Key     string `json:"-"`
	Version int64  `json:"version,omitempty"` // of a relation
	Party   string `json:"party,omitempty"`   // id; not for a relation
	Reason  string `json:"reason"`
}

// Validate judges the input by itself.
func (in VoidInput) Validate() error { return desk.CheckText(in.Reason, "void_reason", "reason", true) }

func (a *Recusal) void(ctx context.Context, tx *store.Tx, who *roster.Actor, kind, record, reason string) error {
	row := &roster.Void{RecordKind: kind, RecordID: record, VoidedBy: who.Person, VoidedOn: roster.DateOf(tx.Now(), a.Zone())}
	row.ID = tx.NewID()
	var err error
	if row.ReasonC, err = tx.PutText(ctx, row.ID, "reason", strings.TrimSpace(reason)); err != nil {
		return err
	}
	return tx.Insert(ctx, row)
}

// RecordParty records a party, or lifts the void of the same one. It reports whether
// anything changed.
func (a *Recusal) RecordParty(ctx context.Context, tx *store.Tx, p *inquiry.Party) (fresh bool, err error) {
	have, err := tx.PartiesOf(ctx, p.ObjectID)
	if err != nil {
		return false, err
	}
	at := slices.IndexFunc(have, func(h inquiry.Party) bool { return h.PersonID == p.PersonID && h.Interest == p.Interest })
	if at < 0 {
		return true, tx.Insert(ctx, p)
	}
	p.ID = have[at].ID
	voids, err := tx.Voids(ctx, p.ID)
	if err != nil || voids[p.ID] == nil {
		return false, err
	}
	after := *voids[p.ID]
	after.LiftedOn = roster.DateOf(tx.Now(), a.Zone())
	return true, tx.Save(ctx, voids[p.ID], &after)
}

// PartyOn returns the same interest in another object.
func PartyOn(p inquiry.Party, kind, object string) *inquiry.Party {
	p.Stamp = ledger.Stamp{}
	p.ObjectKind, p.ObjectID = kind, object
	return &p
}
