package engine

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
	"github.com/uptrace/bun/dialect/sqlitedialect"
	"github.com/uptrace/bun/schema"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// This file holds all differences between SQLite and PostgreSQL.

// Dialect identifies the database engine of a store.
type Dialect int

// The supported dialects.
const (
	SQLite Dialect = iota
	Postgres
)

// String returns the dialect's name.
func (d Dialect) String() string {
	if d == Postgres {
		return "postgres"
	}
	return "sqlite"
}

// DialectOf classifies a --db value: a postgres:// URL, or otherwise a file
// path.
func DialectOf(dsn string) Dialect {
	if strings.HasPrefix(dsn, "postgres://") || strings.HasPrefix(dsn, "postgresql://") {
		return Postgres
	}
	return SQLite
}

// SQLiteReaders is the pool size of query_only connections.
const SQLiteReaders = 4

// open returns a writer and a reader handle.
func open(dsn string) (writer, reader *bun.DB, d Dialect, err error) {
	d = DialectOf(dsn)
	if d == Postgres {
		cfg, err := pgx.ParseConfig(dsn)
		if err != nil {
			return nil, nil, d, fmt.Errorf("the database address cannot be read (its text is not shown, it may hold a password)")
		}
		cfg.DefaultQueryExecMode = pgx.QueryExecModeSimpleProtocol
		cfg.RuntimeParams["application_name"] = "plumbline"
		cfg.RuntimeParams["timezone"] = "UTC"
		cfg.RuntimeParams["standard_conforming_strings"] = "on"
		write := cfg.Copy()
		read := cfg.Copy()
		read.RuntimeParams["default_transaction_read_only"] = "on"
		w := stdlib.OpenDB(*write)
		w.SetMaxOpenConns(3)
		w.SetMaxIdleConns(3)
		r := stdlib.OpenDB(*read)
		r.SetMaxOpenConns(16)
		r.SetMaxIdleConns(16)
		return bun.NewDB(w, pgdialect.New()), bun.NewDB(r, pgdialect.New()), d, nil
	}
	address, err := sqliteAddress(dsn)
	if err != nil {
		return nil, nil, d, err
	}
	if err := makeFile(dsn); err != nil {
		return nil, nil, d, err
	}
	w, err := sql.Open("sqlite", address(false))
	if err != nil {
		return nil, nil, d, err
	}
	w.SetMaxOpenConns(1)
	w.SetMaxIdleConns(1)
	w.SetConnMaxLifetime(0)
	r, err := sql.Open("sqlite", address(true))
	if err != nil {
		return nil, nil, d, err
	}
	r.SetMaxOpenConns(SQLiteReaders)
	r.SetMaxIdleConns(SQLiteReaders)
	return bun.NewDB(w, newLiteDialect()), bun.NewDB(r, newLiteDialect()), d, nil
}

// liteDialect is bun's SQLite with instants as integers, microseconds since 1970:
// a quarter of the bytes of a text, in each row and index.
type liteDialect struct {
	*sqlitedialect.Dialect
	tables *schema.Tables
}

func newLiteDialect() *liteDialect {
	d := &liteDialect{Dialect: sqlitedialect.New()}
	d.tables = schema.NewTables(d)
	return d
}

func (d *liteDialect) Tables() *schema.Tables { return d.tables }

// OnTable makes the table's instants read what AppendTime writes.
func (d *liteDialect) OnTable(t *schema.Table) {
	d.Dialect.OnTable(t)
	for _, f := range t.FieldMap {
		switch f.StructField.Type {
		case timeType:
			f.Scan = scanInstant
		case timePointerType:
			f.Scan = schema.PtrScanner(scanInstant)
		}
	}
}

// AppendTime writes an instant.
func (d *liteDialect) AppendTime(b []byte, t time.Time) []byte {
	return strconv.AppendInt(b, t.UnixMicro(), 10)
}

func scanInstant(dest reflect.Value, src any) error {
	var at Instant
	if src != nil {
		if err := at.Scan(src); err != nil {
			return err
		}
	}
	dest.Set(reflect.ValueOf(time.Time(at)))
	return nil
}

// Instant scans a time column of either database.
type Instant time.Time

// Scan implements sql.Scanner.
func (i *Instant) Scan(src any) error {
	switch x := src.(type) {
	case time.Time:
		*i = Instant(x.UTC())
	case int64:
		*i = Instant(time.UnixMicro(x).UTC())
	default:
		return fmt.Errorf("%T is no time", src)
	}
	return nil
}

// makeFile creates a database file that only its owner may read: it holds
// names, numbers and accusations. SQLite would create it world-readable; its
// write-ahead log inherits the file's permissions.
func makeFile(path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("make the database: %w", err)
	}
	return f.Close()
}

// synchronous makes every commit wait for the disk. It is not a setting. It is
// a variable only so that the power-cut test can link a weaker build, whose
// losses prove that the test detects them.
var synchronous = "FULL"

// sqliteAddress returns a function that builds the driver's DSN for a file, for
// writing or reading.
func sqliteAddress(file string) (func(readOnly bool) string, error) {
	abs, err := filepath.Abs(file)
	if err != nil {
		return nil, err
	}
	base := url.URL{Scheme: "file", Opaque: (&url.URL{Path: filepath.ToSlash(abs)}).EscapedPath()}
	return func(readOnly bool) string {
		q := url.Values{}
		cache := "cache_size(-128000)" // the writer touches every index
		if readOnly {
			cache = "cache_size(-32000)" // of each reader
		}
		for _, p := range []string{
			"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(" + synchronous + ")", "foreign_keys(1)",
			"recursive_triggers(1)", "trusted_schema(0)", "secure_delete(1)", "wal_autocheckpoint(40000)",
			cache, "temp_store(MEMORY)",
		} {
			if readOnly && strings.HasPrefix(p, "journal_mode") {
				continue
			}
			q.Add("_pragma", p)
		}
		if readOnly {
			q.Add("_pragma", "query_only(1)")
			q.Set("_txlock", "deferred")
		} else {
			q.Set("_txlock", "immediate")
		}
		u := base
		u.RawQuery = q.Encode()
		return u.String()
	}, nil
}

// readOnce opens a SQLite file afresh for a single read.
func readOnce(file string) (*bun.DB, error) {
	address, err := sqliteAddress(file)
	if err != nil {
		return nil, err
	}
	db, err := sql.Open("sqlite", address(true))
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	return bun.NewDB(db, sqlitedialect.New()), nil
}

// lockKey is the advisory lock that serializes writers across all nodes.
const lockKey = 0x706c756d626c696e // "plumblin"

// lock makes this transaction the only writer. SQLite has already done so with
// BEGIN IMMEDIATE.
func lock(ctx context.Context, tx bun.Tx, d Dialect) error {
	if d == SQLite {
		return nil
	}
	_, err := tx.ExecContext(ctx, "SELECT pg_advisory_xact_lock(?)", int64(lockKey))
	return err
}

// Advisory locks for counting guesses and for writing the read log. Neither
// waits for a group of writers, nor for the other.
const (
	ScratchLockKey = lockKey + 1
	readLockKey    = lockKey + 2
)

// lockReads makes this transaction the only one that appends to the read log.
func lockReads(ctx context.Context, db bun.IDB, d Dialect) error {
	if d == SQLite {
		return nil
	}
	_, err := db.ExecContext(ctx, "SELECT pg_advisory_xact_lock(?)", int64(readLockKey))
	return err
}

// tokens replaces the dialect-specific words of a migration.
func (d Dialect) tokens() *strings.Replacer {
	stamp := "id TEXT PRIMARY KEY, version $INT NOT NULL, salt $BYTES NOT NULL, created_at $TIME NOT NULL, changed_at $TIME NOT NULL"
	pairs := []string{"$INT", "INTEGER", "$BYTES", "BLOB", "$TIME", "INTEGER", "$BOOL", "INTEGER", "$FALSE", "0", "$STRICT",
		"STRICT", "$CLUSTERED", "STRICT, WITHOUT ROWID"}
	if d == Postgres {
		pairs = []string{"$INT", "BIGINT", "$BYTES", "BYTEA", "$TIME", "TIMESTAMPTZ", "$BOOL", "BOOLEAN", "$FALSE", "FALSE",
			"$STRICT", "", "$CLUSTERED", ""}
	}
	r := strings.NewReplacer(pairs...)
	return strings.NewReplacer(append([]string{"$STAMP", r.Replace(stamp)}, pairs...)...)
}

// appendOnly returns the triggers that make the database refuse to update or
// delete rows of the table. They only slow an attacker down; the proof is the
// tree.
func (d Dialect) appendOnly(table string) []string {
	if d == Postgres {
		return []string{
			`CREATE OR REPLACE FUNCTION plumbline_refuse() RETURNS trigger
			    LANGUAGE plpgsql AS $f$ BEGIN RAISE EXCEPTION 'plumbline: % is append-only', TG_TABLE_NAME USING ERRCODE = 'PL001'; END $f$`,
			fmt.Sprintf(`CREATE TRIGGER %[1]s_append_only BEFORE UPDATE OR DELETE ON %[1]s FOR EACH ROW EXECUTE FUNCTION plumbline_refuse()`, table),
			fmt.Sprintf(`CREATE TRIGGER %[1]s_no_truncate BEFORE TRUNCATE ON %[1]s FOR EACH STATEMENT EXECUTE FUNCTION plumbline_refuse()`, table),
			fmt.Sprintf(`ALTER TABLE %[1]s ENABLE ALWAYS TRIGGER %[1]s_append_only`, table),
			fmt.Sprintf(`ALTER TABLE %[1]s ENABLE ALWAYS TRIGGER %[1]s_no_truncate`, table),
		}
	}
	refuse := sqliteRefusal(table)
	return []string{
		fmt.Sprintf("CREATE TRIGGER %[1]s_no_update BEFORE UPDATE ON %[1]s BEGIN %[2]s; END", table, refuse),
		fmt.Sprintf("CREATE TRIGGER %[1]s_no_delete BEFORE DELETE ON %[1]s BEGIN %[2]s; END", table, refuse),
	}
}

// refuseAgain returns the trigger that makes SQLite refuse an existing key.
// INSERT OR REPLACE bypasses delete triggers on connections that have not
// enabled recursive_triggers. PostgreSQL has no such statement.
func (d Dialect) refuseAgain(table string, key []string) []string {
	if d == Postgres || len(key) == 0 {
		return nil
	}
	same := make([]string, len(key))
	for i, k := range key {
		same[i] = k + " = NEW." + k
	}
	return []string{fmt.Sprintf("CREATE TRIGGER %[1]s_no_replace BEFORE INSERT ON %[1]s "+
		"WHEN EXISTS (SELECT 1 FROM %[1]s WHERE %[2]s) BEGIN %[3]s; END",
		table, strings.Join(same, " AND "), sqliteRefusal(table))}
}

func sqliteRefusal(table string) string {
	return fmt.Sprintf("SELECT RAISE(ABORT, 'plumbline: %s is append-only')", table)
}

// failure classifies a driver error.
type failure int

const (
	failOther  failure = iota
	failUnique         // a unique key already exists
	failEnded          // the whole transaction is lost; rerun the members one by one
	failBusy           // the lock was not acquired in time
)

func classify(err error) failure {
	if err == nil {
		return failOther
	}
	var se *sqlite.Error
	if errors.As(err, &se) {
		switch code := se.Code(); code {
		case sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_ROWID:
			return failUnique
		default:
			switch code & 0xff {
			case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
				return failBusy
			case sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_INTERRUPT:
				return failEnded
			}
		}
		return failOther
	}
	var pe *pgconn.PgError
	if errors.As(err, &pe) {
		switch {
		case pe.Code == "23505":
			return failUnique
		case slices.ContainsFunc([]string{"08", "25006", "40", "53", "57P", "58"},
			func(class string) bool { return strings.HasPrefix(pe.Code, class) }):
			return failEnded
		}
		return failOther
	}
	var ce *pgconn.ConnectError
	var op *net.OpError // the server disconnected between two statements
	if errors.As(err, &ce) || errors.As(err, &op) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) || errors.Is(err, sql.ErrTxDone) ||
		errors.Is(err, pgconn.ErrConnClosed) || pgconn.Timeout(err) {
		return failEnded
	}
	return failOther
}

// tablesOf lists the tables.
func tablesOf(ctx context.Context, db bun.IDB, d Dialect) ([]string, error) {
	var names []string
	var err error
	if d == Postgres {
		err = db.NewRaw("SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema() ORDER BY 1").Scan(ctx, &names)
	} else {
		err = db.NewRaw("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY 1").Scan(ctx, &names)
	}
	return names, err
}

// checkpoint folds the write-ahead log into the file (SQLite only).
func checkpoint(ctx context.Context, db *bun.DB, d Dialect) error {
	if d == Postgres {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	_, err := db.ExecContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)")
	return err
}
