package ledger

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"time"
)

// Column is one column of a row as shown in a salt slip: enough to recompute
// the row's digest without knowing the row's type.
type Column struct {
	Name  string `json:"name"`
	Type  string `json:"type"` // text, int, bool, bytes (base64), time, time? (empty for none)
	Value string `json:"value"`
}

// Columns lists a row's columns in the order and selection that DigestAt hashes
// in the encoding. DigestColumns over them equals the row's digest.
func Columns(row any, encoding int) ([]Column, error) {
	packed, err := PackRows([]any{row}, encoding)
	if err != nil {
		return nil, err
	}
	rows, err := UnpackRows(row, 1, packed, encoding)
	if err != nil {
		return nil, err
	}
	return rows[0], nil
}

// DigestColumns computes the digest of a row from its columns. Values must be
// formatted as Columns formats them, so that equal digests mean equal text.
func DigestColumns(kind string, columns []Column) (Hash, error) {
	h := sha256.New()
	h.Write([]byte(rowLabel))
	writeBytes(h, []byte(kind))
	var number [8]byte
	whole := func(n int64) {
		binary.BigEndian.PutUint64(number[:], uint64(n))
		h.Write(number[:])
	}
	for _, c := range columns {
		writeBytes(h, []byte(c.Name))
		switch c.Type {
		case "text":
			writeBytes(h, []byte(c.Value))
		case "int":
			n, err := strconv.ParseInt(c.Value, 10, 64)
			if err != nil || strconv.FormatInt(n, 10) != c.Value {
				return Hash{}, notCanonical(c, err)
			}
			whole(n)
		case "bool":
			switch c.Value {
			case "true":
				h.Write([]byte{1})
			case "false":
				h.Write([]byte{0})
			default:
				return Hash{}, errors.New("ledger: a column is neither true nor false")
			}
		case "bytes":
			raw, err := base64.StdEncoding.Strict().DecodeString(c.Value)
			if err != nil || base64.StdEncoding.EncodedLen(len(raw)) != len(c.Value) {
				return Hash{}, notCanonical(c, err)
			}
			writeBytes(h, raw)
		case "time", "time?":
			if c.Type == "time?" {
				if c.Value == "" {
					h.Write([]byte{0})
					continue
				}
				h.Write([]byte{1})
			}
			t, err := time.Parse(timeLayout, c.Value)
			if err != nil || t.Format(timeLayout) != c.Value { // Parse accepts a comma for the decimal point
				return Hash{}, notCanonical(c, err)
			}
			whole(t.UnixMicro())
		default:
			return Hash{}, fmt.Errorf("ledger: a column of type %.20q is unknown", c.Type)
		}
	}
	return Hash(h.Sum(nil)), nil
}

func notCanonical(c Column, err error) error {
	return errors.Join(fmt.Errorf("ledger: column %.40q is not written as a %s is", c.Name, c.Type), err)
}

// PackRows encodes rows of one type compactly: the first column of each row, then
// the second of each, and a value that all rows share once. UnpackRows, given
// a row of the same type, their number and the same encoding, decodes them.
// Together they preserve rows as an entry left them.
func PackRows[R any](rows []R, encoding int) ([]byte, error) {
	if len(rows) == 0 {
		return nil, nil
	}
	values := make([]reflect.Value, len(rows))
	for i, r := range rows {
		values[i] = reflect.Indirect(reflect.ValueOf(r))
	}
	plan, err := planAt(values[0].Type(), encoding)
	if err != nil {
		return nil, err
	}
	var b []byte
	for i := range plan {
		b = append(b, columnEach)
		start, shared := len(b), true
		b = appendColumn(b, &plan[i], values[0].FieldByIndex(plan[i].index))
		first := b[start:len(b):len(b)]
		for _, v := range values[1:] {
			at := len(b)
			b = appendColumn(b, &plan[i], v.FieldByIndex(plan[i].index))
			shared = shared && bytes.Equal(first, b[at:])
		}
		if shared {
			b = b[:start+len(first)]
			b[start-1] = columnShared
		}
	}
	return b, nil
}

// What stands before a packed column.
const (
	columnEach   = 0 // a value for each row
	columnShared = 1 // one for all rows
)

func appendColumn(b []byte, c *column, f reflect.Value) []byte {
	switch c.kind {
	case colString:
		return appendString(b, f.String())
	case colInt:
		return binary.AppendVarint(b, f.Int())
	case colBool:
		return binary.AppendVarint(b, zeroOrOne(f.Bool()))
	case colBytes:
		return appendString(b, string(f.Bytes()))
	case colTime:
		return binary.AppendVarint(b, f.Addr().Interface().(*time.Time).UnixMicro())
	case colTimePtr:
		if p := *f.Addr().Interface().(**time.Time); p != nil {
			return binary.AppendVarint(binary.AppendVarint(b, 1), p.UnixMicro())
		}
		return binary.AppendVarint(b, 0)
	}
	return b
}

// UnpackRows decodes the n rows that PackRows wrote. row supplies their type.
func UnpackRows(row any, n int, packed []byte, encoding int) ([][]Column, error) {
	plan, err := planAt(reflect.Indirect(reflect.ValueOf(row)).Type(), encoding)
	if err != nil {
		return nil, err
	}
	damaged := fmt.Errorf("ledger: kept rows of %T are damaged", row)
	if n < 0 || n > len(packed) { // each takes a byte or more
		return nil, damaged
	}
	out := make([][]Column, n)
	for i := range out {
		out[i] = make([]Column, len(plan))
	}
	p := packedRows{rest: packed}
	for c := range plan {
		if len(p.rest) == 0 || n == 0 {
			return nil, damaged
		}
		kind := p.rest[0]
		if kind > columnShared || kind == columnEach && n == 1 {
			return nil, damaged
		}
		p.rest = p.rest[1:]
		out[0][c] = p.column(&plan[c])
		for i := 1; i < n; i++ {
			if out[i][c] = out[0][c]; kind == columnEach {
				out[i][c] = p.column(&plan[c])
			}
		}
	}
	if p.damaged || len(p.rest) != 0 {
		return nil, damaged
	}
	return out, nil
}

// packedRows reads what PackRows wrote.
type packedRows struct {
	rest    []byte
	damaged bool // and nothing more is read
}

func (p *packedRows) number() int64 {
	n, size := binary.Varint(p.rest)
	if size <= 0 {
		p.damaged, p.rest = true, nil
		return 0
	}
	p.rest = p.rest[size:]
	return n
}

func (p *packedRows) flag() bool {
	n := p.number()
	if n < 0 || n > 1 {
		p.damaged, p.rest = true, nil
	}
	return n == 1
}

func (p *packedRows) text() string {
	n, size := binary.Uvarint(p.rest)
	if size <= 0 || n > uint64(len(p.rest)-size) {
		p.damaged, p.rest = true, nil
		return ""
	}
	value := string(p.rest[size : size+int(n)])
	p.rest = p.rest[size+int(n):]
	return value
}

func (p *packedRows) instant() string { return time.UnixMicro(p.number()).UTC().Format(timeLayout) }

func (p *packedRows) column(c *column) Column {
	out := Column{Name: string(c.name)}
	switch c.kind {
	case colString:
		out.Type, out.Value = "text", p.text()
	case colInt:
		out.Type, out.Value = "int", strconv.FormatInt(p.number(), 10)
	case colBool:
		out.Type, out.Value = "bool", strconv.FormatBool(p.flag())
	case colBytes:
		out.Type, out.Value = "bytes", base64.StdEncoding.EncodeToString([]byte(p.text()))
	case colTime:
		out.Type, out.Value = "time", p.instant()
	case colTimePtr:
		if out.Type = "time?"; p.flag() {
			out.Value = p.instant()
		}
	}
	return out
}

func zeroOrOne(yes bool) int64 {
	if yes {
		return 1
	}
	return 0
}
