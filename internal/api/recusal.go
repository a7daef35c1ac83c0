package api

import (
	"context"

	apprecusal "plumbline/internal/app/recusal"
	"plumbline/internal/recusal"
)

func registerRecusal(r *registry) {
	a := r.f.App
	handle(r, "challenge.list", func(ctx context.Context, c *Call, in *struct {
		State string `query:"state"`
		Mass  bool   `query:"mass" doc:"Only those by people who filed unusually many"`
	}) (apprecusal.ChallengeList, error) {
		return a.Challenges(ctx, c.Actor, recusal.Filter{State: recusal.State(in.State), Mass: in.Mass})
	}, Summary("Challenges that the tier decides, undecided ones first"))
	handle(r, "challenge.read", func(ctx context.Context, c *Call, in *ByID) (apprecusal.ChallengeView, error) {
		return a.Challenge(ctx, c.Actor, in.ID)
	}, Summary("One challenge: the relation stated, and nothing of either's file"))
	made(r, "challenge.decide", "Uphold or deny a challenge", func(in *apprecusal.ChallengeInput, id string, c *Call) {
		in.ID, in.Key, in.Version = id, c.Key, c.Version(in.Version)
	}, stepped(a.DecideChallenge))
	made(r, "challenge.withdraw", "Take back a challenge that I filed", func(in *apprecusal.ChallengeWithdrawal, id string, c *Call) {
		in.ID, in.Key, in.Version = id, c.Key, c.Version(in.Version)
	}, stepped(a.WithdrawChallenge))
	handle(r, "alarm.list", func(ctx context.Context, c *Call, _ *struct{}) (apprecusal.AlarmList, error) {
		return a.Alarms(ctx, c.Actor)
	}, Summary("Matters that nobody at their usual place may handle any more"))
}
