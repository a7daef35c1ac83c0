package sheet

import (
	"archive/zip"
	"bytes"
	"io"
	"strconv"
	"strings"

	"plumbline/internal/fault"
)

// Limits of a file. They stand in the messages that refuse one.
const (
	MaxSize     = 20 << 20 // bytes of the file
	MaxUnpacked = 64 << 20 // bytes of all parts of a workbook together
	MaxColumns  = 200      // filled columns of any row
	MaxCell     = 32767    // characters of a cell, as in Excel

	maxParts  = 2000
	maxDepth  = 128      // levels of elements in a part
	maxTag    = 64 << 10 // bytes between < and >
	maxWhole  = 2 << 20  // elements of a part that excelize keeps whole
	maxFormat = 1600     // bytes of the element of a number format; Excel allows 255 characters
)

// What reading a table may cost, in the nanoseconds of a plain machine: 2 s. It is
// counted, not timed, so that the same file is always read or always refused.
const (
	maxWork     = 2_000_000_000
	elementWork = 800 // of one XML element of a worksheet
	formatWork  = 60  // of a byte of the number format of a cell that has one of its own
	textWork    = 20  // of a byte of text, which is read, folded and kept
	rowWork     = 100 // of a row, also of one that the file leaves out
)

// guardXLSX inspects a workbook before excelize opens it: the declared sizes,
// then every part as it inflates, counted against the limits. What it lets
// through costs excelize time and memory in proportion to MaxUnpacked.
func guardXLSX(data []byte) error {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return fault.Invalid("sheet_damaged", "file").WithCause(err)
	}
	if len(z.File) > maxParts {
		return fault.TooLarge("sheet_parts", "Limit", maxParts).WithField("file")
	}
	var declared uint64
	book, seen := false, map[string]bool{}
	for _, f := range z.File {
		declared += f.UncompressedSize64
		if f.UncompressedSize64 > MaxUnpacked || declared > MaxUnpacked {
			return unpacked()
		}
		name := strings.ToLower(strings.ReplaceAll(f.Name, `\`, "/"))
		if seen[name] {
			return fault.Invalid("sheet_damaged", "file")
		}
		seen[name] = true
		if strings.HasSuffix(name, "vbaproject.bin") {
			return fault.Invalid("sheet_macro", "file")
		}
		book = book || name == "[content_types].xml"
	}
	if !book || !seen["_rels/.rels"] {
		return fault.Invalid("sheet_mismatch", "file")
	}
	budget, formats := int64(MaxUnpacked), []int64(nil)
	for _, styles := range []bool{true, false} { // the styles first, by which the cells are judged
		for _, f := range z.File {
			if strings.HasSuffix(strings.ToLower(f.Name), "styles.xml") != styles {
				continue
			}
			n, scan, err := guardPart(f, budget, formats)
			if err != nil {
				return err
			}
			budget -= n
			if styles {
				formats = scan.formats
			}
		}
	}
	return nil
}

// costly refuses a table that would keep the reader longer than 2 s.
func costly() *fault.Error { return fault.TooLarge("sheet_costly").WithField("file") }

func unpacked() error {
	return fault.TooLarge("sheet_unpacked", "Limit", MaxUnpacked>>20).WithField("file")
}

// guardPart inflates one part without keeping it.
func guardPart(f *zip.File, budget int64, formats []int64) (int64, scanner, error) {
	r, err := f.Open()
	if err != nil {
		return 0, scanner{}, fault.Invalid("sheet_damaged", "file").WithCause(err)
	}
	defer r.Close()
	name := strings.ToLower(f.Name)
	var scan scanner
	walked := false
	if strings.HasSuffix(name, ".xml") || strings.HasSuffix(name, ".rels") || strings.HasSuffix(name, ".vml") {
		scan, walked = scanner{elements: maxWhole, formats: formats}, true
		scan.styles = strings.HasSuffix(name, "styles.xml")
		if strings.Contains(name, "worksheets/") {
			scan.elements, scan.rows = maxWork/elementWork, true
		}
	}
	var total int64
	buf := make([]byte, 32<<10)
	for {
		n, err := r.Read(buf)
		if total += int64(n); total > budget {
			return total, scan, unpacked()
		}
		if walked {
			if err := scan.feed(buf[:n]); err != nil {
				return total, scan, err
			}
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return total, scan, fault.Invalid("sheet_damaged", "file").WithCause(err)
		}
	}
	if walked && total > 0 && (scan.depth != 0 || scan.state != inText || scan.count == 0) {
		return total, scan, fault.Invalid("sheet_damaged", "file")
	}
	return total, scan, nil
}

// scanner walks the bytes of an XML part far enough to refuse what would hurt
// a parser: depth, giant tags, floods of elements, document types, truncation
// (which excelize would read as the end of the table), too many columns.
type scanner struct {
	elements int  // how many are allowed
	rows     bool // a worksheet: columns and work are counted
	styles   bool // the styles: number formats are measured

	formats []int64          // work of each style of cells
	codes   map[string]int64 // work of each number format of the book's own, by id
	cells   bool             // within cellXfs
	work    int64

	state  scanState
	depth  int
	count  int
	column int // of the cell before, in this row
	tag    []byte
	size   int // of the tag or text so far
	quote  byte
}

type scanState int

const (
	inText scanState = iota
	inTag
	inComment
	inCData
)

func (s *scanner) feed(b []byte) error {
	for i := 0; i < len(b); i++ {
		c := b[i]
		if c == 0 {
			return fault.Invalid("sheet_damaged", "file")
		}
		switch s.state {
		case inText:
			// Skip to the next tag at the speed of memchr.
			next := bytes.IndexByte(b[i:], '<')
			if next < 0 {
				return s.text(b[i:])
			}
			if err := s.text(b[i : i+next]); err != nil {
				return err
			}
			i += next
			s.state, s.tag, s.size, s.quote = inTag, s.tag[:0], 0, 0
		case inTag:
			if err := s.inTag(c); err != nil {
				return err
			}
		case inComment, inCData:
			end := "-->"
			if s.state == inCData {
				end = "]]>"
			}
			s.tag = append(s.tag, c)
			if len(s.tag) > 3 {
				s.tag = append(s.tag[:0], s.tag[len(s.tag)-3:]...)
			}
			if string(s.tag) == end {
				s.state, s.size = inText, 0
			}
		}
	}
	return nil
}

func (s *scanner) text(b []byte) error {
	if bytes.IndexByte(b, 0) >= 0 {
		return fault.Invalid("sheet_damaged", "file")
	}
	if s.size += len(b); s.size > 8*MaxCell {
		return fault.Invalid("sheet_cell_long", "file", "Limit", MaxCell)
	}
	return nil
}

func (s *scanner) inTag(c byte) error {
	if s.size++; s.size > maxTag {
		return fault.Invalid("sheet_damaged", "file")
	}
	switch {
	case s.quote != 0:
		if c == s.quote {
			s.quote = 0
		}
	case c == '"' || c == '\'':
		s.quote = c
	case c == '>':
		s.state = inText
		err := s.element(s.tag)
		s.size = 0
		return err
	}
	if len(s.tag) < 512 {
		s.tag = append(s.tag, c)
	} else {
		s.tag[511] = c // the last byte says whether the element closes itself
	}
	if len(s.tag) == 3 && string(s.tag) == "!--" {
		s.state, s.tag = inComment, s.tag[:0]
	} else if len(s.tag) == 8 && string(s.tag) == "![CDATA[" {
		s.state, s.tag = inCData, s.tag[:0]
	}
	return nil
}

// element takes the text between < and >.
func (s *scanner) element(tag []byte) error {
	if len(tag) == 0 {
		return fault.Invalid("sheet_damaged", "file")
	}
	switch tag[0] {
	case '?':
		return nil
	case '!':
		return fault.Invalid("sheet_damaged", "file") // a document type has no place here
	case '/':
		if s.depth--; s.depth < 0 {
			return fault.Invalid("sheet_damaged", "file")
		}
		return nil
	}
	if s.count++; s.count > s.elements {
		if s.rows {
			return costly()
		}
		return unpacked()
	}
	closed := tag[len(tag)-1] == '/'
	if !closed {
		if s.depth++; s.depth > maxDepth {
			return fault.Invalid("sheet_damaged", "file")
		}
	}
	if s.styles {
		return s.style(tag)
	}
	if !s.rows {
		return nil
	}
	switch nameOf(tag) {
	case "row":
		s.column = 0
	case "c":
		s.column++
		if n, err := strconv.Atoi(attribute(tag, " s=")); err == nil && n >= 0 && n < len(s.formats) {
			if s.work += s.formats[n]; s.work > maxWork {
				return costly()
			}
		}
		if at := columnOf(tag); at > 0 {
			s.column = at
		}
		if !closed && s.column > MaxColumns {
			return columns()
		}
	}
	return nil
}

// style takes an element of the styles: the number formats of the book's own,
// and which cells have one.
func (s *scanner) style(tag []byte) error {
	switch nameOf(tag) {
	case "numFmt":
		if s.size > maxFormat {
			return costly()
		}
		if s.codes == nil {
			s.codes = make(map[string]int64)
		}
		s.codes[attribute(tag, " numFmtId=")] = formatWork * int64(s.size)
	case "cellXfs":
		s.cells = true
	case "cellStyles", "dxfs":
		s.cells = false
	case "xf":
		if s.cells {
			s.formats = append(s.formats, s.codes[attribute(tag, " numFmtId=")])
		}
	}
	return nil
}

// nameOf is the name of an element, without its prefix.
func nameOf(tag []byte) string {
	if end := bytes.IndexAny(tag, " \t\r\n/"); end >= 0 {
		tag = tag[:end]
	}
	if colon := bytes.IndexByte(tag, ':'); colon >= 0 {
		tag = tag[colon+1:]
	}
	return string(tag)
}

// attribute is the value of an attribute, "" if there is none.
func attribute(tag []byte, name string) string {
	at := bytes.Index(tag, []byte(name))
	if at < 0 || at+len(name) >= len(tag) {
		return ""
	}
	value := tag[at+len(name)+1:]
	if end := bytes.IndexByte(value, tag[at+len(name)]); end >= 0 {
		value = value[:end]
	}
	return string(value)
}

func columns() error {
	return fault.Invalid("sheet_columns", "file", "Limit", MaxColumns)
}

// columnOf reads the column number from r="AB12"; 0 if there is none.
func columnOf(tag []byte) int {
	at := bytes.Index(tag, []byte(` r=`))
	if at < 0 || at+4 >= len(tag) {
		return 0
	}
	n := 0
	for _, c := range tag[at+4:] {
		switch {
		case c >= 'A' && c <= 'Z':
			n = n*26 + int(c-'A') + 1
		case c >= 'a' && c <= 'z':
			n = n*26 + int(c-'a') + 1
		default:
			return n
		}
		if n > 1<<20 {
			return n
		}
	}
	return n
}
