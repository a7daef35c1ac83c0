// Package approval holds the acts that nobody may do alone: an operation proposes
// its act, others agree, and the act is done inside the write of the last approval.
package approval

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"plumbline/internal/app/desk"
	"plumbline/internal/consent"
	"plumbline/internal/fault"
	"plumbline/internal/issue"
	"plumbline/internal/ledger"
	"plumbline/internal/roster"
	"plumbline/internal/store"
	"plumbline/internal/verbs"
)

// Approvals are the proposals of a site, and the acts that wait for them.
type Approvals struct {
	*desk.Desk
	acts map[string]Act
}

// Act is what an operation does that one person may not do alone. Its method
// proposes it (Propose); once enough others have agreed, Run does it inside the
// write of the last approval.
type Act struct {
	// Run does the act as its proposer, under his rights of this moment. It is
	// given the input as it was proposed.
	Run func(ctx context.Context, tx *store.Tx, g Approved) ([]ledger.Fact, error)
	// Show says in the reader's language what will be done; nil shows the
	// operation and the reason alone.
	Show func(ctx context.Context, v *store.View, who *roster.Actor, p *consent.Proposal, input []byte) ([]ProposalLine, error)
	// Same reports whether two inputs ask for the same, which is not proposed
	// twice. Without it, any act on the object is the same.
	Same func(x, y []byte) bool
}

// Approved is a proposal that was agreed to.
type Approved struct {
	Proposal *consent.Proposal
	Proposer *roster.Actor
	Votes    []consent.Vote // the last one included
	Input    []byte
}

// New returns approvals without any acts; each area registers its own.
func New(d *desk.Desk) *Approvals {
	return &Approvals{Desk: d, acts: make(map[string]Act)}
}

// Register adds the act that an operation's proposals lead to.
func (a *Approvals) Register(op string, act Act) { a.acts[op] = act }

// Registered reports whether the operation can wait for others.
func (a *Approvals) Registered(op string) bool { _, ok := a.acts[op]; return ok }

// Typed adapts a typed rule to Act.Run: it reads the input back, and at fills in the
// object's id, which no input encodes.
func Typed[T any](at func(in *T, object string), do func(ctx context.Context, tx *store.Tx, g Approved, in T) ([]ledger.Fact, error)) func(context.Context, *store.Tx, Approved) ([]ledger.Fact, error) {
	return func(ctx context.Context, tx *store.Tx, g Approved) ([]ledger.Fact, error) {
		in, err := Input[T](g.Input)
		if err != nil {
			return nil, err
		}
		at(&in, g.Proposal.ObjectID)
		return do(ctx, tx, g, in)
	}
}

// Input reads an input back as it was proposed.
func Input[T any](raw []byte) (in T, err error) {
	if err = json.Unmarshal(raw, &in); err != nil {
		err = fmt.Errorf("read proposed input: %w", err)
	}
	return in, err
}

// Propose files a grave act instead of doing it. A quorum of 0 means one other
// person. It returns the facts of the write and the proposal's id.
func (a *Approvals) Propose(ctx context.Context, tx *store.Tx, who *roster.Actor, p consent.Proposal, in any,
	reason string) ([]ledger.Fact, string, error) {
	if _, ok := a.acts[p.Op]; !ok {
		return nil, "", fmt.Errorf("app: %s is no registered grave act", p.Op)
	}
	by := who.Person
	if who.Program {
		by = who.Account // the operator at the server, who agrees to nothing
	}
	if by == "" {
		return nil, "", fault.Forbidden("not_allowed")
	}
	raw, err := json.Marshal(in)
	if err != nil {
		return nil, "", fmt.Errorf("keep input of %s: %w", p.Op, err)
	}
	if pending, err := a.proposedAlready(ctx, &tx.View, p.Op, p.ObjectID, raw); err != nil || pending {
		if err == nil {
			err = fault.Conflict("proposal_pending")
		}
		return nil, "", err
	}
	p.ID, p.Ref, p.State, p.ProposedBy = tx.NewID(), issue.NewRef(), consent.Proposed, by
	p.Quorum = max(p.Quorum, 1)
	if p.MatterID == "" {
		p.MatterID = p.ObjectID
	}
	if p.InputC, err = tx.PutText(ctx, p.ID, "input", string(raw)); err != nil {
		return nil, "", err
	}
	p.ReasonC = ledger.Commitment{}
	if reason != "" {
		if p.ReasonC, err = tx.PutText(ctx, p.ID, "reason", reason); err != nil {
			return nil, "", err
		}
	}
	if err := tx.Insert(ctx, &p); err != nil {
		return nil, "", err
	}
	facts := []ledger.Fact{{Verb: verbs.ProposalPropose, Kind: string(roster.KindProposal), ID: p.ID, Unit: p.UnitID}}
	if !p.IsMember(who.Person) {
		return facts, p.ID, nil
	}
	// Who is a member has said his word by proposing.
	more, err := a.cast(ctx, tx, who, &p, consent.Agree, "")
	return append(facts, more...), p.ID, err
}

// proposedAlready reports whether the same act on the object is already pending.
func (a *Approvals) proposedAlready(ctx context.Context, v *store.View, op, object string, input []byte) (bool, error) {
	pending, err := v.ProposalPending(ctx, op, object)
	same := a.acts[op].Same
	if err != nil || !pending || same == nil {
		return pending, err
	}
	rows, err := v.ProposalsOn(ctx, object)
	if err != nil {
		return false, err
	}
	rows = slices.DeleteFunc(rows, func(p consent.Proposal) bool { return p.State != consent.Proposed || p.Op != op })
	texts, err := v.Texts(ctx, proposalIDs(rows)...)
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(rows, func(p consent.Proposal) bool { return same([]byte(texts[p.ID]["input"]), input) }), nil
}

// cast records one person's vote and does the act if that completes it.
func (a *Approvals) cast(ctx context.Context, tx *store.Tx, who *roster.Actor, p *consent.Proposal, choice consent.Choice,
	note string) ([]ledger.Fact, error) {
	votes, err := tx.VotesOn(ctx, p.ID)
	if err != nil {
		return nil, err
	}
	voter, err := a.voter(ctx, &tx.View, who, p)
	if err != nil {
		return nil, err
	}
	vote := consent.Vote{ProposalID: p.ID, PersonID: who.Person, Choice: choice, NoteC: ledger.Commitment{}}
	vote.ID = tx.NewID()
	before, after := *p, *p
	if err := after.Cast(voter, choice, votes, tx.Now()); err != nil {
		return nil, err
	}
	if note != "" {
		if vote.NoteC, err = tx.PutText(ctx, vote.ID, "note", note); err != nil {
			return nil, err
		}
	}
	if err := tx.Insert(ctx, &vote); err != nil {
		return nil, err
	}
	if after.State == consent.Proposed { // others are to be heard
		return nil, nil
	}
	if err := tx.Save(ctx, &before, &after); err != nil {
		return nil, err
	}
	*p = after
	if p.State != consent.Approved {
		return nil, nil
	}
	return a.carryOut(ctx, tx, p, append(votes, vote))
}

// carryOut does an approved act as its proposer, who must still be allowed to do it.
func (a *Approvals) carryOut(ctx context.Context, tx *store.Tx, p *consent.Proposal, votes []consent.Vote) ([]ledger.Fact, error) {
	stale := fault.Conflict("proposal_stale")
	proposer, err := a.proposer(ctx, tx, p)
	if err != nil {
		return nil, err
	}
	if proposer == nil {
		return nil, stale
	}
	if r, _ := a.Route(p.Op); !a.Table().May(proposer, r.Act, r.Kind) {
		return nil, stale
	}
	texts, err := tx.Texts(ctx, p.ID)
	if err != nil {
		return nil, err
	}
	input, ok := texts[p.ID]["input"]
	if !ok { // expunged with its matter
		return nil, stale
	}
	facts, err := a.acts[p.Op].Run(ctx, tx, Approved{Proposal: p, Proposer: proposer, Votes: votes, Input: []byte(input)})
	switch {
	case fault.Is(err, fault.NotFoundKind), fault.Is(err, fault.ConflictKind), fault.Is(err, fault.ForbiddenKind):
		return nil, stale // what was proposed cannot be done any more; the voter did nothing wrong
	case err != nil:
		return nil, err
	}
	return facts, nil
}

// proposer returns the proposer as he stands now, or nil if he can no longer act.
func (a *Approvals) proposer(ctx context.Context, tx *store.Tx, p *consent.Proposal) (*roster.Actor, error) {
	if part, ok := strings.CutPrefix(p.ProposedBy, "program:"); ok {
		return desk.Program(part), nil
	}
	account, err := tx.AccountOfPerson(ctx, p.ProposedBy)
	if err != nil || account == "" {
		return nil, err
	}
	who, err := a.ActorOf(ctx, &tx.View, account)
	if fault.Is(err, fault.Unauth) {
		return nil, nil
	}
	return who, err
}

// voter is what the records say about somebody who may agree.
func (a *Approvals) voter(ctx context.Context, v *store.View, who *roster.Actor, p *consent.Proposal) (consent.Voter, error) {
	out := consent.Voter{PersonID: who.Person, Tier: desk.LowestTier}
	tree, err := a.Tree(ctx, v)
	if err != nil {
		return out, err
	}
	above := tree.Ancestors(p.UnitID)
	for _, h := range who.Held {
		t := tree.Tier(h.Unit)
		if h.Role == p.Approver && t >= 0 && t < out.Tier && (p.UnitID == "" || slices.Contains(above, h.Unit)) {
			out.Tier = t
		}
	}
	for _, u := range who.Units {
		out.Units = append(out.Units, tree.Ancestors(u)...)
	}
	return out, nil
}

// proposalReach returns which proposals the actor sees.
func (a *Approvals) proposalReach(ctx context.Context, v *store.View, who *roster.Actor) (store.ProposalReach, error) {
	out := store.ProposalReach{Person: who.Person, Roles: map[roster.Role]roster.Scope{}}
	var err error
	if out.Bars, err = a.Scope(ctx, v, who, roster.ActRead, roster.KindProposal); err != nil {
		return out, err
	}
	for _, h := range who.Held {
		if _, done := out.Roles[h.Role]; done {
			continue
		}
		as := *who // the reach of this role alone
		as.Held = slices.DeleteFunc(slices.Clone(who.Held), func(x roster.Held) bool { return x.Role != h.Role })
		sc, err := a.Scope(ctx, v, &as, roster.ActApprove, roster.KindProposal)
		if err != nil {
			return out, err
		}
		if !sc.Empty() {
			out.Roles[h.Role] = sc
		}
	}
	return out, nil
}

// ProposalInput is a vote on a proposal.
type ProposalInput struct {
	ID      string `json:"-"`
	Key     string `json:"-"`
	Version int64  `json:"version,omitempty"`
	Note    string `json:"note,omitempty"` // why one dissents or refuses
}

func (a *Approvals) onProposal(ctx context.Context, who *roster.Actor, op string, in ProposalInput,
	step func(ctx context.Context, tx *store.Tx, p *consent.Proposal) ([]ledger.Fact, error)) (desk.Receipt, error) {
	return a.Write(ctx, who, desk.Write{Op: op, Key: in.Key, Body: in}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		reach, err := a.proposalReach(ctx, &tx.View, who)
		if err != nil {
			return nil, "", err
		}
		p, err := tx.Proposal(ctx, in.ID, reach)
		if err != nil {
			return nil, "", err
		}
		if err := desk.SameVersion(p.Version, in.Version); err != nil {
			return nil, "", err
		}
		more, err := step(ctx, tx, p)
		// An act that is carried out comes first: its entry names the rows, and
		// its author's receipt is of the act.
		return append(more, ledger.Fact{Verb: op, Kind: string(roster.KindProposal), ID: p.ID, Unit: p.UnitID}), p.ID, err
	})
}

// ApproveProposal agrees to a proposal. The act is done once enough people have
// agreed.
func (a *Approvals) ApproveProposal(ctx context.Context, who *roster.Actor, in ProposalInput) (desk.Receipt, error) {
	if err := desk.CheckText(in.Note, "proposal_note", "note", false); err != nil {
		return desk.Receipt{}, err
	}
	return a.onProposal(ctx, who, "proposal.approve", in, func(ctx context.Context, tx *store.Tx, p *consent.Proposal) ([]ledger.Fact, error) {
		return a.cast(ctx, tx, who, p, consent.Agree, in.Note)
	})
}

// RefuseProposal refuses a proposal, or dissents as a named member, and states why.
func (a *Approvals) RefuseProposal(ctx context.Context, who *roster.Actor, in ProposalInput) (desk.Receipt, error) {
	if f := desk.RequireText("note", in.Note); f != nil {
		return desk.Receipt{}, f
	}
	return a.onProposal(ctx, who, "proposal.refuse", in, func(ctx context.Context, tx *store.Tx, p *consent.Proposal) ([]ledger.Fact, error) {
		return a.cast(ctx, tx, who, p, consent.Dissent, in.Note)
	})
}

// WithdrawProposal withdraws one's own proposal.
func (a *Approvals) WithdrawProposal(ctx context.Context, who *roster.Actor, in ProposalInput) (desk.Receipt, error) {
	return a.onProposal(ctx, who, "proposal.withdraw", in, func(ctx context.Context, tx *store.Tx, p *consent.Proposal) ([]ledger.Fact, error) {
		return nil, desk.Alter(ctx, tx, p, func(p *consent.Proposal) error { return p.Withdraw(who.Person, tx.Now()) })
	})
}
