package store

import (
	"github.com/uptrace/bun"

	"plumbline/internal/roster"
)

// ScopeColumns names the columns that a scope is applied to. An empty name
// means that the table has no such column.
type ScopeColumns struct {
	ID, Unit, Branch, Person, EventOn string
}

// columnsDefault fits every table with the usual column names.
var columnsDefault = ScopeColumns{ID: "id", Unit: "unit_id", Branch: "branch_id", Person: "person_id", EventOn: "event_on"}

// scoped narrows a query to the scope. It is the only place where a Scope
// becomes SQL, and must agree with Scope.Admits.
func scoped(q *bun.SelectQuery, sc roster.Scope, c ScopeColumns) *bun.SelectQuery {
	if sc.Empty() {
		return q.Where("1 = 0")
	}
	own := sc.Own != "" && c.Person != ""
	reach := func(q *bun.SelectQuery) *bun.SelectQuery {
		if sc.All && len(sc.Except) == 0 {
			// every unit
		} else {
			q = q.WhereGroup(" AND ", func(q *bun.SelectQuery) *bun.SelectQuery {
				some := false
				if sc.All && c.Unit != "" {
					q, some = q.WhereOr("? NOT IN (?)", bun.Safe(c.Unit), bun.List(sc.Except)), true
				}
				if len(sc.Branches) == 1 && c.Branch != "" {
					q, some = q.WhereOr("? = ?", bun.Safe(c.Branch), sc.Branches[0]), true
				} else if len(sc.Branches) > 0 && c.Branch != "" {
					q, some = q.WhereOr("? IN (?)", bun.Safe(c.Branch), bun.List(sc.Branches)), true
				}
				if len(sc.Units) > 0 && c.Unit != "" {
					q, some = q.WhereOr("? IN (?)", bun.Safe(c.Unit), bun.List(sc.Units)), true
				}
				if len(sc.Objects) > 0 && c.ID != "" {
					q, some = q.WhereOr("? IN (?)", bun.Safe(c.ID), bun.List(sc.Objects)), true
				}
				if !some {
					q = q.WhereOr("1 = 0")
				}
				return q
			})
		}
		if len(sc.BarPeople) > 0 && c.Person != "" {
			q = q.Where("? NOT IN (?)", bun.Safe(c.Person), bun.List(sc.BarPeople))
		}
		if len(sc.BarObjects) > 0 && c.ID != "" {
			q = q.Where("? NOT IN (?)", bun.Safe(c.ID), bun.List(sc.BarObjects))
		}
		if c.EventOn != "" && c.Person != "" {
			for _, b := range sc.BarDated {
				to := b.To
				if to == "" {
					to = "9999-12-31"
				}
				q = q.Where("NOT (? = ? AND ? >= ? AND ? <= ?)", bun.Safe(c.Person), b.Person,
					bun.Safe(c.EventOn), string(b.From), bun.Safe(c.EventOn), string(to))
			}
		}
		return q
	}
	if !own {
		return reach(q)
	}
	return q.WhereGroup(" AND ", func(q *bun.SelectQuery) *bun.SelectQuery {
		q = q.WhereOr("? = ?", bun.Safe(c.Person), sc.Own)
		if !sc.All && len(sc.Branches) == 0 && len(sc.Units) == 0 && len(sc.Objects) == 0 {
			return q
		}
		return q.WhereGroup(" OR ", func(q *bun.SelectQuery) *bun.SelectQuery { return reach(q.Where("1 = 1")) })
	})
}

// barred narrows a query to the rows within the scope's reach that its bars
// hide, which a count must leave out. more are further columns the bars apply
// to: those of the row that a row belongs to.
func barred(q *bun.SelectQuery, sc roster.Scope, c ScopeColumns, more ...ScopeColumns) *bun.SelectQuery {
	if len(sc.BarPeople) == 0 && len(sc.BarObjects) == 0 && len(sc.BarDated) == 0 {
		return q.Where("1 = 0")
	}
	reach := sc.Unbarred()
	reach.Own = ""
	// The few hidden rows are found by person and id, never by reading a
	// branch: an expression in place of the column keeps its index out of the
	// plan.
	wide := c
	if wide.Unit != "" {
		wide.Unit += " || ''"
	}
	if wide.Branch != "" {
		wide.Branch += " || ''"
	}
	q = scoped(q, reach, wide)
	return q.WhereGroup(" AND ", func(q *bun.SelectQuery) *bun.SelectQuery {
		q, some := orBars(q, sc, append([]ScopeColumns{c}, more...)...)
		if !some {
			return q.Where("1 = 0")
		}
		return q // a constant beside them would keep SQLite from using an index for each
	})
}

// orBars adds to a group of alternatives the rows that the bars hide, judged by
// each of the column sets. some reports whether it added anything.
func orBars(q *bun.SelectQuery, sc roster.Scope, columns ...ScopeColumns) (_ *bun.SelectQuery, some bool) {
	for _, c := range columns {
		if len(sc.BarPeople) > 0 && c.Person != "" {
			q, some = q.WhereOr("? IN (?)", bun.Safe(c.Person), bun.List(sc.BarPeople)), true
		}
		if len(sc.BarObjects) > 0 && c.ID != "" {
			q, some = q.WhereOr("? IN (?)", bun.Safe(c.ID), bun.List(sc.BarObjects)), true
		}
		if c.Person == "" || c.EventOn == "" {
			continue
		}
		for _, b := range sc.BarDated {
			to := b.To
			if to == "" {
				to = "9999-12-31"
			}
			q, some = q.WhereOr("(? = ? AND ? >= ? AND ? <= ?)", bun.Safe(c.Person), b.Person,
				bun.Safe(c.EventOn), string(b.From), bun.Safe(c.EventOn), string(to)), true
		}
	}
	return q, some
}
