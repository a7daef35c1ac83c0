package app

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"plumbline/internal/fault"
	"plumbline/internal/intake"
	"plumbline/internal/issue"
	"plumbline/internal/ledger"
	"plumbline/internal/roster"
	"plumbline/internal/sheet"
	"plumbline/internal/store"
)

const (
	jobImport   = "audit_import"
	jobWithdraw = "audit_withdraw"

	importChunk = 100 // rows of one write: some 500 rows of tables, under 20 ms
	importTries = 5
	importLease = 10 * time.Second // how soon another worker may go on after a crash
)

func init() {
	jobSteps[jobImport] = importStep
	jobSteps[jobWithdraw] = withdrawStep
}

// everything is the scope of the program's own work on a batch, after the act
// itself was allowed.
var everything = roster.Scope{All: true}

// ImportInput is a file to import.
type ImportInput struct {
	AuditFile
	Key string `json:"-"`
}

// ImportResult says what was started, or that there was nothing to do.
type ImportResult struct {
	BatchID   string `json:"batch_id"`
	Unchanged bool   `json:"unchanged"` // this file of this source was imported before
}

// ImportAudit takes a file in and queues the job that imports it. The same
// file of the same source changes nothing.
func (a *App) ImportAudit(ctx context.Context, who *roster.Actor, in ImportInput) (out ImportResult, rec Receipt, err error) {
	if _, err := a.gate(who, "audit.import"); err != nil {
		return out, rec, err
	}
	if err := in.Validate(); err != nil {
		return out, rec, err
	}
	var f *openedFile
	if err := a.store.View(ctx, func(ctx context.Context, v *store.View) error {
		if f, err = a.openAudit(ctx, v, who.Account, &in.AuditFile); err != nil {
			return err
		}
		existing, err := v.BatchOfFile(ctx, in.Hash, in.Source, f.sheet)
		if existing != nil {
			out = ImportResult{existing.ID, true}
		}
		return err
	}); err != nil || out.Unchanged {
		return out, rec, err
	}
	if err := f.reader.Check(); err != nil {
		return out, rec, err
	}
	b := &intake.AuditBatch{
		Ref: issue.NewRef(), Source: in.Source, FileName: in.Name, FileHash: in.Hash, Sheet: f.sheet, HeaderRow: f.headerRow,
		Headers: jsonText(f.headers), Mapping: jsonText(f.reader.Columns), Classes: jsonText(f.reader.Classes), Category: in.Category,
		ReceivedOn: roster.Date(in.ReceivedOn), Account: who.Account, State: intake.Importing, Rows: len(f.rows),
		ReasonC: ledger.Commitment{},
	}
	b.ID = store.NewID()
	upload := &intake.Upload{ID: b.ID, Account: who.Account, FileName: in.Name, FileHash: in.Hash, Data: in.Data, CreatedAt: a.store.Now()}
	if err := a.store.Scratch(ctx, func(ctx context.Context, sx *store.ScratchTx) error {
		if err := a.remember(ctx, sx, who, in.AuditFile, f); err != nil {
			return err
		}
		return sx.Insert(ctx, upload)
	}); err != nil {
		return out, rec, err
	}
	rec, err = a.write(ctx, who, Write{Op: "audit.import", Key: in.Key, Body: in.AuditFile}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		existing, err := tx.BatchOfFile(ctx, in.Hash, in.Source, f.sheet)
		if err != nil {
			return nil, "", err
		}
		if existing != nil {
			out = ImportResult{existing.ID, true}
			return nil, "", store.ErrUnchanged
		}
		if b.UnitID, err = a.importUnit(ctx, &tx.View, who); err != nil {
			return nil, "", err
		}
		job, err := a.newJob(jobImport, b.ID, who, int64(len(f.rows)), nil)
		if err != nil {
			return nil, "", err
		}
		if err := tx.AddJob(ctx, job); err != nil {
			return nil, "", err
		}
		out = ImportResult{BatchID: b.ID}
		return []ledger.Fact{{Verb: "batch.import", Kind: "audit_batch", ID: b.ID, Unit: b.UnitID}}, b.ID, tx.Insert(ctx, b)
	})
	if err == nil && in.Upload != "" {
		err = a.dropUpload(ctx, in.Upload)
	}
	if err != nil || rec.Replayed {
		out.BatchID, err = a.unneeded(ctx, b.ID, out.BatchID, rec, err)
		return out, rec, err
	}
	a.opened.Store(&openedBatch{b.ID, f.rows})
	a.wakeJobs()
	return out, rec, nil
}

// openedBatch spares the worker of this process reading a file that was read a
// moment ago, when its import was asked for.
type openedBatch struct {
	batch string
	rows  []sheet.Row
}

// unneeded takes back an upload that nothing refers to.
func (a *App) unneeded(ctx context.Context, upload, batch string, rec Receipt, err error) (string, error) {
	if rec.Replayed {
		batch = rec.ResultID
	}
	if errors.Is(err, store.ErrUnchanged) {
		err = nil
	}
	if fault.Is(err, fault.UnavailableKind) {
		return batch, err // it may have been written after all
	}
	return batch, errors.Join(err, a.store.Scratch(ctx, func(ctx context.Context, sx *store.ScratchTx) error {
		_, err := sx.Delete(ctx, (*intake.Upload)(nil), "id = ?", upload)
		return err
	}))
}

func jsonText(v any) string {
	b, _ := json.Marshal(v)
	return string(b)
}

// importUnit is where the importer holds the role that lets him import.
func (a *App) importUnit(ctx context.Context, v *store.View, who *roster.Actor) (string, error) {
	for _, h := range who.Held {
		if h.Role == roster.RoleInspector {
			return h.Unit, nil
		}
	}
	tree, err := a.tree(ctx, v)
	if err != nil {
		return "", err
	}
	if who.Unit != "" {
		return who.Unit, nil
	}
	return tree.Bureau(), nil
}

// remember keeps what the user said about headers and class words.
func (a *App) remember(ctx context.Context, sx *store.ScratchTx, who *roster.Actor, in AuditFile, f *openedFile) error {
	put := func(kind, word, meaning string) error {
		m := &intake.Mapping{Source: in.Source, Kind: kind, Word: intake.HeaderKey(word), Meaning: meaning, Account: who.Account, ChangedAt: a.store.Now()}
		return sx.Upsert(ctx, m, "source, kind, word", "meaning", "account", "changed_at")
	}
	for header, field := range in.Columns {
		if !slices.ContainsFunc(f.headers, func(h string) bool { return intake.HeaderKey(h) == intake.HeaderKey(header) }) {
			return fault.Invalid("intake_header_unknown", "columns", "Header", header)
		}
		if err := put("column", header, field); err != nil {
			return err
		}
	}
	for word, category := range in.Classes {
		if err := put("class", word, category); err != nil {
			return err
		}
	}
	return nil
}

// importRun is one worker's knowledge of a batch; it is read anew after a crash.
type importRun struct {
	a      *App
	job    *store.Job
	who    *roster.Actor
	batch  *intake.AuditBatch
	rows   []sheet.Row
	reader *intake.Reader
	index  *intake.Index
}

// importStep imports a batch from where it stands to its end. Each chunk is one
// write, whole: records, matches, issues, the batch's counts and the job's
// position.
func importStep(ctx context.Context, a *App, j *store.Job) (bool, error) {
	var err error
	for range importTries {
		var r *importRun
		if r, err = a.importRun(ctx, j); err == nil && r.batch.State == intake.Importing {
			err = r.all(ctx)
		}
		switch {
		case err == nil:
			return true, a.dropUpload(ctx, j.ObjectID)
		case ctx.Err() != nil:
			return false, ctx.Err() // the job goes on when its lease has run out
		case !errors.Is(err, errMoved) && !fault.Is(err, fault.UnavailableKind):
			return false, errors.Join(err, a.stopBatch(ctx, j))
		}
		// The outcome of a chunk is unknown, or a worker that was taken for dead
		// has written it after all: what the batch says now is what counts.
	}
	return false, errors.Join(err, a.stopBatch(ctx, j))
}

// all writes chunk after chunk; the next one is matched while one is written.
func (r *importRun) all(ctx context.Context) error {
	ahead, stop := context.WithCancel(ctx)
	next := r.judgeFrom(ahead, r.batch.Position)
	defer func() {
		stop()
		for range next { // the goroutine has ended when the channel is closed
		}
	}()
	for judged := range next {
		if err := r.chunk(ctx, judged, r.batch.Position+len(judged)); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// errMoved says that the batch is not where this worker left it.
var errMoved = errors.New("the import has moved on under another worker")

// judgeFrom matches the rows from a position on, a chunk at a time.
func (r *importRun) judgeFrom(ctx context.Context, from int) <-chan []judgedRow {
	out := make(chan []judgedRow, 2)
	source := r.batch.Source // the batch itself moves on with each chunk written
	go func() {
		defer close(out)
		for chunk := range slices.Chunk(r.rows[from:], importChunk) {
			judged := make([]judgedRow, 0, len(chunk))
			for _, row := range chunk {
				judged = append(judged, r.a.judge(row, r.reader, source, r.index))
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

func (a *App) importRun(ctx context.Context, j *store.Job) (*importRun, error) {
	r := &importRun{a: a, job: j, who: &roster.Actor{Account: j.Account, Program: true}}
	err := a.store.View(ctx, func(ctx context.Context, v *store.View) (err error) {
		if r.batch, err = v.Batch(ctx, j.ObjectID, everything); err != nil {
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
		r.index, err = v.MatchIndex(ctx)
		return err
	})
	if err != nil || r.rows == nil {
		return r, err
	}
	r.rows = slices.DeleteFunc(r.rows, func(row sheet.Row) bool { return row.Number <= r.batch.HeaderRow })
	r.reader = &intake.Reader{Categories: categoryWords(), Category: r.batch.Category, ReceivedOn: r.batch.ReceivedOn, Today: a.Today()}
	for text, to := range map[string]any{r.batch.Headers: &r.reader.Headers, r.batch.Mapping: &r.reader.Columns, r.batch.Classes: &r.reader.Classes} {
		if err := json.Unmarshal([]byte(text), to); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// uploadedRows reads the rows of a batch's table from its stored file.
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
	_, err := r.a.write(ctx, r.who, Write{Op: "audit.import"}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		before, err := tx.Batch(ctx, r.batch.ID, everything)
		if err != nil {
			return nil, "", err
		}
		switch {
		case before.State != intake.Importing:
			return nil, "", ErrJobCancelled
		case before.Position != r.batch.Position:
			return nil, "", errMoved
		}
		after = *before
		if err := r.put(ctx, tx, judged, &after); err != nil {
			return nil, "", err
		}
		verb := "batch.rows"
		if after.Position = to; to == len(r.rows) {
			verb = "batch.imported"
			if err := after.Move(intake.Imported); err != nil {
				return nil, "", err
			}
		}
		if err := tx.Save(ctx, before, &after); err != nil {
			return nil, "", err
		}
		r.job.Position, r.job.LeaseUntil = int64(to), tx.Now().Add(importLease)
		r.job.Counts = jsonText(countsOf(&after))
		if err := r.a.saveJobWith(ctx, tx, r.job); err != nil {
			return nil, "", err
		}
		return []ledger.Fact{{Verb: verb, Kind: "audit_batch", ID: after.ID, Unit: after.UnitID}}, "", nil
	})
	if err == nil {
		r.batch = &after
	}
	return err
}

// put writes the records of a chunk, their matches, and the issues of those
// that attach by themselves, and counts them in the batch.
func (r *importRun) put(ctx context.Context, tx *store.Tx, judged []judgedRow, b *intake.AuditBatch) error {
	var sums []string
	for _, j := range judged {
		if j.sum != "" {
			sums = append(sums, j.sum)
		}
	}
	originals, err := tx.Originals(ctx, sums)
	if err != nil {
		return err
	}
	var (
		records = make([]*intake.AuditRecord, len(judged))
		matches = make([]*intake.Match, len(judged))
		texts   = make([]store.Content, 0, 2*len(judged))
		issues  []*issue.Issue
		earlier []receipt
		now     = tx.Now()
	)
	for i := range judged {
		j := &judged[i]
		rec, raw := r.record(j)
		rec.ID = tx.NewID()
		text := store.NewText(rec.ID, "raw", raw.JSON())
		rec.RawC = text.Commitment()
		texts = append(texts, text)
		m := r.match(j, rec)
		m.ID = tx.NewID()
		records[i], matches[i] = rec, m
		original := originals[j.sum]
		b.Count(m.Level, original != nil && j.sum != "")
		switch {
		case j.bad != nil:
		case original != nil:
			m.State, m.Original = intake.StateDuplicate, original.ID
			if original.IssueID != "" {
				earlier = append(earlier, receipt{original.IssueID, rec.ReceivedOn})
			}
		default:
			originals[j.sum] = m
			if m.State == intake.StateMatched {
				m.PersonID, m.SettledAt = j.outcome.Candidates[0].Person, &now
				is, narrative := auditIssue(tx, rec, &j.reading, m, r.index)
				issues = append(issues, is)
				texts = append(texts, narrative...)
			}
		}
	}
	if err := tx.PutTexts(ctx, texts); err != nil {
		return err
	}
	if err := tx.Insert(ctx, records, matches); err != nil {
		return err
	}
	if err := tx.AddIssues(ctx, issues, issue.TimingOf(r.a.pack)); err != nil {
		return err
	}
	return r.a.receivedEarlier(ctx, tx, earlier)
}

// record is the row as it came.
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

// match is what was made of it. It belongs to the unit of the best candidate
// then, else to the unit that the row names, else to the importer's.
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
	} else if units := r.index.Places(j.reading.Unit); len(units) == 1 {
		m.UnitID = units[0]
	}
	if m.UnitID == "" {
		m.UnitID = r.batch.UnitID
	}
	return m
}

// auditIssue makes the issue of a confirmed match, and the text to store.
func auditIssue(tx *store.Tx, rec *intake.AuditRecord, reading *intake.Reading, m *intake.Match, x *intake.Index) (*issue.Issue, []store.Content) {
	if s, ok := x.Subject(m.PersonID); ok {
		if u := s.UnitOn(rec.EventOn); u != "" {
			m.UnitID = u
		}
	}
	m.IssueID = tx.NewID()
	var texts []store.Content
	var c ledger.Commitment
	if reading.Narrative != "" {
		text := store.NewText(m.IssueID, "narrative", reading.Narrative)
		c, texts = text.Commitment(), append(texts, text)
	}
	return issue.NewAudit(issue.Found{
		ID: m.IssueID, SourceCode: rec.Source, Person: m.PersonID, Unit: m.UnitID, Tier: x.Tier(m.UnitID), Category: rec.Category,
		Severity: rec.Severity, EventOn: rec.EventOn, ReceivedOn: rec.ReceivedOn, At: tx.Now(), Record: rec.ID, NarrativeC: c,
	}), texts
}

// receipt is a day on which a record was received that an issue came from.
type receipt struct {
	issue string
	on    roster.Date
}

// receivedEarlier lets the earliest receipt date of duplicates govern.
func (a *App) receivedEarlier(ctx context.Context, tx *store.Tx, list []receipt) error {
	first := make(map[string]roster.Date)
	var ids []string
	for _, r := range list {
		if on, ok := first[r.issue]; !ok || r.on < on {
			if !ok {
				ids = append(ids, r.issue)
			}
			first[r.issue] = r.on
		}
	}
	stored, err := tx.IssuesByID(ctx, ids, everything)
	if err != nil {
		return err
	}
	var changes []issue.Change
	for _, i := range stored {
		if on := first[i.ID]; on < i.Received && i.State.Live() {
			after := *i
			after.Received = on
			changes = append(changes, issue.Change{Before: i, After: &after})
		}
	}
	return tx.SaveIssues(ctx, changes, issue.TimingOf(a.pack))
}

// stopBatch notes that an import stands where it is, and can go on.
func (a *App) stopBatch(ctx context.Context, j *store.Job) error {
	who := &roster.Actor{Account: j.Account, Program: true}
	_, err := a.write(ctx, who, Write{Op: "audit.import"}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		before, err := tx.Batch(ctx, j.ObjectID, everything)
		if err != nil {
			return nil, "", err
		}
		after := *before
		if err := after.Move(intake.Stopped); err != nil {
			return nil, "", store.ErrUnchanged
		}
		return []ledger.Fact{{Verb: "batch.stop", Kind: "audit_batch", ID: after.ID, Unit: after.UnitID}}, "", tx.Save(ctx, before, &after)
	})
	if errors.Is(err, store.ErrUnchanged) {
		return nil
	}
	return err
}

func (a *App) dropUpload(ctx context.Context, batch string) error {
	return a.store.Scratch(ctx, func(ctx context.Context, sx *store.ScratchTx) error {
		_, err := sx.Delete(ctx, (*intake.Upload)(nil), "id = ?", batch)
		return err
	})
}
