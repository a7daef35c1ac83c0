package cli

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/spf13/cobra"

	"plumbline/internal/app/people"
	"plumbline/internal/roster"
	"plumbline/internal/words"
)

func init() { importers = append(importers, importRoster, importTemplate) }

// rosterFlags are the flags shared by all files of one roster import.
type rosterFlags struct {
	files   map[people.RosterTable]*string
	asOf    string
	dry     bool
	leave   bool
	rejects string
}

func importRoster(e *env) *cobra.Command {
	f := rosterFlags{files: map[people.RosterTable]*string{}}
	c := &cobra.Command{
		Use:   "roster",
		Short: "Import units, people, postings and command links",
		Long: `Import units, people, postings and command links, each from a CSV or XLSX file
with the columns of its template. Any of the four may be left out.

Rows in a file are created or updated. For the people, units and targets that a
file names, whatever it no longer lists ends on the day before --as-of; nothing
is deleted. A rejected row is reported with the reason and does not stop the
others. Importing the same file again changes nothing.`,
		Example: `  plumbline import template people --format xlsx > people.xlsx
  plumbline import roster --units units.csv --people people.xlsx --postings postings.csv --links links.csv
  plumbline import roster --people people.xlsx --dry-run`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return e.with(c.Context(), func(ctx context.Context, s *site) error { return e.importRoster(ctx, s, f) })
		},
	}
	for _, t := range people.RosterTables {
		f.files[t] = c.Flags().String(string(t), "", "file of "+string(t)+", .csv or .xlsx")
	}
	c.Flags().StringVar(&f.asOf, "as-of", "", "first day on which changes apply, 2006-01-02 (default: today)")
	c.Flags().BoolVar(&f.leave, "leave-columns", false, "skip unknown columns instead of stopping at them")
	c.Flags().BoolVar(&f.dry, "dry-run", false, "show what would change, without storing anything")
	c.Flags().StringVar(&f.rejects, "errors", "", "write the rejected and flagged rows with the reasons to this file (CSV)")
	e.outputFlag(c)
	return c
}

// importRoster imports the files in dependency order.
func (e *env) importRoster(ctx context.Context, s *site, f rosterFlags) error {
	say := func(key string, kv ...any) string { return words.T(words.Match("", e.Lang), "cli.roster."+key, kv...) }
	out := &table{columns: []string{"table", "rows", "created", "updated", "ended", "unchanged", "flagged", "rejected"}}
	var done []people.RosterResult
	named, bad := 0, 0
	var failed error
	for _, t := range people.RosterTables {
		path := *f.files[t]
		if path == "" {
			continue
		}
		named++
		data, err := readFile(path)
		if err != nil {
			return err
		}
		r, err := s.app.ImportRoster(ctx, operator, people.RosterImport{Table: t, Name: filepath.Base(path), Data: data,
			AsOf: roster.Date(f.asOf), DryRun: f.dry, Leave: f.leave})
		if err != nil { // what came before is done and is printed
			failed = fmt.Errorf("%s: %w", path, err)
			break
		}
		out.add(t, r.Rows, r.Created, r.Updated, r.Ended, r.Unchanged, r.Flagged, r.Rejected)
		if r.Nothing() && r.Rejected == 0 {
			fmt.Fprintln(e.err, say("nothing", "File", path))
		}
		for _, h := range r.Ignored {
			fmt.Fprintln(e.err, say("ignored", "File", path, "Column", h))
		}
		bad += r.Rejected
		done = append(done, *r)
	}
	if named == 0 {
		return errors.New("name at least one file: --units, --people, --postings or --links")
	}
	if failed == nil || len(out.rows) > 0 {
		if err := e.print(out); err != nil {
			return err
		}
	}
	if err := e.reportRows(done, f.rejects); err != nil {
		return errors.Join(failed, err)
	}
	if failed == nil && bad > 0 {
		failed = errors.New(say("rejected", "Count", bad))
	}
	return failed
}

// reportRows reports the rejected rows and the flagged ones: all of them to a file, or
// the first few on standard error.
func (e *env) reportRows(results []people.RosterResult, path string) (err error) {
	lang := words.Match("", e.Lang)
	if path != "" {
		file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, file.Close()) }()
		return writeRows(csv.NewWriter(file), lang, results)
	}
	var bad, flagged []string
	for _, r := range results {
		for _, x := range r.Errors {
			bad = append(bad, rowSaid(lang, r.Table, x))
		}
		for _, x := range r.Flags {
			flagged = append(flagged, words.T(lang, "cli.roster.flag", "Said", rowSaid(lang, r.Table, x)))
		}
	}
	for i, lines := range [][]string{bad, flagged} {
		for _, line := range lines[:min(len(lines), 20)] {
			fmt.Fprintln(e.err, line)
		}
		if len(lines) > 20 {
			fmt.Fprintln(e.err, words.T(lang, []string{"cli.roster.more", "cli.roster.more_flags"}[i], "Count", len(lines)-20))
		}
	}
	return nil
}

func rowSaid(lang words.Lang, t people.RosterTable, x people.RowError) string {
	return words.T(lang, "cli.roster.row", "Table", words.T(lang, "roster.table."+string(t)), "Row", x.Row,
		"Column", words.T(lang, t.ColumnKey(x.Column)), "Reason", words.Args(lang, "fault."+x.Fault.Code, x.Fault.Args))
}

// writeRows writes the rejected and the flagged rows with the reasons.
func writeRows(w *csv.Writer, lang words.Lang, results []people.RosterResult) error {
	_ = w.Write([]string{"table", "row", "result", "column", "value", "reason"}) // Error reports it
	for _, r := range results {
		for i, list := range [][]people.RowError{r.Errors, r.Flags} {
			for _, x := range list {
				_ = w.Write([]string{string(r.Table), strconv.Itoa(x.Row), []string{"rejected", "flagged"}[i], x.Column, x.Value,
					words.Args(lang, "fault."+x.Fault.Code, x.Fault.Args)})
			}
		}
	}
	w.Flush()
	return w.Error()
}

func importTemplate(e *env) *cobra.Command {
	format := "csv"
	c := &cobra.Command{
		Use:       "template units|people|postings|links",
		Short:     "Write an empty table of the roster to standard output",
		Args:      cobra.MatchAll(cobra.ExactArgs(1), cobra.OnlyValidArgs),
		ValidArgs: []string{"units", "people", "postings", "links"},
		RunE: func(_ *cobra.Command, args []string) error {
			if format != "csv" && format != "xlsx" {
				return fmt.Errorf("--format is csv or xlsx, not %q", shorten(format, 20))
			}
			return people.WriteRosterTemplate(e.out, people.RosterTable(args[0]), words.Match("", e.Lang), format)
		},
	}
	c.Flags().StringVar(&format, "format", format, "csv or xlsx")
	return c
}
