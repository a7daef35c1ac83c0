package custody

import (
	"context"
	"fmt"
	"strings"
	"time"

	"plumbline/internal/app/desk"
	"plumbline/internal/custody"
	"plumbline/internal/fault"
	"plumbline/internal/kinds"
	"plumbline/internal/ledger"
	"plumbline/internal/roster"
	"plumbline/internal/seal"
	"plumbline/internal/store"
	"plumbline/internal/verbs"
)

// CustodianInput is one custodian: his account, and the line that plumbline
// custodian new printed on his own machine.
type CustodianInput struct {
	Login     string `json:"login"`
	PublicKey string `json:"public_key"`
}

// ProposeCustodyInput proposes a set of custodians.
type ProposeCustodyInput struct {
	Custodians []CustodianInput `json:"custodians"`
	Key        string           `json:"-"`
}

// Validate judges the input by itself.
func (in ProposeCustodyInput) Validate() error {
	var wrong []*fault.Error
	seen := map[string]bool{}
	for i, c := range in.Custodians {
		login, line := roster.FoldLogin(c.Login), strings.Join(strings.Fields(c.PublicKey), " ")
		if login == "" {
			wrong = append(wrong, fault.Invalid("required", fmt.Sprintf("login%d", i+1)))
		}
		if _, err := seal.ParsePublic(line); err != nil {
			wrong = append(wrong, fault.Invalid("custodian_key", fmt.Sprintf("key%d", i+1)))
		}
		if seen["login "+login] || seen["key "+line] {
			wrong = append(wrong, fault.Invalid("custodian_twice", fmt.Sprintf("login%d", i+1)))
		}
		seen["login "+login], seen["key "+line] = true, true
	}
	return fault.Join(wrong...)
}

// ProposeCustody proposes a set of custodians, as the first of two security
// administrators.
func (a *Safekeeping) ProposeCustody(ctx context.Context, who *roster.Actor,
	in ProposeCustodyInput) (id string, r desk.Receipt, err error) {
	const op = "custody.propose"
	r, err = a.Write(ctx, who, desk.Write{Op: op, Key: in.Key, Body: in}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		if len(in.Custodians) != a.Pack().Retention.Custodians {
			return nil, "", fault.Invalid("custodian_number", "login1", "N", a.Pack().Retention.Custodians)
		}
		tree, err := a.Tree(ctx, &tx.View)
		if err != nil {
			return nil, "", err
		}
		open, err := tx.SetsInState(ctx, custody.SetProposed)
		if err != nil {
			return nil, "", err
		}
		if len(open) > 0 {
			return nil, "", fault.Conflict("custody_pending")
		}
		s := &custody.Set{Threshold: a.Pack().Retention.RevealThreshold, State: custody.SetProposed, UnitID: tree.Bureau(),
			ProposedBy: who.Account}
		s.ID = tx.NewID()
		rows := []any{s}
		for i, c := range in.Custodians {
			account, err := a.custodianAccount(ctx, tx, c.Login, fmt.Sprintf("login%d", i+1))
			if err != nil {
				return nil, "", err
			}
			key, err := seal.ParsePublic(c.PublicKey)
			if err != nil {
				return nil, "", fault.Invalid("custodian_key", fmt.Sprintf("key%d", i+1))
			}
			rows = append(rows, &custody.Custodian{SetID: s.ID, AccountID: account, PublicKey: key.String(), Print: key.Fingerprint()})
		}
		id = s.ID
		return []ledger.Fact{{Verb: op, Kind: kinds.CustodySet, ID: s.ID, Unit: s.UnitID}}, s.ID, tx.Insert(ctx, rows...)
	})
	return desk.PickID(id, r), r, err
}

// custodianAccount finds an account that may hold a key. Administrators' accounts
// may not: nobody who runs the server can open what it keeps.
func (a *Safekeeping) custodianAccount(ctx context.Context, tx *store.Tx, login, field string) (string, error) {
	account, err := tx.AccountByLogin(ctx, roster.FoldLogin(login))
	if store.Missing(err) || err == nil && (account == nil || account.State != roster.AccountActive) {
		return "", fault.Invalid("custodian_account", field)
	}
	if err != nil {
		return "", err
	}
	holder, err := a.ActorOf(ctx, &tx.View, account.ID)
	if err != nil {
		return "", err
	}
	for _, h := range holder.Held {
		if h.Role.Administrator() {
			return "", fault.Invalid("custodian_admin", field)
		}
	}
	if alone, err := tx.OpenedAlone(ctx, account.ID); err != nil {
		return "", err
	} else if alone { // whoever issued the code could hold the key
		return "", fault.Invalid("custodian_code_alone", field)
	}
	return account.ID, nil
}

// CustodyInput is a step on a proposed set.
type CustodyInput struct {
	ID      string `json:"-"`
	Key     string `json:"-"`
	Version int64  `json:"version,omitempty"`
}

func (a *Safekeeping) decideSet(ctx context.Context, who *roster.Actor, op string, in CustodyInput,
	step func(s *custody.Set) error) (desk.Receipt, error) {
	return a.Write(ctx, who, desk.Write{Op: op, Key: in.Key, Body: in}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		sc, _, err := a.UnitScope(ctx, &tx.View, who, roster.ActApprove, roster.KindCustody)
		if err != nil {
			return nil, "", err
		}
		s, err := tx.CustodySet(ctx, in.ID, sc)
		if err != nil {
			return nil, "", err
		}
		if err := desk.SameVersion(s.Version, in.Version); err != nil {
			return nil, "", err
		}
		before, err := tx.SetsInState(ctx, custody.SetActive)
		if err != nil {
			return nil, "", err
		}
		if err := desk.Alter(ctx, tx, s, step); err != nil {
			return nil, "", err
		}
		if s.State == custody.SetActive {
			for i := range before { // what was sealed to them is theirs until it is wrapped again
				if err := desk.Alter(ctx, tx, &before[i], func(o *custody.Set) error { o.State = custody.SetRetiring; return nil }); err != nil {
					return nil, "", err
				}
			}
			if err := a.queueSealing(ctx, tx, who, s.ID); err != nil {
				return nil, "", err
			}
		}
		return []ledger.Fact{{Verb: op, Kind: kinds.CustodySet, ID: s.ID, Unit: s.UnitID}}, s.ID, nil
	})
}

// ApproveCustody puts a set into office, as the second security administrator, and
// queues the job that seals what has been waiting for custodians.
func (a *Safekeeping) ApproveCustody(ctx context.Context, who *roster.Actor, in CustodyInput) (desk.Receipt, error) {
	r, err := a.decideSet(ctx, who, "custody.approve", in, func(s *custody.Set) error { return s.Approve(who.Account) })
	if err == nil {
		a.WakeJobs()
	}
	return r, err
}

// RefuseCustody refuses a proposed set.
func (a *Safekeeping) RefuseCustody(ctx context.Context, who *roster.Actor, in CustodyInput) (desk.Receipt, error) {
	return a.decideSet(ctx, who, "custody.refuse", in, func(s *custody.Set) error { return s.Refuse(who.Account) })
}

// CustodyView is a set of custodians.
type CustodyView struct {
	ID         string           `json:"id"`
	Version    int64            `json:"version"`
	State      custody.SetState `json:"state"`
	Threshold  int              `json:"threshold"`
	Since      time.Time        `json:"since"`
	Sealed     int64            `json:"sealed"` // fields whose key they hold
	Custodians []CustodianView  `json:"custodians"`
	MaySettle  bool             `json:"may_settle"`
}

// CustodianView is one custodian.
type CustodianView struct {
	Login string `json:"login"`
	Print string `json:"fingerprint"`
}

// Custody lists the sets of custodians, the newest first.
func (a *Safekeeping) Custody(ctx context.Context, who *roster.Actor) (out []CustodyView, err error) {
	out = []CustodyView{}
	err = a.Read(ctx, who, "custody.list", func(ctx context.Context, v *store.View) error {
		sc, _, err := a.UnitScope(ctx, v, who, roster.ActList, roster.KindCustody)
		if err != nil {
			return err
		}
		sets, err := v.CustodySets(ctx, sc)
		if err != nil {
			return err
		}
		for i := range sets { // a handful, over the years
			s := &sets[i]
			view := CustodyView{ID: s.ID, Version: s.Version, State: s.State, Threshold: s.Threshold, Since: s.ChangedAt,
				Custodians: []CustodianView{},
				MaySettle:  s.State == custody.SetProposed && s.ProposedBy != who.Account && a.May(who, "custody.approve")}
			if view.Sealed, err = v.SealedCount(ctx, s.ID); err != nil {
				return err
			}
			list, err := v.Custodians(ctx, s.ID)
			if err != nil {
				return err
			}
			for _, c := range list {
				account, err := v.Account(ctx, c.AccountID, roster.Scope{All: true})
				if err != nil {
					return err
				}
				view.Custodians = append(view.Custodians, CustodianView{Login: account.Login, Print: c.Print})
			}
			out = append(out, view)
		}
		return nil
	})
	return out, err
}

// jobSeal seals for the custodians the fields that have been kept under the keys of
// their records.
const jobSeal = "seal_fields"

// sealChunk keeps one write of the job under 20 ms: the three public-key operations
// per field are done before the write begins.
const sealChunk = 50

func (a *Safekeeping) registerSealing() { a.Handle(jobSeal, a.sealStep) }

func (a *Safekeeping) queueSealing(ctx context.Context, tx *store.Tx, who *roster.Actor, set string) error {
	n, err := tx.SealedCount(ctx, "")
	if err != nil || n == 0 {
		return err
	}
	job, err := a.NewJob(jobSeal, set, who, n, nil)
	if err != nil {
		return err
	}
	return tx.AddJob(ctx, job)
}

// sealStep seals one chunk. Sealed fields are not selected again, so after a crash
// the job continues where it was.
func (a *Safekeeping) sealStep(ctx context.Context, j *store.Job) (bool, error) {
	var todo []rewrapped
	err := a.Store.View(ctx, func(ctx context.Context, v *store.View) error {
		s, err := SealerOf(ctx, v)
		if err != nil || s.set == "" {
			return err
		}
		fields, err := v.SealedInSet(ctx, "", "", sealChunk)
		if err != nil {
			return err
		}
		for _, f := range fields {
			text, _, err := v.ReadSealed(ctx, f)
			if fault.Is(err, fault.NotFoundKind) {
				continue // expunged meanwhile
			} else if err != nil {
				return err
			}
			after := *f
			cipher, wrapping, err := seal.SealText(store.PlaceOf(f), text, s.set, s.threshold, s.to)
			clear(text)
			if err != nil {
				return err
			}
			after.SetID, after.Wraps = s.set, 1
			todo = append(todo, rewrapped{f, &after, store.SealedParts(&after, cipher, wrapping), "plain"})
		}
		return nil
	})
	if err != nil || len(todo) == 0 {
		return err == nil, err
	}
	return false, a.swapStep(ctx, j, "custody.approve", todo, func(context.Context, *store.Tx) ([]ledger.Fact, string, error) {
		return []ledger.Fact{{Verb: verbs.CustodySeal, Kind: kinds.CustodySet, ID: j.ObjectID}}, "", nil
	})
}
