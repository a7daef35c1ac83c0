// Package jobs runs the long work of a site: queued, resumable in small writes, with
// exact counts, cancellable by whoever started it. It also runs periodic tasks.
package jobs

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"plumbline/internal/app/desk"
	"plumbline/internal/fault"
	"plumbline/internal/roster"
	"plumbline/internal/store"
)

// JobLease is how long a worker may be silent before another one takes the job over.
const JobLease = 30 * time.Second

// ErrJobCancelled ends a job whose owner cancelled it.
var ErrJobCancelled = errors.New("the job was cancelled")

// Step does the next chunk of a job, saves its position in the same write as the
// chunk's rows, and reports whether it was the last. After a crash it is called
// again with the position last saved.
type Step func(ctx context.Context, j *store.Job) (done bool, err error)

// Runner stores a site's jobs and runs them.
type Runner struct {
	*desk.Desk
	key    []byte // for what jobs are to do
	steps  map[string]Step
	rounds []*round
	wake   chan struct{}
	once   sync.Mutex
}

// New returns a runner that knows no kind of job; each area registers its own.
func New(d *desk.Desk) (*Runner, error) {
	key, err := d.Key("job")
	return &Runner{Desk: d, key: key, steps: make(map[string]Step), wake: make(chan struct{}, 1)}, err
}

// Handle registers the step of a kind of job.
func (a *Runner) Handle(kind string, step Step) { a.steps[kind] = step }

// round is a periodic task.
type round struct {
	name string
	due  func(now time.Time) bool
	do   func(context.Context) error
}

// Every runs a task at the start and whenever d has passed.
func (a *Runner) Every(d time.Duration, name string, do func(context.Context) error) {
	var last time.Time
	a.rounds = append(a.rounds, &round{name, func(now time.Time) bool {
		if now.Sub(last) < d {
			return false
		}
		last = now
		return true
	}, do})
}

// EveryDay runs a task at the start and on every new civil day.
func (a *Runner) EveryDay(name string, do func(context.Context) error) {
	var last roster.Date
	a.rounds = append(a.rounds, &round{name, func(time.Time) bool {
		today := a.Today()
		if today == last {
			return false
		}
		last = today
		return true
	}, do})
}

// NewJob makes a queued job. params and counts hold ids, codes and numbers
// only, never content.
func (a *Runner) NewJob(kind, objectID string, who *roster.Actor, total int64, params any) (*store.Job, error) {
	raw, err := json.Marshal(params)
	if err != nil {
		return nil, err
	}
	now := a.Store.Now()
	j := &store.Job{
		ID: store.NewID(), Kind: kind, State: store.JobQueued, Account: who.Account, ObjectID: objectID,
		Total: total, Counts: "{}", Params: string(raw), LeaseUntil: now, CreatedAt: now, ChangedAt: now,
	}
	a.MarkJob(j)
	return j, nil
}

// MarkJob authenticates with the site's key what a job does and for whom. A job
// writes ledger entries in the name of its account; somebody who owns the database
// but not the key can insert a row but cannot mark it, so it never runs.
func (a *Runner) MarkJob(j *store.Job) { j.Proof = a.jobMark(j) }

func (a *Runner) jobMark(j *store.Job) []byte {
	m := hmac.New(sha256.New, a.key)
	for _, part := range []string{j.ID, j.Kind, j.Account, j.ObjectID, j.Params} {
		m.Write(binary.BigEndian.AppendUint64(nil, uint64(len(part))))
		m.Write([]byte(part))
	}
	return m.Sum(nil)
}

// QueueJob stores a job that needs no rows of its own, and wakes the runner.
func (a *Runner) QueueJob(ctx context.Context, j *store.Job) error {
	err := a.Store.Scratch(ctx, func(ctx context.Context, sx *store.ScratchTx) error { return sx.Insert(ctx, j) })
	a.WakeJobs()
	return err
}

// WakeJobs tells the runner of this process that a job was queued.
func (a *Runner) WakeJobs() {
	select {
	case a.wake <- struct{}{}:
	default:
	}
}

// RunJobs works on jobs until ctx ends and runs the periodic tasks. Each node of a
// site runs one.
func (a *Runner) RunJobs(ctx context.Context) {
	tick := time.NewTicker(2 * time.Second)
	defer tick.Stop()
	for ctx.Err() == nil {
		worked := false
		if a.Store.Frozen() == nil { // nothing could be written, and a job that fails is not tried again
			a.keepHouse(ctx)
			var err error
			if worked, err = a.RunOneJob(ctx); err != nil && ctx.Err() == nil {
				a.Log.Error("job runner", "err", err)
				worked = false
			}
		}
		if worked {
			continue
		}
		select {
		case <-ctx.Done():
		case <-a.wake:
		case <-tick.C:
		}
	}
}

// keepHouse runs the periodic tasks that are due.
func (a *Runner) keepHouse(ctx context.Context) {
	now := a.Store.Now()
	for _, r := range a.rounds {
		if !r.due(now) {
			continue
		}
		if err := r.do(ctx); err != nil && ctx.Err() == nil {
			a.Log.Error(r.name, "err", err)
		}
	}
}

// Keep runs all periodic tasks at once, due or not.
func (a *Runner) Keep(ctx context.Context) error {
	var failed []error
	for _, r := range a.rounds {
		failed = append(failed, r.do(ctx))
	}
	return errors.Join(failed...)
}

// DrainJobs works until no job is waiting. The command line and the tests use it.
func (a *Runner) DrainJobs(ctx context.Context) error {
	for {
		worked, err := a.RunOneJob(ctx)
		if err != nil || !worked {
			return err
		}
	}
}

// RunOneJob claims one job and runs it to its end; worked is false if none was
// waiting.
func (a *Runner) RunOneJob(ctx context.Context) (worked bool, err error) {
	a.once.Lock()
	defer a.once.Unlock()
	var j *store.Job
	err = a.Store.Scratch(ctx, func(ctx context.Context, sx *store.ScratchTx) error {
		j, err = sx.ClaimJob(ctx, a.Store.Now(), JobLease)
		return err
	})
	if err != nil || j == nil {
		return false, err
	}
	if !hmac.Equal(j.Proof, a.jobMark(j)) {
		a.Log.Error("a job was put into the database past the program, or changed there", "job", j.ID, "kind", j.Kind)
		return true, a.endJob(ctx, j, store.JobFailed, "job_foreign")
	}
	step := a.steps[j.Kind]
	if step == nil {
		return true, a.endJob(ctx, j, store.JobFailed, "unknown_job")
	}
	for {
		j.LeaseUntil = a.Store.Now().Add(JobLease)
		done, err := runStep(ctx, step, j)
		switch {
		case errors.Is(err, ErrJobCancelled):
			return true, nil
		case ctx.Err() != nil, err != nil && a.Store.Frozen() != nil, fault.Is(err, fault.UnavailableKind):
			// The lease runs out and the job goes on later, from what was committed: a
			// database that went away for a moment is no reason to stop halfway.
			return true, errors.Join(ctx.Err(), err)
		case err != nil:
			a.Log.Error("job failed", "job", j.ID, "kind", j.Kind, "position", j.Position, "err", err)
			return true, a.endJob(ctx, j, store.JobFailed, fault.As(err).Code)
		case done:
			return true, a.endJob(ctx, j, store.JobDone, "")
		}
	}
}

func runStep(ctx context.Context, step Step, j *store.Job) (done bool, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic in job %s: %v", j.Kind, r)
		}
	}()
	return step(ctx, j)
}

func (a *Runner) endJob(ctx context.Context, j *store.Job, state, code string) error {
	j.State, j.ErrorCode, j.ChangedAt = state, code, a.Store.Now()
	return a.SaveJob(ctx, j)
}

// SaveJob writes a job's progress; a job cancelled meanwhile ends with
// ErrJobCancelled.
func (a *Runner) SaveJob(ctx context.Context, j *store.Job) error {
	j.ChangedAt = a.Store.Now()
	err := a.Store.Scratch(ctx, func(ctx context.Context, sx *store.ScratchTx) error {
		cancelled, err := sx.SaveJob(ctx, j)
		if err == nil && cancelled && j.State == store.JobRunning {
			return ErrJobCancelled
		}
		return err
	})
	return err
}

// SaveJobWith writes a job's progress inside the write that did the chunk.
func (a *Runner) SaveJobWith(ctx context.Context, tx *store.Tx, j *store.Job) error {
	j.ChangedAt = tx.Now()
	cancelled, err := tx.SaveJob(ctx, j)
	if err == nil && cancelled {
		return ErrJobCancelled
	}
	return err
}

// JobView is what the faces show of a job.
type JobView struct {
	ID        string           `json:"id"`
	Kind      string           `json:"kind"`
	State     string           `json:"state"`
	ObjectID  string           `json:"object_id,omitempty"`
	Position  int64            `json:"position"`
	Total     int64            `json:"total"`
	Counts    map[string]int64 `json:"counts"`
	ErrorCode string           `json:"error_code,omitempty"`
	CreatedAt time.Time        `json:"created_at"`
	ChangedAt time.Time        `json:"changed_at"`
}

func ViewJob(j *store.Job) JobView {
	v := JobView{ID: j.ID, Kind: j.Kind, State: j.State, ObjectID: j.ObjectID, Position: j.Position, Total: j.Total,
		Counts: map[string]int64{}, ErrorCode: j.ErrorCode, CreatedAt: j.CreatedAt.UTC(), ChangedAt: j.ChangedAt.UTC()}
	if json.Unmarshal([]byte(j.Counts), &v.Counts) != nil {
		v.Counts = map[string]int64{}
	}
	return v
}

// Job shows a job to the account that started it.
func (a *Runner) Job(ctx context.Context, who *roster.Actor, id string) (view JobView, err error) {
	err = a.Read(ctx, who, "job.read", func(ctx context.Context, v *store.View) error {
		j, err := v.Job(ctx, id)
		if err != nil {
			return err
		}
		if j.Account != who.Account && !who.Program {
			return fault.NotFound()
		}
		view = ViewJob(j)
		return nil
	})
	return view, err
}

// Jobs lists the jobs that the actor started, newest first.
func (a *Runner) Jobs(ctx context.Context, who *roster.Actor, cursor string, limit int) (out []JobView, next string, err error) {
	next, err = a.ReadPageBy(ctx, who, "job.list", cursor, limit, func(ctx context.Context, v *store.View, p *desk.Page) error {
		rows, err := v.JobsBy(ctx, who.Account, p.Rows())
		if err != nil {
			return err
		}
		rows = desk.Cut(p, rows, func(r store.Job) []string { return []string{r.ID} })
		for i := range rows {
			out = append(out, ViewJob(&rows[i]))
		}
		return nil
	})
	return out, next, err
}

// CancelJob stops one of the actor's own jobs where it stands. What it has done
// stays.
func (a *Runner) CancelJob(ctx context.Context, who *roster.Actor, id string) (JobView, error) {
	if _, err := a.Authorize(who, "job.cancel"); err != nil {
		return JobView{}, err
	}
	var view JobView
	err := a.Store.Scratch(ctx, func(ctx context.Context, sx *store.ScratchTx) error {
		j, err := sx.Job(ctx, id)
		if err != nil {
			return err
		}
		if j.Account != who.Account {
			return fault.NotFound()
		}
		if j.State != store.JobQueued && j.State != store.JobRunning && j.State != store.JobStopped {
			return fault.Conflict("job_ended")
		}
		j.State, j.ChangedAt = store.JobCancelled, a.Store.Now()
		if _, err := sx.Update(ctx, (*store.Job)(nil), "state = ?", "id = ?", store.JobCancelled, id); err != nil {
			return err
		}
		view = ViewJob(j)
		return nil
	})
	return view, err
}
