package verify

import (
	"context"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"plumbline/internal/ledger"
	"plumbline/internal/store/engine"
)

// answer is the stored answer to a repeated request: an id that the entries of
// its write, starting at seq, must name.
type answer struct {
	seq int64
	id  rowKey
}

// answered walks the answers beside the log.
type answered struct {
	rest  []answer // not reached yet, by seq
	open  []answer // of the current write
	entry struct { // the current write
		actor, request string
	}
	false []answer
}

// loadAnswers reads the answers before the walk.
func (c *check) loadAnswers(ctx context.Context) error {
	rows, err := engine.DB(c.v).QueryContext(ctx, "SELECT seq, result_id FROM requests WHERE result_id <> '' ORDER BY seq")
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

// passes takes the next entry of the log and removes the answers it names. More
// entries of the same write may follow.
func (c *check) passes(e *ledger.Entry, object rowKey) {
	w := &c.answered
	if e.Actor != w.entry.actor || string(e.Request) != w.entry.request {
		w.false, w.open = append(w.false, w.open...), w.open[:0]
	}
	for len(w.rest) > 0 && w.rest[0].seq <= e.Seq {
		if w.rest[0].seq == e.Seq { // requests reports those without an entry
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

// results reports answers that no entry of their write names: a repeated
// request would continue with somebody else's object.
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
	var rows []engine.Request
	if err := engine.DB(c.v).NewSelect().Model(&rows).Where("seq IN (?)", bun.List(seqs)).
		// requests reports the rest
		Where("EXISTS (SELECT 1 FROM ledger_entries AS e WHERE e.seq = request.seq AND e.account = request.account)").
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
