package approval

import (
	"context"
	"slices"
	"time"

	"plumbline/internal/app/desk"
	"plumbline/internal/consent"
	"plumbline/internal/fault"
	"plumbline/internal/roster"
	"plumbline/internal/store"
)

// ProposalLine is one line of what an act will do: a catalogue key below
// "proposal.line" and its value, either plain text or a key of its own.
type ProposalLine struct {
	Key     string `json:"key"`
	Text    string `json:"text,omitempty"`
	TextKey string `json:"text_key,omitempty"`
}

// ProposalRow is one line of the list.
type ProposalRow struct {
	ID         string        `json:"id"`
	Version    int64         `json:"version"`
	Ref        string        `json:"ref"`
	Op         string        `json:"op"`
	ObjectKind string        `json:"object_kind"`
	ObjectID   string        `json:"object_id"`
	Unit       desk.Ref      `json:"unit"`
	Ground     string        `json:"ground"`
	State      consent.State `json:"state"`
	ProposedAt time.Time     `json:"proposed_at"`
	SettledAt  *time.Time    `json:"settled_at"`
	Agreed     int           `json:"agreed"`
	Heard      int           `json:"heard"`  // how many have spoken
	Wanted     int           `json:"wanted"` // how many are to speak
	Yours      bool          `json:"yours"`  // proposed by the reader
	Waits      bool          `json:"waits"`  // for the reader's word
}

// ProposalPage is one page of the list.
type ProposalPage struct {
	Rows  []ProposalRow `json:"rows"`
	Total int64         `json:"total"`
	Next  string        `json:"next"`
}

// ProposalFilter narrows the list by one of its fields.
type ProposalFilter struct {
	State consent.State `json:"state,omitempty"`
	Waits bool          `json:"waits,omitempty"` // for the reader's word
	Told  bool          `json:"told,omitempty"`  // settled in the last 30 days, and the reader is told
}

// ToldDays is how long an outcome stays on the home page of whoever proposed it.
const ToldDays = 30

// waitingMax bounds the pending proposals that are examined for one reader.
const waitingMax = 1000

// proposalsWaiting lists the pending proposals on which the reader may vote, with
// their votes.
func (a *Approvals) proposalsWaiting(ctx context.Context, v *store.View, who *roster.Actor,
	reach store.ProposalReach) ([]consent.Proposal, []consent.Vote, error) {
	rows, err := v.Proposals(ctx, store.ProposalFilter{State: consent.Proposed}, reach, waitingMax)
	if err != nil {
		return nil, nil, err
	}
	votes, err := v.VotesOn(ctx, proposalIDs(rows)...)
	if err != nil {
		return nil, nil, err
	}
	var out []consent.Proposal
	for i := range rows {
		may, err := a.mayVote(ctx, v, who, &rows[i], votes)
		if err != nil {
			return nil, nil, err
		}
		if may == nil {
			out = append(out, rows[i])
		}
	}
	return out, votes, nil
}

// mayVote returns why the reader may not vote on a proposal, or nil if he may.
func (a *Approvals) mayVote(ctx context.Context, v *store.View, who *roster.Actor, p *consent.Proposal,
	votes []consent.Vote) (why, err error) {
	voter, err := a.voter(ctx, v, who, p)
	if err != nil {
		return nil, err
	}
	if !a.May(who, "proposal.approve") {
		return fault.Forbidden("not_allowed"), nil
	}
	return p.MayVote(voter, votesOf(votes, p.ID)), nil
}

func votesOf(votes []consent.Vote, proposal string) []consent.Vote {
	return slices.DeleteFunc(slices.Clone(votes), func(v consent.Vote) bool { return v.ProposalID != proposal })
}

func proposalIDs(rows []consent.Proposal) []string {
	ids := make([]string, len(rows))
	for i := range rows {
		ids[i] = rows[i].ID
	}
	return ids
}

// Proposals lists the proposals on which the reader may vote, which he made, or of
// which he is told, newest first.
func (a *Approvals) Proposals(ctx context.Context, who *roster.Actor, f ProposalFilter, cursor string) (out ProposalPage, err error) {
	out.Rows = []ProposalRow{}
	if f.State != "" && !slices.Contains(consent.States, f.State) {
		return out, fault.Shape("filter_value", "state")
	}
	out.Next, err = a.ReadPageBy(ctx, who, "proposal.list", cursor, desk.PageSize, func(ctx context.Context, v *store.View, p *desk.Page) error {
		reach, err := a.proposalReach(ctx, v, who)
		if err != nil {
			return err
		}
		var rows []consent.Proposal
		var votes []consent.Vote
		if f.Waits {
			if rows, votes, err = a.proposalsWaiting(ctx, v, who, reach); err != nil {
				return err
			}
			out.Total = int64(len(rows))
		} else {
			q := store.ProposalFilter{State: f.State, After: p.AfterID()}
			if f.Told {
				q.Told, q.Since = who.Person, a.Now().AddDate(0, 0, -ToldDays)
			}
			if out.Total, err = v.ProposalCount(ctx, q, reach); err != nil {
				return err
			}
			if rows, err = v.Proposals(ctx, q, reach, p.Limit+1); err != nil {
				return err
			}
			rows = desk.Cut(p, rows, func(r consent.Proposal) []string { return []string{r.ID} })
			if votes, err = v.VotesOn(ctx, proposalIDs(rows)...); err != nil {
				return err
			}
		}
		var units []string
		for _, p := range rows {
			units = append(units, p.UnitID)
		}
		n, err := a.Names(ctx, v, who, nil, units)
		if err != nil {
			return err
		}
		for i := range rows {
			row, _, err := a.proposalRow(ctx, v, n, who, &rows[i], votes)
			if err != nil {
				return err
			}
			out.Rows = append(out.Rows, row)
		}
		return nil
	})
	return out, err
}

func (a *Approvals) proposalRow(ctx context.Context, v *store.View, n desk.Names, who *roster.Actor, p *consent.Proposal,
	votes []consent.Vote) (r ProposalRow, why, err error) {
	r = ProposalRow{ID: p.ID, Version: p.Version, Ref: p.Ref, Op: p.Op, ObjectKind: p.ObjectKind, ObjectID: p.ObjectID,
		Unit: n.Unit(p.UnitID), Ground: p.Ground,
		State: p.State, ProposedAt: p.CreatedAt, SettledAt: p.SettledAt, Wanted: max(p.Quorum,
			len(consent.Words(p.Members))), Yours: p.ProposedBy == who.Person}
	for _, x := range votesOf(votes, p.ID) {
		r.Heard++
		if x.Choice == consent.Agree {
			r.Agreed++
		}
	}
	why, err = a.mayVote(ctx, v, who, p, votes)
	r.Waits = why == nil
	return r, why, err
}

// ProposalVote is one person's vote.
type ProposalVote struct {
	Person desk.Ref       `json:"person"`
	Choice consent.Choice `json:"choice"` // "" has not spoken yet
	At     *time.Time     `json:"at"`
	Note   string         `json:"note,omitempty"`
}

// ProposalView is one proposal as shown to those who may see it.
type ProposalView struct {
	ProposalRow
	Proposer desk.Ref        `json:"proposer"`
	Subject  desk.Ref        `json:"subject"`
	Approver roster.Role     `json:"approver"`
	Members  bool            `json:"members"` // named members are asked, each for himself
	Lines    []ProposalLine  `json:"lines"`
	Reason   string          `json:"reason"`
	Votes    []ProposalVote  `json:"votes"`
	Can      map[string]bool `json:"can"`
	Why      *fault.Error    `json:"-"` // why the reader has no say
}

// Proposal opens one.
func (a *Approvals) Proposal(ctx context.Context, who *roster.Actor, id string) (out ProposalView, err error) {
	err = a.Read(ctx, who, "proposal.get", func(ctx context.Context, v *store.View) error {
		reach, err := a.proposalReach(ctx, v, who)
		if err != nil {
			return err
		}
		p, err := v.Proposal(ctx, id, reach)
		if err != nil {
			return err
		}
		votes, err := v.VotesOn(ctx, p.ID)
		if err != nil {
			return err
		}
		people := append([]string{p.ProposedBy, p.PersonID}, consent.Words(p.Members)...)
		records := []string{p.ID}
		for _, x := range votes {
			people, records = append(people, x.PersonID), append(records, x.ID)
		}
		n, err := a.Names(ctx, v, who, people, []string{p.UnitID})
		if err != nil {
			return err
		}
		texts, err := v.Texts(ctx, records...)
		if err != nil {
			return err
		}
		row, why, err := a.proposalRow(ctx, v, n, who, p, votes)
		if err != nil {
			return err
		}
		out = ProposalView{ProposalRow: row, Proposer: n.Person(p.ProposedBy), Approver: p.Approver, Members: p.Members != "",
			Lines: []ProposalLine{}, Reason: texts[p.ID]["reason"], Votes: []ProposalVote{}, Can: map[string]bool{}}
		if why != nil {
			out.Why = fault.As(why)
		}
		if !desk.OnlyReads(who) {
			out.Subject = n.Person(p.PersonID)
		}
		for _, x := range votes {
			out.Votes = append(out.Votes, ProposalVote{Person: n.Person(x.PersonID), Choice: x.Choice, At: &x.CreatedAt,
				Note: texts[x.ID]["note"]})
		}
		for _, m := range consent.Words(p.Members) {
			if !slices.ContainsFunc(votes, func(x consent.Vote) bool { return x.PersonID == m }) {
				out.Votes = append(out.Votes, ProposalVote{Person: n.Person(m)})
			}
		}
		if input, ok := texts[p.ID]["input"]; ok && a.acts[p.Op].Show != nil { // else expunged with its matter
			if out.Lines, err = a.acts[p.Op].Show(ctx, v, who, p, []byte(input)); err != nil {
				return err
			}
		}
		out.Can["proposal.approve"], out.Can["proposal.refuse"] = out.Waits, out.Waits
		out.Can["proposal.withdraw"] = out.Yours && p.State == consent.Proposed && a.May(who, "proposal.withdraw")
		return nil
	})
	return out, err
}

func (a *Approvals) CountProposalsWaiting(ctx context.Context, v *store.View, who *roster.Actor, _ roster.Scope) (int64, error) {
	reach, err := a.proposalReach(ctx, v, who)
	if err != nil {
		return 0, err
	}
	rows, _, err := a.proposalsWaiting(ctx, v, who, reach)
	return int64(len(rows)), err
}

func (a *Approvals) CountProposalsTold(ctx context.Context, v *store.View, who *roster.Actor, _ roster.Scope) (int64, error) {
	reach, err := a.proposalReach(ctx, v, who)
	if err != nil || who.Person == "" {
		return 0, err
	}
	return v.ProposalCount(ctx, store.ProposalFilter{Told: who.Person, Since: a.Now().AddDate(0, 0, -ToldDays)}, reach)
}
