package engine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"

	"github.com/uptrace/bun"

	"plumbline/internal/store/dialect"
	"plumbline/migrations"
)

// AppendOnlyTables lists the tables that the migrations mark as append-only,
// and those whose rows the program never changes.
func AppendOnlyTables() ([]string, error) {
	tables := []string{"sites"}
	names, err := fs.Glob(migrations.FS, "*.sql")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		text, err := migrations.FS.ReadFile(name)
		if err != nil {
			return nil, err
		}
		tables = append(tables, dialect.MarkedAppendOnly(string(text))...)
	}
	return tables, nil
}

// ServingRights returns the privileges on a table that the running program
// needs. fixed lists the tables whose rows it never changes.
func ServingRights(table string, fixed []string) []string {
	switch {
	case table == "contents": // erasing deletes; verify finds deletions without a tombstone
		return []string{"SELECT", "INSERT", "DELETE"}
	case table == "migrations":
		return []string{"SELECT"}
	case slices.Contains(fixed, table):
		return []string{"SELECT", "INSERT"}
	case slices.Contains(scratchTables, table):
		return []string{"SELECT", "INSERT", "UPDATE", "DELETE"}
	}
	return []string{"SELECT", "INSERT", "UPDATE"}
}

var roleName = regexp.MustCompile(`^[a-z_][a-z0-9_]{0,62}$`)

// GrantTo grants a PostgreSQL role the privileges that the running program
// needs and no more: read and insert on ledger, raw records and texts; also
// update on business rows and counters; delete only on scratch tables and
// erased texts. The owner migrates; the role serves.
func (s *Store) GrantTo(ctx context.Context, role string) (err error) {
	defer Doing(&err, "grant privileges to role", role)
	if s.dialect != dialect.Postgres {
		return errors.New("an application role exists on PostgreSQL only")
	}
	if !roleName.MatchString(role) {
		return fmt.Errorf("%q is not the name of a role: small letters, digits and underscores", role)
	}
	fixed, err := AppendOnlyTables()
	if err != nil {
		return err
	}
	tables, err := dialect.TablesOf(ctx, s.writer, s.dialect)
	if err != nil {
		return err
	}
	return s.writer.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
		if _, err := tx.ExecContext(ctx, "GRANT USAGE ON SCHEMA public TO ?", bun.Ident(role)); err != nil {
			return err
		}
		for _, t := range tables {
			rights := strings.Join(ServingRights(t, fixed), ", ")
			if _, err := tx.ExecContext(ctx, "REVOKE ALL ON ? FROM ?", bun.Ident(t), bun.Ident(role)); err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx, "GRANT "+rights+" ON ? TO ?", bun.Ident(t), bun.Ident(role)); err != nil {
				return err
			}
		}
		return nil
	})
}
