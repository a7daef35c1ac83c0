package api

import (
	"context"

	appcustody "plumbline/internal/app/custody"
	"plumbline/internal/custody"
)

func registerCustody(r *registry) {
	a := r.f.App
	handle(r, "expungement.list", func(ctx context.Context, c *Call, in *struct {
		State  string `query:"state"`
		Cursor string `query:"cursor"`
	}) (appcustody.ExpungementPage, error) {
		return a.Expungements(ctx, c.Actor, custody.ExpungementState(in.State), in.Cursor)
	}, Summary("Expungements in reach, newest first"))
	handle(r, "expungement.get", func(ctx context.Context, c *Call, in *struct {
		ID string `path:"id"`
	}) (appcustody.ExpungementView, error) {
		return a.Expungement(ctx, c.Actor, in.ID)
	}, Summary("One expungement"))
	begun(r, "expungement.propose", "Propose to destroy the texts of a record",
		func(in *appcustody.ProposeExpungementInput, c *Call) { in.Key = c.Key }, a.ProposeExpungement)
	step := func(in *appcustody.ExpungementInput, id string, c *Call) {
		in.ID, in.Key, in.Version = id, c.Key, c.Version(in.Version)
	}
	made(r, "expungement.approve", "Agree as one of two approvers: with the second one the keys of the texts are destroyed", step,
		stepped(a.ApproveExpungement))
	made(r, "expungement.refuse", "Refuse; one is enough", step, stepped(a.RefuseExpungement))
	made(r, "expungement.withdraw", "Take one's own proposal back", step, stepped(a.WithdrawExpungement))
	handle(r, "retention.list", func(ctx context.Context, c *Call, in *struct {
		Kind   string `query:"kind" doc:"issue or audit_record"`
		Ready  string `query:"ready" doc:"1: without what a hold keeps or what is proposed already"`
		Cursor string `query:"cursor"`
	}) (appcustody.DuePage, error) {
		return a.Due(ctx, c.Actor, appcustody.DueInput{Kind: custody.RecordKind(in.Kind), Ready: in.Ready == "1", Cursor: in.Cursor})
	}, Summary("Records whose retention period is over, the oldest first"))
	handle(r, "hold.list", func(ctx context.Context, c *Call, _ *struct{}) ([]appcustody.HoldRow, error) {
		return a.Holds(ctx, c.Actor)
	}, Summary("Legal holds in reach, live ones first"))
	begun(r, "hold.place", "Keep a record from being expunged", func(in *appcustody.HoldInput, c *Call) { in.Key = c.Key }, a.PlaceHold)
	made(r, "hold.lift", "Propose to lift a legal hold; the id is that of the proposal", func(in *appcustody.LiftInput, id string, c *Call) {
		in.ID, in.Key, in.Version = id, c.Key, c.Version(in.Version)
	}, a.LiftHold)
	registerReveal(r)
}

func registerReveal(r *registry) {
	a := r.f.App
	handle(r, "custody.list", func(ctx context.Context, c *Call, _ *struct{}) ([]appcustody.CustodyView, error) {
		return a.Custody(ctx, c.Actor)
	}, Summary("Sets of custodians, the newest first"))
	begun(r, "custody.propose", "Propose a set of custodians", func(in *appcustody.ProposeCustodyInput, c *Call) { in.Key = c.Key },
		a.ProposeCustody)
	settle := func(in *appcustody.CustodyInput, id string, c *Call) {
		in.ID, in.Key, in.Version = id, c.Key, c.Version(in.Version)
	}
	made(r, "custody.approve", "The second security administrator agrees: the set is in office", settle, stepped(a.ApproveCustody))
	made(r, "custody.refuse", "The second security administrator refuses", settle, stepped(a.RefuseCustody))

	handle(r, "reveal.list", func(ctx context.Context, c *Call, in *struct {
		Unnoted string `query:"unnoted" doc:"1: no records officer has taken note yet"`
		Cursor  string `query:"cursor"`
	}) (appcustody.RevealPage, error) {
		return a.Reveals(ctx, c.Actor, in.Unnoted == "1", in.Cursor)
	}, Summary("Reveals of sealed fields in reach, newest first"))
	handle(r, "reveal.get", func(ctx context.Context, c *Call, in *named) (appcustody.RevealView, error) {
		return a.Reveal(ctx, c.Actor, in.ID)
	}, Summary("One reveal"))
	begun(r, "reveal.ask", "Ask the custodians to release a sealed field", func(in *appcustody.AskRevealInput, c *Call) { in.Key = c.Key },
		a.AskReveal)
	step := func(in *appcustody.RevealInput, id string, c *Call) {
		in.ID, in.Key, in.Version = id, c.Key, c.Version(in.Version)
	}
	handle(r, "reveal.show", func(ctx context.Context, c *Call, in *struct {
		ID   string `path:"id"`
		Body appcustody.RevealInput
	}) (appcustody.Revealed, error) {
		step(&in.Body, in.ID, c)
		out, _, err := a.ShowReveal(ctx, c.Actor, in.Body)
		return out, err
	}, Summary("The released text, once, to the one who asked"))
	made(r, "reveal.note", "The records officer takes note", step, stepped(a.NoteReveal))

	handle(r, "share.list", func(ctx context.Context, c *Call, _ *struct{}) ([]appcustody.RevealRow, error) {
		return a.Shares(ctx, c.Actor)
	}, Summary("Requests that wait for the actor as a custodian"))
	handle(r, "share.get", func(ctx context.Context, c *Call, in *named) (appcustody.ShareView, error) {
		return a.Share(ctx, c.Actor, in.ID)
	}, Summary("One request, with the text for the custodian's own machine"))
	made(r, "share.release", "Hand in the response that the custodian's machine made", step, stepped(a.ReleaseShare), Versionless)
	made(r, "share.refuse", "Refuse to release; the reveal is over", step, stepped(a.RefuseShare), Versionless)
}

// named is an id in the path.
type named struct {
	ID string `path:"id"`
}
