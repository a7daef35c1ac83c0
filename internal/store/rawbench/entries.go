package rawbench

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"plumbline/internal/issue"
	"plumbline/internal/ledger"
	"plumbline/internal/store"
	"plumbline/internal/store/dialect"
	"plumbline/internal/store/engine"
)

// entriesBatch is the number of entries per transaction of Entries.
const entriesBatch = 20_000

// Entries is for benchmarks only: it writes n real entries past the queue,
// into a fresh site that must not be used meanwhile. Three of five entries
// raise an issue with its narrative and two change the newest one, so the site
// still verifies. Reopen it afterwards.
func Entries(ctx context.Context, site *store.Store, n int, progress func(done, total int)) error {
	s := site.Store
	size, err := engine.On(s, engine.Reader(s)).Size(ctx)
	if err != nil {
		return err
	}
	b := &entryBench{s: s, at: s.Now(), tree: &engine.Placement{}}
	if b.edge, err = engine.ReadEdge(ctx, engine.Reader(s), size); err != nil {
		return err
	}
	for from := 0; from < n; from += entriesBatch {
		to := min(from+entriesBatch, n)
		if err := engine.Writer(s).RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error { return b.batch(ctx, tx, from, to) }); err != nil {
			return fmt.Errorf("bench entries: %w", err)
		}
		s.Between()
		progress(to, n)
	}
	if s.Dialect() == dialect.Postgres { // as autovacuum would long have done on a site that grew over time
		_, err = engine.Writer(s).ExecContext(ctx, "ANALYZE")
	}
	return err
}

type entryBench struct {
	s    *engine.Store
	edge *ledger.Edge
	tree *engine.Placement
	at   time.Time

	// The most recently raised issue.
	id     string
	seq    int64
	digest ledger.Hash
}

func (b *entryBench) batch(ctx context.Context, tx bun.Tx, from, to int) error {
	var (
		entries []engine.LedgerEntry
		hashes  []engine.LedgerHash
		issues  []issue.Issue
		texts   []engine.Content
		sums    = make(map[engine.CounterKey]int64)
	)
	for i := from; i < to; i++ {
		b.at = b.at.Add(time.Millisecond)
		e := &ledger.Entry{Version: ledger.EntryVersion, Origin: b.s.Origin(), Seq: b.edge.Size(), Time: b.at, Actor: "bench",
			Role: "inspector", Unit: "bench",
			Kind: "issue", Prev: -1, Policy: make([]byte, 32), Request: make([]byte, 32)}
		if i%5 < 3 {
			x, text, err := b.raise(i)
			if err != nil {
				return err
			}
			one := engine.Journal{}
			one.Count(x, 1)
			one.AddTo(sums, b.tree)
			issues, texts, e.Verb = append(issues, *x), append(texts, text), "issue.raise"
		} else {
			e.Verb, e.Prev = "issue.edit", b.seq
		}
		e.Object, e.After = b.id, []ledger.After{{Kind: "issue", ID: b.id, Encoding: 1, Digest: b.digest}}
		b.seq = e.Seq
		body, err := e.Marshal()
		if err != nil {
			return err
		}
		leaf, nodes, err := b.edge.Append(body)
		if err != nil {
			return err
		}
		entries = append(entries, engine.LedgerEntry{Seq: e.Seq, At: b.at, Account: e.Actor, Verb: e.Verb, Kind: e.Kind,
			ObjectID: e.Object, Body: body, Leaf: leaf[:]})
		for _, h := range nodes {
			hashes = append(hashes, engine.LedgerHash{Idx: h.Index, Hash: h.Hash[:]})
		}
	}
	if err := b.s.Encrypt(ctx, texts); err != nil {
		return err
	}
	for _, rows := range []any{issues, texts, entries, hashes} {
		if err := b.s.InsertRows(ctx, tx, reflect.ValueOf(rows), ""); err != nil {
			return err
		}
	}
	return b.s.UpsertCounters(ctx, tx, sums)
}

// raise builds the i-th issue and its narrative.
func (b *entryBench) raise(i int) (*issue.Issue, engine.Content, error) {
	b.id = fmt.Sprintf("0195a1b2-0000-7000-8000-%012x", i)
	text := engine.NewText(b.id, "narrative", strings.Repeat("what happened ", 13))
	x := &issue.Issue{Stamp: ledger.Stamp{ID: b.id, Version: 1, Salt: ledger.NewSalt(), CreatedAt: b.at, ChangedAt: b.at},
		Ref:      fmt.Sprintf("ISS-%08d", i),
		Category: "case_filing", Source: issue.Self, Severity: 1, UnitID: fmt.Sprint("u", i%50), EventOn: "2026-01-01", Month: "2026-01",
		State: issue.Triaged, RaisedAt: b.at, NarrativeC: text.Commitment()}
	var err error
	b.digest, err = ledger.DigestAt("issue", x, 1)
	return x, text, err
}
