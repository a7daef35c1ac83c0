package heads

import (
	"context"

	"plumbline/internal/ledger"
	"plumbline/internal/store"
)

// Contradicts asks of a database that is gone, and of one that is not.
func (h *Heads) Contradicts(ctx context.Context, v *store.View, by string, remembered, head ledger.Checkpoint) (bool, error) {
	return h.contradicts(ctx, v, by, remembered, head)
}
