package store

import (
	"context"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"plumbline/internal/consent"
	"plumbline/internal/roster"
)

// ProposalReach says which proposals a reader may see: those that one of their
// roles may approve, those they made or are named in, and those whose outcome
// they are told; never one about a matter from which they are barred.
type ProposalReach struct {
	Person string
	Bars   roster.Scope // only its bars are used
	Roles  map[roster.Role]roster.Scope
}

// ProposalFilter narrows the list. Empty fields match everything.
type ProposalFilter struct {
	State  consent.State
	Object string
	Told   string    // settled, and this person is told of the outcome
	Since  time.Time // with Told: settled on or after this instant
	After  string    // id of the last row seen
}

// proposalColumns apply bars through the proposal's matter.
var proposalColumns = ScopeColumns{ID: "matter_id", Unit: "unit_id", Branch: "branch_id", Person: "person_id", EventOn: "event_on"}

func (f ProposalFilter) narrow(q *bun.SelectQuery) *bun.SelectQuery {
	if f.State != "" {
		q = q.Where("state = ?", f.State)
	}
	if f.Object != "" {
		q = q.Where("object_id = ?", f.Object)
	}
	if f.Told != "" {
		q = q.Where("state <> ?", consent.Proposed).Where("settled_at >= ?", f.Since).Where("(' ' || asked_by || ' ') LIKE ?",
			"% "+f.Told+" %")
	}
	if f.After != "" {
		q = q.Where("id < ?", f.After)
	}
	return q
}

func (r ProposalReach) narrow(q *bun.SelectQuery) *bun.SelectQuery {
	q = scoped(q, r.Bars.BarsAlone(), proposalColumns)
	return q.WhereGroup(" AND ", func(q *bun.SelectQuery) *bun.SelectQuery {
		q = q.WhereOr("1 = 0")
		if r.Person != "" {
			like := "% " + r.Person + " %"
			q = q.WhereOr("proposed_by = ?", r.Person).WhereOr("(' ' || members || ' ') LIKE ?", like).
				WhereOr("(' ' || asked_by || ' ') LIKE ?", like)
		}
		for role, sc := range r.Roles {
			q = q.WhereGroup(" OR ", func(q *bun.SelectQuery) *bun.SelectQuery {
				return scoped(q.Where("approver = ?", role), sc, proposalColumns)
			})
		}
		return q
	})
}

// Proposal reads one proposal within reach.
func (v *View) Proposal(ctx context.Context, id string, reach ProposalReach) (*consent.Proposal, error) {
	p := new(consent.Proposal)
	return p, reach.narrow(v.db.NewSelect().Model(p).Where("id = ?", id)).Scan(ctx)
}

// Proposals lists the proposals within reach, newest first.
func (v *View) Proposals(ctx context.Context, f ProposalFilter, reach ProposalReach, limit int) ([]consent.Proposal, error) {
	var rows []consent.Proposal
	return rows, reach.narrow(f.narrow(v.db.NewSelect().Model(&rows))).Order("id DESC").Limit(int64(limit)).Scan(ctx)
}

// ProposalCount counts the rows that Proposals lists.
func (v *View) ProposalCount(ctx context.Context, f ProposalFilter, reach ProposalReach) (int64, error) {
	f.After = ""
	return reach.narrow(f.narrow(v.db.NewSelect().Model((*consent.Proposal)(nil)))).Count(ctx)
}

// ProposalPending reports whether the operation on the object is already
// proposed.
func (v *View) ProposalPending(ctx context.Context, op, object string) (bool, error) {
	return v.db.NewSelect().Model((*consent.Proposal)(nil)).Where("object_id = ? AND state = ? AND op = ?", object,
		consent.Proposed, op).Exists(ctx)
}

// ProposalsOn lists the open and settled proposals about the objects, for rules
// that ask who took part in what. It applies no scope.
func (v *View) ProposalsOn(ctx context.Context, objects ...string) ([]consent.Proposal, error) {
	var rows []consent.Proposal
	if len(objects) == 0 {
		return rows, nil
	}
	return rows, v.db.NewSelect().Model(&rows).Where("object_id IN (?)", bun.List(objects)).Order("id").Scan(ctx)
}

// Dissenters lists the people who dissented from a proposal of the act on the
// object that was refused; refused reports whether there is one.
func (v *View) Dissenters(ctx context.Context, op, object string) (people []string, refused bool, err error) {
	on, err := v.ProposalsOn(ctx, object)
	if err != nil {
		return nil, false, err
	}
	var ids []string
	for _, p := range on {
		if p.Op == op && p.State == consent.Refused {
			ids = append(ids, p.ID)
		}
	}
	votes, err := v.VotesOn(ctx, ids...)
	for _, w := range votes {
		if w.Choice == consent.Dissent && !slices.Contains(people, w.PersonID) {
			people = append(people, w.PersonID)
		}
	}
	return people, len(ids) > 0, err
}

// VotesOn lists the votes on the proposals in chronological order.
func (v *View) VotesOn(ctx context.Context, proposals ...string) ([]consent.Vote, error) {
	var rows []consent.Vote
	if len(proposals) == 0 {
		return rows, nil
	}
	return rows, v.db.NewSelect().Model(&rows).Where("proposal_id IN (?)", bun.List(proposals)).Order("id").Scan(ctx)
}
