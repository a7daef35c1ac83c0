package ledger

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Hash is a SHA-256 digest.
type Hash [sha256.Size]byte

// Commitment is the SHA-256 of a fixed label, the field's name, a random
// 32-byte salt and the value of an erasable field. The value and its salt are
// stored separately, in the contents table, so that both can be erased while
// every digest stays valid.
type Commitment []byte

// Stamp holds the leading columns of every ledgered row.
type Stamp struct {
	ID        string    `bun:"id,pk"`
	Version   int64     `bun:"version"`    // 1 when created; an edit names the version it is based on
	Salt      []byte    `bun:"salt"`       // 32 bytes, new at each write; see SaltOf
	CreatedAt time.Time `bun:"created_at"` // instant, UTC, microseconds
	ChangedAt time.Time `bun:"changed_at"`
}

func (s *Stamp) RowID() string { return s.ID }

// RowStamp returns the stamp itself, for the store to fill.
func (s *Stamp) RowStamp() *Stamp { return s }

// Row is a ledgered row: a struct that embeds Stamp.
type Row interface {
	RowID() string
	RowStamp() *Stamp
}

// Placed is a row that stores its unit on the event date and, derived from it,
// that unit's tier-2 branch in today's tree.
type Placed interface {
	PlaceUnit() string
	PlaceBranch(branch string)
}

// Counted is a row that feeds the report's counters. Deltas emits one line per
// counter to which the row contributes in its present state; n may be any
// number. It must be a pure function of the row.
type Counted interface {
	Deltas(emit func(section, unit, month, key string, n int64))
}

// NewSalt returns 32 random bytes. On the systems that Go supports crypto/rand
// never fails; it ends the process instead.
func NewSalt() []byte {
	salt := make([]byte, 32)
	rand.Read(salt)
	return salt
}

const saltLabel = "plumbline row salt v1"

// Salts derives the salts of one write's rows from its seed.
type Salts struct {
	mac hash.Hash
}

// SaltsOf keys the salts of a write. The seed is NewSalt, drawn for the write alone
// and kept in its slip at most, so that a slip of many rows keeps one seed instead of
// their salts; whoever is shown some salts learns no other one.
func SaltsOf(seed []byte) *Salts { return &Salts{hmac.New(sha256.New, seed)} }

// Of returns the salt of a row as the write leaves it: 32 bytes, an HMAC-SHA256 under
// the seed over a label, the id and the version.
func (s *Salts) Of(id string, version int64) []byte {
	s.mac.Reset()
	fmt.Fprintf(s.mac, "%s %s %d", saltLabel, id, version)
	return s.mac.Sum(nil)
}

const commitLabel = "plumbline commitment v1\x00"

// Commit computes the commitment to a value.
func Commit(field string, salt []byte, value string) Commitment {
	h := sha256.New()
	h.Write([]byte(commitLabel))
	writeBytes(h, []byte(field))
	writeBytes(h, salt)
	writeBytes(h, []byte(value))
	return h.Sum(nil)
}

const rowLabel = "plumbline row v1\x00"

// EncodingOf returns the newest encoding of a row's type: 1, or the highest N
// among columns tagged `ledger:"vN"`. A column added after its kind was first
// written is tagged with the encoding that introduced it, so that earlier
// digests can still be checked.
func EncodingOf(row any) (int, error) {
	plan, err := planOf(reflect.Indirect(reflect.ValueOf(row)).Type())
	if err != nil {
		return 0, err
	}
	return plan.newest, nil
}

// Digest hashes a row in the newest encoding of its type: label, kind, then
// every ledgered column as name and value, each length-prefixed. Columns tagged
// `ledger:"-"` are derived and excluded. Text is hashed byte for byte, instants
// as microseconds UTC.
func Digest(kind string, row any) (Hash, error) {
	newest, err := EncodingOf(row)
	if err != nil {
		return Hash{}, err
	}
	return DigestAt(kind, row, newest)
}

// DigestAt hashes a row in an earlier encoding, with the columns that the type
// had then.
func DigestAt(kind string, row any, encoding int) (Hash, error) {
	v := reflect.Indirect(reflect.ValueOf(row))
	plan, err := planAt(v.Type(), encoding)
	if err != nil {
		return Hash{}, err
	}
	buffer := rowBuffers.Get().(*[]byte)
	defer rowBuffers.Put(buffer)
	b := append((*buffer)[:0], rowLabel...)
	b = appendBytes(b, kind)
	for i := range plan {
		c := &plan[i]
		b = appendBytes(b, c.name)
		f := v.FieldByIndex(c.index)
		switch c.kind {
		case colString:
			b = appendBytes(b, f.String())
		case colInt:
			b = binary.BigEndian.AppendUint64(b, uint64(f.Int()))
		case colBool:
			if f.Bool() {
				b = append(b, 1)
			} else {
				b = append(b, 0)
			}
		case colBytes:
			b = appendBytes(b, f.Bytes())
		case colTime:
			b = binary.BigEndian.AppendUint64(b, uint64(f.Addr().Interface().(*time.Time).UnixMicro()))
		case colTimePtr:
			if p := f.Addr().Interface().(**time.Time); *p == nil {
				b = append(b, 0)
			} else {
				b = append(b, 1)
				b = binary.BigEndian.AppendUint64(b, uint64((*p).UnixMicro()))
			}
		}
	}
	*buffer = b
	return sha256.Sum256(b), nil
}

// rowBuffers holds buffers for rows being hashed.
var rowBuffers = sync.Pool{New: func() any { b := make([]byte, 0, 4096); return &b }}

// appendBytes appends a value with its length in front.
func appendBytes[T string | []byte](b []byte, value T) []byte {
	b = binary.BigEndian.AppendUint64(b, uint64(len(value)))
	return append(b, value...)
}

func writeBytes(h hash.Hash, b []byte) {
	var number [8]byte
	binary.BigEndian.PutUint64(number[:], uint64(len(b)))
	h.Write(number[:])
	h.Write(b)
}

type columnKind int

const (
	colString columnKind = iota
	colInt
	colBool
	colBytes
	colTime
	colTimePtr
)

type column struct {
	name  []byte
	index []int
	kind  columnKind
	since int // encoding that introduced it
}

// rowPlan describes how rows of a type are written in each encoding.
type rowPlan struct {
	newest int
	at     [][]column // at[n-1] are the columns of encoding n
}

var plans sync.Map // reflect.Type → *rowPlan

var (
	timeType    = reflect.TypeFor[time.Time]()
	timePtrType = reflect.TypeFor[*time.Time]()
)

// planAt returns the columns of a type in an encoding.
func planAt(t reflect.Type, encoding int) ([]column, error) {
	plan, err := planOf(t)
	if err != nil {
		return nil, err
	}
	if encoding < 1 || encoding > plan.newest {
		return nil, fmt.Errorf("ledger: %s has no encoding %d: it has 1 to %d", t, encoding, plan.newest)
	}
	return plan.at[encoding-1], nil
}

func planOf(t reflect.Type) (*rowPlan, error) {
	if p, ok := plans.Load(t); ok {
		return p.(*rowPlan), nil
	}
	var all []column
	if err := columnsOf(t, nil, &all); err != nil {
		return nil, err
	}
	plan := &rowPlan{newest: 1}
	for _, c := range all {
		plan.newest = max(plan.newest, c.since)
	}
	for n := 1; n <= plan.newest; n++ {
		var columns []column
		for _, c := range all {
			if c.since <= n {
				columns = append(columns, c)
			}
		}
		if n > 1 && len(columns) == len(plan.at[n-2]) {
			return nil, fmt.Errorf("ledger: %s has columns of encoding %d and none of encoding %d", t, plan.newest, n)
		}
		plan.at = append(plan.at, columns)
	}
	plans.Store(t, plan)
	return plan, nil
}

// columnsOf appends the ledgered columns of a type, including those of embedded
// structs.
func columnsOf(t reflect.Type, index []int, out *[]column) error {
	for i := range t.NumField() {
		f := t.Field(i)
		at := append(append([]int(nil), index...), i)
		if f.Anonymous && f.Type.Kind() == reflect.Struct {
			if err := columnsOf(f.Type, at, out); err != nil {
				return err
			}
			continue
		}
		name, _, _ := strings.Cut(f.Tag.Get("bun"), ",")
		tag := f.Tag.Get("ledger")
		if !f.IsExported() || name == "-" || name == "" || tag == "-" {
			if name == "" && f.IsExported() {
				return fmt.Errorf("ledger: %s.%s has no column name", t, f.Name)
			}
			continue
		}
		c := column{name: []byte(name), index: at, since: 1}
		if tag != "" {
			n, err := strconv.Atoi(strings.TrimPrefix(tag, "v"))
			if err != nil || n < 2 || tag != "v"+strconv.Itoa(n) {
				return fmt.Errorf("ledger: %s.%s is tagged %q, which is neither \"-\" nor \"v2\" and up", t, f.Name, tag)
			}
			c.since = n
		}
		switch {
		case f.Type == timeType:
			c.kind = colTime
		case f.Type == timePtrType:
			c.kind = colTimePtr
		case f.Type.Kind() == reflect.String:
			c.kind = colString
		case f.Type.Kind() >= reflect.Int && f.Type.Kind() <= reflect.Int64:
			c.kind = colInt
		case f.Type.Kind() == reflect.Bool:
			c.kind = colBool
		case f.Type.Kind() == reflect.Slice && f.Type.Elem().Kind() == reflect.Uint8:
			c.kind = colBytes
		default:
			return fmt.Errorf("ledger: %s.%s has a type that digests do not know", t, f.Name)
		}
		*out = append(*out, c)
	}
	return nil
}

// Uncovered lists the non-empty columns of a row that an entry in an older
// encoding does not cover. Nothing vouches for them yet.
func Uncovered(row any, encoding int) ([]string, error) {
	v := reflect.Indirect(reflect.ValueOf(row))
	plan, err := planOf(v.Type())
	if err != nil {
		return nil, err
	}
	var out []string
	for _, c := range plan.at[plan.newest-1] {
		if c.since > encoding && !v.FieldByIndex(c.index).IsZero() {
			out = append(out, string(c.name))
		}
	}
	return out, nil
}
