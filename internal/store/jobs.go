package store

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"plumbline/internal/store/engine"
)

// Job states.
const (
	JobQueued    = "queued"
	JobRunning   = "running"
	JobStopped   = "stopped" // stopped at its position; can be resumed
	JobDone      = "done"
	JobFailed    = "failed"
	JobCancelled = "cancelled"
)

// Job reads one job.
func (v *View) Job(ctx context.Context, id string) (*engine.Job, error) {
	j := &engine.Job{}
	if err := v.db.NewSelect().Model(j).Where("id = ?", id).Scan(ctx); err != nil {
		return nil, err
	}
	return j, nil
}

// JobsBy lists the jobs that an account started, newest first.
func (v *View) JobsBy(ctx context.Context, account string, page engine.Page) ([]engine.Job, error) {
	var rows []engine.Job
	q := v.db.NewSelect().Model(&rows).Where("account = ?", account)
	err := engine.Keyset(q, page, true, "id").Scan(ctx)
	return rows, err
}

// ClaimJob claims the oldest job that is queued or whose worker's lease
// expired. It returns nil if there is none.
func (sx *ScratchTx) ClaimJob(ctx context.Context, now time.Time, lease time.Duration) (*engine.Job, error) {
	var rows []engine.Job
	err := sx.db.NewSelect().Model(&rows).
		Where("state = ? OR (state = ? AND lease_until < ?)", JobQueued, JobRunning, now).
		Order("created_at").Limit(1).Scan(ctx)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	j := &rows[0]
	res, err := sx.db.NewUpdate().Model((*engine.Job)(nil)).Set("state = ?, lease_until = ?, attempts = attempts + 1, changed_at = ?",
		JobRunning, now.Add(lease), now).
		Where("id = ? AND state = ? AND lease_until = ?", j.ID, j.State, j.LeaseUntil).Exec(ctx)
	if err != nil {
		return nil, err
	}
	if n, err := res.RowsAffected(); err != nil || n != 1 {
		return nil, err
	}
	j.State, j.LeaseUntil = JobRunning, now.Add(lease)
	j.Attempts++
	return j, nil
}

// SaveJob saves a job's position, counts and state, unless it has been
// cancelled in the meantime, which cancelled reports.
func saveJob(ctx context.Context, db bun.IDB, j *engine.Job) (cancelled bool, err error) {
	res, err := db.NewUpdate().Model(j).Column("state", "position", "total", "counts", "error_code", "lease_until", "changed_at").
		Where("id = ? AND state <> ?", j.ID, JobCancelled).Exec(ctx)
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n == 0, err
}

// SaveJob saves a job's progress outside any other write.
func (sx *ScratchTx) SaveJob(ctx context.Context, j *engine.Job) (cancelled bool, err error) {
	return saveJob(ctx, sx.db, j)
}

// SaveJob saves a job's progress together with the rows of its chunk, so that
// each chunk runs exactly once.
func (tx *Tx) SaveJob(ctx context.Context, j *engine.Job) (cancelled bool, err error) {
	return saveJob(ctx, tx.db, j)
}

// AddJob queues a job together with the rows that request it.
func (tx *Tx) AddJob(ctx context.Context, j *engine.Job) error {
	_, err := tx.db.NewInsert().Model(j).Exec(ctx)
	return err
}
