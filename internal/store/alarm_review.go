package store

import (
	"cmp"
	"context"
	"slices"

	"github.com/uptrace/bun"

	"plumbline/internal/roster"
	"plumbline/internal/selfcheck"
	"plumbline/internal/store/engine"
)

// ReviewBar is a person from whom every reviewer of a unit is barred.
type ReviewBar struct {
	UnitID   string
	PersonID string
	Signs    []string // units whose own list this person may have signed, as their reviewer
}

// reviewBarsAtOnce is the most pairs that one query carries.
const reviewBarsAtOnce = 500

// liveCampaigns selects the campaigns whose reviews are still wanted.
func (v *View) liveCampaigns() *bun.SelectQuery {
	return v.db.NewSelect().TableExpr("campaigns").Column("id").
		Where("state NOT IN (?)", bun.List([]selfcheck.CampaignState{selfcheck.CampaignDraft, selfcheck.CampaignClosed}))
}

// UnitsReviewing lists the units whose head has lists to review: those of the
// given parents, which receive the items that name a leader, that review
// anything in a live campaign; and every other unit where a list is waiting.
func (v *View) UnitsReviewing(ctx context.Context, parents []string) ([]string, error) {
	var out []string
	at := func() *bun.SelectQuery {
		return v.db.NewSelect().TableExpr("submissions AS s").ColumnExpr("1").Where("s.review_unit_id = u.id").
			Where("s.campaign_id IN (?)", v.liveCampaigns())
	}
	q := v.db.NewSelect().TableExpr("units AS u").ColumnExpr("u.id").WhereGroup(" AND ", func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.WhereOr("u.id IN (?) AND EXISTS (?)", bun.List(append(parents, "-")), at()).
			WhereOr("EXISTS (?)", at().Where("s.state = ?", selfcheck.Submitted))
	})
	return out, q.OrderExpr("u.id").Scan(ctx, &out)
}

// ReviewerGrants lists the standing grants of the roles at the units.
func (v *View) ReviewerGrants(ctx context.Context, roles []roster.Role, units []string) ([]roster.Grant, error) {
	var rows []roster.Grant
	return rows, v.db.NewSelect().Model(&rows).Where("role IN (?)", bun.List(roles)).Where("state = ?", roster.GrantLive).
		Where("unit_id IN (?)", bun.List(append(units, "-"))).Order("id").Scan(ctx)
}

// ReviewsAt lists the lists waiting for their reviewer, and the items naming a
// leader that wait for the tier above that leader, where every reviewer is
// barred from the respondent, the signer or the leader. It covers live
// campaigns only and applies no scope.
func (v *View) ReviewsAt(ctx context.Context, bars []ReviewBar) (_ []Matter, err error) {
	defer engine.Doing(&err, "list the reviews of barred reviewers", "")
	var out []Matter
	for chunk := range slices.Chunk(bars, reviewBarsAtOnce) {
		people, units := []string{"-"}, []string{"-"}
		pairs := make([]bun.TupleValues, len(chunk))
		for i, b := range chunk {
			pairs[i] = bun.Tuple([]string{b.PersonID, b.UnitID})
			people, units = append(people, b.PersonID), append(units, b.Signs...)
		}
		of := func(q *bun.SelectQuery, columns string) *bun.SelectQuery {
			return q.Where("? IN (VALUES ?)", bun.Safe(columns), bun.List(pairs))
		}
		own := func(q *bun.SelectQuery) *bun.SelectQuery {
			return q.Where("s.person_id <> '' AND s.person_id IN (?)", bun.List(people)) // matches the partial index
		}
		signed := func(q *bun.SelectQuery) *bun.SelectQuery {
			return q.Where("s.person_id = '' AND s.unit_id IN (?) AND s.audience = ?", bun.List(units), selfcheck.Leaders)
		}
		// There are five ways to be barred from a review. The lists of a
		// respondent or signer are found by person; wrapping the columns in
		// expressions keeps SQLite off the index that would read every list of
		// the unit.
		for _, q := range []*bun.SelectQuery{
			of(own(v.waitingLists()), "(s.person_id, s.review_unit_id)"),
			of(signed(v.waitingLists()), "(s.filed_by, s.review_unit_id)"),
			of(v.waitingItems(), "(a.leader_id, a.review_unit_id)"),
			of(own(v.waitingItems()), "(s.person_id, a.review_unit_id || '')"),
			of(signed(v.waitingItems()), "(s.filed_by, a.review_unit_id || '')"),
		} {
			var rows []Matter
			if err := q.Scan(ctx, &rows); err != nil {
				return nil, err
			}
			out = append(out, rows...)
		}
	}
	slices.SortFunc(out, func(x, y Matter) int { return cmp.Or(cmp.Compare(x.Kind, y.Kind), cmp.Compare(x.ID, y.ID)) })
	return slices.CompactFunc(out, func(x, y Matter) bool { return x.Kind == y.Kind && x.ID == y.ID }), nil
}

func (v *View) waitingLists() *bun.SelectQuery {
	return v.db.NewSelect().TableExpr("submissions AS s").
		ColumnExpr("'submission' AS kind, 'review.accept' AS duty, s.id AS id, s.review_unit_id AS unit_id, s.person_id AS person_id").
		ColumnExpr("s.event_on AS event_on, -1 AS decide_tier, s.filed_by AS not_by").
		Where("s.state || '' = ?", selfcheck.Submitted).Where("s.campaign_id IN (?)", v.liveCampaigns())
}

func (v *View) waitingItems() *bun.SelectQuery {
	return v.db.NewSelect().TableExpr("leader_items AS a").
		Join("JOIN submissions AS s ON s.id = a.submission_id AND s.round = a.round").
		Join("LEFT JOIN named_reviews AS n ON n.submission_id = a.submission_id AND n.round = a.round AND n.item_no = a.item_no").
		ColumnExpr("'named' AS kind, 'named.accept' AS duty, a.submission_id || '.' || a.item_no AS id").
		ColumnExpr("a.review_unit_id AS unit_id, a.leader_id AS person_id").
		ColumnExpr("s.event_on AS event_on, -1 AS decide_tier, s.person_id AS other, s.filed_by AS not_by").
		Where("COALESCE(n.state, ?) IN (?)", selfcheck.NamedWaiting,
			bun.List([]selfcheck.NamedState{selfcheck.NamedWaiting, selfcheck.NamedReplied})).
		Where("s.campaign_id IN (?)", v.liveCampaigns())
}
