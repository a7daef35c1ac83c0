package store

import (
	"context"
	"slices"
	"strings"

	"github.com/uptrace/bun"

	"plumbline/internal/roster"
	"plumbline/internal/store/engine"
)

// peopleColumns apply a scope to a person by today's posting.
var peopleColumns = ScopeColumns{ID: "id", Unit: "unit_id", Branch: "branch_id", Person: "id"}

// unitColumns apply a scope to a unit itself. The caller has already expanded
// branches into units.
var unitColumns = ScopeColumns{ID: "id", Unit: "id"}

// Unit reads one unit in scope.
func (v *View) Unit(ctx context.Context, id string, sc roster.Scope) (*roster.Unit, error) {
	u := new(roster.Unit)
	return u, scoped(v.db.NewSelect().Model(u).Where("id = ?", id), sc, unitColumns).Scan(ctx)
}

// UnitsByCode reads all units by upper-case code, for an import that checks the
// reach of each row itself.
func (v *View) UnitsByCode(ctx context.Context) (map[string]*roster.Unit, error) {
	var rows []*roster.Unit
	if err := v.db.NewSelect().Model(&rows).Scan(ctx); err != nil {
		return nil, err
	}
	out := make(map[string]*roster.Unit, len(rows))
	for _, u := range rows {
		out[strings.ToUpper(u.Code)] = u
	}
	return out, nil
}

// UnitLinks lists every dated parent link.
func (v *View) UnitLinks(ctx context.Context) ([]roster.UnitLink, error) {
	var rows []roster.UnitLink
	err := v.db.NewSelect().Model(&rows).Order("unit_id", "from_on", "id").Scan(ctx)
	return rows, err
}

// Person reads one person in scope.
func (v *View) Person(ctx context.Context, id string, sc roster.Scope) (*roster.Person, error) {
	p := new(roster.Person)
	return p, scoped(v.db.NewSelect().Model(p).Where("id = ?", id), sc, peopleColumns).Scan(ctx)
}

// PeopleFilter narrows the list of people.
type PeopleFilter struct {
	Unit  []string // posted in one of these; nil for everywhere
	State string
	Kind  roster.PersonKind
	Query string // characters, pinyin, initials or a number
}

// PeopleList lists people by the sort key of their names.
func (v *View) PeopleList(ctx context.Context, f PeopleFilter, sc roster.Scope, page engine.Page) ([]roster.Person, error) {
	rows := []roster.Person{}
	q := scoped(v.db.NewSelect().Model(&rows), sc, peopleColumns)
	if f.Unit != nil {
		q = q.Where("unit_id IN (?)", bun.List(append(f.Unit, "-"))) // an empty list is invalid SQL
	}
	if f.State != "" {
		q = q.Where("state = ?", f.State)
	}
	if f.Kind != "" {
		q = q.Where("kind = ?", f.Kind)
	}
	if f.Query != "" {
		q = nameSearch(q, f.Query)
	}
	err := engine.Keyset(q, page, false, "sort_key", "id").Scan(ctx)
	return rows, err
}

// nameSearch narrows to people matching the typed text: part of the name, another
// name in full, a prefix of the pinyin or initials, a personnel number, or a
// police or badge number that they hold or held.
func nameSearch(q *bun.SelectQuery, typed string) *bun.SelectQuery {
	name, pinyin, number := roster.FoldName(typed), roster.FoldQuery(typed), roster.FoldNumber(typed)
	return q.WhereGroup(" AND ", func(q *bun.SelectQuery) *bun.SelectQuery {
		q = q.WhereOr(`name_folded LIKE ? ESCAPE '\'`, "%"+likeText(name)+"%")
		q = q.WhereOr("personnel_no = ?", number)
		q = q.WhereOr("id IN (SELECT person_id FROM identifiers WHERE kind IN (?) AND folded = ?)", bun.List(roster.NumberKinds), number)
		q = q.WhereOr("id IN (SELECT person_id FROM identifiers WHERE kind IN (?) AND folded = ?)", bun.List(roster.NameKinds), name)
		if pinyin != "" && isLatin(typed) {
			q = q.WhereOr("pinyin LIKE ?", likeText(pinyin)+"%").WhereOr("initials LIKE ?", likeText(pinyin)+"%")
		}
		return q
	})
}

// likeText escapes the wildcards of LIKE.
func likeText(s string) string {
	return strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(s)
}

func isLatin(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r > 0x2000 })
}

// PeopleNumbered reads people by personnel number, for an import.
func (v *View) PeopleNumbered(ctx context.Context, numbers []string) (map[string]*roster.Person, error) {
	out := make(map[string]*roster.Person, len(numbers))
	for chunk := range slices.Chunk(distinct(numbers), 500) {
		var rows []*roster.Person
		if err := v.db.NewSelect().Model(&rows).Where("personnel_no IN (?)", bun.List(chunk)).Scan(ctx); err != nil {
			return nil, err
		}
		for _, p := range rows {
			out[p.PersonnelNo] = p
		}
	}
	return out, nil
}

// PeopleByID reads people that the caller has already authorized.
func (v *View) PeopleByID(ctx context.Context, ids []string) (map[string]*roster.Person, error) {
	out := make(map[string]*roster.Person, len(ids))
	for chunk := range slices.Chunk(distinct(ids), 500) {
		var rows []*roster.Person
		if err := v.db.NewSelect().Model(&rows).Where("id IN (?)", bun.List(chunk)).Scan(ctx); err != nil {
			return nil, err
		}
		for _, p := range rows {
			out[p.ID] = p
		}
	}
	return out, nil
}

// IdentifiersOf lists the dated numbers and names of people, oldest first.
func (v *View) IdentifiersOf(ctx context.Context, personIDs []string) (map[string][]*roster.Identifier, error) {
	out := make(map[string][]*roster.Identifier, len(personIDs))
	for chunk := range slices.Chunk(distinct(personIDs), 500) {
		var rows []*roster.Identifier
		if err := v.db.NewSelect().Model(&rows).Where("person_id IN (?)", bun.List(chunk)).Order("kind", "from_on",
			"id").Scan(ctx); err != nil {
			return nil, err
		}
		for _, r := range rows {
			out[r.PersonID] = append(out[r.PersonID], r)
		}
	}
	return out, nil
}

// HoldersOf lists everyone's periods of holding any of the folded numbers.
func (v *View) HoldersOf(ctx context.Context, folded []string) (map[string][]*roster.Identifier, error) {
	out := make(map[string][]*roster.Identifier, len(folded))
	for chunk := range slices.Chunk(distinct(folded), 500) {
		var rows []*roster.Identifier
		if err := v.db.NewSelect().Model(&rows).Where("folded IN (?) AND kind IN (?)", bun.List(chunk),
			bun.List(roster.NumberKinds)).Scan(ctx); err != nil {
			return nil, err
		}
		for _, r := range rows {
			out[r.Kind+" "+r.Folded] = append(out[r.Kind+" "+r.Folded], r)
		}
	}
	return out, nil
}

// PostingsOf lists the postings of people, oldest first.
func (v *View) PostingsOf(ctx context.Context, personIDs []string) (map[string][]*roster.Posting, error) {
	out := make(map[string][]*roster.Posting, len(personIDs))
	for chunk := range slices.Chunk(distinct(personIDs), 500) {
		var rows []*roster.Posting
		if err := v.db.NewSelect().Model(&rows).Where("person_id IN (?)", bun.List(chunk)).Order("from_on", "id").Scan(ctx); err != nil {
			return nil, err
		}
		for _, r := range rows {
			out[r.PersonID] = append(out[r.PersonID], r)
		}
	}
	return out, nil
}

// Posting reads one posting. The caller judges its person.
func (v *View) Posting(ctx context.Context, id string) (*roster.Posting, error) {
	p := new(roster.Posting)
	return p, v.db.NewSelect().Model(p).Where("id = ?", id).Scan(ctx)
}

// CommandLink reads one command link. The caller judges what it is over.
func (v *View) CommandLink(ctx context.Context, id string) (*roster.CommandLink, error) {
	l := new(roster.CommandLink)
	return l, v.db.NewSelect().Model(l).Where("id = ?", id).Scan(ctx)
}

// LinksOver lists the command links over units or people, oldest first.
func (v *View) LinksOver(ctx context.Context, unitIDs, personIDs []string) ([]*roster.CommandLink, error) {
	var all []*roster.CommandLink
	for _, side := range []struct {
		column string
		ids    []string
	}{{"over_unit_id", distinct(unitIDs)}, {"over_person_id", distinct(personIDs)}} {
		for chunk := range slices.Chunk(side.ids, 500) {
			var rows []*roster.CommandLink
			if err := v.db.NewSelect().Model(&rows).Where("? IN (?)", bun.Ident(side.column), bun.List(chunk)).
				Where("? <> ''", bun.Ident(side.column)). // as the partial index says
				Order("from_on", "id").Scan(ctx); err != nil {
				return nil, err
			}
			all = append(all, rows...)
		}
	}
	return all, nil
}

// LinksHeldBy lists the command links that a person holds, oldest first.
func (v *View) LinksHeldBy(ctx context.Context, personID string) ([]*roster.CommandLink, error) {
	var rows []*roster.CommandLink
	err := v.db.NewSelect().Model(&rows).Where("person_id = ?", personID).Order("from_on", "id").Scan(ctx)
	return rows, err
}

// StrengthByUnit counts the serving people posted in each unit.
func (v *View) StrengthByUnit(ctx context.Context) (map[string]int64, error) {
	var rows []struct {
		UnitID string `bun:"unit_id"`
		N      int64  `bun:"n"`
	}
	err := v.db.NewSelect().Model((*roster.Person)(nil)).Column("unit_id").ColumnExpr("count(*) AS n").
		Where("state = ? AND unit_id <> ''", roster.Serving).Group("unit_id").Scan(ctx, &rows)
	out := make(map[string]int64, len(rows))
	for _, r := range rows {
		out[r.UnitID] = r.N
	}
	return out, err
}

// PeopleByIDHash maps each keyed hash of a national id to its person.
func (v *View) PeopleByIDHash(ctx context.Context, hashes []string) (map[string]string, error) {
	out := map[string]string{}
	for chunk := range slices.Chunk(distinct(hashes), 500) {
		var rows []roster.Person
		if err := v.db.NewSelect().Model(&rows).Column("id", "id_hash").Where("id_hash IN (?)", bun.List(chunk)).Scan(ctx); err != nil {
			return nil, err
		}
		for _, r := range rows {
			out[r.IDHash] = r.ID
		}
	}
	return out, nil
}
