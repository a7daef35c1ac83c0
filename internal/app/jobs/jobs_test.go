package jobs_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"plumbline/internal/apptest"
	"plumbline/internal/fault"
	"plumbline/internal/store"
)

var ctx = context.Background()

// TestAJobPutInPastTheProgramDoesNothing: whoever owns the database can queue a
// row in another's name, and change what an honest one is to do. Neither runs.
func TestAJobPutInPastTheProgramDoesNothing(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		ran := 0
		s.App.Handle("test.named", func(context.Context, *store.Job) (bool, error) {
			ran++
			return true, nil
		})
		now := s.Clock.Now()
		queue := func(mark bool, change func(*store.Job)) *store.Job {
			j := &store.Job{ID: store.NewID(), Kind: "test.named", State: store.JobQueued, Account: s.Account["inspector"], ObjectID: "x",
				Counts: "{}", Params: "{}", LeaseUntil: now, CreatedAt: now, ChangedAt: now, Proof: []byte("another key's mark")}
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

// A job that a freeze or an absent database meets half way is not marked as
// failed, but taken up again when its lease has run out.
func TestWhatPassesFailsNoJob(t *testing.T) {
	ctx := context.Background()
	for name, meet := range map[string]func(s *apptest.Site) error{
		"freeze": func(s *apptest.Site) error {
			s.Store.Freeze(store.Freeze{Code: store.FreezeShrunk, By: store.ByServer})
			return errors.New("met a freeze")
		},
		"database away": func(*apptest.Site) error { return fault.Unavailable("outcome_unknown") },
		"disk full":     func(*apptest.Site) error { return fault.Unavailable("disk_full") },
	} {
		t.Run(name, func(t *testing.T) {
			s := apptest.SQLite(t)
			runs := 0
			s.App.Handle("test.passing", func(context.Context, *store.Job) (bool, error) {
				if runs++; runs == 1 {
					return false, meet(s)
				}
				return true, nil
			})
			now := s.Clock.Now()
			job := &store.Job{ID: store.NewID(), Kind: "test.passing", State: store.JobQueued, Counts: "{}", Params: "{}", LeaseUntil: now,
				CreatedAt: now, ChangedAt: now}
			s.App.MarkJob(job)
			if err := s.Store.Scratch(ctx, func(ctx context.Context, sx *store.ScratchTx) error { return sx.Insert(ctx, job) }); err != nil {
				t.Fatal(err)
			}
			state := func() (state string) {
				err := s.Store.View(ctx, func(ctx context.Context, v *store.View) error {
					j, err := v.Job(ctx, job.ID)
					if err == nil {
						state = j.State
					}
					return err
				})
				if err != nil {
					t.Fatal(err)
				}
				return state
			}
			if err := s.App.DrainJobs(ctx); err == nil || state() != store.JobRunning {
				t.Fatalf("%v, the job is %s", err, state())
			}
			s.Store.Thaw()
			s.Clock.Add(time.Hour)
			if err := s.App.DrainJobs(ctx); err != nil || state() != store.JobDone || runs != 2 {
				t.Errorf("%v, the job is %s after %d runs", err, state(), runs)
			}
		})
	}
}
