package app

import (
	"context"
	"slices"
	"strings"

	"plumbline/internal/fault"
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

// VoidInput says that a relation, or a party to an issue or case, was recorded
// by mistake. The record stays with its history; it bars nobody any more.
type VoidInput struct {
	ID      string `json:"-"` // of the relation, the issue or the case
	Key     string `json:"-"`
	Version int64  `json:"version,omitempty"` // of a relation
	Party   string `json:"party,omitempty"`   // id; not for a relation
	Reason  string `json:"reason"`
}

// Validate judges the input by itself.
func (in VoidInput) Validate() error { return checkText(in.Reason, "void_reason", "reason", true) }

// VoidRelation voids a relation. As with ending one, only a records officer may
// whom it does not concern.
func (a *App) VoidRelation(ctx context.Context, who *roster.Actor, in VoidInput) (Receipt, error) {
	const op = "relation.void"
	return a.write(ctx, who, Write{Op: op, Key: in.Key, Body: in}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		r, err := a.relationFor(ctx, tx, who, in.ID, in.Version)
		if err != nil {
			return nil, "", err
		}
		if err := a.void(ctx, tx, who, voidRelation, r.ID, in.Reason); err != nil {
			return nil, "", err
		}
		return []ledger.Fact{{Verb: op, Kind: voidRelation, ID: r.ID}}, r.ID, tx.Bump(ctx, store.GenerationAuthority)
	})
}

// VoidIssueParty voids a party to an issue, and to its case if there is one.
func (a *App) VoidIssueParty(ctx context.Context, who *roster.Actor, in VoidInput) (Receipt, error) {
	const op = "issue.party_void"
	return a.write(ctx, who, Write{Op: op, Key: in.Key, Body: in}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		i, err := a.issueFor(ctx, tx, who, in.ID, roster.ActTriage, roster.KindIssue)
		if err != nil {
			return nil, "", err
		}
		if err := a.voidParty(ctx, tx, who, in, i.ID, i.ID, i.CaseID); err != nil {
			return nil, "", err
		}
		return []ledger.Fact{{Verb: op, Kind: string(roster.KindIssue), ID: i.ID, Unit: i.UnitID}}, i.ID, tx.Bump(ctx, store.GenerationAuthority)
	})
}

// VoidCaseParty voids a party to a case, and to the issue that it was opened on.
func (a *App) VoidCaseParty(ctx context.Context, who *roster.Actor, in VoidInput) (Receipt, error) {
	const op = "case.party_void"
	return a.write(ctx, who, Write{Op: op, Key: in.Key, Body: in}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		sc, err := a.scope(ctx, &tx.View, who, roster.ActAssign, roster.KindCase)
		if err != nil {
			return nil, "", err
		}
		c, err := tx.Case(ctx, in.ID, sc)
		if err != nil {
			return nil, "", err
		}
		if err := a.voidParty(ctx, tx, who, in, c.ID, c.IssueID, c.ID); err != nil {
			return nil, "", err
		}
		return []ledger.Fact{{Verb: op, Kind: string(roster.KindCase), ID: c.ID, Unit: c.UnitID}}, c.ID, tx.Bump(ctx, store.GenerationAuthority)
	})
}

// voidParty voids the party of the object on issue and case alike: whoever
// stayed barred from one of them would still be taken for a party.
func (a *App) voidParty(ctx context.Context, tx *store.Tx, who *roster.Actor, in VoidInput, object, issueID, caseID string) error {
	have, err := tx.StandingParties(ctx, object)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(have, func(p inquiry.Party) bool { return p.ID == in.Party })
	if at < 0 {
		return fault.Invalid("party_unknown", "party")
	}
	wrong := have[at]
	if caseID != "" && wrong.Interest == inquiry.InterestSubject {
		f, err := tx.CaseFile(ctx, caseID)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(f.Tracks, func(t inquiry.Track) bool { return t.PersonID == wrong.PersonID }) {
			return fault.Conflict("party_of_track")
		}
	}
	for _, object := range []string{issueID, caseID} { // "" has none
		have, err := tx.StandingParties(ctx, object)
		if err != nil {
			return err
		}
		for _, p := range have {
			if p.PersonID == wrong.PersonID && p.Interest == wrong.Interest {
				if err := a.void(ctx, tx, who, voidParty, p.ID, in.Reason); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (a *App) void(ctx context.Context, tx *store.Tx, who *roster.Actor, kind, record, reason string) error {
	row := &roster.Void{RecordKind: kind, RecordID: record, VoidedBy: who.Person, VoidedOn: roster.DateOf(tx.Now(), a.zone)}
	row.ID = tx.NewID()
	var err error
	if row.ReasonC, err = tx.PutText(ctx, row.ID, "reason", strings.TrimSpace(reason)); err != nil {
		return err
	}
	return tx.Insert(ctx, row)
}

// recordParty records a party, or lifts the void of the same one. It reports
// whether anything was to be done.
func (a *App) recordParty(ctx context.Context, tx *store.Tx, p *inquiry.Party) (fresh bool, err error) {
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
	after.LiftedOn = roster.DateOf(tx.Now(), a.zone)
	return true, tx.Save(ctx, voids[p.ID], &after)
}
