package store

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/uptrace/bun"

	"plumbline/internal/custody"
	"plumbline/internal/fault"
	"plumbline/internal/intake"
	"plumbline/internal/issue"
	"plumbline/internal/roster"
	"plumbline/internal/selfcheck"
)

// TextsOfIssue lists every record whose texts concern the issue: the issue
// itself, the audit record it came from and its duplicates, the leader's reply
// to the item that declared it, its case, and everything that belongs to any of
// them.
func (v *View) TextsOfIssue(ctx context.Context, i *issue.Issue) (_ []string, err error) {
	defer doing(&err, "list the texts about issue", i.ID)
	roots := map[string][]string{"issue": {i.ID}}
	if i.RecordID != "" {
		if err := v.recordRoots(ctx, i.RecordID, roots); err != nil {
			return nil, err
		}
	}
	if i.SubmissionID != "" {
		var reviews []string
		err := v.db.NewSelect().Model((*selfcheck.NamedReview)(nil)).Column("id").
			Where("submission_id = ? AND item_no = ?", i.SubmissionID, i.ItemNo).Scan(ctx, &reviews)
		if err != nil {
			return nil, err
		}
		roots["named_review"] = reviews
	}
	return v.textsUnder(ctx, roots)
}

// TextsOfRecord lists the audit record, its duplicates, and everything that
// belongs to them.
func (v *View) TextsOfRecord(ctx context.Context, record string) (_ []string, err error) {
	defer doing(&err, "list the texts about record", record)
	roots := make(map[string][]string)
	if err := v.recordRoots(ctx, record, roots); err != nil {
		return nil, err
	}
	return v.textsUnder(ctx, roots)
}

// recordRoots adds a record and its duplicates, with their matches.
func (v *View) recordRoots(ctx context.Context, record string, roots map[string][]string) error {
	roots["audit_record"] = append(roots["audit_record"], record)
	var matches []string
	if err := v.db.NewSelect().Model((*intake.Match)(nil)).Column("id").Where("record_id = ?", record).Scan(ctx, &matches); err != nil {
		return err
	}
	roots["match"] = append(roots["match"], matches...)
	twins, err := v.DuplicatesOf(ctx, matches...)
	if err != nil {
		return err
	}
	for _, list := range twins {
		for _, m := range list {
			roots["audit_record"], roots["match"] = append(roots["audit_record"], m.RecordID), append(roots["match"], m.ID)
		}
	}
	return nil
}

// textsUnder lists the rows whose texts end with an issue or its record and
// that belong, over any number of steps, to the roots. It follows the
// declarations in kinds.go, so a new kind of text about a matter is found
// without a change here.
func (v *View) textsUnder(ctx context.Context, roots map[string][]string) ([]string, error) {
	seen := make(map[string]bool)
	var out []string
	for len(roots) > 0 {
		next := make(map[string][]string)
		var all []string // ids of any kind, for columns that reference any
		for name, ids := range roots {
			ids = slices.DeleteFunc(ids, func(id string) bool { return seen[id] })
			roots[name], all = ids, append(all, ids...)
			if kindByName[name].ends.with != "" {
				out = append(out, ids...)
			}
		}
		for _, id := range all {
			seen[id] = true
		}
		for i := range kinds {
			ids, err := v.hangingOn(ctx, &kinds[i], roots, all)
			if err != nil {
				return nil, err
			}
			if len(ids) > 0 {
				next[kinds[i].kind] = ids
			}
		}
		roots = next
	}
	return out, nil
}

// hangingOn lists the rows of a kind that belong to the given rows. Issues and
// records never belong to another row: each ends by itself.
func (v *View) hangingOn(ctx context.Context, k *rowKind, parents map[string][]string, all []string) ([]string, error) {
	if k.about != aboutMatter || k.kind == withIssue.with || k.kind == withRecord.with {
		return nil, nil
	}
	t := v.table(k)
	q, some := v.db.NewSelect().TableExpr("?", bun.Ident(t.Name)).Column("id"), false
	for _, f := range t.Fields {
		on := parents[k.ref(f.Name)]
		if k.ref(f.Name) == anyRow {
			on = all
		}
		if k.hangs(f.Name) && len(on) > 0 {
			q, some = q.WhereOr("? IN (?)", bun.Ident(f.Name), bun.List(on)), true
		}
	}
	if !some {
		return nil, nil
	}
	var ids []string
	if err := q.Scan(ctx, &ids); err != nil {
		return nil, fmt.Errorf("find %s rows of a matter: %w", k.kind, err)
	}
	return ids, nil
}

// Erase deletes the texts of the records, leaves a tombstone for each record
// that had any, and returns how many those are. Their keys still exist: call
// DestroyErased after the commit.
func (tx *Tx) Erase(ctx context.Context, expungement string, records []string) (_ int, err error) {
	defer doing(&err, "erase the texts of expungement", expungement)
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
	defer doing(&err, "destroy the keys of erased texts", expungement)
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

// onRecord narrows a query to the scope and excludes records to which the
// reader is a party.
func onRecord(q *bun.SelectQuery, sc roster.Scope) *bun.SelectQuery {
	if len(sc.BarObjects) > 0 {
		q = q.Where("record_id NOT IN (?)", bun.List(sc.BarObjects))
	}
	return scoped(q, sc, columnsDefault)
}

// Expungement reads one expungement in scope.
func (v *View) Expungement(ctx context.Context, id string, sc roster.Scope) (*custody.Expungement, error) {
	e := new(custody.Expungement)
	return e, onRecord(v.db.NewSelect().Model(e).Where("id = ?", id), sc).Scan(ctx)
}

// Expungements lists expungements in scope, newest first. State "" means all.
func (v *View) Expungements(ctx context.Context, state custody.ExpungementState, sc roster.Scope, after string,
	limit int) ([]custody.Expungement, error) {
	var rows []custody.Expungement
	q := onRecord(v.db.NewSelect().Model(&rows), sc)
	if state != "" {
		q = q.Where("state = ?", state)
	}
	if after != "" {
		q = q.Where("id < ?", after)
	}
	return rows, q.Order("id DESC").Limit(int64(limit)).Scan(ctx)
}

// ExpungementCount counts the rows that Expungements lists.
func (v *View) ExpungementCount(ctx context.Context, state custody.ExpungementState, sc roster.Scope) (int64, error) {
	q := onRecord(v.db.NewSelect().Model((*custody.Expungement)(nil)), sc)
	if state != "" {
		q = q.Where("state = ?", state)
	}
	return q.Count(ctx)
}

// ExpungementPending reports whether an expungement of the record is proposed.
func (v *View) ExpungementPending(ctx context.Context, record string) (bool, error) {
	return v.db.NewSelect().Model((*custody.Expungement)(nil)).
		Where("record_id = ? AND state = ?", record, custody.ExpungementProposed).Exists(ctx)
}

// ExpungementApprovals lists who has agreed to the expungements, in
// chronological order.
func (v *View) ExpungementApprovals(ctx context.Context, expungements ...string) ([]custody.ExpungementApproval, error) {
	var rows []custody.ExpungementApproval
	if len(expungements) == 0 {
		return rows, nil
	}
	return rows, v.db.NewSelect().Model(&rows).Where("expungement_id IN (?)", bun.List(expungements)).Order("id").Scan(ctx)
}

// Hold reads one legal hold in scope.
func (v *View) Hold(ctx context.Context, id string, sc roster.Scope) (*custody.Hold, error) {
	h := new(custody.Hold)
	return h, onRecord(v.db.NewSelect().Model(h).Where("id = ?", id), sc).Scan(ctx)
}

// Holds lists legal holds in scope, live ones first, then newest first.
func (v *View) Holds(ctx context.Context, sc roster.Scope, limit int) ([]custody.Hold, error) {
	var rows []custody.Hold
	return rows, onRecord(v.db.NewSelect().Model(&rows), sc).OrderExpr("state DESC, id DESC").Limit(int64(limit)).Scan(ctx)
}

// Held reports whether a live hold preserves any of the records.
func (v *View) Held(ctx context.Context, records ...string) (bool, error) {
	if len(records) == 0 {
		return false, nil
	}
	return v.db.NewSelect().Model((*custody.Hold)(nil)).Where("record_id IN (?) AND state = ?", bun.List(records),
		custody.HoldLive).Exists(ctx)
}

// MatchOfRecord reads an audit record's match, under the scope of matches.
func (v *View) MatchOfRecord(ctx context.Context, id string, sc roster.Scope) (*intake.Match, error) {
	var rows []*intake.Match
	if err := matchScoped(v.db.NewSelect().Model(&rows).Where("(id = ? OR record_id = ?)", id, id), sc).Scan(ctx); err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, fault.NotFound()
	}
	return rows[0], nil
}

// Tombstone reads the tombstone of a record.
func (v *View) Tombstone(ctx context.Context, record string) (custody.Tombstone, error) {
	var stone custody.Tombstone
	err := v.db.NewSelect().Model(&stone).Where("record_id = ?", record).Limit(1).Scan(ctx)
	return stone, err
}
