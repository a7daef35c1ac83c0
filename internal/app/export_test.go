package app

import (
	"context"

	"plumbline/internal/ledger"
	"plumbline/internal/store"
)

// JobSteps lets tests add a kind of job of their own.
var JobSteps = jobSteps

// RewrapStep is one chunk of handing over to new custodians, for a test that
// ends between two.
var RewrapStep = rewrapStep

// Contradicts tells whether the tree lacks what the site's file remembers.
func (a *App) Contradicts(ctx context.Context, v *store.View, remembered, head ledger.Checkpoint) (bool, error) {
	return a.contradicts(ctx, v, memory{store.BySite, remembered}, head)
}

// Keep does once what comes round again, as the runner of jobs does.
func (a *App) Keep(ctx context.Context) { new(keeper).keep(ctx, a) }
