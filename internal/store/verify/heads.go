package verify

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strconv"

	"plumbline/internal/ledger"
	"plumbline/internal/store/engine"
)

// pointAt is a stored checkpoint, reduced to what the walk needs.
type pointAt struct {
	size int64
	root ledger.Hash
}

// loadPoints reads sizes and roots of the stored checkpoints.
func (c *check) loadPoints(ctx context.Context) error {
	rows, err := engine.DB(c.v).QueryContext(ctx, "SELECT size, root FROM ledger_checkpoints ORDER BY size")
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var p pointAt
		var root []byte
		if err := rows.Scan(&p.size, &root); err != nil {
			return err
		}
		copy(p.root[:], root) // a root of another length matches none
		c.points = append(c.points, p)
	}
	c.verdict.Checkpoints = len(c.points)
	return rows.Err()
}

// wantedAt prepares the sizes and leaves that the walk must record for the
// evidence, and compares the tree of size 0.
func (c *check) wantedAt(w *walk) {
	for _, size := range c.evidence.sizes() {
		c.roots[size] = ledger.Hash{}
	}
	for _, r := range c.evidence.Receipts {
		c.leaves[r.Receipt.Seq] = leafAt{}
	}
	_ = c.pointsAt(w) // the empty tree has a root
}

// pointsAt compares the stored checkpoints of the size just reached, and
// records the root if the evidence needs it.
func (c *check) pointsAt(w *walk) error {
	size := w.edge.Size()
	_, wanted := c.roots[size]
	here := w.point < len(c.points) && c.points[w.point].size <= size
	if !wanted && !here {
		return nil
	}
	root, err := w.edge.Root()
	if err != nil {
		return err
	}
	if wanted {
		c.roots[size] = root
	}
	for ; w.point < len(c.points) && c.points[w.point].size <= size; w.point++ {
		p := c.points[w.point]
		if p.size == size && p.root == root {
			continue
		}
		var before int64
		if w.point > 0 {
			before = max(0, c.points[w.point-1].size)
		}
		c.verdict.add(Finding{Seq: before, Kind: engine.CheckpointKind, ID: strconv.FormatInt(p.size, 10), What: "checkpoint_root",
			Reason: reason("checkpoint_root", "Before", before)})
	}
	return nil
}

// anchor records up to which size entries name the stored checkpoints.
func (c *check) anchor(id string) {
	if size, err := strconv.ParseInt(id, 10, 64); err == nil {
		c.anchored = max(c.anchored, size)
	}
}

// heads verifies every stored checkpoint and witness line with the keys, and
// compares checkpoints with the entries that name them.
func (c *check) heads(ctx context.Context) error {
	trust, err := c.trust(ctx)
	if err != nil {
		return err
	}
	for _, p := range c.points {
		if p.size > c.verdict.Entries {
			c.verdict.add(Finding{Seq: c.verdict.Entries, Kind: engine.CheckpointKind, ID: fmt.Sprint(p.size), What: "checkpoint_beyond",
				Reason: reason("checkpoint_beyond", "Size", p.size, "Entries", c.verdict.Entries)})
			break // the rest would be the same
		}
	}
	var tasks []span
	for i := 0; i < len(c.points); i += 500 {
		end := int64(ledger.SizeMax)
		if i+500 < len(c.points) {
			end = c.points[i+500].size
		}
		tasks = append(tasks, span{c.points[i].size, end})
	}
	witnessed := make(map[string]int64)
	err = ordered(ctx, c.lanes, tasks, func(ctx context.Context, v *engine.View, s span) ([]openedPoint, error) {
		return c.openPoints(ctx, v, s, trust)
	},
		func(points []openedPoint) error {
			for _, p := range points {
				c.opened(p, witnessed)
			}
			return nil
		})
	if err != nil {
		return err
	}
	for _, w := range trust.Witnesses {
		if _, ok := witnessed[w.Name()]; !ok {
			c.verdict.add(Finding{Seq: -1, Kind: "witness", ID: w.Name(), What: "witness_missing", Reason: reason("witness_missing")})
		}
	}
	if f := engine.Of(c.v).Frozen(); f != nil {
		c.verdict.add(Finding{Seq: f.Found.Size, Kind: "ledger", ID: f.By, What: "head_" + f.Code,
			Reason: reason("head_remembered", "Remembered", f.Remembered.Size, "Entries", f.Found.Size)})
	}
	return c.strayLines(ctx)
}

// trust returns the evidence's keys, with the site's own log keys if the
// evidence has none.
func (c *check) trust(ctx context.Context) (ledger.Trust, error) {
	trust := c.evidence.Trust
	if len(trust.Log) > 0 {
		return trust, nil
	}
	keys, err := c.v.LedgerKeys(ctx)
	if err != nil {
		return trust, err
	}
	for _, k := range keys {
		v, err := ledger.NewVerifier(k.VKey)
		if err != nil {
			continue // a key of another kind (SM2) or a damaged one: what it alone signed counts as unsigned
		}
		trust.Log = append(trust.Log, v)
	}
	return trust, nil
}

// openedPoint is a checkpoint as a lane found it.
type openedPoint struct {
	size      int64
	what      string // finding code; "" if nothing is wrong
	why       Reason
	digest    ledger.Hash // of the note
	witnesses []string    // trusted witnesses that signed
	false     []string    // trusted witnesses whose line is invalid
}

func (c *check) openPoints(ctx context.Context, v *engine.View, s span, trust ledger.Trust) ([]openedPoint, error) {
	var rows []engine.LedgerCheckpoint
	if err := engine.DB(v).NewSelect().Model(&rows).Where("size >= ? AND size < ?", s.from, s.to).OrderExpr("size").Scan(ctx); err != nil {
		return nil, err
	}
	lines := make(map[int64][]engine.LedgerCosignature)
	if len(trust.Witnesses) > 0 {
		var all []engine.LedgerCosignature
		if err := engine.DB(v).NewSelect().Model(&all).Where("size >= ? AND size < ?", s.from,
			s.to).OrderExpr("size, witness").Scan(ctx); err != nil {
			return nil, err
		}
		for _, l := range all {
			lines[l.Size] = append(lines[l.Size], l)
		}
	}
	alone := make(map[string]ledger.Trust, len(trust.Witnesses)) // so that each line is judged on its own
	for _, w := range trust.Witnesses {
		one := alone[w.Name()]
		alone[w.Name()] = ledger.Trust{Log: trust.Log, Witnesses: append(one.Witnesses, w), Quorum: 1}
	}
	out := make([]openedPoint, len(rows))
	for i, r := range rows {
		p := openedPoint{size: r.Size, digest: engine.NoteDigest(r.Note)}
		o, err := ledger.OpenCheckpoint([]byte(r.Note), ledger.Trust{Log: trust.Log})
		switch {
		case err != nil:
			p.what, p.why = "checkpoint_signature", reason("checkpoint_signature", "Error", err.Error())
		case o.Size != r.Size || !bytes.Equal(o.Root[:], r.Root) || o.Origin != c.verdict.Origin:
			p.what, p.why = "checkpoint_columns", reason("checkpoint_columns")
		}
		for _, l := range lines[r.Size] {
			one, trusted := alone[l.Witness]
			if !trusted {
				continue
			}
			o, err := ledger.OpenCheckpoint([]byte(r.Note+l.Line), one)
			if err == nil && slices.ContainsFunc(o.Witnesses, func(s ledger.Cosignature) bool { return s.Witness == l.Witness }) {
				p.witnesses = append(p.witnesses, l.Witness)
			} else if p.what == "" {
				p.false = append(p.false, l.Witness)
			}
		}
		out[i] = p
	}
	return out, nil
}

// opened checks a checkpoint.
func (c *check) opened(p openedPoint, witnessed map[string]int64) {
	id := strconv.FormatInt(p.size, 10)
	bad := func(kind, id, what string, why Reason) {
		c.verdict.add(Finding{Seq: p.size - 1, Kind: kind, ID: id, What: what, Reason: why})
	}
	if p.what != "" {
		bad(engine.CheckpointKind, id, p.what, p.why)
	}
	for _, w := range p.witnesses {
		witnessed[w] = p.size
		c.verdict.Witnessed = max(c.verdict.Witnessed, p.size)
	}
	for _, w := range p.false {
		bad("witness", w+"/"+id, "witness_signature", reason("witness_signature"))
	}
	key := c.key(engine.CheckpointKind, id)
	n, ok := c.last[key]
	delete(c.last, key)
	switch {
	case ok && n.digest != p.digest:
		bad(engine.CheckpointKind, id, "row_changed", reason("checkpoint_changed", "Seq", n.seq))
	case !ok && p.size <= c.anchored:
		bad(engine.CheckpointKind, id, "row_unknown", reason("checkpoint_unknown"))
	}
}

// strayLines looks for witness lines whose checkpoint is gone.
func (c *check) strayLines(ctx context.Context) error {
	var rows []engine.LedgerCosignature
	err := engine.DB(c.v).NewSelect().Model(&rows).
		Where("NOT EXISTS (SELECT 1 FROM ledger_checkpoints p WHERE p.size = ledger_cosignature.size)").
		OrderExpr("size, witness").Limit(findingsMax).Scan(ctx)
	for _, r := range rows {
		c.verdict.add(Finding{Seq: r.Size - 1, Kind: engine.CheckpointKind, ID: fmt.Sprint(r.Size), What: "checkpoint_missing",
			Reason: reason("witness_checkpoint", "Witness", r.Witness)})
	}
	return err
}
