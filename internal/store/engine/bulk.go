package engine

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"

	"plumbline/internal/store/dialect"
)

// This file writes rows without making the database parse a new statement for each:
// parsing a fifty-row insert costs as much as executing it.
//
// On SQLite, rows go in runs of 32, 16, 8, 4, 2 and 1, so a few statements per table
// serve any number. PostgreSQL takes any number of rows as one array per column, in one
// round trip, which also works behind a connection pooler.

// insertShape describes how rows of one table are inserted.
type insertShape struct {
	table *schema.Table
	head  string // INSERT INTO … (columns)
	tail  string // "", or ON CONFLICT …
	text  string // for PostgreSQL
	most  int    // rows per statement

	mu    sync.Mutex
	texts map[string]map[int]string // for SQLite: columns to bind, rows → text
}

// sqliteRun is the most rows of one prepared insert.
const sqliteRun = 32

// insertTexts is the most sets of columns for which a table has statements.
const insertTexts = 8

func (s *Store) shapeOf(model any, suffix string) *insertShape {
	t := s.writer.Dialect().Tables().Get(modelType(model))
	key := t.Name + " " + suffix
	if known, ok := s.hot.shapes.Load(key); ok {
		return known.(*insertShape)
	}
	shape := &insertShape{table: t, tail: suffix, texts: map[string]map[int]string{}}
	names := make([]string, len(t.Fields))
	for i, f := range t.Fields {
		names[i] = string(f.SQLName)
	}
	if s.dialect == dialect.Postgres {
		arrays := make([]string, len(t.Fields))
		for i, f := range t.Fields {
			arrays[i] = "$" + strconv.Itoa(i+1) + "::" + arrayType(f.StructField.Type)
		}
		shape.text = fmt.Sprintf("INSERT INTO %s (%s) SELECT * FROM unnest(%s) %s", t.SQLName, strings.Join(names, ","),
			strings.Join(arrays, ","), suffix)
	} else {
		// Rows that went in before one failed need not be taken out again: the
		// member has failed, and its savepoint or its whole group is rolled back.
		// To be able to, SQLite would copy every page first.
		shape.head = fmt.Sprintf("INSERT OR FAIL INTO %s (%s) VALUES ", t.SQLName, strings.Join(names, ","))
		for shape.most = sqliteRun; shape.most*len(names) > 30000; shape.most /= 2 {
		}
	}
	s.hot.shapes.Store(key, shape)
	return shape
}

// insert returns the text of a SQLite statement for n rows. empty says which columns
// are zero in all of them: the text names the value, which costs a tenth of binding
// it. Where a table has too many such sets, it says that none is.
func (h *insertShape) insert(n int, empty []byte) (text string, bound []byte) {
	h.mu.Lock()
	defer h.mu.Unlock()
	texts := h.texts[string(empty)]
	if texts == nil {
		if len(h.texts) >= insertTexts {
			clear(empty)
		}
		if texts = h.texts[string(empty)]; texts == nil {
			texts = map[int]string{}
			h.texts[string(empty)] = texts
		}
	}
	if texts[n] == "" {
		one := make([]string, len(empty))
		for i, f := range h.table.Fields {
			if one[i] = "?"; empty[i] == 1 {
				one[i] = zeroText(f.StructField.Type)
			}
		}
		row := "(" + strings.Join(one, ",") + ")"
		texts[n] = h.head + strings.TrimSuffix(strings.Repeat(row+",", n), ",") + " " + h.tail
	}
	return texts[n], empty
}

// zeroText is how SQLite writes the zero value of a column, or "" where it has to be
// bound.
func zeroText(t reflect.Type) string {
	switch {
	case t.Kind() == reflect.String:
		return "''"
	case t.Kind() == reflect.Bool, t.Kind() == reflect.Int, t.Kind() == reflect.Int64, t.Kind() == reflect.Int32:
		return "0"
	case t == timePointerType, t.Kind() == reflect.Slice:
		return "NULL"
	}
	return ""
}

// InsertRows writes a slice of structs or of pointers to structs. suffix is ""
// or an ON CONFLICT clause.
func (s *Store) InsertRows(ctx context.Context, tx bun.Tx, rows reflect.Value, suffix string) error {
	if rows.Len() == 0 {
		return nil
	}
	shape := s.shapeOf(rows.Interface(), suffix)
	write := s.insertRuns
	if s.dialect == dialect.Postgres {
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
	empty := make([]byte, len(fields))
	for at, n := 0, shape.most; at < rows.Len(); {
		if n > rows.Len()-at {
			n /= 2
			continue
		}
		for c, f := range fields {
			empty[c] = 0
			if zeroText(f.StructField.Type) != "" && allZero(rows, at, n, f) {
				empty[c] = 1
			}
		}
		text, empty := shape.insert(n, empty)
		args = args[:0]
		for i := at; i < at+n; i++ {
			row := reflect.Indirect(rows.Index(i))
			for c, f := range fields {
				if empty[c] == 1 {
					continue
				}
				v, err := s.bound(f.Value(row))
				if err != nil {
					return fmt.Errorf("%s: %w", f.Name, err)
				}
				args = append(args, v)
			}
		}
		if _, err := s.run(ctx, tx, text, args); err != nil {
			return err
		}
		at += n
	}
	return nil
}

func allZero(rows reflect.Value, at, n int, f *schema.Field) bool {
	for i := at; i < at+n; i++ {
		if !f.Value(reflect.Indirect(rows.Index(i))).IsZero() {
			return false
		}
	}
	return true
}

// updateRow writes the columns in which a row differs from the one before it, where
// the table still has that one's version. SQLite rewrites the entry of every index
// over a column that is set, even to the same value.
func (s *Store) updateRow(ctx context.Context, tx bun.Tx, before, after any, id string, version int64) (sql.Result, error) {
	t := s.writer.Dialect().Tables().Get(modelType(after))
	var set strings.Builder
	args := make([]any, 0, len(t.Fields)+1)
	old, v := reflect.Indirect(reflect.ValueOf(before)), reflect.Indirect(reflect.ValueOf(after))
	mark := func() string {
		if s.dialect == dialect.Postgres {
			return "$" + strconv.Itoa(len(args))
		}
		return "?"
	}
	for _, f := range t.Fields {
		if f.Name == "id" || f.Name == "created_at" || sameColumn(f.Value(old), f.Value(v)) {
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

// sameColumn reports whether two values of a column are stored alike.
func sameColumn(a, b reflect.Value) bool {
	switch a.Kind() {
	case reflect.Slice:
		return a.IsNil() == b.IsNil() && bytes.Equal(a.Bytes(), b.Bytes())
	case reflect.Pointer:
		return a.IsNil() && b.IsNil() || !a.IsNil() && !b.IsNil() && sameColumn(a.Elem(), b.Elem())
	case reflect.Struct:
		at, isTime := a.Interface().(time.Time)
		return isTime && at.Equal(b.Interface().(time.Time))
	}
	return a.Equal(b)
}

// arraysMost is the most rows that one statement sends to PostgreSQL.
const arraysMost = 2000

func (s *Store) insertArrays(ctx context.Context, tx bun.Tx, shape *insertShape, rows reflect.Value) error {
	for from := 0; from < rows.Len(); from += arraysMost {
		n := min(arraysMost, rows.Len()-from)
		args := make([]any, len(shape.table.Fields))
		for c, f := range shape.table.Fields {
			column, err := arrayOf(f.StructField.Type, n,
				func(i int) reflect.Value { return f.Value(reflect.Indirect(rows.Index(from + i))) })
			if err != nil {
				return fmt.Errorf("%s: %w", f.Name, err)
			}
			args[c] = column
		}
		if _, err := s.run(ctx, tx, shape.text, args); err != nil {
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
		if s.dialect == dialect.Postgres {
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
	if s.dialect == dialect.Postgres {
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
