package app

import (
	"context"

	"plumbline/internal/app/desk"
	"plumbline/internal/roster"
	"plumbline/internal/store"
)

// opened is what a reader who is a leadership reader and nothing else has to
// do to open one row: give a purpose, which is logged before the answer.
type opened struct {
	asked                         bool
	kind, object, person, purpose string
}

// opening judges whether a purpose is owed for the row, and was given.
func (a *App) opening(ctx context.Context, v *store.View, who *roster.Actor, kind roster.Kind, t roster.Target, purpose []string) (opened, error) {
	named, err := a.NamedScope(ctx, v, who, roster.ActRead, kind)
	if err != nil || named.Admits(t) {
		return opened{}, err
	}
	o := opened{asked: true, kind: string(kind), object: t.ID, person: t.Person, purpose: desk.AfterID(purpose)}
	return o, checkPurpose(o.purpose)
}

func (a *App) logOpening(ctx context.Context, who *roster.Actor, o opened) error {
	if !o.asked {
		return nil
	}
	return a.logReading(ctx, who, o.kind, o.object, o.person, o.purpose)
}
