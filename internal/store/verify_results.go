package store

import (
	"context"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"plumbline/internal/ledger"
)

// answer is what a repeated request is answered with: an id that the entries of
// its write name, from the first of them on.
type answer struct {
	seq int64
	id  rowKey
}

// answered walks the answers beside the log.
type answered struct {
	rest  []answer // by seq, those not reached
	open  []answer // those whose entries are passing
	entry struct { // the write that the open ones belong to
		actor, request string
	}
	false []answer
}

// loadAnswers reads the answers before the walk.
func (c *check) loadAnswers(ctx context.Context) error {
	rows, err := c.v.db.QueryContext(ctx, "SELECT seq, result_id FROM requests WHERE result_id <> '' ORDER BY seq")
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var a answer
		var id string
		if err := rows.Scan(&a.seq, &id); err != nil {
			return err
		}
		a.id = c.key("", id)
		c.answered.rest = append(c.answered.rest, a)
	}
	return rows.Err()
}

// passes takes the next entry of the log and strikes off what it names. Other
// entries of the same write may follow it.
func (c *check) passes(e *ledger.Entry, object rowKey) {
	w := &c.answered
	if e.Actor != w.entry.actor || string(e.Request) != w.entry.request {
		w.false, w.open = append(w.false, w.open...), w.open[:0]
	}
	for len(w.rest) > 0 && w.rest[0].seq <= e.Seq {
		if w.rest[0].seq == e.Seq { // of the others there is no entry, which requests tells
			w.open = append(w.open, w.rest[0])
		}
		w.rest = w.rest[1:]
	}
	if len(w.open) == 0 {
		return
	}
	w.entry.actor, w.entry.request = e.Actor, string(e.Request)
	w.open = slices.DeleteFunc(w.open, func(a answer) bool {
		return a.id == object || slices.ContainsFunc(e.After, func(line ledger.After) bool { return c.key("", line.ID) == a.id })
	})
}

// results names the answers that no entry of their write names: whoever repeats
// the request would go on with somebody else's thing.
func (c *check) results(ctx context.Context) error {
	wrong := append(c.answered.false, c.answered.open...)
	c.verdict.Total += max(0, len(wrong)-findingsMax)
	wrong = wrong[:min(len(wrong), findingsMax)]
	if len(wrong) == 0 {
		return nil
	}
	seqs := make([]int64, len(wrong))
	for i, a := range wrong {
		seqs[i] = a.seq
	}
	var rows []Request
	if err := c.v.db.NewSelect().Model(&rows).Where("seq IN (?)", bun.List(seqs)).
		Where("EXISTS (SELECT 1 FROM ledger_entries AS e WHERE e.seq = request.seq AND e.account = request.account)"). // the others are told already
		OrderExpr("seq, account, op").Scan(ctx); err != nil {
		return err
	}
	for _, r := range rows {
		if slices.Contains(wrong, answer{r.Seq, c.key("", r.ResultID)}) {
			c.verdict.add(Finding{r.Seq, time.Time{}, "request", r.Account + "/" + r.Op, "request_result", reason("request_result")})
		}
	}
	return nil
}
