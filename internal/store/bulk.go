package store

import (
	"context"
	"database/sql"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"
)

// bulk keeps prepared multi-row inserts of the SQLite writer. Parsing the text
// of a fifty-row insert costs as much as carrying it out; a self-check writes
// three of them. Rows go in runs of 32, 16, 8, 4, 2 and 1, so a few statements
// per table serve any number. PostgreSQL takes the text in one go.
type bulk struct {
	mu     sync.Mutex
	stmts  map[bulkKey]*sql.Stmt
	wanted map[bulkKey]string
}

type bulkKey struct {
	table string
	rows  int
}

const bulkMost = 32

// insertPrepared writes the rows of a slice of structs, or of pointers to
// them. done is false when the statements are not prepared yet: they are from
// the next group on, because the writer's connection is busy now.
func (s *Store) insertPrepared(ctx context.Context, tx bun.Tx, rows reflect.Value) (done bool, err error) {
	if s.dialect != SQLite || rows.Len() < 2 {
		return false, nil
	}
	t := s.writer.Dialect().Tables().Get(modelType(rows.Interface()))
	stmts := make([]*sql.Stmt, 0, 8)
	s.bulk.mu.Lock()
	for left, size := rows.Len(), bulkMost; left > 0; {
		if size > left {
			size /= 2
			continue
		}
		key := bulkKey{t.Name, size}
		if st := s.bulk.stmts[key]; st != nil {
			stmts = append(stmts, st)
		} else {
			if s.bulk.wanted == nil {
				s.bulk.wanted = map[bulkKey]string{}
			}
			s.bulk.wanted[key] = insertText(t, size)
			stmts = append(stmts, nil)
		}
		left -= size
	}
	s.bulk.mu.Unlock()
	for _, st := range stmts {
		if st == nil {
			return false, nil
		}
	}
	args := make([]any, 0, bulkMost*len(t.Fields))
	at := 0
	for _, st := range stmts {
		size := bulkMost
		for size > rows.Len()-at {
			size /= 2
		}
		args = args[:0]
		for i := at; i < at+size; i++ {
			row := reflect.Indirect(rows.Index(i))
			for _, f := range t.Fields {
				v, ok := s.bound(f.Value(row))
				if !ok {
					return false, fmt.Errorf("store: %s.%s has a type that inserts do not know", t.Name, f.Name)
				}
				args = append(args, v)
			}
		}
		if _, err := tx.StmtContext(ctx, st).ExecContext(ctx, args...); err != nil {
			return false, fmt.Errorf("insert into %s: %w", t.Name, err)
		}
		at += size
	}
	return true, nil
}

func insertText(t *schema.Table, rows int) string {
	names := make([]string, len(t.Fields))
	for i, f := range t.Fields {
		names[i] = string(f.SQLName)
	}
	one := "(" + strings.TrimSuffix(strings.Repeat("?,", len(names)), ",") + ")"
	return fmt.Sprintf("INSERT INTO %s (%s) VALUES %s", t.SQLName, strings.Join(names, ","), strings.TrimSuffix(strings.Repeat(one+",", rows), ","))
}

// bound is a column's value as the driver takes it, equal to what bun writes.
func (s *Store) bound(v reflect.Value) (any, bool) {
	switch x := v.Interface().(type) {
	case string:
		return x, true
	case time.Time:
		return s.instant(x), true
	case *time.Time:
		if x == nil {
			return nil, true
		}
		return s.instant(*x), true
	}
	switch v.Kind() {
	case reflect.String:
		return v.String(), true
	case reflect.Int, reflect.Int64, reflect.Int32:
		return v.Int(), true
	case reflect.Bool:
		if v.Bool() {
			return int64(1), true
		}
		return int64(0), true
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 && !v.IsNil() {
			return v.Bytes(), true
		}
		return nil, v.Type().Elem().Kind() == reflect.Uint8
	}
	return nil, false
}

func (s *Store) instant(t time.Time) string {
	return strings.Trim(string(s.writer.Dialect().AppendTime(nil, t)), "'")
}

// prepareWanted prepares what the last groups asked for, between groups. A
// statement that cannot be prepared is left to bun, which will say why.
func (s *Store) prepareWanted(ctx context.Context) {
	s.bulk.mu.Lock()
	wanted := s.bulk.wanted
	s.bulk.wanted = nil
	s.bulk.mu.Unlock()
	for key, text := range wanted {
		st, err := s.writer.DB.PrepareContext(ctx, text)
		if err != nil {
			continue
		}
		s.bulk.mu.Lock()
		if s.bulk.stmts == nil {
			s.bulk.stmts = map[bulkKey]*sql.Stmt{}
		}
		s.bulk.stmts[key] = st
		s.bulk.mu.Unlock()
	}
}
