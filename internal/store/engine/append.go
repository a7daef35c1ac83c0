package engine

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"plumbline/internal/ledger"
)

// ErrDamaged means that the database answered but nodes of the tree are
// missing. A database that does not answer returns other errors.
var ErrDamaged = errors.New("the tree is damaged")

// ReadEdge reads the right edge of the tree of that size, from which it grows.
func ReadEdge(ctx context.Context, db bun.IDB, size int64) (*ledger.Edge, error) {
	nodes, err := readHashes(ctx, db, ledger.EdgeIndexes(size))
	if err != nil {
		return nil, err
	}
	edge, err := ledger.NewEdge(size, nodes)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return edge, nil
}

func readHashes(ctx context.Context, db bun.IDB, indexes []int64) (map[int64]ledger.Hash, error) {
	nodes := make(map[int64]ledger.Hash, len(indexes))
	if len(indexes) == 0 {
		return nodes, nil
	}
	var rows []LedgerHash
	if err := db.NewSelect().Model(&rows).Where("idx IN (?)", bun.List(indexes)).Scan(ctx); err != nil {
		return nil, err
	}
	for _, r := range rows {
		if len(r.Hash) == len(ledger.Hash{}) {
			nodes[r.Idx] = ledger.Hash(r.Hash)
		}
	}
	return nodes, nil
}

// append turns the facts of the surviving members into entries and writes the
// entries, tree nodes, request records and counters with one statement each. It
// returns the leaf of the last entry, which is valid only once the transaction
// commits.
func (s *Store) append(ctx context.Context, tx bun.Tx, edge *ledger.Edge, tree *Placement, now time.Time,
	members []*member) (newest ledger.Hash, err error) {
	var objects []string
	for _, m := range members {
		for _, f := range m.facts {
			objects = append(objects, f.ID)
		}
	}
	prev, err := lastEntries(ctx, tx, objects)
	if err != nil {
		return newest, err
	}
	var (
		entries  []LedgerEntry
		hashes   []LedgerHash
		requests []Request
		slips    []Slip
		sums     = make(map[CounterKey]int64)
	)
	for _, m := range members {
		m.journal.attachRows(m.facts)
		for i, f := range m.facts {
			seq := edge.Size()
			before, ok := prev[f.ID]
			if !ok {
				before = -1
			}
			request := sha256.Sum256([]byte(m.call.RequestID))
			e := &ledger.Entry{
				Version: ledger.EntryVersion, Origin: s.origin, Seq: seq, Time: now,
				Actor: m.call.Account, Role: m.call.Role, Unit: f.Unit, Verb: f.Verb, Kind: f.Kind, Object: f.ID,
				Prev: before, Policy: s.policy, Request: request[:], After: f.Rows,
			}
			body, err := e.Marshal()
			if err != nil {
				return newest, err
			}
			leaf, nodes, err := edge.Append(body)
			if err != nil {
				return newest, err
			}
			newest = leaf
			entries = append(entries, LedgerEntry{Seq: seq, At: now, Account: m.call.Account, Verb: f.Verb, Kind: f.Kind,
				ObjectID: f.ID, Body: body, Leaf: leaf[:]})
			for _, n := range nodes {
				hashes = append(hashes, LedgerHash{Idx: n.Index, Hash: n.Hash[:]})
			}
			prev[f.ID] = seq
			if i == 0 {
				m.receipt = Receipt{Seq: seq, At: now, Leaf: leaf, ResultID: m.resultID}
			}
		}
		if m.call.Key != nil {
			requests = append(requests, Request{Account: m.call.Account, Op: m.call.Op, KeyHash: m.call.Key, BodyHash: m.call.Body,
				ResultID: m.resultID, Seq: m.receipt.Seq})
		}
		if m.slip != nil {
			body, err := m.slip()
			if err != nil {
				return newest, err
			}
			slips = append(slips, Slip{Seq: m.receipt.Seq, Body: body})
		}
		m.journal.AddTo(sums, tree)
	}
	if err := InsertAll(ctx, s, tx, entries); err != nil {
		return newest, fmt.Errorf("insert entries: %w", err)
	}
	if err := InsertAll(ctx, s, tx, hashes); err != nil {
		return newest, fmt.Errorf("insert tree nodes: %w", err)
	}
	if err := InsertAll(ctx, s, tx, requests); err != nil {
		return newest, fmt.Errorf("insert requests: %w", err)
	}
	if err := InsertAll(ctx, s, tx, slips); err != nil {
		return newest, fmt.Errorf("insert slips: %w", err)
	}
	return newest, s.UpsertCounters(ctx, tx, sums)
}

// UpsertCounters adds sums to the counters.
func (s *Store) UpsertCounters(ctx context.Context, tx bun.Tx, sums map[CounterKey]int64) error {
	rows := make([]Counter, 0, len(sums))
	for k, n := range sums {
		if n != 0 {
			rows = append(rows, Counter{Section: k.Section, UnitID: k.Unit, Month: k.Month, Key: k.Key, N: n})
		}
	}
	// Sort by key, so that two nodes cannot deadlock.
	slices.SortFunc(rows, func(a, b Counter) int {
		return cmp.Or(cmp.Compare(a.Section, b.Section), cmp.Compare(a.UnitID, b.UnitID), cmp.Compare(a.Month, b.Month),
			cmp.Compare(a.Key, b.Key))
	})
	return s.InsertRows(ctx, tx, reflect.ValueOf(rows),
		"ON CONFLICT (section, unit_id, month, key) DO UPDATE SET n = counters.n + EXCLUDED.n")
}

// lastEntries returns the sequence number of each object's newest entry.
func lastEntries(ctx context.Context, db bun.IDB, objects []string) (map[string]int64, error) {
	out := make(map[string]int64, len(objects))
	slices.Sort(objects)
	objects = slices.Compact(objects)
	for chunk := range slices.Chunk(objects, 500) {
		var rows []struct {
			ObjectID string `bun:"object_id"`
			Seq      int64  `bun:"seq"`
		}
		err := db.NewSelect().TableExpr("ledger_entries").ColumnExpr("object_id, MAX(seq) AS seq").
			Where("object_id IN (?)", bun.List(chunk)).GroupExpr("object_id").Scan(ctx, &rows)
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			out[r.ObjectID] = r.Seq
		}
	}
	return out, nil
}
