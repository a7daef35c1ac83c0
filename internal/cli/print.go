package cli

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/width"

	"plumbline/internal/words"
)

// table holds rows to print, each with a cell per column. Scripts read the
// column names; people read cli.column.NAME from the catalogue. JSON writes
// numbers and booleans as such, everything else as text.
type table struct {
	columns []string
	rows    [][]string
	values  [][]any
}

func (t *table) add(cells ...any) {
	row, values := make([]string, len(cells)), make([]any, len(cells))
	for i, c := range cells {
		row[i], values[i] = fmt.Sprint(c), c
		switch c.(type) {
		case int, int64, bool:
		default:
			values[i] = row[i]
		}
	}
	t.rows, t.values = append(t.rows, row), append(t.values, values)
}

// print writes the rows in the --output format.
func (e *env) print(t *table) error {
	switch e.Output {
	case "json":
		list := make([]map[string]any, 0, len(t.rows))
		for _, r := range t.values {
			m := make(map[string]any, len(r))
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
		lang := words.Match("", e.Lang)
		heads := make([]string, len(t.columns))
		for i, c := range t.columns {
			heads[i] = words.T(lang, "cli.column."+c)
		}
		return align(e.out, append([][]string{heads}, t.rows...))
	}
	return fmt.Errorf("--output is table, json or csv, not %q", shorten(e.Output, 20))
}

// align writes rows with aligned columns, separated by two spaces.
func align(w io.Writer, rows [][]string) error {
	var most []int
	for _, r := range rows {
		for i, cell := range r {
			if i == len(most) {
				most = append(most, 0)
			}
			most[i] = max(most[i], breadth(cell))
		}
	}
	var b strings.Builder
	for _, r := range rows {
		for i, cell := range r {
			b.WriteString(cell)
			if i < len(r)-1 {
				b.WriteString(strings.Repeat(" ", most[i]-breadth(cell)+2))
			}
		}
		b.WriteByte('\n')
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// breadth is the number of terminal columns a text occupies. A Chinese
// character occupies two (Unicode Standard Annex 11).
func breadth(s string) (n int) {
	for _, r := range s {
		n++
		if k := width.LookupRune(r).Kind(); k == width.EastAsianWide || k == width.EastAsianFullwidth {
			n++
		}
	}
	return n
}

// shorten truncates a text after n characters.
func shorten(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n]) + "…"
}
