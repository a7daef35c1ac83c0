package cli

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"strings"
	"text/tabwriter"
	"unicode/utf8"
)

// table is rows to print; each row has a cell for each column.
type table struct {
	columns []string
	rows    [][]string
}

// add adds a row.
func (t *table) add(cells ...any) {
	row := make([]string, len(cells))
	for i, c := range cells {
		row[i] = fmt.Sprint(c)
	}
	t.rows = append(t.rows, row)
}

// print writes the rows in the form of --output.
func (e *env) print(t *table) error {
	switch e.Output {
	case "json":
		list := make([]map[string]string, 0, len(t.rows))
		for _, r := range t.rows {
			m := make(map[string]string, len(r))
			for i, c := range r {
				m[t.columns[i]] = c
			}
			list = append(list, m)
		}
		enc := json.NewEncoder(e.out)
		enc.SetIndent("", "  ")
		return enc.Encode(list)
	case "csv":
		w := csv.NewWriter(e.out)
		if err := w.Write(t.columns); err != nil {
			return err
		}
		if err := w.WriteAll(t.rows); err != nil {
			return err
		}
		return w.Error()
	case "table":
		w := tabwriter.NewWriter(e.out, 0, 8, 2, ' ', 0)
		fmt.Fprintln(w, strings.ToUpper(strings.Join(t.columns, "\t")))
		for _, r := range t.rows {
			fmt.Fprintln(w, strings.Join(r, "\t"))
		}
		return w.Flush()
	}
	return fmt.Errorf("--output is table, json or csv, not %q", shorten(e.Output, 20))
}

// shorten cuts a text after n characters.
func shorten(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n]) + "…"
}
