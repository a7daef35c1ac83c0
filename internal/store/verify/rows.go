package verify

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"plumbline/internal/intake"
	"plumbline/internal/ledger"
	"plumbline/internal/seal"
	"plumbline/internal/store/engine"
)

// stretch is a task over the rows of one kind with ids after one, up to
// another.
type stretch struct {
	kind        engine.RowKind
	after, upTo string // upTo "" is the end
}

// readRow is what a lane computed about one row on its own.
type readRow struct {
	id     string
	made   []made // the row in each encoding of its kind
	closed string // column of the first commitment that no text opens
	absent bool   // the row has no texts at all
	undead bool   // an expunged text is readable

	derived Reason // a column that does not follow from the row and the tree
}

// made is a row in one encoding: its digest, and the non-empty columns beyond
// that encoding.
type made struct {
	digest    ledger.Hash
	uncovered []string
}

// inEncodings digests a row in each encoding of its kind. The last entry that
// names the row decides which one counts.
func inEncodings(kind string, row ledger.Row) ([]made, error) {
	newest, err := ledger.EncodingOf(row)
	if err != nil {
		return nil, err
	}
	out := make([]made, newest)
	for i := range out {
		if out[i].digest, err = ledger.DigestAt(kind, row, i+1); err != nil {
			return nil, err
		}
		if i+1 < newest {
			if out[i].uncovered, err = ledger.Uncovered(row, i+1); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

type readStretch struct {
	kind string
	rows []readRow
	sums map[engine.CounterKey]int64

	unread int // texts that could not be checked: the key store is missing
}

// allRows recomputes every row of every kind.
func (c *check) allRows(ctx context.Context) error {
	var tasks []stretch
	for _, k := range engine.Kinds {
		more, err := c.stretches(ctx, k)
		if err != nil {
			return fmt.Errorf("verify %s: %w", k.Kind, err)
		}
		tasks = append(tasks, more...)
	}
	return ordered(ctx, c.lanes, tasks, c.readRows, func(s *readStretch) error {
		for i := range s.rows {
			c.row(s.kind, &s.rows[i])
		}
		for k, n := range s.sums {
			c.sums[k] += n
		}
		if len(s.rows) > 0 {
			c.verdict.Rows[s.kind] += len(s.rows)
		}
		c.verdict.Unread += s.unread
		c.step(len(s.rows))
		return nil
	})
}

// stretches splits a table into tasks.
func (c *check) stretches(ctx context.Context, k engine.RowKind) ([]stretch, error) {
	var out []stretch
	table := engine.Writer(engine.Of(c.v)).Dialect().Tables().Get(k.Type).SQLName
	for after := ""; ; {
		var ids []string
		err := engine.DB(c.v).NewSelect().TableExpr("?", table).Column("id").Where("id > ?", after).OrderExpr("id").Limit(1).
			Offset(verifyBatch-1).Scan(ctx, &ids)
		if err != nil {
			return nil, err
		}
		if len(ids) == 0 {
			return append(out, stretch{k, after, ""}), nil
		}
		out = append(out, stretch{k, after, ids[0]})
		after = ids[0]
	}
}

// readRows reads rows with their texts and computes what each yields on its
// own.
func (c *check) readRows(ctx context.Context, v *engine.View, s stretch) (*readStretch, error) {
	batch := reflect.New(reflect.SliceOf(s.kind.Type))
	q := engine.DB(v).NewSelect().Model(batch.Interface()).Where("id > ?", s.after).Order("id")
	if s.upTo != "" {
		q = q.Where("id <= ?", s.upTo)
	}
	if err := q.Scan(ctx); err != nil {
		return nil, fmt.Errorf("verify %s: %w", s.kind.Kind, err)
	}
	out := &readStretch{kind: s.kind.Kind, rows: make([]readRow, batch.Elem().Len()), sums: make(map[engine.CounterKey]int64)}
	commitments := engine.CommitmentFields(s.kind.Type)
	var texts map[string][]openedText
	if len(commitments) > 0 {
		var err error
		if texts, err = openedTexts(ctx, v, s, batch.Elem()); err != nil {
			return nil, err
		}
		if engine.Of(v).KeysMissing() {
			for _, list := range texts {
				out.unread += len(list)
			}
			commitments = nil
		}
	}
	for i := range out.rows {
		row := batch.Elem().Index(i).Addr().Interface().(ledger.Row)
		all, err := inEncodings(s.kind.Kind, row)
		if err != nil {
			return nil, err
		}
		r := readRow{id: row.RowID(), made: all, derived: misplaced(c.tree, row)}
		for _, f := range commitments {
			commitment := batch.Elem().Index(i).Field(f).Interface().(ledger.Commitment)
			if len(commitment) > 0 && !slices.ContainsFunc(texts[r.id], func(t openedText) bool { return bytes.Equal(t.commitment, commitment) }) {
				r.closed, r.absent = s.kind.Type.Field(f).Tag.Get("bun"), len(texts[r.id]) == 0
				break
			}
		}
		r.undead = slices.ContainsFunc(texts[r.id], func(t openedText) bool { return t.commitment != nil && c.erasedKeys[t.key] })
		out.rows[i] = r
		if counted, ok := row.(ledger.Counted); ok {
			j := engine.Journal{}
			j.Count(counted.(ledger.Row), 1)
			j.AddTo(out.sums, c.tree)
		}
	}
	return out, nil
}

// row compares a row with the last entry that names it.
func (c *check) row(kind string, r *readRow) {
	key := c.key(kind, r.id)
	n, ok := c.last[key]
	delete(c.last, key)
	switch {
	case !ok:
		n.seq = -1
		c.verdict.add(Finding{-1, time.Time{}, kind, r.id, "row_unknown", reason("row_unknown")})
	case n.encoding < 1 || n.encoding > len(r.made):
		c.verdict.add(Finding{n.seq, time.Time{}, kind, r.id, "row_changed",
			reason("row_encoding", "Encoding", n.encoding, "Newest", len(r.made))})
	case n.digest != r.made[n.encoding-1].digest:
		c.verdict.add(Finding{n.seq, time.Time{}, kind, r.id, "row_changed", reason("row_changed")})
	default:
		for _, column := range r.made[n.encoding-1].uncovered {
			c.verdict.Uncovered[kind+"."+column]++
		}
	}
	if r.derived.Why != "" {
		c.verdict.add(Finding{n.seq, time.Time{}, kind, r.id, "row_derived", r.derived})
	}
	c.text(kind, r, n.seq)
}

// misplaced recomputes the row's derived columns and returns the first that
// differs. No digest covers them, because they change with the tree; yet they
// decide who sees the row.
func misplaced(p *engine.Placement, row ledger.Row) Reason {
	is := reflect.ValueOf(row).Elem()
	fields := derivedFields(is.Type())
	if len(fields) == 0 {
		return Reason{}
	}
	again := reflect.New(is.Type())
	again.Elem().Set(is)
	p.Place(again.Interface())
	for _, f := range fields {
		if !is.Field(f).Equal(again.Elem().Field(f)) {
			return reason("row_derived", "Column", is.Type().Field(f).Tag.Get("bun"), "Is", fmt.Sprint(is.Field(f)), "Made",
				fmt.Sprint(again.Elem().Field(f)))
		}
	}
	return Reason{}
}

// derivedFields returns the fields of a row that digests exclude.
func derivedFields(t reflect.Type) (fields []int) {
	for i := range t.NumField() {
		if t.Field(i).Tag.Get("ledger") == "-" {
			fields = append(fields, i)
		}
	}
	return fields
}

// openedText is a text's commitment, nil if the text could not be decrypted.
type openedText struct {
	key        int64
	commitment ledger.Commitment
}

// commitments recomputes the commitments of the batch's texts.
func openedTexts(ctx context.Context, v *engine.View, s stretch, batch reflect.Value) (map[string][]openedText, error) {
	ids := make([]string, batch.Len())
	for i := range ids {
		ids[i] = batch.Index(i).Addr().Interface().(ledger.Row).RowID()
	}
	out := make(map[string][]openedText, len(ids))
	for chunk := range slices.Chunk(ids, 500) {
		var rows []engine.Content
		if err := engine.DB(v).NewSelect().Model(&rows).Where("record_id IN (?)", bun.List(chunk)).Scan(ctx); err != nil {
			return nil, err
		}
		readable := make([]bool, len(rows))
		if !engine.Of(v).KeysMissing() {
			var err error
			if readable, err = engine.Of(v).Decrypt(ctx, rows); err != nil {
				return nil, err
			}
		}
		for i := range rows {
			t := openedText{key: rows[i].KeyID}
			if readable[i] {
				t.commitment = rows[i].Commitment()
			}
			out[rows[i].RecordID] = append(out[rows[i].RecordID], t)
		}
	}
	return out, nil
}

// uploads recomputes the hash of each file awaiting import. Imported data is
// covered row by row, and its batch, which has the id of its file, stores the
// hash. A file that was only previewed has neither, and nothing depends on it.
func (c *check) uploads(ctx context.Context) error {
	var files []intake.Upload
	if err := engine.DB(c.v).NewSelect().Model(&files).Column("id", "file_hash").OrderExpr("id").Scan(ctx); err != nil {
		return err
	}
	promised := make(map[string]string, len(files))
	var ids []string
	for _, f := range files {
		ids, promised[f.ID] = append(ids, f.ID), f.FileHash
	}
	for chunk := range slices.Chunk(ids, 500) {
		var batches []intake.AuditBatch
		if err := engine.DB(c.v).NewSelect().Model(&batches).Column("id", "file_hash").Where("id IN (?)",
			bun.List(chunk)).Scan(ctx); err != nil {
			return err
		}
		for _, b := range batches {
			promised[b.ID] = b.FileHash
		}
	}
	for _, id := range ids { // one at a time: a file may be large
		if promised[id] == "" {
			continue
		}
		up, err := c.v.Upload(ctx, id)
		if err != nil && !errors.Is(err, seal.ErrOpen) {
			return err
		}
		if sum := sha256.Sum256(up.Data); err != nil || hex.EncodeToString(sum[:]) != promised[id] {
			c.verdict.add(Finding{-1, up.CreatedAt.UTC(), "upload", id, "upload_changed", reason("upload_changed")})
		}
	}
	return nil
}
