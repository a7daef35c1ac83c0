package store

import (
	"context"
	"slices"
)

// Empty reports whether the database holds no site yet: no table of ours.
func (s *Store) Empty(ctx context.Context) (bool, error) {
	tables, err := tablesOf(ctx, s.reader, s.dialect)
	return err == nil && !slices.Contains(tables, "ledger_entries"), err
}
