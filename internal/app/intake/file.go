package intake

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"time"

	"plumbline/internal/custody"
	"plumbline/internal/fault"
	"plumbline/internal/intake"
	"plumbline/internal/roster"
	"plumbline/internal/seal"
	"plumbline/internal/sheet"
	"plumbline/internal/store"
	"plumbline/seeds"
)

// AuditFile is an uploaded file of audit records and what the uploader says about
// it. Columns maps headers to fields and Classes maps the source's terms to
// categories; both are remembered for the source.
type AuditFile struct {
	Name       string            `json:"name"`
	Data       []byte            `json:"-" request:"-"` // Hash stands for it
	Upload     string            `json:"-" request:"-"` // a staged file instead of Name and Data
	Hash       string            `json:"hash"`          // of Data; filled
	Source     string            `json:"source"`
	Sheet      string            `json:"sheet,omitempty"`      // name or number; "" is the first visible
	HeaderRow  int               `json:"header_row,omitempty"` // line of the file; 0 finds it
	Columns    map[string]string `json:"columns,omitempty"`
	Classes    map[string]string `json:"classes,omitempty"`
	Category   string            `json:"category,omitempty"`    // for rows without a class
	ReceivedOn string            `json:"received_on,omitempty"` // for rows without a date of receipt
}

// Validate judges the input by itself.
func (f *AuditFile) Validate() error {
	codes := make([]string, 0, 8)
	for _, s := range seeds.Sources() {
		codes = append(codes, s.Code)
	}
	if !slices.Contains(codes, f.Source) {
		return fault.Invalid("intake_source_unknown", "source", "Source", f.Source, "Sources", strings.Join(codes, ", "))
	}
	for _, to := range f.Columns {
		if !slices.Contains(intake.Fields, intake.Field(to)) {
			return fault.Invalid("intake_field_unknown", "columns", "Field", to)
		}
	}
	known := categoryWords()
	for _, c := range append(slices.Collect(mapValues(f.Classes)), f.Category) {
		if c != "" && known[intake.HeaderKey(c)] != c {
			return fault.Invalid("intake_category_unknown", "category", "Category", c)
		}
	}
	if _, err := roster.ParseDate(f.ReceivedOn); err != nil {
		return fault.As(err).WithField("received_on")
	}
	return nil
}

func mapValues(m map[string]string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for _, v := range m {
			if !yield(v) {
				return
			}
		}
	}
}

// categoryWords maps the codes and labels of categories to codes.
func categoryWords() map[string]string {
	out := make(map[string]string)
	for _, c := range seeds.Categories() {
		for _, w := range []string{c.Code, c.ZH, c.EN} {
			out[intake.HeaderKey(w)] = c.Code
		}
	}
	return out
}

func sourceOf(code string) *seeds.Source {
	for _, s := range seeds.Sources() {
		if s.Code == code {
			return &s
		}
	}
	return nil
}

// openedFile is a file as the program understands it.
type openedFile struct {
	sheet     string
	sheets    []string
	headerRow int
	headers   []string
	rows      []sheet.Row // below the header, blank ones left out
	reader    *intake.Reader
}

// openAudit reads the file and maps its columns: by what the user says now, then by
// what was remembered for the source, then by common terms.
func (a *Intake) openAudit(ctx context.Context, v *store.View, account string, in *AuditFile) (*openedFile, error) {
	if in.Upload != "" {
		up, err := v.Upload(ctx, in.Upload)
		switch {
		case store.Missing(err), errors.Is(err, seal.ErrOpen), err == nil && up.Account != account:
			return nil, fault.Invalid("intake_upload_gone", "file").WithCause(err)
		case err != nil:
			return nil, err
		}
		in.Name, in.Data = up.FileName, up.Data
	}
	sum := sha256.Sum256(in.Data)
	in.Hash = hex.EncodeToString(sum[:])
	book, err := sheet.Open(in.Name, in.Data)
	if err != nil {
		return nil, err
	}
	defer book.Close()
	f := &openedFile{sheets: book.Sheets()}
	if f.sheet, err = book.Sheet(in.Sheet); err != nil {
		return nil, err
	}
	if f.rows, err = book.All(f.sheet); err != nil {
		return nil, err
	}
	said, err := v.Mappings(ctx, in.Source)
	if err != nil {
		return nil, err
	}
	remembered, now := make(map[string]intake.Field, len(said["column"])), make(map[string]intake.Field, len(in.Columns))
	for word, to := range said["column"] {
		remembered[word] = intake.Field(to)
	}
	for header, to := range in.Columns {
		now[intake.HeaderKey(header)] = intake.Field(to)
	}
	at := -1
	if in.HeaderRow > 0 {
		at = slices.IndexFunc(f.rows, func(r sheet.Row) bool { return r.Number == in.HeaderRow })
	} else {
		at = sheet.Header(f.rows[:min(len(f.rows), 30)], func(cell string) bool {
			key := intake.HeaderKey(cell)
			return intake.Known(cell) || remembered[key] != "" || now[key] != ""
		})
	}
	switch {
	case at < 0 && len(f.sheets) > 1: // the rows may stand on another one
		return nil, fault.Invalid("sheet_header_here", "sheet", "Name", f.sheet, "Sheets", strings.Join(f.sheets, ", "))
	case at < 0:
		return nil, fault.Invalid("sheet_header", "file")
	}
	f.headerRow, f.headers = f.rows[at].Number, intake.Headers(f.rows[at].Cells, f.rows[at+1:])
	if f.rows = f.rows[at+1:]; len(f.rows) == 0 {
		return nil, fault.Invalid("intake_nothing", "file")
	}
	f.reader = a.auditReader(in.Source, f.headers, intake.Guess(f.headers, now, remembered), said["class"], in.Classes, in.Category,
		roster.Date(in.ReceivedOn))
	return f, nil
}

func (a *Intake) auditReader(source string, headers []string, columns intake.Columns, remembered, said map[string]string, category string,
	received roster.Date) *intake.Reader {
	classes := make(map[string]string)
	if s := sourceOf(source); s != nil {
		for _, c := range s.Classes {
			classes[intake.HeaderKey(c.Class)] = c.Category
			classes[intake.HeaderKey(c.EN)] = c.Category
		}
	}
	for word, c := range remembered {
		classes[word] = c
	}
	for word, c := range said {
		classes[intake.HeaderKey(word)] = c
	}
	return &intake.Reader{
		Columns: columns, Headers: headers, Classes: classes, Categories: categoryWords(), Category: category,
		ReceivedOn: received, Today: a.Today(),
	}
}

// judgedRow is a row after reading and matching.
type judgedRow struct {
	row     sheet.Row
	reading intake.Reading
	bad     *intake.Rejection
	sum     string // keyed
	outcome intake.Outcome

	record      string // id of the audit record to be
	sealed      *custody.SealedField
	sealedTexts []store.Content
	failed      error // to seal it
}

func (a *Intake) judge(row sheet.Row, r *intake.Reader, source string, x *intake.Index, m *intake.Model) judgedRow {
	j := judgedRow{row: row}
	if j.reading, j.bad = r.Read(row); j.bad != nil {
		j.outcome.Level = intake.Rejected
		return j
	}
	if j.reading.Nobody() { // about a unit alone: its code says which, and nothing is left to match
		if x.UnitCoded(j.reading.Unit) == "" {
			j.bad = &intake.Rejection{Column: -1, Fault: fault.Invalid("intake_nobody_named", "")}
			j.outcome.Level = intake.Rejected
			return j
		}
		j.sum = a.NationalIDHash("row:" + string(j.reading.Sum(source)))
		j.outcome.Level = intake.Exact
		return j
	}
	j.sum = a.NationalIDHash("row:" + string(j.reading.Sum(source)))
	j.outcome = x.Match(&j.reading.Facts, a.nationalHash(&j.reading.Facts), j.reading.EventOn, &a.Pack().Matching, m)
	return j
}

// stagedFor is how long a staged file is kept for its import.
const stagedFor = 24 * time.Hour

// StageAudit keeps a file between a dry run and its import, for its uploader only.
func (a *Intake) StageAudit(ctx context.Context, who *roster.Actor, name string, data []byte) (string, error) {
	if _, err := a.Authorize(who, "audit.preview"); err != nil {
		return "", err
	}
	if err := a.checkFile(ctx, who, name, data); err != nil {
		return "", err
	}
	up := &intake.Upload{ID: store.NewID(), Account: who.Account, FileName: name, Data: data, CreatedAt: a.Store.Now()}
	err := a.Store.Scratch(ctx, func(ctx context.Context, sx *store.ScratchTx) error { return sx.AddUpload(ctx, up) })
	return up.ID, err
}

// checkFile refuses what the spreadsheet reader would refuse.
func (a *Intake) checkFile(ctx context.Context, who *roster.Actor, name string, data []byte) error {
	done, err := a.Reading(ctx, who)
	if err != nil {
		return err
	}
	defer done()
	book, err := sheet.Open(name, data)
	if err != nil {
		return err
	}
	return book.Close()
}

// forgetStaged deletes abandoned files, and those of imports that never began or
// have ended: only a running or stopped import needs its file.
func (a *Intake) forgetStaged(ctx context.Context) error {
	return a.Store.DropUploads(ctx, "created_at < ? AND id NOT IN (SELECT id FROM audit_batches WHERE state IN (?, ?))",
		a.Store.Now().Add(-stagedFor), intake.Importing, intake.Stopped)
}

// AuditCounts are exact counts of rows.
type AuditCounts struct {
	Exact      int `json:"exact"`
	Probable   int `json:"probable"`
	Ambiguous  int `json:"ambiguous"`
	Unmatched  int `json:"unmatched"`
	Rejected   int `json:"rejected"`
	Duplicates int `json:"duplicates"`
}

// AuditColumn is one column of a previewed file.
type AuditColumn struct {
	Letter  string   `json:"letter"`
	Header  string   `json:"header"`
	Field   string   `json:"field"` // "" where nobody has explained the column yet
	Samples []string `json:"samples"`
}

// RowFault is a rejected row.
type RowFault struct {
	Row   int          `json:"row"`
	Cell  string       `json:"cell"`
	Code  string       `json:"code"`
	Fault *fault.Error `json:"-"`
}

// UnknownClass is a term without a category so far.
type UnknownClass struct {
	Word string `json:"word"`
	Rows int    `json:"rows"`
}

// AuditPreview is what an import would do. Nothing has been stored.
type AuditPreview struct {
	Source    string         `json:"source"`
	Hash      string         `json:"file_hash"`
	Sheet     string         `json:"sheet"`
	Sheets    []string       `json:"sheets"`
	HeaderRow int            `json:"header_row"`
	Columns   []AuditColumn  `json:"columns"`
	Rows      int            `json:"rows"`
	Counts    AuditCounts    `json:"counts"`
	Errors    []RowFault     `json:"errors"` // the first of Counts.Rejected
	Unknown   []UnknownClass `json:"unknown_classes"`
	Asked     []string       `json:"unanswered_columns"` // each needs a field, or "ignore", before the file is imported
	Problem   *fault.Error   `json:"-"`                  // why it cannot be imported as mapped; nil if it can
	BatchID   string         `json:"batch_id,omitempty"` // imported already as this batch
}

// Limits of a preview.
const (
	previewErrors  = 20
	previewClasses = 50
	previewSamples = 3
)

// PreviewAudit reads and matches a whole file without storing anything.
func (a *Intake) PreviewAudit(ctx context.Context, who *roster.Actor, in AuditFile) (out AuditPreview, err error) {
	if err := a.Admit(who, "audit.preview"); err != nil {
		return out, err
	}
	if err := in.Validate(); err != nil {
		return out, err
	}
	done, err := a.Reading(ctx, who)
	if err != nil {
		return out, err
	}
	defer done()
	err = a.Read(ctx, who, "audit.preview", func(ctx context.Context, v *store.View) error {
		f, err := a.openAudit(ctx, v, who.Account, &in)
		if err != nil {
			return err
		}
		out = AuditPreview{Source: in.Source, Hash: in.Hash, Sheet: f.sheet, Sheets: f.sheets, HeaderRow: f.headerRow, Rows: len(f.rows),
			Columns: []AuditColumn{}, Errors: []RowFault{}, Unknown: []UnknownClass{}, Asked: f.reader.Unanswered()}
		for i, h := range f.headers {
			c := AuditColumn{Letter: intake.ColumnName(i + 1), Header: h, Field: string(f.reader.Columns[i])}
			for _, r := range f.rows[:min(len(f.rows), previewSamples)] {
				if i < len(r.Cells) {
					c.Samples = append(c.Samples, sheet.Fold(r.Cells[i]))
				}
			}
			out.Columns = append(out.Columns, c)
		}
		existing, err := v.BatchOfFile(ctx, in.Hash, in.Source, f.sheet)
		if err != nil {
			return err
		}
		if existing != nil {
			out.BatchID = existing.ID
		}
		if err := f.reader.Check(); err != nil {
			out.Problem = fault.As(err)
			return nil
		}
		return a.previewRows(ctx, v, f, &out)
	})
	return out, err
}

func (a *Intake) previewRows(ctx context.Context, v *store.View, f *openedFile, out *AuditPreview) error {
	x, err := a.matchIndex(ctx, v)
	if err != nil {
		return err
	}
	fit, err := a.fit(ctx, v, x, f.rows, f.reader, "")
	if err != nil {
		return err
	}
	unknown := map[string]int{}
	known := a.earlierRecords()
	var counts intake.AuditBatch
	for chunk := range slices.Chunk(f.rows, 500) {
		if err := ctx.Err(); err != nil {
			return err
		}
		judged := make([]judgedRow, len(chunk))
		for i, row := range chunk {
			judged[i] = a.judge(row, f.reader, out.Source, x, fit.model)
		}
		if err := known.find(ctx, v, judged); err != nil {
			return err
		}
		for i := range judged {
			j := &judged[i]
			original := known.of(j)
			counts.Count(j.outcome.Level, original != nil)
			if j.bad == nil {
				if original == nil {
					known.add(j, &intake.Match{})
				}
				continue
			}
			if j.bad.Fault.Code == "intake_class_unknown" {
				unknown[j.reading.Class]++
			}
			if len(out.Errors) < previewErrors {
				out.Errors = append(out.Errors, RowFault{j.row.Number, intake.Cell(j.bad.Column+1, j.row.Number), j.bad.Fault.Code,
					j.bad.Fault})
			}
		}
	}
	out.Counts = countsOf(&counts)
	for w, n := range unknown {
		out.Unknown = append(out.Unknown, UnknownClass{w, n})
	}
	slices.SortFunc(out.Unknown, func(a, b UnknownClass) int {
		if a.Rows != b.Rows {
			return b.Rows - a.Rows
		}
		return strings.Compare(a.Word, b.Word)
	})
	out.Unknown = out.Unknown[:min(len(out.Unknown), previewClasses)]
	return nil
}

func countsOf(b *intake.AuditBatch) AuditCounts {
	return AuditCounts{Exact: b.Exact, Probable: b.Probable, Ambiguous: b.Ambiguous, Unmatched: b.Unmatched, Rejected: b.Rejected,
		Duplicates: b.Duplicates}
}
