package engine

import (
	"context"
	"slices"
	"strings"
	"testing"
)

// TestBehind lists what the database of another program version lacks or has in
// addition.
func TestBehind(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx := context.Background()
		if missing, unknown, err := s.Behind(ctx); err != nil || len(missing)+len(unknown) > 0 {
			t.Fatalf("a new database lacks %v, has %v too many: %v", missing, unknown, err)
		}
		if _, err := s.writer.NewDelete().Model((*Migration)(nil)).Where("name LIKE ?", "0011%").Exec(ctx); err != nil {
			t.Fatal(err)
		}
		if _, err := s.writer.NewInsert().Model(&Migration{Name: "9999_later.sql", AppliedAt: s.Now()}).Exec(ctx); err != nil {
			t.Fatal(err)
		}
		missing, unknown, err := s.Behind(ctx)
		if err != nil || len(missing) != 1 || !strings.HasPrefix(missing[0], "0011") || !slices.Equal(unknown, []string{"9999_later.sql"}) {
			t.Errorf("lacks %v, has %v too many: %v", missing, unknown, err)
		}
		if _, err := s.writer.NewDropTable().Table("migrations").Exec(ctx); err != nil {
			t.Fatal(err)
		}
		if missing, unknown, err = s.Behind(ctx); err != nil || len(missing) < 17 || unknown != nil {
			t.Errorf("without a list of migrations it lacks %v, has %v too many: %v", missing, unknown, err)
		}
	})
}
