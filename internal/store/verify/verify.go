package verify

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"hash/maphash"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"

	"plumbline/internal/ledger"
	"plumbline/internal/store/dialect"
	"plumbline/internal/store/engine"
)

// Finding is one discrepancy found by Verify.
type Finding struct {
	Seq  int64     `json:"seq"` // of the entry concerned; -1 if no entry names the row
	At   time.Time `json:"at"`
	Kind string    `json:"kind"`
	ID   string    `json:"id"`
	// What is a stable code: entry_*, row_*, text_*, slip_*, checkpoint_*,
	// witness_*, evidence_*, session_*, credential_*, read_log_*, request_*,
	// position_*, counter, schema_*.
	What string `json:"what"`
	Reason
}

// Reason says what a finding rests on. Its sentence is the catalogue text
// finding.WHY.
type Reason struct {
	Why  string         `json:"why"` // stable code
	Args map[string]any `json:"args,omitempty"`
}

// reason builds a Reason from alternating names and values.
func reason(why string, kv ...any) Reason {
	r := Reason{Why: why}
	for i := 0; i+1 < len(kv); i += 2 {
		if r.Args == nil {
			r.Args = make(map[string]any, len(kv)/2)
		}
		r.Args[kv[i].(string)] = kv[i+1]
	}
	return r
}

// String formats a finding as one log line. People read the catalogue's
// sentence.
func (f Finding) String() string {
	s := fmt.Sprintf("%s: %s %s (entry %d): %s", f.What, f.Kind, f.ID, f.Seq, f.Why)
	if len(f.Args) > 0 {
		s += fmt.Sprint(" ", f.Args)
	}
	return s
}

// Verdict is the outcome of Verify.
type Verdict struct {
	Origin      string         `json:"origin"`
	Entries     int64          `json:"entries"`
	Root        string         `json:"root"`
	Rows        map[string]int `json:"rows"`  // checked, by kind
	Slips       int            `json:"slips"` // slips recomputed against their entries
	Counters    int            `json:"counters"`
	Schema      int            `json:"schema"` // schema objects compared with the expected schema
	Checkpoints int            `json:"checkpoints"`
	Witnessed   int64          `json:"witnessed"` // size of the newest checkpoint signed by a trusted witness
	Evidence    int            `json:"evidence"`  // notes, digits and receipts compared
	Erased      int            `json:"erased"`    // rows with expunged texts: commitments remain, tombstones give the reason
	Unread      int            `json:"unread"`    // texts that could not be checked because the key store is missing
	// Uncovered counts values in columns added after the last entry on their
	// row, by kind.column: nothing vouches for them until the row is next written.
	Uncovered map[string]int `json:"uncovered"`
	Findings  []Finding      `json:"findings"`
	Total     int            `json:"total"` // all findings, including those not listed
}

// OK reports whether there were no findings.
func (v *Verdict) OK() bool { return v.Total == 0 }

// Run recomputes the tree from the stored bytes and checks every entry against
// its columns and predecessors, every signed checkpoint against its tree, every
// row against the last entry that names it, and the erasable texts against their
// commitments. It recounts the counters, follows the chain of the read log, and
// compares the schema with the one that the migrations produce. It reads one
// snapshot. progress, which may be nil, receives how much of the total is done.
//
// A ledger rebuilt and signed with a stolen key is consistent in itself; only the
// evidence from outside, which may be empty, tells it from the true one.
func Run(ctx context.Context, s *engine.Store, ev Evidence, progress func(done, total int64)) (*Verdict, error) {
	views, end, err := lanes(ctx, s)
	if err != nil {
		return nil, engine.Translate(ctx, err)
	}
	defer end()
	verdict, err := verifyIn(ctx, s, views, ev, progress)
	return verdict, engine.Translate(ctx, err)
}

func verifyIn(ctx context.Context, s *engine.Store, views []*engine.View, ev Evidence, progress func(done, total int64)) (*Verdict, error) {
	if progress == nil {
		progress = func(int64, int64) {}
	}
	verdict := &Verdict{Origin: s.Origin(), Rows: make(map[string]int), Uncovered: make(map[string]int), Findings: []Finding{}}
	c := &check{v: views[0], lanes: views, verdict: verdict, evidence: ev, progress: progress,
		seeds: [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()},
		last:  make(map[rowKey]named), sums: make(map[engine.CounterKey]int64), roots: make(map[int64]ledger.Hash), leaves: make(map[int64]leafAt)}
	if err := errors.Join(c.measure(ctx), c.tombstones(ctx), c.loadBonds(ctx), c.loadAnswers(ctx)); err != nil {
		return nil, err
	}
	for _, step := range []struct {
		what string
		do   func(context.Context) error
	}{
		{"entries", c.entries}, {"checkpoints", c.heads}, {"evidence", c.outside}, {"rows", c.allRows},
		{"missing rows", c.missing}, {"answers", c.answers}, {"slips", c.slips}, {"uploads", c.uploads},
		{"counters", c.counters}, {"sessions", c.signIns}, {"the read log", c.readings}, {"the schema", c.schema},
	} {
		if err := step.do(ctx); err != nil {
			return nil, fmt.Errorf("verify %s: %w", step.what, err)
		}
	}
	slices.SortStableFunc(verdict.Findings, earlier)
	if err := c.datefindings(ctx); err != nil {
		return nil, err
	}
	progress(c.total, c.total)
	return verdict, nil
}

// lanes opens read-only transactions on the same snapshot of the ledger, one
// per processor, so that reading and recomputing a million entries runs in
// parallel. Under concurrent writes two snapshots seldom agree; then there is
// one lane.
func lanes(ctx context.Context, s *engine.Store) (views []*engine.View, end func(), err error) {
	var txs []bun.Tx
	end = func() {
		for _, tx := range txs {
			_ = tx.Rollback() // read-only
		}
	}
	begin := func() (*engine.View, int64, error) {
		tx, err := engine.Reader(s).BeginTx(ctx, &sql.TxOptions{ReadOnly: s.Dialect() == dialect.Postgres, Isolation: s.ViewIsolation()})
		if err != nil {
			return nil, 0, err
		}
		txs = append(txs, tx)
		v := engine.On(s, tx)
		size, err := v.Size(ctx) // starts the snapshot
		return v, size, err
	}
	first, size, err := begin()
	if err != nil {
		end()
		return nil, nil, err
	}
	views = []*engine.View{first}
	for range min(runtime.GOMAXPROCS(0), dialect.SQLiteReaders-1) - 1 {
		v, again, err := begin()
		if err != nil {
			end()
			return nil, nil, err
		}
		if again != size {
			break
		}
		views = append(views, v)
	}
	return views, end, nil
}

// ordered runs tasks concurrently on the lanes and delivers the results in task
// order, with a bounded number waiting.
func ordered[T, R any](ctx context.Context, lanes []*engine.View, tasks []T,
	work func(ctx context.Context, v *engine.View, task T) (R, error), collect func(R) error) error {
	ctx, cancel := context.WithCancel(ctx)
	type outcome struct {
		result R
		err    error
	}
	type slot struct {
		task T
		done chan outcome
	}
	todo := make(chan slot)
	line := make(chan slot, 2*len(lanes))
	stopped := make(chan struct{}, len(lanes)+1)
	defer func() { // no worker may use a lane after this
		cancel()
		for range len(lanes) + 1 {
			<-stopped
		}
	}()
	for _, v := range lanes {
		go func() {
			defer func() { stopped <- struct{}{} }()
			for s := range todo {
				r, err := work(ctx, v, s.task)
				s.done <- outcome{r, err}
			}
		}()
	}
	go func() {
		defer func() { close(todo); close(line); stopped <- struct{}{} }()
		for _, t := range tasks {
			s := slot{t, make(chan outcome, 1)}
			select {
			case line <- s:
			case <-ctx.Done():
				return
			}
			select {
			case todo <- s:
			case <-ctx.Done():
				s.done <- outcome{err: ctx.Err()}
				return
			}
		}
	}()
	for s := range line {
		o := <-s.done
		if o.err != nil {
			return o.err
		}
		if err := collect(o.result); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// rowKey identifies a row during verification by 128 bits under two random
// seeds, so that nobody can choose colliding ids.
type rowKey [2]uint64

// named is the last entry that names a row.
type named struct {
	seq      int64
	digest   ledger.Hash
	encoding int
}

type leafAt struct {
	leaf         ledger.Hash
	at           time.Time
	kind, object string
}

type check struct {
	v           *engine.View
	lanes       []*engine.View
	verdict     *Verdict
	evidence    Evidence
	seeds       [2]maphash.Seed
	last        map[rowKey]named
	sums        map[engine.CounterKey]int64
	points      []pointAt             // the stored checkpoints, by size
	anchored    int64                 // size of the largest checkpoint named by an entry
	roots       map[int64]ledger.Hash // at the sizes in the evidence
	leaves      map[int64]leafAt      // of the entries in the evidence
	tree        *engine.Placement
	erased      map[string]bool // records with a tombstone
	erasedKeys  map[int64]bool  // keys named by tombstones
	bonds       bonds
	reads       []namedRead
	answered    answered
	done, total int64
	progress    func(done, total int64)
}

func (c *check) key(kind, id string) rowKey {
	var k rowKey
	for i := range k {
		var h maphash.Hash
		h.SetSeed(c.seeds[i])
		_, _ = h.WriteString(kind)
		_ = h.WriteByte(' ')
		_, _ = h.WriteString(id)
		k[i] = h.Sum64()
	}
	return k
}

func (c *check) step(n int) {
	c.done += int64(n)
	c.progress(min(c.done, c.total), c.total)
}

func (c *check) measure(ctx context.Context) error {
	n, err := c.v.Size(ctx)
	if err != nil {
		return err
	}
	if c.total, err = c.work(ctx, n); err != nil {
		return err
	}
	if c.tree, err = engine.ReadPlacement(ctx, engine.DB(c.v)); err != nil {
		return err
	}
	return c.loadPoints(ctx)
}

// work counts what will be read: entries, rows of every kind, slips and the
// read log. Each count scans an index, which is cheap beside the reading.
func (c *check) work(ctx context.Context, entries int64) (total int64, err error) {
	total = entries
	tables := []any{schema.Name("slips"), schema.Name("read_logs")}
	for _, k := range engine.Kinds {
		tables = append(tables, engine.Writer(engine.Of(c.v)).Dialect().Tables().Get(k.Type).SQLName)
	}
	for _, table := range tables {
		var n int64
		if err := engine.DB(c.v).NewSelect().TableExpr("?", table).ColumnExpr("COUNT(*)").Scan(ctx, &n); err != nil {
			return 0, err
		}
		total += n
	}
	return total, nil
}

// missing reports rows that entries name but no table holds.
func (c *check) missing(ctx context.Context) error {
	type gone struct {
		key rowKey
		named
	}
	list := make([]gone, 0, len(c.last))
	for k, n := range c.last {
		list = append(list, gone{k, n})
	}
	slices.SortFunc(list, func(a, b gone) int { return int(max(min(a.seq-b.seq, 1), -1)) })
	for i, g := range list {
		if i >= findingsMax {
			c.verdict.Total++
			continue
		}
		e, err := c.v.EntryAt(ctx, g.seq)
		if err != nil {
			return err
		}
		f := Finding{Seq: g.seq, At: e.At.UTC(), What: "row_missing", Reason: reason("row_gone")}
		if parsed, err := ledger.ParseEntry(e.Body); err == nil {
			for _, a := range parsed.After {
				if c.key(a.Kind, a.ID) == g.key {
					f.Kind, f.ID = a.Kind, a.ID
				}
			}
		}
		c.verdict.add(f)
	}
	return nil
}

// datefindings sets the entry time of the listed findings.
func (c *check) datefindings(ctx context.Context) error {
	for i := range c.verdict.Findings {
		f := &c.verdict.Findings[i]
		if f.Seq < 0 || !f.At.IsZero() {
			continue
		}
		e, err := c.v.EntryAt(ctx, f.Seq)
		if errors.Is(err, sql.ErrNoRows) {
			continue
		} else if err != nil {
			return err
		}
		f.At = e.At.UTC()
	}
	return nil
}

// counters compares the recount with what the report reads.
func (c *check) counters(ctx context.Context) error {
	var stored []engine.Counter
	if err := engine.DB(c.v).NewSelect().Model(&stored).Scan(ctx); err != nil {
		return err
	}
	c.verdict.Counters = len(stored)
	bad := func(k engine.CounterKey, why Reason) {
		c.verdict.add(Finding{-1, time.Time{}, "counter", strings.Join([]string{k.Section, k.Unit, k.Month, k.Key}, "/"), "counter", why})
	}
	for _, s := range stored {
		k := engine.CounterKey{Section: s.Section, Unit: s.UnitID, Month: s.Month, Key: s.Key}
		if c.sums[k] != s.N {
			bad(k, reason("counter_differs", "Stored", s.N, "Counted", c.sums[k]))
		}
		delete(c.sums, k)
	}
	for k, n := range c.sums {
		if n != 0 {
			bad(k, reason("counter_missing", "Counted", n))
		}
	}
	return nil
}
