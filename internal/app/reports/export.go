package reports

import (
	"context"
	"errors"
	"slices"
	"strconv"

	"plumbline/internal/app/casework"
	"plumbline/internal/app/desk"
	"plumbline/internal/issue"
	"plumbline/internal/kinds"
	"plumbline/internal/ledger"
	"plumbline/internal/report"
	"plumbline/internal/roster"
	"plumbline/internal/sheet"
	"plumbline/internal/store"
	"plumbline/internal/words"
)

// IssueExportInput asks for a list of issues as a file.
type IssueExportInput struct {
	Filter issue.Filter
	Format string
	Key    string
}

// exportBatch is the number of rows that an export reads at a time.
const exportBatch = 2000

// ExportIssues writes the reader's list under the filter to a file. The ledger
// records the export before the file is handed over.
func (a *Reporting) ExportIssues(ctx context.Context, who *roster.Actor, in IssueExportInput) (*desk.Export, desk.Receipt, error) {
	if _, err := a.Authorize(who, "issue.export"); err != nil {
		return nil, desk.Receipt{}, err
	}
	lang := words.Lang(who.Lang)
	if lang == "" {
		lang = words.ZH
	}
	e, err := desk.NewExport("issues", in.Format, words.T(lang, "report.export.issues"), func(w *sheet.Writer) error {
		columns := []string{"ref", "source", "source_code", "category", "severity", "person", "unit", "event_on", "received_on", "state",
			"disclosure", "finding", "form"}
		for i, c := range columns {
			columns[i] = words.T(lang, "report.column."+c)
		}
		if err := w.Header(columns...); err != nil {
			return err
		}
		return a.Store.View(ctx, func(ctx context.Context, v *store.View) error {
			sc, err := a.casework.IssueListScope(ctx, v, who, roster.ActExport, in.Filter)
			if err != nil {
				return err
			}
			named, err := a.NamedScope(ctx, v, who, roster.ActExport, roster.KindIssue)
			if err != nil {
				return err
			}
			var after *issue.Place
			for {
				rows, err := v.IssueList(ctx, in.Filter, sc, after, exportBatch)
				if err != nil {
					return err
				}
				if err := casework.NameRows(ctx, v, who.Lang, rows, named); err != nil {
					return err
				}
				for _, r := range rows {
					if err := w.Texts(issueCells(lang, r)); err != nil {
						return err
					}
				}
				if len(rows) < exportBatch {
					return nil
				}
				last := rows[len(rows)-1]
				after = &issue.Place{Severity: last.Severity, EventOn: string(last.EventOn), ID: last.ID}
			}
		})
	})
	if err != nil {
		return nil, desk.Receipt{}, err
	}
	r, err := a.recordExport(ctx, who, "issue.export", in.Key, []string{in.Filter.Query(), in.Format})
	if err != nil {
		return nil, r, errors.Join(err, e.Close())
	}
	return e, r, nil
}

func issueCells(lang words.Lang, r issue.Row) []string {
	word := func(group, code string) string {
		if code == "" {
			return ""
		}
		return words.T(lang, group+"."+code)
	}
	form := ""
	if r.Form > 0 {
		form = word("form", strconv.Itoa(r.Form))
	}
	return []string{
		r.Ref, word("source", string(r.Source)), word("source", r.SourceCode), word("category", r.Category), word("severity",
			strconv.Itoa(r.Severity)),
		r.PersonName, r.UnitName, string(r.EventOn), string(r.Received), word("state.issue", string(r.State)), word("disclosure",
			string(r.Disclosure)),
		word("finding", r.Finding), form,
	}
}

// ReportExportInput asks for the report as a file.
type ReportExportInput struct {
	ReportInput
	Format string
	Key    string
}

// ExportReport writes the report as one table, one row per figure. A file always
// uses the published grid, because nobody knows who will read it.
func (a *Reporting) ExportReport(ctx context.Context, who *roster.Actor, in ReportExportInput) (*desk.Export, desk.Receipt, error) {
	if _, err := a.Authorize(who, "report.export"); err != nil {
		return nil, desk.Receipt{}, err
	}
	r, err := a.reportFor(ctx, who, in.ReportInput, true)
	if err != nil {
		return nil, desk.Receipt{}, err
	}
	lang := words.Lang(who.Lang)
	if lang == "" {
		lang = words.ZH
	}
	e, err := desk.NewExport("report", in.Format, words.T(lang, "report.title"), func(w *sheet.Writer) error {
		if err := w.Header(words.T(lang, "report.export.section"), words.T(lang, "report.export.line"),
			words.T(lang, "report.export.column"), words.T(lang, "report.export.number")); err != nil {
			return err
		}
		for i := range r.Sections {
			if err := reportRows(w, lang, &r.Sections[i]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, desk.Receipt{}, err
	}
	receipt, err := a.recordExport(ctx, who, "report.export", in.Key, in.ReportInput)
	if err != nil {
		return nil, receipt, errors.Join(err, e.Close())
	}
	return e, receipt, nil
}

// LineName is the name of a line of the report.
func LineName(lang words.Lang, s *report.Section, l *report.Line) string {
	switch {
	case l.Code == report.TotalCode:
		return words.T(lang, "report.total")
	case l.Name != "":
		return l.Name
	case s.Codes != "":
		return words.T(lang, s.Codes+"."+l.Code)
	case s.Key == "issues":
		return words.T(lang, "report.all")
	}
	return l.Code
}

// RateText formats a rate in per mille: 961 is 96.1%.
func RateText(perMille int64) string {
	return strconv.FormatFloat(float64(perMille)/10, 'f', 1, 64) + "%"
}

func reportRows(w *sheet.Writer, lang words.Lang, s *report.Section) error {
	lines := s.Lines
	if s.Total != nil {
		lines = append(lines[:len(lines):len(lines)], *s.Total)
	}
	for i := range lines {
		for c, column := range s.Columns {
			v := any(lines[i].Values[c].N)
			switch {
			case lines[i].Values[c].Hidden:
				v = words.T(lang, "report.hidden")
			case slices.Contains(s.Rates, column):
				v = RateText(lines[i].Values[c].N)
			}
			if err := w.Row(words.T(lang, "report.section."+s.Key), LineName(lang, s, &lines[i]), words.T(lang, "report.value."+column),
				v); err != nil {
				return err
			}
		}
	}
	return nil
}

func (a *Reporting) recordExport(ctx context.Context, who *roster.Actor, op, key string, what any) (desk.Receipt, error) {
	return a.Write(ctx, who, desk.Write{Op: op, Key: key, Body: what}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		if err := a.MayExport(ctx, &tx.View, who); err != nil {
			return nil, "", err
		}
		id := tx.NewID()
		return []ledger.Fact{{Verb: op, Kind: kinds.Export, ID: id, Unit: who.Unit}}, id, nil
	})
}
