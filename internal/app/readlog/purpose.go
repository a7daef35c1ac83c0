package readlog

import (
	"context"

	"plumbline/internal/app/desk"
	"plumbline/internal/roster"
	"plumbline/internal/store"
)

// Opened is the purpose that a mere leadership reader has to state to open one row.
// It is logged before the row is shown.
type Opened struct {
	asked                         bool
	kind, object, person, purpose string
}

// Opening judges whether the row requires a purpose and whether one was given.
func (a *Readings) Opening(ctx context.Context, v *store.View, who *roster.Actor, kind roster.Kind, t roster.Target,
	purpose []string) (Opened, error) {
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
