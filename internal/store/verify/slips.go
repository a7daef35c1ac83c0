package verify

import (
	"context"
	"fmt"
	"time"

	"plumbline/internal/ledger"
	"plumbline/internal/store/engine"
)

// slipBatch is the number of slips per task. The slip of a large import may
// hold thousands of rows.
const slipBatch = 500

// slips recomputes every row in a slip against the slip's entry. A tampered
// slip would make an honest author's proof fail years later, when nobody could
// find out why.
func (c *check) slips(ctx context.Context) error {
	var tasks []span
	for after := int64(-1); ; {
		var last []int64
		err := engine.DB(c.v).NewSelect().Model((*engine.Slip)(nil)).Column("seq").Where("seq > ?", after).OrderExpr("seq").Limit(1).
			Offset(slipBatch-1).Scan(ctx, &last)
		if err != nil {
			return err
		}
		if len(last) == 0 {
			tasks = append(tasks, span{after, int64(1)<<62 - 1})
			break
		}
		tasks = append(tasks, span{after, last[0]})
		after = last[0]
	}
	return ordered(ctx, c.lanes, tasks, c.readSlips, func(s *readSlips) error {
		c.verdict.Slips += s.n
		for _, f := range s.wrong {
			c.verdict.add(f)
		}
		c.step(s.n)
		return nil
	})
}

// readSlips is what a lane found about some slips.
type readSlips struct {
	n     int
	wrong []Finding
}

// readSlips reads the slips after from, up to to, with their entries.
func (c *check) readSlips(ctx context.Context, v *engine.View, s span) (*readSlips, error) {
	rows, err := engine.DB(v).QueryContext(ctx,
		"SELECT s.seq, s.body, e.body FROM slips AS s LEFT JOIN ledger_entries AS e ON e.seq = s.seq "+
			"WHERE s.seq > ? AND s.seq <= ? ORDER BY s.seq", s.from, s.to)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := &readSlips{}
	for rows.Next() {
		var kept engine.Slip
		var entry []byte
		if err := rows.Scan(&kept.Seq, &kept.Body, &entry); err != nil {
			return nil, err
		}
		out.n++
		if f := judgeSlip(kept, entry); f != nil {
			out.wrong = append(out.wrong, *f)
		}
	}
	return out, rows.Err()
}

// judge compares a slip with the bytes of its entry and returns the first
// discrepancy.
func judgeSlip(s engine.Slip, entry []byte) *Finding {
	bad := func(kind, id, what string, why Reason) *Finding {
		return &Finding{s.Seq, time.Time{}, kind, id, what, why}
	}
	if entry == nil {
		return bad("slip", fmt.Sprint(s.Seq), "slip_unknown", reason("slip_unknown"))
	}
	e, err := ledger.ParseEntry(entry)
	if err != nil {
		return nil // the entry itself is already a finding
	}
	rows, err := s.Unpack()
	if err != nil {
		return bad(e.Kind, e.Object, "slip_changed", reason("slip_unreadable"))
	}
	shown := make(map[[2]string][]ledger.Column, len(rows))
	for _, r := range rows { // including those that a further fact of the same write claimed
		shown[[2]string{r.Kind, r.ID}] = r.Columns
	}
	for _, a := range e.After {
		columns, ok := shown[[2]string{a.Kind, a.ID}]
		if !ok {
			return bad(a.Kind, a.ID, "slip_changed", reason("slip_lacks"))
		}
		if digest, err := ledger.DigestColumns(a.Kind, columns); err != nil || digest != a.Digest {
			return bad(a.Kind, a.ID, "slip_changed", reason("slip_differs"))
		}
	}
	return nil
}
