package store

import (
	"context"

	"github.com/uptrace/bun"

	"plumbline/internal/roster"
	"plumbline/internal/selfcheck"
)

// CampaignLists lists the self-check lists that units owe in a campaign, in the
// given states, ordered by id after the given one. It returns states and no
// content.
func (v *View) CampaignLists(ctx context.Context, f selfcheck.OwedFilter, sc roster.Scope, after string,
	limit int) ([]selfcheck.Submission, error) {
	rows := []selfcheck.Submission{}
	q, err := v.owed(ctx, v.db.NewSelect().Model(&rows), f, sc)
	if err != nil {
		return nil, err
	}
	if after != "" {
		q = q.Where("id > ?", after)
	}
	err = q.Order("id").Limit(int64(limit)).Scan(ctx)
	return rows, err
}

// CampaignListCount counts the rows that CampaignLists lists.
func (v *View) CampaignListCount(ctx context.Context, f selfcheck.OwedFilter, sc roster.Scope) (int64, error) {
	q, err := v.owed(ctx, v.db.NewSelect().Model((*selfcheck.Submission)(nil)), f, sc)
	if err != nil {
		return 0, err
	}
	n, err := q.Count(ctx)
	return int64(n), err
}

func (v *View) owed(ctx context.Context, q *bun.SelectQuery, f selfcheck.OwedFilter, sc roster.Scope) (*bun.SelectQuery, error) {
	q, err := v.underUnit(ctx, q.Where("campaign_id = ?", f.CampaignID), f.UnitID, f.Only)
	if err != nil {
		return nil, err
	}
	if states := f.Of.States(); len(states) > 0 {
		q = q.Where("state IN (?)", bun.List(states))
	}
	return scoped(q, sc, ScopeColumns{ID: "id", Unit: "unit_id", Branch: "branch_id"}), nil
}
