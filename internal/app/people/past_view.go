package people

import (
	"context"
	"strconv"

	"plumbline/internal/app/approval"
	"plumbline/internal/consent"
	"plumbline/internal/roster"
	"plumbline/internal/store"
)

// linesMax bounds the rewritten rows that a proposal shows one by one.
const linesMax = 30

// showRewrite shows which rows change the past and what follows: the issues, cases,
// questions and matches that the reader may see, and how many people's bars are
// recalculated.
func (a *Personnel) showRewrite(ctx context.Context, v *store.View, who *roster.Actor, p *consent.Proposal,
	input []byte) ([]approval.ProposalLine, error) {
	in, err := approval.Input[rewriteInput](input)
	if err != nil {
		return nil, err
	}
	var out []approval.ProposalLine
	for i, r := range in.Rows {
		if i == linesMax {
			out = append(out, approval.ProposalLine{Key: "rows_more", Text: strconv.Itoa(len(in.Rows) - linesMax)})
			break
		}
		text := ""
		for _, field := range in.Table.Columns() {
			if cell := r.Cells[field]; cell != "" && field != "national_id" {
				if text != "" {
					text += " · "
				}
				text += cell
			}
		}
		out = append(out, approval.ProposalLine{Key: "row", Text: text})
	}
	out = append(out, approval.ProposalLine{Key: "as_of", Text: string(in.AsOf)})
	if p.State != consent.Proposed { // what is done changes nothing any more
		return out, nil
	}
	proposer, err := a.proposerOf(ctx, v, p)
	if err != nil || proposer == nil {
		return out, err
	}
	plan, err := a.replan(ctx, v, proposer, p.Op, in)
	if err != nil {
		return append(out, approval.ProposalLine{Key: "impact", TextKey: "proposal.line.stale"}), nil
	}
	bars, err := a.barLines(ctx, v, who, plan)
	if err != nil {
		return nil, err
	}
	out = append(out, bars...)
	touch := a.touchOf(plan.changes)
	if len(touch.People)+len(touch.Units) == 0 {
		return out, nil
	}
	impact, err := a.impact(ctx, v, who, touch)
	return append(out, impact...), err
}

func counted(key string, n int) approval.ProposalLine {
	return approval.ProposalLine{Key: key, Text: strconv.Itoa(n)}
}

// proposerOf is the actor who made the proposal, or nil if he no longer has an
// account.
func (a *Personnel) proposerOf(ctx context.Context, v *store.View, p *consent.Proposal) (*roster.Actor, error) {
	account, err := v.AccountOfPerson(ctx, p.ProposedBy)
	if err != nil || account == "" {
		return nil, err
	}
	return a.ActorOf(ctx, v, account)
}

// impact counts what a rewritten past affects, as far as the reader may see it.
func (a *Personnel) impact(ctx context.Context, v *store.View, who *roster.Actor, t store.Touch) ([]approval.ProposalLine, error) {
	bars, err := v.PostedIn(ctx, t)
	if err != nil {
		return nil, err
	}
	out := []approval.ProposalLine{{Key: "bars", Text: strconv.Itoa(len(bars))}}
	sc, err := a.Scope(ctx, v, who, roster.ActList, roster.KindIssue)
	if err != nil {
		return nil, err
	}
	if sc.Empty() {
		return append(out, approval.ProposalLine{Key: "impact", TextKey: "proposal.line.impact_hidden"}), nil
	}
	issues, err := v.IssuesTouched(ctx, t, sc)
	if err != nil {
		return nil, err
	}
	cases, ids := 0, make([]string, len(issues))
	for i, x := range issues {
		ids[i] = x.ID
		if x.CaseID != "" {
			cases++
		}
	}
	questions, err := v.QuestionsOfIssue(ctx, ids...)
	if err != nil {
		return nil, err
	}
	if sc, err = a.Scope(ctx, v, who, roster.ActList, roster.KindMatch); err != nil {
		return nil, err
	}
	matches, err := v.MatchesTouched(ctx, t, sc)
	if err != nil {
		return nil, err
	}
	for _, l := range []struct {
		key string
		n   int
	}{{"issues", len(issues)}, {"cases", cases}, {"questions", len(questions)}, {"matches", matches}} {
		out = append(out, approval.ProposalLine{Key: l.key, Text: strconv.Itoa(l.n)})
	}
	return out, nil
}
