package intake

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

	appcustody "plumbline/internal/app/custody"
	"plumbline/internal/app/desk"
	"plumbline/internal/app/jobs"
	"plumbline/internal/custody"
	"plumbline/internal/fault"
	"plumbline/internal/intake"
	"plumbline/internal/issue"
	"plumbline/internal/kinds"
	"plumbline/internal/ledger"
	"plumbline/internal/roster"
	"plumbline/internal/sheet"
	"plumbline/internal/store"
	"plumbline/internal/verbs"
)

// importRun is what one worker knows of a batch. It is read again after a crash.
type importRun struct {
	a      *Intake
	job    *store.Job
	who    *roster.Actor
	batch  *intake.AuditBatch
	rows   []sheet.Row
	reader *intake.Reader
	index  *intake.Index
	fitted fitted
	sealer appcustody.Sealer
	pace   jobs.Pace
}

// importStep imports a batch from its position to the end. Each write is complete:
// records, matches, issues, the batch's counts and the job's position.
func (a *Intake) importStep(ctx context.Context, j *store.Job) (bool, error) {
	var err error
	for range importTries {
		var r *importRun
		if r, err = a.importRun(ctx, j); err == nil && r.batch.State == intake.Importing {
			err = r.all(ctx)
		}
		switch {
		case err == nil:
			return true, a.Store.DropUploads(ctx, "id = ?", j.ObjectID)
		case ctx.Err() != nil:
			return false, ctx.Err() // the job goes on when its lease has run out
		case !errors.Is(err, errMoved) && !fault.Is(err, fault.UnavailableKind):
			return false, errors.Join(err, a.stopBatch(ctx, j))
		}
		// The outcome of a chunk is unknown, or a worker that was taken for dead
		// has written it after all: what the batch says now is what counts.
	}
	if fault.Is(err, fault.UnavailableKind) {
		return false, err // the job goes on when its lease has run out
	}
	return false, errors.Join(err, a.stopBatch(ctx, j))
}

// all writes chunk after chunk, matching the next while one is being written.
func (r *importRun) all(ctx context.Context) error {
	ahead, stop := context.WithCancel(ctx)
	next := r.judgeFrom(ahead, r.batch.Position)
	defer func() {
		stop()
		for range next { // the goroutine has ended when the channel is closed
		}
	}()
	for judged := range next {
		for n := 1; n < r.pace.Chunks; n++ {
			judged = append(judged, <-next...) // nothing when all have been judged
		}
		if err := r.chunk(ctx, judged, r.batch.Position+len(judged)); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// errMoved says that the batch is not where this worker left it.
var errMoved = errors.New("the import has moved on under another worker")

// judgeFrom matches the rows from a position on, in chunks.
func (r *importRun) judgeFrom(ctx context.Context, from int) <-chan []judgedRow {
	out := make(chan []judgedRow, jobs.PaceMost)
	source, unit := r.batch.Source, r.batch.UnitID // the batch itself moves on with each chunk written
	go func() {
		defer close(out)
		for chunk := range slices.Chunk(r.rows[from:], importChunk) {
			judged := make([]judgedRow, 0, len(chunk))
			for _, row := range chunk {
				j := r.a.judge(row, r.reader, source, r.index, r.fitted.model)
				r.seal(&j, unit)
				judged = append(judged, j)
			}
			select {
			case out <- judged:
			case <-ctx.Done():
				return
			}
		}
	}()
	return out
}

func (a *Intake) importRun(ctx context.Context, j *store.Job) (*importRun, error) {
	r := &importRun{a: a, job: j, who: &roster.Actor{Account: j.Account, Program: true}}
	done, err := a.Enter(ctx, j.ID)
	if err != nil {
		return r, err
	}
	defer done()
	err = a.Store.View(ctx, func(ctx context.Context, v *store.View) (err error) {
		if r.batch, err = v.Batch(ctx, j.ObjectID, desk.Everything); err != nil {
			return err
		}
		if r.batch.State != intake.Importing {
			return nil
		}
		if o := a.opened.Swap(nil); o != nil && o.batch == r.batch.ID {
			r.rows = o.rows
		} else if r.rows, err = uploadedRows(ctx, v, r.batch); err != nil {
			return err
		}
		if r.sealer, err = appcustody.SealerOf(ctx, v); err != nil {
			return err
		}
		if r.index, err = a.matchIndex(ctx, v); err != nil {
			return err
		}
		if err := r.open(); err != nil {
			return err
		}
		return r.fitBatch(ctx, v)
	})
	return r, err
}

// open makes the rows and their reader ready, as the batch was mapped.
func (r *importRun) open() error {
	r.rows = slices.DeleteFunc(r.rows, func(row sheet.Row) bool { return row.Number <= r.batch.HeaderRow })
	r.reader = &intake.Reader{Categories: categoryWords(), Category: r.batch.Category, ReceivedOn: r.batch.ReceivedOn, Today: r.a.Today()}
	for text, to := range map[string]any{r.batch.Headers: &r.reader.Headers, r.batch.Mapping: &r.reader.Columns,
		r.batch.Classes: &r.reader.Classes} {
		if err := json.Unmarshal([]byte(text), to); err != nil {
			return err
		}
	}
	return nil
}

// uploadedRows reads the rows of a batch from its stored file.
func uploadedRows(ctx context.Context, v *store.View, b *intake.AuditBatch) ([]sheet.Row, error) {
	up, err := v.Upload(ctx, b.ID)
	if err != nil {
		return nil, err
	}
	book, err := sheet.Open(up.FileName, up.Data)
	if err != nil {
		return nil, err
	}
	defer book.Close()
	return book.All(b.Sheet)
}

// chunk writes judged rows; to is the position after them.
func (r *importRun) chunk(ctx context.Context, judged []judgedRow, to int) error {
	var after intake.AuditBatch
	rec, err := r.a.Write(ctx, r.who, desk.Write{Op: "audit.import"}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		before, err := tx.Batch(ctx, r.batch.ID, desk.Everything)
		if err != nil {
			return nil, "", err
		}
		switch {
		case before.State != intake.Importing:
			return nil, "", jobs.ErrJobCancelled
		case before.Position != r.batch.Position:
			return nil, "", errMoved
		}
		after = *before
		if err := r.keepModel(ctx, tx, &after); err != nil {
			return nil, "", err
		}
		if err := r.put(ctx, tx, judged, &after); err != nil {
			return nil, "", err
		}
		verb := verbs.BatchRows
		if after.Position = to; to == len(r.rows) {
			verb = verbs.BatchImported
			if err := after.Move(intake.Imported); err != nil {
				return nil, "", err
			}
		}
		if err := tx.Save(ctx, before, &after); err != nil {
			return nil, "", err
		}
		r.job.Position, r.job.LeaseUntil = int64(to), tx.Now().Add(importLease)
		r.job.Counts = jsonText(countsOf(&after))
		if err := r.a.SaveJobWith(ctx, tx, r.job); err != nil {
			return nil, "", err
		}
		facts := []ledger.Fact{{Verb: verb, Kind: kinds.AuditBatch, ID: after.ID, Unit: after.UnitID}}
		if m := r.fitted.fresh; m != nil && before.Position == 0 {
			facts = append(facts, ledger.Fact{Verb: verbs.BatchModel, Kind: kinds.LinkageModel, ID: m.ID, Unit: after.UnitID})
		}
		return facts, "", nil
	})
	if err == nil {
		r.batch = &after
		r.pace.Wrote(rec.Seq)
	}
	return err
}

// put writes the records of a chunk, their matches, and the issues of those that
// attach automatically, and adds them to the counts of the batch.
func (r *importRun) put(ctx context.Context, tx *store.Tx, judged []judgedRow, b *intake.AuditBatch) error {
	earlier := r.a.earlierRecords()
	if err := earlier.find(ctx, &tx.View, judged); err != nil {
		return err
	}
	var (
		records = make([]*intake.AuditRecord, len(judged))
		matches = make([]*intake.Match, len(judged))
		texts   = make([]store.Content, 0, 2*len(judged))
		issues  []*issue.Issue
		sealed  []*custody.SealedField
		dates   []receipt // of duplicates, for the issues of their originals
		now     = tx.Now()
	)
	for i := range judged {
		j := &judged[i]
		if j.failed != nil {
			return j.failed
		}
		rec, raw := r.record(j)
		rec.ID = j.record
		if j.sealed != nil {
			sealed, texts = append(sealed, j.sealed), append(texts, j.sealedTexts...)
		}
		text := store.NewText(rec.ID, "raw", raw.JSON())
		rec.RawC = text.Commitment()
		texts = append(texts, text)
		m := r.match(j, rec)
		m.ID = tx.NewID()
		records[i], matches[i] = rec, m
		original := earlier.of(j)
		b.Count(m.Level, original != nil)
		switch {
		case j.bad != nil:
		case original != nil:
			m.State, m.Original = intake.StateDuplicate, original.ID
			if original.IssueID != "" {
				dates = append(dates, receipt{original.IssueID, rec.ReceivedOn})
			}
		default:
			earlier.add(j, m)
			if m.State == intake.StateMatched {
				m.SettledAt = &now
				if len(j.outcome.Candidates) > 0 {
					m.PersonID = j.outcome.Candidates[0].Person
				}
				is, narrative := auditIssue(tx, rec, &j.reading, m, r.index)
				issues = append(issues, is)
				texts = append(texts, narrative...)
			}
		}
	}
	if err := tx.PutTexts(ctx, texts); err != nil {
		return err
	}
	if err := tx.Insert(ctx, records, matches, sealed); err != nil {
		return err
	}
	if err := tx.AddIssues(ctx, issues, issue.TimingOf(r.a.Pack())); err != nil {
		return err
	}
	return r.a.receivedEarlier(ctx, tx, dates)
}

// record is the row as received.
func (r *importRun) record(j *judgedRow) (*intake.AuditRecord, intake.Raw) {
	rec := &intake.AuditRecord{BatchID: r.batch.ID, RowNo: j.row.Number, Source: r.batch.Source, Sum: j.sum}
	raw := intake.Raw{Cells: j.row.Cells}
	if j.bad != nil {
		rec.RejectCode, rec.RejectCell, raw.Args = j.bad.Fault.Code, j.bad.Column+1, j.bad.Fault.Args
		return rec, raw
	}
	rec.EventOn, rec.ReceivedOn, rec.Category, rec.Severity = j.reading.EventOn, j.reading.ReceivedOn, j.reading.Category, j.reading.Severity
	raw.Reading = &j.reading
	return rec, raw
}

// match is the result for a row. It belongs to the best candidate's unit at the
// time, else to the unit named in the row, else to the importer's.
func (r *importRun) match(j *judgedRow, rec *intake.AuditRecord) *intake.Match {
	m := &intake.Match{
		RecordID: rec.ID, BatchID: rec.BatchID, RowNo: rec.RowNo, Source: rec.Source, Level: j.outcome.Level,
		State: intake.StateOf(j.outcome.Level), Live: j.outcome.Live, EventOn: rec.EventOn, Category: rec.Category,
	}
	m.SetList(j.outcome.Candidates)
	if len(j.outcome.Candidates) > 0 {
		if s, ok := r.index.Subject(j.outcome.Candidates[0].Person); ok {
			m.UnitID = s.UnitOn(rec.EventOn)
		}
	} else if j.bad == nil && j.reading.Nobody() {
		m.UnitID = r.index.UnitCoded(j.reading.Unit)
	} else if units := r.index.Places(j.reading.Unit); len(units) == 1 {
		m.UnitID = units[0]
	}
	if m.UnitID == "" {
		m.UnitID = r.batch.UnitID
	}
	return m
}
