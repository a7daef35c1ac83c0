package app

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"time"

	"plumbline/internal/fault"
	"plumbline/internal/intake"
	"plumbline/internal/issue"
	"plumbline/internal/ledger"
	"plumbline/internal/roster"
	"plumbline/internal/sheet"
	"plumbline/internal/store"
	"plumbline/seeds"
)

// SourceView is a source with what is known of its words.
type SourceView struct {
	Code    string            `json:"code"`
	ZH      string            `json:"zh"`
	EN      string            `json:"en"`
	Classes map[string]string `json:"classes"` // its class words → categories
	Columns map[string]string `json:"columns"` // remembered headers, folded → fields
}

// AuditSources lists the sources with their mappings.
func (a *App) AuditSources(ctx context.Context, who *roster.Actor) (out []SourceView, err error) {
	err = a.read(ctx, who, "audit.sources", func(ctx context.Context, v *store.View) error {
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

// BatchView is what the faces show of a batch.
type BatchView struct {
	ID         string      `json:"id"`
	Version    int64       `json:"version"`
	Ref        string      `json:"ref"`
	Source     string      `json:"source"`
	FileName   string      `json:"file_name"`
	FileHash   string      `json:"file_hash"`
	Sheet      string      `json:"sheet"`
	HeaderRow  int         `json:"header_row"`
	Columns    []string    `json:"columns"`
	UnitID     string      `json:"unit_id"`
	State      string      `json:"state"`
	Rows       int         `json:"rows"`
	Position   int         `json:"position"`
	Counts     AuditCounts `json:"counts"`
	ImportedAt time.Time   `json:"imported_at"`
	Reason     string      `json:"reason,omitempty"` // of the withdrawal
	Job        *JobView    `json:"job,omitempty"`
	Waiting    *int64      `json:"waiting,omitempty"` // matches that wait for a decision, as far as the reader sees them; of one batch only
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
func (a *App) Batches(ctx context.Context, who *roster.Actor, source, cursor string, limit int) (out []BatchView, next string, err error) {
	const op = "batch.list"
	after, err := a.openCursor(who, op, cursor)
	if err != nil {
		return nil, "", err
	}
	last := ""
	if len(after) == 1 {
		last = after[0]
	}
	size := store.Page{Limit: limit}.Size()
	err = a.read(ctx, who, op, func(ctx context.Context, v *store.View) error {
		sc, err := a.scope(ctx, v, who, roster.ActList, roster.KindBatch)
		if err != nil {
			return err
		}
		rows, err := v.BatchList(ctx, source, sc, last, size+1)
		if err != nil {
			return err
		}
		if len(rows) > size {
			rows = rows[:size]
			next = a.sealCursor(who, op, []string{rows[size-1].ID})
		}
		for _, b := range rows {
			out = append(out, viewBatch(b))
		}
		return nil
	})
	return out, next, err
}

// Batch shows one batch with its job.
func (a *App) Batch(ctx context.Context, who *roster.Actor, id string) (out BatchView, err error) {
	err = a.read(ctx, who, "batch.read", func(ctx context.Context, v *store.View) error {
		sc, err := a.scope(ctx, v, who, roster.ActRead, roster.KindBatch)
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
			j := viewJob(job)
			out.Job = &j
		}
		texts, err := v.Texts(ctx, id)
		if err != nil {
			return err
		}
		out.Reason = texts[id]["reason"]
		matches, err := a.scope(ctx, v, who, roster.ActList, roster.KindMatch)
		if err != nil {
			return err
		}
		n, err := v.MatchCount(ctx, intake.Filter{Batch: id, Open: true}, matches)
		out.Waiting = &n
		return err
	})
	return out, err
}

// BatchInput names a batch and what is to happen to it.
type BatchInput struct {
	ID      string `json:"id"`
	Version int64  `json:"version"` // 0 where the step does not ask for it
	Reason  string `json:"reason"`
	Key     string `json:"-"`
}

// CancelImport stops the job of a batch where it stands; the batch can go on.
func (a *App) CancelImport(ctx context.Context, who *roster.Actor, in BatchInput) (BatchView, error) {
	const op = "batch.cancel"
	var job *store.Job
	err := a.read(ctx, who, op, func(ctx context.Context, v *store.View) error {
		sc, err := a.scope(ctx, v, who, roster.ActImport, roster.KindBatch)
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
		if err := a.store.Scratch(ctx, func(ctx context.Context, sx *store.ScratchTx) error {
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

// ResumeImport goes on with an import that stands.
func (a *App) ResumeImport(ctx context.Context, who *roster.Actor, in BatchInput) (BatchView, Receipt, error) {
	rec, err := a.write(ctx, who, Write{Op: "batch.resume", Key: in.Key, Body: in}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
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
		job, err := a.newJob(jobImport, after.ID, who, int64(after.Rows), nil)
		if err != nil {
			return nil, "", err
		}
		job.Position, job.Counts = int64(after.Position), jsonText(countsOf(&after))
		return []ledger.Fact{{Verb: "batch.resume", Kind: "audit_batch", ID: after.ID, Unit: after.UnitID}}, after.ID, tx.AddJob(ctx, job)
	})
	if err != nil {
		return BatchView{}, rec, err
	}
	a.wakeJobs()
	view, err := a.Batch(ctx, who, in.ID)
	return view, rec, err
}

// batchFor loads a batch under the scope of the act and judges its version.
func (a *App) batchFor(ctx context.Context, tx *store.Tx, who *roster.Actor, act roster.Act, in BatchInput) (*intake.AuditBatch, error) {
	sc, err := a.scope(ctx, &tx.View, who, act, roster.KindBatch)
	if err != nil {
		return nil, err
	}
	b, err := tx.Batch(ctx, in.ID, sc)
	if err == nil && in.Version != 0 && in.Version != b.Version {
		err = fault.Conflict("stale_version", "Current", b.Version)
	}
	return b, err
}

// WithdrawBatch takes back a batch that was imported by mistake: a job undoes
// every match of it, and what followed.
func (a *App) WithdrawBatch(ctx context.Context, who *roster.Actor, in BatchInput) (BatchView, Receipt, error) {
	rec, err := a.write(ctx, who, Write{Op: "batch.withdraw", Key: in.Key, Body: in}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		before, err := a.batchFor(ctx, tx, who, roster.ActWithdraw, in)
		if err != nil {
			return nil, "", err
		}
		if in.Reason == "" {
			return nil, "", fault.Invalid("reason_missing", "reason")
		}
		after := *before
		if err := after.Move(intake.Withdrawing); err != nil {
			return nil, "", err
		}
		if after.ReasonC, err = tx.PutText(ctx, after.ID, "reason", in.Reason); err != nil {
			return nil, "", err
		}
		if err := tx.Save(ctx, before, &after); err != nil {
			return nil, "", err
		}
		job, err := a.newJob(jobWithdraw, after.ID, who, int64(after.Position), nil)
		if err != nil {
			return nil, "", err
		}
		return []ledger.Fact{{Verb: "batch.withdraw", Kind: "audit_batch", ID: after.ID, Unit: after.UnitID}}, after.ID, tx.AddJob(ctx, job)
	})
	if err != nil {
		return BatchView{}, rec, err
	}
	a.wakeJobs()
	view, err := a.Batch(ctx, who, in.ID)
	return view, rec, err
}

// withdrawStep takes back one chunk of matches in the order of the file; the
// job's position is the line of the file that it has come to.
func withdrawStep(ctx context.Context, a *App, j *store.Job) (done bool, err error) {
	who := &roster.Actor{Account: j.Account, Program: true}
	_, err = a.write(ctx, who, Write{Op: "batch.withdraw"}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		before, err := tx.Batch(ctx, j.ObjectID, everything)
		if err != nil {
			return nil, "", err
		}
		after := *before
		rows, err := tx.MatchesOfBatch(ctx, before.ID, int(j.Position), importChunk)
		if err != nil {
			return nil, "", err
		}
		verb := "batch.rows_withdrawn"
		if done = len(rows) < importChunk; done {
			verb = "batch.withdrawn"
			if err := after.Move(intake.Withdrawn); err != nil {
				return nil, "", err
			}
			if err := tx.Save(ctx, before, &after); err != nil {
				return nil, "", err
			}
		}
		if err := a.withdrawMatches(ctx, tx, rows); err != nil {
			return nil, "", err
		}
		if len(rows) > 0 {
			j.Position = int64(rows[len(rows)-1].RowNo) // lines of the file, for going on after them
		}
		j.LeaseUntil = tx.Now().Add(importLease)
		if err := a.saveJobWith(ctx, tx, j); err != nil {
			return nil, "", err
		}
		return []ledger.Fact{{Verb: verb, Kind: "audit_batch", ID: after.ID, Unit: after.UnitID}}, "", nil
	})
	if err == nil && done {
		err = a.dropUpload(ctx, j.ObjectID)
	}
	return done, err
}

// withdrawMatches takes matches out, with their issues and leader questions,
// and lets the duplicates that were linked to them stand for themselves.
func (a *App) withdrawMatches(ctx context.Context, tx *store.Tx, rows []*intake.Match) error {
	var ids, issues []string
	for _, m := range rows {
		if m.State == intake.StateWithdrawn {
			continue
		}
		ids = append(ids, m.ID)
		if m.IssueID != "" {
			issues = append(issues, m.IssueID)
		}
		after := *m
		if err := after.Withdraw(tx.Now()); err != nil {
			return err
		}
		if err := tx.Save(ctx, m, &after); err != nil {
			return err
		}
	}
	if err := a.withdrawIssues(ctx, tx, issues); err != nil {
		return err
	}
	return a.promote(ctx, tx, ids, rows)
}

// withdrawIssues takes issues back, and the questions that they raised.
func (a *App) withdrawIssues(ctx context.Context, tx *store.Tx, ids []string) error {
	stored, err := tx.IssuesByID(ctx, ids, everything)
	if err != nil {
		return err
	}
	var changes []issue.Change
	for _, i := range stored {
		after := *i
		if after.Withdraw(tx.Now()) == nil { // else it was withdrawn before
			changes = append(changes, issue.Change{Before: i, After: &after})
		}
	}
	if err := tx.SaveIssues(ctx, changes, issue.TimingOf(a.pack)); err != nil {
		return err
	}
	return a.withdrawQuestions(ctx, tx, ids...)
}

// promote lets the first live duplicate of each withdrawn match stand for
// itself, and links the others to it.
func (a *App) promote(ctx context.Context, tx *store.Tx, ids []string, gone []*intake.Match) error {
	linked, err := tx.DuplicatesOf(ctx, ids...)
	if err != nil || len(linked) == 0 {
		return err
	}
	batch := ""
	if len(gone) > 0 {
		batch = gone[0].BatchID
	}
	for _, id := range ids {
		var first *intake.Match
		for _, m := range linked[id] {
			if m.BatchID == batch {
				continue // it goes with the same batch
			}
			after := *m
			if first != nil {
				after.Original = first.ID
				if err := tx.Save(ctx, m, &after); err != nil {
					return err
				}
				continue
			}
			attach, err := after.Promote(tx.Now())
			if err != nil {
				return err
			}
			if attach {
				if err := a.attach(ctx, tx, &after); err != nil {
					return err
				}
			}
			if err := tx.Save(ctx, m, &after); err != nil {
				return err
			}
			step := &intake.MatchDecision{MatchID: m.ID, Step: intake.StepPromote, PersonID: after.PersonID, ReasonC: ledger.Commitment{}}
			if err := tx.Insert(ctx, step); err != nil {
				return err
			}
			first = &after
		}
	}
	return nil
}

// ErrorFileInput asks for the rejected rows of a batch.
type ErrorFileInput struct {
	ID     string `json:"id"`
	Format string `json:"format"` // xlsx, csv
}

// ErrorFileWords are the headers that the faces give in the reader's language.
type ErrorFileWords struct {
	Row, Cell, Reason, Sheet string
	Say                      func(code string, args map[string]any) string // the text of a fault
}

// ErrorFile is a file of rejected rows as they were, with row, cell and reason.
type ErrorFile struct {
	Name  string
	Kind  string // media type
	Body  []byte
	Rows  int
	Batch string
}

// BatchErrors writes the error file of a batch. It is an export, and noted in
// the ledger as one.
func (a *App) BatchErrors(ctx context.Context, who *roster.Actor, in ErrorFileInput, words ErrorFileWords) (out ErrorFile, rec Receipt, err error) {
	if in.Format != "xlsx" && in.Format != "csv" {
		return out, rec, fault.Invalid("export_format", "format")
	}
	rec, err = a.write(ctx, who, Write{Op: "batch.errors", Body: in}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		sc, err := a.scope(ctx, &tx.View, who, roster.ActRead, roster.KindBatch)
		if err != nil {
			return nil, "", err
		}
		b, err := tx.Batch(ctx, in.ID, sc)
		if err != nil {
			return nil, "", err
		}
		if out, err = errorFile(ctx, tx, b, in.Format, words); err != nil {
			return nil, "", err
		}
		return []ledger.Fact{{Verb: "batch.errors", Kind: "audit_batch", ID: b.ID, Unit: b.UnitID}}, b.ID, nil
	})
	return out, rec, err
}

func errorFile(ctx context.Context, tx *store.Tx, b *intake.AuditBatch, format string, words ErrorFileWords) (out ErrorFile, err error) {
	var headers []string
	if err := json.Unmarshal([]byte(b.Headers), &headers); err != nil {
		return out, err
	}
	var buf bytes.Buffer
	out = ErrorFile{Name: "rejected-" + b.Ref + "." + format, Kind: "text/csv; charset=utf-8", Batch: b.ID}
	w := sheet.NewCSV(&buf)
	if format == "xlsx" {
		out.Kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
		if w, err = sheet.NewXLSX(&buf, words.Sheet); err != nil {
			return out, err
		}
	}
	if err := w.Header(append(slices.Clone(headers), words.Row, words.Cell, words.Reason)...); err != nil {
		return out, err
	}
	for after := -1; ; {
		records, err := tx.RejectedRecords(ctx, b.ID, after, 500)
		if err != nil {
			return out, err
		}
		ids := make([]string, len(records))
		for i, r := range records {
			ids[i] = r.ID
		}
		texts, err := tx.Texts(ctx, ids...)
		if err != nil {
			return out, err
		}
		for _, r := range records {
			after = r.RowNo
			raw := intake.ParseRaw(texts[r.ID]["raw"])
			line := make([]any, 0, len(headers)+3)
			for i := range max(len(headers), len(raw.Cells)) {
				cell := ""
				if i < len(raw.Cells) {
					cell = raw.Cells[i]
				}
				if i < len(headers) || cell != "" {
					line = append(line, cell)
				}
			}
			line = slices.Insert(line, len(headers), any(r.RowNo), any(intake.Cell(r.RejectCell, r.RowNo)), any(words.Say(r.RejectCode, raw.Args)))
			if err := w.Row(line...); err != nil {
				return out, err
			}
		}
		if len(records) < 500 {
			break
		}
	}
	if out.Rows, err = w.Close(); err != nil {
		return out, err
	}
	out.Body = buf.Bytes()
	return out, nil
}
