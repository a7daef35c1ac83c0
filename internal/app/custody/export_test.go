package custody

import (
	"context"

	"plumbline/internal/store"
)

// RewrapStep is one chunk of handing over to new custodians, for a test that ends
// between two.
func (a *Safekeeping) RewrapStep(ctx context.Context, j *store.Job) (bool, error) {
	return a.rewrapStep(ctx, j)
}
