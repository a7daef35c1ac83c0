package intake

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"

	"plumbline/internal/app/desk"
	"plumbline/internal/fault"
	"plumbline/internal/intake"
	"plumbline/internal/kinds"
	"plumbline/internal/ledger"
	"plumbline/internal/roster"
	"plumbline/internal/sheet"
	"plumbline/internal/store"
	"plumbline/internal/verbs"
)

// ErrorFileInput asks for the rejected rows of a batch.
type ErrorFileInput struct {
	ID     string `json:"id"`
	Format string `json:"format"` // xlsx, csv
}

// ErrorFileWords are the headers, in the reader's language.
type ErrorFileWords struct {
	Row, Cell, Reason, Sheet string
	Say                      func(code string, args map[string]any) string // the text of a fault
}

// ErrorFile is a file of the rejected rows as they were, with row, cell and reason.
type ErrorFile struct {
	Name  string
	Kind  string // media type
	Body  []byte
	Rows  int
	Batch string
}

// BatchErrors writes the error file of a batch. The ledger records it as an export.
func (a *Intake) BatchErrors(ctx context.Context, who *roster.Actor, in ErrorFileInput,
	words ErrorFileWords) (out ErrorFile, rec desk.Receipt, err error) {
	if in.Format != "xlsx" && in.Format != "csv" {
		return out, rec, fault.Invalid("export_format", "format")
	}
	rec, err = a.Write(ctx, who, desk.Write{Op: verbs.BatchErrors, Body: in}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		sc, err := a.Scope(ctx, &tx.View, who, roster.ActRead, roster.KindBatch)
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
		if err := a.MayExport(ctx, &tx.View, who); err != nil {
			return nil, "", err
		}
		return []ledger.Fact{{Verb: verbs.BatchErrors, Kind: kinds.AuditBatch, ID: b.ID, Unit: b.UnitID}}, b.ID, nil
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
			line = slices.Insert(line, len(headers), any(r.RowNo), any(intake.Cell(r.RejectCell, r.RowNo)),
				any(words.Say(r.RejectCode, raw.Args)))
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
