package bench

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"plumbline/internal/store"
)

// importTables are the tables that an import of audit records writes rows to.
var importTables = []string{"audit_records", "contents", "matches", "match_decisions", "issues", "ledger_entries",
	"ledger_hashes", "requests"}

// tally is how many rows lie in each of importTables, and how long the bodies
// of all entries are.
type tally struct {
	rows   []int
	bodies int
}

func tallyOf(ctx context.Context, file string) (t tally, err error) {
	db, err := bareReader(file)
	if err != nil {
		return t, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	for _, table := range importTables {
		n := 0
		if err := db.QueryRowContext(ctx, "SELECT COUNT(*) FROM "+table).Scan(&n); err != nil {
			return t, err
		}
		t.rows = append(t.rows, n)
	}
	err = db.QueryRowContext(ctx, "SELECT SUM(length(body)) FROM ledger_entries").Scan(&t.bodies)
	return t, err
}

// bareImport writes as many rows as an import did into an empty schema, in as
// many groups as it wrote entries, and does nothing else.
func bareImport(ctx context.Context, file string, before, after tally) (took time.Duration, err error) {
	db, err := bareSchema(ctx, file)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	wrote := func(table int) int { return after.rows[table] - before.rows[table] }
	groups := 1
	for i, name := range importTables {
		if name == "ledger_entries" {
			groups = max(wrote(i), 1)
		}
	}
	type part struct {
		most  int
		whole *sql.Stmt
		fill  func() []any
		one   *sql.Stmt
		fill1 func() []any
	}
	parts := make([]part, len(importTables))
	for i, table := range importTables {
		p := &parts[i]
		p.most = max(min(wrote(i)/groups, 50), 1)
		body := max((after.bodies-before.bodies)/groups, 32)
		if p.whole, p.fill, err = insertOf(ctx, db, store.SQLite, table, p.most, body); err != nil {
			return 0, err
		}
		if p.one, p.fill1, err = insertOf(ctx, db, store.SQLite, table, 1, body); err != nil {
			return 0, err
		}
	}
	began := time.Now()
	for g := range groups {
		tx, err := db.BeginTx(ctx, nil)
		if err != nil {
			return 0, err
		}
		for i, p := range parts {
			for left := (g+1)*wrote(i)/groups - g*wrote(i)/groups; left > 0; {
				st, fill, n := p.whole, p.fill, p.most
				if left < n {
					st, fill, n = p.one, p.fill1, 1
				}
				if _, err := tx.StmtContext(ctx, st).ExecContext(ctx, fill()...); err != nil {
					return 0, errors.Join(err, tx.Rollback())
				}
				left -= n
			}
		}
		if err := tx.Commit(); err != nil {
			return 0, err
		}
	}
	return time.Since(began), nil
}

// bareSchema is an empty database with the program's schema.
func bareSchema(ctx context.Context, dsn string) (*sql.DB, error) {
	st, err := store.Open(ctx, dsn, store.Options{Clock: time.Now, Keys: benchKeys(dsn)})
	if err != nil {
		return nil, err
	}
	_, err = st.Migrate(ctx)
	if err = errors.Join(err, st.Close()); err != nil {
		return nil, err
	}
	return bareWriter(dsn)
}
