package store

import (
	"context"
	"slices"

	"github.com/uptrace/bun"

	"plumbline/internal/intake"
	"plumbline/internal/issue"
	"plumbline/internal/roster"
	"plumbline/internal/store/engine"
)

// Touch is a part of the roster's past: people and units, and the range of
// days, both inclusive, in which something about them is rewritten.
type Touch struct {
	People, Units []string
	From, To      roster.Date
}

// touchMax bounds what one change to the past may touch.
const touchMax = 5000

// AnyMatter reports whether the site has any issue or audit record.
func (v *View) AnyMatter(ctx context.Context) (bool, error) {
	some, err := v.db.NewSelect().Model((*issue.Issue)(nil)).Exists(ctx)
	if err != nil || some {
		return some, err
	}
	return v.db.NewSelect().Model((*intake.Match)(nil)).Exists(ctx)
}

// WithMatters reports which of the ids are people or units that an issue or
// audit record is about.
func (v *View) WithMatters(ctx context.Context, ids []string) (map[string]bool, error) {
	out := map[string]bool{}
	if some, err := v.AnyMatter(ctx); err != nil || !some {
		return out, err
	}
	for chunk := range slices.Chunk(ids, 500) {
		for _, table := range []string{"issues", "matches"} {
			for _, column := range []string{"person_id", "unit_id"} {
				var found []string
				q := v.db.NewSelect().Distinct().TableExpr("?", bun.Ident(table)).ColumnExpr("?", bun.Ident(column)).
					Where("? IN (?)", bun.Ident(column), bun.List(chunk))
				if err := q.Scan(ctx, &found); err != nil {
					return nil, err
				}
				for _, id := range found {
					out[id] = true
				}
			}
		}
	}
	return out, nil
}

// PostedIn lists the given people and those who served in the units, or
// directly below them, on any of the days.
func (v *View) PostedIn(ctx context.Context, t Touch) ([]string, error) {
	people := slices.Clone(t.People)
	if len(t.Units) > 0 {
		var posted []string
		q := v.db.NewSelect().Distinct().Model((*roster.Posting)(nil)).Column("person_id").
			Where("(unit_id IN (?) OR unit_id IN (SELECT id FROM units WHERE parent_id IN (?)))", bun.List(t.Units), bun.List(t.Units)).
			Where("from_on <= ?", t.To).Where("(to_on = '' OR to_on >= ?)", t.From)
		if err := q.Scan(ctx, &posted); err != nil {
			return nil, err
		}
		people = append(people, posted...)
	}
	slices.Sort(people)
	return slices.Compact(people), nil
}

// IssuesTouched lists the live issues in scope whose command or subject a
// change to the past may affect.
func (v *View) IssuesTouched(ctx context.Context, t Touch, sc roster.Scope) (_ []*issue.Issue, err error) {
	defer engine.Doing(&err, "list the issues affected by a roster change", "")
	people, err := v.PostedIn(ctx, t)
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	var out []*issue.Issue
	add := func(column string, ids []string) error {
		for chunk := range slices.Chunk(ids, 500) {
			var rows []*issue.Issue
			q := v.db.NewSelect().Model(&rows).Where("? IN (?)", bun.Ident(column), bun.List(chunk)).
				Where("event_on >= ?", t.From).Where("event_on <= ?", t.To).Limit(touchMax)
			if err := scoped(q, sc, columnsDefault).Scan(ctx); err != nil {
				return err
			}
			for _, i := range rows {
				if i.State.Live() && !seen[i.ID] {
					seen[i.ID] = true
					out = append(out, i)
				}
			}
		}
		return nil
	}
	if err := add("person_id", people); err != nil {
		return nil, err
	}
	return out, add("unit_id", t.Units)
}

// MatchesTouched counts the matches that depend on what is rewritten: those of
// records from those days attached to one of the people.
func (v *View) MatchesTouched(ctx context.Context, t Touch, sc roster.Scope) (int, error) {
	n := 0
	for chunk := range slices.Chunk(t.People, 500) {
		c, err := matchScoped(v.db.NewSelect().Model((*intake.Match)(nil)).Where("person_id IN (?)", bun.List(chunk)).
			Where("event_on >= ?", t.From).Where("event_on <= ?", t.To), sc).Count(ctx)
		if err != nil {
			return 0, err
		}
		n += int(c)
	}
	return n, nil
}
