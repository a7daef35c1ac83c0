package store

import (
	"context"
	"slices"
	"strings"
	"testing"

	"plumbline/internal/ledger"
	"plumbline/internal/roster"
)

// TestBehind names what a database of another program lacks, or has too much.
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
		if missing, unknown, err = s.Behind(ctx); err != nil || len(missing) < 11 || unknown != nil {
			t.Errorf("without a list of migrations it lacks %v, has %v too many: %v", missing, unknown, err)
		}
	})
}

// A database where somebody has two accounts is left as it is, and the accounts
// are named: which of them speaks for him is not for a migration to decide.
func TestTwoAccountsOfOnePersonStopTheMigration(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx := context.Background()
		for _, stmt := range []string{"DROP INDEX accounts_one_person", "ALTER TABLE sessions DROP COLUMN proved_at", "DELETE FROM migrations WHERE name LIKE '0031%'"} {
			if _, err := s.writer.Exec(stmt); err != nil {
				t.Fatal(err)
			}
		}
		_, err := s.Update(ctx, Call{Account: "program:test", Role: "program", Op: "test.accounts"}, func(ctx context.Context, tx *Tx) ([]ledger.Fact, string, error) {
			for _, login := range []string{"first", "second", "other"} {
				a := &roster.Account{Login: login, LoginFolded: login, PersonID: "somebody", State: roster.AccountNew}
				if a.ID = tx.NewID(); login == "other" {
					a.PersonID = "else"
				}
				if err := tx.Insert(ctx, a); err != nil {
					return nil, "", err
				}
			}
			return []ledger.Fact{{Verb: "test.accounts", Kind: "account", ID: "x"}}, "", nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Migrate(ctx); err == nil || !strings.Contains(err.Error(), "first, second.") {
			t.Errorf("%v", err)
		}
		if missing, _, err := s.Behind(ctx); err != nil || len(missing) != 1 {
			t.Errorf("after the refusal it lacks %v: %v", missing, err)
		}
	})
}
