package app

import (
	"context"
)

// JobSteps lets tests add a kind of job of their own.
var JobSteps = jobSteps

// RewrapStep is one chunk of handing over to new custodians, for a test that
// ends between two.
var RewrapStep = rewrapStep

// Keep does once what comes round again, as the runner of jobs does.
func (a *App) Keep(ctx context.Context) { new(keeper).keep(ctx, a) }
