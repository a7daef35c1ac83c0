package api

import (
	"context"

	"plumbline/internal/app/casework"
	"plumbline/internal/rectify"
)

func registerRectify(r *registry) {
	a := r.f.App
	handle(r, "rectification.list", func(ctx context.Context, c *Call, in *struct {
		ListQuery
		Category string `query:"category"`
		Open     string `query:"open" doc:"1: not struck off yet"`
		Overdue  string `query:"overdue" doc:"1: past the due day"`
	}) (casework.RectificationPage, error) {
		f, err := rectify.ParseFilter(in.values("category", in.Category, "open", in.Open, "overdue", in.Overdue))
		if err != nil {
			return casework.RectificationPage{}, err
		}
		return a.Rectifications(ctx, c.Actor, f, in.Cursor)
	}, Summary("Rectification tasks in reach, earliest due first"))
	handle(r, "rectification.get", func(ctx context.Context, c *Call, in *opened) (casework.RectificationView, error) {
		return a.Rectification(ctx, c.Actor, in.ID, in.Purpose)
	}, Summary("One rectification task"))
	made(r, "rectification.create", "Dispatch a task from an issue", func(in *casework.DispatchInput, id string, c *Call) {
		in.IssueID,
			in.Key = id, c.Key
	}, a.Dispatch)
	step := func(in *casework.TaskInput, id string, c *Call) {
		in.ID, in.Key, in.Version = id, c.Key, c.Version(in.Version)
	}
	made(r, "rectification.accept", "Accept a task for the lead department", step, stepped(a.AcceptTask))
	made(r, "rectification.progress", "Work has begun", step, stepped(a.ProgressTask))
	made(r, "rectification.submit", "Hand in with evidence", step, stepped(a.SubmitTask))
	made(r, "rectification.verify", "Verify the evidence", step, stepped(a.VerifyTask))
	made(r, "rectification.return", "Return with a reason", step, stepped(a.ReturnTask))
	made(r, "rectification.strike_off", "Strike a verified task off", step, stepped(a.StrikeOffTask))
	made(r, "rectification.recur", "The problem came back", step, stepped(a.RecurTask))
}
