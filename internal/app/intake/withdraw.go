package intake

import (
	"context"
	"slices"
	"strconv"

	"plumbline/internal/app/approval"
	"plumbline/internal/app/desk"
	"plumbline/internal/consent"
	"plumbline/internal/fault"
	"plumbline/internal/intake"
	"plumbline/internal/issue"
	"plumbline/internal/kinds"
	"plumbline/internal/ledger"
	"plumbline/internal/roster"
	"plumbline/internal/store"
	"plumbline/internal/verbs"
)

// WithdrawBatch withdraws a batch that was imported by mistake: a job undoes every
// match and what followed from it. If one person may not end an issue of it, or
// discard a record of it, the withdrawal is proposed, and begins once a second
// inspector agrees.
func (a *Intake) WithdrawBatch(ctx context.Context, who *roster.Actor, in BatchInput) (BatchView, desk.Receipt, error) {
	rec, err := a.Write(ctx, who, desk.Write{Op: opBatchWithdraw, Key: in.Key, Body: in}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		return a.beginWithdrawal(ctx, tx, who, in, false)
	})
	if err != nil {
		return BatchView{}, rec, err
	}
	a.WakeJobs()
	view, err := a.Batch(ctx, who, in.ID)
	return view, rec, err
}

const opBatchWithdraw = "batch.withdraw"

func (a *Intake) registerWithdrawal() {
	a.Handle(jobWithdraw, a.withdrawStep)
	a.Register(opBatchWithdraw, approval.Act{Show: a.showWithdrawal, Run: approval.Typed(func(in *BatchInput, id string) { in.ID = id },
		func(ctx context.Context, tx *store.Tx, g approval.Approved, in BatchInput) ([]ledger.Fact, error) {
			facts, _, err := a.beginWithdrawal(ctx, tx, g.Proposer, in, true)
			return facts, err
		})})
}

// beginWithdrawal starts the job, or proposes it if a second person must agree and
// has not.
func (a *Intake) beginWithdrawal(ctx context.Context, tx *store.Tx, who *roster.Actor, in BatchInput,
	agreed bool) ([]ledger.Fact, string, error) {
	before, err := a.batchFor(ctx, tx, who, roster.ActWithdraw, in)
	if err != nil {
		return nil, "", err
	}
	if in.Reason == "" {
		return nil, "", fault.Invalid("reason_missing", "reason")
	}
	if n, err := tx.OpenCasesOfBatch(ctx, before.ID); err != nil {
		return nil, "", err
	} else if n > 0 && !in.Stated {
		return nil, "", fault.Conflict("case_on_ground", "Count", n)
	}
	after := *before
	if err := after.Move(intake.Withdrawing); err != nil {
		return nil, "", err
	}
	if ground, err := a.withdrawGround(ctx, &tx.View, before); err != nil {
		return nil, "", err
	} else if ground != "" && !agreed {
		p := consent.Proposal{Op: opBatchWithdraw, ObjectKind: string(roster.KindBatch), ObjectID: before.ID, UnitID: before.UnitID,
			Ground: ground, Approver: roster.RoleInspector, DecideTier: desk.LowestTier}
		return a.Propose(ctx, tx, who, p, in, in.Reason)
	}
	if after.ReasonC, err = tx.PutText(ctx, after.ID, "reason", in.Reason); err != nil {
		return nil, "", err
	}
	if err := tx.Save(ctx, before, &after); err != nil {
		return nil, "", err
	}
	job, err := a.NewJob(jobWithdraw, after.ID, who, int64(after.Position), nil)
	if err != nil {
		return nil, "", err
	}
	return []ledger.Fact{{Verb: opBatchWithdraw, Kind: kinds.AuditBatch, ID: after.ID, Unit: after.UnitID}}, after.ID, tx.AddJob(ctx, job)
}

// withdrawGround asks the records and issues of the batch why one person may not
// withdraw it.
func (a *Intake) withdrawGround(ctx context.Context, v *store.View, b *intake.AuditBatch) (string, error) {
	limit := a.Pack().Review.ClueMinSeverity
	severe, err := v.SevereOfBatch(ctx, b.ID, limit)
	if err != nil {
		return "", err
	}
	guarded, err := v.GuardedOfBatch(ctx, b.ID, limit)
	return b.WithdrawGround(severe, guarded), err
}

// agreedBy returns the two people who agreed to withdraw a batch, or nobody if one
// was enough: the job asks the records, not whoever queued it.
func agreedBy(ctx context.Context, tx *store.Tx, batch string) (by, first string, err error) {
	rows, err := tx.ProposalsOn(ctx, batch)
	for _, p := range rows {
		if p.Op == opBatchWithdraw && p.State == consent.Approved {
			by, first = p.SettledBy, p.ProposedBy
		}
	}
	return by, first, err
}

// withdrawStep undoes one chunk of matches, in the order of the file; the job's
// position is the line of the file.
func (a *Intake) withdrawStep(ctx context.Context, j *store.Job) (done bool, err error) {
	who := &roster.Actor{Account: j.Account, Program: true}
	_, err = a.Write(ctx, who, desk.Write{Op: "batch.withdraw"}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		before, err := tx.Batch(ctx, j.ObjectID, desk.Everything)
		if err != nil {
			return nil, "", err
		}
		after := *before
		texts, err := tx.Texts(ctx, before.ID)
		if err != nil {
			return nil, "", err
		}
		rows, err := tx.MatchesOfBatch(ctx, before.ID, int(j.Position), importChunk)
		if err != nil {
			return nil, "", err
		}
		verb := verbs.BatchRowsWithdrawn
		if done = len(rows) < importChunk; done {
			verb = verbs.BatchWithdrawn
			if err := after.Move(intake.Withdrawn); err != nil {
				return nil, "", err
			}
			if err := tx.Save(ctx, before, &after); err != nil {
				return nil, "", err
			}
		}
		if len(rows) > 0 {
			j.Position = int64(rows[len(rows)-1].RowNo) // lines of the file, for going on after them
		}
		by, first, err := agreedBy(ctx, tx, before.ID)
		if err != nil {
			return nil, "", err
		}
		who.Person = by
		if rows, err = a.withdrawable(ctx, tx, who, first, rows); err != nil {
			return nil, "", err
		}
		if err := a.withdrawMatches(ctx, tx, who, first, rows, texts[before.ID]["reason"]); err != nil {
			return nil, "", err
		}
		j.LeaseUntil = tx.Now().Add(importLease)
		if err := a.SaveJobWith(ctx, tx, j); err != nil {
			return nil, "", err
		}
		return []ledger.Fact{{Verb: verb, Kind: kinds.AuditBatch, ID: after.ID, Unit: after.UnitID}}, "", nil
	})
	if err == nil && done {
		err = a.Store.DropUploads(ctx, "id = ?", j.ObjectID)
	}
	return done, err
}

// withdrawable omits matches that have become serious since the withdrawal began:
// two people must undo those one by one.
func (a *Intake) withdrawable(ctx context.Context, tx *store.Tx, who *roster.Actor, first string,
	rows []*intake.Match) ([]*intake.Match, error) {
	var ids []string
	for _, m := range rows {
		if m.IssueID != "" {
			ids = append(ids, m.IssueID)
		}
	}
	ends, err := a.casework.Endings(ctx, &tx.View, who, first, ids...)
	if err != nil {
		return nil, err
	}
	stored, err := tx.IssuesByID(ctx, ids, desk.Everything)
	if err != nil {
		return nil, err
	}
	stay := map[string]bool{}
	for _, i := range stored {
		stay[i.ID] = i.State != issue.Withdrawn && i.Ground(issue.Withdrawn, ends[i.ID]) != ""
	}
	return slices.DeleteFunc(rows, func(m *intake.Match) bool { return stay[m.IssueID] }), nil
}

// withdrawMatches undoes matches with their issues and leader questions; duplicates
// linked to them then stand for themselves.
func (a *Intake) withdrawMatches(ctx context.Context, tx *store.Tx, who *roster.Actor, first string, rows []*intake.Match,
	reason string) error {
	var ids, issues []string
	for _, m := range rows {
		if m.State == intake.StateWithdrawn {
			continue
		}
		ids = append(ids, m.ID)
		if m.IssueID != "" {
			issues = append(issues, m.IssueID)
		}
		after := *m
		if err := after.Withdraw(tx.Now()); err != nil {
			return err
		}
		if err := tx.Save(ctx, m, &after); err != nil {
			return err
		}
	}
	// That cases may lose their ground was stated when the withdrawal began; one
	// opened since then is flagged as well.
	if err := a.casework.GroundWithdrawn(ctx, tx, who, issues, true, reason); err != nil {
		return err
	}
	if err := a.withdrawIssues(ctx, tx, who, first, issues); err != nil {
		return err
	}
	return a.promote(ctx, tx, ids, rows)
}

// withdrawIssues withdraws issues and the questions raised from them.
func (a *Intake) withdrawIssues(ctx context.Context, tx *store.Tx, who *roster.Actor, first string, ids []string) error {
	ends, err := a.casework.Endings(ctx, &tx.View, who, first, ids...)
	if err != nil {
		return err
	}
	stored, err := tx.IssuesByID(ctx, ids, desk.Everything)
	if err != nil {
		return err
	}
	var changes []issue.Change
	for _, i := range stored {
		if i.State == issue.Withdrawn {
			continue
		}
		after := *i
		if err := after.Withdraw(ends[i.ID], tx.Now()); err != nil {
			return err
		}
		changes = append(changes, issue.Change{Before: i, After: &after})
	}
	if err := tx.SaveIssues(ctx, changes, issue.TimingOf(a.Pack())); err != nil {
		return err
	}
	return a.casework.WithdrawQuestions(ctx, tx, ids...)
}

// promote makes the first live duplicate of each withdrawn match stand for itself
// and links the others to it.
func (a *Intake) promote(ctx context.Context, tx *store.Tx, ids []string, gone []*intake.Match) error {
	linked, err := tx.DuplicatesOf(ctx, ids...)
	if err != nil || len(linked) == 0 {
		return err
	}
	batch := ""
	if len(gone) > 0 {
		batch = gone[0].BatchID
	}
	for _, id := range ids {
		var first *intake.Match
		for _, m := range linked[id] {
			if m.BatchID == batch {
				continue // it goes with the same batch
			}
			after := *m
			if first != nil {
				after.Original = first.ID
				if err := tx.Save(ctx, m, &after); err != nil {
					return err
				}
				continue
			}
			attach, err := after.Promote(tx.Now())
			if err != nil {
				return err
			}
			if attach {
				if err := a.attach(ctx, tx, &after); err != nil {
					return err
				}
			}
			if err := tx.Save(ctx, m, &after); err != nil {
				return err
			}
			step := &intake.MatchDecision{MatchID: m.ID, Step: intake.StepPromote, PersonID: after.PersonID, ReasonC: ledger.Commitment{}}
			if err := tx.Insert(ctx, step); err != nil {
				return err
			}
			first = &after
		}
	}
	return nil
}

// showWithdrawal shows which file would be withdrawn, and what it holds.
func (a *Intake) showWithdrawal(ctx context.Context, v *store.View, _ *roster.Actor, p *consent.Proposal,
	_ []byte) ([]approval.ProposalLine, error) {
	b, err := v.Batch(ctx, p.ObjectID, desk.Everything)
	if err != nil {
		return nil, err
	}
	severe, err := v.SevereOfBatch(ctx, b.ID, a.Pack().Review.ClueMinSeverity)
	return []approval.ProposalLine{
		{Key: "batch", Text: b.Ref}, {Key: "file", Text: b.FileName},
		{Key: "rows_read", Text: strconv.Itoa(b.Position) + " / " + strconv.Itoa(b.Rows)}, {Key: "severe",
			Text: strconv.FormatInt(severe, 10)},
	}, err
}
