package store

import (
	"context"
	"slices"

	"github.com/uptrace/bun"

	"plumbline/internal/roster"
	"plumbline/internal/store/engine"
)

// EntriesFrom reads entries from a sequence number on, oldest first, excluding
// those about matters that the scope's bars hide.
func (v *View) EntriesFrom(ctx context.Context, from int64, limit int, sc roster.Scope) ([]engine.LedgerEntry, error) {
	return v.unbarredEntries(ctx, limit, sc, func(last *engine.LedgerEntry) ([]engine.LedgerEntry, error) {
		if last != nil {
			from = last.Seq + 1
		}
		return v.Entries(ctx, from, limit)
	})
}

// EntriesBefore reads entries below a sequence number, newest first, with the
// same exclusions as EntriesFrom.
func (v *View) EntriesBefore(ctx context.Context, before int64, limit int, sc roster.Scope) ([]engine.LedgerEntry, error) {
	return v.unbarredEntries(ctx, limit, sc, func(last *engine.LedgerEntry) ([]engine.LedgerEntry, error) {
		if last != nil {
			before = last.Seq
		}
		var rows []engine.LedgerEntry
		return rows, v.db.NewSelect().Model(&rows).Where("seq < ?", before).Order("seq DESC").Limit(int64(limit)).Scan(ctx)
	})
}

// unbarredEntries fills one page from as many batches as it takes, so that the
// length of a page reveals nothing about what is hidden.
func (v *View) unbarredEntries(ctx context.Context, limit int, sc roster.Scope,
	next func(last *engine.LedgerEntry) ([]engine.LedgerEntry, error)) ([]engine.LedgerEntry, error) {
	out := []engine.LedgerEntry{}
	if sc.Empty() {
		return out, nil
	}
	var last *engine.LedgerEntry
	for len(out) < limit { // one batch, unless the bars hide most of it
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

// filed lists the verbs of entries on a person that concern that person's file
// rather than the roster.
var filed = []string{"file.read", "person.export"}

// barredEntries returns the sequence numbers of entries about matters that the
// bars hide.
func (v *View) barredEntries(ctx context.Context, rows []engine.LedgerEntry, sc roster.Scope) (map[int64]bool, error) {
	out := make(map[int64]bool)
	if len(sc.BarPeople) == 0 && len(sc.BarDated) == 0 && len(sc.BarObjects) == 0 {
		return out, nil
	}
	seqs := make(map[string]map[string][]int64) // by kind and object
	for _, e := range rows {
		if e.Kind == "person" && slices.Contains(filed, e.Verb) && slices.Contains(sc.BarPeople, e.ObjectID) ||
			slices.Contains(sc.BarObjects, e.ObjectID) {
			out[e.Seq] = true
		}
		if seqs[e.Kind] == nil {
			seqs[e.Kind] = make(map[string][]int64)
		}
		seqs[e.Kind][e.ObjectID] = append(seqs[e.Kind][e.ObjectID], e.Seq)
	}
	for i := range engine.Kinds { // one query for each kind on the page: a handful, by primary key
		k := &engine.Kinds[i]
		if len(seqs[k.Kind]) == 0 || k.About != engine.AboutMatter {
			continue
		}
		var ids []string
		for id := range seqs[k.Kind] {
			ids = append(ids, id)
		}
		var hidden []string
		if err := v.barredRowsOf(k, ids, sc).Scan(ctx, &hidden); err != nil {
			return nil, err
		}
		for _, id := range hidden {
			for _, seq := range seqs[k.Kind][id] {
				out[seq] = true
			}
		}
	}
	return out, nil
}

// subjectsOf returns the columns that name whom a row of the kind is about. A
// dated bar is judged by person_id, because the event date belongs to that
// column.
func (v *View) subjectsOf(k *engine.RowKind) (out []ScopeColumns) {
	t := v.Table(k)
	for _, name := range k.Subjects(t) {
		columns := ScopeColumns{Person: name}
		if name == "person_id" && t.HasField("event_on") {
			columns.EventOn = "event_on"
		}
		out = append(out, columns)
	}
	return out
}

// barredRowsOf selects those of the rows that the bars hide, through their own
// subject or through the subject of the rows they belong to.
func (v *View) barredRowsOf(k *engine.RowKind, ids []string, sc roster.Scope) *bun.SelectQuery {
	t, own := v.Table(k), v.subjectsOf(k)
	subjects := len(own)
	for _, f := range t.Fields {
		if k.Hangs(f.Name) {
			own = append(own, ScopeColumns{ID: f.Name})
		}
	}
	q := v.db.NewSelect().TableExpr("?", bun.Ident(t.Name)).Column("id").Where("id IN (?)", bun.List(ids))
	return q.WhereGroup(" AND ", func(q *bun.SelectQuery) *bun.SelectQuery {
		q, some := orBars(q, sc, own...)
		for _, f := range t.Fields {
			if parent := engine.KindByName[k.Ref(f.Name)]; parent != nil && k.Hangs(f.Name) && len(v.subjectsOf(parent)) > 0 {
				q, some = q.WhereOr("? IN (?)", bun.Ident(f.Name), v.barredSubjects(parent, "id", sc)), true
			}
			// A record names nobody; its match says whom it is about.
			if subjects == 0 && (k.Ref(f.Name) == "audit_record" || k.Kind == "audit_record" && f.Name == "id") {
				q, some = q.WhereOr("? IN (?)", bun.Ident(f.Name), v.barredSubjects(engine.KindByName["match"], "record_id", sc)), true
			}
		}
		if t.HasField("candidates") { // an open match is hidden from anyone barred from a candidate
			for _, p := range sc.BarPeople {
				q, some = q.WhereOr("(person_id = '' AND candidates LIKE ?)", "%"+p+"%"), true
			}
			for _, b := range sc.BarDated {
				q, some = q.WhereOr("(person_id = '' AND candidates LIKE ? AND event_on >= ? AND (? = '' OR event_on <= ?))",
					"%"+b.Person+"%", string(b.From), string(b.To), string(b.To)), true
			}
		}
		if !some {
			return q.Where("1 = 0")
		}
		return q
	})
}

// barredSubjects selects a column of the rows of a kind whose own subject the
// bars hide.
func (v *View) barredSubjects(k *engine.RowKind, column string, sc roster.Scope) *bun.SelectQuery {
	q := v.db.NewSelect().TableExpr("?", bun.Ident(v.Table(k).Name)).Column(column)
	return q.WhereGroup(" AND ", func(q *bun.SelectQuery) *bun.SelectQuery {
		q, some := orBars(q, sc, v.subjectsOf(k)...)
		if !some {
			return q.Where("1 = 0")
		}
		return q
	})
}
