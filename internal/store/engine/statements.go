package engine

import (
	"context"
	"database/sql"
	"strconv"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/uptrace/bun"

	"plumbline/internal/store/dialect"
)

// This file runs the statements that every write and every sign-in need again. On
// SQLite they stay prepared on their connection: the writer's are prepared between
// groups, because the connection is busy when one is first needed; until then the text
// is executed directly.

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
	if s.dialect == dialect.Postgres {
		return tx.Tx.ExecContext(ctx, text, append([]any{pgx.QueryExecModeCacheStatement}, args...)...)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.watch.saw(text)
	ctx = briefly(ctx)
	if st := s.hot.stmt(text); st != nil {
		return tx.Tx.StmtContext(ctx, st).ExecContext(ctx, args...)
	}
	return tx.Tx.ExecContext(ctx, text, args...)
}

// briefly is the context of a SQLite statement that ends soon by itself: for one
// that may be interrupted, the driver starts a goroutine.
func briefly(ctx context.Context) context.Context { return context.WithoutCancel(ctx) }

// Read scans the rows of a statement that requests run again and again. rows is a
// pointer to a slice of models; the text uses ? placeholders and args are texts
// and numbers.
func (v *View) Read(ctx context.Context, rows any, text string, args ...any) error {
	tx, cache := v.raw, &v.s.hot
	if tx == nil {
		tx, cache = v.read, &v.s.readHot
	}
	v.s.watch.saw(text)
	var found *sql.Rows
	var err error
	switch {
	case tx == nil:
		return v.db.NewRaw(text, args...).Scan(ctx, rows)
	case v.s.dialect == dialect.Postgres:
		found, err = tx.Tx.QueryContext(ctx, numbered(text), append([]any{pgx.QueryExecModeCacheStatement}, args...)...)
	default:
		st := cache.stmt(text)
		if st == nil {
			return v.db.NewRaw(text, args...).Scan(ctx, rows)
		}
		found, err = tx.Tx.StmtContext(ctx, st).QueryContext(briefly(ctx), args...)
	}
	if err != nil {
		return err
	}
	return v.s.writer.ScanRows(ctx, found, rows)
}

// ReadNow is Read outside a view, for one statement that is a snapshot by itself.
func (s *Store) ReadNow(ctx context.Context, rows any, text string, args ...any) error {
	s.watch.saw(text)
	var found *sql.Rows
	var err error
	if s.dialect == dialect.Postgres {
		found, err = s.reader.DB.QueryContext(ctx, numbered(text), append([]any{pgx.QueryExecModeCacheStatement}, args...)...)
	} else if st := s.readHot.stmt(text); st != nil {
		found, err = st.QueryContext(briefly(ctx), args...)
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
