package engine

import (
	"context"

	"github.com/uptrace/bun"
)

// watch is Options.Watch as a hook of bun; what goes past bun calls saw.
type watch func(text string)

func (w watch) saw(text string) {
	if w != nil {
		w(text)
	}
}

// BeforeQuery implements bun.QueryHook.
func (w watch) BeforeQuery(ctx context.Context, e *bun.QueryEvent) context.Context {
	w.saw(e.Query)
	return ctx
}

// AfterQuery implements bun.QueryHook.
func (w watch) AfterQuery(context.Context, *bun.QueryEvent) {}
