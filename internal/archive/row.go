package archive

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"
)

// The kinds of values. A row is the concatenation of its values.
const (
	kindNull  byte = iota
	kindInt        // zigzag varint
	kindText       // length, bytes
	kindBytes      // length, bytes
	kindFalse
	kindTrue
	kindTime // microseconds since 1970, zigzag varint
)

var errRow = errors.New("a row of the archive is damaged")

// appendRow encodes the values: nil, int64, string, []byte, bool, time.Time.
func appendRow(b []byte, values []any) ([]byte, error) {
	for _, v := range values {
		switch v := v.(type) {
		case nil:
			b = append(b, kindNull)
		case int64:
			b = binary.AppendVarint(append(b, kindInt), v)
		case string:
			b = binary.AppendUvarint(append(b, kindText), uint64(len(v)))
			b = append(b, v...)
		case []byte:
			b = binary.AppendUvarint(append(b, kindBytes), uint64(len(v)))
			b = append(b, v...)
		case bool:
			if v {
				b = append(b, kindTrue)
			} else {
				b = append(b, kindFalse)
			}
		case time.Time:
			b = binary.AppendVarint(append(b, kindTime), v.UnixMicro())
		default:
			return b, fmt.Errorf("a value of the type %T has no form in an archive", v)
		}
	}
	return b, nil
}

// Rows decodes the rows of a part, each with the given number of columns, and
// calls each for every row. The slice of values is reused between calls; its
// elements may be kept, but bytes alias the part.
func Rows(part []byte, columns int, each func(values []any) error) error {
	if columns < 1 {
		return errRow
	}
	values := make([]any, columns)
	for len(part) > 0 {
		for i := range values {
			var err error
			if values[i], part, err = value(part); err != nil {
				return err
			}
		}
		if err := each(values); err != nil {
			return err
		}
	}
	return nil
}

func value(b []byte) (v any, rest []byte, err error) {
	if len(b) == 0 {
		return nil, nil, errRow
	}
	kind, b := b[0], b[1:]
	switch kind {
	case kindNull:
		return nil, b, nil
	case kindFalse, kindTrue:
		return kind == kindTrue, b, nil
	case kindInt, kindTime:
		i, n := binary.Varint(b)
		if n <= 0 {
			return nil, nil, errRow
		}
		if kind == kindTime {
			return time.UnixMicro(i).UTC(), b[n:], nil
		}
		return i, b[n:], nil
	case kindText, kindBytes:
		size, n := binary.Uvarint(b)
		if n <= 0 || size > uint64(len(b)-n) {
			return nil, nil, errRow
		}
		body, rest := b[n:n+int(size)], b[n+int(size):]
		if kind == kindText {
			return string(body), rest, nil
		}
		return body, rest, nil
	}
	return nil, nil, errRow
}
