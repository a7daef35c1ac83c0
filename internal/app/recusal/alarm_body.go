package recusal

import (
	"context"
	"slices"

	"plumbline/internal/kinds"
	"plumbline/internal/recusal"
	"plumbline/internal/roster"
	"plumbline/internal/rules"
	"plumbline/internal/store"
)

// bodies adds alarms for tracks that cannot be decided, and cases without a finding
// that cannot be closed, because fewer members of deciding bodies may take part than
// the quorum, though some may. The members may
// come from any tier; only the recorder must sit high enough, which is checked like
// any other duty.
func (w *watch) bodies(ctx context.Context, v *store.View, out []recusal.Alarm) ([]recusal.Alarm, error) {
	members := w.members()
	if len(members) == 0 {
		return out, nil // no holder at all: told of as a vacant duty
	}
	if quorum := w.a.Pack().Dual.Quorum; len(members) < quorum {
		// Too few for whatever there is to decide: said once, and of no matter.
		unit := w.tree.Bureau()
		at := slices.IndexFunc(out, func(x recusal.Alarm) bool { return x.ObjectID == unit && x.Duty == dutyDecide })
		if at < 0 {
			at, out = len(out), append(out, recusal.Alarm{ObjectKind: kinds.Unit, ObjectID: unit, Duty: dutyDecide, UnitID: unit})
		}
		out[at].Blank, out[at].Members, out[at].Quorum = true, len(members), quorum
		return out, nil
	}
	var people, objects, ids []string
	for _, who := range members {
		people, objects, ids = append(people, barsOf(who)...), append(objects, who.PartyTo...), append(ids, who.Person)
	}
	matters, err := v.BodyMatters(ctx, unique(people), unique(objects), ids)
	if err != nil {
		return nil, err
	}
	for _, t := range matters {
		pack, err := rules.Version(t.Pack)
		if err != nil {
			return nil, err
		}
		left := 0
		for _, who := range members {
			if w.clear(who, t.Matter) && !slices.Contains(t.Part, who.Person) {
				left++
			}
		}
		if left >= pack.Dual.Quorum {
			continue
		}
		at := slices.IndexFunc(out, func(x recusal.Alarm) bool { return x.ObjectID == t.ID && x.Duty == t.Duty })
		if at < 0 {
			at, out = len(out), append(out, alarmOn(t.Matter, "", true))
		}
		out[at].UnitID, out[at].Blank = w.tree.Bureau(), true
		if left > 0 {
			out[at].Members, out[at].Quorum = left, pack.Dual.Quorum
		}
	}
	return out, nil
}

// members lists everybody who sits in a deciding body, once.
func (w *watch) members() (out []*roster.Actor) {
	for _, r := range w.rungs[dutyDecide] {
		for _, who := range r.holders {
			if !slices.ContainsFunc(out, func(x *roster.Actor) bool { return x.Person == who.Person }) {
				out = append(out, who)
			}
		}
	}
	return out
}
