package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"plumbline/internal/ledger"
	"plumbline/internal/store/dialect"
)

// leftOut lists the tables that no backup contains: the header already names
// the migrations, and sessions do not outlive their site.
var leftOut = []string{"migrations", "sessions", RestoringTable}

// RestoringTable exists in a database while it is being filled from a backup,
// and is dropped once the result has been verified. A database that has it does
// not open as a site.
const RestoringTable = "restoring"

// ErrRestoring means that a restore into the database did not finish.
var ErrRestoring = errors.New("a restore into this database did not come to its end, or is still running; run plumbline " +
	"restore again, which empties it first")

// Snapshot is the whole database at one instant, isolated from concurrent
// writes.
type Snapshot struct {
	Migrations []string
	Head       ledger.Checkpoint
	Note       string // the last signed checkpoint with its witnesses; "" before the first
	Tables     []SnapshotTable
	v          *View
}

// SnapshotTable is one table of a snapshot.
type SnapshotTable struct {
	Name    string
	Columns []string
	Rows    int64
}

// Snapshot calls fn with a consistent snapshot of the database.
func (s *Store) Snapshot(ctx context.Context, fn func(ctx context.Context, snap *Snapshot) error) (err error) {
	defer Doing(&err, "take a snapshot", "")
	return s.View(ctx, func(ctx context.Context, v *View) error {
		snap := &Snapshot{v: v}
		if err := snap.look(ctx); err != nil {
			return err
		}
		return fn(ctx, snap)
	})
}

func (snap *Snapshot) look(ctx context.Context) (err error) {
	v := snap.v
	if err = v.db.NewSelect().Model((*Migration)(nil)).Column("name").OrderExpr("name").Scan(ctx, &snap.Migrations); err != nil {
		return err
	}
	snap.Head.Origin = v.s.origin
	if snap.Head.Size, snap.Head.Root, err = v.Head(ctx); err != nil {
		return err
	}
	if last, err := v.LastCheckpoint(ctx); err == nil {
		note, err := v.SignedNote(ctx, last)
		if err != nil {
			return err
		}
		snap.Note = string(note)
	} else if !errors.Is(err, ErrNone) {
		return err
	}
	names, err := dialect.TablesOf(ctx, v.db, v.s.dialect)
	if err != nil {
		return err
	}
	for _, name := range names {
		if slices.Contains(leftOut, name) {
			continue
		}
		t := SnapshotTable{Name: name}
		columns, err := columnsOf(ctx, v.db, v.s.dialect, name)
		if err != nil {
			return err
		}
		for _, c := range columns {
			t.Columns = append(t.Columns, c.Name)
		}
		if err := v.db.NewSelect().TableExpr("?", bun.Ident(name)).ColumnExpr("count(*)").Scan(ctx, &t.Rows); err != nil {
			return err
		}
		snap.Tables = append(snap.Tables, t)
	}
	return nil
}

// Rows calls each with the column values of every row of a table: nil, int64,
// string, []byte, bool or time.Time. The slice is reused between calls.
func (snap *Snapshot) Rows(ctx context.Context, t SnapshotTable, each func(values []any) error) error {
	q := snap.v.db.NewSelect().TableExpr("?", bun.Ident(t.Name))
	for _, c := range t.Columns {
		q = q.ColumnExpr("?", bun.Ident(c))
	}
	rows, err := q.Rows(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	values, places := make([]any, len(t.Columns)), make([]any, len(t.Columns))
	for i := range values {
		places[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(places...); err != nil {
			return err
		}
		if err := each(values); err != nil {
			return err
		}
	}
	return rows.Err()
}

type column struct {
	Name string `bun:"name"`
	Type string `bun:"type"`
}

// columnsOf lists the columns of a table in order.
func columnsOf(ctx context.Context, db bun.IDB, d dialect.Kind, table string) (columns []column, err error) {
	if d == dialect.Postgres {
		err = db.NewRaw("SELECT column_name AS name, data_type AS type FROM information_schema.columns "+
			"WHERE table_schema = current_schema() AND table_name = ? ORDER BY ordinal_position", table).Scan(ctx, &columns)
	} else {
		err = db.NewRaw("SELECT name, type FROM pragma_table_info(?) ORDER BY cid", table).Scan(ctx, &columns)
	}
	return columns, err
}

// Refill fills an empty database with the rows of a backup, in one transaction.
type Refill struct {
	s       *Store
	tx      bun.Tx
	table   string
	columns []column
	waiting [][]any
}

// Refill migrates an empty database to the backup's schema, calls fn to fill
// it, commits if fn returns nil, and then brings the schema up to date. The
// store must have been opened with the backup's origin. The restore mark stays
// in place until the caller has verified the site and calls Refilled.
func (s *Store) Refill(ctx context.Context, migrations []string, fn func(ctx context.Context, r *Refill) error) error {
	tables, err := dialect.TablesOf(ctx, s.writer, s.dialect)
	if err != nil {
		return err
	}
	if len(tables) > 0 {
		return errors.New("the database is not empty; a restore never overwrites a site")
	}
	if _, err := s.writer.ExecContext(ctx, "CREATE TABLE "+RestoringTable+" (name TEXT NOT NULL)"); err != nil {
		return err
	}
	if _, err := s.migrate(ctx, func(name string) bool { return slices.Contains(migrations, name) }); err != nil {
		return err
	}
	done, err := s.applied(ctx)
	if err != nil {
		return err
	}
	for _, name := range migrations {
		if !slices.Contains(done, name) {
			return fmt.Errorf("the backup was made by a later version: this program does not know its migration %s", name)
		}
	}
	err = s.writer.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
		r := &Refill{s: s, tx: tx}
		if err := fn(ctx, r); err != nil {
			return err
		}
		return r.flush(ctx)
	})
	s.edge = nil
	if err != nil {
		return err
	}
	_, err = s.Migrate(ctx)
	return err
}

// Refilled removes the restore mark, so that the restored site may be opened.
func (s *Store) Refilled(ctx context.Context) error {
	_, err := s.writer.ExecContext(ctx, "DROP TABLE "+RestoringTable)
	return err
}

// Abandon empties a PostgreSQL database again after a failed restore. For
// SQLite the caller simply removes the file.
func (s *Store) Abandon(ctx context.Context) error {
	if s.dialect != dialect.Postgres {
		return nil
	}
	tables, err := dialect.TablesOf(ctx, s.writer, s.dialect)
	if err != nil || !slices.Contains(tables, RestoringTable) {
		return err // not ours to empty
	}
	return s.writer.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
		for _, t := range tables {
			if _, err := tx.ExecContext(ctx, "DROP TABLE ? CASCADE", bun.Ident(t)); err != nil {
				return err
			}
		}
		_, err := tx.ExecContext(ctx, "DROP FUNCTION IF EXISTS plumbline_refuse() CASCADE")
		return err
	})
}

// EmptyUnfinished empties a PostgreSQL database whose restore was killed. whole
// reports that the database holds a complete site instead, which is left alone.
// It opens its own connection, because no store opens over such a database.
func EmptyUnfinished(ctx context.Context, dsn string) (whole bool, err error) {
	writer, reader, d, err := dialect.Open(dsn)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, reader.Close(), writer.Close()) }()
	tables, err := dialect.TablesOf(ctx, writer, d)
	if err != nil {
		return false, fmt.Errorf("open database: %w", err)
	}
	if len(tables) > 0 && !slices.Contains(tables, RestoringTable) {
		return true, nil
	}
	s := &Store{writer: writer, reader: reader, dialect: d}
	return false, s.Abandon(ctx)
}

// refillRows is the most rows that one INSERT of a restore carries.
const refillRows = 200

// madeByMigrating lists the site facts that migrating has already written
// before the first row of the backup arrives.
var madeByMigrating = []string{"origin", keysFact}

// Row inserts one row into a table.
func (r *Refill) Row(ctx context.Context, table string, names []string, values []any) error {
	if table != r.table {
		if err := r.begin(ctx, table, names); err != nil {
			return err
		}
	}
	if name, _ := values[0].(string); table == "sites" && slices.Contains(madeByMigrating, name) {
		return nil
	}
	row := make([]any, len(values))
	for i, v := range values {
		var err error
		if row[i], err = r.s.asColumn(v, r.columns[i]); err != nil {
			return fmt.Errorf("table %s, column %s: %w", table, r.columns[i].Name, err)
		}
	}
	if r.waiting = append(r.waiting, row); len(r.waiting) < refillRows {
		return nil
	}
	return r.flush(ctx)
}

func (r *Refill) begin(ctx context.Context, table string, names []string) error {
	if err := r.flush(ctx); err != nil {
		return err
	}
	if slices.Contains(leftOut, table) {
		return fmt.Errorf("a backup holds no table %s", table)
	}
	there, err := columnsOf(ctx, r.tx, r.s.dialect, table)
	if err != nil {
		return err
	}
	r.table, r.columns = table, nil
	for _, name := range names {
		i := slices.IndexFunc(there, func(c column) bool { return c.Name == name })
		if i < 0 {
			return fmt.Errorf("this version has no column %s in a table %s", name, table)
		}
		r.columns = append(r.columns, there[i])
	}
	return nil
}

func (r *Refill) flush(ctx context.Context) error {
	if len(r.waiting) == 0 {
		return nil
	}
	var b strings.Builder
	args := make([]any, 0, 1+len(r.columns)*(1+len(r.waiting)))
	args = append(args, bun.Ident(r.table))
	b.WriteString("INSERT INTO ? (")
	for i, c := range r.columns {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteByte('?')
		args = append(args, bun.Ident(c.Name))
	}
	one := "(" + strings.TrimSuffix(strings.Repeat("?,", len(r.columns)), ",") + ")"
	b.WriteString(") VALUES " + strings.TrimSuffix(strings.Repeat(one+",", len(r.waiting)), ","))
	for _, row := range r.waiting {
		args = append(args, row...)
	}
	r.waiting = r.waiting[:0]
	if _, err := r.tx.ExecContext(ctx, b.String(), args...); err != nil {
		return fmt.Errorf("fill %s: %w", r.table, err)
	}
	return nil
}

// asColumn converts a value to what the column stores in this dialect: a backup
// from one database may be restored into the other.
func (s *Store) asColumn(v any, c column) (any, error) {
	switch v := v.(type) {
	case time.Time:
		if s.dialect == dialect.SQLite {
			return s.instant(v), nil
		}
	case bool:
		if s.dialect == dialect.SQLite && v {
			return int64(1), nil
		} else if s.dialect == dialect.SQLite {
			return int64(0), nil
		}
	case int64:
		switch {
		case c.Type == "boolean":
			return v != 0, nil
		case strings.HasPrefix(c.Type, "timestamp"):
			return time.UnixMicro(v).UTC(), nil
		}
	case []byte:
		return slices.Clone(v), nil
	}
	return v, nil
}

// CopyKeys copies the key store into a new file while it is in use. The copy
// goes into an archive of its own, because no erasure reaches the keys in a
// copy.
func (s *Store) CopyKeys(ctx context.Context, file string) error {
	k, err := s.keyStore()
	if err != nil {
		return err
	}
	return k.Copy(ctx, file)
}
