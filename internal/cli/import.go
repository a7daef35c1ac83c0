package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	appintake "plumbline/internal/app/intake"
	"plumbline/internal/fault"
	"plumbline/internal/sheet"
	"plumbline/internal/words"
)

// importers are the subcommands of import, added by each file of this package
// that has one.
var importers []func(e *env) *cobra.Command

func init() {
	makers = append(makers, importCommand)
	importers = append(importers, importAudit)
}

func importCommand(e *env) *cobra.Command {
	c := &cobra.Command{
		Use:   "import",
		Short: "Import the roster or audit records from CSV and XLSX",
		Args:  cobra.NoArgs,
		RunE:  func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	for _, m := range importers {
		c.AddCommand(m(e))
	}
	return c
}

// readFile reads a file to import, up to the size limit.
func readFile(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, sheet.MaxSize+1))
}

// pairs parses repeated LEFT=RIGHT flags.
func pairs(list []string) (map[string]string, error) {
	out := make(map[string]string, len(list))
	for _, s := range list {
		left, right, ok := strings.Cut(s, "=")
		if !ok || left == "" || right == "" {
			return nil, fmt.Errorf("%q is not of the form LEFT=RIGHT", s)
		}
		out[left] = right
	}
	return out, nil
}

func importAudit(e *env) *cobra.Command {
	in := appintake.AuditFile{}
	var columns, classes []string
	var dry bool
	var rejects string
	c := &cobra.Command{
		Use:   "audit FILE --source CODE",
		Short: "Import audit records and match them to people",
		Long: `Import audit records and match them to people. Exact matches are attached
automatically; the rest wait for inspectors. An unreadable row never stops the
import: it goes to --errors FILE unchanged, with the reason. Importing the same
file again changes nothing, and an interrupted import resumes.

An unknown column stops the import until --map says what it is, or that it is
not used (ignore). The day a matter was found or reported is its date of
receipt; if no column dates the event, that day is used instead.

Values of --map and --class are remembered for the source.`,
		Example: `  plumbline import audit petitions.xlsx --source petition --dry-run
  plumbline import audit list.csv --source hotline --map 谁=name --class 服务差=public_conduct`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) (err error) {
			if in.Columns, err = pairs(columns); err != nil {
				return err
			}
			if in.Classes, err = pairs(classes); err != nil {
				return err
			}
			if in.Data, err = readFile(args[0]); err != nil {
				return err
			}
			in.Name = filepath.Base(args[0])
			return e.with(c.Context(), func(ctx context.Context, s *site) error {
				if dry {
					return e.previewAudit(ctx, s, in)
				}
				return e.importAudit(ctx, s, in, rejects)
			})
		},
	}
	f := c.Flags()
	f.StringVar(&in.Source, "source", "", "audit source, for example petition or hotline")
	f.BoolVar(&dry, "dry-run", false, "show what the import would do, without storing anything")
	f.StringArrayVar(&columns, "map", nil, "meaning of a column, HEADER=FIELD or HEADER=ignore; may be repeated")
	f.StringArrayVar(&classes, "class", nil, "category for a source's term, WORD=CATEGORY; may be repeated")
	f.StringVar(&in.Category, "category", "", "category for rows without one")
	f.StringVar(&in.ReceivedOn, "received-on", "", "date of receipt for rows without one, 2026-03-01")
	f.StringVar(&in.Sheet, "sheet", "", "sheet of the workbook, by name or number (default: the first visible)")
	f.IntVar(&in.HeaderRow, "header-row", 0, "row with the column names (default: detected)")
	f.StringVar(&rejects, "errors", "", "write the rejected rows to this file, .xlsx or .csv")
	e.outputFlag(c)
	_ = c.MarkFlagRequired("source") // the flag is defined above
	return c
}

func countTable(n appintake.AuditCounts) *table {
	t := &table{columns: []string{"level", "rows"}}
	t.add("exact", n.Exact)
	t.add("probable", n.Probable)
	t.add("ambiguous", n.Ambiguous)
	t.add("unmatched", n.Unmatched)
	t.add("rejected", n.Rejected)
	t.add("duplicates", n.Duplicates)
	return t
}

func (e *env) previewAudit(ctx context.Context, s *site, in appintake.AuditFile) error {
	p, err := s.app.PreviewAudit(ctx, operator, in)
	if err != nil {
		return err
	}
	lang := words.Match("", e.Lang)
	fmt.Fprintf(e.err, "header in row %d, %d rows\n", p.HeaderRow, p.Rows)
	for _, c := range p.Columns {
		field := c.Field
		if field == "" {
			field = "? (use --map " + c.Header + "=FIELD, or =ignore)"
		}
		fmt.Fprintf(e.err, "  %s %s = %s\n", c.Letter, c.Header, field)
	}
	if p.Problem != nil {
		return p.Problem
	}
	for _, r := range p.Errors {
		fmt.Fprintf(e.err, "  %s: %s\n", r.Cell, words.Args(lang, "fault."+r.Code, r.Fault.Args))
	}
	for _, u := range p.Unknown {
		fmt.Fprintf(e.err, "  no category for %q (%d rows): use --class %s=CATEGORY\n", u.Word, u.Rows, u.Word)
	}
	if p.BatchID != "" {
		fmt.Fprintf(e.err, "this file was imported before; importing it again changes nothing\n")
	}
	return e.print(countTable(p.Counts))
}

func (e *env) importAudit(ctx context.Context, s *site, in appintake.AuditFile, rejects string) error {
	who := operator
	out, _, err := s.app.ImportAudit(ctx, who, appintake.ImportInput{AuditFile: in})
	if err != nil {
		return err
	}
	b, err := s.app.Batch(ctx, who, out.BatchID)
	if err != nil {
		return err
	}
	switch {
	case out.Unchanged && b.State == "imported":
		fmt.Fprintf(e.err, "%s was imported before as %s: nothing was changed\n", in.Name, b.Ref)
	case b.State == "stopped":
		if _, _, err := s.app.ResumeImport(ctx, who, appintake.BatchInput{ID: b.ID}); err != nil {
			return err
		}
	}
	if b, err = e.follow(ctx, s, out.BatchID); err != nil {
		return err
	}
	if b.State != "imported" {
		return fmt.Errorf("the import stands after %d of %d rows; the same command goes on", b.Position, b.Rows)
	}
	if rejects != "" {
		if err := e.writeRejects(ctx, s, b.ID, rejects); err != nil {
			return err
		}
	}
	return e.print(countTable(b.Counts))
}

// follow works on the job until the batch is complete and shows its progress.
// If another process holds the job, or died with it, this one waits for its
// turn.
func (e *env) follow(ctx context.Context, s *site, id string) (b appintake.BatchView, err error) {
	work, stop := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() {
		for {
			err := s.app.DrainJobs(work)
			if b, berr := s.app.Batch(work, operator, id); err != nil || berr != nil || b.State != "importing" {
				done <- errors.Join(err, berr)
				return
			}
			select {
			case <-work.Done():
				done <- work.Err()
				return
			case <-time.After(time.Second):
			}
		}
	}()
	defer stop()
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case err := <-done:
			if err != nil {
				return b, err
			}
			b, err := s.app.Batch(ctx, operator, id)
			if err == nil {
				fmt.Fprintf(e.err, "%s: %d of %d rows\n", b.Ref, b.Position, b.Rows)
			}
			return b, err
		case <-tick.C:
			if b, err := s.app.Batch(ctx, operator, id); err == nil {
				fmt.Fprintf(e.err, "%s: %d of %d rows\n", b.Ref, b.Position, b.Rows)
			}
		}
	}
}

// writeRejects writes the error file in the operator's language.
func (e *env) writeRejects(ctx context.Context, s *site, id, name string) error {
	format := strings.TrimPrefix(strings.ToLower(filepath.Ext(name)), ".")
	if format != "xlsx" && format != "csv" {
		return fault.Invalid("export_format", "errors")
	}
	lang := words.Match("", e.Lang)
	f, _, err := s.app.BatchErrors(ctx, operator, appintake.ErrorFileInput{ID: id, Format: format}, appintake.ErrorFileWords{
		Row: words.T(lang, "intake.error.row"), Cell: words.T(lang, "intake.error.cell"),
		Reason: words.T(lang, "intake.error.reason"), Sheet: words.T(lang, "intake.error.sheet"),
		Say: func(code string, args map[string]any) string { return words.Args(lang, "fault."+code, args) },
	})
	if err != nil {
		return err
	}
	if err := os.WriteFile(name, f.Body, 0o600); err != nil {
		return err
	}
	fmt.Fprintf(e.err, "%s: %d rejected rows\n", name, f.Rows)
	return nil
}
