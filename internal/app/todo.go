package app

import (
	"context"

	"plumbline/internal/app/accounts"
	"plumbline/internal/app/desk"
	"plumbline/internal/roster"
	"plumbline/internal/selfcheck"
	"plumbline/internal/store"
)

// MyList is one list that the actor owes or signs, as his to-do home shows it.
type MyList struct {
	selfcheck.Submission
	Campaign selfcheck.Campaign
	Unit     string // name of the unit, for a unit's own list
	Drafted  int    // items with a saved answer
	Reason   string // why it was returned
}

// ToDo is what waits for somebody.
type ToDo struct {
	Lists    []MyList
	Codes    []accounts.OwnCode // one-time codes for his own account: asked for, or issued in the last 30 days
	Review   int64              // lists to review
	Missing  int64              // lists of his units that are not filed
	Named    int64              // items naming a leader that came to him
	Asked    []NamedItem        // items of his own lists that the tier above gave back
	Campaign string
	Noticed  int64     // issues of which he was notified and to which he has said nothing
	Served   int64     // findings served on him that he may reply to
	Work     []Waiting // the queues that he may work on, those with something in them
}

// ToDo gathers the actor's to-do home.
func (a *App) ToDo(ctx context.Context, who *roster.Actor) (*ToDo, error) {
	out := &ToDo{}
	err := a.Read(ctx, who, "todo.read", func(ctx context.Context, v *store.View) error {
		var err error
		if out.Lists, err = a.myLists(ctx, v, who); err != nil {
			return err
		}
		if out.Codes, err = a.OwnCodes(ctx, v, who); err != nil {
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
		if out.Asked, err = a.askedOf(ctx, v, who); err != nil {
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

// MyLists lists what the actor owes or signs, newest first.
func (a *App) MyLists(ctx context.Context, who *roster.Actor) (out []MyList, err error) {
	err = a.Read(ctx, who, "submission.list_own", func(ctx context.Context, v *store.View) error {
		out, err = a.myLists(ctx, v, who)
		return err
	})
	return out, err
}

// missingOf counts the lists not filed in the units that the actor heads.
func (a *App) missingOf(ctx context.Context, v *store.View, who *roster.Actor, out *ToDo) error {
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

func (a *App) myLists(ctx context.Context, v *store.View, who *roster.Actor) ([]MyList, error) {
	subs, err := v.SubmissionsOf(ctx, who.Person, desk.UnitsLed(who))
	if err != nil || len(subs) == 0 {
		return nil, err
	}
	campaigns, err := v.RunningCampaigns(ctx)
	if err != nil {
		return nil, err
	}
	byID := make(map[string]selfcheck.Campaign, len(campaigns))
	for _, c := range campaigns {
		byID[c.ID] = c
	}
	var out []MyList
	var ids []string
	for _, s := range subs {
		c, running := byID[s.CampaignID]
		if !running {
			if c0, err := v.Campaign(ctx, s.CampaignID); err != nil { // closed ones: a few in a career
				return nil, err
			} else {
				c = *c0
				byID[c.ID] = c
			}
		}
		out = append(out, MyList{Submission: s, Campaign: c})
		ids = append(ids, s.ID)
	}
	drafted, err := v.DraftCounts(ctx, ids)
	if err != nil {
		return nil, err
	}
	reasons, err := a.returnReasons(ctx, v, ids)
	if err != nil {
		return nil, err
	}
	units, err := a.UnitNames(ctx, v, who.Lang)
	if err != nil {
		return nil, err
	}
	for i := range out {
		out[i].Drafted = drafted[out[i].ID]
		if out[i].State == selfcheck.Returned {
			out[i].Reason = reasons[out[i].ID]
		}
		if out[i].PersonID == "" {
			out[i].Unit = units[out[i].UnitID]
		}
	}
	return out, nil
}

// returnReasons reads why each list was last returned.
func (a *App) returnReasons(ctx context.Context, v *store.View, ids []string) (map[string]string, error) {
	returns, err := v.LastReturns(ctx, ids)
	if err != nil || len(returns) == 0 {
		return nil, err
	}
	rows := make([]string, 0, len(returns))
	for _, r := range returns {
		rows = append(rows, r.ID)
	}
	texts, err := v.Texts(ctx, rows...)
	if err != nil {
		return nil, err
	}
	out := make(map[string]string, len(returns))
	for id, r := range returns {
		out[id] = texts[r.ID]["reason"]
	}
	return out, nil
}
