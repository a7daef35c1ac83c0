package store

import (
	"context"
	"reflect"
	"slices"

	"github.com/uptrace/bun"

	"plumbline/internal/roster"
)

// EntriesFrom reads entries from a sequence number on, oldest first, without
// those about a matter that the bars of the scope hide.
func (v *View) EntriesFrom(ctx context.Context, from int64, limit int, sc roster.Scope) ([]LedgerEntry, error) {
	return v.unbarredEntries(ctx, limit, sc, func(last *LedgerEntry) ([]LedgerEntry, error) {
		if last != nil {
			from = last.Seq + 1
		}
		return v.Entries(ctx, from, limit)
	})
}

// EntriesBefore reads entries below a sequence number, newest first, as
// EntriesFrom does.
func (v *View) EntriesBefore(ctx context.Context, before int64, limit int, sc roster.Scope) ([]LedgerEntry, error) {
	return v.unbarredEntries(ctx, limit, sc, func(last *LedgerEntry) ([]LedgerEntry, error) {
		if last != nil {
			before = last.Seq
		}
		var rows []LedgerEntry
		return rows, v.db.NewSelect().Model(&rows).Where("seq < ?", before).Order("seq DESC").Limit(int64(limit)).Scan(ctx)
	})
}

// unbarredEntries fills one page from as many stretches as it takes, so that a
// page is as long as another and its length tells nothing.
func (v *View) unbarredEntries(ctx context.Context, limit int, sc roster.Scope, next func(last *LedgerEntry) ([]LedgerEntry, error)) ([]LedgerEntry, error) {
	out := []LedgerEntry{}
	if sc.Empty() {
		return out, nil
	}
	var last *LedgerEntry
	for len(out) < limit { // one stretch, unless the bars hide most of it
		rows, err := next(last)
		if err != nil {
			return nil, err
		}
		if len(rows) == 0 {
			break
		}
		hidden, err := v.barredEntries(ctx, rows, sc)
		if err != nil {
			return nil, err
		}
		last = &rows[len(rows)-1]
		for _, e := range rows {
			if !hidden[e.Seq] && len(out) < limit {
				out = append(out, e)
			}
		}
		if len(rows) < limit {
			break
		}
	}
	return out, nil
}

// rosterFacts are about people and are no matter: nobody is barred from them.
var rosterFacts = []string{"person", "identifier", "posting", "command_link", "account", "grant", "unit", "unit_link"}

// filed are the entries on a person that are about his file, not the roster.
var filed = []string{"file.read", "person.export"}

// barredEntries says which entries are about a matter that the bars hide.
func (v *View) barredEntries(ctx context.Context, rows []LedgerEntry, sc roster.Scope) (map[int64]bool, error) {
	out := make(map[int64]bool)
	if len(sc.BarPeople) == 0 && len(sc.BarDated) == 0 && len(sc.BarObjects) == 0 {
		return out, nil
	}
	seqs := make(map[string]map[string][]int64) // by kind and object
	for _, e := range rows {
		if e.Kind == "person" && slices.Contains(filed, e.Verb) && slices.Contains(sc.BarPeople, e.ObjectID) || slices.Contains(sc.BarObjects, e.ObjectID) {
			out[e.Seq] = true
		}
		if seqs[e.Kind] == nil {
			seqs[e.Kind] = make(map[string][]int64)
		}
		seqs[e.Kind][e.ObjectID] = append(seqs[e.Kind][e.ObjectID], e.Seq)
	}
	for _, k := range kinds { // one query for each kind that the page names: a handful, by primary key
		if len(seqs[k.kind]) == 0 || slices.Contains(rosterFacts, k.kind) {
			continue
		}
		var ids []string
		for id := range seqs[k.kind] {
			ids = append(ids, id)
		}
		q := v.barredRowsOf(k.typ, ids, sc)
		if q == nil {
			continue
		}
		var hidden []string
		if err := q.Scan(ctx, &hidden); err != nil {
			return nil, err
		}
		for _, id := range hidden {
			for _, seq := range seqs[k.kind][id] {
				out[seq] = true
			}
		}
	}
	return out, nil
}

// subjects are the columns that name whom a row is about; a dated bar is judged
// by the first.
var subjects = []string{"person_id", "subject_id", "other_id", "official_id", "leader_id"}

// hangsOn says on which table's row another hangs, by the column that names it.
var hangsOn = map[string]string{
	"issue_id": "issues", "case_id": "cases", "track_id": "tracks", "submission_id": "submissions", "match_id": "matches", "about_id": "issues", "proposal_id": "proposals",
}

// barredRowsOf selects those of the rows that the bars hide, by their own
// subject or by that of what they hang on; nil where the kind is about nobody.
func (v *View) barredRowsOf(typ reflect.Type, ids []string, sc roster.Scope) *bun.SelectQuery {
	t := v.s.writer.Dialect().Tables().Get(typ)
	var own []ScopeColumns
	for i, c := range subjects {
		if t.HasField(c) {
			columns := ScopeColumns{Person: c}
			if i == 0 && t.HasField("event_on") {
				columns.EventOn = "event_on"
			}
			own = append(own, columns)
		}
	}
	for _, c := range []string{"issue_id", "case_id", "track_id", "object_id", "record_id", "matter_id"} {
		if t.HasField(c) {
			own = append(own, ScopeColumns{ID: c})
		}
	}
	if len(own) == 0 && !t.HasField("submission_id") && !t.HasField("match_id") && !t.HasField("proposal_id") {
		return nil
	}
	q := v.db.NewSelect().TableExpr("?", bun.Ident(t.Name)).Column("id").Where("id IN (?)", bun.List(ids))
	return q.WhereGroup(" AND ", func(q *bun.SelectQuery) *bun.SelectQuery {
		q, some := orBars(q, sc, own...)
		for column, table := range hangsOn {
			if !t.HasField(column) {
				continue
			}
			columns := []ScopeColumns{{Person: "person_id", EventOn: "event_on"}}
			q, some = q.WhereOr("? IN (?)", bun.Ident(column), v.db.NewSelect().TableExpr("?", bun.Ident(table)).Column("id").WhereGroup(" AND ", func(q *bun.SelectQuery) *bun.SelectQuery {
				q, barred := orBars(q, sc, columns...)
				if !barred {
					q = q.Where("1 = 0")
				}
				return q
			})), true
		}
		if t.HasField("candidates") { // an open match hides from whoever is barred from a candidate
			for _, p := range sc.BarPeople {
				q, some = q.WhereOr("(person_id = '' AND candidates LIKE ?)", "%"+p+"%"), true
			}
			for _, b := range sc.BarDated {
				q, some = q.WhereOr("(person_id = '' AND candidates LIKE ? AND event_on >= ? AND (? = '' OR event_on <= ?))", "%"+b.Person+"%", string(b.From), string(b.To), string(b.To)), true
			}
		}
		if !some {
			return q.Where("1 = 0")
		}
		return q
	})
}
