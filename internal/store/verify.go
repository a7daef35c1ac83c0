package store

import (
	"bytes"
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"plumbline/internal/ledger"
	"plumbline/internal/selfcheck"
)

// Finding is one disagreement that Verify found.
type Finding struct {
	Seq  int64     `json:"seq"` // of the entry concerned, -1 if none names the row
	At   time.Time `json:"at"`
	Kind string    `json:"kind"`
	ID   string    `json:"id"`
	What string    `json:"what"` // stable code: entry_*, row_*, text_*, counter
	More string    `json:"more,omitempty"`
}

// String is one line for an operator.
func (f Finding) String() string {
	s := fmt.Sprintf("%s: %s %s", f.What, f.Kind, f.ID)
	if f.Seq >= 0 {
		s += fmt.Sprintf(" (entry %d, %s)", f.Seq, f.At.UTC().Format(time.RFC3339Nano))
	}
	if f.More != "" {
		s += ": " + f.More
	}
	return s
}

// Verdict is the outcome of Verify.
type Verdict struct {
	Origin   string         `json:"origin"`
	Entries  int64          `json:"entries"`
	Root     string         `json:"root"`
	Rows     map[string]int `json:"rows"` // checked, by kind
	Counters int            `json:"counters"`
	Findings []Finding      `json:"findings"`
	Total    int            `json:"total"` // findings, also those beyond the list
}

// OK reports whether nothing disagreed.
func (v *Verdict) OK() bool { return v.Total == 0 }

// findingsMax is how many findings are listed; all are counted.
const findingsMax = 100

func (v *Verdict) add(f Finding) {
	v.Total++
	if len(v.Findings) < findingsMax {
		v.Findings = append(v.Findings, f)
	}
}

// Verify recomputes the tree from the stored bytes, checks every entry against
// its columns and its predecessors, recomputes each row against the last entry
// that names it, checks the erasable texts against their commitments, and
// recounts the counters. It reads one snapshot. progress, which may be nil, is
// told how much of how much is done.
func (s *Store) Verify(ctx context.Context, progress func(done, total int64)) (verdict *Verdict, err error) {
	err = s.View(ctx, func(ctx context.Context, v *View) error {
		verdict, err = s.verifyIn(ctx, v, progress)
		return err
	})
	return verdict, err
}

func (s *Store) verifyIn(ctx context.Context, v *View, progress func(done, total int64)) (*Verdict, error) {
	if progress == nil {
		progress = func(int64, int64) {}
	}
	verdict := &Verdict{Origin: s.origin, Rows: make(map[string]int), Findings: []Finding{}}
	c := &check{v: v, verdict: verdict, last: make(map[string]named), progress: progress}
	if err := c.measure(ctx); err != nil {
		return nil, err
	}
	if err := c.entries(ctx); err != nil {
		return nil, err
	}
	for _, k := range kinds {
		if err := c.rows(ctx, k); err != nil {
			return nil, fmt.Errorf("verify %s: %w", k.kind, err)
		}
	}
	for key, n := range c.last {
		kind, id, _ := strings.Cut(key, " ")
		verdict.add(Finding{n.seq, n.at, kind, id, "row_missing", "the ledger names a row that is gone"})
	}
	if err := c.answers(ctx); err != nil {
		return nil, err
	}
	if err := c.counters(ctx); err != nil {
		return nil, err
	}
	slices.SortStableFunc(verdict.Findings, func(a, b Finding) int { return int(max(min(a.Seq-b.Seq, 1), -1)) })
	return verdict, nil
}

// named is the last entry that names a row.
type named struct {
	seq    int64
	at     time.Time
	digest ledger.Hash
}

type check struct {
	v           *View
	verdict     *Verdict
	last        map[string]named
	sums        map[counterKey]int64
	tree        *placement
	done, total int64
	progress    func(done, total int64)
}

func (c *check) step(n int) {
	c.done += int64(n)
	c.progress(min(c.done, c.total), c.total)
}

func (c *check) measure(ctx context.Context) error {
	n, err := c.v.db.NewSelect().Model((*LedgerEntry)(nil)).Count(ctx)
	if err != nil {
		return err
	}
	c.total = 2 * int64(n)
	c.sums = make(map[counterKey]int64)
	c.tree, err = c.v.s.placement(ctx, c.v.db)
	return err
}

const verifyBatch = 2000

// entries walks the log and the tree's nodes side by side.
func (c *check) entries(ctx context.Context) error {
	edge, err := ledger.NewEdge(0, nil)
	if err != nil {
		return err
	}
	var (
		next     int64
		nextNode int64
		before   time.Time
		previous = make(map[string]int64)
		broken   bool
	)
	for {
		rows, err := c.v.Entries(ctx, next, verifyBatch)
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			break
		}
		var nodes []ledger.StoredHash
		for i := range rows {
			row := &rows[i]
			bad := func(what, more string) {
				c.verdict.add(Finding{row.Seq, row.At.UTC(), row.Kind, row.ObjectID, what, more})
			}
			if row.Seq != next {
				bad("entry_gap", fmt.Sprintf("entry %d is missing", next))
				broken = true
				next = row.Seq
			}
			next++
			leaf, stored, err := edge.Append(row.Body)
			if err != nil {
				return err
			}
			nodes = append(nodes, stored...)
			if !bytes.Equal(leaf[:], row.Leaf) {
				bad("entry_leaf", "the stored bytes do not hash to the stored leaf")
			}
			e, err := ledger.ParseEntry(row.Body)
			if err != nil {
				bad("entry_bytes", err.Error())
				continue
			}
			switch {
			case e.Seq != row.Seq || e.Verb != row.Verb || e.Kind != row.Kind || e.Object != row.ObjectID || e.Actor != row.Account || !e.Time.Equal(row.At):
				bad("entry_columns", "the columns beside the bytes say something else")
			case e.Origin != c.verdict.Origin:
				bad("entry_origin", "the entry belongs to another log")
			case e.Time.Before(before):
				bad("entry_time", "the entry is older than the one before it")
			}
			before = e.Time
			want, ok := previous[e.Object]
			if !ok {
				want = -1
			}
			if e.Prev != want {
				bad("entry_prev", fmt.Sprintf("names entry %d as the object's previous one instead of %d", e.Prev, want))
			}
			previous[e.Object] = e.Seq
			for _, a := range e.After {
				c.last[a.Kind+" "+a.ID] = named{row.Seq, e.Time, a.Digest}
			}
		}
		if !broken {
			if err := c.nodes(ctx, nodes, &nextNode, rows); err != nil {
				return err
			}
		}
		c.step(len(rows))
	}
	extra, err := c.v.db.NewSelect().Model((*LedgerHash)(nil)).Where("idx >= ?", nextNode).Count(ctx)
	if err != nil {
		return err
	}
	if extra > 0 && !broken {
		c.verdict.add(Finding{Seq: next, Kind: "ledger", ID: "tree", What: "entry_truncated",
			More: fmt.Sprintf("the tree holds %d nodes beyond the last entry: entries were cut off", extra)})
	}
	c.verdict.Entries = next
	root, err := edge.Root()
	if err != nil {
		return err
	}
	c.verdict.Root = fmt.Sprintf("%x", root[:])
	return nil
}

// nodes compares the recomputed nodes with the stored ones.
func (c *check) nodes(ctx context.Context, want []ledger.StoredHash, next *int64, rows []LedgerEntry) error {
	if len(want) == 0 {
		return nil
	}
	var stored []LedgerHash
	err := c.v.db.NewSelect().Model(&stored).Where("idx >= ? AND idx <= ?", *next, want[len(want)-1].Index).Order("idx").Scan(ctx)
	if err != nil {
		return err
	}
	*next = want[len(want)-1].Index + 1
	have := make(map[int64][]byte, len(stored))
	for _, h := range stored {
		have[h.Idx] = h.Hash
	}
	for _, w := range want {
		if h, ok := have[w.Index]; !ok || !bytes.Equal(h, w.Hash[:]) {
			c.verdict.add(Finding{rows[0].Seq, rows[0].At.UTC(), "ledger", fmt.Sprint(w.Index), "entry_tree",
				"a node of the tree does not follow from the entries"})
			return nil // one is enough to name the place
		}
	}
	return nil
}

// rows recomputes every row of a kind.
func (c *check) rows(ctx context.Context, k rowKind) error {
	after := ""
	for {
		batch := reflect.New(reflect.SliceOf(k.typ))
		if err := c.v.db.NewSelect().Model(batch.Interface()).Where("id > ?", after).Order("id").Limit(verifyBatch).Scan(ctx); err != nil {
			return err
		}
		n := batch.Elem().Len()
		if n == 0 {
			return nil
		}
		texts := map[string][]ledger.Commitment{}
		if committed(k.typ) {
			var err error
			if texts, err = c.texts(ctx, batch.Elem()); err != nil {
				return err
			}
		}
		for i := range n {
			row := batch.Elem().Index(i).Addr().Interface().(ledger.Row)
			after = row.RowID()
			if err := c.row(k, row, texts[after]); err != nil {
				return err
			}
		}
		c.verdict.Rows[k.kind] += n
		c.step(n)
	}
}

func (c *check) row(k rowKind, row ledger.Row, texts []ledger.Commitment) error {
	digest, err := ledger.Digest(k.kind, row)
	if err != nil {
		return err
	}
	key := k.kind + " " + row.RowID()
	n, ok := c.last[key]
	delete(c.last, key)
	switch {
	case !ok:
		c.verdict.add(Finding{-1, time.Time{}, k.kind, row.RowID(), "row_unknown", "no entry names this row: it was written past the ledger"})
	case n.digest != digest:
		c.verdict.add(Finding{n.seq, n.at, k.kind, row.RowID(), "row_changed", "the row is not as its last entry left it"})
	}
	v := reflect.ValueOf(row).Elem()
	for i := range v.NumField() {
		commitment, ok := v.Field(i).Interface().(ledger.Commitment)
		if !ok || len(commitment) == 0 {
			continue
		}
		if !slices.ContainsFunc(texts, func(t ledger.Commitment) bool { return bytes.Equal(t, commitment) }) {
			c.verdict.add(Finding{n.seq, n.at, k.kind, row.RowID(), "text_changed", "a text does not open the commitment in " + v.Type().Field(i).Tag.Get("bun")})
		}
	}
	if counted, ok := row.(ledger.Counted); ok {
		j := journal{}
		j.count(counted.(ledger.Row), 1)
		j.addTo(c.sums, c.tree)
	}
	return nil
}

var commitmentType = reflect.TypeFor[ledger.Commitment]()

func committed(t reflect.Type) bool {
	for i := range t.NumField() {
		if t.Field(i).Type == commitmentType {
			return true
		}
	}
	return false
}

// texts recomputes the commitments of the batch's texts.
func (c *check) texts(ctx context.Context, batch reflect.Value) (map[string][]ledger.Commitment, error) {
	ids := make([]string, batch.Len())
	for i := range ids {
		ids[i] = batch.Index(i).Addr().Interface().(ledger.Row).RowID()
	}
	out := make(map[string][]ledger.Commitment, len(ids))
	for chunk := range slices.Chunk(ids, 500) {
		var rows []Content
		if err := c.v.db.NewSelect().Model(&rows).Where("record_id IN (?)", bun.List(chunk)).Scan(ctx); err != nil {
			return nil, err
		}
		readable, err := c.v.s.decrypt(ctx, rows)
		if err != nil {
			return nil, err
		}
		for i := range rows {
			if readable[i] {
				out[rows[i].RecordID] = append(out[rows[i].RecordID], rows[i].Commitment())
			}
		}
	}
	return out, nil
}

// answers recomputes each submission's digest over the answers of its round.
func (c *check) answers(ctx context.Context) error {
	after := ""
	for {
		var subs []selfcheck.Submission
		err := c.v.db.NewSelect().Model(&subs).Column("id", "round", "answers_digest").Where("id > ? AND round > 0", after).Order("id").Limit(500).Scan(ctx)
		if err != nil || len(subs) == 0 {
			return err
		}
		ids := make([]string, len(subs))
		for i := range subs {
			ids[i] = subs[i].ID
		}
		after = ids[len(ids)-1]
		var rows []selfcheck.Answer
		if err := c.v.db.NewSelect().Model(&rows).Where("submission_id IN (?)", bun.List(ids)).Order("submission_id", "round", "item_no").Scan(ctx); err != nil {
			return err
		}
		byList := make(map[string][]selfcheck.Answer, len(subs))
		for _, a := range rows {
			key := fmt.Sprint(a.SubmissionID, " ", a.Round)
			byList[key] = append(byList[key], a)
		}
		for i := range subs {
			if !bytes.Equal(selfcheck.AnswersDigest(byList[fmt.Sprint(subs[i].ID, " ", subs[i].Round)]), subs[i].AnswersDigest) {
				c.verdict.add(Finding{-1, time.Time{}, "submission", subs[i].ID, "row_changed", "its answers are not as they were submitted"})
			}
		}
	}
}

// counters compares the recount with what the report reads.
func (c *check) counters(ctx context.Context) error {
	var stored []Counter
	if err := c.v.db.NewSelect().Model(&stored).Scan(ctx); err != nil {
		return err
	}
	c.verdict.Counters = len(stored)
	for _, s := range stored {
		k := counterKey{s.Section, s.UnitID, s.Month, s.Key}
		if c.sums[k] != s.N {
			c.verdict.add(Finding{-1, time.Time{}, "counter", strings.Join([]string{k.section, k.unit, k.month, k.key}, "/"), "counter",
				fmt.Sprintf("says %d, the rows say %d", s.N, c.sums[k])})
		}
		delete(c.sums, k)
	}
	for k, n := range c.sums {
		if n != 0 {
			c.verdict.add(Finding{-1, time.Time{}, "counter", strings.Join([]string{k.section, k.unit, k.month, k.key}, "/"), "counter",
				fmt.Sprintf("is missing, the rows say %d", n)})
		}
	}
	return nil
}
