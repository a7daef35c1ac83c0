package sheet

import (
	"bufio"
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
)

// Writer writes one table row by row. Text that a spreadsheet would take for a
// formula is neutralised; whole numbers stay numbers.
type Writer struct {
	out  *bufio.Writer
	csv  *csv.Writer
	file *excelize.File
	rows *excelize.StreamWriter
	to   io.Writer
	n    int // rows without the header
	line int // lines of the workbook so far
	bold int // the header's style
}

// NewCSV writes UTF-8 with a byte order mark, without which Excel takes
// Chinese for something else, and CRLF.
func NewCSV(w io.Writer) *Writer {
	out := bufio.NewWriter(w)
	out.WriteString("\xEF\xBB\xBF")
	c := csv.NewWriter(out)
	c.UseCRLF = true
	return &Writer{out: out, csv: c}
}

// NewXLSX writes a workbook of one table; nothing reaches w before Close.
func NewXLSX(w io.Writer, name string) (*Writer, error) {
	f := excelize.NewFile()
	if name = tableName(name); name != "Sheet1" {
		if err := f.SetSheetName("Sheet1", name); err != nil {
			return nil, fmt.Errorf("name table %q: %w", name, err)
		}
	}
	bold, err := f.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}})
	if err != nil {
		return nil, err
	}
	rows, err := f.NewStreamWriter(name)
	if err != nil {
		return nil, err
	}
	return &Writer{file: f, rows: rows, to: w, bold: bold}, nil
}

// tableName keeps to what Excel allows: 31 characters, none of []:*?/\.
func tableName(s string) string {
	s = strings.Map(func(r rune) rune {
		if strings.ContainsRune(`[]:*?/\'`, r) || r < ' ' {
			return ' '
		}
		return r
	}, s)
	if s = strings.TrimSpace(s); s == "" {
		return "Sheet1"
	}
	if r := []rune(s); len(r) > 31 {
		s = string(r[:31])
	}
	return s
}

// Header writes the row of column names; it is not counted.
func (w *Writer) Header(cells ...string) error {
	row := make([]any, len(cells))
	for i, c := range cells {
		row[i] = c
	}
	if err := w.write(row, w.bold); err != nil {
		return err
	}
	w.n--
	return nil
}

// Row writes cells: string, int, int64 or float64; anything else by fmt.
func (w *Writer) Row(cells ...any) error { return w.write(cells, 0) }

// Texts is Row for cells that are all text.
func (w *Writer) Texts(cells []string) error {
	row := make([]any, len(cells))
	for i, c := range cells {
		row[i] = c
	}
	return w.write(row, 0)
}

func (w *Writer) write(cells []any, style int) error {
	w.n++
	if w.csv != nil {
		line := make([]string, len(cells))
		for i, c := range cells {
			switch v := c.(type) {
			case string:
				line[i] = Neutral(v)
			case int:
				line[i] = strconv.Itoa(v)
			case int64:
				line[i] = strconv.FormatInt(v, 10)
			case float64:
				line[i] = strconv.FormatFloat(v, 'f', -1, 64)
			default:
				line[i] = Neutral(fmt.Sprint(v))
			}
		}
		return w.csv.Write(line)
	}
	row := make([]any, len(cells))
	for i, c := range cells {
		switch v := c.(type) {
		case string:
			c = Neutral(v)
		case int, int64, float64:
		default:
			c = Neutral(fmt.Sprint(v))
		}
		if style != 0 {
			c = excelize.Cell{StyleID: style, Value: c}
		}
		row[i] = c
	}
	w.line++
	at, err := excelize.CoordinatesToCellName(1, w.line)
	if err != nil {
		return err
	}
	return w.rows.SetRow(at, row)
}

// Count is the number of rows written, without the header.
func (w *Writer) Count() int { return w.n }

// Close ends the table and gives the number of its rows, without the header.
func (w *Writer) Close() (int, error) {
	if w.csv != nil {
		w.csv.Flush()
		if err := w.csv.Error(); err != nil {
			return 0, err
		}
		return w.n, w.out.Flush()
	}
	defer w.file.Close()
	if err := w.rows.Flush(); err != nil {
		return 0, err
	}
	if err := w.file.Write(w.to); err != nil {
		return 0, err
	}
	return w.n, nil
}

// Neutral gives text that no spreadsheet runs: a cell that begins with
// = + - @, their full-width forms, a tab or a line break, also after blanks,
// gets an apostrophe in front; control characters become visible signs.
func Neutral(s string) string {
	if strings.ContainsFunc(s, hidden) {
		s = strings.Map(func(r rune) rune {
			switch {
			case !hidden(r):
				return r
			case r < ' ':
				return r + 0x2400
			}
			return utf8.RuneError
		}, s)
	}
	if utf8.RuneCountInString(s) > MaxCell-1 {
		r := []rune(s)
		s = string(r[:MaxCell-2]) + "…"
	}
	head := strings.TrimLeft(s, " \u00a0\u3000")
	if head == "" {
		return s
	}
	switch r, _ := utf8.DecodeRuneInString(head); r {
	case '=', '+', '-', '@', '＝', '＋', '－', '＠', '\t', '\r', '\n':
		return "'" + s
	}
	return s
}

func hidden(r rune) bool {
	return r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0x7F || r == 0xFFFE || r == 0xFFFF
}
