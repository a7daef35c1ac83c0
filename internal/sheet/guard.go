package sheet

import (
	"archive/zip"
	"bytes"
	"io"
	"strings"

	"plumbline/internal/fault"
)

// Limits of a file. They stand in the messages that refuse one.
const (
	MaxSize     = 20 << 20 // bytes of the file
	MaxUnpacked = 64 << 20 // bytes of all parts of a workbook together
	MaxColumns  = 200      // filled columns of any row
	MaxCell     = 32767    // characters of a cell, as in Excel

	maxParts    = 2000
	maxDepth    = 128      // levels of elements in a part
	maxTag      = 64 << 10 // bytes between < and >
	maxElements = 4 << 20  // elements of a part that is read row by row
	maxWhole    = 2 << 20  // elements of a part that excelize keeps whole
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
	budget := int64(MaxUnpacked)
	for _, f := range z.File {
		n, err := guardPart(f, budget)
		if err != nil {
			return err
		}
		budget -= n
	}
	return nil
}

func unpacked() error {
	return fault.TooLarge("sheet_unpacked", "Limit", MaxUnpacked>>20).WithField("file")
}

// guardPart inflates one part without keeping it.
func guardPart(f *zip.File, budget int64) (int64, error) {
	r, err := f.Open()
	if err != nil {
		return 0, fault.Invalid("sheet_damaged", "file").WithCause(err)
	}
	defer r.Close()
	name := strings.ToLower(f.Name)
	var scan *scanner
	if strings.HasSuffix(name, ".xml") || strings.HasSuffix(name, ".rels") || strings.HasSuffix(name, ".vml") {
		scan = &scanner{elements: maxWhole}
		if strings.Contains(name, "worksheets/") {
			scan.elements, scan.rows = maxElements, true
		}
	}
	var total int64
	buf := make([]byte, 32<<10)
	for {
		n, err := r.Read(buf)
		if total += int64(n); total > budget {
			return total, unpacked()
		}
		if scan != nil {
			if err := scan.feed(buf[:n]); err != nil {
				return total, err
			}
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return total, fault.Invalid("sheet_damaged", "file").WithCause(err)
		}
	}
	if scan != nil && total > 0 && (scan.depth != 0 || scan.state != inText || scan.count == 0) {
		return total, fault.Invalid("sheet_damaged", "file")
	}
	return total, nil
}

// scanner walks the bytes of an XML part far enough to refuse what would hurt
// a parser: depth, giant tags, floods of elements, document types, truncation
// (which excelize would read as the end of the table), too many columns.
type scanner struct {
	elements int  // how many are allowed
	rows     bool // a worksheet: columns are counted

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
		s.state, s.size = inText, 0
		return s.element(s.tag)
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
		return unpacked()
	}
	closed := tag[len(tag)-1] == '/'
	if !closed {
		if s.depth++; s.depth > maxDepth {
			return fault.Invalid("sheet_damaged", "file")
		}
	}
	if !s.rows {
		return nil
	}
	name := tag
	if end := bytes.IndexAny(name, " \t\r\n/"); end >= 0 {
		name = name[:end]
	}
	if colon := bytes.IndexByte(name, ':'); colon >= 0 {
		name = name[colon+1:]
	}
	switch string(name) {
	case "row":
		s.column = 0
	case "c":
		s.column++
		if at := columnOf(tag); at > 0 {
			s.column = at
		}
		if !closed && s.column > MaxColumns {
			return columns()
		}
	}
	return nil
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
