package casework

import (
	"context"
	"slices"
	"strings"

	"plumbline/internal/app/desk"
	"plumbline/internal/fault"
	"plumbline/internal/issue"
	"plumbline/internal/ledger"
	"plumbline/internal/roster"
	"plumbline/internal/store"
	"plumbline/seeds"
)

// IssueResult is the result of a step.
type IssueResult struct {
	ID      string      `json:"id"`
	Version int64       `json:"version"`
	State   issue.State `json:"state"`
	Pending bool        `json:"pending"` // proposed; a second person has to confirm

	Proposal string `json:"proposal_id,omitempty"` // where it waits as a proposal
}

// Step names the issue and the version on which a step was decided.
type Step struct {
	ID      string `json:"id"`
	Version int64  `json:"version"`
	Reason  string `json:"reason"`
	Key     string `json:"-"`
}

func (s Step) check(reasonNeeded bool) error {
	if s.Version <= 0 {
		return fault.VersionRequired()
	}
	return desk.CheckText(s.Reason, "issue_reason", "reason", reasonNeeded)
}

// TriageIssueInput sets severity and category and names the next step.
type TriageIssueInput struct {
	Step
	Severity int       `json:"severity"`
	Category string    `json:"category"`
	Decision issue.Act `json:"decision"` // "", correct, rectify, refer, reject

	// What is to be put right, by whom and by when, where the decision is rectify:
	// the decision and the task are one act.
	Task  string      `json:"task,omitempty"`
	Lead  string      `json:"lead_unit,omitempty"`
	Owner string      `json:"owner,omitempty"`
	DueOn roster.Date `json:"due_on,omitempty"`
}

func (in TriageIssueInput) dispatch() DispatchInput {
	return DispatchInput{IssueID: in.ID, Task: in.Task, Lead: in.Lead, Owner: in.Owner, DueOn: in.DueOn}
}

// Validate judges the input by itself.
func (in TriageIssueInput) Validate() error {
	if !slices.ContainsFunc(seeds.Categories(), func(c seeds.Category) bool { return c.Code == in.Category }) {
		return fault.Invalid("issue_category", "category")
	}
	if in.Decision == issue.ActRectify {
		if err := in.dispatch().Validate(); err != nil {
			return err
		}
	}
	return in.check(in.Decision == issue.ActReject)
}

// TriageIssue grades an issue and decides where it goes. If it is to be rectified,
// the same act creates the task.
func (a *Casework) TriageIssue(ctx context.Context, who *roster.Actor, in TriageIssueInput) (IssueResult, desk.Receipt, error) {
	return a.takeStep(ctx, who, issueStep{op: "issue.triage", act: roster.ActTriage, kind: roster.KindIssue, step: in.Step, in: in,
		name: issue.ActTriage,
		rule: func(ctx context.Context, tx *store.Tx, who *roster.Actor, _ string, i *issue.Issue) (string, error) {
			e, err := a.Ending(ctx, &tx.View, who, "", i.ID)
			if err != nil {
				return "", err
			}
			return "issue.triage", i.Triage(in.Severity, in.Category, in.Decision, who.Account, e, a.Pack().Review, tx.Now())
		},
		then: func(ctx context.Context, tx *store.Tx, who *roster.Actor, i *issue.Issue) ([]ledger.Fact, error) {
			if in.Decision != issue.ActRectify {
				return nil, nil
			}
			sc, err := a.Scope(ctx, &tx.View, who, roster.ActCreate, roster.KindRectification)
			if err != nil {
				return nil, err
			}
			if !sc.Admits(desk.Target(i)) {
				return nil, fault.Forbidden("not_allowed")
			}
			_, facts, err := a.newTask(ctx, tx, who, i, in.dispatch())
			return facts, err
		}})
}

// CorrectIssueInput corrects a minor issue on the spot.
type CorrectIssueInput struct{ Step }

// Validate judges the input by itself.
func (in CorrectIssueInput) Validate() error { return in.check(false) }

// CorrectIssue corrects a minor issue on the spot: one that the unit's own staff
// declared, on an accepted list.
func (a *Casework) CorrectIssue(ctx context.Context, who *roster.Actor, in CorrectIssueInput) (IssueResult, desk.Receipt, error) {
	return a.stepIssue(ctx, who, "issue.correct", roster.ActCorrect, roster.KindIssue, in.Step, in, issue.ActCorrect,
		func(ctx context.Context, tx *store.Tx, i *issue.Issue) (string, error) {
			accepted, err := acceptedList(ctx, &tx.View, i)
			if err != nil {
				return "", err
			}
			e, err := a.Ending(ctx, &tx.View, who, "", i.ID)
			if err != nil {
				return "", err
			}
			return "issue.correct", i.CorrectOnSpot(accepted, e, a.Pack().Review, tx.Now())
		})
}

// RejectIssueInput rejects an issue.
type RejectIssueInput struct{ Step }

// Validate judges the input by itself.
func (in RejectIssueInput) Validate() error { return in.check(true) }

// RejectIssue rejects an issue; a serious one takes two people.
func (a *Casework) RejectIssue(ctx context.Context, who *roster.Actor, in RejectIssueInput) (IssueResult, desk.Receipt, error) {
	return a.stepIssue(ctx, who, "issue.reject", roster.ActTriage, roster.KindIssue, in.Step, in, issue.ActReject,
		func(ctx context.Context, tx *store.Tx, i *issue.Issue) (string, error) {
			e, err := a.rejecting(ctx, &tx.View, who, i)
			if err != nil {
				return "", err
			}
			if err := i.Reject(who.Account, e, tx.Now()); err != nil {
				return "", err
			}
			if i.State != issue.Rejected {
				return "issue.propose_reject", nil
			}
			return "issue.reject", nil
		})
}

// WithdrawIssueInput withdraws an issue.
type WithdrawIssueInput struct{ Step }

// Validate judges the input by itself.
func (in WithdrawIssueInput) Validate() error { return in.check(true) }

// WithdrawIssue withdraws an issue; its row stays. If one person may not end it, the
// withdrawal is proposed, and done once a second inspector agrees.
func (a *Casework) WithdrawIssue(ctx context.Context, who *roster.Actor, in WithdrawIssueInput) (IssueResult, desk.Receipt, error) {
	return a.takeStep(ctx, who, a.withdrawing(in))
}

func (a *Casework) withdrawing(in WithdrawIssueInput) issueStep {
	return issueStep{op: opIssueWithdraw, act: roster.ActWithdraw, kind: roster.KindIssue, step: in.Step, in: in, name: issue.ActWithdraw,
		rule: func(ctx context.Context, tx *store.Tx, who *roster.Actor, first string, i *issue.Issue) (string, error) {
			if i.CaseID != "" {
				return "", fault.Conflict("issue_in_case")
			}
			e, err := a.Ending(ctx, &tx.View, who, first, i.ID)
			if err != nil {
				return "", err
			}
			return opIssueWithdraw, i.Withdraw(e, tx.Now())
		}}
}

// ReopenIssueInput brings new evidence, as the step's reason.
type ReopenIssueInput struct{ Step }

// Validate judges the input by itself.
func (in ReopenIssueInput) Validate() error {
	if strings.TrimSpace(in.Reason) == "" {
		return fault.Invalid("issue_new_evidence", "reason")
	}
	return in.check(true)
}

// ReopenIssue reopens an ended issue on new evidence.
func (a *Casework) ReopenIssue(ctx context.Context, who *roster.Actor, in ReopenIssueInput) (IssueResult, desk.Receipt, error) {
	return a.stepIssue(ctx, who, "issue.reopen", roster.ActReopen, roster.KindIssue, in.Step, in, issue.ActReopen,
		func(ctx context.Context, tx *store.Tx, i *issue.Issue) (string, error) {
			return "issue.reopen", i.Reopen(in.Reason, tx.Now())
		})
}

// NotifyIssueInput notifies the subject.
type NotifyIssueInput struct{ Step }

const verbNotify = "issue.notify"

// Validate judges the input by itself.
func (in NotifyIssueInput) Validate() error {
	if err := in.check(false); err != nil {
		return err
	}
	return desk.CheckText(in.Reason, "issue_told", "reason", true)
}

// NotifyIssue notifies the subject. From then on the issue is on his own file, with
// the text given as the reason. The record's own text may name the complainant and
// stays hidden; he must still know what to answer.
func (a *Casework) NotifyIssue(ctx context.Context, who *roster.Actor, in NotifyIssueInput) (IssueResult, desk.Receipt, error) {
	return a.stepIssue(ctx, who, "issue.notify", roster.ActNotify, roster.KindIssue, in.Step, in, "notify",
		func(ctx context.Context, tx *store.Tx, i *issue.Issue) (string, error) {
			return verbNotify, i.Notice(tx.Now())
		})
}

// ConcealIssueInput answers the concealment question.
type ConcealIssueInput struct {
	Step
	Answer issue.Concealment `json:"answer"` // confirmed, dismissed
}

// Validate judges the input by itself.
func (in ConcealIssueInput) Validate() error {
	if in.Answer != issue.ConcealmentConfirmed && in.Answer != issue.ConcealmentDismissed {
		return fault.Invalid("concealment_answer", "answer")
	}
	return in.check(true)
}

// ConcealIssue decides whether an undisclosed issue was concealed. Two people must
// give the same answer.
func (a *Casework) ConcealIssue(ctx context.Context, who *roster.Actor, in ConcealIssueInput) (IssueResult, desk.Receipt, error) {
	return a.stepIssue(ctx, who, "issue.conceal", roster.ActDecide, roster.KindConcealment, in.Step, in, "conceal",
		func(ctx context.Context, tx *store.Tx, i *issue.Issue) (string, error) {
			return "issue.conceal", i.AnswerConcealment(in.Answer, who.Account)
		})
}

// MergeIssueInput names the issue that stays.
type MergeIssueInput struct {
	Step
	Into string `json:"into"` // id or reference
}

// Validate judges the input by itself.
func (in MergeIssueInput) Validate() error { return in.check(false) }

// MergeIssue links a duplicate to the issue that stays. If one person may not end
// it, the merge is proposed, and done once a second inspector agrees.
func (a *Casework) MergeIssue(ctx context.Context, who *roster.Actor, in MergeIssueInput) (IssueResult, desk.Receipt, error) {
	return a.takeStep(ctx, who, a.merging(in))
}

func (a *Casework) merging(in MergeIssueInput) issueStep {
	return issueStep{op: opIssueMerge, act: roster.ActMerge, kind: roster.KindIssue, step: in.Step, in: in, name: issue.ActMerge,
		rule: func(ctx context.Context, tx *store.Tx, who *roster.Actor, first string, i *issue.Issue) (string, error) {
			keep, err := a.OtherIssue(ctx, tx, who, in.Into, "into")
			if err != nil {
				return "", err
			}
			e, err := a.Ending(ctx, &tx.View, who, first, i.ID)
			if err != nil {
				return "", err
			}
			kept := *keep
			changed, err := i.Merge(&kept, e, tx.Now())
			if err != nil {
				return opIssueMerge, err
			}
			if changed {
				if err := tx.SaveIssue(ctx, keep, &kept, issue.TimingOf(a.Pack())); err != nil {
					return opIssueMerge, err
				}
			}
			return opIssueMerge, a.keepQuestions(ctx, tx, i.ID, &kept)
		}}
}

// RecurIssueInput names the earlier issue.
type RecurIssueInput struct {
	Step
	Of string `json:"of"` // id or reference
}

// Validate judges the input by itself.
func (in RecurIssueInput) Validate() error { return in.check(false) }

// RecurIssue records that an issue repeats an earlier one.
func (a *Casework) RecurIssue(ctx context.Context, who *roster.Actor, in RecurIssueInput) (IssueResult, desk.Receipt, error) {
	return a.stepIssue(ctx, who, "issue.recur", roster.ActMerge, roster.KindIssue, in.Step, in, "recur",
		func(ctx context.Context, tx *store.Tx, i *issue.Issue) (string, error) {
			earlier, err := a.OtherIssue(ctx, tx, who, in.Of, "of")
			if err != nil {
				return "", err
			}
			return "issue.recur", i.Recur(earlier)
		})
}

// OtherIssue finds the second issue of a step by id or reference. One that the actor
// may not see is unknown.
func (a *Casework) OtherIssue(ctx context.Context, tx *store.Tx, who *roster.Actor, name, field string) (*issue.Issue, error) {
	sc, err := a.Scope(ctx, &tx.View, who, roster.ActRead, roster.KindIssue)
	if err != nil {
		return nil, err
	}
	i, err := tx.IssueByName(ctx, strings.TrimSpace(name), sc)
	if fault.Is(err, fault.NotFoundKind) {
		return nil, fault.Invalid("issue_ref", field)
	}
	return i, err
}

// issueStep is one step of an issue's life, as requested. The rule is told who
// requested the same end before, or "".
type issueStep struct {
	op   string
	act  roster.Act
	kind roster.Kind
	step Step
	in   any
	name issue.Act
	rule func(ctx context.Context, tx *store.Tx, who *roster.Actor, first string, i *issue.Issue) (verb string, err error)
	then func(ctx context.Context, tx *store.Tx, who *roster.Actor, i *issue.Issue) ([]ledger.Fact, error) // what else is part of the act; may be nil
}

// stepIssue takes a step that needs nobody else.
func (a *Casework) stepIssue(ctx context.Context, who *roster.Actor, op string, act roster.Act, kind roster.Kind, step Step, in any,
	name issue.Act,
	rule func(ctx context.Context, tx *store.Tx, i *issue.Issue) (verb string, err error)) (IssueResult, desk.Receipt, error) {
	return a.takeStep(ctx, who, issueStep{op: op, act: act, kind: kind, step: step, in: in, name: name,
		rule: func(ctx context.Context, tx *store.Tx, _ *roster.Actor, _ string, i *issue.Issue) (string, error) {
			return rule(ctx, tx, i)
		}})
}

// takeStep is the form of every step. A step that needs a second person and can wait
// for him is proposed instead.
func (a *Casework) takeStep(ctx context.Context, who *roster.Actor, s issueStep) (IssueResult, desk.Receipt, error) {
	var out IssueResult
	receipt, err := a.Write(ctx, who, desk.Write{Op: s.op, Key: s.step.Key, Body: s.in}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		after, facts, err := a.doStep(ctx, tx, who, "", s)
		if a.Registered(s.op) && NeedsTwo(err) {
			i, err := tx.Issue(ctx, s.step.ID, desk.Everything) // found in scope just now
			if err != nil {
				return nil, "", err
			}
			p, err := a.EndProposal(ctx, tx, who, s.op, i)
			if err != nil {
				return nil, "", err
			}
			facts, proposal, err := a.Propose(ctx, tx, who, p, s.in, s.step.Reason)
			out = IssueResult{ID: i.ID, Version: i.Version, State: i.State, Pending: true, Proposal: proposal}
			return facts, proposal, err
		}
		if err != nil {
			return nil, "", err
		}
		out = IssueResult{ID: after.ID, Version: after.Version, State: after.State, Pending: after.RejectBy != "" || after.ConcealAs != ""}
		return facts, after.ID, nil
	})
	if err == nil && receipt.Replayed {
		out, err = a.issueNow(ctx, who, s.step.ID)
	}
	return out, receipt, err
}

// doStep loads the issue under scope, checks the right, the version and the rule,
// and saves it with the changes to its comparison and the reason as a statement.
// Nothing is written before the rule has agreed.
func (a *Casework) doStep(ctx context.Context, tx *store.Tx, who *roster.Actor, first string,
	s issueStep) (*issue.Issue, []ledger.Fact, error) {
	before, err := a.IssueFor(ctx, tx, who, s.step.ID, s.act, s.kind)
	if err != nil {
		return nil, nil, err
	}
	if before.Version != s.step.Version {
		return nil, nil, fault.Conflict("stale_version", "Current", before.Version)
	}
	after := *before
	verb, err := s.rule(ctx, tx, who, first, &after)
	if err != nil {
		return nil, nil, err
	}
	if err := tx.SaveIssue(ctx, before, &after, issue.TimingOf(a.Pack())); err != nil {
		return nil, nil, err
	}
	said := issue.Reason
	if verb == verbNotify {
		said = issue.Told
	}
	if err := say(ctx, tx, &after, said, s.name, s.step.Reason, who.Account); err != nil {
		return nil, nil, err
	}
	if err := a.afterIssueStep(ctx, tx, who, before, &after); err != nil {
		return nil, nil, err
	}
	facts := []ledger.Fact{{Verb: verb, Kind: string(roster.KindIssue), ID: after.ID, Unit: after.UnitID}}
	if s.then == nil {
		return &after, facts, nil
	}
	more, err := s.then(ctx, tx, who, &after)
	return &after, append(facts, more...), err
}

// issueNow is where a repeated step has led, under the scope of today: somebody
// barred since learns nothing by repeating it.
func (a *Casework) issueNow(ctx context.Context, who *roster.Actor, id string) (out IssueResult, err error) {
	err = a.Store.View(ctx, func(ctx context.Context, v *store.View) error {
		sc, err := a.Scope(ctx, v, who, roster.ActRead, roster.KindIssue)
		if err != nil {
			return err
		}
		i, err := v.Issue(ctx, id, sc)
		if err != nil {
			return err
		}
		out = IssueResult{ID: i.ID, Version: i.Version, State: i.State}
		out.Proposal, err = PendingOn(ctx, v, id, opIssueWithdraw, opIssueMerge)
		out.Pending = out.Proposal != "" || i.RejectBy != "" || i.ConcealAs != ""
		return err
	})
	return out, err
}

// say stores what an official said with a step, if anything.
func say(ctx context.Context, tx *store.Tx, i *issue.Issue, kind issue.StatementKind, act issue.Act, text, account string) error {
	text = strings.TrimSpace(text)
	if text == "" {
		return nil
	}
	s := &issue.Statement{IssueID: i.ID, PersonID: i.PersonID, UnitID: i.UnitID, EventOn: i.EventOn,
		Kind: kind, Act: act, State: issue.Noted, SaidBy: account, AnswerC: ledger.Commitment{}}
	s.ID = tx.NewID()
	var err error
	if s.TextC, err = tx.PutText(ctx, s.ID, "text", text); err != nil {
		return err
	}
	return tx.Insert(ctx, s)
}

// afterIssueStep does what follows from a decision about an issue: it raises the
// leader questions of a trigger, and withdraws them with the issue.
func (a *Casework) afterIssueStep(ctx context.Context, tx *store.Tx, who *roster.Actor, before, after *issue.Issue) error {
	if before.State.Live() && !after.State.Live() {
		return a.WithdrawQuestions(ctx, tx, after.ID)
	}
	_, err := a.RaiseQuestions(ctx, tx, after)
	return err
}
