package api

import (
	"context"
	"io"

	appintake "plumbline/internal/app/intake"
	"plumbline/internal/words"
)

// AuditForm is the upload of a file of audit records. Its fields are: file;
// source; sheet, header_row, category, received_on (optional); columns and
// classes (optional JSON objects: header → field, class word → category). A
// column that is not known is given a field, or "ignore", before the import.
type AuditForm struct{}

func (*AuditForm) file(c *Call) (f appintake.AuditFile, err error) {
	form, err := readForm(c)
	if err != nil {
		return f, err
	}
	if err := form.Only("source", "sheet", "header_row", "category", "received_on", "columns", "classes"); err != nil {
		return f, err
	}
	f = appintake.AuditFile{Name: form.Name, Data: form.Data, Source: form.Values["source"], Sheet: form.Values["sheet"],
		Category: form.Values["category"], ReceivedOn: form.Values["received_on"]}
	if f.HeaderRow, err = form.Int("header_row"); err != nil {
		return f, err
	}
	if f.Columns, err = form.Map("columns"); err != nil {
		return f, err
	}
	f.Classes, err = form.Map("classes")
	return f, err
}

// PreviewView is what an import would do.
type PreviewView struct {
	appintake.AuditPreview
	Reasons []RowReason `json:"reasons" doc:"The first rejected rows, with the reason in words"`
	Problem *Detail     `json:"problem,omitempty" doc:"Why the file cannot be imported as mapped"`
}

// RowReason is a rejected row.
type RowReason struct {
	Row    int    `json:"row"`
	Cell   string `json:"cell"`
	Code   string `json:"code"`
	Reason string `json:"reason"`
}

// ImportView says what was started.
type ImportView struct {
	appintake.ImportResult
	Receipt *ReceiptView `json:"receipt,omitempty"`
}

// BatchWritten is a batch after a step.
type BatchWritten struct {
	appintake.BatchView
	Receipt ReceiptView `json:"receipt"`
}

// MatchWritten is a match after a step.
type MatchWritten struct {
	appintake.MatchView
	Receipt ReceiptView `json:"receipt"`
}

// MatchPage is one page of the queue.
type MatchPage struct {
	Items []appintake.MatchRow `json:"items"`
	Next  string               `json:"next,omitempty"`
	Total *int64               `json:"total,omitempty" doc:"Exact number of rows; on the first page only"`
}

// errorFileWords are the texts of an error file.
func errorFileWords(lang words.Lang) appintake.ErrorFileWords {
	return appintake.ErrorFileWords{
		Row: words.T(lang, "intake.error.row"), Cell: words.T(lang, "intake.error.cell"), Reason: words.T(lang, "intake.error.reason"),
		Sheet: words.T(lang, "intake.error.sheet"),
		Say:   func(code string, args map[string]any) string { return words.Args(lang, "fault."+code, args) },
	}
}

func registerIntake(r *registry) {
	a := r.f.App
	handle(r, "audit.sources", func(ctx context.Context, c *Call, _ *struct{}) (Paged[appintake.SourceView], error) {
		rows, err := a.AuditSources(ctx, c.Actor)
		return Paged[appintake.SourceView]{Items: rows}, err
	}, Summary("Audit sources, and what is remembered of their words"))
	handle(r, "audit.preview", func(ctx context.Context, c *Call, in *AuditForm) (PreviewView, error) {
		f, err := in.file(c)
		if err != nil {
			return PreviewView{}, err
		}
		p, err := a.PreviewAudit(ctx, c.Actor, f)
		out := PreviewView{AuditPreview: p, Reasons: []RowReason{}}
		for _, e := range p.Errors {
			out.Reasons = append(out.Reasons, RowReason{e.Row, e.Cell, e.Code, text(c.Lang, e.Fault)})
		}
		if p.Problem != nil {
			out.Problem = &Detail{Code: p.Problem.Code, Field: p.Problem.Field, Detail: text(c.Lang, p.Problem)}
		}
		return out, err
	}, Upload, Summary("What importing a file of audit records would do"))
	handle(r, "audit.import", func(ctx context.Context, c *Call, in *AuditForm) (ImportView, error) {
		f, err := in.file(c)
		if err != nil {
			return ImportView{}, err
		}
		out, rec, err := a.ImportAudit(ctx, c.Actor, appintake.ImportInput{AuditFile: f, Key: c.Key})
		v := ImportView{ImportResult: out}
		if rec.ResultID != "" {
			got := receipt(rec)
			v.Receipt = &got
		}
		return v, err
	}, Upload, Summary("Import a file of audit records as a job"))
	registerBatches(r)
	registerMatches(r)
}

func registerBatches(r *registry) {
	a := r.f.App
	handle(r, "batch.list", func(ctx context.Context, c *Call, in *struct {
		Source string `query:"source"`
		Cursor string `query:"cursor"`
		Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
	}) (Paged[appintake.BatchView], error) {
		rows, next, err := a.Batches(ctx, c.Actor, in.Source, in.Cursor, in.Limit)
		if rows == nil {
			rows = []appintake.BatchView{}
		}
		return Paged[appintake.BatchView]{rows, next}, err
	}, Summary("Imported files, newest first"))
	type one struct {
		ID string `path:"id"`
	}
	type edit struct {
		ID   string `path:"id"`
		Body struct {
			Version int64  `json:"version,omitempty"`
			Reason  string `json:"reason,omitempty" maxLength:"4000"`
			Stated  bool   `json:"cases_lose_ground,omitempty" doc:"Withdrawal: cases opened on records of the file may lose their ground"`
		}
	}
	input := func(c *Call, in *edit) appintake.BatchInput {
		return appintake.BatchInput{ID: in.ID, Version: c.Version(in.Body.Version), Reason: in.Body.Reason, Key: c.Key,
			Stated: in.Body.Stated}
	}
	handle(r, "batch.read", func(ctx context.Context, c *Call, in *one) (appintake.BatchView, error) {
		return a.Batch(ctx, c.Actor, in.ID)
	}, Summary("An imported file with its counts and progress"))
	handle(r, "batch.cancel", func(ctx context.Context, c *Call, in *one) (appintake.BatchView, error) {
		return a.CancelImport(ctx, c.Actor, appintake.BatchInput{ID: in.ID})
	}, Summary("Stop an import where it stands"))
	handle(r, "batch.resume", func(ctx context.Context, c *Call, in *edit) (BatchWritten, error) {
		v, rec, err := a.ResumeImport(ctx, c.Actor, input(c, in))
		return BatchWritten{v, receipt(rec)}, err
	}, Summary("Go on with an import that was stopped"))
	handle(r, "batch.withdraw", func(ctx context.Context, c *Call, in *edit) (BatchWritten, error) {
		v, rec, err := a.WithdrawBatch(ctx, c.Actor, input(c, in))
		return BatchWritten{v, receipt(rec)}, err
	}, Summary("Take back a file that was imported by mistake"))
	download(r, "batch.errors", func(ctx context.Context, c *Call, in *struct {
		ID   string `path:"id"`
		Body struct {
			Format string `json:"format" enum:"xlsx,csv"`
		}
	}) (*File, error) {
		f, _, err := a.BatchErrors(ctx, c.Actor, appintake.ErrorFileInput{ID: in.ID, Format: in.Body.Format}, errorFileWords(c.Lang))
		if err != nil {
			return nil, err
		}
		return &File{Name: f.Name, Type: f.Kind, Rows: f.Rows,
			Write: func(w io.Writer) error { _, err := w.Write(f.Body); return err }}, nil
	}, Versionless, Summary("The rejected rows as they were, with the reasons"))
}

func registerMatches(r *registry) {
	a := r.f.App
	handle(r, "match.list", func(ctx context.Context, c *Call, in *struct {
		Level  string `query:"level" doc:"exact, probable, ambiguous, unmatched, rejected"`
		State  string `query:"state"`
		Source string `query:"source"`
		Unit   string `query:"unit" doc:"This unit and all below it"`
		Batch  string `query:"batch"`
		Open   bool   `query:"open" doc:"Only what waits for a decision"`
		Cursor string `query:"cursor"`
		Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
	}) (MatchPage, error) {
		f := appintake.MatchFilter{Level: in.Level, State: in.State, Source: in.Source, Unit: in.Unit, Batch: in.Batch, Open: in.Open}
		rows, total, next, err := a.Matches(ctx, c.Actor, f, in.Cursor, in.Limit)
		out := MatchPage{Items: rows, Next: next}
		if rows == nil {
			out.Items = []appintake.MatchRow{}
		}
		if total >= 0 {
			out.Total = &total
		}
		return out, err
	}, Summary("Records and whom they were matched to"))
	handle(r, "match.read", func(ctx context.Context, c *Call, in *struct {
		ID string `path:"id"`
	}) (appintake.MatchView, error) {
		return a.Match(ctx, c.Actor, in.ID)
	}, Summary("A record with its candidates side by side"))
	handle(r, "match.decide", func(ctx context.Context, c *Call, in *struct {
		ID   string `path:"id"`
		Body struct {
			Version int64  `json:"version,omitempty"`
			Person  string `json:"person_id,omitempty"`
			Number  string `json:"number,omitempty" maxLength:"100" doc:"Personnel, police or badge number as of the event date"`
			Nobody  bool   `json:"nobody,omitempty" doc:"It is none of the candidates"`
			Reason  string `json:"reason,omitempty" maxLength:"4000"`
		}
	}) (MatchWritten, error) {
		b := in.Body
		v, rec, err := a.DecideMatch(ctx, c.Actor, appintake.DecideInput{ID: in.ID, Version: c.Version(b.Version), Person: b.Person,
			Number: b.Number, Nobody: b.Nobody, Reason: b.Reason, Key: c.Key})
		return MatchWritten{v, receipt(rec)}, err
	}, Summary("Say whom a record is about; an ambiguous one takes two inspectors"))
	handle(r, "match.undo", func(ctx context.Context, c *Call, in *struct {
		ID   string `path:"id"`
		Body struct {
			Version int64  `json:"version,omitempty"`
			Reason  string `json:"reason" maxLength:"4000"`
			Stated  bool   `json:"case_loses_ground,omitempty" doc:"A case opened on the match may lose its ground; it is flagged"`
		}
	}) (MatchWritten, error) {
		v, rec, err := a.UndoMatch(ctx, c.Actor, appintake.UndoInput{ID: in.ID, Version: c.Version(in.Body.Version), Reason: in.Body.Reason,
			Key: c.Key, Stated: in.Body.Stated})
		return MatchWritten{v, receipt(rec)}, err
	}, Summary("Take a confirmed match back, with what followed from it"))
}
