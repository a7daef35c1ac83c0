package recusal

import (
	"context"
	"slices"

	"plumbline/internal/app/desk"
	"plumbline/internal/fault"
	"plumbline/internal/recusal"
	"plumbline/internal/roster"
	"plumbline/internal/store"
)

// challengesMax bounds a list of challenges.
const challengesMax = 200

// ChallengeView is a challenge as shown to the person who decides it: the stated
// relation, and nothing from either file.
type ChallengeView struct {
	ID        string        `json:"id"`
	Version   int64         `json:"version"`
	Cause     recusal.Cause `json:"cause"`
	Kind      string        `json:"kind"`
	Person    desk.Ref      `json:"person"`   // about whose matters; empty where a unit is the subject
	Official  desk.Ref      `json:"official"` // who would be barred
	FiledBy   desk.Ref      `json:"filed_by"`
	Unit      desk.Ref      `json:"unit"` // where it is decided
	State     recusal.State `json:"state"`
	FiledOn   roster.Date   `json:"filed_on"`
	DecidedOn roster.Date   `json:"decided_on,omitempty"`
	DecidedBy desk.Ref      `json:"decided_by"`
	Grounds   string        `json:"grounds,omitempty"`
	Reason    string        `json:"reason,omitempty"`
	Open      int           `json:"open_by_filer"`   // undecided ones by the same person
	Recent    int           `json:"recent_by_filer"` // filed by him lately
	Mass      bool          `json:"mass"`            // unusually many
	MayDecide bool          `json:"may_decide"`
}

// ChallengeList is what a list of challenges shows.
type ChallengeList struct {
	Rows  []ChallengeView `json:"items"`
	Total int64           `json:"total"`
	Mass  int64           `json:"mass"` // undecided ones by people who filed unusually many
	Days  int             `json:"days"` // that "lately" means
}

// Mass returns the rule pack's limits for mass challenges.
func (a *Recusal) Mass() store.Mass {
	r := a.Pack().Recusal
	return store.Mass{Open: r.OpenMost, Recent: r.RecentMost, Since: roster.DateOf(a.Now().AddDate(0, 0, -r.Days), a.Zone())}
}

// Challenges lists the challenges that the actor's tier or a tier below it decides,
// undecided ones first, at most 200.
func (a *Recusal) Challenges(ctx context.Context, who *roster.Actor, f recusal.Filter) (out ChallengeList, err error) {
	if f.State != "" && !slices.Contains(recusal.States, f.State) {
		return out, fault.Invalid("filter_value", "state")
	}
	out.Rows, out.Days = []ChallengeView{}, a.Pack().Recusal.Days
	err = a.Read(ctx, who, "challenge.list", func(ctx context.Context, v *store.View) error {
		sc, err := a.Scope(ctx, v, who, roster.ActList, roster.KindChallenge)
		if err != nil {
			return err
		}
		rows, err := v.Challenges(ctx, f, a.Mass(), sc, challengesMax)
		if err != nil {
			return err
		}
		if out.Total, err = v.ChallengeCount(ctx, f, a.Mass(), sc); err != nil {
			return err
		}
		if out.Mass, err = v.ChallengeCount(ctx, recusal.Filter{State: recusal.Filed, Mass: true}, a.Mass(), sc); err != nil {
			return err
		}
		out.Rows, err = a.challengeViews(ctx, v, who, rows)
		return err
	})
	return out, err
}

// Challenge opens one challenge.
func (a *Recusal) Challenge(ctx context.Context, who *roster.Actor, id string) (out ChallengeView, err error) {
	err = a.Read(ctx, who, "challenge.read", func(ctx context.Context, v *store.View) error {
		sc, err := a.Scope(ctx, v, who, roster.ActRead, roster.KindChallenge)
		if err != nil {
			return err
		}
		c, err := v.Challenge(ctx, id, sc)
		if err != nil {
			return err
		}
		rows, err := a.challengeViews(ctx, v, who, []recusal.Challenge{*c})
		if err == nil {
			out = rows[0]
		}
		return err
	})
	return out, err
}

func (a *Recusal) challengeViews(ctx context.Context, v *store.View, who *roster.Actor, rows []recusal.Challenge) ([]ChallengeView, error) {
	var ids, people, units, filers []string
	for _, c := range rows {
		ids, people, units = append(ids, c.ID), append(people, c.PersonID, c.OfficialID, c.FiledBy, c.DecidedBy), append(units, c.UnitID)
		filers = append(filers, c.FiledBy)
	}
	n, err := a.Names(ctx, v, who, people, units)
	if err != nil {
		return nil, err
	}
	texts, err := v.Texts(ctx, ids...)
	if err != nil {
		return nil, err
	}
	m := a.Mass()
	open, recent, err := v.FiledBy(ctx, m.Since, filers...)
	if err != nil {
		return nil, err
	}
	out := make([]ChallengeView, 0, len(rows))
	for _, c := range rows {
		view := ChallengeView{ID: c.ID, Version: c.Version, Cause: c.Cause, Kind: c.Kind, Person: n.Person(c.PersonID),
			Official: n.Person(c.OfficialID),
			FiledBy:  n.Person(c.FiledBy), Unit: n.Unit(c.UnitID), State: c.State, FiledOn: c.FiledOn, DecidedOn: c.DecidedOn, DecidedBy: n.Person(c.DecidedBy),
			Grounds: texts[c.ID]["grounds"], Reason: texts[c.ID]["reason"], Open: open[c.FiledBy], Recent: recent[c.FiledBy]}
		view.Mass = view.Open > m.Open || view.Recent > m.Recent
		view.MayDecide = c.State == recusal.Filed && c.FiledBy != who.Person && a.May(who, "challenge.decide")
		out = append(out, view)
	}
	return out, nil
}
