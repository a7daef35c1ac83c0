package api

import (
	"context"

	"plumbline/internal/app"
	"plumbline/internal/custody"
)

func registerCustody(r *registry) {
	a := r.f.App
	handle(r, "expungement.list", func(ctx context.Context, c *Call, in *struct {
		State  string `query:"state"`
		Cursor string `query:"cursor"`
	}) (app.ExpungementPage, error) {
		return a.Expungements(ctx, c.Actor, custody.ExpungementState(in.State), in.Cursor)
	}, Summary("Expungements in reach, newest first"))
	handle(r, "expungement.get", func(ctx context.Context, c *Call, in *struct {
		ID string `path:"id"`
	}) (app.ExpungementView, error) {
		return a.Expungement(ctx, c.Actor, in.ID)
	}, Summary("One expungement"))
	begun(r, "expungement.propose", "Propose to destroy the texts of a record", func(in *app.ProposeExpungementInput, c *Call) { in.Key = c.Key }, a.ProposeExpungement)
	step := func(in *app.ExpungementInput, id string, c *Call) {
		in.ID, in.Key, in.Version = id, c.Key, c.Version(in.Version)
	}
	made(r, "expungement.approve", "The second person agrees: the keys of the texts are destroyed", step, stepped(a.ApproveExpungement))
	made(r, "expungement.refuse", "The second person refuses", step, stepped(a.RefuseExpungement))
	made(r, "expungement.withdraw", "Take one's own proposal back", step, stepped(a.WithdrawExpungement))
	handle(r, "hold.list", func(ctx context.Context, c *Call, _ *struct{}) ([]app.HoldRow, error) {
		return a.Holds(ctx, c.Actor)
	}, Summary("Legal holds in reach, live ones first"))
	begun(r, "hold.place", "Keep a record from being expunged", func(in *app.HoldInput, c *Call) { in.Key = c.Key }, a.PlaceHold)
	made(r, "hold.lift", "Lift a legal hold", func(in *app.LiftInput, id string, c *Call) {
		in.ID, in.Key, in.Version = id, c.Key, c.Version(in.Version)
	}, stepped(a.LiftHold))
}
