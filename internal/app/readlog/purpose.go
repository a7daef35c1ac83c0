package readlog

import (
	"context"

	"plumbline/internal/app/desk"
	"plumbline/internal/roster"
	"plumbline/internal/store"
)

// Opened is what a reader who is a leadership reader and nothing else has to
// do to open one row: give a purpose, which is logged before the answer.
type Opened struct {
	asked                         bool
	kind, object, person, purpose string
}

// Opening judges whether a purpose is owed for the row, and was given.
func (a *Readings) Opening(ctx context.Context, v *store.View, who *roster.Actor, kind roster.Kind, t roster.Target, purpose []string) (Opened, error) {
	named, err := a.NamedScope(ctx, v, who, roster.ActRead, kind)
	if err != nil || named.Admits(t) {
		return Opened{}, err
	}
	o := Opened{asked: true, kind: string(kind), object: t.ID, person: t.Person, purpose: desk.AfterID(purpose)}
	return o, CheckPurpose(o.purpose)
}

func (a *Readings) LogOpening(ctx context.Context, who *roster.Actor, o Opened) error {
	if !o.asked {
		return nil
	}
	return a.LogReading(ctx, who, o.kind, o.object, o.person, o.purpose)
}
