package recusal

import (
	"context"

	"plumbline/internal/app/desk"
	"plumbline/internal/recusal"
	"plumbline/internal/roster"
	"plumbline/internal/store"
)

// AlarmView reports that nobody at the usual unit may handle a matter. Object is
// filled only for a reader who may open it.
type AlarmView struct {
	ID       string      `json:"id"`
	What     string      `json:"what"` // kind of matter; unit where a duty has no holder; "" for who sees no content
	Duty     string      `json:"duty"` // operation that nobody may do
	Unit     desk.Ref    `json:"unit"` // whose tier is told; a unit without holders, or whose head reviews, is named itself
	Object   string      `json:"object,omitempty"`
	Blank    bool        `json:"blank"`             // nobody at any tier may
	Members  int         `json:"members,omitempty"` // of a deciding body that is too small: how many may still decide
	Quorum   int         `json:"quorum,omitempty"`  // how many must; 0 where the body is not the reason
	RaisedOn roster.Date `json:"raised_on"`
}

// AlarmList lists the standing alarms, newest first, at most 200.
type AlarmList struct {
	Rows  []AlarmView `json:"items"`
	Total int64       `json:"total"`
}

// onlyBlank reports whether the actor sees alarms without their content, and only
// those that nobody at any tier may answer: an administrator, who can appoint
// somebody.
func onlyBlank(who *roster.Actor) bool { return who.Holds(roster.RoleSecurityAdmin) }

// alarmReach returns which alarms the actor sees.
func alarmReach(who *roster.Actor, sc roster.Scope) store.AlarmReach {
	return store.AlarmReach{Scope: sc, Blank: onlyBlank(who), Person: who.Person}
}

// Alarms lists the alarms addressed to the actor's tier or a tier below it.
func (a *Recusal) Alarms(ctx context.Context, who *roster.Actor) (out AlarmList, err error) {
	out.Rows = []AlarmView{}
	err = a.Read(ctx, who, "alarm.list", func(ctx context.Context, v *store.View) error {
		sc, err := a.Scope(ctx, v, who, roster.ActList, roster.KindAlarm)
		if err != nil {
			return err
		}
		rows, err := v.Alarms(ctx, alarmReach(who, sc), 200)
		if err != nil {
			return err
		}
		if out.Total, err = v.AlarmCount(ctx, alarmReach(who, sc)); err != nil {
			return err
		}
		units := make([]string, len(rows))
		for i, r := range rows {
			switch units[i] = r.UnitID; {
			case r.ObjectKind == "unit":
				units[i] = r.ObjectID
			case r.ReviewUnitID != "":
				units[i] = r.ReviewUnitID
			}
		}
		n, err := a.Names(ctx, v, who, nil, units)
		if err != nil {
			return err
		}
		for i, r := range rows { // a page of at most 200
			view := AlarmView{ID: r.ID, Duty: r.Duty, Blank: r.Blank, Members: r.Members, Quorum: r.Quorum, RaisedOn: r.RaisedOn}
			if onlyBlank(who) && view.Duty == dutyItem {
				view.Duty = dutyList // that a list names a leader is content
			}
			if !onlyBlank(who) || r.ObjectKind == "unit" {
				view.What, view.Unit = r.ObjectKind, n.Unit(units[i])
			}
			if !onlyBlank(who) {
				if view.Object, err = a.alarmObject(ctx, v, who, r); err != nil {
					return err
				}
			}
			out.Rows = append(out.Rows, view)
		}
		return nil
	})
	return out, err
}

// alarmObject returns the id of the object of an alarm (for a track, its case), or
// "" if the reader may not open it.
func (a *Recusal) alarmObject(ctx context.Context, v *store.View, who *roster.Actor, r recusal.Alarm) (string, error) {
	kinds := map[string]roster.Kind{"issue": roster.KindIssue, "case": roster.KindCase, "track": roster.KindCase,
		"question":      roster.KindQuestion,
		"rectification": roster.KindRectification, "challenge": roster.KindChallenge}
	kind, ok := kinds[r.ObjectKind]
	if !ok || !a.Table().May(who, roster.ActRead, kind) {
		return "", nil
	}
	sc, err := a.Scope(ctx, v, who, roster.ActRead, kind)
	if err != nil {
		return "", err
	}
	id := r.ObjectID
	switch r.ObjectKind {
	case "issue":
		_, err = v.Issue(ctx, id, sc)
	case "case":
		_, err = v.Case(ctx, id, sc)
	case "track":
		t, terr := v.Track(ctx, id, sc)
		if err = terr; err == nil {
			id = t.CaseID
			_, err = v.Case(ctx, id, sc)
		}
	case "question":
		_, err = v.Question(ctx, id, sc)
	case "rectification":
		_, err = v.Rectification(ctx, id, sc, desk.LeadUnits(who))
	case "challenge":
		_, err = v.Challenge(ctx, id, sc)
	}
	if store.Missing(err) {
		return "", nil
	}
	return id, err
}

func (a *Recusal) CountAlarms(ctx context.Context, v *store.View, who *roster.Actor, sc roster.Scope) (int64, error) {
	return v.AlarmCount(ctx, alarmReach(who, sc))
}
