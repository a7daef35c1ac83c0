package engine

import (
	"context"
	"encoding/binary"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/uptrace/bun"

	"plumbline/internal/ledger"
)

// Slip keeps the rows named by an entry in the state the entry left them,
// without their texts. The rows change later and draw new salts; the slip does
// not.
type Slip struct {
	Seq  int64  `bun:"seq,pk"`
	Body []byte `bun:"body"` // per row: kind and encoding, id and ledger.PackRow, each length-prefixed
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

// slip packs the rows that the member wrote.
func (j *Journal) slip(seq int64) (Slip, error) {
	s := Slip{Seq: seq}
	for i, row := range j.rows {
		line := j.after[i]
		packed, err := ledger.PackRow(row, line.Encoding)
		if err != nil {
			return s, fmt.Errorf("keep slip: %w", err)
		}
		for _, part := range [...]string{slipKind(line.Kind, line.Encoding), row.RowID(), string(packed)} {
			s.Body = append(binary.AppendUvarint(s.Body, uint64(len(part))), part...)
		}
	}
	return s, nil
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
	var out []SlipRow
	for rest := s.Body; len(rest) > 0; {
		var part [3]string
		for i := range part {
			n, size := binary.Uvarint(rest)
			if size <= 0 || n > uint64(len(rest)-size) {
				return nil, fmt.Errorf("the slip of entry %d is damaged", s.Seq)
			}
			part[i], rest = string(rest[size:size+int(n)]), rest[size+int(n):]
		}
		kind, encoding, err := readSlipKind(part[0])
		if err != nil {
			return nil, fmt.Errorf("slip of entry %d: %w", s.Seq, err)
		}
		row := SlipRow{Kind: kind, ID: part[1]}
		if k := KindByName[kind]; k != nil {
			if row.Columns, err = ledger.UnpackRow(reflect.New(k.Type).Interface(), []byte(part[2]), encoding); err != nil {
				return nil, fmt.Errorf("slip of entry %d: %w", s.Seq, err)
			}
		}
		out = append(out, row)
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
	if err := v.db.NewSelect().Model(&rows).Where("record_id IN (?)", bun.List(recordIDs)).Order("record_id", "field").Scan(ctx); err != nil {
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
		Where("account = ? AND seq < ? AND verb IN (?)", account, before, bun.List(ReceiptVerbs)).Order("seq DESC").Limit(int64(limit)).Scan(ctx)
}
