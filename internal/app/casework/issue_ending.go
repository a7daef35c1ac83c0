package casework

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"plumbline/internal/app/approval"
	"plumbline/internal/app/desk"
	"plumbline/internal/consent"
	"plumbline/internal/fault"
	"plumbline/internal/inquiry"
	"plumbline/internal/issue"
	"plumbline/internal/ledger"
	"plumbline/internal/roster"
	"plumbline/internal/store"
)

// Endings collects, for each of the issues that who would end, what the guard before
// every end asks of the records. First is the person who requested the same end
// before, or "".
func (a *Casework) Endings(ctx context.Context, v *store.View, who *roster.Actor, first string,
	ids ...string) (map[string]issue.Ending, error) {
	peaks, err := v.PeaksOf(ctx, ids...)
	if err != nil {
		return nil, err
	}
	questions, err := v.QuestionsOfIssue(ctx, ids...)
	if err != nil {
		return nil, err
	}
	asked := map[string]bool{}
	for _, q := range questions {
		asked[q.IssueID] = asked[q.IssueID] || q.State != inquiry.QuestionWithdrawn
	}
	out := make(map[string]issue.Ending, len(ids))
	for _, id := range ids {
		out[id] = issue.Ending{Peak: peaks[id], Limit: a.Pack().Review.ClueMinSeverity, By: who.Person, First: first, Asked: asked[id]}
	}
	return out, nil
}

// Ending is Endings for one issue.
func (a *Casework) Ending(ctx context.Context, v *store.View, who *roster.Actor, first, id string) (issue.Ending, error) {
	all, err := a.Endings(ctx, v, who, first, id)
	return all[id], err
}

// rejecting is the ending of a rejection, in which whoever proposed it came first.
func (a *Casework) rejecting(ctx context.Context, v *store.View, who *roster.Actor, i *issue.Issue) (issue.Ending, error) {
	first := ""
	if i.RejectBy != "" && i.RejectBy != who.Account {
		var err error
		if first, err = v.PersonOfAccount(ctx, i.RejectBy); err != nil {
			return issue.Ending{}, err
		}
	}
	return a.Ending(ctx, v, who, first, i.ID)
}

// The acts that bring issues to an end and can wait for a second person.
const (
	opIssueWithdraw = "issue.withdraw"
	opIssueMerge    = "issue.merge"
)

func (a *Casework) registerIssueEnds() {
	a.Register(opIssueWithdraw, approval.Act{Show: a.ShowEnd, Run: approval.Typed(func(in *WithdrawIssueInput, id string) { in.ID = id },
		func(ctx context.Context, tx *store.Tx, g approval.Approved, in WithdrawIssueInput) ([]ledger.Fact, error) {
			_, facts, err := a.doStep(ctx, tx, g.Proposer, g.Proposal.SettledBy, a.withdrawing(in))
			return facts, err
		})})
	a.Register(opIssueMerge, approval.Act{Show: a.ShowEnd, Run: approval.Typed(func(in *MergeIssueInput, id string) { in.ID = id },
		func(ctx context.Context, tx *store.Tx, g approval.Approved, in MergeIssueInput) ([]ledger.Fact, error) {
			_, facts, err := a.doStep(ctx, tx, g.Proposer, g.Proposal.SettledBy, a.merging(in))
			return facts, err
		})})
}

// NeedsTwo reports whether one person was not enough.
func NeedsTwo(err error) bool {
	return err != nil && strings.HasPrefix(fault.As(err).Code, "issue_needs_two")
}

// PendingOn returns the pending proposal to perform one of the acts on the object,
// or "".
func PendingOn(ctx context.Context, v *store.View, object string, ops ...string) (string, error) {
	rows, err := v.ProposalsOn(ctx, object)
	for _, p := range rows {
		if slices.Contains(ops, p.Op) && p.State == consent.Proposed {
			return p.ID, err
		}
	}
	return "", err
}

// EndProposal is a proposal to end an issue, or to undo what it came from.
func (a *Casework) EndProposal(ctx context.Context, tx *store.Tx, who *roster.Actor, op string, i *issue.Issue) (consent.Proposal, error) {
	e, err := a.Ending(ctx, &tx.View, who, "", i.ID)
	return consent.Proposal{Op: op, ObjectKind: string(roster.KindIssue), ObjectID: i.ID, MatterID: i.ID, UnitID: i.UnitID,
		PersonID: i.PersonID,
		EventOn:  i.EventOn, Ground: i.Ground(issue.Withdrawn, e), Approver: roster.RoleInspector, DecideTier: desk.LowestTier}, err
}

// ShowEnd shows the highest severity that the issue ever had, and into which issue
// it would be merged.
func (a *Casework) ShowEnd(ctx context.Context, v *store.View, _ *roster.Actor, p *consent.Proposal,
	input []byte) ([]approval.ProposalLine, error) {
	in, err := approval.Input[struct {
		Into string `json:"into"`
	}](input)
	if err != nil {
		return nil, err
	}
	lines := []approval.ProposalLine{}
	found, err := v.IssuesByID(ctx, []string{p.MatterID}, desk.Everything)
	if err != nil || len(found) != 1 {
		return lines, err
	}
	e, err := a.Ending(ctx, v, &roster.Actor{}, "", p.MatterID)
	if err != nil {
		return nil, err
	}
	lines = append(lines, approval.ProposalLine{Key: "ref", Text: found[0].Ref},
		approval.ProposalLine{Key: "peak", TextKey: "severity." + strconv.Itoa(max(e.Peak, found[0].Severity))})
	if in.Into != "" {
		lines = append(lines, approval.ProposalLine{Key: "into", Text: in.Into})
	}
	return lines, nil
}

// acceptedList reports whether the issue was declared on a list that has been
// accepted.
func acceptedList(ctx context.Context, v *store.View, i *issue.Issue) (bool, error) {
	if i.SubmissionID == "" {
		return false, nil
	}
	s, err := v.Submission(ctx, i.SubmissionID)
	return err == nil && s.WasAccepted(), err
}
