package home

import (
	"context"

	"plumbline/internal/app/accounts"
	"plumbline/internal/app/desk"
	appselfcheck "plumbline/internal/app/selfcheck"
	"plumbline/internal/roster"
	"plumbline/internal/selfcheck"
	"plumbline/internal/store"
)

// ToDo is what is waiting for somebody.
type ToDo struct {
	Lists    []appselfcheck.OwnSubmission
	Codes    []accounts.OwnCode       // one-time codes for his own account: asked for, or issued in the last 30 days
	Review   int64                    // lists to review
	Missing  int64                    // lists of his units that are not filed
	Named    int64                    // items naming a leader that came to him
	Asked    []appselfcheck.NamedItem // items of his own lists that the tier above gave back
	Campaign string
	Noticed  int64     // issues of which he was notified and to which he has said nothing
	Served   int64     // findings served on him that he may reply to
	Work     []Waiting // the queues that he may work on, those with something in them
}

// ToDo gathers the actor's to-do home.
func (a *Home) ToDo(ctx context.Context, who *roster.Actor) (*ToDo, error) {
	out := &ToDo{}
	err := a.Read(ctx, who, "todo.read", func(ctx context.Context, v *store.View) error {
		var err error
		if out.Lists, err = a.selfcheck.ListsOf(ctx, v, who); err != nil {
			return err
		}
		if out.Codes, err = a.accounts.OwnCodes(ctx, v, who); err != nil {
			return err
		}
		review, err := a.Scope(ctx, v, who, roster.ActAccept, roster.KindSubmission)
		if err != nil {
			return err
		}
		if !review.Empty() {
			if out.Review, err = v.ReviewCount(ctx, selfcheck.ReviewFilter{State: selfcheck.Submitted}, review); err != nil {
				return err
			}
			if out.Named, err = v.RoutedCount(ctx, selfcheck.NamedFilter{State: selfcheck.NamedWaiting}, review); err != nil {
				return err
			}
		}
		if out.Asked, err = a.selfcheck.AskedOf(ctx, v, who); err != nil {
			return err
		}
		if err := a.missingOf(ctx, v, who, out); err != nil {
			return err
		}
		if who.Person != "" {
			if out.Noticed, err = v.NoticesUnanswered(ctx, who.Person); err != nil {
				return err
			}
		}
		if out.Served, err = onMe(ctx, v, who); err != nil {
			return err
		}
		out.Work, err = a.waiting(ctx, v, who)
		return err
	})
	return out, err
}

// missingOf counts the unfiled lists of the units that the actor heads.
func (a *Home) missingOf(ctx context.Context, v *store.View, who *roster.Actor, out *ToDo) error {
	units := desk.UnitsLed(who)
	if len(units) == 0 {
		return nil
	}
	campaigns, err := v.RunningCampaigns(ctx)
	if err != nil {
		return err
	}
	for i := range campaigns { // one or two at a time
		if campaigns[i].State != selfcheck.CampaignOpen {
			continue
		}
		rows, err := v.Completions(ctx, campaigns[i].ID, roster.Scope{Units: units})
		if err != nil {
			return err
		}
		for _, r := range rows {
			out.Missing += r.Missing()
			out.Campaign = campaigns[i].ID
		}
	}
	return nil
}
