package verify

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"strconv"
	"time"

	"plumbline/internal/ledger"
	"plumbline/internal/store/engine"
)

// namedRead is a line of the read log as an entry names it.
type namedRead struct {
	engine.ReadHead
	seq int64
}

// readNamed records an entry's line if it names one of the read log, and
// reports whether it does.
func (c *check) readNamed(e *ledger.Entry, line ledger.After) bool {
	if line.Kind != engine.ReadLogKind {
		return false
	}
	if no, err := strconv.ParseInt(line.ID, 10, 64); err == nil {
		c.reads = append(c.reads, namedRead{engine.ReadHead{No: no, Chain: line.Digest}, e.Seq})
	}
	return true
}

// readings walks the read log in order. Each line must follow from the one
// before, the lines that entries name must be unchanged, and the entry said to
// hold a line must be about its reading.
func (c *check) readings(ctx context.Context) error {
	bad := func(seq int64, id, what string, why Reason) {
		c.verdict.add(Finding{seq, time.Time{}, engine.ReadLogKind, id, what, why})
	}
	slices.SortStableFunc(c.reads, func(a, b namedRead) int { return cmp.Compare(a.No, b.No) })
	named := c.reads
	var before engine.ReadHead
	rewritten := false // report the first only: all later ones differ too
	for {
		var rows []engine.ReadLog
		if err := engine.DB(c.v).NewSelect().Model(&rows).Where("no > ?", before.No).Order("no").Limit(verifyBatch).Scan(ctx); err != nil {
			return err
		}
		if len(rows) == 0 {
			break
		}
		for i := range rows {
			r := &rows[i]
			chain := r.Link(before.Chain)
			switch {
			case r.No != before.No+1: // its predecessor is gone
				bad(r.EntrySeq, r.ID, "read_log_missing", reason("read_log_missing", "First", before.No+1, "Last", r.No-1))
			case !bytes.Equal(r.Chain, chain[:]):
				bad(r.EntrySeq, r.ID, "read_log_changed", reason("read_log_changed", "No", r.No))
			}
			before = r.Head()
			for ; len(named) > 0 && named[0].No <= before.No; named = named[1:] {
				if n := named[0]; n.No == before.No && n.ReadHead != before && !rewritten {
					rewritten = true
					bad(n.seq, r.ID, "read_log_rewritten", reason("read_log_rewritten", "No", n.No))
				}
			}
		}
		c.verdict.Rows[engine.ReadLogKind] += len(rows)
		c.step(len(rows))
	}
	if len(named) > 0 {
		n := slices.MinFunc(named, func(a, b namedRead) int { return cmp.Compare(a.seq, b.seq) })
		bad(n.seq, strconv.FormatInt(n.No, 10), "read_log_cut", reason("read_log_cut", "No", n.No, "Last", before.No))
	}
	var stray []engine.ReadLog
	if err := engine.DB(c.v).NewSelect().Model(&stray).Where("no < 1").Order("id").Limit(findingsMax).Scan(ctx); err != nil {
		return err
	}
	for _, r := range stray {
		bad(r.EntrySeq, r.ID, "read_log_unknown", reason("read_log_unknown"))
	}
	return c.readEntries(ctx)
}

// readEntries looks for lines assigned to an entry that is not about their
// reading. Such lines would never be folded.
func (c *check) readEntries(ctx context.Context) error {
	var rows []engine.ReadLog
	err := engine.DB(c.v).NewSelect().Model(&rows).Where("entry_seq <> ?", engine.Unfolded).
		Where("NOT EXISTS (SELECT 1 FROM ledger_entries AS e WHERE e.seq = read_log.entry_seq AND e.account = read_log.account "+
			"AND e.verb = ? AND e.object_id = CASE WHEN read_log.person_id = '' THEN read_log.object_id ELSE read_log.person_id END)", engine.VerbRead).
		Order("id").Limit(findingsMax).Scan(ctx)
	for _, r := range rows {
		c.verdict.add(Finding{-1, time.Time{}, engine.ReadLogKind, r.ID, "read_log_entry", reason("read_log_entry", "Seq", r.EntrySeq)})
	}
	return err
}
