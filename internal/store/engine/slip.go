package engine

import (
	"bytes"
	"compress/flate"
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strconv"
	"strings"
	"sync"

	"github.com/uptrace/bun"

	"plumbline/internal/ledger"
)

// Slip keeps the rows named by an entry in the state the entry left them,
// without their texts. The rows change later and draw new salts; the slip does
// not.
type Slip struct {
	Seq  int64  `bun:"seq,pk"`
	Body []byte `bun:"body"` // deflated: the seed of the salts; per kind and encoding its name, the number of rows and ledger.PackRows, with lengths in front
}

// SlipRow is one row of a slip.
type SlipRow struct {
	Kind    string          `json:"kind"`
	ID      string          `json:"id"`
	Columns []ledger.Column `json:"columns"`
}

// KeepSlip requests a slip of this write, so that its author can prove what was
// filed.
func (tx *Tx) KeepSlip() { tx.Journal.keep = true }

// packAhead packs the slip while the writer goes on: the rows stay as they are from
// here on. The result is called once, when the entry has its number.
func (j *Journal) packAhead() func() ([]byte, error) {
	var body []byte
	var err error
	done := make(chan struct{})
	go func() {
		defer close(done)
		body, err = j.pack()
	}()
	return func() ([]byte, error) { <-done; return body, err }
}

// pack returns the body of a slip: the rows that the member wrote, by kind.
func (j *Journal) pack() ([]byte, error) {
	var kinds []string
	rows, encodings := make(map[string][]ledger.Row), make(map[string]int)
	for i, row := range j.rows {
		kind := slipKind(j.after[i].Kind, j.after[i].Encoding)
		if rows[kind] == nil {
			kinds = append(kinds, kind)
		}
		rows[kind], encodings[kind] = append(rows[kind], row), j.after[i].Encoding
	}
	plain := append(make([]byte, 0, 8<<10), j.seed...)
	for _, kind := range kinds {
		packed, err := ledger.PackRows(withoutSalts(rows[kind]), encodings[kind])
		if err != nil {
			return nil, fmt.Errorf("keep slip: %w", err)
		}
		plain = append(binary.AppendUvarint(plain, uint64(len(kind))), kind...)
		plain = binary.AppendUvarint(plain, uint64(len(rows[kind])))
		plain = append(binary.AppendUvarint(plain, uint64(len(packed))), packed...)
	}
	var body bytes.Buffer
	w := deflaters.Get().(*flate.Writer)
	defer deflaters.Put(w)
	w.Reset(&body)
	_, err := w.Write(plain)
	if err := errors.Join(err, w.Close()); err != nil {
		return nil, fmt.Errorf("keep slip: %w", err)
	}
	return body.Bytes(), nil
}

// withoutSalts copies rows and leaves out their salts, which follow from the seed.
func withoutSalts(rows []ledger.Row) []ledger.Row {
	out := make([]ledger.Row, len(rows))
	for i, row := range rows {
		c := reflect.New(reflect.TypeOf(row).Elem())
		c.Elem().Set(reflect.ValueOf(row).Elem())
		out[i] = c.Interface().(ledger.Row)
		out[i].RowStamp().Salt = nil
	}
	return out
}

// saltBack puts the salt into a row that was packed without it.
func saltBack(salts *ledger.Salts, r *SlipRow) error {
	version, err := strconv.ParseInt(r.Value("version"), 10, 64)
	for i := range r.Columns {
		if c := &r.Columns[i]; err == nil && c.Name == "salt" && c.Value == "" {
			c.Value = base64.StdEncoding.EncodeToString(salts.Of(r.ID, version))
		}
	}
	return err
}

// deflaters holds writers, each of which takes more memory than any slip. The rows of
// a filing repeat each other: they deflate to a third, at the fastest level too.
var deflaters = sync.Pool{New: func() any {
	w, err := flate.NewWriter(io.Discard, flate.BestSpeed)
	if err != nil {
		panic(err) // there is such a level
	}
	return w
}}

// seedSize is the size of a seed.
const seedSize = 32

// slipLimit is the most that a slip inflates to: a list of 200 issues has 100 kB.
const slipLimit = 64 << 20

// inflate returns the packed rows.
func (s *Slip) inflate() ([]byte, error) {
	if len(s.Body) == 0 {
		return nil, nil
	}
	plain, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(s.Body)), slipLimit+1))
	if err != nil || len(plain) > slipLimit {
		return nil, fmt.Errorf("the slip of entry %d is damaged", s.Seq)
	}
	return plain, nil
}

// slipKind formats a row's kind for a slip, with the encoding appended from the
// second encoding on.
func slipKind(kind string, encoding int) string {
	if encoding == 1 {
		return kind
	}
	return kind + " " + strconv.Itoa(encoding)
}

// readSlipKind parses what slipKind wrote.
func readSlipKind(text string) (kind string, encoding int, err error) {
	kind, number, later := strings.Cut(text, " ")
	if !later {
		return kind, 1, nil
	}
	if encoding, err = strconv.Atoi(number); err == nil && slipKind(kind, encoding) != text {
		err = strconv.ErrSyntax
	}
	return kind, encoding, err
}

// SlipOf reads the slip of an entry. It returns ErrNone if none was kept.
func (v *View) SlipOf(ctx context.Context, seq int64) ([]SlipRow, error) {
	s := &Slip{}
	if err := v.db.NewSelect().Model(s).Where("seq = ?", seq).Scan(ctx); err != nil {
		return nil, err
	}
	return s.Unpack()
}

// Unpack reads the packed rows.
func (s *Slip) Unpack() ([]SlipRow, error) {
	rest, err := s.inflate()
	if err != nil || len(rest) == 0 {
		return nil, err
	}
	damaged := fmt.Errorf("the slip of entry %d is damaged", s.Seq)
	if len(rest) < seedSize {
		return nil, damaged
	}
	salts, rest := ledger.SaltsOf(rest[:seedSize]), rest[seedSize:]
	number := func() (n uint64, ok bool) {
		n, size := binary.Uvarint(rest)
		rest = rest[max(size, 0):]
		return n, size > 0
	}
	text := func() (value []byte, ok bool) {
		n, ok := number()
		if !ok || n > uint64(len(rest)) {
			return nil, false
		}
		value, rest = rest[:n], rest[n:]
		return value, true
	}
	var out []SlipRow
	for len(rest) > 0 {
		name, named := text()
		n, counted := number()
		packed, whole := text()
		if !named || !counted || !whole || n > uint64(len(packed)) {
			return nil, damaged
		}
		kind, encoding, err := readSlipKind(string(name))
		k := KindByName[kind]
		if err != nil || k == nil {
			return nil, damaged
		}
		rows, err := ledger.UnpackRows(reflect.New(k.Type).Interface(), int(n), packed, encoding)
		if err != nil {
			return nil, fmt.Errorf("slip of entry %d: %w", s.Seq, err)
		}
		for _, columns := range rows {
			row := SlipRow{Kind: kind, Columns: columns}
			row.ID = row.Value("id")
			if err := saltBack(salts, &row); err != nil {
				return nil, damaged
			}
			out = append(out, row)
		}
	}
	return out, nil
}

// Value returns the value of a column, or "" if it does not exist.
func (r *SlipRow) Value(name string) string {
	for _, c := range r.Columns {
		if c.Name == name {
			return c.Value
		}
	}
	return ""
}

// HasSlip reports whether the entry's slip was kept.
func (v *View) HasSlip(ctx context.Context, seq int64) (bool, error) {
	return v.db.NewSelect().Model((*Slip)(nil)).Where("seq = ?", seq).Exists(ctx)
}

// Openings reads texts with the salts that open their commitments. Erased texts
// are absent.
func (v *View) Openings(ctx context.Context, recordIDs ...string) ([]Content, error) {
	var rows []Content
	if len(recordIDs) == 0 {
		return nil, nil
	}
	if err := v.db.NewSelect().Model(&rows).Where("record_id IN (?)", bun.List(recordIDs)).Order("record_id",
		"field").Scan(ctx); err != nil {
		return nil, err
	}
	readable, err := v.s.Decrypt(ctx, rows)
	if err != nil {
		return nil, err
	}
	var out []Content
	for i := range rows {
		if readable[i] {
			out = append(out, rows[i])
		}
	}
	return out, nil
}

// ReceiptVerbs lists the verbs after which a receipt is offered. The index that
// serves the query repeats the list.
var ReceiptVerbs = []string{"submission.submit", "submission.supplement", "statement.make", "statement.answer",
	"finding.reply", "finding.confirm",
	"decision.propose", "decision.decide", "issue.conceal", "batch.import", "inspection.record", "named_item.reply"}

// ReceiptEntries lists the account's entries for which a receipt is offered,
// newest first, below the given number.
func (v *View) ReceiptEntries(ctx context.Context, account string, before int64, limit int) ([]LedgerEntry, error) {
	var rows []LedgerEntry
	return rows, v.db.NewSelect().Model(&rows).Column("seq", "at", "verb", "kind", "object_id", "leaf").
		Where("account = ? AND seq < ? AND verb IN (?)", account, before,
			bun.List(ReceiptVerbs)).Order("seq DESC").Limit(int64(limit)).Scan(ctx)
}
