package api

import (
	"context"

	"plumbline/internal/app/approval"
	"plumbline/internal/consent"
)

func registerProposal(r *registry) {
	a := r.f.App
	handle(r, "proposal.list", func(ctx context.Context, c *Call, in *struct {
		State  string `query:"state" doc:"proposed, approved, refused or withdrawn"`
		Waits  string `query:"waits" doc:"1: those that wait for the caller's word"`
		Told   string `query:"told" doc:"1: those settled in the last 30 days whose outcome the caller is told"`
		Cursor string `query:"cursor"`
	}) (approval.ProposalPage, error) {
		return a.Proposals(ctx, c.Actor, approval.ProposalFilter{State: consent.State(in.State), Waits: in.Waits == "1",
			Told: in.Told == "1"}, in.Cursor)
	}, Summary("Grave acts that wait for somebody else, newest first"))
	handle(r, "proposal.get", func(ctx context.Context, c *Call, in *struct {
		ID string `path:"id"`
	}) (approval.ProposalView, error) {
		return a.Proposal(ctx, c.Actor, in.ID)
	}, Summary("One proposal: what will be done, why, and what each person said"))
	step := func(in *approval.ProposalInput, id string, c *Call) {
		in.ID, in.Key, in.Version = id, c.Key, c.Version(in.Version)
	}
	made(r, "proposal.approve", "Agree to a proposal, for oneself; the act is done when enough have agreed", step,
		stepped(a.ApproveProposal))
	made(r, "proposal.refuse", "Refuse a proposal, or dissent as a named member, and say why", step, stepped(a.RefuseProposal))
	made(r, "proposal.withdraw", "Take one's own proposal back", step, stepped(a.WithdrawProposal))
}
