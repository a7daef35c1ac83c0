package engine

import (
	"context"
	"database/sql"
	"fmt"
	"slices"

	"github.com/uptrace/bun"
)

// scratchTables is the closed list of tables that Scratch may write: data that
// proves nothing.
var scratchTables = []string{
	"drafts", "sessions", "sign_in_attempts", "devices", "credentials", "jobs", "positions", "generations",
	"uploads", "mappings", "doomed_keys",
}

// ScratchTx writes to the scratch tables. It may update and delete.
type ScratchTx struct{ View }

// Scratch runs fn in a transaction of its own, outside the ledger.
func (s *Store) Scratch(ctx context.Context, fn func(ctx context.Context, sx *ScratchTx) error) error {
	err := s.writer.RunInTx(ctx, &sql.TxOptions{}, func(ctx context.Context, tx bun.Tx) error {
		return fn(ctx, &ScratchTx{View{db: tx, s: s}})
	})
	s.breakOn(err)
	return Translate(ctx, err)
}

func (sx *ScratchTx) table(model any) error {
	t := sx.s.writer.Dialect().Tables().Get(modelType(model))
	if t == nil || !slices.Contains(scratchTables, t.Name) {
		return fmt.Errorf("store: %T is not a scratch table", model)
	}
	return nil
}

// loose is table, but rejects tables whose rows an entry must name.
func (sx *ScratchTx) loose(model any) error {
	if t := sx.s.writer.Dialect().Tables().Get(modelType(model)); t != nil && (t.Name == "sessions" || t.Name == "credentials") {
		return errBound
	}
	return sx.table(model)
}

// unbound lists the columns that may change without an entry: when a session
// was last seen.
var unbound = []string{"seen_at = ?"}

// Insert writes rows (pointers to structs or to slices) of scratch tables.
func (sx *ScratchTx) Insert(ctx context.Context, models ...any) error {
	for _, m := range models {
		if err := sx.loose(m); err != nil {
			return err
		}
		if _, err := sx.db.NewInsert().Model(m).Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}

// Upsert inserts a row or, if its primary key exists, replaces the named
// columns.
func (sx *ScratchTx) Upsert(ctx context.Context, model any, key string, columns ...string) error {
	if err := sx.loose(model); err != nil {
		return err
	}
	q := sx.db.NewInsert().Model(model).On("CONFLICT (?) DO UPDATE", bun.Safe(key))
	for _, c := range columns {
		q = q.Set("? = EXCLUDED.?", bun.Ident(c), bun.Ident(c))
	}
	_, err := q.Exec(ctx)
	return err
}

// Update changes rows of the model's table and returns how many.
func (sx *ScratchTx) Update(ctx context.Context, model any, set, where string, args ...any) (int64, error) {
	check := sx.loose
	if slices.Contains(unbound, set) {
		check = sx.table
	}
	if err := check(model); err != nil {
		return 0, err
	}
	res, err := sx.db.NewUpdate().Model(model).Set(set, args[:countMarks(set)]...).Where(where, args[countMarks(set):]...).Exec(ctx)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// Delete removes rows of the model's table and returns how many.
func (sx *ScratchTx) Delete(ctx context.Context, model any, where string, args ...any) (int64, error) {
	if err := sx.loose(model); err != nil {
		return 0, err
	}
	res, err := sx.db.NewDelete().Model(model).Where(where, args...).Exec(ctx)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// Bump increments a generation.
func (sx *ScratchTx) Bump(ctx context.Context, name string) error { return bump(ctx, sx.db, name) }

func countMarks(s string) int {
	n := 0
	for _, r := range s {
		if r == '?' {
			n++
		}
	}
	return n
}
