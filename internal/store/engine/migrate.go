package engine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"plumbline/internal/store/dialect"
)

// Migration is one applied migration.
type Migration struct {
	Name      string    `bun:"name,pk"`
	AppliedAt time.Time `bun:"applied_at"`
}

// Migrate brings the schema up to date and returns the migrations it applied.
// Each runs in a transaction of its own together with its mark.
func (s *Store) Migrate(ctx context.Context) ([]string, error) {
	return s.migrate(ctx, func(string) bool { return true })
}

// applied lists the migrations already applied to the database.
func (s *Store) applied(ctx context.Context) (names []string, err error) {
	return names, s.writer.NewSelect().Model((*Migration)(nil)).Column("name").Scan(ctx, &names)
}

// ErrForeign means that the database belongs to another program.
var ErrForeign = errors.New("the database holds tables that are not Plumbline's; nothing was changed. Name an empty or a new one with --db")

// mustBeOurs rejects a database that has tables but was never migrated: a
// mistyped address would otherwise put ours among somebody else's.
func mustBeOurs(ctx context.Context, db bun.IDB, d dialect.Kind) error {
	tables, err := dialect.TablesOf(ctx, db, d)
	if err != nil || slices.Contains(tables, "migrations") || slices.Contains(tables, RestoringTable) {
		return err
	}
	if d == dialect.Postgres { // an extension adds only views
		tables = nil
		err = db.NewRaw("SELECT tablename FROM pg_catalog.pg_tables WHERE schemaname = current_schema()").Scan(ctx, &tables)
	}
	if err == nil && len(tables) > 0 {
		err = ErrForeign
	}
	return err
}

// MustBeOurs rejects another program's database with ErrForeign before it is
// opened, because opening sets SQLite's journal mode.
func MustBeOurs(ctx context.Context, dsn string) (err error) {
	writer, reader, d, err := dialect.Open(dsn)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, reader.Close(), writer.Close()) }()
	if err := mustBeOurs(ctx, reader, d); errors.Is(err, ErrForeign) {
		return err
	}
	return nil // opening it reports any other problem
}

// migrate applies the wanted migrations.
func (s *Store) migrate(ctx context.Context, wanted func(name string) bool) ([]string, error) {
	if err := mustBeOurs(ctx, s.writer, s.dialect); err != nil {
		return nil, err
	}
	create := s.dialect.Statements("CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY, applied_at $TIME NOT NULL) $STRICT")
	if _, err := s.writer.ExecContext(ctx, create[0]); err != nil {
		return nil, fmt.Errorf("create migrations table: %w", err)
	}
	names, err := fs.Glob(s.files, "*.sql")
	if err != nil {
		return nil, err
	}
	var applied []string
	for _, name := range names {
		if !wanted(name) {
			continue
		}
		did := false
		err := s.writer.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
			if err := dialect.Lock(ctx, tx, s.dialect); err != nil {
				return err
			}
			n, err := tx.NewSelect().Model((*Migration)(nil)).Where("name = ?", name).Count(ctx)
			if err != nil || n > 0 {
				return err
			}
			text, err := fs.ReadFile(s.files, name)
			if err != nil {
				return err
			}
			for _, stmt := range s.dialect.Statements(string(text)) {
				if _, err := tx.ExecContext(ctx, strings.ReplaceAll(stmt, "?", "\\?")); err != nil {
					return fmt.Errorf("%w in: %.80s", err, stmt)
				}
			}
			did = true
			_, err = tx.NewInsert().Model(&Migration{Name: name, AppliedAt: s.Now()}).Exec(ctx)
			return err
		})
		if err != nil {
			return applied, fmt.Errorf("migration %s: %w", name, err)
		}
		if did {
			applied = append(applied, name)
		}
	}
	if err := s.loadOrigin(ctx); err != nil {
		return applied, err
	}
	return applied, s.sealed(ctx)
}

// Migrated reports whether every migration has been applied.
func (s *Store) Migrated(ctx context.Context) (bool, error) {
	missing, _, err := s.Behind(ctx)
	if err != nil || len(missing) > 0 {
		return false, err
	}
	return true, s.loadOrigin(ctx)
}

// Behind lists the migrations that the database lacks, and those that it has
// but this program does not know because a newer one made it.
func (s *Store) Behind(ctx context.Context) (missing, unknown []string, err error) {
	defer Doing(&err, "compare the migrations", "")
	tables, err := dialect.TablesOf(ctx, s.reader, s.dialect)
	if err != nil {
		return nil, nil, err
	}
	known, err := fs.Glob(s.files, "*.sql")
	if err != nil {
		return nil, nil, err
	}
	var has []string
	if slices.Contains(tables, "migrations") {
		if err := s.reader.NewSelect().Model((*Migration)(nil)).Column("name").OrderExpr("name").Scan(ctx, &has); err != nil {
			return nil, nil, err
		}
	}
	in := func(list []string) func(string) bool {
		return func(name string) bool { return slices.Contains(list, name) }
	}
	return slices.DeleteFunc(slices.Clone(known), in(has)), slices.DeleteFunc(has, in(known)), nil
}

// loadOrigin reads the log's origin, creating it the first time.
func (s *Store) loadOrigin(ctx context.Context) error {
	var rows []Site
	if err := s.writer.NewSelect().Model(&rows).Where("name = 'origin'").Scan(ctx); err != nil {
		return err
	}
	if len(rows) == 1 {
		s.origin = rows[0].Value
		return nil
	}
	if s.origin == "" {
		s.origin = "plumbline/" + NewID()
	}
	_, err := s.writer.NewInsert().Model(&Site{Name: "origin", Value: s.origin}).Exec(ctx)
	return err
}

// Origin is the name of this site's log.
func (s *Store) Origin() string { return s.origin }

// SiteFact reads one fact about the site, or "" if it was never set.
func (v *View) SiteFact(ctx context.Context, name string) (string, error) {
	var rows []Site
	if err := v.db.NewSelect().Model(&rows).Where("name = ?", name).Scan(ctx); err != nil || len(rows) == 0 {
		return "", err
	}
	return rows[0].Value, nil
}

// SetSiteFact writes a fact about the site, once.
func (tx *Tx) SetSiteFact(ctx context.Context, name, value string) error {
	_, err := tx.db.NewInsert().Model(&Site{Name: name, Value: value}).Exec(ctx)
	return err
}

func modelType(model any) reflect.Type {
	t := reflect.TypeOf(model)
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	return t
}
