package api

import (
	"context"
	"fmt"
	"strings"
	"time"

	"plumbline/internal/consent"
	"plumbline/internal/issue"
	"plumbline/internal/ledger"
	"plumbline/internal/roster"
	"plumbline/internal/store"
)

// person plants somebody of the place's station with an account.
func (w *world) person(at place) (person, account string) {
	w.Helper()
	w.write(func(ctx context.Context, tx *store.Tx) (err error) {
		person, account, err = w.staff(ctx, tx, "", at.unit)
		return err
	})
	return person, account
}

func (w *world) grant(at place, change func(g *roster.Grant)) object {
	w.Helper()
	_, account := w.person(at)
	g := &roster.Grant{Stamp: ledger.Stamp{ID: store.NewID()}, AccountID: account, Role: roster.RoleInspector, UnitID: w.Units[at.unit],
		FromOn: "2026-01-01", State: roster.GrantLive,
		GrantedBy: w.Account["security"]}
	change(g)
	w.insert(g)
	return one(g.ID)
}

// deputy plants a deputy of the place's head.
func (w *world) deputy(at place) object {
	head := official(roster.RoleUnitHead)
	if at == west {
		head = "west1head"
	}
	var own string
	err := w.Store.View(context.Background(), func(ctx context.Context, v *store.View) error {
		rows, err := v.GrantsAtUnit(ctx, w.Units[at.unit], roster.RoleUnitHead)
		for _, g := range rows {
			if g.AccountID == w.Account[head] {
				own = g.ID
			}
		}
		return err
	})
	if err != nil || own == "" {
		w.Fatalf("%s heads nothing: %v", head, err)
	}
	return w.grant(at, func(g *roster.Grant) {
		g.Role, g.DeputyOf, g.GrantedBy, g.ToOn = roster.RoleUnitHead, own, w.Account[head], "2026-12-31"
	})
}

// entry plants an entry of the place's person, with a slip, and gives its number.
func (w *world) entry(at place) object {
	w.Helper()
	got := w.writeAs(w.Account[at.person], func(ctx context.Context, tx *store.Tx) error {
		tx.KeepSlip()
		return tx.Insert(ctx, &roster.Relation{PersonID: w.People[at.person], OtherID: w.People["erin"], Kind: "interested",
			FromOn: "2026-01-01", ToOn: "2026-01-02"})
	})
	return one(fmt.Sprint(got.Seq))
}

// job plants one that the place's official started.
func (w *world) job(at place) object {
	w.Helper()
	account := w.Account[official(roster.RoleCampaignManager)]
	if at == west {
		account = w.Account["manager"]
	}
	j := &store.Job{ID: store.NewID(), Kind: "campaign_roster", State: store.JobQueued, Account: account, Counts: "{}", Params: "{}",
		LeaseUntil: w.App.Now(), CreatedAt: w.App.Now(), ChangedAt: w.App.Now()}
	w.App.MarkJob(j)
	if err := w.Store.Scratch(context.Background(), func(ctx context.Context, sx *store.ScratchTx) error { return sx.Insert(ctx, j) }); err != nil {
		w.Fatal(err)
	}
	return one(j.ID)
}

var officePlanters = map[string]func(w *world, at place) object{
	"unit":   func(w *world, at place) object { return one(w.Units[at.unit]) },
	"person": func(w *world, at place) object { id, _ := w.person(at); return one(id) },
	"file":   func(w *world, at place) object { return one(w.People[at.person]) },
	"relation": func(w *world, at place) object {
		id, _ := w.person(at)
		r := &roster.Relation{Stamp: ledger.Stamp{ID: store.NewID()}, PersonID: id, OtherID: w.People["erin"], Kind: "relative",
			FromOn: "2026-01-01"}
		w.insert(r)
		return one(r.ID)
	},
	"account": func(w *world, at place) object { _, id := w.person(at); return one(id) },
	"account, disabled": func(w *world, at place) object {
		_, id := w.person(at)
		w.write(func(ctx context.Context, tx *store.Tx) error {
			before, err := tx.Account(ctx, id, roster.Scope{All: true})
			if err != nil {
				return err
			}
			after := *before
			after.State = roster.AccountDisabled
			return tx.Save(ctx, before, &after)
		})
		o := one(id)
		o.version = "2"
		return o
	},
	"grant": func(w *world, at place) object { return w.grant(at, func(*roster.Grant) {}) },
	"grant, proposed": func(w *world, at place) object {
		return w.grant(at, func(g *roster.Grant) { g.Role, g.State = roster.RoleSystemAdmin, roster.GrantProposed })
	},
	"deputy": func(w *world, at place) object { return w.deputy(at) },
	"session": func(w *world, at place) object {
		s := &roster.Session{TokenHash: strings.Repeat("0", 58) + fmt.Sprintf("%06d", w.number()), AccountID: w.Account[at.person],
			CreatedAt: w.App.Now(), SeenAt: w.App.Now(),
			UntilAt: w.App.Now().Add(time.Hour), IdleSeconds: 3600}
		w.write(func(ctx context.Context, tx *store.Tx) error { return tx.OpenSession(ctx, s) })
		return one(s.TokenHash)
	},
	"code": func(w *world, at place) object {
		p := &consent.Proposal{Stamp: ledger.Stamp{ID: store.NewID()}, Ref: issue.NewRef(), Op: "account.code", ObjectKind: "account",
			ObjectID: w.Account[at.person],
			MatterID: w.Account[at.person], UnitID: w.Units[at.unit], Ground: "code", Approver: roster.RoleSecurityAdmin, DecideTier: 9, Quorum: 1, Excluded: w.People[at.person],
			AskedBy: w.People[at.person], State: consent.Proposed, ProposedBy: w.People["system"], ReasonC: noText, InputC: noText}
		w.insert(p)
		return one(p.ID)
	},
	"job":   func(w *world, at place) object { return w.job(at) },
	"entry": func(w *world, at place) object { return w.entry(at) },
	"table": func(*world, place) object { return one("units") },
}
