package sheet

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"path"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"plumbline/internal/fault"
)

// Book is an opened file. Close it.
type Book struct {
	xlsx  *excelize.File
	data  []byte
	code  encoding.Encoding // of a CSV; nil for UTF-8
	comma rune
}

// Row is one line of a table. Cells are as they stand in the file: no trimming,
// no folding. Number is the line that a person sees, from 1.
type Row struct {
	Number int
	Cells  []string
}

// Blank says that no cell of the row holds anything visible.
func (r Row) Blank() bool {
	for _, c := range r.Cells {
		if Fold(c) != "" {
			return false
		}
	}
	return true
}

// Open takes a whole file, at most MaxSize bytes. The name decides the format
// and the content has to agree with it. Every refusal is a fault on field
// "file" that says what to do.
func Open(name string, data []byte) (*Book, error) {
	if len(data) > MaxSize {
		return nil, fault.TooLarge("sheet_size", "Limit", MaxSize>>20).WithField("file")
	}
	if len(data) == 0 {
		return nil, fault.Invalid("sheet_empty", "file")
	}
	var (
		ext  = strings.ToLower(path.Ext(strings.ReplaceAll(name, `\`, "/")))
		pack = bytes.HasPrefix(data, []byte("PK\x03\x04"))
		ole  = bytes.HasPrefix(data, []byte("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"))
	)
	switch {
	case ole && bytes.Contains(data, utf16le("EncryptedPackage")):
		return nil, fault.Invalid("sheet_encrypted", "file")
	case ext == ".xls" || ext == ".et" || ext == ".ett" || ext == ".xlt" || ole:
		return nil, fault.Invalid("sheet_old", "file")
	case ext == ".xlsm" || ext == ".xlsb" || ext == ".xltm":
		return nil, fault.Invalid("sheet_macro", "file")
	case ext == ".xlsx" && pack:
		return openXLSX(data)
	case (ext == ".csv" || ext == ".txt" || ext == ".tsv") && !pack:
		return openCSV(data)
	case ext == ".xlsx" || pack:
		return nil, fault.Invalid("sheet_mismatch", "file")
	}
	return nil, fault.Invalid("sheet_kind", "file")
}

// ReadFile reads a file that is being sent, at most MaxSize bytes: one that goes
// on is a fault. about is how large the sender said that it is, 0 or less if he
// did not; it only spares memory that would be given back.
func ReadFile(r io.Reader, about int64) ([]byte, error) {
	b := bytes.NewBuffer(make([]byte, 0, min(max(about, 4096), MaxSize+1)+bytes.MinRead))
	n, err := b.ReadFrom(io.LimitReader(r, MaxSize+1))
	if n > MaxSize {
		return nil, fault.TooLarge("sheet_size", "Limit", MaxSize>>20).WithField("file")
	}
	return b.Bytes(), err
}

func utf16le(s string) []byte {
	b := make([]byte, 0, 2*len(s))
	for i := range len(s) {
		b = append(b, s[i], 0)
	}
	return b
}

func openXLSX(data []byte) (b *Book, err error) {
	if err := guardXLSX(data); err != nil {
		return nil, err
	}
	defer func() {
		if p := recover(); p != nil {
			b, err = nil, fault.Invalid("sheet_damaged", "file").WithCause(fmt.Errorf("excelize: %v", p))
		}
	}()
	f, err := excelize.OpenReader(bytes.NewReader(data), excelize.Options{
		UnzipSizeLimit: MaxUnpacked, UnzipXMLSizeLimit: 8 << 20,
		ShortDatePattern: "yyyy-mm-dd", LongDatePattern: "yyyy-mm-dd", CultureInfo: excelize.CultureNameZhCN,
	})
	if err != nil {
		return nil, fault.Invalid("sheet_damaged", "file").WithCause(err)
	}
	if len(f.GetSheetList()) == 0 {
		f.Close()
		return nil, fault.Invalid("sheet_mismatch", "file")
	}
	return &Book{xlsx: f}, nil
}

func openCSV(data []byte) (*Book, error) {
	b := &Book{data: data}
	switch {
	case bytes.HasPrefix(data, []byte("\xEF\xBB\xBF")):
		b.data = data[3:]
	case bytes.HasPrefix(data, []byte("\xFF\xFE")), bytes.HasPrefix(data, []byte("\xFE\xFF")):
		b.code = unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)
	case bytes.IndexByte(data, 0) >= 0, foreign(data):
		return nil, fault.Invalid("sheet_mismatch", "file")
	case !utf8.Valid(data):
		b.code = simplifiedchinese.GB18030
	}
	b.comma = b.findComma()
	// One pass before anything is kept: a file with a line too many columns
	// wide, or with a quotation mark that never ends, is refused as a whole.
	if err := b.csvRows(func(Row) error { return nil }); err != nil {
		return nil, err
	}
	return b, nil
}

// foreign tells files that are text to the eye of a machine and no table: what
// a CSV was renamed from most.
func foreign(data []byte) bool {
	head := bytes.ToLower(bytes.TrimLeft(data[:min(len(data), 512)], " \t\r\n"))
	for _, mark := range []string{"%pdf-", `{\rtf`, "<!doctype", "<html", "<?xml", "<table"} {
		if bytes.HasPrefix(head, []byte(mark)) {
			return true
		}
	}
	return false
}

// reader decodes the text of a CSV as it goes.
func (b *Book) reader() io.Reader {
	if b.code == nil {
		return bytes.NewReader(b.data)
	}
	return transform.NewReader(bytes.NewReader(b.data), b.code.NewDecoder())
}

// findComma takes the separator that the first 4 kB use most.
func (b *Book) findComma() rune {
	head := make([]byte, 4096)
	n, _ := io.ReadFull(b.reader(), head)
	best, most := ',', 0
	for _, c := range []rune{',', '\t', ';'} {
		if k := bytes.Count(head[:n], []byte(string(c))); k > most {
			best, most = c, k
		}
	}
	return best
}

// Sheets names the tables in the order of the file; a CSV has one without name.
func (b *Book) Sheets() []string {
	if b.xlsx == nil {
		return []string{""}
	}
	return b.xlsx.GetSheetList()
}

// Sheet finds a table by name, or by number from 1; "" is the first one that
// is not hidden.
func (b *Book) Sheet(name string) (string, error) {
	list := b.Sheets()
	if b.xlsx == nil {
		if name == "" || name == "1" {
			return "", nil
		}
	} else if name == "" {
		for _, s := range list {
			if seen, err := b.xlsx.GetSheetVisible(s); err == nil && seen {
				return s, nil
			}
		}
		return list[0], nil
	}
	for _, s := range list {
		if s != "" && strings.EqualFold(Fold(s), Fold(name)) {
			return s, nil
		}
	}
	if n, err := strconv.Atoi(name); err == nil && n >= 1 && n <= len(list) {
		return list[n-1], nil
	}
	return "", fault.Invalid("sheet_unknown", "sheet", "Name", name, "Sheets", strings.Join(list, ", "))
}

// Rows gives every row of a table to f, blank ones too, in order; sheet as in
// Sheet. The cells belong to f. An error of f ends the reading and comes back.
func (b *Book) Rows(sheet string, f func(Row) error) (err error) {
	sheet, err = b.Sheet(sheet)
	if err != nil {
		return err
	}
	if b.xlsx == nil {
		return b.csvRows(f)
	}
	defer func() {
		if p := recover(); p != nil {
			err = fault.Invalid("sheet_damaged", "file").WithCause(fmt.Errorf("excelize: %v", p))
		}
	}()
	rows, err := b.xlsx.Rows(sheet)
	if err != nil {
		return fault.Invalid("sheet_damaged", "file").WithCause(err)
	}
	defer rows.Close()
	for n := 1; rows.Next(); n++ {
		cells, err := rows.Columns()
		if err != nil {
			return fault.Invalid("sheet_damaged", "file").WithCause(err)
		}
		if len(cells) > MaxColumns {
			return columns()
		}
		if err := f(Row{Number: n, Cells: cells}); err != nil {
			return err
		}
	}
	if err := rows.Error(); err != nil {
		return fault.Invalid("sheet_damaged", "file").WithCause(err)
	}
	return nil
}

// csvRows reads lines. A quotation mark that is never closed would swallow the
// rest of the file as one cell; the limit on a cell finds it.
func (b *Book) csvRows(f func(Row) error) error {
	r := csv.NewReader(b.reader())
	r.Comma, r.LazyQuotes, r.FieldsPerRecord = b.comma, true, -1
	for {
		cells, err := r.Read()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fault.Invalid("sheet_damaged", "file").WithCause(err)
		}
		line, _ := r.FieldPos(0)
		if len(cells) > MaxColumns {
			// Trailing separators of an over-wide selection are not columns.
			for len(cells) > 0 && cells[len(cells)-1] == "" {
				cells = cells[:len(cells)-1]
			}
			if len(cells) > MaxColumns {
				return columns()
			}
		}
		for _, c := range cells {
			if len(c) > MaxCell && utf8.RuneCountInString(c) > MaxCell {
				return fault.Invalid("sheet_quote", "file", "Row", line)
			}
		}
		if err := f(Row{Number: line, Cells: cells}); err != nil {
			return err
		}
	}
}

// All reads a whole table without its blank rows.
func (b *Book) All(sheet string) ([]Row, error) {
	var all []Row
	err := b.Rows(sheet, func(r Row) error {
		if !r.Blank() {
			all = append(all, r)
		}
		return nil
	})
	return all, err
}

// Close removes what excelize keeps in the temporary folder.
func (b *Book) Close() error {
	if b.xlsx == nil {
		return nil
	}
	return b.xlsx.Close()
}

// Header finds the row that names the columns, among the first rows of a
// table: the one with most cells that known recognises, at least two; else the
// first with at least two filled cells that are all text and differ, so that
// merged title rows above are passed over. It gives the index in rows, or -1.
func Header(rows []Row, known func(cell string) bool) int {
	best, most := -1, 1
	for i, r := range rows {
		n := 0
		for _, c := range r.Cells {
			if c = Fold(c); c != "" && known(c) {
				n++
			}
		}
		if n > most {
			best, most = i, n
		}
	}
	if best >= 0 {
		return best
	}
	for i, r := range rows {
		distinct, text := map[string]bool{}, true
		for _, c := range r.Cells {
			if c = Fold(c); c != "" {
				distinct[c] = true
				text = text && strings.Trim(c, "0123456789.,-/ ") != ""
			}
		}
		if len(distinct) >= 2 && text {
			return i
		}
	}
	return -1
}
