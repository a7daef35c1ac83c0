package app_test

import (
	"context"
	"testing"

	"plumbline/internal/app"
	"plumbline/internal/apptest"
	"plumbline/internal/store"
)

// TestAJobPutInPastTheProgramDoesNothing: whoever owns the database can queue a
// row in another's name, and change what an honest one is to do. Neither runs.
func TestAJobPutInPastTheProgramDoesNothing(t *testing.T) {
	ran := 0
	app.JobSteps["test.named"] = func(context.Context, *app.App, *store.Job) (bool, error) {
		ran++
		return true, nil
	}
	t.Cleanup(func() { delete(app.JobSteps, "test.named") })
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		ran = 0
		now := s.Clock.Now()
		queue := func(mark bool, change func(*store.Job)) *store.Job {
			j := &store.Job{ID: store.NewID(), Kind: "test.named", State: store.JobQueued, Account: s.Account["inspector"], ObjectID: "x", Counts: "{}", Params: "{}", LeaseUntil: now, CreatedAt: now, ChangedAt: now, Proof: []byte("another key's mark")}
			if mark {
				s.App.MarkJob(j)
			}
			change(j)
			if err := s.Store.Scratch(ctx, func(ctx context.Context, sx *store.ScratchTx) error { return sx.Insert(ctx, j) }); err != nil {
				t.Fatal(err)
			}
			return j
		}
		honest := queue(true, func(*store.Job) {})
		foreign := []*store.Job{
			queue(false, func(*store.Job) {}),
			queue(true, func(j *store.Job) { j.Account = s.Account["inspector2"] }),
			queue(true, func(j *store.Job) { j.ObjectID = "y" }),
			queue(true, func(j *store.Job) { j.Params = `{"a":1}` }),
			queue(true, func(j *store.Job) { j.ID = store.NewID() }),
		}
		if err := s.App.DrainJobs(ctx); err != nil {
			t.Fatal(err)
		}
		if ran != 1 {
			t.Errorf("%d jobs ran", ran)
		}
		err := s.Store.View(ctx, func(ctx context.Context, v *store.View) error {
			if j, err := v.Job(ctx, honest.ID); err != nil || j.State != store.JobDone {
				t.Errorf("the honest job: %+v, %v", j, err)
			}
			for i, f := range foreign {
				if j, err := v.Job(ctx, f.ID); err != nil || j.State != store.JobFailed || j.ErrorCode != "job_foreign" {
					t.Errorf("foreign job %d: %+v, %v", i, j, err)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}
