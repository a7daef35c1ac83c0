package api

import (
	"context"

	appselfcheck "plumbline/internal/app/selfcheck"
	"plumbline/internal/selfcheck"
)

// NamedView is an item that names a leader.
type NamedView struct {
	ID         string     `json:"id"`
	Version    int64      `json:"version" doc:"of the last decision; 0 while it waits for the first"`
	State      string     `json:"state" enum:"waiting,replied,returned,accepted"`
	Submission string     `json:"submission_id"`
	Item       int64      `json:"item"`
	Nil        bool       `json:"nil"`
	Leader     string     `json:"leader_id"`
	LeaderName string     `json:"leader"`
	Respondent string     `json:"respondent"`
	Unit       string     `json:"unit"`
	Issues     []SaidView `json:"issues"`
	Reason     string     `json:"reason,omitempty" doc:"why it was last returned"`
	Reply      string     `json:"reply,omitempty" doc:"what the respondent last replied"`
}

func namedView(n *appselfcheck.NamedItem) NamedView {
	return NamedView{selfcheck.NamedID(n.SubmissionID, n.ItemNo), n.Version, string(n.State), n.SubmissionID, n.ItemNo, n.Nil, n.LeaderID,
		n.Leader, n.Respondent, n.Unit, saidViews(n.Issues), n.Reason, n.Reply}
}

func registerNamed(r *registry) {
	handle(r, "review.named", func(ctx context.Context, c *Call, in *struct {
		State  string `query:"state" enum:"waiting,replied,returned,accepted"`
		Cursor string `query:"cursor"`
		Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
	}) (struct {
		Paged[NamedView]
		Total int64 `json:"total"`
	}, error) {
		var out struct {
			Paged[NamedView]
			Total int64 `json:"total"`
		}
		page, err := r.f.App.NamedItems(ctx, c.Actor, appselfcheck.NamedQuery{State: selfcheck.NamedState(in.State), Cursor: in.Cursor,
			Limit: in.Limit})
		out.Items, out.Next, out.Total = make([]NamedView, len(page.Rows)), page.Next, page.Total
		for i := range page.Rows {
			out.Items[i] = namedView(&page.Rows[i])
		}
		return out, err
	}, Summary("Items naming a leader that came to my tier"))
	handle(r, "named.read", func(ctx context.Context, c *Call, in *ByID) (NamedView, error) {
		n, err := r.f.App.NamedItem(ctx, c.Actor, in.ID)
		if err != nil {
			return NamedView{}, err
		}
		return namedView(n), nil
	}, Summary("One item naming a leader that came to my tier"))
	handle(r, "named.accept", func(ctx context.Context, c *Call, in *struct {
		ByID
		Body versionBody
	}) (Done, error) {
		rc, err := r.f.App.AcceptNamed(ctx, c.Actor, appselfcheck.NamedDecision{ID: in.ID, Version: c.Version(in.Body.Version), Key: c.Key})
		return done(rc, in.ID), err
	}, Summary("Accept an item that names a leader"))
	handle(r, "named.return", func(ctx context.Context, c *Call, in *struct {
		ByID
		Body reasonBody
	}) (Done, error) {
		rc, err := r.f.App.ReturnNamed(ctx, c.Actor, appselfcheck.NamedDecision{ID: in.ID, Version: c.Version(in.Body.Version),
			Reason: in.Body.Reason, Key: c.Key})
		return done(rc, in.ID), err
	}, Summary("Return an item that names a leader; its list stays as it is"))
	handle(r, "named.reply", func(ctx context.Context, c *Call, in *struct {
		ByID
		Body struct {
			Item int64  `json:"item"`
			Text string `json:"text"`
		}
	}) (Done, error) {
		rc, err := r.f.App.ReplyNamed(ctx, c.Actor, appselfcheck.NamedReplyInput{ID: in.ID, ItemNo: in.Body.Item, Text: in.Body.Text,
			Key: c.Key})
		return done(rc, in.ID), err
	}, Summary("Answer an item of my list that the tier above the leader gave back"))
}
