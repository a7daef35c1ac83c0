package custody

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"plumbline/internal/app/desk"
	"plumbline/internal/custody"
	"plumbline/internal/fault"
	"plumbline/internal/intake"
	"plumbline/internal/issue"
	"plumbline/internal/kinds"
	"plumbline/internal/ledger"
	"plumbline/internal/roster"
	"plumbline/internal/store"
)

// RecordInput names a record: an issue by its reference or id, an audit record
// by its own id or that of its match.
type RecordInput struct {
	Kind   custody.RecordKind `json:"record_kind"`
	Record string             `json:"record"`
}

func (in RecordInput) validate() error {
	var wrong []*fault.Error
	if !slices.Contains(custody.RecordKinds, in.Kind) {
		wrong = append(wrong, fault.Invalid("choice_unknown", "record_kind"))
	}
	if in.Record = strings.TrimSpace(in.Record); in.Record == "" {
		wrong = append(wrong, fault.Invalid("required", "record"))
	}
	return fault.Join(wrong...)
}

// found is a record together with what the rules ask about it.
type found struct {
	id, ref, unit, person string
	eventOn               roster.Date
	texts                 []string // records whose texts go with it
	subject               custody.Subject
}

// record finds a record under the scope. If an expungement is given, it does not
// count as pending.
func (a *Safekeeping) record(ctx context.Context, v *store.View, in RecordInput, sc roster.Scope) (f found, err error) {
	switch in.Kind {
	case custody.IssueRecord:
		i, err := v.IssueByName(ctx, strings.TrimSpace(in.Record), sc)
		if err != nil {
			return f, err
		}
		f = found{id: i.ID, ref: i.Ref, unit: i.UnitID, person: i.PersonID, eventOn: i.EventOn}
		f.subject = custody.Subject{Open: i.State.Open(), Outcome: custody.OutcomeOf(i), SettledOn: a.settledOn(i)}
		if f.texts, err = v.TextsOfIssue(ctx, i); err != nil {
			return f, err
		}
	default:
		m, err := v.MatchOfRecord(ctx, strings.TrimSpace(in.Record), sc)
		if err != nil {
			return f, err
		}
		f = found{id: m.RecordID, ref: shortRef(m.RecordID), unit: m.UnitID, person: m.PersonID, eventOn: m.EventOn}
		f.subject = custody.Subject{Open: m.State.Open() || m.IssueID != "", Outcome: "unmatched",
			SettledOn: roster.DateOf(m.CreatedAt, a.Zone())}
		if m.State == intake.StateWithdrawn || m.State == intake.StateRejected || m.State == intake.StateUnmatched {
			f.subject.Open = false
		}
		if f.texts, err = v.TextsOfRecord(ctx, m.RecordID); err != nil {
			return f, err
		}
	}
	if f.subject.Held, err = v.Held(ctx, f.texts...); err != nil {
		return f, err
	}
	if f.subject.Pending, err = v.ExpungementPending(ctx, f.id); err != nil {
		return f, err
	}
	erased, err := v.Erased(ctx, f.id)
	f.subject.Erased = erased[f.id]
	return f, err
}

// shortRef is the reference that people see for an audit record: the tail of its id.
func shortRef(id string) string { return "R-" + strings.ToUpper(id[max(0, len(id)-8):]) }

func (a *Safekeeping) settledOn(i *issue.Issue) roster.Date {
	if i.SettledAt != nil {
		return roster.DateOf(*i.SettledAt, a.Zone())
	}
	return roster.DateOf(i.ChangedAt, a.Zone())
}

// ProposeExpungementInput proposes to destroy a record's texts.
type ProposeExpungementInput struct {
	RecordInput
	Ground custody.Ground `json:"ground"`
	Reason string         `json:"reason"`
	Key    string         `json:"-"`
}

// Validate judges the input by itself.
func (in ProposeExpungementInput) Validate() error {
	var wrong *fault.Error
	if err := in.validate(); err != nil {
		wrong = fault.As(err)
	}
	return fault.Join(wrong, desk.RequireText("reason", in.Reason))
}

// ProposeExpungement proposes it. Nothing is destroyed yet.
func (a *Safekeeping) ProposeExpungement(ctx context.Context, who *roster.Actor,
	in ProposeExpungementInput) (id string, r desk.Receipt, err error) {
	const op = "expungement.propose"
	r, err = a.Write(ctx, who, desk.Write{Op: op, Key: in.Key, Body: in}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		sc, err := a.Scope(ctx, &tx.View, who, roster.ActPropose, roster.KindExpungement)
		if err != nil {
			return nil, "", err
		}
		rec, err := a.record(ctx, &tx.View, in.RecordInput, sc)
		if err != nil {
			return nil, "", asField(err, "record")
		}
		e, err := custody.Propose(a.Pack(), custody.Expungement{
			Ref: issue.NewRef(), RecordKind: in.Kind, RecordID: rec.id, RecordRef: rec.ref, UnitID: rec.unit, PersonID: rec.person, EventOn: rec.eventOn,
			Ground: in.Ground, ProposedBy: who.Account,
		}, rec.subject, roster.DateOf(tx.Now(), a.Zone()))
		if err != nil {
			return nil, "", err
		}
		e.ID = tx.NewID()
		if e.ReasonC, err = tx.PutText(ctx, e.ID, "reason", in.Reason); err != nil {
			return nil, "", err
		}
		id = e.ID
		return []ledger.Fact{{Verb: op, Kind: kinds.Expungement, ID: e.ID, Unit: e.UnitID}}, e.ID, tx.Insert(ctx, e)
	})
	return desk.PickID(id, r), r, err
}

// asField turns a not-found error into one about the form field that named the
// record.
func asField(err error, field string) error {
	if fault.Is(err, fault.NotFoundKind) || store.Missing(err) {
		return fault.Invalid("record_unknown", field)
	}
	return err
}

// ExpungementInput is a step on a proposed expungement.
type ExpungementInput struct {
	ID      string `json:"-"`
	Key     string `json:"-"`
	Version int64  `json:"version,omitempty"`
	Reason  string `json:"reason,omitempty"` // of a refusal
}

func (a *Safekeeping) onExpungement(ctx context.Context, who *roster.Actor, op string, in ExpungementInput,
	step func(ctx context.Context, tx *store.Tx, e *custody.Expungement) error) (desk.Receipt, error) {
	return desk.Step(ctx, a.Desk, who, desk.Write{Op: op, Key: in.Key, Body: in}, in.Version,
		func(ctx context.Context, tx *store.Tx, sc roster.Scope) (*custody.Expungement, error) {
			return tx.Expungement(ctx, in.ID, sc)
		},
		func(ctx context.Context, tx *store.Tx, e *custody.Expungement) error {
			err := desk.Alter(ctx, tx, e, func(e *custody.Expungement) error { return step(ctx, tx, e) })
			if errors.Is(err, errNotYet) {
				return nil
			}
			return err
		})
}

// errNotYet leaves the expungement unchanged: one more person must agree.
var errNotYet = errors.New("another approval is wanted")

// ApproveExpungement agrees to an expungement. Two people besides the proposer must;
// with the second approval the texts are replaced by a tombstone and an entry, and
// after the commit their keys are destroyed.
func (a *Safekeeping) ApproveExpungement(ctx context.Context, who *roster.Actor, in ExpungementInput) (desk.Receipt, error) {
	done := false
	r, err := a.onExpungement(ctx, who, "expungement.approve", in, func(ctx context.Context, tx *store.Tx, e *custody.Expungement) error {
		rec, err := a.record(ctx, &tx.View, RecordInput{e.RecordKind, e.RecordID}, roster.Scope{All: true})
		if err != nil {
			return err
		}
		before, err := tx.ExpungementApprovals(ctx, e.ID)
		if err != nil {
			return err
		}
		if done, err = e.Approve(a.Pack(), rec.subject, before, who.Account, roster.DateOf(tx.Now(), a.Zone()), tx.Now()); err != nil {
			return err
		}
		if err := tx.Insert(ctx, &custody.ExpungementApproval{ExpungementID: e.ID, AccountID: who.Account}); err != nil {
			return err
		}
		if !done {
			return errNotYet
		}
		e.Records, err = tx.Erase(ctx, e.ID, rec.texts)
		return err
	})
	if err != nil || !done && !r.Replayed {
		return r, err
	}
	// The act is on record now and its tombstones name the keys: what fails here
	// is made good when the site is next opened.
	if err := a.Store.DestroyErased(ctx, in.ID); err != nil {
		a.Log.Error("keys of expunged texts still stand; they are destroyed when the site is opened again", "expungement", in.ID,
			"error", err)
	}
	return r, nil
}

// RefuseExpungement refuses one; a single refusal ends it.
func (a *Safekeeping) RefuseExpungement(ctx context.Context, who *roster.Actor, in ExpungementInput) (desk.Receipt, error) {
	if f := desk.RequireText("reason", in.Reason); f != nil {
		return desk.Receipt{}, f
	}
	return a.onExpungement(ctx, who, "expungement.refuse", in, func(ctx context.Context, tx *store.Tx, e *custody.Expungement) (err error) {
		if err := e.Refuse(who.Account, tx.Now()); err != nil {
			return err
		}
		e.AnswerC, err = tx.PutText(ctx, e.ID, "answer", in.Reason)
		return err
	})
}

// WithdrawExpungement takes a proposal back.
func (a *Safekeeping) WithdrawExpungement(ctx context.Context, who *roster.Actor, in ExpungementInput) (desk.Receipt, error) {
	return a.onExpungement(ctx, who, "expungement.withdraw", in, func(_ context.Context, tx *store.Tx, e *custody.Expungement) error {
		return e.Withdraw(who.Account, tx.Now())
	})
}

// ExpungementRow is one line of the list.
type ExpungementRow struct {
	ID         string                   `json:"id"`
	Version    int64                    `json:"version"`
	Ref        string                   `json:"ref"`
	RecordKind custody.RecordKind       `json:"record_kind"`
	RecordRef  string                   `json:"record_ref"`
	Unit       desk.Ref                 `json:"unit"`
	Ground     custody.Ground           `json:"ground"`
	State      custody.ExpungementState `json:"state"`
	ProposedAt time.Time                `json:"proposed_at"`
	SettledAt  *time.Time               `json:"settled_at"`
	Records    int                      `json:"records"`
	FinalOn    roster.Date              `json:"final_on"` // the last copy of the destroyed keys is gone; "" before
	Yours      bool                     `json:"yours"`    // proposed by the reader, so that others must approve
	Approvals  int                      `json:"approvals"`
	Approvers  int                      `json:"approvers"` // how many must approve
	Approved   bool                     `json:"approved"`  // by the reader
}

// ExpungementPage is one page of the list.
type ExpungementPage struct {
	Rows  []ExpungementRow `json:"rows"`
	Total int64            `json:"total"`
	Next  string           `json:"next"`
}

func (a *Safekeeping) expungementRow(n desk.Names, who *roster.Actor, e *custody.Expungement,
	approvals []custody.ExpungementApproval) ExpungementRow {
	r := ExpungementRow{ID: e.ID, Version: e.Version, Ref: e.Ref, RecordKind: e.RecordKind, RecordRef: e.RecordRef, Unit: n.Unit(e.UnitID),
		Ground: e.Ground,
		State:  e.State, ProposedAt: e.CreatedAt, SettledAt: e.SettledAt, Records: e.Records, Yours: e.ProposedBy == who.Account, Approvers: custody.Approvers}
	for _, x := range approvals {
		if x.ExpungementID == e.ID {
			r.Approvals++
			r.Approved = r.Approved || x.AccountID == who.Account
		}
	}
	if e.State == custody.ExpungementDone && e.SettledAt != nil {
		r.FinalOn = roster.DateOf(*e.SettledAt, a.Zone()).AddDays(a.Pack().Retention.KeyBackupDays)
	}
	return r
}

// Expungements lists expungements in reach, the newest first.
func (a *Safekeeping) Expungements(ctx context.Context, who *roster.Actor, state custody.ExpungementState,
	cursor string) (out ExpungementPage, err error) {
	const op = "expungement.list"
	out.Rows = []ExpungementRow{}
	if state != "" && !slices.Contains(custody.ExpungementStates, state) {
		return out, fault.Shape("filter_value", "state")
	}
	out.Next, err = a.ReadPage(ctx, who, op, cursor, desk.PageSize, func(ctx context.Context, v *store.View, sc roster.Scope, p *desk.Page) error {
		if out.Total, err = v.ExpungementCount(ctx, state, sc); err != nil {
			return err
		}
		rows, err := v.Expungements(ctx, state, sc, p.AfterID(), p.Limit+1)
		if err != nil {
			return err
		}
		rows = desk.Cut(p, rows, func(r custody.Expungement) []string { return []string{r.ID} })
		var units, ids []string
		for _, e := range rows {
			units, ids = append(units, e.UnitID), append(ids, e.ID)
		}
		approvals, err := v.ExpungementApprovals(ctx, ids...)
		if err != nil {
			return err
		}
		n, err := a.Names(ctx, v, who, nil, units)
		for i := range rows {
			out.Rows = append(out.Rows, a.expungementRow(n, who, &rows[i], approvals))
		}
		return err
	})
	return out, err
}

// ExpungementView is one expungement.
type ExpungementView struct {
	ExpungementRow
	Reason     string          `json:"reason"`
	Answer     string          `json:"answer"`
	ApprovedAt []time.Time     `json:"approved_at"`
	Can        map[string]bool `json:"can"`
}

// Expungement opens one.
func (a *Safekeeping) Expungement(ctx context.Context, who *roster.Actor, id string) (out ExpungementView, err error) {
	err = a.Read(ctx, who, "expungement.get", func(ctx context.Context, v *store.View) error {
		sc, err := a.Scope(ctx, v, who, roster.ActRead, roster.KindExpungement)
		if err != nil {
			return err
		}
		e, err := v.Expungement(ctx, id, sc)
		if err != nil {
			return err
		}
		n, err := a.Names(ctx, v, who, nil, []string{e.UnitID})
		if err != nil {
			return err
		}
		texts, err := v.Texts(ctx, e.ID)
		if err != nil {
			return err
		}
		approvals, err := v.ExpungementApprovals(ctx, e.ID)
		if err != nil {
			return err
		}
		out = ExpungementView{ExpungementRow: a.expungementRow(n, who, e, approvals), ApprovedAt: []time.Time{},
			Reason: texts[e.ID]["reason"], Answer: texts[e.ID]["answer"], Can: map[string]bool{}}
		for _, x := range approvals {
			out.ApprovedAt = append(out.ApprovedAt, x.CreatedAt)
		}
		waits := e.State == custody.ExpungementProposed
		out.Can["expungement.approve"] = waits && !out.Yours && !out.Approved && a.May(who, "expungement.approve")
		out.Can["expungement.refuse"] = waits && !out.Yours && a.May(who, "expungement.refuse")
		out.Can["expungement.withdraw"] = waits && out.Yours && a.May(who, "expungement.withdraw")
		return nil
	})
	return out, err
}
