package store

import (
	"context"
	"slices"

	"github.com/uptrace/bun"

	"plumbline/internal/fault"
	"plumbline/internal/intake"
	"plumbline/internal/roster"
	"plumbline/internal/store/engine"
)

// batchColumns apply a scope to a batch through the unit of its importer's
// role.
var batchColumns = ScopeColumns{ID: "id", Unit: "unit_id", Branch: "branch_id"}

// MatchIndex reads all people and units into the index used for matching. An
// import reads it once: about 14,000 people take some 100 ms.
func (v *View) MatchIndex(ctx context.Context) (_ *intake.Index, err error) {
	defer engine.Doing(&err, "read the match index", "")
	return v.matchIndex(ctx, nil)
}

// MatchIndexOf builds the same index for a few people, to show them side by
// side.
func (v *View) MatchIndexOf(ctx context.Context, people []string) (*intake.Index, error) {
	if len(people) == 0 {
		people = []string{""}
	}
	return v.matchIndex(ctx, people)
}

func (v *View) matchIndex(ctx context.Context, only []string) (*intake.Index, error) {
	narrow := func(column string) *bun.SelectQuery {
		q := v.db.NewSelect()
		if only != nil {
			q = q.Where("? IN (?)", bun.Safe(column), bun.List(only))
		}
		return q
	}
	var people []struct {
		ID          string      `bun:"id"`
		PersonnelNo string      `bun:"personnel_no"`
		Name        string      `bun:"name"`
		Pinyin      string      `bun:"pinyin"`
		Sex         string      `bun:"sex"`
		BornOn      string      `bun:"born_on"`
		IDHash      string      `bun:"id_hash"`
		FamilyName  string      `bun:"family_name"`
		GivenName   string      `bun:"given_name"`
		MiddleName  string      `bun:"middle_name"`
		NameSuffix  string      `bun:"name_suffix"`
		AppointedOn roster.Date `bun:"appointed_on"`
		DepartedOn  roster.Date `bun:"departed_on"`
	}
	if err := narrow("id").TableExpr("people").Column("id", "personnel_no", "name", "pinyin", "sex", "born_on", "id_hash", "family_name",
		"given_name", "middle_name", "name_suffix", "appointed_on", "departed_on").
		OrderExpr("id").Scan(ctx, &people); err != nil {
		return nil, err
	}
	subjects := make([]intake.Subject, len(people))
	at := make(map[string]*intake.Subject, len(people))
	for i, p := range people {
		subjects[i] = intake.Subject{ID: p.ID, Name: p.Name, Pinyin: intake.NameKey(p.Pinyin), Sex: p.Sex, Birth: p.BornOn,
			National: p.IDHash, Personnel: p.PersonnelNo, Appointed: p.AppointedOn, Departed: p.DepartedOn,
			Parts:   roster.NameParts{Family: p.FamilyName, Given: p.GivenName, Middle: p.MiddleName, Suffix: p.NameSuffix},
			Numbers: []intake.Held{{Value: p.PersonnelNo}}}
		at[p.ID] = &subjects[i]
	}
	var identifiers []struct {
		PersonID string      `bun:"person_id"`
		Kind     string      `bun:"kind"`
		Value    string      `bun:"value"`
		FromOn   roster.Date `bun:"from_on"`
		ToOn     roster.Date `bun:"to_on"`
	}
	if err := narrow("person_id").TableExpr("identifiers").Column("person_id", "kind", "value", "from_on", "to_on").
		OrderExpr("person_id, from_on").Scan(ctx, &identifiers); err != nil {
		return nil, err
	}
	for _, i := range identifiers {
		s := at[i.PersonID]
		switch {
		case s == nil:
		case i.Kind == roster.FormerName:
			s.Former = append(s.Former, i.Value)
		case slices.Contains(roster.NameKinds, i.Kind):
			s.Also = append(s.Also, i.Value)
		default:
			s.Numbers = append(s.Numbers, intake.Held{Value: i.Value, From: i.FromOn, To: i.ToOn})
		}
	}
	var postings []struct {
		PersonID string      `bun:"person_id"`
		UnitID   string      `bun:"unit_id"`
		Rank     string      `bun:"rank"`
		Main     bool        `bun:"main"`
		FromOn   roster.Date `bun:"from_on"`
		ToOn     roster.Date `bun:"to_on"`
	}
	if err := narrow("person_id").TableExpr("postings").Column("person_id", "unit_id", "rank", "main", "from_on", "to_on").
		OrderExpr("person_id, from_on").Scan(ctx, &postings); err != nil {
		return nil, err
	}
	for _, p := range postings {
		if s := at[p.PersonID]; s != nil {
			s.Postings = append(s.Postings, intake.Served{Unit: p.UnitID, Rank: p.Rank, Main: p.Main, From: p.FromOn, To: p.ToOn})
		}
	}
	var units []struct {
		ID       string `bun:"id"`
		Code     string `bun:"code"`
		Name     string `bun:"name"`
		NameEN   string `bun:"name_en"`
		Tier     int    `bun:"tier"`
		ParentID string `bun:"parent_id"`
	}
	if err := v.db.NewSelect().TableExpr("units").Column("id", "code", "name", "name_en", "tier", "parent_id").OrderExpr("id").
		Scan(ctx, &units); err != nil {
		return nil, err
	}
	places := make([]intake.Place, len(units))
	for i, u := range units {
		places[i] = intake.Place{ID: u.ID, Name: u.Name, Short: u.NameEN, Code: u.Code, Parent: u.ParentID, Tier: u.Tier}
	}
	return intake.NewIndex(subjects, places), nil
}

// Batch reads one batch in scope.
func (v *View) Batch(ctx context.Context, id string, sc roster.Scope) (*intake.AuditBatch, error) {
	var rows []*intake.AuditBatch
	if err := scoped(v.db.NewSelect().Model(&rows).Where("id = ?", id), sc, batchColumns).Scan(ctx); err != nil {
		return nil, err
	}
	if len(rows) != 1 {
		return nil, fault.NotFound()
	}
	return rows[0], nil
}

// LinkageModel reads a model by its id.
func (v *View) LinkageModel(ctx context.Context, id string) (*intake.LinkageModel, error) {
	row, err := engine.One[intake.LinkageModel](ctx, v.db.NewSelect().Where("id = ?", id))
	if err == nil && row == nil {
		err = fault.NotFound()
	}
	return row, err
}

// NewestLinkageModel reads the model that the site estimated last, or returns nil.
func (v *View) NewestLinkageModel(ctx context.Context) (*intake.LinkageModel, error) {
	return engine.One[intake.LinkageModel](ctx, v.db.NewSelect().OrderExpr("no DESC"))
}

// BatchList returns one page of batches, newest first, after the given id.
func (v *View) BatchList(ctx context.Context, source string, sc roster.Scope, after string, limit int) ([]*intake.AuditBatch, error) {
	rows := []*intake.AuditBatch{}
	q := scoped(v.db.NewSelect().Model(&rows), sc, batchColumns)
	if source != "" {
		q = q.Where("source = ?", source)
	}
	if after != "" {
		q = q.Where("id < ?", after)
	}
	err := q.OrderExpr("id DESC").Limit(int64(limit)).Scan(ctx)
	return rows, err
}

// BatchOfFile looks up the live batch that a source's file was imported as. It
// returns nil if there is none.
func (v *View) BatchOfFile(ctx context.Context, hash, source, sheet string) (*intake.AuditBatch, error) {
	var rows []*intake.AuditBatch
	err := v.db.NewSelect().Model(&rows).Where("file_hash = ? AND source = ? AND sheet = ?", hash, source, sheet).
		Where("state NOT IN (?, ?)", intake.Withdrawing, intake.Withdrawn).OrderExpr("id").Limit(1).Scan(ctx)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	return rows[0], nil
}

// AuditRecords reads records by id, in no particular order. Access is judged by
// their matches.
func (v *View) AuditRecords(ctx context.Context, ids ...string) ([]*intake.AuditRecord, error) {
	var out []*intake.AuditRecord
	for chunk := range slices.Chunk(ids, 500) {
		var rows []*intake.AuditRecord
		if err := v.db.NewSelect().Model(&rows).Where("id IN (?)", bun.List(chunk)).Scan(ctx); err != nil {
			return nil, err
		}
		out = append(out, rows...)
	}
	return out, nil
}

// RejectedRecords returns the rejected records of a batch in file order, after
// a row.
func (v *View) RejectedRecords(ctx context.Context, batch string, after, limit int) ([]*intake.AuditRecord, error) {
	rows := []*intake.AuditRecord{}
	err := v.db.NewSelect().Model(&rows).Where("batch_id = ? AND row_no > ? AND reject_code <> ''", batch, after).
		OrderExpr("row_no").Limit(int64(limit)).Scan(ctx)
	return rows, err
}

// Originals returns, for each keyed checksum, the matches of live records with
// the same content, earliest first.
func (v *View) Originals(ctx context.Context, sums []string) (map[string][]*intake.Match, error) {
	out := make(map[string][]*intake.Match)
	for chunk := range slices.Chunk(sums, 500) {
		var found []struct {
			ID  string `bun:"id"`
			Sum string `bun:"row_sum"`
		}
		if err := v.db.NewSelect().TableExpr("audit_records").Column("id", "row_sum").
			Where("row_sum <> '' AND row_sum IN (?)", bun.List(chunk)).OrderExpr("id").Scan(ctx, &found); err != nil {
			return nil, err
		}
		if len(found) == 0 {
			continue
		}
		ids, sum := make([]string, len(found)), make(map[string]string, len(found))
		for i, f := range found {
			ids[i], sum[f.ID] = f.ID, f.Sum
		}
		matches, err := v.MatchesOfRecords(ctx, ids)
		if err != nil {
			return nil, err
		}
		for _, id := range ids {
			m := matches[id]
			if m == nil || m.State == intake.StateDuplicate || m.State == intake.StateWithdrawn || m.State == intake.StateRejected {
				continue
			}
			out[sum[id]] = append(out[sum[id]], m)
		}
	}
	return out, nil
}

// MatchesOfRecords reads the matches of records as record id → match.
func (v *View) MatchesOfRecords(ctx context.Context, records []string) (map[string]*intake.Match, error) {
	out := make(map[string]*intake.Match, len(records))
	for chunk := range slices.Chunk(records, 500) {
		var rows []*intake.Match
		if err := v.db.NewSelect().Model(&rows).Where("record_id IN (?)", bun.List(chunk)).Scan(ctx); err != nil {
			return nil, err
		}
		for _, m := range rows {
			out[m.RecordID] = m
		}
	}
	return out, nil
}

// matchScoped narrows to the matches in scope, and hides an open match from
// anyone barred from any of its candidates or listed as one.
func matchScoped(q *bun.SelectQuery, sc roster.Scope) *bun.SelectQuery {
	q = scoped(q, sc, columnsDefault)
	for _, p := range sc.BarPeople {
		q = q.Where("NOT (person_id = '' AND candidates LIKE ?)", "%"+p+"%")
	}
	for _, b := range sc.BarDated {
		to := b.To
		if to == "" {
			to = "9999-12-31"
		}
		q = q.Where("NOT (person_id = '' AND candidates LIKE ? AND event_on >= ? AND event_on <= ?)", "%"+b.Person+"%",
			string(b.From), string(to))
	}
	if len(sc.BarObjects) > 0 {
		q = q.Where("(issue_id = '' OR issue_id NOT IN (?))", bun.List(sc.BarObjects))
	}
	return q
}

// Match reads one match in scope.
func (v *View) Match(ctx context.Context, id string, sc roster.Scope) (*intake.Match, error) {
	var rows []*intake.Match
	if err := matchScoped(v.db.NewSelect().Model(&rows).Where("id = ?", id), sc).Scan(ctx); err != nil {
		return nil, err
	}
	if len(rows) != 1 {
		return nil, fault.NotFound()
	}
	return rows[0], nil
}

// MatchList returns one page of the queue, newest events first. after is the
// last row of the previous page.
func (v *View) MatchList(ctx context.Context, f intake.Filter, sc roster.Scope, after *intake.Spot, limit int) ([]*intake.Match, error) {
	rows := []*intake.Match{}
	q, err := v.matchWhere(ctx, v.db.NewSelect().Model(&rows), f, sc)
	if err != nil {
		return nil, err
	}
	if after != nil {
		q = q.Where("(event_on, id) < (?, ?)", string(after.EventOn), after.ID)
	}
	err = q.OrderExpr("event_on DESC, id DESC").Limit(int64(limit)).Scan(ctx)
	return rows, err
}

// MatchCount counts the rows that MatchList lists.
func (v *View) MatchCount(ctx context.Context, f intake.Filter, sc roster.Scope) (int64, error) {
	q, err := v.matchWhere(ctx, v.db.NewSelect().Model((*intake.Match)(nil)), f, sc)
	if err != nil {
		return 0, err
	}
	n, err := q.Count(ctx)
	return int64(n), err
}

func (v *View) matchWhere(ctx context.Context, q *bun.SelectQuery, f intake.Filter, sc roster.Scope) (*bun.SelectQuery, error) {
	q, err := v.underUnit(ctx, q, f.Unit, false)
	if err != nil {
		return nil, err
	}
	q = matchScoped(q, sc)
	for column, value := range map[string]string{"level": string(f.Level), "state": string(f.State), "source": f.Source,
		"batch_id": f.Batch} {
		if value != "" {
			q = q.Where("? = ?", bun.Safe(column), value)
		}
	}
	if f.Open {
		q = q.Where("state IN (?, ?, ?)", intake.StateProbable, intake.StateAmbiguous, intake.StateUnmatched)
	}
	return q, nil
}

// MatchesOfBatch returns the matches of a batch in file order, after a row and
// in any state, for withdrawing the batch.
func (v *View) MatchesOfBatch(ctx context.Context, batch string, after, limit int) ([]*intake.Match, error) {
	var rows []*intake.Match
	err := v.db.NewSelect().Model(&rows).Where("batch_id = ? AND row_no > ?", batch,
		after).OrderExpr("row_no").Limit(int64(limit)).Scan(ctx)
	return rows, err
}

// DuplicatesOf returns the matches linked to others, oldest first, as original
// id → duplicates.
func (v *View) DuplicatesOf(ctx context.Context, matches ...string) (map[string][]*intake.Match, error) {
	out := make(map[string][]*intake.Match)
	for chunk := range slices.Chunk(matches, 500) {
		var rows []*intake.Match
		if err := v.db.NewSelect().Model(&rows).Where("original_id <> '' AND original_id IN (?) AND state = ?", bun.List(chunk),
			intake.StateDuplicate).
			OrderExpr("id").Scan(ctx); err != nil {
			return nil, err
		}
		for _, m := range rows {
			out[m.Original] = append(out[m.Original], m)
		}
	}
	return out, nil
}

// MatchDecisions returns the steps taken on a match, oldest first.
func (v *View) MatchDecisions(ctx context.Context, match string) ([]*intake.MatchDecision, error) {
	rows := []*intake.MatchDecision{}
	err := v.db.NewSelect().Model(&rows).Where("match_id = ?", match).OrderExpr("id").Scan(ctx)
	return rows, err
}

// Mappings returns how users mapped a source's words, as kind → word → meaning.
func (v *View) Mappings(ctx context.Context, source string) (map[string]map[string]string, error) {
	var rows []intake.Mapping
	if err := v.db.NewSelect().Model(&rows).Where("source = ?", source).Scan(ctx); err != nil {
		return nil, err
	}
	out := map[string]map[string]string{"column": {}, "class": {}}
	for _, m := range rows {
		if out[m.Kind] != nil {
			out[m.Kind][m.Word] = m.Meaning
		}
	}
	return out, nil
}

// JobOf returns the newest job about an object, or nil if there is none.
func (v *View) JobOf(ctx context.Context, object string) (*engine.Job, error) {
	var rows []*engine.Job
	err := v.db.NewSelect().Model(&rows).Where("object_id = ?", object).OrderExpr("created_at DESC, id DESC").Limit(1).Scan(ctx)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	return rows[0], nil
}

// PeopleByNumber looks up who held a personnel, police or badge number on a
// day.
func (v *View) PeopleByNumber(ctx context.Context, number string, on roster.Date) ([]string, error) {
	var ids, holders []string
	if err := v.db.NewSelect().TableExpr("people").Column("id").Where("personnel_no = ?", number).Scan(ctx, &ids); err != nil {
		return nil, err
	}
	err := v.db.NewSelect().TableExpr("identifiers").Column("person_id").
		Where("value = ? AND kind IN (?) AND (from_on = '' OR from_on <= ?) AND (to_on = '' OR to_on >= ?)", number,
			bun.List(roster.NumberKinds), string(on), string(on)).
		Scan(ctx, &holders)
	return distinct(append(ids, holders...)), err
}
