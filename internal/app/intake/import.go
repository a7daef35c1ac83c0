package intake

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"plumbline/internal/app/desk"
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

const (
	jobImport   = "audit_import"
	jobWithdraw = "audit_withdraw"

	importChunk = 100 // rows judged at a time, and of one write while others write: some 500 rows of tables, under 20 ms
	importTries = 5
	importLease = 10 * time.Second // how soon another worker may go on after a crash
)

func (a *Intake) registerImport() {
	a.Handle(jobImport, a.importStep)
}

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

// ImportAudit accepts a file and queues the job that imports it. Importing the same
// file of the same source again changes nothing.
func (a *Intake) ImportAudit(ctx context.Context, who *roster.Actor, in ImportInput) (out ImportResult, rec desk.Receipt, err error) {
	if _, err := a.Authorize(who, "audit.import"); err != nil {
		return out, rec, err
	}
	if err := in.Validate(); err != nil {
		return out, rec, err
	}
	f, existing, err := a.openToImport(ctx, who, &in.AuditFile)
	if err != nil {
		return out, rec, err
	}
	if existing != nil {
		return ImportResult{existing.ID, true}, rec, nil
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
	upload := &intake.Upload{ID: b.ID, Account: who.Account, FileName: in.Name, FileHash: in.Hash, Data: in.Data, CreatedAt: a.Store.Now()}
	if err := a.Store.Scratch(ctx, func(ctx context.Context, sx *store.ScratchTx) error {
		if err := a.remember(ctx, sx, who, in.AuditFile, f); err != nil {
			return err
		}
		return sx.AddUpload(ctx, upload)
	}); err != nil {
		return out, rec, err
	}
	rec, err = a.Write(ctx, who, desk.Write{Op: "audit.import", Key: in.Key, Body: in.AuditFile}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
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
		job, err := a.NewJob(jobImport, b.ID, who, int64(len(f.rows)), nil)
		if err != nil {
			return nil, "", err
		}
		if err := tx.AddJob(ctx, job); err != nil {
			return nil, "", err
		}
		out = ImportResult{BatchID: b.ID}
		return []ledger.Fact{{Verb: verbs.BatchImport, Kind: kinds.AuditBatch, ID: b.ID, Unit: b.UnitID}}, b.ID, tx.Insert(ctx, b)
	})
	if err == nil && in.Upload != "" {
		if err := a.Store.DropUploads(ctx, "id = ?", in.Upload); err != nil { // the batch has its own copy, and stands
			a.Log.Warn("drop the staged file of an import", "batch", out.BatchID, "err", err)
		}
	}
	if err != nil || rec.Replayed {
		out.BatchID, err = a.unneeded(ctx, b.ID, out.BatchID, rec, err)
		return out, rec, err
	}
	a.opened.Store(&openedBatch{b.ID, f.rows})
	a.WakeJobs()
	return out, rec, nil
}

// openToImport reads the file and finds the batch of an earlier import.
func (a *Intake) openToImport(ctx context.Context, who *roster.Actor,
	in *AuditFile) (f *openedFile, existing *intake.AuditBatch, err error) {
	done, err := a.Reading(ctx, who)
	if err != nil {
		return nil, nil, err
	}
	defer done()
	err = a.Store.View(ctx, func(ctx context.Context, v *store.View) error {
		if f, err = a.openAudit(ctx, v, who.Account, in); err != nil {
			return err
		}
		existing, err = v.BatchOfFile(ctx, in.Hash, in.Source, f.sheet)
		return err
	})
	return f, existing, err
}

// openedBatch caches the file last read by this process, so that the worker need not
// read it again.
type openedBatch struct {
	batch string
	rows  []sheet.Row
}

// unneeded deletes an upload that nothing refers to.
func (a *Intake) unneeded(ctx context.Context, upload, batch string, rec desk.Receipt, err error) (string, error) {
	if rec.Replayed {
		batch = rec.ResultID
	}
	if errors.Is(err, store.ErrUnchanged) {
		err = nil
	}
	if fault.Is(err, fault.UnavailableKind) {
		return batch, err // it may have been written after all
	}
	return batch, errors.Join(err, a.Store.DropUploads(ctx, "id = ?", upload))
}

func jsonText(v any) string {
	b, _ := json.Marshal(v)
	return string(b)
}

// importUnit is the unit where the importer holds the role that allows importing.
func (a *Intake) importUnit(ctx context.Context, v *store.View, who *roster.Actor) (string, error) {
	for _, h := range who.Held {
		if h.Role == roster.RoleInspector {
			return h.Unit, nil
		}
	}
	tree, err := a.Tree(ctx, v)
	if err != nil {
		return "", err
	}
	if who.Unit != "" {
		return who.Unit, nil
	}
	return tree.Bureau(), nil
}

// remember stores what the user said about headers and terms.
func (a *Intake) remember(ctx context.Context, sx *store.ScratchTx, who *roster.Actor, in AuditFile, f *openedFile) error {
	put := func(kind, word, meaning string) error {
		m := &intake.Mapping{Source: in.Source, Kind: kind, Word: intake.HeaderKey(word), Meaning: meaning, Account: who.Account,
			ChangedAt: a.Store.Now()}
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
