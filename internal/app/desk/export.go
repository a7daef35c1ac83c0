package desk

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"strconv"

	"plumbline/internal/fault"
	"plumbline/internal/sheet"
)

// The forms of an export.
const (
	FormatCSV  = "csv"
	FormatXLSX = "xlsx"
)

// Export is a finished file with an exact row count. It stays on disk until it is
// closed, so its size does not depend on memory. Where the system allows, its name
// is removed at once, so a crash leaves nothing behind.
type Export struct {
	Name string
	Type string
	Rows int
	File *os.File
}

// WriteTo sends the file.
func (e *Export) WriteTo(w io.Writer) (int64, error) {
	if _, err := e.File.Seek(0, io.SeekStart); err != nil {
		return 0, err
	}
	return io.Copy(w, e.File)
}

// Close removes the file from disk.
func (e *Export) Close() error {
	err := e.File.Close()
	if gone := os.Remove(e.File.Name()); !errors.Is(gone, fs.ErrNotExist) {
		err = errors.Join(err, gone)
	}
	return err
}

// PassingFile creates a file that is gone once it is closed.
func PassingFile() (*os.File, error) {
	f, err := os.CreateTemp("", "plumbline-export-*")
	if err == nil {
		_ = os.Remove(f.Name()) // where open files keep their names, Close removes it
	}
	return f, err
}

// NewExport writes a file; fill writes the header and the rows.
func NewExport(name, format, title string, fill func(w *sheet.Writer) error) (_ *Export, err error) {
	if format != FormatCSV && format != FormatXLSX {
		return nil, fault.Invalid("export_format", "format")
	}
	f, err := PassingFile()
	if err != nil {
		return nil, err
	}
	e := &Export{Type: "text/csv; charset=utf-8", File: f}
	defer func() {
		if err != nil {
			err = errors.Join(err, e.Close())
		}
	}()
	w := sheet.NewCSV(f)
	if format == FormatXLSX {
		e.Type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
		if w, err = sheet.NewXLSX(f, title); err != nil {
			return nil, err
		}
	}
	if err = fill(w); err != nil {
		return nil, err
	}
	if e.Rows, err = w.Close(); err != nil {
		return nil, err
	}
	// Whoever is handed the file learns from its name whether it is whole.
	e.Name = name + "-" + strconv.Itoa(e.Rows) + "-rows." + format
	return e, nil
}
