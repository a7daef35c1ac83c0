// Package dialect holds all differences between SQLite and PostgreSQL.
package dialect

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

// Kind identifies the database engine of a store.
type Kind int

// The supported dialects.
const (
	SQLite Kind = iota
	Postgres
)

// String returns the dialect's name.
func (d Kind) String() string {
	if d == Postgres {
		return "postgres"
	}
	return "sqlite"
}

// Of classifies a --db value: a postgres:// URL, or otherwise a file
// path.
func Of(dsn string) Kind {
	if strings.HasPrefix(dsn, "postgres://") || strings.HasPrefix(dsn, "postgresql://") {
		return Postgres
	}
	return SQLite
}

// SQLiteReaders is the pool size of query_only connections.
const SQLiteReaders = 4

// Open returns a writer and a reader handle.
func Open(dsn string) (writer, reader *bun.DB, d Kind, err error) {
	d = Of(dsn)
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
		case reflect.TypeFor[time.Time]():
			f.Scan = scanInstant
		case reflect.TypeFor[*time.Time]():
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

// ReadOnce opens a SQLite file afresh for a single read.
func ReadOnce(file string) (*bun.DB, error) {
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

// OpenKeeper opens a writing connection beside the writer's own, for checkpoints of
// SQLite's write-ahead log in the background.
func OpenKeeper(file string) (*sql.DB, error) {
	address, err := sqliteAddress(file)
	if err != nil {
		return nil, err
	}
	db, err := sql.Open("sqlite", address(false))
	if err == nil {
		db.SetMaxOpenConns(1)
	}
	return db, err
}

// lockKey is the advisory lock that serializes writers across all nodes.
const lockKey = 0x706c756d626c696e // "plumblin"

// Lock makes this transaction the only writer. SQLite has already done so with
// BEGIN IMMEDIATE.
func Lock(ctx context.Context, tx bun.Tx, d Kind) error {
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

// LockReads makes this transaction the only one that appends to the read log.
func LockReads(ctx context.Context, db bun.IDB, d Kind) error {
	if d == SQLite {
		return nil
	}
	_, err := db.ExecContext(ctx, "SELECT pg_advisory_xact_lock(?)", int64(readLockKey))
	return err
}

// Failure says what a driver error means to the writer.
type Failure int

const (
	FailOther  Failure = iota
	FailUnique         // a unique key already exists
	FailEnded          // the whole transaction is lost; rerun the members one by one
	FailBusy           // the lock was not acquired in time
)

func Classify(err error) Failure {
	if err == nil {
		return FailOther
	}
	var se *sqlite.Error
	if errors.As(err, &se) {
		switch code := se.Code(); code {
		case sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_ROWID:
			return FailUnique
		default:
			switch code & 0xff {
			case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
				return FailBusy
			case sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_INTERRUPT:
				return FailEnded
			}
		}
		return FailOther
	}
	var pe *pgconn.PgError
	if errors.As(err, &pe) {
		switch {
		case pe.Code == "23505":
			return FailUnique
		case slices.ContainsFunc([]string{"08", "25006", "40", "53", "57P", "58"},
			func(class string) bool { return strings.HasPrefix(pe.Code, class) }):
			return FailEnded
		}
		return FailOther
	}
	var ce *pgconn.ConnectError
	var op *net.OpError // the server disconnected between two statements
	if errors.As(err, &ce) || errors.As(err, &op) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) || errors.Is(err, sql.ErrTxDone) ||
		errors.Is(err, pgconn.ErrConnClosed) || pgconn.Timeout(err) {
		return FailEnded
	}
	return FailOther
}

// TablesOf lists the tables.
func TablesOf(ctx context.Context, db bun.IDB, d Kind) ([]string, error) {
	var names []string
	var err error
	if d == Postgres {
		err = db.NewRaw("SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema() ORDER BY 1").Scan(ctx, &names)
	} else {
		err = db.NewRaw("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY 1").Scan(ctx, &names)
	}
	return names, err
}

// Checkpoint folds the write-ahead log into the file (SQLite only).
func Checkpoint(ctx context.Context, db *bun.DB, d Kind) error {
	if d == Postgres {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	_, err := db.ExecContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)")
	return err
}
