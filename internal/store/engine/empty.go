package engine

import (
	"context"
	"slices"

	"plumbline/internal/store/dialect"
)

// Empty reports whether the database contains none of Plumbline's tables.
func (s *Store) Empty(ctx context.Context) (bool, error) {
	tables, err := dialect.TablesOf(ctx, s.reader, s.dialect)
	return err == nil && !slices.Contains(tables, "ledger_entries"), err
}
