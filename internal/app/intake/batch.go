package intake

import (
	"context"
	"encoding/json"
	"time"

	"plumbline/internal/app/casework"
	"plumbline/internal/app/desk"
	"plumbline/internal/app/jobs"
	"plumbline/internal/fault"
	"plumbline/internal/intake"
	"plumbline/internal/kinds"
	"plumbline/internal/ledger"
	"plumbline/internal/roster"
	"plumbline/internal/store"
	"plumbline/internal/verbs"
	"plumbline/seeds"
)

// SourceView is a source and what is known of its terms.
type SourceView struct {
	Code    string            `json:"code"`
	ZH      string            `json:"zh"`
	EN      string            `json:"en"`
	Classes map[string]string `json:"classes"` // its class words → categories
	Columns map[string]string `json:"columns"` // remembered headers, folded → fields
}

// AuditSources lists the sources with their mappings.
func (a *Intake) AuditSources(ctx context.Context, who *roster.Actor) (out []SourceView, err error) {
	err = a.Read(ctx, who, "audit.sources", func(ctx context.Context, v *store.View) error {
		for _, s := range seeds.Sources() {
			said, err := v.Mappings(ctx, s.Code)
			if err != nil {
				return err
			}
			view := SourceView{Code: s.Code, ZH: s.ZH, EN: s.EN, Classes: map[string]string{}, Columns: said["column"]}
			for _, c := range s.Classes {
				view.Classes[c.Class] = c.Category
			}
			for word, c := range said["class"] {
				view.Classes[word] = c
			}
			out = append(out, view)
		}
		return nil
	})
	return out, err
}

// BatchView is a batch as the faces show it.
type BatchView struct {
	ID         string        `json:"id"`
	Version    int64         `json:"version"`
	Ref        string        `json:"ref"`
	Source     string        `json:"source"`
	FileName   string        `json:"file_name"`
	FileHash   string        `json:"file_hash"`
	Sheet      string        `json:"sheet"`
	HeaderRow  int           `json:"header_row"`
	Columns    []string      `json:"columns"`
	UnitID     string        `json:"unit_id"`
	State      string        `json:"state"`
	Rows       int           `json:"rows"`
	Position   int           `json:"position"`
	Counts     AuditCounts   `json:"counts"`
	ImportedAt time.Time     `json:"imported_at"`
	Reason     string        `json:"reason,omitempty"` // of the withdrawal
	Job        *jobs.JobView `json:"job,omitempty"`
	Pending    bool          `json:"pending"`               // to withdraw it was proposed; a second person has to agree. Of one batch only
	Proposal   string        `json:"proposal_id,omitempty"` // where Pending
	Waiting    *int64        `json:"waiting,omitempty"`     // matches that wait for a decision, as far as the reader sees them; of one batch only
}

func viewBatch(b *intake.AuditBatch) BatchView {
	v := BatchView{
		ID: b.ID, Version: b.Version, Ref: b.Ref, Source: b.Source, FileName: b.FileName, FileHash: b.FileHash, Sheet: b.Sheet,
		HeaderRow: b.HeaderRow, UnitID: b.UnitID, State: string(b.State), Rows: b.Rows, Position: b.Position, Counts: countsOf(b),
		ImportedAt: b.CreatedAt.UTC(),
	}
	if json.Unmarshal([]byte(b.Mapping), &v.Columns) != nil {
		v.Columns = nil
	}
	return v
}

// Batches lists the batches in scope, newest first.
func (a *Intake) Batches(ctx context.Context, who *roster.Actor, source, cursor string,
	limit int) (out []BatchView, next string, err error) {
	const op = "batch.list"
	next, err = a.ReadPage(ctx, who, op, cursor, limit, func(ctx context.Context, v *store.View, sc roster.Scope, p *desk.Page) error {
		rows, err := v.BatchList(ctx, source, sc, p.AfterID(), p.Limit+1)
		if err != nil {
			return err
		}
		rows = desk.Cut(p, rows, func(r *intake.AuditBatch) []string { return []string{r.ID} })
		for _, b := range rows {
			out = append(out, viewBatch(b))
		}
		return nil
	})
	return out, next, err
}

// Batch shows one batch with its job.
func (a *Intake) Batch(ctx context.Context, who *roster.Actor, id string) (out BatchView, err error) {
	err = a.Read(ctx, who, "batch.read", func(ctx context.Context, v *store.View) error {
		sc, err := a.Scope(ctx, v, who, roster.ActRead, roster.KindBatch)
		if err != nil {
			return err
		}
		b, err := v.Batch(ctx, id, sc)
		if err != nil {
			return err
		}
		out = viewBatch(b)
		job, err := v.JobOf(ctx, id)
		if err != nil {
			return err
		}
		if job != nil {
			j := jobs.ViewJob(job)
			out.Job = &j
		}
		if out.Proposal, err = casework.PendingOn(ctx, v, id, opBatchWithdraw); err != nil {
			return err
		}
		out.Pending = out.Proposal != ""
		texts, err := v.Texts(ctx, id)
		if err != nil {
			return err
		}
		out.Reason = texts[id]["reason"]
		matches, err := a.Scope(ctx, v, who, roster.ActList, roster.KindMatch)
		if err != nil {
			return err
		}
		n, err := v.MatchCount(ctx, intake.Filter{Batch: id, Open: true}, matches)
		out.Waiting = &n
		return err
	})
	return out, err
}

// BatchInput names a batch and what is to be done with it.
type BatchInput struct {
	ID      string `json:"id"`
	Version int64  `json:"version"` // 0 where the step does not ask for it
	Reason  string `json:"reason"`
	Key     string `json:"-"`
	// Stated says that cases opened on records of the batch may lose their ground.
	Stated bool `json:"cases_lose_ground"`
}

// CancelImport stops the job of a batch where it stands. It can be resumed.
func (a *Intake) CancelImport(ctx context.Context, who *roster.Actor, in BatchInput) (BatchView, error) {
	const op = "batch.cancel"
	var job *store.Job
	err := a.Read(ctx, who, op, func(ctx context.Context, v *store.View) error {
		sc, err := a.Scope(ctx, v, who, roster.ActImport, roster.KindBatch)
		if err != nil {
			return err
		}
		b, err := v.Batch(ctx, in.ID, sc)
		if err != nil {
			return err
		}
		if b.State != intake.Importing {
			return fault.Conflict("batch_state", "State", string(b.State))
		}
		job, err = v.JobOf(ctx, in.ID)
		return err
	})
	if err != nil {
		return BatchView{}, err
	}
	if job != nil && (job.State == store.JobQueued || job.State == store.JobRunning) {
		if err := a.Store.Scratch(ctx, func(ctx context.Context, sx *store.ScratchTx) error {
			_, err := sx.Update(ctx, (*store.Job)(nil), "state = ?", "id = ?", store.JobCancelled, job.ID)
			return err
		}); err != nil {
			return BatchView{}, err
		}
	}
	// A running worker meets the cancelled job at its next chunk, which is then
	// rolled back; the batch may be marked now.
	if err := a.stopBatch(ctx, &store.Job{ObjectID: in.ID, Account: who.Account}); err != nil {
		return BatchView{}, err
	}
	return a.Batch(ctx, who, in.ID)
}

// ResumeImport resumes a stopped import.
func (a *Intake) ResumeImport(ctx context.Context, who *roster.Actor, in BatchInput) (BatchView, desk.Receipt, error) {
	rec, err := a.Write(ctx, who, desk.Write{Op: verbs.BatchResume, Key: in.Key, Body: in}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		before, err := a.batchFor(ctx, tx, who, roster.ActImport, in)
		if err != nil {
			return nil, "", err
		}
		after := *before
		if err := after.Move(intake.Importing); err != nil {
			return nil, "", err
		}
		if err := tx.Save(ctx, before, &after); err != nil {
			return nil, "", err
		}
		job, err := a.NewJob(jobImport, after.ID, who, int64(after.Rows), nil)
		if err != nil {
			return nil, "", err
		}
		job.Position, job.Counts = int64(after.Position), jsonText(countsOf(&after))
		return []ledger.Fact{{Verb: verbs.BatchResume, Kind: kinds.AuditBatch, ID: after.ID,
			Unit: after.UnitID}}, after.ID, tx.AddJob(ctx, job)
	})
	if err != nil {
		return BatchView{}, rec, err
	}
	a.WakeJobs()
	view, err := a.Batch(ctx, who, in.ID)
	return view, rec, err
}

// batchFor loads a batch under the scope of the act and checks its version.
func (a *Intake) batchFor(ctx context.Context, tx *store.Tx, who *roster.Actor, act roster.Act, in BatchInput) (*intake.AuditBatch, error) {
	sc, err := a.Scope(ctx, &tx.View, who, act, roster.KindBatch)
	if err != nil {
		return nil, err
	}
	b, err := tx.Batch(ctx, in.ID, sc)
	if err == nil && in.Version != 0 && in.Version != b.Version {
		err = fault.Conflict("stale_version", "Current", b.Version)
	}
	return b, err
}
