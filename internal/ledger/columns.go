package ledger

import (
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
	packed, err := PackRow(row, encoding)
	if err != nil {
		return nil, err
	}
	return UnpackRow(row, packed, encoding)
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

// PackRow encodes a row compactly. UnpackRow, given a row of the same type and
// the same encoding, decodes its columns. Together they preserve a row as an
// entry left it.
func PackRow(row any, encoding int) ([]byte, error) {
	v := reflect.Indirect(reflect.ValueOf(row))
	plan, err := planAt(v.Type(), encoding)
	if err != nil {
		return nil, err
	}
	var b []byte
	for i := range plan {
		f := v.FieldByIndex(plan[i].index)
		switch plan[i].kind {
		case colString:
			b = appendString(b, f.String())
		case colInt:
			b = binary.AppendVarint(b, f.Int())
		case colBool:
			b = binary.AppendVarint(b, zeroOrOne(f.Bool()))
		case colBytes:
			b = appendString(b, string(f.Bytes()))
		case colTime:
			b = binary.AppendVarint(b, f.Addr().Interface().(*time.Time).UnixMicro())
		case colTimePtr:
			if p := *f.Addr().Interface().(**time.Time); p == nil {
				b = binary.AppendVarint(b, 0)
			} else {
				b = binary.AppendVarint(binary.AppendVarint(b, 1), p.UnixMicro())
			}
		}
	}
	return b, nil
}

// UnpackRow decodes what PackRow wrote. row supplies the type.
func UnpackRow(row any, packed []byte, encoding int) ([]Column, error) {
	plan, err := planAt(reflect.Indirect(reflect.ValueOf(row)).Type(), encoding)
	if err != nil {
		return nil, err
	}
	damaged := fmt.Errorf("ledger: a kept row of %T is damaged", row)
	number := func() (n int64) {
		n, size := binary.Varint(packed)
		if size <= 0 {
			err = damaged
			return 0
		}
		packed = packed[size:]
		return n
	}
	text := func() string {
		n, size := binary.Uvarint(packed)
		if size <= 0 || n > uint64(len(packed)-size) {
			err = damaged
			return ""
		}
		value := string(packed[size : size+int(n)])
		packed = packed[size+int(n):]
		return value
	}
	instant := func() string { return time.UnixMicro(number()).UTC().Format(timeLayout) }
	out := make([]Column, len(plan))
	for i := range plan {
		c := Column{Name: string(plan[i].name)}
		switch plan[i].kind {
		case colString:
			c.Type, c.Value = "text", text()
		case colInt:
			c.Type, c.Value = "int", strconv.FormatInt(number(), 10)
		case colBool:
			c.Type, c.Value = "bool", strconv.FormatBool(number() == 1)
		case colBytes:
			c.Type, c.Value = "bytes", base64.StdEncoding.EncodeToString([]byte(text()))
		case colTime:
			c.Type, c.Value = "time", instant()
		case colTimePtr:
			if c.Type = "time?"; number() != 0 {
				c.Value = instant()
			}
		}
		if err != nil {
			return nil, err
		}
		out[i] = c
	}
	if len(packed) != 0 {
		return nil, damaged
	}
	return out, nil
}

func zeroOrOne(yes bool) int64 {
	if yes {
		return 1
	}
	return 0
}
