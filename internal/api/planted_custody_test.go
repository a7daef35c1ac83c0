package api

import (
	"context"
	"time"

	"plumbline/internal/consent"
	"plumbline/internal/custody"
	"plumbline/internal/inquiry"
	"plumbline/internal/issue"
	"plumbline/internal/ledger"
	"plumbline/internal/recusal"
	"plumbline/internal/roster"
	"plumbline/internal/seal"
	"plumbline/internal/store"
)

// expungement plants a proposal to destroy a record of the place's person.
func (w *world) expungement(at place, by string) object {
	w.Helper()
	i := w.issue(at, func(i *issue.Issue) { i.State, i.SettledAt = issue.Rejected, ago(w, time.Hour) })
	e := &custody.Expungement{Stamp: ledger.Stamp{ID: store.NewID()}, Ref: issue.NewRef(), RecordKind: custody.IssueRecord, RecordID: i.ID,
		RecordRef: i.Ref, UnitID: i.UnitID,
		PersonID: i.PersonID, EventOn: i.EventOn, Ground: custody.GroundCourt, State: custody.ExpungementProposed, ProposedBy: w.Account[by], ReasonC: noText, AnswerC: noText}
	w.insert(e)
	return one(e.ID).of(i.ID, "")
}

func (w *world) hold(at place) *custody.Hold {
	w.Helper()
	i := w.issue(at, nil)
	h := &custody.Hold{Stamp: ledger.Stamp{ID: store.NewID()}, RecordKind: custody.IssueRecord, RecordID: i.ID, RecordRef: i.Ref,
		UnitID: i.UnitID, PersonID: i.PersonID, EventOn: i.EventOn,
		State: custody.HoldLive, PlacedBy: w.Account["records"], ReasonC: noText, LiftC: noText}
	w.insert(h)
	return h
}

// proposal plants one that asks a deciding body to lift a hold.
func (w *world) proposal(at place, by string) object {
	w.Helper()
	h := w.hold(at)
	p := &consent.Proposal{Stamp: ledger.Stamp{ID: store.NewID()}, Ref: issue.NewRef(), Op: "hold.lift", ObjectKind: "hold", ObjectID: h.ID,
		MatterID: h.RecordID, UnitID: h.UnitID,
		PersonID: h.PersonID, EventOn: h.EventOn, Ground: "hold", Approver: roster.RoleDecidingBody, DecideTier: 9, Quorum: 1, State: consent.Proposed,
		ProposedBy: w.People[by], ReasonC: noText}
	w.write(func(ctx context.Context, tx *store.Tx) (err error) {
		if p.InputC, err = tx.PutText(ctx, p.ID, "input", `{"version":1,"reason":"已结案"}`); err != nil {
			return err
		}
		return tx.Insert(ctx, p)
	})
	return one(p.ID).of(h.RecordID, "")
}

// reveal plants a request to open a sealed name. The custodians are the place's
// person and two others; released says whether two have handed in their shares.
func (w *world) reveal(at place, released bool) object {
	w.Helper()
	m := w.match(at, nil)
	set := &custody.Set{Stamp: ledger.Stamp{ID: store.NewID()}, Threshold: 2, State: custody.SetRetiring, UnitID: w.Units["bureau"],
		ProposedBy: w.Account["security"]}
	rows, custodians, keys, to := []any{set}, []*custody.Custodian{}, []*seal.PrivateKey{}, []seal.Recipient{}
	for _, key := range []string{at.person, "records", "adjudicator"} {
		k := w.key()
		c := &custody.Custodian{Stamp: ledger.Stamp{ID: store.NewID()}, SetID: set.ID, AccountID: w.Account[key],
			PublicKey: k.Public().String(), Print: k.Public().Fingerprint()}
		rows, custodians, keys, to = append(rows, c), append(custodians, c), append(keys, k), append(to,
			seal.Recipient{ID: c.ID, Key: k.Public()})
	}
	field := &custody.SealedField{Stamp: ledger.Stamp{ID: store.NewID()}, Table: custody.SealedTable, Field: custody.ComplainantField,
		RecordID: store.NewID(), UnitID: w.Units[at.unit], SetID: set.ID, Wraps: 1}
	cipher, wrapping, err := seal.SealText(store.PlaceOf(field), []byte("举报人"), set.ID, set.Threshold, to)
	if err != nil {
		w.Fatal(err)
	}
	ask := w.key()
	raw, err := ask.Bytes()
	if err != nil {
		w.Fatal(err)
	}
	r := &custody.Reveal{Stamp: ledger.Stamp{ID: store.NewID()}, Ref: issue.NewRef(), SealedID: field.ID, RecordID: field.RecordID,
		MatchID: m.ids[0], SetID: set.ID, UnitID: field.UnitID,
		PersonID: w.People[at.person], EventOn: "2026-01-05", State: custody.RevealAsked, AskedBy: w.Account[official(roster.RoleInspector)], Threshold: 2,
		ExpiresAt: w.App.Now().Add(48 * time.Hour), PublicKey: ask.Public().String(), ReasonC: noText}
	answer := func(n int) string {
		q := seal.Request{Reveal: r.ID, Ref: r.Ref, Origin: w.Store.Origin(), Place: store.PlaceOf(field), Set: set.ID,
			Part: *wrapping.Part(custodians[n].ID), PublicKey: r.PublicKey}
		a, err := q.Release(keys[n])
		if err != nil {
			w.Fatal(err)
		}
		return a.Text()
	}
	w.write(func(ctx context.Context, tx *store.Tx) error {
		if err := tx.PutTexts(ctx, store.SealedParts(field, cipher, wrapping)); err != nil {
			return err
		}
		if err := tx.PutSecret(ctx, r.ID, "key", raw); err != nil {
			return err
		}
		if released {
			r.State, r.Released = custody.RevealReleased, 2
			for n := range 2 {
				rows = append(rows, &custody.Release{RevealID: r.ID, CustodianID: custodians[n].ID, AccountID: custodians[n].AccountID})
				if err := tx.PutSecret(ctx, r.ID, "share."+custodians[n].ID, []byte(answer(n))); err != nil {
					return err
				}
			}
		}
		return tx.Insert(ctx, append(rows, field, r)...)
	})
	return one(r.ID, "response", answer(0))
}

func (w *world) key() *seal.PrivateKey {
	w.Helper()
	k, err := seal.NewPrivateKey()
	if err != nil {
		w.Fatal(err)
	}
	return k
}

var custodyPlanters = map[string]func(w *world, at place) object{
	"expungement":      func(w *world, at place) object { return w.expungement(at, "records") },
	"expungement, own": func(w *world, at place) object { return w.expungement(at, official(roster.RoleRecordsOfficer)) },
	"hold":             func(w *world, at place) object { h := w.hold(at); return one(h.ID).of(h.RecordID, "") },
	"custodians": func(w *world, at place) object {
		s := &custody.Set{Stamp: ledger.Stamp{ID: store.NewID()}, Threshold: 2, State: custody.SetProposed, UnitID: w.Units[at.unit],
			ProposedBy: w.Account["security"]}
		w.insert(s)
		return one(s.ID)
	},
	"reveal":           func(w *world, at place) object { return w.reveal(at, false) },
	"reveal, released": func(w *world, at place) object { return w.reveal(at, true) },
	"proposal":         func(w *world, at place) object { return w.proposal(at, "body") },
	"proposal, own": func(w *world, at place) object {
		by := official(roster.RoleDecidingBody)
		if at == west {
			by = "body"
		}
		return w.proposal(at, by)
	},
	"challenge":      func(w *world, at place) object { return w.challenge(at, w.People["dong"]) },
	"challenge, own": func(w *world, at place) object { return w.challenge(at, w.People[at.person]) },
}

// challenge plants one about an official who is related to the place's person.
func (w *world) challenge(at place, by string) object {
	w.Helper()
	c := &recusal.Challenge{Stamp: ledger.Stamp{ID: store.NewID()}, Cause: recusal.CauseParty, ObjectKind: "issue",
		ObjectID: w.issue(at, nil).ID, Kind: string(inquiry.InterestRelative),
		PersonID: w.People[at.person], OfficialID: w.People["erin"], UnitID: w.Units[at.unit], EventOn: "2026-01-05", State: recusal.Filed, FiledBy: by, FiledOn: "2026-02-01",
		GroundsC: noText, ReasonC: noText}
	w.insert(c)
	return one(c.ID).of(c.ObjectID, "")
}
