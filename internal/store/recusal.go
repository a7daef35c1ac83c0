package store

import (
	"context"
	"slices"

	"github.com/uptrace/bun"

	"plumbline/internal/recusal"
	"plumbline/internal/roster"
)

// challengeScoped narrows challenges to the scope. Anyone barred from the
// person, the official or the matter sees nothing of the challenge.
func challengeScoped(q *bun.SelectQuery, sc roster.Scope) *bun.SelectQuery {
	q = scoped(q, sc, columnsDefault)
	return unbarred(unbarred(q, sc, ScopeColumns{Person: "official_id"}), sc, ScopeColumns{ID: "object_id"})
}

// Challenge reads one challenge in scope.
func (v *View) Challenge(ctx context.Context, id string, sc roster.Scope) (*recusal.Challenge, error) {
	c := new(recusal.Challenge)
	return c, challengeScoped(v.db.NewSelect().Model(c).Where("id = ?", id), sc).Scan(ctx)
}

// ChallengeBy reads a challenge filed by the person.
func (v *View) ChallengeBy(ctx context.Context, id, personID string) (*recusal.Challenge, error) {
	c := new(recusal.Challenge)
	return c, v.db.NewSelect().Model(c).Where("id = ? AND filed_by = ? AND filed_by <> ''", id, personID).Scan(ctx)
}

// Challenges lists challenges in scope, undecided ones first, then newest
// first.
func (v *View) Challenges(ctx context.Context, f recusal.Filter, m Mass, sc roster.Scope, limit int) ([]recusal.Challenge, error) {
	var rows []recusal.Challenge
	q := v.challengeWhere(challengeScoped(v.db.NewSelect().Model(&rows), sc), f, m)
	return rows, q.OrderExpr("CASE WHEN state = ? THEN 0 ELSE 1 END, id DESC", recusal.Filed).Limit(int64(limit)).Scan(ctx)
}

// ChallengeCount counts the rows that Challenges lists.
func (v *View) ChallengeCount(ctx context.Context, f recusal.Filter, m Mass, sc roster.Scope) (int64, error) {
	return v.challengeWhere(challengeScoped(v.db.NewSelect().Model((*recusal.Challenge)(nil)), sc), f, m).Count(ctx)
}

// Mass says when one person's challenges become unusually many.
type Mass struct {
	Open, Recent int         // more than these
	Since        roster.Date // of Recent
}

func (v *View) challengeWhere(q *bun.SelectQuery, f recusal.Filter, m Mass) *bun.SelectQuery {
	if f.State != "" {
		q = q.Where("state = ?", f.State)
	}
	if f.Mass {
		open := v.db.NewSelect().TableExpr("challenges").Column("filed_by").Where("state = ?", recusal.Filed).Group("filed_by").
			Having("COUNT(*) > ?", m.Open)
		recent := v.db.NewSelect().TableExpr("challenges").Column("filed_by").Where("filed_on >= ?", m.Since).Group("filed_by").
			Having("COUNT(*) > ?", m.Recent)
		q = q.Where("(filed_by IN (?) OR filed_by IN (?))", open, recent)
	}
	return q
}

// FiledBy counts the challenges each of the people filed: the undecided ones,
// and all since the day.
func (v *View) FiledBy(ctx context.Context, since roster.Date, people ...string) (open, recent map[string]int, err error) {
	open, recent = map[string]int{}, map[string]int{}
	if len(people) == 0 {
		return open, recent, nil
	}
	var rows []struct {
		FiledBy string `bun:"filed_by"`
		N       int    `bun:"n"`
	}
	q := func() *bun.SelectQuery {
		return v.db.NewSelect().TableExpr("challenges").Column("filed_by").ColumnExpr("COUNT(*) AS n").
			Where("filed_by IN (?)", bun.List(people)).Group("filed_by")
	}
	if err := q().Where("state = ?", recusal.Filed).Scan(ctx, &rows); err != nil {
		return nil, nil, err
	}
	for _, r := range rows {
		open[r.FiledBy] = r.N
	}
	rows = nil
	if err := q().Where("filed_on >= ?", since).Scan(ctx, &rows); err != nil {
		return nil, nil, err
	}
	for _, r := range rows {
		recent[r.FiledBy] = r.N
	}
	return open, recent, nil
}

// ChallengesOf lists the challenges to relations, or on issues and cases, by
// the relation's or object's id. It applies no scope.
func (v *View) ChallengesOf(ctx context.Context, ids ...string) (map[string][]recusal.Challenge, error) {
	out := make(map[string][]recusal.Challenge)
	ids = slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return id == "" })
	if len(ids) == 0 {
		return out, nil
	}
	var rows []recusal.Challenge
	err := v.db.NewSelect().Model(&rows).Where("(relation_id IN (?) OR object_id IN (?))", bun.List(ids),
		bun.List(ids)).Order("id").Scan(ctx)
	for _, c := range rows {
		at := c.RelationID
		if at == "" {
			at = c.ObjectID
		}
		out[at] = append(out[at], c)
	}
	return out, err
}
