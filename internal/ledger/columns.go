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

// Column is one column of a row as a salt slip shows it: enough to compute the
// row's digest again without knowing the row's type.
type Column struct {
	Name  string `json:"name"`
	Type  string `json:"type"` // text, int, bool, bytes (base64), time, time? (empty for none)
	Value string `json:"value"`
}

// Columns writes a row out, in the order and with the columns that Digest
// hashes. DigestColumns over them is the row's digest.
func Columns(row any) ([]Column, error) {
	v := reflect.Indirect(reflect.ValueOf(row))
	plan, err := planOf(v.Type())
	if err != nil {
		return nil, err
	}
	out := make([]Column, len(plan))
	for i := range plan {
		f := v.FieldByIndex(plan[i].index)
		c := Column{Name: string(plan[i].name)}
		switch plan[i].kind {
		case colString:
			c.Type, c.Value = "text", f.String()
		case colInt:
			c.Type, c.Value = "int", strconv.FormatInt(f.Int(), 10)
		case colBool:
			c.Type, c.Value = "bool", strconv.FormatBool(f.Bool())
		case colBytes:
			c.Type, c.Value = "bytes", base64.StdEncoding.EncodeToString(f.Bytes())
		case colTime:
			c.Type, c.Value = "time", f.Addr().Interface().(*time.Time).UTC().Format(timeLayout)
		case colTimePtr:
			c.Type = "time?"
			if p := *f.Addr().Interface().(**time.Time); p != nil {
				c.Value = p.UTC().Format(timeLayout)
			}
		}
		out[i] = c
	}
	return out, nil
}

// DigestColumns computes the digest of a row from its columns.
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
			if err != nil {
				return Hash{}, fmt.Errorf("ledger: column %.40q: %w", c.Name, err)
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
			raw, err := base64.StdEncoding.DecodeString(c.Value)
			if err != nil {
				return Hash{}, fmt.Errorf("ledger: column %.40q: %w", c.Name, err)
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
			if err != nil {
				return Hash{}, fmt.Errorf("ledger: column %.40q: %w", c.Name, err)
			}
			whole(t.UnixMicro())
		default:
			return Hash{}, fmt.Errorf("ledger: a column of type %.20q is unknown", c.Type)
		}
	}
	return Hash(h.Sum(nil)), nil
}
