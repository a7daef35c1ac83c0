// Package readlog records who opened what and why, folds those records into the
// ledger, and enforces how much each role may open and export in a day.
package readlog

import (
	"context"
	"time"

	"plumbline/internal/app/approval"
	"plumbline/internal/app/desk"
	"plumbline/internal/app/jobs"
	"plumbline/internal/consent"
	"plumbline/internal/fault"
	"plumbline/internal/kinds"
	"plumbline/internal/ledger"
	"plumbline/internal/roster"
	"plumbline/internal/rules"
	"plumbline/internal/store"
)

// opBudgetExtend grants an account its daily budget once more.
const opBudgetExtend = "budget.extend"

// Readings are the operations on openings and their budget.
type Readings struct {
	*desk.Desk
	*approval.Approvals
}

// New registers what can wait for a second person, and the folding of the read log.
func New(d *desk.Desk, a *approval.Approvals, runner *jobs.Runner) *Readings {
	r := &Readings{d, a}
	a.Register(opBudgetExtend, approval.Act{Run: approval.Typed(func(*ExtendBudgetInput, string) {}, r.extendBudget)})
	runner.Every(time.Minute, "fold the read log", func(ctx context.Context) error { _, err := r.FoldReadings(ctx); return err })
	return r
}

// exportVerbs are the ledger verbs of exports.
var exportVerbs = []string{"issue.export", "report.export", "person.export", "case.export", "batch.errors"}

// Budget is what an account may open and export today. Opening the same thing again
// is free, and so is one's own file.
type Budget struct {
	Openings BudgetLine  `json:"openings"`
	Exports  BudgetLine  `json:"exports"`
	RenewsOn roster.Date `json:"renews_on"` // at the beginning of that day
	Extended int64       `json:"extended"`  // times that somebody agreed to as much again
	Pending  bool        `json:"pending"`   // an extension waits for somebody
}

// BudgetLine is one of the two figures.
type BudgetLine struct {
	Allowed int64 `json:"allowed"`
	Used    int64 `json:"used"`
}

func (l BudgetLine) spent() bool { return l.Used >= l.Allowed }

// Budget is the actor's own.
func (a *Readings) Budget(ctx context.Context, who *roster.Actor) (out Budget, err error) {
	err = a.Read(ctx, who, "budget.read", func(ctx context.Context, v *store.View) error {
		if out, _, err = a.budget(ctx, v, who, "", ""); err != nil {
			return err
		}
		out.Pending, err = v.ProposalPending(ctx, opBudgetExtend, who.Account)
		return err
	})
	return out, err
}

// dayBudget returns the daily budget of the actor's roles, and the unit of the
// highest role that has one.
func (a *Readings) dayBudget(tree *roster.Tree, who *roster.Actor) (out rules.Budget, unit string) {
	for _, h := range who.Held {
		for _, b := range a.Pack().Budgets {
			if b.Role != string(h.Role) {
				continue
			}
			out.Openings, out.Exports = max(out.Openings, b.Openings), max(out.Exports, b.Exports)
			if unit == "" || tree.Tier(h.Unit) < tree.Tier(unit) {
				unit = h.Unit
			}
		}
	}
	return out, unit
}

// budget counts what the actor has used today and reports whether he has already
// opened the object.
func (a *Readings) budget(ctx context.Context, v *store.View, who *roster.Actor, kind, object string) (out Budget, again bool, err error) {
	tree, err := a.Tree(ctx, v)
	if err != nil {
		return out, false, err
	}
	day, _ := a.dayBudget(tree, who)
	today := a.Today()
	t := today.Time()
	since := time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, a.Zone()).UTC()
	out.RenewsOn = today.AddDays(1)
	asked, err := v.ProposalsOn(ctx, who.Account)
	if err != nil {
		return out, false, err
	}
	for _, p := range asked {
		if p.Op == opBudgetExtend && p.State == consent.Approved && p.SettledAt != nil && !p.SettledAt.Before(since) {
			out.Extended++
		}
	}
	out.Openings.Allowed, out.Exports.Allowed = int64(day.Openings)*(1+out.Extended), int64(day.Exports)*(1+out.Extended)
	if out.Openings.Used, again, err = v.Opened(ctx, who.Account, since, kind, object); err != nil {
		return out, false, err
	}
	out.Exports.Used, err = v.EntriesBy(ctx, who.Account, since, exportVerbs, who.Person)
	return out, again, err
}

// MayOpen refuses an opening beyond the day's budget.
func (a *Readings) MayOpen(ctx context.Context, v *store.View, who *roster.Actor, kind, object string) error {
	if who.Person == "" { // the program's own
		return nil
	}
	b, again, err := a.budget(ctx, v, who, kind, object)
	if err != nil || again || !b.Openings.spent() {
		return err
	}
	return fault.TooMany("budget_openings", "Budget", b.Openings.Allowed, "Renews", string(b.RenewsOn))
}

// MayExport refuses an export beyond the day's budget. It runs inside the write that
// records the export, so that parallel exports cannot exceed it.
func (a *Readings) MayExport(ctx context.Context, v *store.View, who *roster.Actor) error {
	if who.Person == "" {
		return nil
	}
	b, _, err := a.budget(ctx, v, who, "", "")
	if err != nil || !b.Exports.spent() {
		return err
	}
	return fault.TooMany("budget_exports", "Budget", b.Exports.Allowed, "Renews", string(b.RenewsOn))
}

// ExtendBudgetInput asks for the daily budget once more.
type ExtendBudgetInput struct {
	Reason string `json:"reason"`
	Key    string `json:"-"`
}

// Validate judges the input by itself.
func (in ExtendBudgetInput) Validate() error {
	return fault.Join(desk.RequireText("reason", in.Reason))
}

// ExtendBudget proposes to grant the actor his daily budget once more. Another
// member of a deciding body must agree. It returns the proposal's id.
func (a *Readings) ExtendBudget(ctx context.Context, who *roster.Actor, in ExtendBudgetInput) (id string, r desk.Receipt, err error) {
	r, err = a.Write(ctx, who, desk.Write{Op: opBudgetExtend, Key: in.Key, Body: in}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		tree, err := a.Tree(ctx, &tx.View)
		if err != nil {
			return nil, "", err
		}
		_, unit := a.dayBudget(tree, who)
		if unit == "" {
			return nil, "", fault.Conflict("budget_none")
		}
		return a.Propose(ctx, tx, who, consent.Proposal{Op: opBudgetExtend, ObjectKind: kinds.Account, ObjectID: who.Account, UnitID: unit,
			Ground: "over_budget", Approver: roster.RoleDecidingBody, DecideTier: desk.LowestTier}, in, in.Reason)
	})
	return r.ResultID, r, err
}

// extendBudget only states the fact: what counts is the approved proposal, on the
// civil day of its approval.
func (a *Readings) extendBudget(_ context.Context, _ *store.Tx, g approval.Approved, _ ExtendBudgetInput) ([]ledger.Fact, error) {
	return []ledger.Fact{{Verb: opBudgetExtend, Kind: kinds.Account, ID: g.Proposal.ObjectID, Unit: g.Proposal.UnitID}}, nil
}
