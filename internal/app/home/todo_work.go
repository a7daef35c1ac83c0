package home

import (
	"context"

	appcustody "plumbline/internal/app/custody"
	"plumbline/internal/app/desk"
	"plumbline/internal/custody"
	"plumbline/internal/inquiry"
	"plumbline/internal/intake"
	"plumbline/internal/issue"
	"plumbline/internal/rectify"
	"plumbline/internal/recusal"
	"plumbline/internal/roster"
	"plumbline/internal/store"
)

// Waiting is a queue of work. N is the number of rows in the list that List opens,
// under the same scope. Late says that some are overdue.
type Waiting struct {
	What string `json:"what"` // stable code: match, triage, concealment, …
	List string `json:"list"` // operation of the list behind the number
	N    int64  `json:"n"`
	Late bool   `json:"late"`
}

// queue is one kind of work. Whoever may do the act sees how much of it is waiting.
type queue struct {
	what, act, list string
	late            bool
	count           func(ctx context.Context, v *store.View, who *roster.Actor, sc roster.Scope) (int64, error)
}

// queues in the order in which they are shown.
func (a *Home) queues() []queue {
	return []queue{
		{"match", "match.decide", "match.list", false, func(ctx context.Context, v *store.View, _ *roster.Actor, sc roster.Scope) (int64, error) {
			return v.MatchCount(ctx, intake.Filter{Open: true}, sc)
		}},
		{"triage", "issue.triage", "issue.list", false, a.countIssues(issue.QueueTriage.Filter())},
		{"concealment", "issue.conceal", "issue.list", false, a.countIssues(issue.QueueConcealment.Filter())},
		{"clue", "case.open", "issue.list", false, a.countIssues(issue.Filter{State: issue.Clue, Case: issue.NoCase})},
		{"question", "question.track", "question.list", false, a.countQuestions(inquiry.QuestionFilter{Open: true})},
		{"question_late", "question.track", "question.list", true, a.countQuestions(inquiry.QuestionFilter{Overdue: true})},
		{"track", "finding.recommend", "track.list", false, a.countTracks(inquiry.TrackFilter{State: inquiry.TrackAssigned})},
		{"confirm", "finding.confirm", "track.list", false, a.countTracks(inquiry.TrackFilter{State: inquiry.TrackFound})},
		{"decide", "decision.decide", "track.list", false, a.countTracks(inquiry.TrackFilter{State: inquiry.TrackFound})},
		{"doubtful", "decision.decide", "track.list", true, a.countTracks(inquiry.TrackFilter{Check: true})},
		{"verify", "rectification.verify", "rectification.list", false, a.countTasks(rectify.Filter{State: rectify.Submitted})},
		{"task", "rectification.submit", "rectification.list", false, a.countTasks(rectify.Filter{Open: true})},
		{"task_late", "rectification.list", "rectification.list", true, a.countTasks(rectify.Filter{Overdue: true})},
		{"proposal", "proposal.approve", "proposal.list", false, a.CountProposalsWaiting},
		{"told", "proposal.list", "proposal.list", false, a.CountProposalsTold},
		{"grant", "grant.approve", "grant.list", false, a.countGrants},
		{"challenge", "challenge.decide", "challenge.list", false, a.countChallenges(recusal.Filter{State: recusal.Filed})},
		{"challenge_mass", "challenge.decide", "challenge.list", true, a.countChallenges(recusal.Filter{State: recusal.Filed, Mass: true})},
		{"alarm", "alarm.list", "alarm.list", true, a.recusal.CountAlarms},
		{"witness", "ledger.entries", "ledger.entries", true, func(_ context.Context, _ *store.View, _ *roster.Actor, _ roster.Scope) (int64, error) {
			return a.heads.WitnessAlarms(), nil
		}},
		{"reveal", "reveal.note", "reveal.list", false, func(ctx context.Context, v *store.View, _ *roster.Actor, sc roster.Scope) (int64, error) {
			return v.RevealCount(ctx, true, sc)
		}},
		{"share", "share.release", "share.list", false, func(ctx context.Context, v *store.View, who *roster.Actor, _ roster.Scope) (int64, error) {
			rows, err := v.RevealsFor(ctx, who.Account, a.Now(), appcustody.SharesMax)
			return int64(len(rows)), err
		}},
		{"custody", "custody.approve", "custody.list", false, func(ctx context.Context, v *store.View, who *roster.Actor, _ roster.Scope) (int64, error) {
			sc, _, err := a.UnitScope(ctx, v, who, roster.ActList, roster.KindCustody)
			if err != nil {
				return 0, err
			}
			return v.SetCount(ctx, custody.SetProposed, sc)
		}},
		{"due", "expungement.propose", "retention.list", false, func(ctx context.Context, v *store.View, _ *roster.Actor, sc roster.Scope) (int64, error) {
			return v.DueIssueCount(ctx, a.custody.DueQuery(true), sc)
		}},
		{"due_record", "expungement.propose", "retention.list", false, func(ctx context.Context, v *store.View, _ *roster.Actor, sc roster.Scope) (int64, error) {
			return v.DueMatchCount(ctx, a.custody.DueQuery(true), sc)
		}},
		{"expungement", "expungement.approve", "expungement.list", false, func(ctx context.Context, v *store.View, who *roster.Actor, sc roster.Scope) (int64, error) {
			return v.ExpungementCount(ctx, custody.ExpungementProposed, sc)
		}},
	}
}

func (a *Home) countIssues(f issue.Filter) func(context.Context, *store.View, *roster.Actor, roster.Scope) (int64, error) {
	f.MaxSeverity, f.Tier = -1, -1
	return func(ctx context.Context, v *store.View, _ *roster.Actor, sc roster.Scope) (int64, error) {
		return v.IssueCount(ctx, f, sc)
	}
}

func (a *Home) countQuestions(f inquiry.QuestionFilter) func(context.Context, *store.View, *roster.Actor, roster.Scope) (int64, error) {
	return func(ctx context.Context, v *store.View, _ *roster.Actor, sc roster.Scope) (int64, error) {
		return v.QuestionCount(ctx, f, sc, a.Today())
	}
}

func (a *Home) countTracks(f inquiry.TrackFilter) func(context.Context, *store.View, *roster.Actor, roster.Scope) (int64, error) {
	return func(ctx context.Context, v *store.View, _ *roster.Actor, sc roster.Scope) (int64, error) {
		return v.TrackCount(ctx, f, sc)
	}
}

func (a *Home) countTasks(f rectify.Filter) func(context.Context, *store.View, *roster.Actor, roster.Scope) (int64, error) {
	return func(ctx context.Context, v *store.View, who *roster.Actor, sc roster.Scope) (int64, error) {
		return v.RectificationCount(ctx, f, sc, desk.LeadUnits(who), a.Today())
	}
}

func (a *Home) countChallenges(f recusal.Filter) func(context.Context, *store.View, *roster.Actor, roster.Scope) (int64, error) {
	return func(ctx context.Context, v *store.View, _ *roster.Actor, sc roster.Scope) (int64, error) {
		return v.ChallengeCount(ctx, f, a.recusal.Mass(), sc)
	}
}

func (a *Home) countGrants(ctx context.Context, v *store.View, who *roster.Actor, _ roster.Scope) (int64, error) {
	sc, _, err := a.UnitScope(ctx, v, who, roster.ActList, roster.KindGrant)
	if err != nil {
		return 0, err
	}
	return v.GrantCount(ctx, store.GrantFilter{State: string(roster.GrantProposed)}, sc)
}

// waiting counts every queue on which the actor may work.
func (a *Home) waiting(ctx context.Context, v *store.View, who *roster.Actor) (out []Waiting, err error) {
	for _, q := range a.queues() {
		if !a.May(who, q.act) || !a.May(who, q.list) {
			continue
		}
		r, _ := a.Route(q.list)
		sc, err := a.Scope(ctx, v, who, r.Act, r.Kind)
		if err != nil {
			return nil, err
		}
		if sc.Empty() && q.what != "grant" && q.what != "custody" && q.what != "share" {
			continue
		}
		n, err := q.count(ctx, v, who, sc)
		if err != nil {
			return nil, err
		}
		if n > 0 {
			out = append(out, Waiting{What: q.what, List: q.list, N: n, Late: q.late})
		}
	}
	return out, nil
}

// onMe counts the findings served on the actor to which he can still reply.
func onMe(ctx context.Context, v *store.View, who *roster.Actor) (n int64, err error) {
	if who.Person == "" {
		return 0, nil
	}
	findings, _, _, err := v.FindingsServedOn(ctx, who.Person)
	for _, f := range findings {
		if f.State == inquiry.FindingServed {
			n++
		}
	}
	return n, err
}
