package engine

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/uptrace/bun"

	"plumbline/internal/custody"
)

// TextsUnder lists the rows whose texts end with an issue or its record and
// that belong, over any number of steps, to the roots. It follows the
// declarations in kinds.go, so a new kind of text about a matter is found
// without a change here.
func (v *View) TextsUnder(ctx context.Context, roots map[string][]string) ([]string, error) {
	seen := make(map[string]bool)
	var out []string
	for len(roots) > 0 {
		next := make(map[string][]string)
		var all []string // ids of any kind, for columns that reference any
		for name, ids := range roots {
			ids = slices.DeleteFunc(ids, func(id string) bool { return seen[id] })
			roots[name], all = ids, append(all, ids...)
			if KindByName[name].ends.with != "" {
				out = append(out, ids...)
			}
		}
		for _, id := range all {
			seen[id] = true
		}
		for i := range Kinds {
			ids, err := v.hangingOn(ctx, &Kinds[i], roots, all)
			if err != nil {
				return nil, err
			}
			if len(ids) > 0 {
				next[Kinds[i].Kind] = ids
			}
		}
		roots = next
	}
	return out, nil
}

// hangingOn lists the rows of a kind that belong to the given rows. Issues and
// records never belong to another row: each ends by itself.
func (v *View) hangingOn(ctx context.Context, k *RowKind, parents map[string][]string, all []string) ([]string, error) {
	if k.About != AboutMatter || k.Kind == withIssue.with || k.Kind == withRecord.with {
		return nil, nil
	}
	t := v.Table(k)
	q, some := v.db.NewSelect().TableExpr("?", bun.Ident(t.Name)).Column("id"), false
	for _, f := range t.Fields {
		on := parents[k.Ref(f.Name)]
		if k.Ref(f.Name) == anyRow {
			on = all
		}
		if k.Hangs(f.Name) && len(on) > 0 {
			q, some = q.WhereOr("? IN (?)", bun.Ident(f.Name), bun.List(on)), true
		}
	}
	if !some {
		return nil, nil
	}
	var ids []string
	if err := q.Scan(ctx, &ids); err != nil {
		return nil, fmt.Errorf("find %s rows of a matter: %w", k.Kind, err)
	}
	return ids, nil
}

// Erase deletes the texts of the records, leaves a tombstone for each record
// that had any, and returns how many those are. Their keys still exist: call
// DestroyErased after the commit.
func (tx *Tx) Erase(ctx context.Context, expungement string, records []string) (_ int, err error) {
	defer Doing(&err, "erase the texts of expungement", expungement)
	slices.Sort(records)
	records = slices.Compact(records)
	var stones []*custody.Tombstone
	for chunk := range slices.Chunk(records, 500) {
		var rows []Content
		if err := tx.db.NewSelect().Model(&rows).Column("record_id", "field", "key_id").
			Where("record_id IN (?)", bun.List(chunk)).Order("record_id", "field").Scan(ctx); err != nil {
			return 0, err
		}
		for _, r := range rows {
			if n := len(stones); n == 0 || stones[n-1].RecordID != r.RecordID {
				stones = append(stones, &custody.Tombstone{RecordID: r.RecordID, ExpungementID: expungement})
			}
			s := stones[len(stones)-1]
			s.Texts++
			if key := strconv.FormatInt(r.KeyID, 10); !slices.Contains(strings.Split(s.Keys, ","), key) {
				s.Keys = strings.TrimPrefix(s.Keys+","+key, ",")
			}
		}
		if _, err := tx.db.NewDelete().Model((*Content)(nil)).Where("record_id IN (?)", bun.List(chunk)).Exec(ctx); err != nil {
			return 0, fmt.Errorf("erase texts: %w", err)
		}
	}
	return len(stones), tx.Insert(ctx, stones)
}

// DestroyErased destroys the keys named by tombstones: those of one
// expungement, or all of them for "", as happens whenever a site is opened.
// That also repairs a crash after the commit, and a key store restored from a
// copy.
func (s *Store) DestroyErased(ctx context.Context, expungement string) (err error) {
	defer Doing(&err, "destroy the keys of erased texts", expungement)
	k := s.keys.Load()
	if k == nil {
		return nil
	}
	after := ""
	for {
		var stones []custody.Tombstone
		q := s.reader.NewSelect().Model(&stones).Column("id", "keys").Where("id > ?", after).Order("id").Limit(1000)
		if expungement != "" {
			q = q.Where("expungement_id = ?", expungement)
		}
		if err := q.Scan(ctx); err != nil {
			return err
		}
		if len(stones) == 0 {
			return noteKeys(ctx, s.writer, k.Change())
		}
		after = stones[len(stones)-1].ID
		var ids []int64
		for _, stone := range stones {
			ids = append(ids, KeyNumbers(stone.Keys)...)
		}
		if _, err := k.Destroy(ctx, ids...); err != nil {
			return err
		}
	}
}

// KeyNumbers parses the key numbers of a tombstone.
func KeyNumbers(list string) []int64 {
	var ids []int64
	for text := range strings.SplitSeq(list, ",") {
		if id, err := strconv.ParseInt(text, 10, 64); err == nil {
			ids = append(ids, id)
		}
	}
	return ids
}

// Erased reports which of the records have a tombstone.
func (v *View) Erased(ctx context.Context, records ...string) (map[string]bool, error) {
	out := map[string]bool{}
	for chunk := range slices.Chunk(records, 500) {
		var ids []string
		if err := v.db.NewSelect().Model((*custody.Tombstone)(nil)).Column("record_id").
			Where("record_id IN (?)", bun.List(chunk)).Scan(ctx, &ids); err != nil {
			return nil, err
		}
		for _, id := range ids {
			out[id] = true
		}
	}
	return out, nil
}

// Tombstone reads the tombstone of a record.
func (v *View) Tombstone(ctx context.Context, record string) (custody.Tombstone, error) {
	var stone custody.Tombstone
	err := v.db.NewSelect().Model(&stone).Where("record_id = ?", record).Limit(1).Scan(ctx)
	return stone, err
}
