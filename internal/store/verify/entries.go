package verify

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"plumbline/internal/ledger"
	"plumbline/internal/store/dialect"
	"plumbline/internal/store/engine"
)

// verifyBatch is the number of entries or rows per task.
const verifyBatch = 2000

// span is a task over the entries from, up to but excluding to.
type span struct{ from, to int64 }

// readEntry is an entry as read by a lane.
type readEntry struct {
	engine.LedgerEntry
	entry *ledger.Entry // nil if the bytes are not an entry
	wrong string        // error from ParseEntry
	leaf  ledger.Hash   // of the stored bytes
}

type readSpan struct {
	rows  []readEntry
	nodes []engine.LedgerHash
}

// readSpan reads entries with their tree nodes and does the work that needs no
// context: parsing and hashing.
func (c *check) readSpan(ctx context.Context, v *engine.View, s span) (*readSpan, error) {
	out := &readSpan{rows: make([]readEntry, 0, s.to-s.from)}
	rows, err := engine.DB(v).QueryContext(ctx,
		"SELECT seq, at, account, verb, kind, object_id, body, leaf FROM ledger_entries WHERE seq >= ? AND seq < ? ORDER BY seq", s.from, s.to)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var r readEntry
		var at dialect.Instant
		if err := rows.Scan(&r.Seq, &at, &r.Account, &r.Verb, &r.Kind, &r.ObjectID, &r.Body, &r.Leaf); err != nil {
			return nil, err
		}
		r.At = time.Time(at)
		r.leaf = ledger.LeafHash(r.Body)
		if r.entry, err = ledger.ParseEntry(r.Body); err != nil {
			r.wrong = err.Error()
		}
		r.Body = nil // only the parsed entry shares its memory
		out.rows = append(out.rows, r)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	out.nodes, err = nodes(ctx, v, ledger.StoredCount(s.from), ledger.StoredCount(s.to))
	return out, err
}

// nodes reads the tree nodes from, up to but excluding to.
func nodes(ctx context.Context, v *engine.View, from, to int64) ([]engine.LedgerHash, error) {
	rows, err := engine.DB(v).QueryContext(ctx, "SELECT idx, hash FROM ledger_hashes WHERE idx >= ? AND idx < ? ORDER BY idx", from, to)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := make([]engine.LedgerHash, 0, to-from)
	for rows.Next() {
		var h engine.LedgerHash
		if err := rows.Scan(&h.Idx, &h.Hash); err != nil {
			return nil, err
		}
		out = append(out, h)
	}
	return out, rows.Err()
}

// walk is the state of the walk along the log.
type walk struct {
	edge     *ledger.Edge
	next     int64
	before   time.Time
	previous map[rowKey]int64 // each object's last entry
	broken   bool             // entries are missing, so the tree cannot be recomputed
	point    int              // next stored checkpoint
}

// entries walks the log and the tree nodes side by side.
func (c *check) entries(ctx context.Context) error {
	edge, err := ledger.NewEdge(0, nil)
	if err != nil {
		return err
	}
	size, err := c.v.Size(ctx)
	if err != nil {
		return err
	}
	var tasks []span
	for from := int64(0); from < size; from += verifyBatch {
		tasks = append(tasks, span{from, min(from+verifyBatch, size)})
	}
	w := &walk{edge: edge, previous: make(map[rowKey]int64)}
	c.wantedAt(w)
	if err := ordered(ctx, c.lanes, tasks, c.readSpan, func(s *readSpan) error {
		if err := c.followed(w, s); err != nil {
			return err
		}
		c.step(len(s.rows))
		return nil
	}); err != nil {
		return err
	}
	return c.entriesEnd(ctx, w)
}

// entriesEnd looks for anything beyond the end of the log.
func (c *check) entriesEnd(ctx context.Context, w *walk) error {
	var outside []engine.LedgerEntry
	if err := engine.DB(c.v).NewSelect().Model(&outside).Where("seq < 0").Order("seq").Limit(findingsMax).Scan(ctx); err != nil {
		return err
	}
	for _, r := range outside {
		c.verdict.add(Finding{r.Seq, r.At.UTC(), r.Kind, r.ObjectID, "entry_columns", reason("entry_negative")})
	}
	extra, err := engine.DB(c.v).NewSelect().Model((*engine.LedgerHash)(nil)).Where("idx >= ? OR idx < 0",
		ledger.StoredCount(w.next)).Count(ctx)
	if err != nil {
		return err
	}
	if extra > 0 {
		c.verdict.add(Finding{Seq: w.next, Kind: "ledger", ID: "tree", What: "entry_truncated",
			Reason: reason("tree_beyond", "Nodes", extra)})
	}
	c.verdict.Entries = w.next
	if w.broken {
		return nil
	}
	root, err := w.edge.Root()
	if err != nil {
		return err
	}
	c.verdict.Root = fmt.Sprintf("%x", root[:])
	return nil
}

// followed checks a span in its place in the log.
func (c *check) followed(w *walk, s *readSpan) error {
	nodes := s.nodes
	reported := false
	for i := range s.rows {
		row := &s.rows[i]
		if row.Seq != w.next {
			c.verdict.add(Finding{row.Seq, row.At.UTC(), row.Kind, row.ObjectID, "entry_gap", reason("entry_missing", "Seq", w.next)})
			w.broken = true
			w.next = row.Seq
		}
		w.next++
		stored, err := w.edge.AppendLeaf(row.leaf)
		if err != nil {
			return err
		}
		if l, ok := c.leaves[row.Seq]; ok {
			l.leaf, l.at, l.kind, l.object = row.leaf, row.At.UTC(), row.Kind, row.ObjectID
			c.leaves[row.Seq] = l
		}
		c.judge(w, row)
		if w.broken {
			continue
		}
		for _, n := range stored {
			for len(nodes) > 0 && nodes[0].Idx < n.Index {
				nodes = nodes[1:]
			}
			if len(nodes) > 0 && nodes[0].Idx == n.Index && bytes.Equal(nodes[0].Hash, n.Hash[:]) || reported {
				continue
			}
			reported = true // one per span suffices to name the place
			c.verdict.add(treeFinding(n.Index, row))
		}
		if err := c.pointsAt(w); err != nil {
			return err
		}
	}
	return nil
}

// treeFinding names the first entry that a false node could hide.
func treeFinding(index int64, row *readEntry) Finding {
	f := Finding{Kind: "ledger", ID: fmt.Sprint(index), What: "entry_tree", Reason: reason("tree_leaf")}
	if level, first := ledger.NodeSpan(index); level > 0 {
		f.Seq, f.Reason = first, reason("tree_node", "First", first, "Last", row.Seq)
	} else {
		f.Seq, f.At, f.Kind, f.ID = row.Seq, row.At.UTC(), row.Kind, row.ObjectID
	}
	return f
}

// judge checks one entry against its columns and predecessors.
func (c *check) judge(w *walk, row *readEntry) {
	bad := func(what string, why Reason) {
		c.verdict.add(Finding{row.Seq, row.At.UTC(), row.Kind, row.ObjectID, what, why})
	}
	if !bytes.Equal(row.leaf[:], row.Leaf) {
		bad("entry_leaf", reason("entry_leaf"))
	}
	e := row.entry
	if e == nil {
		bad("entry_bytes", reason("entry_bytes", "Error", row.wrong))
		return
	}
	switch {
	case e.Seq != row.Seq || e.Verb != row.Verb || e.Kind != row.Kind || e.Object != row.ObjectID || e.Actor != row.Account ||
		!e.Time.Equal(row.At):
		bad("entry_columns", reason("entry_columns"))
	case e.Origin != c.verdict.Origin:
		bad("entry_origin", reason("entry_origin", "Origin", e.Origin))
	case e.Time.Before(w.before):
		bad("entry_time", reason("entry_time"))
	}
	w.before = e.Time
	object := c.key("", e.Object)
	want, ok := w.previous[object]
	if !ok {
		want = -1
	}
	if e.Prev != want {
		bad("entry_prev", reason("entry_prev", "Named", e.Prev, "Want", want))
	}
	w.previous[object] = e.Seq
	c.passes(e, object)
	for _, a := range e.After {
		if c.bond(e, a) || c.readNamed(e, a) {
			continue
		}
		c.last[c.key(a.Kind, a.ID)] = named{row.Seq, a.Digest, a.Encoding}
		if a.Kind == engine.CheckpointKind {
			c.anchor(a.ID)
		}
	}
}
