package store

import (
	"context"
	"slices"
	"strings"

	"github.com/uptrace/bun"

	"plumbline/internal/fault"
	"plumbline/internal/issue"
	"plumbline/internal/ledger"
	"plumbline/internal/roster"
)

// issueKeysMax is the most keys that one comparison query carries.
const issueKeysMax = 200

// Issue opens one issue under the scope; outside it, or barred, it is not there.
func (v *View) Issue(ctx context.Context, id string, sc roster.Scope) (*issue.Issue, error) {
	var rows []*issue.Issue
	if err := scoped(v.db.NewSelect().Model(&rows).Where("id = ?", id), sc, columnsDefault).Scan(ctx); err != nil {
		return nil, err
	}
	if len(rows) != 1 {
		return nil, fault.NotFound()
	}
	return rows[0], nil
}

// IssueByName opens one issue by its id or its reference, under the scope.
func (v *View) IssueByName(ctx context.Context, name string, sc roster.Scope) (*issue.Issue, error) {
	if len(name) > 20 {
		return v.Issue(ctx, name, sc)
	}
	var rows []*issue.Issue
	q := scoped(v.db.NewSelect().Model(&rows).Where("ref = ?", strings.ToUpper(name)), sc, columnsDefault)
	if err := q.Limit(2).Scan(ctx); err != nil {
		return nil, err
	}
	if len(rows) != 1 {
		return nil, fault.NotFound()
	}
	return rows[0], nil
}

// IssuesByID opens those of the issues that the scope admits, in no order.
func (v *View) IssuesByID(ctx context.Context, ids []string, sc roster.Scope) ([]*issue.Issue, error) {
	var out []*issue.Issue
	for chunk := range slices.Chunk(ids, 500) {
		var rows []*issue.Issue
		if err := scoped(v.db.NewSelect().Model(&rows).Where("id IN (?)", bun.List(chunk)), sc, columnsDefault).Scan(ctx); err != nil {
			return nil, err
		}
		out = append(out, rows...)
	}
	return out, nil
}

// IssueList is one page of the list, under the scope. after is the last row of
// the page before, nil for the first.
func (v *View) IssueList(ctx context.Context, f issue.Filter, sc roster.Scope, after *issue.Place, limit int) ([]issue.Row, error) {
	q := v.db.NewSelect().TableExpr("issues").Column("id", "version", "ref", "source", "source_code", "category", "item_no",
		"severity", "person_id", "unit_id", "branch_id", "event_on", "received_on", "state", "disclosure", "paired", "concealment", "finding", "form", "case_id")
	q, err := v.issueWhere(ctx, q, f, sc)
	if err != nil {
		return nil, err
	}
	// Conditions that hold for every row: with them SQLite goes through the index
	// of the order and stops after a page; without, it sorts the whole bureau.
	if f.Sort == issue.BySeverity {
		q = q.Where("severity >= 0")
	} else {
		q = q.Where("event_on >= ''")
	}
	switch f.Sort {
	case issue.ByOldest:
		if after != nil {
			q = q.Where("(event_on, id) > (?, ?)", after.EventOn, after.ID)
		}
		q = q.OrderExpr("event_on, id")
	case issue.BySeverity:
		if after != nil {
			q = q.Where("(severity, event_on, id) < (?, ?, ?)", after.Severity, after.EventOn, after.ID)
		}
		q = q.OrderExpr("severity DESC, event_on DESC, id DESC")
	default:
		if after != nil {
			q = q.Where("(event_on, id) < (?, ?)", after.EventOn, after.ID)
		}
		q = q.OrderExpr("event_on DESC, id DESC")
	}
	rows := make([]issue.Row, 0, limit)
	err = q.Limit(int64(limit)).Scan(ctx, &rows)
	return rows, err
}

// IssueDeltas adds up what the issues that the scope's reach covers but its
// bars hide have put into the counters, for a report that must leave them out.
// Only issues of the unit and below count.
func (v *View) IssueDeltas(ctx context.Context, unit string, sc roster.Scope, emit func(section, unit, month, key string, n int64)) error {
	tree, err := v.s.placement(ctx, v.db)
	if err != nil {
		return err
	}
	var rows []*issue.Issue
	if err := barred(v.db.NewSelect().Model(&rows), sc, columnsDefault).Scan(ctx); err != nil {
		return err
	}
	for _, i := range rows {
		if tree.under(i.UnitID, unit) {
			i.Deltas(emit)
		}
	}
	return nil
}

// underUnit narrows to a unit and, unless only, all below it in today's tree.
func (v *View) underUnit(ctx context.Context, q *bun.SelectQuery, unit string, only bool) (*bun.SelectQuery, error) {
	if unit == "" {
		return q, nil
	}
	if only {
		return q.Where("unit_id = ?", unit), nil
	}
	tree, err := v.s.placement(ctx, v.db)
	if err != nil {
		return nil, err
	}
	tier, known := tree.tier[unit]
	switch {
	case !known:
		return q.Where("1 = 0"), nil
	case tree.branch(unit) == unit:
		return q.Where("branch_id = ?", unit), nil
	}
	var units, above []string
	for u := range tree.tier {
		at := u
		for n := 0; at != unit && at != "" && n < 8; n++ {
			at = tree.parent[at]
		}
		if at == unit {
			units = append(units, u)
		} else {
			above = append(above, u)
		}
	}
	switch {
	case tier <= 1 && len(above) == 0:
		return q, nil
	case tier <= 1: // nearly everything: name what is left out
		return q.Where("unit_id NOT IN (?)", bun.List(above)), nil
	case len(units) == 1:
		return q.Where("unit_id = ?", unit), nil
	}
	return q.Where("unit_id IN (?)", bun.List(units)), nil
}

// issueWhere turns a filter into SQL; it says the same as Filter.Admits.
func (v *View) issueWhere(ctx context.Context, q *bun.SelectQuery, f issue.Filter, sc roster.Scope) (*bun.SelectQuery, error) {
	q, err := v.underUnit(ctx, q, f.Unit, f.Only)
	if err != nil {
		return nil, err
	}
	return filtered(scoped(q, sc, columnsDefault), f), nil
}

// filtered is all of a filter but its unit.
func filtered(q *bun.SelectQuery, f issue.Filter) *bun.SelectQuery {
	text := func(column, value string) {
		if value != "" {
			q = q.Where("? = ?", bun.Safe(column), value)
		}
	}
	text("category", f.Category)
	text("source", string(f.Source))
	text("source_code", f.SourceCode)
	text("state", string(f.State))
	text("disclosure", string(f.Disclosure))
	text("concealment", string(f.Concealment))
	text("finding", f.Finding)
	text("person_id", f.Person)
	text("campaign_id", f.Campaign)
	text("submission_id", f.Submission)
	text("record_id", f.Record)
	if f.Case == issue.NoCase {
		q = q.Where("case_id = ''")
	} else {
		text("case_id", f.Case)
	}
	switch {
	case f.MaxSeverity >= 0 && f.MinSeverity == f.MaxSeverity:
		q = q.Where("severity = ?", f.MinSeverity)
	default:
		if f.MinSeverity > 0 {
			q = q.Where("severity >= ?", f.MinSeverity)
		}
		if f.MaxSeverity >= 0 {
			q = q.Where("severity <= ?", f.MaxSeverity)
		}
	}
	if f.MinSeverity >= 2 {
		q = q.Where("severity >= 2") // the words of the partial index
	}
	if f.Source == issue.Audit || f.Source == issue.Inspection || f.Cell == issue.Both || f.Cell == issue.AuditOnly || f.Cell == issue.Inspected {
		q = q.Where("source <> 'self'")
	}
	if f.State != "" && f.State != issue.Registered {
		q = q.Where("state <> 'registered'")
	}
	if f.Concealment != "" {
		q = q.Where("concealment <> ''")
	}
	if f.Submission != "" {
		q = q.Where("submission_id <> ''")
	}
	if f.Record != "" {
		q = q.Where("record_id <> ''")
	}
	if f.Case != "" && f.Case != issue.NoCase {
		q = q.Where("case_id <> ''")
	}
	if f.Tier >= 0 {
		q = q.Where("tier = ?", f.Tier)
	}
	if f.From != "" {
		q = q.Where("event_on >= ?", f.From+"-01")
	}
	if f.To != "" {
		q = q.Where("event_on <= ?", f.To+"-31")
	}
	if f.Form > 0 {
		q = q.Where("form = ?", f.Form)
	}
	live := f.Live || f.Cell != "" || f.Open
	switch f.Cell {
	case issue.Both:
		q = q.Where("source = ? AND disclosure <> ?", issue.Audit, issue.NotDisclosed)
	case issue.AuditOnly:
		q = q.Where("source = ? AND disclosure = ?", issue.Audit, issue.NotDisclosed)
	case issue.SelfOnly:
		q = q.Where("source = ? AND paired = ?", issue.Self, false)
	case issue.Counterpart:
		q = q.Where("source = ? AND paired = ?", issue.Self, true)
	case issue.Inspected:
		q = q.Where("source = ?", issue.Inspection)
	}
	if live && f.State == "" {
		q = q.Where("state NOT IN (?, ?, ?)", issue.Merged, issue.Rejected, issue.Withdrawn)
	} else if live && !f.State.Live() {
		q = q.Where("1 = 0")
	}
	if f.Open {
		q = q.Where("state NOT IN (?, ?)", issue.Corrected, issue.Closed)
	}
	return q
}

// issuesOfKeys loads what is stored under the keys, for the comparison.
func (v *View) issuesOfKeys(ctx context.Context, keys []issue.Key) ([]*issue.Issue, error) {
	var people, units [][]string
	for _, k := range keys {
		if k.Person != "" {
			people = append(people, []string{k.Person, k.Category})
		} else {
			units = append(units, []string{k.Unit, k.Category})
		}
	}
	var out []*issue.Issue
	if person := onlyPerson(keys); person != "" { // a self-check: his few issues by their index, the categories by hand
		if err := v.read(ctx, &out, "SELECT * FROM issues WHERE person_id = ?", person); err != nil {
			return nil, err
		}
		return slices.DeleteFunc(out, func(i *issue.Issue) bool { return !slices.Contains(keys, i.Key()) }), nil
	}
	load := func(columns string, pairs [][]string, where string) error {
		for chunk := range slices.Chunk(pairs, issueKeysMax) {
			var rows []*issue.Issue
			tuples := make([]bun.TupleValues, len(chunk))
			for i, pair := range chunk {
				tuples[i] = bun.Tuple(pair)
			}
			q := v.db.NewSelect().Model(&rows).Where("? IN (VALUES ?)", bun.Safe(columns), bun.List(tuples))
			if where != "" {
				q = q.Where(where)
			}
			if err := q.Scan(ctx); err != nil {
				return err
			}
			out = append(out, rows...)
		}
		return nil
	}
	if err := load("(person_id, category)", people, ""); err != nil {
		return nil, err
	}
	return out, load("(unit_id, category)", units, "person_id = ''")
}

// onlyPerson is the person whom all keys concern, "" if there are several.
func onlyPerson(keys []issue.Key) string {
	for _, k := range keys {
		if k.Person == "" || k.Person != keys[0].Person {
			return ""
		}
	}
	return keys[0].Person
}

// AddIssues registers new issues of any number of people: it compares them
// with what is stored under their keys in one query, inserts them, and saves
// the stored ones that the comparison altered. Each needs its ID.
func (tx *Tx) AddIssues(ctx context.Context, fresh []*issue.Issue, t issue.Timing) error {
	if len(fresh) == 0 {
		return nil
	}
	stored, err := tx.issuesOfKeys(ctx, keysOf(fresh...))
	if err != nil {
		return err
	}
	changes := issue.Settle(stored, fresh, t)
	if err := tx.Insert(ctx, fresh); err != nil {
		return err
	}
	for _, c := range changes { // a handful: declared issues that an audit record now matches
		if err := tx.Save(ctx, c.Before, c.After); err != nil {
			return err
		}
	}
	return nil
}

// AddDeclared registers what a person files. The filer takes the rows of his
// entry home with the salt slip, so they say of the comparison only what he may
// know; what rests on a record that he was not told of is written apart.
func (tx *Tx) AddDeclared(ctx context.Context, fresh []*issue.Issue, t issue.Timing) error {
	if len(fresh) == 0 {
		return nil
	}
	stored, err := tx.issuesOfKeys(ctx, keysOf(fresh...))
	if err != nil {
		return err
	}
	issue.Settle(told(stored), fresh, t)
	if err := tx.Insert(ctx, fresh); err != nil {
		return err
	}
	return tx.compareApart(ctx, append(stored, fresh...), t)
}

// SaveDeclared saves what a person files anew, as AddDeclared adds it.
func (tx *Tx) SaveDeclared(ctx context.Context, changes []issue.Change, t issue.Timing) error {
	var filed, touched []*issue.Issue
	for _, c := range changes {
		filed, touched = append(filed, c.After), append(touched, c.Before, c.After)
	}
	if len(filed) == 0 {
		return nil
	}
	stored, err := tx.issuesOfKeys(ctx, keysOf(touched...))
	if err != nil {
		return err
	}
	stored = slices.DeleteFunc(stored, func(i *issue.Issue) bool {
		return slices.ContainsFunc(filed, func(f *issue.Issue) bool { return f.ID == i.ID })
	})
	issue.Settle(told(stored), filed, t)
	for _, c := range changes {
		if err := tx.Save(ctx, c.Before, c.After); err != nil {
			return err
		}
	}
	return tx.compareApart(ctx, append(stored, filed...), t)
}

// told are the issues that the subject was told of.
func told(issues []*issue.Issue) []*issue.Issue {
	return slices.DeleteFunc(slices.Clone(issues), func(i *issue.Issue) bool { return !i.VisibleToSubject() })
}

// compareApart compares all issues of some keys and writes apart what that
// alters.
func (tx *Tx) compareApart(ctx context.Context, all []*issue.Issue, t issue.Timing) error {
	for _, c := range issue.Settle(all, nil, t) {
		if err := tx.saveApart(ctx, c.Before, c.After); err != nil {
			return err
		}
	}
	return nil
}

// ComparedApart names the issues that a filing altered beside what was filed.
// The filer's own entry must not name them.
func (tx *Tx) ComparedApart() []ledger.After { return tx.journal.apart }

// SaveIssue saves a changed issue, and with it the others whose comparison the
// change alters.
func (tx *Tx) SaveIssue(ctx context.Context, before, after *issue.Issue, t issue.Timing) error {
	return tx.SaveIssues(ctx, []issue.Change{{Before: before, After: after}}, t)
}

// SaveIssues saves many changed issues; the comparison is done once for all.
func (tx *Tx) SaveIssues(ctx context.Context, changes []issue.Change, t issue.Timing) error {
	var touched []*issue.Issue
	changed := make(map[string]bool, len(changes))
	for _, c := range changes {
		changed[c.After.ID] = true
		if issue.Unsettles(c.Before, c.After, t) {
			touched = append(touched, c.Before, c.After)
		}
	}
	if len(touched) > 0 {
		stored, err := tx.issuesOfKeys(ctx, keysOf(touched...))
		if err != nil {
			return err
		}
		stored = slices.DeleteFunc(stored, func(i *issue.Issue) bool { return changed[i.ID] })
		keys := keysOf(touched...)
		var moving []*issue.Issue
		for _, c := range changes {
			if slices.Contains(keys, c.After.Key()) {
				moving = append(moving, c.After)
			}
		}
		changes = append(changes, issue.Settle(stored, moving, t)...)
	}
	for _, c := range changes {
		if err := tx.Save(ctx, c.Before, c.After); err != nil {
			return err
		}
	}
	return nil
}

func keysOf(issues ...*issue.Issue) []issue.Key {
	seen := make(map[issue.Key]bool, len(issues))
	keys := make([]issue.Key, 0, len(issues))
	for _, i := range issues {
		if k := i.Key(); !seen[k] {
			seen[k] = true
			keys = append(keys, k)
		}
	}
	return keys
}

// IssuesOfPerson are all issues about a person that the scope admits, earliest
// event first.
func (v *View) IssuesOfPerson(ctx context.Context, person string, sc roster.Scope) ([]*issue.Issue, error) {
	var rows []*issue.Issue
	err := scoped(v.db.NewSelect().Model(&rows).Where("person_id = ?", person), sc, columnsDefault).OrderExpr("event_on, id").Scan(ctx)
	return rows, err
}

// IssuesLinked are the issues that name this one as what they repeat or are a
// duplicate of, and the two that it names itself, as far as the scope admits.
func (v *View) IssuesLinked(ctx context.Context, i *issue.Issue, sc roster.Scope) ([]issue.Row, error) {
	rows := []issue.Row{}
	q := v.db.NewSelect().TableExpr("issues").Column("id", "version", "ref", "source", "source_code", "category", "item_no",
		"severity", "person_id", "unit_id", "branch_id", "event_on", "received_on", "state", "disclosure", "paired", "concealment", "finding", "form", "case_id")
	q = q.WhereGroup(" AND ", func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.WhereOr("id IN (?, ?)", i.DuplicateOf, i.RecurrenceOf).
			WhereOr("(duplicate_of = ? AND duplicate_of <> '')", i.ID).WhereOr("(recurrence_of = ? AND recurrence_of <> '')", i.ID)
	})
	err := scoped(q, sc, columnsDefault).OrderExpr("event_on, id").Limit(200).Scan(ctx, &rows)
	return rows, err
}

// Statements are what was said about the issues, oldest first.
func (v *View) Statements(ctx context.Context, issueIDs ...string) ([]*issue.Statement, error) {
	var out []*issue.Statement
	for chunk := range slices.Chunk(issueIDs, 500) {
		var rows []*issue.Statement
		if err := v.db.NewSelect().Model(&rows).Where("issue_id IN (?)", bun.List(chunk)).OrderExpr("created_at, id").Scan(ctx); err != nil {
			return nil, err
		}
		out = append(out, rows...)
	}
	return out, nil
}

// Statement opens one statement under the scope.
func (v *View) Statement(ctx context.Context, id string, sc roster.Scope) (*issue.Statement, error) {
	var rows []*issue.Statement
	if err := scoped(v.db.NewSelect().Model(&rows).Where("id = ?", id), sc, columnsDefault).Scan(ctx); err != nil {
		return nil, err
	}
	if len(rows) != 1 {
		return nil, fault.NotFound()
	}
	return rows[0], nil
}

// AskedCorrections are the requests for correction that wait for an answer.
func (v *View) AskedCorrections(ctx context.Context, sc roster.Scope, limit int) ([]*issue.Statement, error) {
	var rows []*issue.Statement
	err := scoped(v.db.NewSelect().Model(&rows).Where("state = ?", issue.Asked), sc, columnsDefault).
		OrderExpr("created_at, id").Limit(int64(limit)).Scan(ctx)
	return rows, err
}

// SlightIssues are the declared issues of accepted or locked lists of one unit
// that the head may correct on the spot: up to the severity, not settled yet.
// They come in the order of their ids, after the given one.
func (v *View) SlightIssues(ctx context.Context, unit string, maxSeverity int, sc roster.Scope, after string, limit int) ([]*issue.Issue, error) {
	var rows []*issue.Issue
	err := slight(v.db.NewSelect().Model(&rows), unit, maxSeverity, sc).Where("issue.id > ?", after).
		OrderExpr("issue.id").Limit(int64(limit)).Scan(ctx)
	return rows, err
}

// SlightCount counts them by severity, exactly.
func (v *View) SlightCount(ctx context.Context, unit string, maxSeverity int, sc roster.Scope) (map[int]int64, error) {
	var rows []struct {
		Severity int   `bun:"severity"`
		N        int64 `bun:"n"`
	}
	q := slight(v.db.NewSelect().TableExpr("issues AS issue"), unit, maxSeverity, sc).ColumnExpr("issue.severity, count(*) AS n").GroupExpr("issue.severity")
	if err := q.Scan(ctx, &rows); err != nil {
		return nil, err
	}
	out := make(map[int]int64, len(rows))
	for _, r := range rows {
		out[r.Severity] = r.N
	}
	return out, nil
}

func slight(q *bun.SelectQuery, unit string, maxSeverity int, sc roster.Scope) *bun.SelectQuery {
	q = q.Where("issue.unit_id = ?", unit).Where("issue.source = ?", issue.Self).Where("issue.severity <= ?", maxSeverity).
		Where("issue.state IN (?, ?, ?)", issue.Registered, issue.Triaged, issue.Reopened).
		Where("EXISTS (SELECT 1 FROM submissions AS s WHERE s.id = issue.submission_id AND s.state IN ('accepted', 'locked'))")
	return scoped(q, sc, ScopeColumns{ID: "issue.id", Unit: "issue.unit_id", Branch: "issue.branch_id", Person: "issue.person_id", EventOn: "issue.event_on"})
}

// BulkIDs are the issues that a bulk correction has corrected so far, in its
// order.
func (v *View) BulkIDs(ctx context.Context, bulk, unit string) ([]string, error) {
	var ids []string
	err := v.db.NewSelect().TableExpr("issues").Column("id").Where("unit_id = ? AND bulk_id = ?", unit, bulk).OrderExpr("id").Scan(ctx, &ids)
	return ids, err
}

// BulkCorrected counts them.
func (v *View) BulkCorrected(ctx context.Context, bulk, unit string) (int64, error) {
	n, err := v.db.NewSelect().TableExpr("issues").Where("unit_id = ? AND bulk_id = ?", unit, bulk).Count(ctx)
	return int64(n), err
}
