package engine

import (
	"context"
	"database/sql"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"
)

// This file writes rows, and reads the few that every write needs, without
// making the database parse a new statement for each: parsing a fifty-row
// insert costs as much as executing it.
//
// On SQLite, prepared statements stay on the writer's connection and rows go in
// runs of 32, 16, 8, 4, 2 and 1, so a few statements per table serve any
// number. A statement is prepared between groups, because the connection is
// busy when it is first needed; until then its text is executed directly.
// PostgreSQL takes any number of rows as one array per column, in one round
// trip, which also works behind a connection pooler.

// One reads the only row of a query, or returns nil if no row matched.
func One[T any](ctx context.Context, q *bun.SelectQuery) (*T, error) {
	var rows []T
	if err := q.Model(&rows).Limit(1).Scan(ctx); err != nil || len(rows) == 0 {
		return nil, err
	}
	return &rows[0], nil
}

// hot caches the prepared statements of a handle by their text.
type hot struct {
	mu     sync.Mutex
	stmts  map[string]*sql.Stmt
	wanted map[string]bool
	shapes sync.Map // insertShape by table name and suffix
}

// stmt returns the prepared statement for the text, or nil if it is not
// prepared yet.
func (h *hot) stmt(text string) *sql.Stmt {
	h.mu.Lock()
	defer h.mu.Unlock()
	st := h.stmts[text]
	if st == nil {
		if h.wanted == nil {
			h.wanted = map[string]bool{}
		}
		h.wanted[text] = true
	}
	return st
}

// prepareWanted prepares the statements that were asked for: the writer's between
// groups, a reader's when its view is over, because a connection in use cannot
// wait for another one. A statement that fails to prepare reports its error when
// its text is executed.
func (h *hot) prepareWanted(ctx context.Context, db *sql.DB) {
	h.mu.Lock()
	wanted := h.wanted
	h.wanted = nil
	h.mu.Unlock()
	for text := range wanted {
		st, err := db.PrepareContext(ctx, text)
		if err != nil {
			continue
		}
		h.mu.Lock()
		if h.stmts == nil {
			h.stmts = map[string]*sql.Stmt{}
		}
		if h.stmts[text] == nil {
			h.stmts[text], st = st, nil
		}
		h.mu.Unlock()
		if st != nil { // somebody else was quicker
			_ = st.Close()
		}
	}
}

// run executes one statement of the writer. The text uses ? for SQLite and $1 …
// for PostgreSQL.
func (s *Store) run(ctx context.Context, tx bun.Tx, text string, args []any) (sql.Result, error) {
	if s.dialect == Postgres {
		return tx.Tx.ExecContext(ctx, text, append([]any{pgx.QueryExecModeCacheStatement}, args...)...)
	}
	if st := s.hot.stmt(text); st != nil {
		return tx.Tx.StmtContext(ctx, st).ExecContext(ctx, args...)
	}
	return tx.Tx.ExecContext(ctx, text, args...)
}

// Read scans the rows of a statement that requests run again and again. rows is a
// pointer to a slice of models; the text uses ? placeholders and args are texts
// and numbers.
func (v *View) Read(ctx context.Context, rows any, text string, args ...any) error {
	tx, cache := v.raw, &v.s.hot
	if tx == nil {
		tx, cache = v.read, &v.s.readHot
	}
	var found *sql.Rows
	var err error
	switch {
	case tx == nil:
		return v.db.NewRaw(text, args...).Scan(ctx, rows)
	case v.s.dialect == Postgres:
		found, err = tx.Tx.QueryContext(ctx, numbered(text), append([]any{pgx.QueryExecModeCacheStatement}, args...)...)
	default:
		st := cache.stmt(text)
		if st == nil {
			return v.db.NewRaw(text, args...).Scan(ctx, rows)
		}
		found, err = tx.Tx.StmtContext(ctx, st).QueryContext(ctx, args...)
	}
	if err != nil {
		return err
	}
	return v.s.writer.ScanRows(ctx, found, rows)
}

// ReadNow is Read outside a view, for one statement that is a snapshot by itself.
func (s *Store) ReadNow(ctx context.Context, rows any, text string, args ...any) error {
	var found *sql.Rows
	var err error
	if s.dialect == Postgres {
		found, err = s.reader.DB.QueryContext(ctx, numbered(text), append([]any{pgx.QueryExecModeCacheStatement}, args...)...)
	} else if st := s.readHot.stmt(text); st != nil {
		found, err = st.QueryContext(ctx, args...)
	} else {
		err = s.reader.NewRaw(text, args...).Scan(ctx, rows)
		s.readHot.prepareWanted(ctx, s.reader.DB)
		return err
	}
	if err != nil {
		return err
	}
	return s.reader.ScanRows(ctx, found, rows)
}

// numbered rewrites ? placeholders as $1, $2, … for PostgreSQL. The text must
// contain no other question mark.
func numbered(text string) string {
	var b strings.Builder
	n := 0
	for part := range strings.SplitSeq(text, "?") {
		if n > 0 {
			b.WriteString("$" + strconv.Itoa(n))
		}
		b.WriteString(part)
		n++
	}
	return b.String()
}

// ReadOne reads exactly one row. It returns a not-found fault if no row
// matched.
func ReadOne[T any](ctx context.Context, v *View, text string, args ...any) (*T, error) {
	var rows []T
	if err := v.Read(ctx, &rows, text, args...); err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, sql.ErrNoRows
	}
	return &rows[0], nil
}

// insertShape describes how rows of one table are inserted.
type insertShape struct {
	table  *schema.Table
	suffix string // "", or ON CONFLICT …
	texts  map[int]string
	most   int // rows per statement
}

// sqliteRun is the most rows of one prepared insert.
const sqliteRun = 32

func (s *Store) shapeOf(model any, suffix string) *insertShape {
	t := s.writer.Dialect().Tables().Get(modelType(model))
	key := t.Name + " " + suffix
	if known, ok := s.hot.shapes.Load(key); ok {
		return known.(*insertShape)
	}
	shape := &insertShape{table: t, suffix: suffix, texts: map[int]string{}}
	names := make([]string, len(t.Fields))
	for i, f := range t.Fields {
		names[i] = string(f.SQLName)
	}
	head := fmt.Sprintf("INSERT INTO %s (%s) ", t.SQLName, strings.Join(names, ","))
	if s.dialect == Postgres {
		arrays := make([]string, len(t.Fields))
		for i, f := range t.Fields {
			arrays[i] = "$" + strconv.Itoa(i+1) + "::" + arrayType(f.StructField.Type)
		}
		shape.texts[0] = head + "SELECT * FROM unnest(" + strings.Join(arrays, ",") + ") " + suffix
	} else {
		one := "(" + strings.TrimSuffix(strings.Repeat("?,", len(names)), ",") + ")"
		for shape.most = sqliteRun; shape.most*len(names) > 30000; shape.most /= 2 {
		}
		for n := shape.most; n > 0; n /= 2 {
			shape.texts[n] = head + "VALUES " + strings.TrimSuffix(strings.Repeat(one+",", n), ",") + " " + suffix
		}
	}
	s.hot.shapes.Store(key, shape)
	return shape
}

// InsertRows writes a slice of structs or of pointers to structs. suffix is ""
// or an ON CONFLICT clause.
func (s *Store) InsertRows(ctx context.Context, tx bun.Tx, rows reflect.Value, suffix string) error {
	if rows.Len() == 0 {
		return nil
	}
	shape := s.shapeOf(rows.Interface(), suffix)
	write := s.insertRuns
	if s.dialect == Postgres {
		write = s.insertArrays
	}
	if err := write(ctx, tx, shape, rows); err != nil {
		return fmt.Errorf("insert into %s: %w", shape.table.Name, err)
	}
	return nil
}

func (s *Store) insertRuns(ctx context.Context, tx bun.Tx, shape *insertShape, rows reflect.Value) error {
	fields := shape.table.Fields
	args := make([]any, 0, min(rows.Len(), shape.most)*len(fields))
	for at, n := 0, shape.most; at < rows.Len(); {
		if n > rows.Len()-at {
			n /= 2
			continue
		}
		args = args[:0]
		for i := at; i < at+n; i++ {
			row := reflect.Indirect(rows.Index(i))
			for _, f := range fields {
				v, err := s.bound(f.Value(row))
				if err != nil {
					return fmt.Errorf("%s: %w", f.Name, err)
				}
				args = append(args, v)
			}
		}
		if _, err := s.run(ctx, tx, shape.texts[n], args); err != nil {
			return err
		}
		at += n
	}
	return nil
}

// updateRow updates every column except id and created_at of the row with the
// given id and version.
func (s *Store) updateRow(ctx context.Context, tx bun.Tx, row any, id string, version int64) (sql.Result, error) {
	t := s.writer.Dialect().Tables().Get(modelType(row))
	var set strings.Builder
	args := make([]any, 0, len(t.Fields)+1)
	v := reflect.Indirect(reflect.ValueOf(row))
	mark := func() string {
		if s.dialect == Postgres {
			return "$" + strconv.Itoa(len(args))
		}
		return "?"
	}
	for _, f := range t.Fields {
		if f.Name == "id" || f.Name == "created_at" {
			continue
		}
		x, err := s.bound(f.Value(v))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name, err)
		}
		args = append(args, x)
		if set.Len() > 0 {
			set.WriteByte(',')
		}
		set.WriteString(string(f.SQLName) + "=" + mark())
	}
	args = append(args, id)
	where := " WHERE id = " + mark()
	args = append(args, version)
	return s.run(ctx, tx, "UPDATE "+string(t.SQLName)+" SET "+set.String()+where+" AND version = "+mark(), args)
}

// arraysMost is the most rows that one statement sends to PostgreSQL.
const arraysMost = 2000

func (s *Store) insertArrays(ctx context.Context, tx bun.Tx, shape *insertShape, rows reflect.Value) error {
	for from := 0; from < rows.Len(); from += arraysMost {
		n := min(arraysMost, rows.Len()-from)
		args := make([]any, len(shape.table.Fields))
		for c, f := range shape.table.Fields {
			column, err := arrayOf(f.StructField.Type, n, func(i int) reflect.Value { return f.Value(reflect.Indirect(rows.Index(from + i))) })
			if err != nil {
				return fmt.Errorf("%s: %w", f.Name, err)
			}
			args[c] = column
		}
		if _, err := s.run(ctx, tx, shape.texts[0], args); err != nil {
			return err
		}
	}
	return nil
}

// bound converts a column value to the form the driver takes, identical to what
// bun writes.
func (s *Store) bound(v reflect.Value) (any, error) {
	switch x := v.Interface().(type) {
	case string:
		return x, nil
	case time.Time:
		return s.instant(x), nil
	case *time.Time:
		if x == nil {
			return nil, nil
		}
		return s.instant(*x), nil
	}
	switch v.Kind() {
	case reflect.String:
		return v.String(), nil
	case reflect.Int, reflect.Int64, reflect.Int32:
		return v.Int(), nil
	case reflect.Bool:
		if s.dialect == Postgres {
			return v.Bool(), nil
		}
		if v.Bool() {
			return int64(1), nil
		}
		return int64(0), nil
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			if v.IsNil() {
				return nil, nil
			}
			return v.Bytes(), nil
		}
	}
	return nil, fmt.Errorf("the type %s is not one that inserts know", v.Type())
}

// instant is a time as liteDialect or pgx writes it.
func (s *Store) instant(t time.Time) any {
	if s.dialect == Postgres {
		return t
	}
	return t.UnixMicro()
}

var (
	timeType        = reflect.TypeFor[time.Time]()
	timePointerType = reflect.TypeFor[*time.Time]()
)

// arrayType returns the PostgreSQL array type for a column's Go type.
func arrayType(t reflect.Type) string {
	switch {
	case t == timeType || t == timePointerType:
		return "timestamptz[]"
	case t.Kind() == reflect.String:
		return "text[]"
	case t.Kind() == reflect.Bool:
		return "boolean[]"
	case t.Kind() == reflect.Slice:
		return "bytea[]"
	}
	return "bigint[]"
}

// arrayOf collects one column of n rows into an array.
func arrayOf(t reflect.Type, n int, value func(int) reflect.Value) (any, error) {
	switch {
	case t == timeType:
		return gather(n, func(i int) time.Time { return value(i).Interface().(time.Time) }), nil
	case t == timePointerType:
		return gather(n, func(i int) *time.Time { return value(i).Interface().(*time.Time) }), nil
	case t.Kind() == reflect.String:
		return gather(n, func(i int) string { return value(i).String() }), nil
	case t.Kind() == reflect.Bool:
		return gather(n, func(i int) bool { return value(i).Bool() }), nil
	case t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Uint8:
		return gather(n, func(i int) []byte { return value(i).Bytes() }), nil
	case t.Kind() == reflect.Int || t.Kind() == reflect.Int64 || t.Kind() == reflect.Int32:
		return gather(n, func(i int) int64 { return value(i).Int() }), nil
	}
	return nil, fmt.Errorf("the type %s is not one that inserts know", t)
}

func gather[T any](n int, value func(int) T) []T {
	out := make([]T, n)
	for i := range out {
		out[i] = value(i)
	}
	return out
}
