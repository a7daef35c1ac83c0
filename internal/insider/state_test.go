package insider

import (
	"context"
	"database/sql"
	"encoding/hex"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"time"

	"plumbline/internal/app/casework"
	"plumbline/internal/inquiry"
	"plumbline/internal/issue"
	"plumbline/internal/roster"
)

// row is a row as texts, whatever the dialect.
type row map[string]string

// state is what stands in the tables: all of it, or what has changed since.
type state struct {
	tables  map[string]map[string]row
	entries []row // of the ledger, with an account
	size    int64
}

const stampLayout = "2006-01-02 15:04:05.000000+00:00"

// loadState reads every table whose rows have an id and say when they changed.
func loadState(db *sql.DB, since time.Time) (*state, error) {
	s := &state{tables: map[string]map[string]row{}}
	tables, err := stampedTables(db)
	if err != nil {
		return nil, err
	}
	for _, t := range tables {
		q := "SELECT * FROM " + t
		if !since.IsZero() {
			q += " WHERE changed_at >= '" + since.UTC().Format(stampLayout) + "'"
		}
		rows, err := readRows(db, q)
		if err != nil {
			return nil, err
		}
		s.tables[t] = make(map[string]row, len(rows))
		for _, r := range rows {
			s.tables[t][r["id"]] = r
		}
	}
	if err := db.QueryRow("SELECT count(*) FROM ledger_entries").Scan(&s.size); err != nil {
		return nil, err
	}
	return s, nil
}

// stampedTables lists them; both dialects answer the same way to a query that
// gives no rows.
func stampedTables(db *sql.DB) (out []string, err error) {
	names, err := readRows(db, "SELECT name FROM sqlite_master WHERE type = 'table'")
	if err != nil {
		names, err = readRows(db, "SELECT tablename AS name FROM pg_tables WHERE schemaname = current_schema()")
	}
	if err != nil {
		return nil, err
	}
	for _, n := range names {
		r, err := db.Query("SELECT * FROM " + n["name"] + " WHERE 1 = 0")
		if err != nil {
			continue // not for the owner to read
		}
		cols, err := r.Columns()
		_ = r.Close()
		if err == nil && slices.Contains(cols, "id") && slices.Contains(cols, "changed_at") && slices.Contains(cols, "version") {
			out = append(out, n["name"])
		}
	}
	slices.Sort(out)
	return out, nil
}

func readRows(db *sql.DB, query string) ([]row, error) {
	rows, err := db.Query(query)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", query, err)
	}
	defer func() { _ = rows.Close() }()
	cols, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	var out []row
	for rows.Next() {
		into, cells := make([]any, len(cols)), make([]any, len(cols))
		for i := range into {
			into[i] = &cells[i]
		}
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		r := make(row, len(cols))
		for i, c := range cols {
			r[c] = cell(cells[i])
		}
		out = append(out, r)
	}
	return out, rows.Err()
}

func cell(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case []byte:
		return hex.EncodeToString(v)
	case bool:
		return map[bool]string{true: "1", false: "0"}[v]
	case time.Time:
		if v.Equal(v.Truncate(24 * time.Hour)) {
			return v.UTC().Format("2006-01-02")
		}
		return v.UTC().Format(stampLayout)
	}
	return fmt.Sprint(v)
}

// judge looks at a site after a walk.
type judge struct {
	w        *walker
	base     *state
	now      *state
	accounts []string // the walker's own
	people   []string
	today    string
}

func newJudge(w *walker) (*judge, error) {
	db, err := openDB(w.s.w.dialect, w.s.dsn)
	if err != nil {
		return nil, err
	}
	defer func() { _ = db.Close() }()
	j := &judge{w: w, base: w.s.w.base, today: "2026-06-15"}
	j.accounts, j.people = w.actors()
	if j.now, err = loadState(db, today.Add(-time.Second)); err != nil {
		return nil, err
	}
	j.now.entries, err = readRows(db, fmt.Sprintf("SELECT seq, account, verb, kind, object_id FROM ledger_entries WHERE seq >= %d ORDER BY seq", j.base.size))
	return j, err
}

// pair is a row before and after; before is nil for a new one.
type change struct {
	before row
	after  row
}

// changed lists the rows of a table that the walk has touched, by id.
func (j *judge) changed(table string) (out []change) {
	for _, id := range slices.Sorted(maps.Keys(j.now.tables[table])) {
		out = append(out, change{j.base.tables[table][id], j.now.tables[table][id]})
	}
	return out
}

// row is a row as it stands now.
func (j *judge) row(table, id string) row {
	if r := j.now.tables[table][id]; r != nil {
		return r
	}
	return j.base.tables[table][id]
}

// all lists the rows of a table as they stand now, by id.
func (j *judge) all(table string, fits func(row) bool) (out []row) {
	ids := maps.Clone(j.base.tables[table])
	if ids == nil {
		ids = map[string]row{}
	}
	maps.Copy(ids, j.now.tables[table])
	for _, id := range slices.Sorted(maps.Keys(ids)) {
		if fits(ids[id]) {
			out = append(out, ids[id])
		}
	}
	return out
}

// mine reports whether an account or a person is the walker.
func (j *judge) mine(id string) bool {
	return slices.Contains(j.accounts, id) || slices.Contains(j.people, id)
}

// others reports whether a name stands in a column, and it is not the walker's.
func (j *judge) others(id string) bool { return id != "" && !j.mine(id) }

// agreed reports whether somebody else had proposed, before the walk, an act
// about one of the things.
func (j *judge) agreed(ids ...string) bool {
	for _, p := range j.base.tables["proposals"] {
		if p["state"] == "proposed" && j.others(p["proposed_by"]) && (slices.Contains(ids, p["object_id"]) ||
			slices.Contains(ids, p["matter_id"])) {
			return true
		}
	}
	return false
}

// handlers lists, for every open matter, who can see it and act on it: an
// inspector for a severe issue, a member of a deciding body for a case.
func (s *site) handlers() map[string][]string {
	ctx := context.Background()
	out := map[string][]string{}
	for _, p := range s.w.people {
		who, err := s.app.ActorNamed(ctx, p.account)
		if err != nil {
			continue // disabled
		}
		if s.app.May(who, "issue.triage") {
			f := issue.All()
			f.MinSeverity, f.Live = 3, true
			for cursor := ""; ; {
				list, err := s.app.Issues(ctx, who, casework.IssueListInput{Filter: f, Limit: 200, Cursor: cursor})
				if err != nil {
					break
				}
				for _, r := range list.Rows {
					if r.State.Open() {
						out[r.ID] = append(out[r.ID], p.account)
					}
				}
				if cursor = list.Next; cursor == "" {
					break
				}
			}
		}
		if s.app.May(who, "track.assign") {
			f, err := inquiry.ParseCaseFilter(url.Values{})
			if err != nil {
				continue
			}
			for cursor := ""; ; {
				list, err := s.app.Cases(ctx, who, f, cursor)
				if err != nil {
					break
				}
				for _, r := range list.Rows {
					if string(r.State) != "closed" {
						out[r.ID] = append(out[r.ID], p.account)
					}
				}
				if cursor = list.Next; cursor == "" {
					break
				}
			}
		}
	}
	return out
}

// hiddenFrom lists ids and references of what each of the walkers is barred
// from: what was found about himself and not told him, what is about those who
// lead him or are related to him, and what he is a party to.
func (s *site) hiddenFrom(who []*who) map[string]bool {
	out := map[string]bool{}
	b := s.w.base
	if b == nil {
		return out
	}
	for _, p := range who {
		hide := func(account string, r row) {
			out[account+" "+r["id"]] = true
			if r["ref"] != "" {
				out[account+" "+r["ref"]] = true
			}
		}
		barred := s.w.barsOf(p.person)
		party := map[string]bool{}
		for _, r := range b.tables["parties"] {
			if r["person_id"] == p.person {
				party[r["object_id"]] = true
			}
		}
		told := map[string]bool{} // cases of which he knows
		for _, f := range b.tables["findings"] {
			if f["person_id"] == p.person && f["served_on"] != "" {
				told[f["case_id"]] = true
			}
		}
		for id, r := range b.tables["issues"] {
			own := r["person_id"] == p.person && r["source"] != "self" && r["noticed_at"] == "" && !told[r["case_id"]]
			if own || r["person_id"] != "" && barred[r["person_id"]] || party[id] {
				hide(p.account, r)
			}
		}
		for id, r := range b.tables["cases"] {
			if !told[id] && (r["person_id"] == p.person || barred[r["person_id"]] || party[id]) {
				hide(p.account, r)
			}
		}
		for _, r := range b.tables["questions"] {
			if (r["person_id"] == p.person && r["state"] == "raised") || barred[r["person_id"]] || barred[r["subject_id"]] {
				hide(p.account, r)
			}
		}
	}
	return out
}

// barsOf lists whose matters a person is barred from: those who head or are in
// charge of a unit above his posting, and his relatives.
func (w *world) barsOf(person string) map[string]bool {
	out := map[string]bool{}
	b := w.base.tables
	over := map[string]bool{}
	for _, p := range b["postings"] {
		if p["person_id"] != person || p["to_on"] != "" && p["to_on"] < "2026-06-15" {
			continue
		}
		for u := p["unit_id"]; u != ""; u = b["units"][u]["parent_id"] {
			over[u] = true
		}
	}
	for _, l := range b["command_links"] {
		if over[l["over_unit_id"]] && l["person_id"] != person && (l["kind"] == string(roster.LinkHead) ||
			l["kind"] == string(roster.LinkInCharge)) && l["to_on"] == "" {
			out[l["person_id"]] = true
		}
	}
	for _, r := range b["relations"] {
		if r["to_on"] != "" {
			continue
		}
		switch person {
		case r["person_id"]:
			out[r["other_id"]] = true
		case r["other_id"]:
			out[r["person_id"]] = true
		}
	}
	return out
}
